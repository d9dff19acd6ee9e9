"""What a right opens that was taken away: nothing, anywhere. One table of rights and of all that they open.

The service runs as people run it; the right is taken away by another process, as a command line or a second worker
would. Each right first opens everything that the table says, so that no line of it can hold by chance.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from meetingsvc.calendars.reading.replies import Reply
from meetingsvc.config import Config
from meetingsvc.core.roles import ROLES
from meetingsvc.invitations import Invitations
from meetingsvc.meetings import Meetings
from meetingsvc.store import deliveries
from meetingsvc.store.contacts import Invitation, recipient
from meetingsvc.store.deliveries import Delivery, Told
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues
from tests.live.wire import NotLetIn, Wire
from tests.support.running_service import RunningService

LINK = "https://meet.example/canary-link"
#: A screen that is cut by another process is cut within two seconds.
CUT_WITHIN_S = 2.5
#: Acts that change nothing of importance and that these may give.
ACTS = {"chair": "record.note", "secretary": "record.note", "delegate": "roster.check_in"}
BODIES = {"record.note": {"text": "canary"}, "roster.check_in": {"mode": "remote"}}
SCREENS = {"chair": "chair", "secretary": "chair", "delegate": "floor", "room": "room", "invitee": "calendar"}
AUDIENCES = {"chair": "staff", "secretary": "staff", "delegate": "delegate", "room": "room", "booth": "booth"}

BY_SECRET = {"join", "claim", "socket", "heard", "state", "list", "record", "log", "file", "file known"}
BY_BROWSER = {
    "home",
    "screen",
    "socket of a page",
    "state of a page",
    "record of a page",
    "file of a page",
    "file of a page known",
}
#: What lets join links be read in a browser that says no number.
INSIDE = {"file of a browser"}
OPENS: dict[str, set[str]] = {
    "chair": BY_SECRET | BY_BROWSER | INSIDE | {"act", "repeat", "form"},
    "secretary": BY_SECRET | BY_BROWSER | INSIDE | {"act", "repeat", "form"},
    "delegate": BY_SECRET | BY_BROWSER | INSIDE | {"act", "repeat", "form", "feed", "feed known"},
    "room": BY_SECRET | BY_BROWSER,
    "booth": (BY_SECRET | BY_BROWSER | INSIDE) - {"join", "claim", "home"},  # it has no page to be led to
    "follower": BY_SECRET | BY_BROWSER,
    "invitee": BY_SECRET | BY_BROWSER | INSIDE | {"form", "feed", "feed known", "mail", "mail with the link"},
    "office": {"join", "claim", "home", "screen", "form"},
}


class ServedMeeting:
    """The served meeting, and another process on its database."""

    def __init__(self, served: RunningService) -> None:
        self.served = served
        assert served.meeting
        config = Config.load({name: value for name, value in served.env.items() if name.startswith("MEETINGSVC_")})
        self.database = Database.open(config.database_url, 10.0)
        self.meetings, self.links = Meetings(self.database), Links(self.database)
        self.invitations = Invitations.of(config, self.meetings, self.links, Catalogues.load())
        self.missions = itertools.count()
        served.start()
        served.do("chair", "meeting.set_channels", channels=[{"kind": "video", "address": LINK}])
        served.do("chair", "meeting.open")
        served.do("chair", "agenda.take_up", item=min(self.meetings.history(served.meeting).state.agenda.items))

    def invitation(self) -> Invitation:
        """Somebody's place on the list, another one's each time; from far away, so that they need the links."""
        row = self.invitations.guest_list.on_list(self.served.meeting)[next(self.missions)]
        return self.invitations.guest_list.set_place(self.served.meeting, row.contact.id, mode="remote")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedMeeting]:
    made = ServedMeeting(RunningService(tmp_path_factory.mktemp("rights")))
    yield made
    made.database.close()
    made.served.stop()


class Holder:
    """Who holds a right: its secret, the browser that claimed it, an open screen, and what was got by it before."""

    def __init__(self, prepared: ServedMeeting, role: str) -> None:
        self.prepared, self.role, self.url = prepared, role, prepared.served.url
        self.meeting, self.place = prepared.served.meeting, None
        body = prepared.served.demo["body"]
        if role == "office":
            grant, self.secret = prepared.links.make_office(body)
        elif role == "invitee":
            self.place = prepared.invitation()
            found = prepared.links.get(str(self.place.grant))
            assert found is not None
            grant, self.secret = found, prepared.invitations.guest_list.secrets.link_secret(found.id)
        else:
            if role == "delegate":
                self.place = prepared.invitation()
            delegation = self._delegation() if self.place else None
            grant, self.secret = prepared.links.make(self.meeting, role, delegation)
        self.grant = grant
        self.browser, self.spare = requests.Session(), requests.Session()
        if role in ROLES and ROLES[role].home is None:
            self.token, self.here, self.number = "", f"/m/{self.meeting}", self._held()
        else:
            self.token = self._opened(self.spare)
            answer = self._claimed(self.browser, self._opened(self.browser))
            self.here = answer.headers["Location"].partition("?")[0]
            self.number = answer.headers["Location"].partition("as=")[2]
        self.key, self.tag, self.known = secrets.token_hex(16), dict[str, str](), dict[str, str]()
        if role != "office":
            self.wire = Wire(self.url, {"token": self.secret})
            assert self.wire.call("follow", self.wish)["ok"]
            self.tag = {way: self._file(way).headers["ETag"] for way in ("secret", "page", "browser")}
        self.form = self._form()
        self.feed = self._feed() if self.place else ""
        self.message = self._message() if role == "invitee" else ""

    # What it is made of.

    def _delegation(self) -> int:
        assert self.place is not None
        rows = self.prepared.meetings.history(self.meeting).state.roster.delegations.values()
        return next(row.id for row in rows if row.code == self.place.contact.code)

    def _held(self) -> str:
        """The number of a link that no page claims, in a browser that held it before."""
        done = self.prepared.links.claim(self.secret)
        assert done is not None
        self.browser.cookies.set(f"meetings_{self.url.rpartition(':')[2]}", done[0])
        return str(done[1])

    def _opened(self, browser: requests.Session) -> str:
        page = browser.get(f"{self.url}/join/{self.secret}", timeout=10)
        found = re.search(r'name="form" value="(\w+)"', page.text)
        assert found, page.text
        return found[1]

    def _claimed(self, browser: requests.Session, token: str) -> requests.Response:
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        return browser.post(
            f"{self.url}/join/{self.secret}", data={"form": token}, headers=headers, timeout=10, allow_redirects=False
        )

    @property
    def wish(self) -> dict[str, Any]:
        audience = AUDIENCES.get(self.role, "follow")
        return {"meeting": self.meeting, "audience": audience, "seq": 0, "epoch": "", "chain": ""}

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def _form(self) -> dict[str, str]:
        """A form of their own page, opened while they might."""
        where = {"chair": "/links", "secretary": "/links", "delegate": "/calendar", "invitee": "/calendar"}
        if self.role not in where and self.role != "office":
            return {}
        path = f"/m/{self.meeting}{where[self.role]}" if self.role in where else f"{self.here}/people"
        page = self.browser.get(f"{self.url}{path}?as={self.number}", timeout=10)
        token = re.search(rf'action="{path}\?as={self.number}".*?name="form" value="(\w+)"', page.text, re.S)
        assert token, page.text
        return {"path": f"{path}?as={self.number}", "form": token[1]}

    def _send(self, **fields: str) -> requests.Response:
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        data = {"form": self.form["form"], "once": secrets.token_hex(8), **fields}
        return self.browser.post(
            self.url + self.form["path"], data=data, headers=headers, timeout=10, allow_redirects=False
        )

    def _feed(self) -> str:
        made = self._send(do="feed", language="en", alarm="0")
        found = re.search(r"/feeds/[\w-]+\.ics", made.text)
        assert found, made.text
        self.tag["feed"] = requests.get(self.url + found[0], timeout=10).headers["ETag"]
        return found[0]

    def _message(self) -> str:
        """A letter that reached them: its Message-ID."""
        assert self.place is not None
        row, address = self.prepared.meetings.meeting_row(self.meeting), self.place.contact.address
        assert row is not None and address is not None
        mark = secrets.token_hex(20) + "@127.0.0.1"
        assert row.starts_at is not None and row.ends_at is not None
        times = ("2026-12-11T10:00", "2026-12-11T13:00", row.zone, row.starts_at, row.ends_at)
        told = Told("A meeting", *times, links=(), status="confirmed", session=1, to=recipient(address))
        who = self.place.contact.id
        letter = Delivery(self.meeting, who, row.uid, "REQUEST", row.sequence, mark, told, made_at=1, next_at=1)
        self.prepared.database.write(lambda c: deliveries.add(c, [letter]))
        self.prepared.database.write(
            lambda c: deliveries.settle(c, deliveries.by_message_id(c, [mark])[0].id, state="sent")
        )
        return mark

    # What may be tried with it. Each says whether it was let in.

    def _file(self, way: str, tag: str = "") -> requests.Response:
        path, headers = f"{self.url}/m/{self.meeting}.ics", {"If-None-Match": tag} if tag else {}
        if way == "secret":
            return requests.get(path, headers={**self.bearer, **headers}, timeout=10)
        return self.browser.get(path + (f"?as={self.number}" if way == "page" else ""), headers=headers, timeout=10)

    def read(self, what: str, *, page: bool = False) -> bool:
        headers = {"Grant": self.number} if page else self.bearer
        who = self.browser if page else requests.Session()
        answer = who.get(f"{self.url}/api/v1/meetings/{self.meeting}/{what}", headers=headers, timeout=10)
        return answer.status_code == 200

    def act(self, key: str) -> bool:
        if self.role not in ACTS:
            return False
        name = ACTS[self.role]
        path = f"{self.url}/api/v1/meetings/{self.meeting}/commands/{name}"
        headers = {**self.bearer, "Idempotency-Key": key}
        return requests.post(path, json=BODIES[name], headers=headers, timeout=10).status_code == 200

    def connects(self, *, page: bool = False) -> bool:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.browser.cookies)
        auth, headers = ({"grant": self.number}, {"Cookie": cookies, "Origin": self.url}) if page else (None, {})
        try:
            wire = Wire(self.url, auth or {"token": self.secret}, headers)
        except NotLetIn:
            return False
        let_in = bool(wire.call("follow", self.wish)["ok"])
        wire.close()
        return let_in

    def heard(self) -> bool:
        """Whether the screen that was open still is, after the time that cutting it may take."""
        if self.role == "office":
            return False
        until = time.monotonic() + CUT_WITHIN_S
        while self.wire.open and time.monotonic() < until:
            self.wire.pump(0.05)
        return self.wire.open

    def listed(self) -> bool:
        return f"{self.here}?as={self.number}" in self.browser.get(self.url + "/", timeout=10).text

    def screen(self) -> bool:
        wanted = SCREENS.get(self.role)
        path = f"/m/{self.meeting}/{wanted}" if wanted else self.here
        answer = self.browser.get(f"{self.url}{path}?as={self.number}", timeout=10)
        # the follow page is everybody's; that it was opened with a link stands in it
        return answer.status_code == 200 and (
            self.here != f"/m/{self.meeting}" or f'"as": {self.number}' in answer.text
        )

    def answered(self) -> bool:
        if not self.form:
            return False
        return self._send(do="answer", answer="accepted").status_code not in (403, 410)

    def fetched(self, tag: str = "") -> bool:
        headers = {"If-None-Match": tag} if tag else {}
        return bool(self.feed) and requests.get(self.url + self.feed, headers=headers, timeout=10).status_code != 404

    def mailed(self, *, link: bool = False) -> bool:
        """A reply by mail, as their calendar writes it, to the letter they have."""
        if not self.message:
            return False
        assert self.place is not None
        row = self.prepared.meetings.meeting_row(self.meeting)
        assert row is not None
        texts = f"{self.url}/join/{self.secret}" if link else ""
        reply = Reply(
            row.uid, str(self.place.contact.address), "accepted", stamp=time.time_ns() // 1_000_000, texts=texts
        )
        reply = replace(reply, comment=secrets.token_hex(4))
        ids = [] if link else [f"<{self.message}>"]
        return (
            self.prepared.invitations.replies.answer_from_reply(reply, message_ids=ids, sender=reply.address) == "taken"
        )


def inside(answer: requests.Response) -> bool:
    """Whether it shows the join link, or says that a copy with it is still good."""
    return answer.status_code == 304 or LINK in answer.text.replace("\r\n ", "")


TRIED: dict[str, Callable[[Holder], bool]] = {
    "join": lambda one: requests.get(f"{one.url}/join/{one.secret}", timeout=10).status_code == 200,
    "claim": lambda one: one._claimed(one.spare, one.token).status_code == 303,
    "home": Holder.listed,
    "screen": Holder.screen,
    "state": lambda one: one.read("state"),
    "state of a page": lambda one: one.read("state", page=True),
    "list": lambda one: one.read(
        f"lists/{next(iter(one.prepared.meetings.history(one.meeting).state.speakers.lists))}"
    ),
    "record": lambda one: one.read("record"),
    "record of a page": lambda one: one.read("record", page=True),
    "log": lambda one: one.read("log"),
    "act": lambda one: one.act(one.key),
    "repeat": lambda one: one.act(one.key),
    "form": Holder.answered,
    "file": lambda one: one._file("secret").ok,
    "file known": lambda one: bool(one.tag) and one._file("secret", one.tag["secret"]).status_code == 304,
    "file of a page": lambda one: one._file("page").ok,
    "file of a page known": lambda one: bool(one.tag) and one._file("page", one.tag["page"]).status_code == 304,
    "file of a browser": lambda one: inside(one._file("browser")),
    "feed": Holder.fetched,
    "feed known": lambda one: one.fetched(one.tag.get("feed", "")),
    "mail": Holder.mailed,
    "mail with the link": lambda one: one.mailed(link=True),
    "socket": Holder.connects,
    "socket of a page": lambda one: one.connects(page=True),
    "heard": Holder.heard,
}


def revoked(one: Holder) -> None:
    assert one.prepared.links.revoke(one.grant.meeting, one.grant.id) is not None


def taken_off(one: Holder) -> None:
    assert one.place is not None
    one.prepared.invitations.guest_list.take_off(one.meeting, one.place.contact.id)


def removed(one: Holder) -> None:
    assert one.place is not None
    one.prepared.invitations.contacts.remove_contact(one.place.contact.id)


def corrected(one: Holder) -> None:
    assert one.place is not None
    one.prepared.invitations.contacts.put_contact(
        replace(one.place.contact, address=f"right-{one.place.contact.address}")
    )


def erased(one: Holder) -> None:
    assert one.place is not None
    assert one.prepared.invitations.contacts.erase_contact(one.place.contact.id)


def left(one: Holder) -> None:
    """Their own browser forgets its links; the links stay valid."""
    page = one.browser.get(one.url + "/", timeout=10).text
    token = re.search(r'action="/leave".*?name="form" value="(\w+)"', page, re.S)
    assert token
    kept = one.browser.cookies.copy()
    answer = one.browser.post(f"{one.url}/leave", data={"form": token[1]}, headers={"Origin": "null"}, timeout=10)
    assert answer.ok
    one.browser.cookies = kept  # whoever had copied them


#: Role, how the right is taken away, what is open afterwards.
TABLE: list[tuple[str, Callable[[Holder], None], set[str]]] = [
    *((role, revoked, set[str]()) for role in OPENS),
    ("invitee", taken_off, set()),
    ("invitee", removed, set()),
    ("invitee", corrected, set()),
    ("invitee", erased, set()),
    ("delegate", left, OPENS["delegate"] - BY_BROWSER - INSIDE - {"form"}),
]


@pytest.mark.parametrize(("role", "taken", "left_open"), TABLE, ids=lambda one: getattr(one, "__name__", None))
def test_a_right_opens_what_it_says_and_nothing_when_it_was_taken_away(
    role: str, taken: Callable[[Holder], None], left_open: set[str], prepared: ServedMeeting
) -> None:
    holder = Holder(prepared, role)
    held = {name for name, tried in TRIED.items() if name != "heard" and tried(holder)}
    assert held == OPENS[role] - {"heard"}
    assert role == "office" or holder.wire.open
    taken(holder)
    assert {name for name, tried in TRIED.items() if tried(holder)} == left_open
