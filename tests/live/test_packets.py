"""What a client may say: everything else is refused before a handler, and before a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetingsvc.live.admission import judge
from meetingsvc.live.packets import BadPacket, Encoded, WirePacket


@pytest.mark.parametrize(
    ("text", "kind", "number", "data"),
    [
        ("0", 0, None, None),
        ('0{"token":"x"}', 0, None, {"token": "x"}),
        ('0/,{"grant":3}', 0, None, {"grant": 3}),
        ('2["time"]', 2, None, ["time"]),
        ('217["follow",{"seq":1}]', 2, 17, ["follow", {"seq": 1}]),
        ("1", 1, None, None),
    ],
)
def test_what_a_page_says_is_understood(text: str, kind: int, number: int | None, data: Any) -> None:
    packet = WirePacket(encoded_packet=text)
    assert (packet.packet_type, packet.id, packet.data) == (kind, number, data)
    assert packet.namespace == "/"
    assert judge(("4" + text).encode()) == "4" + text


@pytest.mark.parametrize(
    "text",
    [
        '42["connect",{"token":"guess"}]',  # would run the handler with any auth
        '42["disconnect"]',
        '42["command",{}]',
        '42["*"]',
        "42[]",
        "42{}",
        "42",
        '42["time",1,2]',
        '42[["time"]]',
        '42/admin,["time"]',  # another namespace
        "40/admin,{}",
        '451-["time",{"_placeholder":true,"num":0}]',  # binary
        '459999999999-["time"]',
        "461-1[]",
        '431["x"]',  # an acknowledgement of nothing
        '44{"message":"x"}',
        "40[1]",
        "401{}",
        '42["time",NaN]',
        '42["time",' + "[" * 8000 + "]" * 8000 + "]",
        '42["time",' + "9" * 9000 + "]",
        '42123456789012["time"]',
        "42x",
        "4",
        "49",
        "2",
        "2probe",
        "5",
        "6",
        "b4eHg=",
        "",
        "3" + "x" * 100,
    ],
)
def test_the_rest_is_refused(text: str) -> None:
    with pytest.raises(BadPacket):
        judge(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadPacket):
        judge(b"\xff\xfe")


@given(st.text(max_size=200))
def test_nothing_but_a_refusal_comes_of_any_text(text: str) -> None:
    for said in (text, "42" + text, "40" + text, '42["time",' + text):
        try:
            judge(said.encode("utf-8", "surrogatepass"))
        except BadPacket:
            continue


def test_json_that_is_encoded_goes_out_as_it_is() -> None:
    body = Encoded('{"seq":1,"name":"Türkiye"}')
    assert WirePacket(2, data=["change", body], namespace="/").encode() == f'2["change",{body}]'
    assert WirePacket(3, data=[body], namespace="/", id=7).encode() == f"37[{body}]"
    plain = WirePacket(3, data=[{"ok": True}], namespace="/", id=8).encode()
    assert json.loads(plain[2:]) == [{"ok": True}]
