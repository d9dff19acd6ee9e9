"""Every calendar that the demonstration gives out, in every language: files, feeds, mails to all 25 missions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from meetingsvc.app import create_app
from meetingsvc.cli.verbs.demo import make
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.invitations.mails import letter
from meetingsvc.store import deliveries
from tests.calendar.check import all_parsers, assert_clean, assert_mail_clean

HERE = "http://127.0.0.1:8000"
SIX = ("ar", "zh", "en", "fr", "ru", "es")
SECRETARY = Actor("0" * 16, "secretary")
MINUTE = 60_000


class Demo:
    """The demonstration, ten days before its meeting."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_701_424_800_000  # 1 December 2023, 10:00 UTC
        config = Config.load({"MEETINGSVC_DATABASE_URL": str(folder / "demo.db")}, folder)
        self.app: Flask = create_app(config, clock=lambda: self.now)
        services = self.app.extensions["meetingsvc"]
        self.invitations, self.meetings, self.words = services.invitations, services.meetings, services.words
        self.public_url = services.config.public_url
        self.made = make(self.meetings, services.links, config)
        self.meeting = str(self.made["meeting"])

    def get(self, path: str) -> bytes:
        answer = Client(self.app).get(path, base_url=HERE, environ_base={"REMOTE_ADDR": "127.0.0.1"})
        assert answer.status_code == 200, (path, answer.status)
        return answer.data

    def do(self, name: str, **body: Any) -> None:
        self.meetings.perform(self.meeting, SECRETARY, [read(COMMANDS[name], body)])

    def posted(self) -> list[bytes]:
        """The mails that are due after the grace, as if a server had taken each."""
        self.now += 2 * MINUTE
        self.invitations.planner.plan_due(self.now)
        mails = []
        for id in self.meetings.database.read(lambda c: deliveries.due(c, self.now, 1000)):
            delivery = self.meetings.database.write(
                lambda c, id=id: deliveries.claim(c, id, self.now, self.now + MINUTE)
            )
            message = self.invitations.planner.message(delivery)
            language = message.invitation.contact.language
            mails.append(letter.letter(message, self.words[language]))
            settled = {"state": "sent", "sent_at": self.now, "claimed_until": 0}
            self.meetings.database.write(lambda c, id=id, settled=settled: deliveries.settle(c, id, **settled))
        return mails


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.meetings.database.close()


@pytest.mark.parametrize("lang", SIX)
def test_public_files_and_feeds(demo: Demo, lang: str) -> None:
    assert_clean(demo.get(f"/m/{demo.meeting}.ics?lang={lang}"))
    assert_clean(demo.get(f"/b/{demo.made['body']}.ics?lang={lang}"), profile="feed")
    assert_clean(demo.get(f"/m/{demo.meeting}.ics?lang={lang}&rich=1"), rich=True)


def test_a_feed_for_everybody_with_an_alarm_or_without(demo: Demo) -> None:
    for n, place in enumerate(demo.invitations.guest_list.on_list(demo.meeting)):
        alarm, rich = (None, 15)[n % 2], n % 5 == 4
        _, url = demo.invitations.calendar_files.make_feed(
            place.contact.id, place.contact.language, alarm, rich, behind=str(place.grant)
        )
        found = demo.get(url.removeprefix(demo.public_url))
        # alarms are the reader's choice; our own rules for feeds know none
        assert_clean(found, profile=None if alarm else "feed", rich=rich, parsers=all_parsers() or n < 6)
        others = [each.contact.address for each in demo.invitations.guest_list.on_list(demo.meeting) if each != place]
        assert not [address for address in others if address and address.encode() in found]


def test_invitation_update_and_cancellation_to_all_missions(demo: Demo) -> None:
    sent: dict[str, list[bytes]] = {}
    assert demo.invitations.guest_list.send_off(demo.meeting) == 25
    session = min(demo.meetings.history(demo.meeting).state.meeting.sessions)
    for step in ("invitation", "update", "cancellation"):
        if step == "update":
            demo.do("meeting.reschedule", session=session, starts="2023-12-11T15:00", ends="2023-12-11T18:00")
        if step == "cancellation":
            demo.do("meeting.cancel")
        sent[step] = demo.posted()
        assert len(sent[step]) == 25, step
        for n, mail in enumerate(sent[step]):
            assert_mail_clean(mail, parsers=all_parsers() or n < 6)
    languages = {place.contact.language for place in demo.invitations.guest_list.on_list(demo.meeting)}
    assert languages == set(SIX), "the demonstration speaks all six"
