"""Scenario: words of a note and the name of a guest are erased while everybody watches, and nobody finds them again."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from meetingsvc.config import Config
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.invitations import Invitations
from meetingsvc.meetings import Meetings
from meetingsvc.store import deliveries
from meetingsvc.store.contacts import Contact, new_contact_id, recipient
from meetingsvc.store.deliveries import Delivery, Told
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log.export import verify_file
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues
from tests.live.wire import Follower, Wire
from tests.support.running_service import RunningService
from tests.support.served_scenario import ServedScenario

WORDS, NAME, POST = "canary words of a note", "canary-name", "canary-post"
CANARIES = [text.encode() for text in (WORDS, NAME, POST)]

Json = dict[str, Any]


def found(data: bytes) -> list[str]:
    return [text.decode() for text in CANARIES if text in data]


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("meetingsvc.db*")))


def got(scenario: ServedScenario, path: str, who: str | None = None) -> bytes:
    headers = {"Authorization": f"Bearer {scenario.served.token(who)}"} if who else {}
    answer = requests.get(scenario.served.url + path, headers=headers, timeout=30)
    assert answer.status_code == 200, (path, answer.text)
    return answer.content


def everything_served(scenario: ServedScenario) -> bytes:
    """What anybody may read of the meeting: each audience's view, records, log, pages, calendars."""
    api, here = f"/api/v1/meetings/{scenario.served.meeting}", f"/m/{scenario.served.meeting}"
    paths = [
        *((f"{api}/state?audience={audience}", "secretary") for audience in AUDIENCES),
        *((f"{api}/record?last=50&audience={audience}", "secretary") for audience in AUDIENCES),
        *((f"{api}/lists/{id}", "secretary") for id in scenario.view()["speakers"]["lists"]),
        (f"{api}/log?after=0", "secretary"),
        (f"{api}/log?after=0", None),
        (here, None),
        (f"{here}/chair", "chair"),
        (f"{here}/room", "room"),
        (f"{here}/floor", "AZE"),
        (f"{here}/calendar", None),
        (f"{here}/times", "secretary"),
        (f"{here}/invitations", "secretary"),
        (f"{here}/links", "secretary"),
        (f"{here}/erase", "secretary"),
        (f"{here}.ics", None),
        (f"{here}.ics", "AZE"),
    ]
    return b"".join(got(scenario, path, who) for path, who in paths)


def test_what_is_erased_is_nowhere_and_the_log_still_proves_itself(scenario: ServedScenario, tmp_path: Path) -> None:
    scenario.open()
    speaker = {"name": NAME, "post": POST}
    scenario.do("secretary", "speakers.inscribe", guest=speaker, channel="email")
    scenario.do("chair", "speakers.next")
    note = scenario.do("secretary", "record.note", text=WORDS)["seq"]
    screens = [
        scenario.follow("staff", "chair"),
        scenario.follow("delegate", "AZE"),
        scenario.follow("room", "room"),
        scenario.follow("follow"),
    ]
    scenario.settle()
    for one in screens:
        assert NAME in json.dumps(one.view), "everybody reads who speaks"
    assert found(files(tmp_path)) == [WORDS, NAME, POST] == found(everything_served(scenario))

    scenario.do("secretary", "record.redact", seq=note)
    scenario.do("secretary", "roster.erase_person", person=person_named(scenario))
    settled(scenario, screens)
    for one in screens:
        assert not found(json.dumps(one.view).encode()), one.audience
    assert screens[0].view["record"]["notes"][str(note)]["text"] == ""
    assert screens[0].view["speakers"]["floor"]["delegation"], "whoever has the floor keeps it"

    assert found(files(tmp_path)) == [], "no byte of the database"
    assert found(everything_served(scenario)) == []
    assert exported(scenario, tmp_path) == []
    assert backups(tmp_path) == []

    undone = scenario.view()["record"]["undoable"]["batch"]
    assert scenario.act("chair", "record.undo", batch=undone)[0] == 200, "the note is taken back,"
    again = scenario.view()["record"]["redoable"]["batch"]
    assert scenario.act("chair", "record.undo", batch=again)[0] == 200, "and written again: without its words"
    scenario.do("chair", "meeting.close")
    scenario.settle()
    assert found(files(tmp_path) + everything_served(scenario)) == []

    scenario.served.kill()
    scenario.served.start()
    assert found(files(tmp_path) + everything_served(scenario)) == []
    assert exported(scenario, tmp_path) == []
    assert found((tmp_path / "server.log").read_bytes()) == []


def test_who_follows_by_requests_that_wait_gets_the_state_at_once(scenario: ServedScenario) -> None:
    scenario.open()
    note = scenario.do("secretary", "record.note", text=WORDS)["seq"]
    stands = {name: scenario.served.state("chair")[name] for name in ("seq", "epoch", "chain")}
    asked = "&".join(f"{name}={value}" for name, value in {**stands, "wait": 20}.items())
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waits = pool.submit(got, scenario, f"/api/v1/meetings/{scenario.served.meeting}/state?{asked}", "chair")
        time.sleep(0.5)
        scenario.do("secretary", "record.redact", seq=note)
        answer = waits.result()
    assert time.monotonic() - began < 5 and not found(answer)
    told = json.loads(answer)
    assert (told["seq"], told["view"]["record"]["notes"][str(note)]["text"]) == (scenario.head(), "")
    late = got(scenario, f"/api/v1/meetings/{scenario.served.meeting}/state?{asked}", "chair")
    assert not found(late) and "view" in json.loads(late), "no replay buffer reaches back behind it"


def test_the_screens_of_another_process_lose_it_too(scenario: ServedScenario, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    database = {"MEETINGSVC_DATABASE_URL": str(tmp_path / "meetingsvc.db")}
    other = ServedScenario(RunningService(tmp_path / "other", database))
    other.served.say_demo(scenario.served.demo)
    other.served.start()
    try:
        scenario.open()
        scenario.do("secretary", "speakers.inscribe", guest={"name": NAME, "post": POST}, channel="email")
        scenario.do("chair", "speakers.next")
        note = scenario.do("secretary", "record.note", text=WORDS)["seq"]
        screens = [other.follow("staff", "chair"), other.follow("follow")]
        assert found(everything_served(other)) == [WORDS, NAME, POST], "the other process has read it"
        scenario.do("secretary", "record.redact", seq=note)
        scenario.do("secretary", "roster.erase_person", person=person_named(scenario))
        settled(other, screens)
        assert not found(json.dumps([one.view for one in screens]).encode() + everything_served(other))
        assert all(one.losses == 0 for one in screens), "nobody is cut: it is the same log"
        other.do("chair", "record.note", text="It goes on")
        settled(other, screens)
        assert found(files(tmp_path)) == []
    finally:
        other.crowd.stop()
        other.served.stop()


def test_a_contact_that_its_secretariat_erases_is_nowhere_and_its_screen_is_cut(
    scenario: ServedScenario, tmp_path: Path
) -> None:
    scenario.open()
    served = scenario.served
    contact, own, office = invited(scenario)
    screen = Wire(served.url, {"token": own})
    wish = {"meeting": served.meeting, "audience": "follow", "seq": 0, "epoch": "", "chain": ""}
    assert screen.call("follow", wish)["ok"]
    assert found(files(tmp_path)) == [WORDS, NAME, POST] == found(everything_served(scenario))

    browser, people = requests.Session(), f"{served.url}/setup/{served.demo['body']}/people"
    press(browser, f"{served.url}/join/{office}")
    page = f"{people}/{contact}/erase?as=1"
    assert found(browser.get(page, timeout=30).content) == [WORDS, NAME, POST], "before it is erased"
    answer = press(browser, page, do="erase", read="1")
    assert "The contact is erased." in answer.text and found(answer.content) == []
    assert found(files(tmp_path)) == [], "no byte of the database"
    until = time.monotonic() + 3
    while screen.open and time.monotonic() < until:
        screen.pump(0.05)
    assert not screen.open, "its link is dead at once"
    shown = browser.get(page, timeout=30).content + browser.get(f"{people}?as=1", timeout=30).content
    assert b"This contact was erased already." in shown and found(shown) == []
    assert found(everything_served(scenario)) == [] == exported(scenario, tmp_path) == backups(tmp_path)
    served.kill()
    served.start()
    assert found(files(tmp_path) + everything_served(scenario)) == []
    assert found((tmp_path / "server.log").read_bytes()) == []


def invited(scenario: ServedScenario) -> tuple[str, str, str]:
    """Somebody on the list, with an answer, whose letter left with pains: (contact, secret of their link, of their
    body's)."""
    served = scenario.served
    config = Config.load({name: value for name, value in served.env.items() if name.startswith("MEETINGSVC_")})
    database = Database.open(config.database_url, 10.0)
    meetings, links = Meetings(database), Links(database)
    ours = Invitations.of(config, meetings, links, Catalogues.load())
    body = str(served.demo["body"])
    made = ours.contacts.put_contact(Contact(new_contact_id(), NAME, "en", body, address=f"{POST}@x.example"))
    (row,) = ours.guest_list.put_on_list(served.meeting, [made])
    ours.guest_list.send_off(served.meeting, [made.id])
    about, now = meetings.meeting_row(served.meeting), meetings.clock()
    assert about is not None
    times = ("2030-12-11T10:00", "2030-12-11T13:00", about.zone, now + 10**11, now + 2 * 10**11)
    told = Told("A meeting to come", *times, links=(), status="confirmed", session=1, to=recipient(f"{POST}@x.example"))
    letter = Delivery(served.meeting, made.id, about.uid, "REQUEST", 0, secrets.token_hex(20), told, 1, 1, "sent")
    database.write(lambda c: deliveries.add(c, [replace(letter, fault=f"452 later <{POST}@x.example>")]))
    ours.replies.answer(served.meeting, made.id, "accepted", comment=WORDS, sender=f"{POST}@x.example")
    _, office = links.make_office(body)
    database.close()
    return made.id, ours.guest_list.secrets.link_secret(str(row.grant)), office


def press(browser: requests.Session, where: str, **fields: str) -> requests.Response:
    """A form of the page at this address, sent as a browser sends it."""
    token = re.search(r'name="form" value="(\w+)"', browser.get(where, timeout=30).text)
    assert token
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = browser.post(where, data={"form": token[1], **fields}, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def person_named(scenario: ServedScenario) -> str:
    """The person of the guest, as the secretary's log names it."""
    rows = json.loads(got(scenario, f"/api/v1/meetings/{scenario.served.meeting}/log?after=0", "secretary"))["rows"]
    return next(str(row["data"]["person"]) for row in rows if row["data"].get("kind") == "guest")


def settled(scenario: ServedScenario, screens: list[Follower]) -> None:
    """At once: well before a screen would ask by itself whether it is behind."""
    scenario.settle(4)
    assert {one.seq for one in screens} == {scenario.head()}


def exported(scenario: ServedScenario, folder: Path) -> list[str]:
    """What the exported log holds of it, after its proof."""
    file = folder / f"{secrets.token_hex(4)}.jsonl"
    done = scenario.served.verb("export-log", "--meeting", scenario.served.meeting, "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert verify_file(file.read_bytes()) is None
    checked = scenario.served.verb("verify", str(file))
    assert checked.returncode == 0 and "are as they were written" in checked.stdout
    return found(file.read_bytes())


def backups(folder: Path) -> list[str]:
    """What backups hold of it that are taken while the service runs."""
    source = sqlite3.connect(folder / "meetingsvc.db")
    with sqlite3.connect(folder / "a-backup.db") as target:
        source.backup(target)
    source.execute("VACUUM INTO ?", (str(folder / "another-backup.db"),))
    source.close()
    return found(b"".join((folder / name).read_bytes() for name in ("a-backup.db", "another-backup.db")))
