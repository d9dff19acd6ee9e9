"""Canonical JSON and the codec: what is written is what is read, old shapes are lifted, nothing else is let in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.core.kernel import EVENTS, Text, UnfoldableEntry
from meetingsvc.core.record import Noted
from meetingsvc.core.schema import fields
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.chain import first_hash
from meetingsvc.store.event_log.log import sealed
from meetingsvc.store.jcs import NotCanonical, jcs, parse
from tests.support.any_meeting import walk

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


# ------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # RFC 8785, 3.2.3: by UTF-16 code units, so the emoji stands before the Hebrew letter
        (
            {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7},
            '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
        ),
        # RFC 8785, 3.2.2.2
        ('€$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ([None, True, False, 0, -1, {}, []], "[null,true,false,0,-1,{},[]]"),
        ({"b": {"d": 1, "c": 2}, "a": (1, 2)}, '{"a":[1,2],"b":{"c":2,"d":1}}'),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(data: Any, text: str) -> None:
    assert jcs(data) == text


@pytest.mark.parametrize("data", [1.0, float("nan"), 2**53, -(2**53), "\ud800", {1: 2}, {"\udfff": 1}, b"x", {1}])
def test_what_has_no_canonical_form_is_refused(data: Any) -> None:
    with pytest.raises(NotCanonical):
        jcs(data)


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "-0", "1e3", '"\\u0041"', "NaN", "[1,]", "", " 1"]
)
def test_another_spelling_of_the_same_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        parse(text)


@given(JSON)
def test_canonical_json_comes_back(data: Any) -> None:
    assert parse(jcs(data)) == data


# ------------------------------------------------------------------------------------------------------------ events


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_every_event_of_any_meeting_comes_back_as_it_was(seed: int) -> None:
    before, rows = first_hash("uid"), []
    log = walk(seed, 80).log
    for entry in log:
        rows.append(sealed(entry, "uid", before))
        before = rows[-1].hash
    assert codec.entries(rows) == log
    assert all(parse(row.data) is not None for row in rows)


def test_free_text_about_people_is_never_in_the_data() -> None:
    with_text = [cls for cls in EVENTS.values() if any(kind is Text for _, kind, *_ in fields(cls))]  # type: ignore[arg-type]
    assert Noted in with_text
    v, data, text = codec.encode(Noted(Text("She asked for a break")))
    assert (v, data, text) == (1, "{}", '{"text":"She asked for a break"}')


def test_a_redacted_text_is_read_as_empty() -> None:
    assert codec.decode("record.noted", 1, "{}", None) == Noted(Text(""))


@pytest.mark.parametrize(
    ("name", "v", "data"),
    [
        ("speakers.applauded", 1, "{}"),
        ("meeting.resumed", 2, "{}"),
        ("meeting.resumed", 1, '{"extra":1}'),
        ("meeting.opened", 1, "{}"),
        ("meeting.opened", 1, '{"session":"3"}'),
        ("meeting.opened", 1, "[]"),
        ("meeting.opened", 1, "{"),
        ("meeting.opened", 1, "7"),
    ],
)
def test_what_this_version_does_not_know_is_unreadable_and_strands_its_entry(name: str, v: int, data: str) -> None:
    with pytest.raises(codec.Unreadable):
        codec.decode(name, v, data, None)
    row = sealed(walk(1, 0).log[0], "uid", first_hash("uid"))
    with pytest.raises(UnfoldableEntry) as found:
        codec.entry(replace(row, name=name, v=v, data=data))
    assert (found.value.entry.seq, found.value.entry.event.wire) == (1, name)


def test_old_shapes_are_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    lifts = {
        ("meeting.opened", 1): lambda old: {"sitting": old["day"]},
        ("meeting.opened", 2): lambda old: {"session": old["sitting"]},
    }
    monkeypatch.setattr(codec, "UPCASTS", lifts)
    assert codec.version("meeting.opened") == 3 and codec.version("meeting.resumed") == 1
    opened = EVENTS["meeting.opened"]
    assert codec.decode("meeting.opened", 1, '{"day":3}', None) == opened(3)  # type: ignore[call-arg]
    assert codec.decode("meeting.opened", 2, '{"sitting":3}', None) == opened(3)  # type: ignore[call-arg]
    assert codec.encode(opened(3)) == (3, '{"session":3}', None)  # type: ignore[call-arg]
    with pytest.raises(codec.Unreadable):
        codec.decode("meeting.opened", 1, '{"session":3}', None)
