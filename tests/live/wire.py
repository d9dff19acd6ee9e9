"""A client of the wire for tests: a follower that heals itself as a page does, and a crowd of them.

It is written from the description of the wire alone and shares no code with the service, so that both must agree with
the text. A `Follower` records its view at every seq it ever stood at. The connection under it is in `client.py`.
"""

from __future__ import annotations

import random
import selectors
import time
from collections.abc import Callable, Iterable
from typing import Any

import requests

from tests.live.client import NotLetIn, Wire

__all__ = ["Crowd", "Follower", "NotLetIn", "Wire", "merged"]

Json = dict[str, Any]


def merged(document: Any, patch: Any) -> Any:
    """RFC 7396, as its text has it, without changing `document`."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


class Follower:
    """Follows one meeting and audience, and heals itself as a page does.

    `seen` is {seq: (chain or "", view)} of every seq it stood at; chains only where one was told.
    """

    ABOVE, BELOW, SILENCE = 1.0, 5.0, 12.0

    def __init__(
        self,
        url: str,
        meeting: str,
        audience: str = "follow",
        token: str | None = None,
        pause: tuple[float, float] = (0.05, 0.4),
    ) -> None:
        self.url, self.meeting, self.audience, self.token, self.pause = url, meeting, audience, token, pause
        self.http = requests.Session()
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"
        self.wire: Wire | None = None
        self.seq, self.epoch, self.chain = 0, "", ""
        self.view: Json = {}
        self.seen: dict[int, tuple[str, Json]] = {}
        self.said: list[Json] = []
        self.messages: list[tuple[float, str, Json]] = []  # (when, name, body)
        self.fetches = self.follows = self.losses = 0
        self.refused: str | None = None
        self._kept: list[Json] = []
        self._asking: int | None = None
        self._asked_at = 0.0
        self._doubt: tuple[float, Json] | None = None
        self._heard = time.monotonic()
        self._again_at = 0.0

    # Connection.

    def start(self) -> Follower:
        """Gets the state and connects."""
        self.fetch()
        self.connect()
        return self

    def connect(self) -> None:
        try:
            auth = {"token": self.token} if self.token else None
            self.wire = Wire(self.url, auth, on_event=self._event)
        except NotLetIn as why:
            self.refused = str(why)
            self._lost()
        except OSError:
            self._lost()
        else:
            self.refused = None
            self._heard = time.monotonic()
            self.follow()

    def follow(self) -> None:
        assert self.wire is not None
        self.follows += 1
        ask = {
            "meeting": self.meeting,
            "audience": self.audience,
            "seq": self.seq,
            "epoch": self.epoch,
            "chain": self.chain,
        }
        self._asking, self._asked_at = self.wire.emit("follow", ask), time.monotonic()

    def _lost(self) -> None:
        self.losses += 1
        if self.wire is not None:
            self.wire.close()
        self.wire, self._asking, self._doubt = None, None, None
        self._again_at = time.monotonic() + random.uniform(*self.pause)

    def fetch(self) -> None:
        """`GET state`."""
        self.fetches += 1
        path = f"{self.url}/api/v1/meetings/{self.meeting}/state"
        answer = self.http.get(path, params={"audience": self.audience}, timeout=20)
        answer.raise_for_status()
        state = answer.json()
        self.epoch, self.view = state["epoch"], state["view"]
        self._stand(state["seq"], state["chain"])
        kept, self._kept = self._kept, []
        for message in kept:
            self._take(message)

    def _stand(self, seq: int, chain: str) -> None:
        self.seq, self.chain = seq, chain
        self.seen[seq] = (chain, self.view)

    # What comes.

    def _event(self, name: str, body: Json) -> None:
        if body["meeting"] != self.meeting:
            raise AssertionError("another meeting's message")
        self._heard = time.monotonic()
        self.messages.append((self._heard, name, body))
        if name == "change":
            if self._asking is not None:
                self._kept.append(body)  # it comes before the answer: taken after it
            else:
                self._take(body)
        elif name == "head":
            self._head(body)

    def _take(self, message: Json) -> None:
        for n, change in enumerate(message["changes"]):
            if change["seq"] <= self.seq:
                continue
            if message["epoch"] != self.epoch or change["base"] != self.seq or change.get("fetch"):
                self.fetch()
                continue
            last = n == len(message["changes"]) - 1
            self.view = merged(self.view, change["patch"])
            self.said += change["said"]
            self._stand(change["seq"], message["chain"] if last else "")

    def _head(self, head: Json) -> None:
        if head["epoch"] != self.epoch or (head["seq"] == self.seq and self.chain not in ("", head["chain"])):
            self.fetch()
        elif head["seq"] == self.seq:
            self._doubt = None
        elif self._doubt is None:
            self._doubt = (time.monotonic(), head)

    def _answered(self, ack: Json) -> None:
        self._asking = None
        if not ack.get("ok"):
            self.refused = ack["code"]
            return
        self._heard = time.monotonic()
        kept, self._kept = self._kept, []
        if ack.get("fetch"):
            self._kept = kept
            self.fetch()
            return
        self._take(ack)
        for message in kept:
            self._take(message)

    # Time.

    def tick(self) -> None:
        """Timers: lost connections, missing answers, heads that do not fit."""
        now = time.monotonic()
        if self.wire is None or not self.wire.open:
            if self.wire is not None:
                self._lost()
            elif now >= self._again_at:
                self.connect()
            return
        if self._asking is not None:
            ack = self.wire.answer(self._asking)
            if ack is not None:
                self._answered(ack)
            elif now - self._asked_at > 5:
                self._lost()
        elif now - self._heard > self.SILENCE:
            self._lost()
        elif self._doubt is not None:
            since, head = self._doubt
            if head["seq"] > self.seq and now - since > self.ABOVE:
                self._doubt = None
                self.follow()
            elif head["seq"] < self.seq and now - since > self.BELOW:
                self._doubt = None
                self.fetch()
            elif head["seq"] == self.seq:
                self._doubt = None

    @property
    def live(self) -> bool:
        return self.wire is not None and self.wire.open and self._asking is None

    def stop(self) -> None:
        if self.wire is not None:
            self.wire.close()
        self.http.close()


class Crowd:
    """Many followers in one thread."""

    def __init__(self, followers: Iterable[Follower]) -> None:
        self.followers = list(followers)

    def run(self, until: Callable[[], bool], timeout: float = 20, why: str = "it did not happen") -> None:
        """Serves all followers until it is so; fails after so many seconds."""
        end = time.monotonic() + timeout
        while not until():
            assert time.monotonic() < end, why
            self.turn(0.02)

    def turn(self, wait: float) -> None:
        with selectors.DefaultSelector() as all_:
            for one in self.followers:
                if one.wire is not None and one.wire.open:
                    all_.register(one.wire.sock, selectors.EVENT_READ, one)
            ready = all_.select(wait) if all_.get_map() else time.sleep(wait) or []
        for key, _ in ready:
            if key.data.wire is not None:
                key.data.wire.pump()
        for one in self.followers:
            one.tick()

    def at(self, seq: int, timeout: float = 20) -> None:
        """Waits until everybody is live and stands at this seq."""
        self.run(
            lambda: all(one.live and one.seq == seq for one in self.followers),
            timeout,
            f"not everybody came to {seq}",
        )

    def stop(self) -> None:
        for one in self.followers:
            one.stop()
