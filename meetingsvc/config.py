"""The configuration: one field, one environment variable. Read once at start and refused in plain sentences.

A field's default is the documented one; the comment beside it is what `describe` shows to people.
Does not belong here: what is done with a value.
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

PREFIX = "MEETINGSVC_"
#: The folder of the clone: relative paths stand in it, wherever the service is started from.
ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")

#: What is planned and does nothing yet: whoever sets it would believe that it does.
_NOT_YET = {
    PREFIX + "REDIS_URL": "processes notice each other's work within a second without it",
}

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SHORTEST_KEY = 32


class ConfigError(Exception):
    """A variable that is wrong. The text is a sentence for whoever starts the service."""


def variable(default: Any, comment: str) -> Any:
    """A field with its comment; the variable is PREFIX and the field's name in capitals."""
    return field(default=default, metadata={"comment": comment})


def hidden(default: Any, comment: str) -> Any:
    """A field that may hold a password: it is never printed."""
    return field(default=default, repr=False, metadata={"comment": comment})


@dataclass(frozen=True, slots=True)
class Config:
    """What the service was told. All fields are checked; `database_url` is a full SQLAlchemy address."""

    host: str = variable("127.0.0.1", "Address to listen on.")
    port: int = variable(8000, "Port to listen on; without it PORT is read.")
    public_url: str = variable(
        "", "Address under which people reach the service; without it, the host and port it listens on."
    )
    database_url: str = variable(
        "var/meetingsvc.db",
        "A file for SQLite (relative to the clone), or postgresql://user:password@host/name.",
    )
    secret_key: str = hidden(
        "",
        "At least 32 characters that nobody can guess. On SQLite it is made at the first run "
        "and kept beside the database in secret.key (0600); on PostgreSQL it must be given.",
    )
    smtp_url: str = hidden(
        "",
        "smtp://user:password@host:587 (STARTTLS) or smtps://...: invitations leave through this server. "
        "Without it they wait, and the pages say so.",
    )
    mail_from: str = variable(
        "", "Address that mails are sent from; without it, the organizer's own address of each body."
    )
    imap_url: str = hidden(
        "",
        "imaps://user:password@host/INBOX: the mailbox that answers come back to. Without it they are given "
        "on the page behind one's personal link.",
    )
    grace_s: int = variable(
        60, "Seconds that a change rests before people are written to, so that one taken back sends nothing."
    )
    metrics: str = hidden(
        "",
        "Who may read /metrics: at least 32 characters that a collector sends as `Authorization: Bearer ...`, or "
        "`local` for programs on this machine, where no proxy stands in front. Without it nobody may.",
    )
    async_mode: str = variable("eventlet", "How many are served at once: eventlet, or threading.")
    locale: str = variable("en", f"Language for those whose own is not known: {', '.join(LANGUAGES)}.")

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> Config:
        """The configuration of an environment; raises `ConfigError`. Makes the secret key where it may."""
        _no_strangers(environ)
        default = {f.name: f.default for f in fields(cls)}

        def given(name: str) -> str:
            return (environ.get(PREFIX + name.upper()) or "").strip() or str(default[name])

        host = _host(given("host"))
        port = _port(environ)
        database = _database(given("database_url"), root)
        public = _public(given("public_url"), host, port)
        return cls(
            host=host,
            port=port,
            public_url=public,
            database_url=database.render_as_string(hide_password=False),
            secret_key=_secret(given("secret_key"), database),
            smtp_url=_mail_server("smtp_url", given("smtp_url"), ("smtp", "smtps")),
            mail_from=_mail_address("mail_from", given("mail_from")),
            imap_url=_mail_server("imap_url", given("imap_url"), ("imap", "imaps")),
            grace_s=_seconds("grace_s", given("grace_s")),
            metrics=_metrics(given("metrics"), public),
            async_mode=_one_of("async_mode", given("async_mode"), ("eventlet", "threading")),
            locale=_one_of("locale", given("locale"), LANGUAGES),
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """Where acting pages may come from: the public address; this machine too, while that is its own address."""
        allowed = [_origin(self.public_url)]
        if self.host in _LOOPBACK and _is_own(self.public_url):
            allowed += [f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"]
        return tuple(dict.fromkeys(allowed))


def describe() -> list[tuple[str, str, str]]:
    """(variable, default, comment) of every field, for the documentation."""
    return [(PREFIX + f.name.upper(), str(f.default), f.metadata["comment"]) for f in fields(Config)]


def _no_strangers(environ: Mapping[str, str]) -> None:
    known = [name for name, *_ in describe()]
    for name in sorted(environ):
        if name in _NOT_YET:
            if environ[name].strip():
                raise ConfigError(f"{name} does nothing in this version, so leave it out: {_NOT_YET[name]}.")
        elif name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]}?" if close else f" Known are: {', '.join(known)}."
            raise ConfigError(f"{name} is not a variable of this service.{hint}")


def _host(host: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:_-]+", host):
        raise ConfigError(f"{PREFIX}HOST is {host!r}: it must be an address or a name, such as 127.0.0.1.")
    return host


def _port(environ: Mapping[str, str]) -> int:
    for name in (PREFIX + "PORT", "PORT"):
        text = environ.get(name, "").strip()
        if text:
            if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 <= int(text) <= 65535:
                raise ConfigError(f"{name} is {text!r}: it must be a number from 0 to 65535.")
            return int(text)
    return next(int(default) for name, default, _ in describe() if name == PREFIX + "PORT")


def _public(url: str, host: str, port: int) -> str:
    if not url:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{port}"
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username or "*" in url:
        raise ConfigError(
            f"{PREFIX}PUBLIC_URL is {url!r}: it must be one address such as https://meetings.example.org, "
            "without a path."
        )
    return url.rstrip("/")


def _is_own(public: str) -> bool:
    """Whether people use the address that this machine has for itself, so that no proxy stands in front."""
    parts = urlsplit(public)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _metrics(given: str, public: str) -> str:
    if given == "local" and not _is_own(public):
        raise ConfigError(
            f"{PREFIX}METRICS is local, but a proxy stands in front of this machine and passes strangers on: give "
            f"at least {_SHORTEST_KEY} characters instead, which the collector sends as `Authorization: Bearer`."
        )
    if given and given != "local" and (len(given) < _SHORTEST_KEY or not re.fullmatch(r"[!-~]+", given)):
        raise ConfigError(
            f"{PREFIX}METRICS must be local, or at least {_SHORTEST_KEY} letters, digits and signs without spaces."
        )
    return given


def _origin(url: str) -> str:
    # browsers leave out the usual port and write the host in small letters
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def _database(text: str, root: Path) -> sa.URL:
    if "://" not in text:
        return _file(Path(text), root)
    try:
        url = sa.make_url(re.sub(r"\Apostgres://", "postgresql://", text))
    except (ArgumentError, ValueError) as fault:
        raise _wrong_database() from fault
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:" or url.query:
            raise ConfigError(f"{PREFIX}DATABASE_URL names no file: what is not in a file is lost at the end.")
        return _file(Path(url.database), root)
    if backend != "postgresql" or not url.database:
        raise _wrong_database()
    return url.set(drivername="postgresql+psycopg")


def _wrong_database() -> ConfigError:
    # the value may hold a password, so it is not repeated
    return ConfigError(
        f"{PREFIX}DATABASE_URL must be a file for SQLite, such as var/meetingsvc.db, "
        "or postgresql://user:password@host/name."
    )


def _file(path: Path, root: Path) -> sa.URL:
    whole = path if path.is_absolute() else root / path
    if whole.is_dir():
        raise ConfigError(f"{PREFIX}DATABASE_URL is the folder {whole}: it must be a file.")
    return sa.URL.create("sqlite", database=str(whole))


def _scheme(name: str, url: str, schemes: tuple[str, ...]) -> str:
    try:
        fits = not url or (urlsplit(url).scheme in schemes and urlsplit(url).hostname)
    except ValueError:
        fits = False
    if not fits:
        raise ConfigError(f"{PREFIX}{name.upper()} must begin with {schemes[0]}:// and name a host.")
    return url


def _mail_server(name: str, url: str, schemes: tuple[str, ...]) -> str:
    """Host, perhaps port, user and password; none of it is repeated in a sentence."""
    _scheme(name, url, schemes)
    try:
        parts = urlsplit(url)
        fits = parts.port != 0 and not parts.query and not parts.fragment and unquote(url).isascii()
    except ValueError:
        fits = False
    if not fits or bool(parts.username) != bool(parts.password):
        raise ConfigError(
            f"{PREFIX}{name.upper()} must look like {schemes[1]}://user:password@mail.example.org, with signs other "
            "than letters and digits written as %40."
        )
    return url


def _mail_address(name: str, address: str) -> str:
    if address and not (address.isascii() and re.fullmatch(r"[^\s@<>,;:\"\\]{1,64}@[A-Za-z0-9.-]{1,250}", address)):
        raise ConfigError(f"{PREFIX}{name.upper()} must be one address, such as meetings@example.org.")
    return address


def _seconds(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) > 3600:
        raise ConfigError(f"{PREFIX}{name.upper()} is {text!r}: it must be a number of seconds from 0 to 3600.")
    return int(text)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ConfigError(f"{PREFIX}{name.upper()} is {value!r}: it must be one of {', '.join(allowed)}.")
    return value


# ------------------------------------------------------------------------------------------------- secret key


def _secret(given: str, database: sa.URL) -> str:
    if given:
        if len(given) < _SHORTEST_KEY:
            raise ConfigError(f"{PREFIX}SECRET_KEY is too short: it needs at least {_SHORTEST_KEY} characters.")
        return given
    if database.get_backend_name() != "sqlite":
        raise ConfigError(f"{PREFIX}SECRET_KEY must be given when the database is PostgreSQL.")
    file = Path(str(database.database)).parent / "secret.key"
    try:
        if not file.exists():
            _make_secret(file)
        return _kept_secret(file)
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is no text"
        raise ConfigError(f"The secret key {file} can be neither read nor made: {why}.") from fault


def _make_secret(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(48) + "\n")
        # a link fails when another process was faster, and nobody ever sees half a key
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _kept_secret(file: Path) -> str:
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ConfigError(f"The secret key {file} can be read by others: run `chmod 600 {file}`.")
    key = file.read_text().strip()
    if len(key) < _SHORTEST_KEY:
        raise ConfigError(f"The secret key {file} is too short: remove the file, and a new one is made.")
    return key
