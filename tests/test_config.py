"""The configuration: defaults are what they say, and what is wrong is refused in a sentence."""

from __future__ import annotations

import stat
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from meetingsvc.config import Config, ConfigError, describe
from tests.support.meeting_scenario import at_once

KEY = "k" * 32


def load(root: Path, **given: str) -> Config:
    return Config.load(
        {(name if name == "PORT" else f"MEETINGSVC_{name}"): value for name, value in given.items()}, root
    )


def test_without_any_variable_the_documented_defaults_hold(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.host, config.port, config.async_mode, config.locale) == ("127.0.0.1", 8000, "eventlet", "en")
    assert config.database_url == f"sqlite:///{tmp_path}/var/meetingsvc.db"
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.origins == ("http://127.0.0.1:8000", "http://localhost:8000")
    for variable, default, comment in describe():
        field = next(f for f in fields(Config) if variable == f"MEETINGSVC_{f.name.upper()}")
        assert str(field.default) == default and len(comment) > 15
    with pytest.raises(FrozenInstanceError):
        config.port = 1  # type: ignore[misc]


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    empty = {name.removeprefix("MEETINGSVC_"): " " for name, *_ in describe()}
    assert load(tmp_path, **empty) == load(tmp_path)


def test_the_port_may_come_from_the_platform(tmp_path: Path) -> None:
    assert load(tmp_path, PORT="5000").port == 5000
    assert Config.load({"PORT": "5000", "MEETINGSVC_PORT": "6000"}, tmp_path).port == 6000
    with pytest.raises(ConfigError, match=r"^PORT is 'http'"):
        load(tmp_path).load({"PORT": "http"}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "a b"),
        ("HOST", "http://x"),
        ("PORT", "0x50"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "８０"),
        ("PUBLIC_URL", "meetings.example.org"),
        ("PUBLIC_URL", "https://*"),
        ("PUBLIC_URL", "*"),
        ("PUBLIC_URL", "https://x.example/path"),
        ("PUBLIC_URL", "ftp://x"),
        ("PUBLIC_URL", "https://u:p@x.example"),
        ("PUBLIC_URL", "https://x:99999"),
        ("PUBLIC_URL", "https://[x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "postgresql://x"),
        ("DATABASE_URL", "://"),
        ("DATABASE_URL", "/"),
        ("DATABASE_URL", "sqlite:///x.db?mode=ro"),
        ("DATABASE_URL", "postgresql://u:p@h:port/x"),
        ("REDIS_URL", "redis://localhost/0"),
        ("SMTP_URL", "http://x"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://x:port"),
        ("SMTP_URL", "smtp://user@x"),
        ("SMTP_URL", "smtp://u:p%C3%A9@x"),
        ("SMTP_URL", "smtp://x?tls=no"),
        ("IMAP_URL", "smtp://x"),
        ("IMAP_URL", "imap:///INBOX"),
        ("MAIL_FROM", "meetings"),
        ("MAIL_FROM", "Meetings <m@x.example>"),
        ("MAIL_FROM", "a@x.example,b@x.example"),
        ("MAIL_FROM", "é@x.example"),
        ("SECRET_KEY", "short"),
        ("ASYNC_MODE", "gevent"),
        ("LOCALE", "de"),
        ("PROT", "8000"),
        ("COLOUR", "red"),
        ("METRICS", "yes"),
        ("METRICS", "x" * 31),
        ("METRICS", "x" * 20 + " " + "x" * 20),
        ("GRACE_S", "soon"),
        ("GRACE_S", "-1"),
        ("GRACE_S", "3601"),
    ],
)
def test_what_is_wrong_is_refused_in_a_sentence_that_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Config.load({f"MEETINGSVC_{name}": value}, tmp_path)
    sentence = str(refused.value)
    assert f"MEETINGSVC_{name}" in sentence and sentence.endswith((".", "?")) and "\n" not in sentence


def test_local_metrics_behind_a_proxy_are_refused(tmp_path: Path) -> None:
    assert load(tmp_path).metrics == "" and load(tmp_path, METRICS="local").metrics == "local"
    for public in ("https://meet.example", "http://meet.example", "https://localhost"):
        with pytest.raises(ConfigError, match="METRICS is local, but a proxy"):
            load(tmp_path, METRICS="local", PUBLIC_URL=public)
    found = load(tmp_path, METRICS="canary-" + "x" * 32, PUBLIC_URL="https://meet.example")
    assert found.metrics.startswith("canary-") and "canary-" not in repr(found)


def test_a_misspelt_variable_is_refused_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean MEETINGSVC_PORT"):
        Config.load({"MEETINGSVC_PROT": "8000"}, tmp_path)


def test_no_sentence_and_no_repr_holds_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, DATABASE_URL="mysql://u:canary@h/x")
    assert "canary" not in str(refused.value)
    for name, value in (("SMTP_URL", "smtp://u:canary@h:port"), ("IMAP_URL", "imap://u:canary@h?x")):
        with pytest.raises(ConfigError) as refused:
            load(tmp_path, **{name: value})
        assert "canary" not in str(refused.value)
    servers = {"SMTP_URL": "smtps://u:canary@h", "IMAP_URL": "imaps://u:canary@h/INBOX"}
    config = load(tmp_path, SECRET_KEY="canary" * 8, **servers)
    assert "canary" not in repr(config)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://u:p%40@h/x", "postgresql+psycopg://u:p%40@h/x"),
        ("postgres://u@h:5433/x", "postgresql+psycopg://u@h:5433/x"),
        ("postgresql:///x?host=/run/pg", "postgresql+psycopg:///x?host=%2Frun%2Fpg"),
        ("sqlite:////tmp/x y.db", "sqlite:////tmp/x y.db"),
        ("sqlite:///data/x.db", "sqlite:///ROOT/data/x.db"),
        ("data/x.db", "sqlite:///ROOT/data/x.db"),
    ],
)
def test_databases_may_be_named_in_the_usual_ways(tmp_path: Path, given: str, url: str) -> None:
    config = load(tmp_path, DATABASE_URL=given, SECRET_KEY=KEY)
    assert config.database_url == url.replace("ROOT", str(tmp_path))


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ({"HOST": "127.0.0.1", "PUBLIC_URL": "https://meet.example"}, ("https://meet.example",)),
        ({"HOST": "127.0.0.1", "PUBLIC_URL": "http://meet.example"}, ("http://meet.example",)),
        ({"HOST": "127.0.0.1", "PUBLIC_URL": "https://localhost"}, ("https://localhost",)),
        ({"PUBLIC_URL": "https://Meet.Example:443/"}, ("https://meet.example",)),
        ({"PUBLIC_URL": "http://meet.example:8080"}, ("http://meet.example:8080",)),
        ({"HOST": "0.0.0.0", "PORT": "80"}, ("http://127.0.0.1",)),
        ({"HOST": "::1", "PORT": "9"}, ("http://[::1]:9", "http://localhost:9", "http://127.0.0.1:9")),
    ],
)
def test_origins_are_written_as_browsers_write_them(
    tmp_path: Path, given: dict[str, str], origins: tuple[str, ...]
) -> None:
    host = given.get("HOST", "192.0.2.1")
    found = Config.load({f"MEETINGSVC_{k}": v for k, v in {**given, "HOST": host}.items()}, tmp_path).origins
    assert found == origins


def test_what_does_nothing_yet_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MEETINGSVC_REDIS_URL does nothing in this version, so leave it out"):
        load(tmp_path, REDIS_URL="redis://localhost/0")
    assert load(tmp_path, REDIS_URL=" ") == load(tmp_path)


# ------------------------------------------------------------------------------------------------------- secret key


def test_the_secret_key_is_made_once_beside_the_database_and_is_nobody_elses(tmp_path: Path) -> None:
    first = load(tmp_path, DATABASE_URL="data/x.db").secret_key
    file = tmp_path / "data" / "secret.key"
    assert len(first) >= 64 and first == load(tmp_path, DATABASE_URL="data/x.db").secret_key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["secret.key"]
    assert first != load(tmp_path, DATABASE_URL="other/x.db").secret_key


def test_processes_that_start_together_have_the_same_key(tmp_path: Path) -> None:
    found = at_once([lambda: load(tmp_path).secret_key] * 16)
    assert len(set(map(str, found))) == 1
    assert len(list((tmp_path / "var").iterdir())) == 1


def test_a_key_that_others_can_read_or_that_is_too_short_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    file = tmp_path / "var" / "secret.key"
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load(tmp_path)
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(ConfigError, match="too short"):
        load(tmp_path)
    file.write_bytes(b"\xff" * 64)
    with pytest.raises(ConfigError, match="no text"):
        load(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="secret key"):
        load(tmp_path)


def test_on_postgresql_the_key_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MEETINGSVC_SECRET_KEY must be given"):
        load(tmp_path, DATABASE_URL="postgresql://u@h/x")
    assert load(tmp_path, DATABASE_URL="postgresql://u@h/x", SECRET_KEY=KEY).secret_key == KEY
    assert not list(tmp_path.iterdir())
