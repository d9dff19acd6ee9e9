"""A process that is killed while it performs: everything acknowledged is there, nothing is there twice or half."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from tests.support.meeting_scenario import CHAIR, SECRETARY, MeetingScenario, command

ROOT = Path(__file__).parents[2]

WORKER = """
    import sys, threading
    sys.path.insert(0, sys.argv[1])
    from meetingsvc.meetings import Meetings
    from meetingsvc.store.engine import Database
    from tests.support.meeting_scenario import CHAIR, command
    url, meeting, life = sys.argv[2:5]
    meetings = Meetings(Database.open(url, 10.0))

    def act(worker):
        for n in range(100_000):
            key = f"{life}.{worker}.{n}"
            answer = meetings.perform(meeting, CHAIR, [
                command("record.note", text=key),
                command("speakers.inscribe", guest={"name": key, "post": ""}, channel="paper"),
            ], key)
            # one write of one line: a kill never leaves half of it
            sys.stdout.write(f'{{"key": "{key}", "seq": {answer.seq}}}\\n'); sys.stdout.flush()

    for worker in range(4):
        threading.Thread(target=act, args=(worker,)).start()
"""


def test_what_was_acknowledged_survives_sigkill(url: str, opened: Callable[..., Database]) -> None:
    scenario = MeetingScenario(Meetings(opened(url, 20.0)))
    before, acknowledged, dice = len(scenario.rows), dict[str, int](), random.Random(5)
    for life in range(6):
        worker = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER), str(ROOT), url, scenario.id, str(life)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout
        lines = [worker.stdout.readline()]  # it works
        time.sleep(dice.uniform(0.05, 0.4))
        worker.kill()
        lines += worker.stdout.readlines()
        worker.wait(10)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        acknowledged.update({line["key"]: line["seq"] for line in told})
    time.sleep(0.3)  # PostgreSQL notices that its client is gone
    rows = scenario.sound()
    assert len(acknowledged) > 30
    notes = {json.loads(row.text or "{}")["text"]: row for row in rows if row.name == "record.noted"}
    assert len([row for row in rows if row.name == "record.noted"]) == len(notes), "one key had two effects"
    for key, seq in acknowledged.items():
        # a batch is a note, an accreditation and an inscription; the answer names its last entry
        assert notes[key].seq == notes[key].batch == seq - 2
    assert (len(rows) - before) % 3 == 0, "half a batch"
    names = scenario.meetings.database.read(lambda c: c.execute(sa.text("SELECT name FROM people")).scalars().all())
    assert sorted(names) == sorted(notes), "persons without their batch, or a batch without its person"
    for key in [*list(acknowledged)[:10], *(set(notes) - set(acknowledged))]:
        both = [
            command("record.note", text=key),
            command("speakers.inscribe", guest={"name": key, "post": ""}, channel="paper"),
        ]
        assert scenario.meetings.perform(scenario.id, CHAIR, both, key).again
    scenario.act("record.note", by=SECRETARY, text="and it goes on")
    scenario.sound()


GREEN = """
    import eventlet; eventlet.monkey_patch()
    import sys, time
    sys.path.insert(0, sys.argv[1])
    import greenlet, sqlalchemy as sa
    from meetingsvc.meetings import Meetings
    from meetingsvc.store.engine import Database
    from tests.support.meeting_scenario import CHAIR, MeetingScenario, command

    database = Database.open(sys.argv[2])
    inside, switches, outside = [False], [0], [0]
    writes = lambda c: inside.__setitem__(0, bool(c.get_execution_options().get("writes")))
    sa.event.listen(database.engine, "begin", writes)
    for end in ("commit", "rollback"):
        sa.event.listen(database.engine, end, lambda c: inside.__setitem__(0, False))

    def seen(event, args):
        (switches if inside[0] else outside)[0] += event == "switch"

    meetings = Meetings(database)
    scenario = MeetingScenario(meetings, *(f"A{n:02d}" for n in range(60)))
    greenlet.settrace(seen)
    meetings.on_commit(lambda meeting, seq: eventlet.sleep(0))
    pool = eventlet.GreenPool(200)
    asks = [pool.spawn(scenario.ask, code, key="k") for code in scenario.delegations for _ in range(3)]
    reads = [pool.spawn(meetings.history, scenario.id) for _ in range(100)]
    seqs = {ask.wait().seq for ask in asks}
    for read in reads: read.wait()
    greenlet.settrace(None)
    scenario.sound()
    print(len(seqs), switches[0], outside[0] > 60)
"""


def test_under_green_threads_nothing_gives_way_between_begin_and_commit(lite_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(GREEN), str(ROOT), lite_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["60", "0", "True"], done.stderr[-1500:]
