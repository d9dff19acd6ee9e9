"""The whole product under its followers: presses, acknowledgements, sixty at once, a restart, memory."""

from __future__ import annotations

import json
import secrets
import select
import signal
import socket
import threading
import time
from typing import Any

from tests.live.wire import Crowd, Follower
from tests.load.bench.bench_service import BenchService, Chair
from tests.load.bench.table import Row, Table
from tests.load.bench.tools import Http, median, plain, running, start_load

Json = dict[str, Any]

PRESSES = 40
STORM = 3000
NOTHING = {"broadcasts": 0, "bursts": 0, "acks": 0}


def add(table: Table, followers: int, node_last_ms: float | None) -> None:
    bench = BenchService()
    try:
        press(table, bench, followers, node_last_ms)
        idle(table, bench, followers)
        sixty(table, bench)
        storm(table, bench, fetch=False)
        storm(table, bench, fetch=True)
    finally:
        bench.close()


def press(table: Table, bench: BenchService, followers: int, node_last_ms: float | None) -> None:
    """The chair presses, everybody hears: time to the last follower, and memory on the way."""
    port, pid = bench.start()
    body = json.dumps(bench.stand(bench.debate))
    process = start_load(
        port,
        pid,
        n=followers,
        follow=body,
        event="change",
        ts_key="now",
        ts_unit="ms",
        wall=True,
        groups=True,
        settle=1,
        hold=PRESSES * 0.3 + 3,
        **NOTHING,
    )
    _line(process)
    time.sleep(1.5)
    chair, pressed = Chair(bench), []
    for _ in range(PRESSES):
        began = time.time()
        pressed.append(chair.next())
        time.sleep(max(0, 0.3 - (time.time() - began)))
    result = json.loads(process.communicate(timeout=120)[0])
    bench.served.stop()
    groups = sorted(group for group in result["groups"] if group[1] >= followers)
    whole = [
        (stamp + late - at) * 1000
        for (stamp, _, late), (at, _) in zip(groups, pressed, strict=False)
        if len(groups) == len(pressed)
    ]
    acks = [seconds * 1000 for _, seconds in pressed]
    if not whole:
        table.add(Row(f"press to last of {followers}", "", why_not=f"{len(groups)} of {PRESSES} reached everybody"))
        return
    share = result["hold"]["client_cpu_us_per_delivery"] * followers / 1000 / median(whole)
    limit = 0.6 * node_last_ms + 1.5 * median(acks) if node_last_ms else None
    budget = f"<= {limit:.1f} (0.6x node {node_last_ms:.1f} + 1.5x ack {median(acks):.1f})" if limit else ""
    table.add(
        Row(
            f"press to last of {followers}, p50 ms",
            f"{median(whole):.1f}",
            budget,
            median(whole),
            limit,
            share,
            "" if limit else "no node to compare with",
        ),
        Row(
            f"press to last of {followers}, p50 ms, absolute",
            f"{median(whole):.1f}; slowest {max(whole):.1f}",
            "< 50 on two idle cores; judge",
        ),
        Row("press -> acknowledgement while all follow, p50 ms", f"{median(acks):.1f}"),
        Row(
            "server CPU per delivered change, us",
            f"{result['hold']['server_cpu_us_per_delivery']:.1f} "
            f"(pressing and folding in it; client {result['hold']['client_cpu_us_per_delivery']:.1f})",
        ),
        Row(
            f"memory per follower at {followers}, KB",
            f"{result['rss_kb_per_conn']:.0f}",
            "<= 80",
            result["rss_kb_per_conn"],
            80,
        ),
        Row("CPU per new follower, us", f"{result['storm']['server_cpu_us_per_conn']:.0f}"),
    )


def idle(table: Table, bench: BenchService, followers: int) -> None:
    """A command's acknowledgement against a bare echo and a bare commit, in turns, with idle followers beside."""
    port, pid = bench.start()
    process = start_load(
        port, pid, n=followers, follow=json.dumps(bench.stand(bench.quiet)), settle=1, hold=12, **NOTHING
    )
    _line(process)
    time.sleep(2)
    chair = Chair(bench)
    chair.floor = _floor(bench)
    chair.next()
    commands: list[float] = []
    echoes: list[float] = []
    commits: list[float] = []
    with running(plain("echo")) as (echo_port, _):
        echo = Http(echo_port)
        request = Http.post(echo_port, "/echo", {"sure": True, "instead_of": 123}, {"Idempotency-Key": "x" * 32})
        echo.ask(request)
        for _ in range(4):
            for _ in range(15):
                commands.append(chair.next()[1])
                time.sleep(0.01)
                echoes.append(echo.ask(request)[0])
                time.sleep(0.01)
            commits += bench.bare_commits(15)
    process.communicate(timeout=120)
    bench.served.stop()
    bare = median(echoes) + median(commits)
    ratio = median(commands) / bare
    table.add(
        Row(
            f"command -> acknowledgement, {followers} idle followers",
            f"{ratio:.2f}x ({median(commands) * 1000:.2f} ms; echo {median(echoes) * 1000:.2f} "
            f"+ commit {median(commits) * 1000:.2f})",
            "<= 2x",
            ratio,
            2,
        )
    )


def sixty(table: Table, bench: BenchService) -> None:
    """Sixty delegations press at the same instant, two hundred screens follow."""
    meeting = bench.schedule()
    item = bench.act(meeting, "agenda.add_item", title="General debate")
    bench.act(meeting, "meeting.open")
    bench.act(meeting, "agenda.take_up", item=item)
    people = [bench.act(meeting, "roster.accredit", **row.body()) for row in bench.report.rows[:60]]
    secrets_ = [secret for _, secret in bench.links.make_many(meeting, [("delegate", d, "") for d in people])]
    port, pid = bench.start()
    screens = Crowd([Follower(bench.served.url, meeting).start() for _ in range(5)])
    screens.run(lambda: all(one.live for one in screens.followers), why="five screens did not come up")
    process = start_load(
        port,
        pid,
        n=195,
        follow=json.dumps(bench.stand(meeting)),
        event="change",
        ts_key="now",
        ts_unit="ms",
        wall=True,
        groups=True,
        settle=1,
        hold=6,
        **NOTHING,
    )
    _line(process)
    time.sleep(2)
    connections = [Http(port) for _ in people]
    # they have their page open: it has shown who they are
    for connection, secret in zip(connections, secrets_, strict=True):
        head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {secret}"
        connection.ask(f"GET /api/v1/meetings/{meeting}/state HTTP/1.1\r\n{head}\r\n\r\n".encode())
    asks = [bench.request(secret, meeting, "speakers.request_floor", {}) for secret in secrets_]
    pressed = time.time()
    for connection, ask in zip(connections, asks, strict=True):
        connection.sock.sendall(ask)
    waiting = {connection.sock: connection for connection in connections}
    statuses = []
    while waiting:
        for sock in select.select(list(waiting), [], [], 30)[0]:
            statuses.append(waiting.pop(sock).answer()[0])
    acknowledged = time.time() - pressed
    result = json.loads(process.communicate(timeout=60)[0])
    last = max(group[0] + group[2] for group in result["groups"]) - pressed
    seq = bench.stand(meeting)["seq"]
    screens.at(seq)
    state = bench.served.http.get(f"{bench.served.url}/api/v1/meetings/{meeting}/state", timeout=30).json()
    equal = all(one.view == state["view"] and one.fetches == 1 for one in screens.followers)
    rows = [row for lst in state["view"]["speakers"]["lists"].values() for row in lst.get("waiting", {}).values()]
    places = len({row["sort"] for row in rows})
    heard = min(group[1] for group in result["groups"])
    screens.stop()
    bench.served.stop()
    commit = bench.bare_commit()
    limit = 60 * commit + 0.3
    sound = statuses == [200] * 60 and places == 60 and equal and heard == 195
    table.add(
        Row(
            "60 delegates at once: all acknowledged, all 200 screens equal, s",
            f"{last:.2f} (acknowledged {acknowledged:.2f}; {places} places, equal: {equal})",
            f"<= {limit:.2f} (60 x {commit * 1000:.1f} ms + 0.3)",
            last if sound else float("inf"),
            limit,
        )
    )


def storm(table: Table, bench: BenchService, fetch: bool) -> None:
    """The server is killed under its followers, one batch is written meanwhile, everybody comes back after 0.5-8 s."""
    port, pid = bench.start()
    stand = bench.stand(bench.debate)
    if fetch:
        stand["chain"] = secrets.token_hex(6)  # as after a backup: nobody can be served from the replay buffer
    path = f"/api/v1/meetings/{bench.debate}/state"
    process = start_load(port, pid, n=STORM, follow=json.dumps(stand), state=path, settle=1, restart=True, **NOTHING)
    _line(process, "holding")
    bench.served.stop(signal.SIGKILL)
    bench.act(bench.debate, "record.note", text="not yet seen")
    listening = _start_and_time(bench)
    result = json.loads(process.communicate(timeout=240)[0])
    bench.served.stop()
    back = result["restart"]
    seconds = back["last_ready_wall"] - listening
    how = "all fetch the state" if fetch else "from the ring"
    table.add(
        Row(
            f"{STORM} followers back in sync after a restart, {how}, s",
            f"{seconds:.1f} ({back['back']} back, {back['fetches']} fetches)",
            "<= 15",
            seconds if back["back"] == STORM else float("inf"),
            15,
        )
    )


def _start_and_time(bench: BenchService) -> float:
    """Starts the server; the wall time at which it listened."""
    seen: list[float] = []

    def look() -> None:
        while not seen:
            try:
                socket.create_connection(("127.0.0.1", bench.served.port), timeout=1).close()
                seen.append(time.time())
            except OSError:
                time.sleep(0.002)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    bench.served.start()
    watcher.join(30)
    return seen[0]


def _line(process: Any, wanted: str = "connected") -> None:
    """Waits for a line of the load client's progress."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(wanted):
            return
    raise RuntimeError(f"the load client ended: {process.communicate()[0][-300:]}")


def _floor(bench: BenchService) -> int | None:
    floor = bench.meetings.history(bench.debate).state.speakers.floor
    return floor.entry if floor else None
