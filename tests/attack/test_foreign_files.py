"""Hostile calendar files at a running server: they are read elsewhere, and whoever meets does not notice."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.attack.foreign import FILES, readers, spent
from tests.attack.test_over_http import browser
from tests.support.running_service import RunningService


class Meetings:
    """The page on which a secretariat puts in calendar files."""

    def __init__(self, served: RunningService) -> None:
        self.session, _ = browser(served, "office")
        self.url = f"{served.url}/setup/{served.demo['body']}/import"

    def put(self, data: bytes, **fields: str) -> requests.Response:
        page = self.session.get(self.url, timeout=30)
        form = re.search(r'name="form" value="([0-9a-f]{64})"', page.text)
        assert form, page.text
        return self.session.post(
            self.url,
            data={"form": form[1], "zone": "Asia/Ashgabat", **fields},
            files={"file": ("meeting.ics", data)} if data else None,
            headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"},
            timeout=60,
        )


@contextmanager
def looked_on(served: RunningService) -> Iterator[list[float]]:
    """Somebody else's requests meanwhile: seconds that each took."""
    took: list[float] = []
    over = threading.Event()

    def look() -> None:
        with requests.Session() as http:
            while not over.wait(0.05):
                began = time.monotonic()
                assert http.get(f"{served.url}/api/v1/time", timeout=30).ok
                took.append(time.monotonic() - began)

    beside = threading.Thread(target=look)
    beside.start()
    try:
        yield took
    finally:
        over.set()
        beside.join()


def test_a_file_is_read_by_another_process_and_stops_nobody(served: RunningService) -> None:
    meetings = Meetings(served)
    assert served.process is not None
    assert meetings.put(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR").status_code == 422
    (reader,) = readers(served.process.pid)
    before, own = spent(reader), spent(served.process.pid)
    with looked_on(served) as took:
        for name, data in FILES.items():
            answer = meetings.put(data)
            assert answer.status_code in (200, 422), name
            assert "Something went wrong" not in answer.text and len(answer.text) < 2_000_000, name
    assert readers(served.process.pid) == [reader], "none of these is beyond the limits"
    reading, serving = spent(reader) - before, spent(served.process.pid) - own
    assert reading > 1, "they were not hard enough to prove anything"
    assert serving < reading, "what is hard about them was done by the server"
    assert took and max(took) < 5
    assert "Traceback" not in served.log()


def test_a_reader_that_is_killed_is_a_sentence_on_the_page(served: RunningService) -> None:
    meetings = Meetings(served)
    assert served.process is not None
    meetings.put(FILES["events"])
    (reader,) = readers(served.process.pid)
    threading.Timer(0.15, os.kill, (reader, signal.SIGSTOP)).start()
    threading.Timer(1.0, os.kill, (reader, signal.SIGKILL)).start()
    answer = meetings.put(FILES["parameters"])
    assert answer.status_code == 422 and "takes too much time or memory" in answer.text
    assert meetings.put(FILES["a family"]).status_code == 200


def test_one_person_has_one_file_read_at_a_time_and_others_do_not_wait_for_it(served: RunningService) -> None:
    meetings = Meetings(served)
    assert served.process is not None
    meetings.put(FILES["dates"])
    (reader,) = readers(served.process.pid)
    os.kill(reader, signal.SIGSTOP)
    told: list[requests.Response] = []
    first = threading.Thread(target=lambda: told.append(meetings.put(FILES["events"])))
    first.start()
    time.sleep(0.5)
    second = Meetings(served).put(FILES["events"])
    os.kill(reader, signal.SIGCONT)
    first.join()
    assert second.status_code == 422 and "Other files are being read at this moment." in second.text
    assert told[0].status_code == 422 and "Other files" not in told[0].text
    assert readers(served.process.pid) == [reader]


def test_of_a_large_file_a_page_shows_what_people_can_read(served: RunningService) -> None:
    answer = Meetings(served).put(FILES["a family"])
    assert answer.status_code == 200
    assert answer.text.count("<li") < 400 and "Further remarks, not shown here: " in answer.text
