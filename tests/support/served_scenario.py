"""The demo meeting served, to be opened, with people who follow. Scenarios and browser tests stand on it."""

from __future__ import annotations

from typing import Any

from tests.live.wire import Crowd, Follower
from tests.support.running_service import RunningService

Json = dict[str, Any]


class ServedScenario:
    """A served meeting in progress. Delegations go by their codes, entries by whose they are."""

    def __init__(self, served: RunningService) -> None:
        self.served = served
        self.crowd = Crowd([])

    def act(self, who: str, name: str, /, **body: Any) -> tuple[int, Json]:
        """A press: (status, body of the answer)."""
        answer = self.served.post(who, name, body)
        return answer.status_code, answer.json()

    def do(self, who: str, name: str, /, **body: Any) -> Json:
        """A press that must be acknowledged."""
        return self.served.do(who, name, **body)

    def view(self, audience: str = "staff") -> Json:
        made: Json = self.served.state("secretary", audience)["view"]
        return made

    def open(self, item: int = 0) -> ServedScenario:
        """Call to order and take up an item."""
        self.do("chair", "meeting.open")
        items = sorted(self.view()["agenda"]["items"].items(), key=lambda pair: pair[1]["sort"])
        self.do("chair", "agenda.take_up", item=int(items[item][0]))
        return self

    @property
    def list(self) -> Json:
        """The general list of what is taken up, as staff see it, with its id."""
        here = self.view()
        current = here["agenda"].get("current")
        rows = here["speakers"]["lists"].items()
        return next({**row, "id": int(id)} for id, row in rows if row.get("item") == current)

    def code(self, delegation: int, view: Json | None = None) -> str:
        rows = (view or self.view())["roster"]["delegations"]
        return str(rows[str(delegation)]["code"])

    def delegation(self, code: str) -> int:
        rows = self.view()["roster"]["delegations"].items()
        return next(int(id) for id, row in rows if row.get("code") == code)

    def waiting(self, view: Json | None = None) -> list[str]:
        """Codes of those who wait for the item taken up, first the next."""
        here = view or self.view()
        current = here["agenda"].get("current")
        for row in here["speakers"]["lists"].values():
            if row.get("item") == current:
                rows = sorted(row.get("waiting", {}).values(), key=lambda w: w["sort"])
                return [self.code(w["delegation"], here) for w in rows]
        return []

    def entry(self, code: str) -> int:
        """The entry with which a delegation waits, or has the floor."""
        here, who = self.view(), self.delegation(code)
        floor = here["speakers"].get("floor", {})
        if floor.get("delegation") == who:
            return int(floor["entry"])
        rows = [pair for lst in here["speakers"]["lists"].values() for pair in lst.get("waiting", {}).items()]
        return next(int(id) for id, row in rows if row["delegation"] == who)

    def speaker(self, view: Json | None = None) -> str | None:
        here = view or self.view()
        floor = here["speakers"].get("floor")
        return self.code(floor["delegation"], here) if floor else None

    def next(self, who: str = "chair", **body: Any) -> tuple[int, Json]:
        """Next speaker, pressed by somebody whose screen is up to date."""
        floor = self.view()["speakers"].get("floor")
        return self.act(who, "speakers.next", **({"instead_of": floor["entry"]} if floor else {}), **body)

    def follow(self, audience: str = "follow", who: str | None = None, **more: Any) -> Follower:
        """Somebody who follows from now on."""
        token = self.served.token(who) if who else None
        one = Follower(self.served.url, self.served.meeting, audience, token, **more).start()
        self.crowd.followers.append(one)
        return one

    def head(self) -> int:
        return int(self.served.state("secretary")["seq"])

    def settle(self, timeout: float = 20) -> None:
        """Wait until everybody who follows stands at the head of the log."""
        self.crowd.at(self.head(), timeout)
