"""The honest people of a trial: a chair who presses, somebody who claims a link, followers who listen for heads.

Each in a thread of its own. Times are of the monotonic clock. A press counts from the moment it was due, so that a
press that waits does not hide those behind it, and lasts until it is acknowledged: it is repeated, as pages do.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from tests.live.wire import NotLetIn, Wire
from tests.support.running_service import RunningService

#: Seconds that one attempt of a press waits for an answer; then it is sent again with the same key.
PATIENCE = 8.0
AWAY = (OSError, http.client.HTTPException, NotLetIn, AssertionError, ValueError)


@dataclass
class Person:
    """Somebody who does one thing every `every` seconds. `done` is [(when it was due, seconds it took)]."""

    served: RunningService
    every: float
    done: list[tuple[float, float]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    fails: int = 0
    last: str = ""

    def start(self) -> Person:
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()
        return self

    def work(self) -> None:
        due = time.monotonic()
        while not self.ended.is_set():
            self.ended.wait(max(0.0, due - time.monotonic()))
            while not self.ended.is_set() and not self.tried():
                self.fails += 1
                self.ended.wait(0.3)
            self.done.append((due, time.monotonic() - due))
            due += self.every

    def tried(self) -> bool:
        try:
            return self.once()
        except AWAY as why:
            self.last = f"{type(why).__name__}: {why}"[:80]
            return False

    def once(self) -> bool:
        raise NotImplementedError

    def stop(self) -> None:
        self.ended.set()
        self.thread.join(PATIENCE + 12)


class Chair(Person):
    """Presses: with `keep` over one connection, else over a new one each time."""

    keep = True
    _key = ""
    _http: http.client.HTTPConnection | None = None

    def once(self) -> bool:
        served, self._key = self.served, self._key or secrets.token_hex(16)
        path = f"/api/v1/meetings/{served.meeting}/commands/record.note"
        head = {
            "Authorization": f"Bearer {served.token('chair')}",
            "Content-Type": "application/json",
            "Idempotency-Key": self._key,
            "Connection": "keep-alive" if self.keep else "close",
        }
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
        try:
            self._http.request("POST", path, json.dumps({"text": "noted"}), head)
            answer = self._http.getresponse()
            answer.read()
        except BaseException:
            self._close()
            raise
        if not self.keep:
            self._close()
        if answer.status != 200:
            self.last = f"answered {answer.status}"
            return False
        self._key = ""
        return True

    def _close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None


class Newcomer(Person):
    """Claims a link over new connections, as a browser does, and follows over a socket with that link."""

    def start(self) -> Person:
        self.links = itertools.cycle(self.served.demo["tokens"]["delegates"].values())
        return super().start()

    def once(self) -> bool:
        link = next(self.links)
        page, cookies = self._ask("GET", f"/join/{link}", None, "")
        found = re.search(r'name="form" value="([0-9a-f]{64})"', page)
        if found is None:
            return False
        where, _ = self._ask("POST", f"/join/{link}", f"form={found[1]}", cookies)
        wire = Wire(self.served.url, {"token": link}, timeout=PATIENCE)
        ask = {"meeting": self.served.meeting, "audience": "delegate", "seq": 0, "epoch": "", "chain": ""}
        let_in = bool(wire.call("follow", ask, timeout=PATIENCE)["ok"])
        wire.close()
        return bool(where) and let_in

    def _ask(self, method: str, path: str, body: str | None, cookies: str) -> tuple[str, str]:
        """(the page, or where it sends one; cookies)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=PATIENCE)
        head = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, (head if body else {}) | ({"Cookie": cookies} if cookies else {}))
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status not in (200, 303):
                raise NotLetIn(f"answered {answer.status}")
            given = "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or [])
            return answer.headers.get("Location") or text, given or cookies
        finally:
            connection.close()


class Listener(threading.Thread):
    """Follows the quiet meeting and notes when a head came; comes back half a second after it was cut."""

    def __init__(self, served: RunningService, meeting: str) -> None:
        super().__init__(daemon=True)
        self.served, self.meeting = served, meeting
        self.heads, self.cuts = [time.monotonic()], 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                wire = Wire(self.served.url, on_event=self._heard)
                wire.emit("follow", {"meeting": self.meeting, "audience": "follow", "seq": 0, "epoch": "", "chain": ""})
                while wire.open and not self.ended.is_set():
                    wire.pump(0.2)
                wire.close()
            except AWAY:
                pass
            self.cuts += not self.ended.is_set()
            self.ended.wait(0.5)

    def _heard(self, name: str, _: object) -> None:
        if name == "head":
            self.heads.append(time.monotonic())

    def stop(self) -> None:
        self.ended.set()
        self.join(15)

    def gap(self, since: float, until: float) -> float:
        """Seconds of the longest silence that touches these two moments' span; it counts whole."""
        heads = [*self.heads, time.monotonic()]
        return max((b - a for a, b in itertools.pairwise(heads) if b > since and a < until), default=0.0)
