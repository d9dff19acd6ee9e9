"""The presets: every file is read, checked and held a debate under; a broken one is told with its key and its line."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from meetingsvc.app import create_app
from meetingsvc.cli.errors import sentence
from meetingsvc.config import Config
from meetingsvc.core import presets
from meetingsvc.core.meeting.acts import RulesAdopted
from meetingsvc.core.presets import BrokenPreset, parsed
from meetingsvc.core.rules import Kind
from tests.languages import SIX, catalogue
from tests.support.story import Story, scheduled

USUAL = files(presets.__name__).joinpath("gof.toml").read_text("utf-8")


def adopted(story: Story) -> RulesAdopted:
    (found,) = (entry.event for entry in story.log if isinstance(entry.event, RulesAdopted))
    return found


def test_every_file_of_the_folder_is_a_preset_and_none_is_broken() -> None:
    found = {each.name for each in files(presets.__name__).iterdir() if not each.name.startswith("__")}
    assert found == {f"{name}.toml" for name in presets.names()}
    assert presets.names()[0] == presets.DEFAULT and len(found) == len(presets.names()) >= 3
    presets.read_all()


@pytest.mark.parametrize("name", presets.names())
def test_a_meeting_is_held_under_the_rules_that_were_chosen(name: str) -> None:
    """A delegation of each kind asks: they speak in the order of the file, and for as long."""
    rules, story = presets.rules_of(name), scheduled(preset=name).given("agenda.add_item", title="Debate")
    assert (story.m.meeting.preset, story.m.meeting.adopted) == (name, rules)
    assert adopted(story).sources.keys() == presets.sources_of(name).keys() == rules.__dataclass_fields__.keys()
    story.given("meeting.open", after=60).given("agenda.take_up", item=story.m.seq - 1)
    kinds = sorted(set(get_args(Kind)) - {"guest"})
    for kind in kinds:
        story.given("roster.accredit", kind=kind, name=kind, rank="PR")
        story.known[kind] = story.m.seq
        story.given("speakers.request_floor", by=kind)
    expected = sorted(kinds, key=lambda kind: (rules.groups[rules.group_of_kind[kind]], kinds.index(kind)))
    assert story.waiting() == expected
    for kind in expected:
        story.next(after=60)
        assert story.speaker() == kind and story.m.speakers.floor is not None
        assert story.m.speakers.floor.seconds == rules.time[rules.group_of_kind[kind]]


@pytest.mark.parametrize("rank", ["HOS", "OTHER"])
@pytest.mark.parametrize("name", presets.names())
def test_the_level_counts_as_the_file_says(name: str, rank: str) -> None:
    rules = presets.rules_of(name)
    story = scheduled(preset=name).given("agenda.add_item", title="Debate")
    story.given("meeting.open", after=60).given("agenda.take_up", item=story.m.seq - 1)
    for code, level in (("KEN", "M"), ("CUB", rank)):
        story.given("roster.accredit", kind="member", code=code, rank=level)
        story.known[code] = story.m.seq
        story.given("speakers.request_floor", by=code)
    first = rules.rank_ladder[rank] < rules.rank_ladder["M"]
    assert story.waiting() == (["CUB", "KEN"] if first else ["KEN", "CUB"])


def test_without_a_choice_everything_is_as_with_the_usual_one() -> None:
    assert scheduled().log == scheduled(preset=None).log == scheduled(preset=presets.DEFAULT).log
    assert adopted(scheduled()).preset == "gof"


@pytest.mark.parametrize("name", ["mun", "GOF", "../rules", "gof.toml"])
def test_what_is_no_preset_is_refused_with_those_there_are(name: str) -> None:
    plan = {"languages": ["en"], "zone": "Asia/Ashgabat", "format": "hybrid"}
    sessions = [{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}]
    story = Story().when("meeting.schedule", by="secretary", title="x", sessions=sessions, preset=name, **plan)
    story.refused("meeting.no_such_preset", given=name, known=", ".join(presets.names()))


@pytest.mark.parametrize("lang", SIX)
@pytest.mark.parametrize("name", presets.names())
def test_every_preset_has_its_name(name: str, lang: str) -> None:
    assert f"preset.{name}" in catalogue(lang)


def test_no_name_is_left_over() -> None:
    assert {key for key in catalogue("en") if key.startswith("preset.")} == {
        f"preset.{name}" for name in presets.names()
    }


# ---------------------------------------------------------------------------------------------------------- broken


def line_of(text: str, part: str) -> int:
    return next(number for number, row in enumerate(text.splitlines(), 1) if part in row)


ONE = 'note = "A point of order does not count."'
STATEMENTS = "statements_per_delegation_per_item"


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ("value = 180\n", "value = \n", "changeover", "nvalid value"),
        ("[warning]", "[warning", "changeover", "xpected"),
        ("[warning]", "[changeover]", "changeover", "annot declare"),
        ("value = 180\n", 'value = "soon"\n', "changeover", "must be whole number"),
        ("value = 180\n", "value = -1\n", "changeover", "0 or more"),
        ("value = 180\n", "", "changeover", "value is missing"),
        ("[changeover]", "[changeovr]", "changeovr", "no rule of this name"),
        (ONE, 'note = " "', STATEMENTS, "note is empty"),
        (ONE, 'nota = "x"', STATEMENTS, "note is missing"),
        (ONE, ONE + '\nby = "x"', STATEMENTS, "by is not one of"),
        ('value = "soft"', 'value = "hard"', "overrun", "must be soft"),
        ("member = 300, group", "membr = 300, group", "time", "it says nothing of member"),
        ("guest = 300, point", "guest = 0, point", "time", "above 0"),
        ("value = { member = 300", 'value = { member = "300"', "time", "time.member must be whole number"),
        ("HOS = 1, VP", "VP", "rank_ladder", "it says nothing of HOS"),
        ("OTHER = 8", "OTHER = 0", "rank_ladder", "from 1 to"),
        ('ngo = "observer", nhri', "nhri", "group_of_kind", "it says nothing of ngo"),
        ('ngo = "observer"', 'ngo = "nobody"', "groups", "it says nothing of nobody"),
        ('group = "1"', 'group = "10"', "groups", "one digit or letter"),
        ("statement = 0, point", "statement = 2, point", "asked_on_closed_list", "0 stands for no"),
        ("[5, 2]", "[2, 5]", "prepare", "the largest first"),
        ('"group", "rank", "inscription"', '"rank", "inscription"', "order", "group, rank and inscription"),
    ],
)
def test_a_broken_file_is_told_with_its_key_and_its_line(old: str, new: str, key: str, why: str) -> None:
    assert old in USUAL
    text = USUAL.replace(old, new, 1)
    with pytest.raises(BrokenPreset, match=why) as broken:
        parsed("mine", text)
    assert broken.value.key == key
    start = line_of(text, f"[{key}]")
    assert start <= broken.value.line <= start + 5, "a line of that key"
    assert str(broken.value).startswith(f"presets/mine.toml, line {broken.value.line}, {key}: ")
    assert sentence(broken.value) == str(broken.value), "whoever starts the service reads the sentence"


def test_a_key_that_is_missing_is_told_at_the_end_of_the_file() -> None:
    text = USUAL[: USUAL.index("[prepare]")]
    with pytest.raises(BrokenPreset, match="prepare: this key is missing") as broken:
        parsed("mine", text)
    assert broken.value.line == len(text.splitlines())


def test_the_very_line_is_named_and_not_only_the_key() -> None:
    text = USUAL.replace('value = "soft"', 'value = "hard"')
    with pytest.raises(BrokenPreset) as broken:
        parsed("mine", text)
    assert broken.value.line == line_of(text, '"hard"')


def test_a_broken_file_stops_the_service_at_its_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(name: str) -> None:
        raise BrokenPreset(name, 3, "time", "it says nothing of member")

    monkeypatch.setattr(presets, "_read", broken)
    with pytest.raises(BrokenPreset, match=r"presets/gof\.toml, line 3, time: it says nothing of member\."):
        create_app(Config.load({"MEETINGSVC_DATABASE_URL": str(tmp_path / "m.db")}))
