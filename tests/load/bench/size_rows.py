"""Bytes and starts: one change of "Next speaker", a large meeting on a cold process, the first load of a page."""

from __future__ import annotations

import gzip
import json
import re
import time
from random import Random
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from meetingsvc.broadcast import Broadcasters
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.meetings import Meetings
from tests.load.bench.bench_service import SECRETARY, BenchService
from tests.load.bench.table import Row, Table
from tests.load.bench.tools import median

Json = dict[str, Any]

LARGE = 2000


def add(table: Table) -> None:
    bench = BenchService()
    try:
        page(table, bench)
        cold(table, bench)
        next_speaker(table, bench)
    finally:
        bench.close()


def next_speaker(table: Table, bench: BenchService) -> None:
    """Every press of the debate, each speaker taking 60 to 115 % of the time, as the change stands on the wire."""
    dice, now = Random(78), [bench.meetings.clock() + 60_000]
    meetings = Meetings(bench.database, lambda: now[0])
    broadcaster = Broadcasters(meetings, meetings.log).of(bench.debate)
    audiences = {audience: broadcaster.followed_audience(audience) for audience in ("staff", "follow")}
    waiting = _waiting(meetings, bench.debate)
    while _waiting(meetings, bench.debate):
        floor = meetings.history(bench.debate).state.speakers.floor
        body = {"sure": True} | ({"instead_of": floor.entry} if floor else {})
        meetings.perform(bench.debate, SECRETARY, [read(COMMANDS["speakers.next"], body)])
        now[0] += int(300_000 * dice.uniform(0.6, 1.15))
        broadcaster.catch_up()
    for audience, limit in (("staff", 800), ("follow", 600)):
        sizes = [len(c.text.encode()) for c in audiences[audience].changes if '"speakers.floor_given"' in c.text]
        size = median([float(n) for n in sizes])
        table.add(
            Row(
                f'bytes of a "next speaker" change, {audience}, {waiting} waiting at first',
                f"{size:.0f} (largest {max(sizes)}; {len(sizes)} presses)",
                f"<= {limit}",
                size,
                limit,
            )
        )


def _waiting(meetings: Meetings, meeting: str) -> int:
    return sum(len(lst.waiting) for lst in meetings.history(meeting).state.speakers.lists.values())


def cold(table: Table, bench: BenchService) -> None:
    """A process that has never seen a meeting of 2,000 events: to its first state."""
    seq = bench.meetings.history(bench.debate).state.seq
    while seq < LARGE:
        seq = bench.act(bench.debate, "record.note", text=f"filling up to {LARGE}")
    began = time.monotonic()
    bench.start()
    up = time.monotonic()
    url = f"{bench.served.url}/api/v1/meetings/{bench.debate}/state"
    answer = requests.get(url, timeout=30)
    first = time.monotonic()
    assert answer.json()["seq"] >= LARGE
    bench.served.stop()
    table.add(
        Row(
            f"cold start with a {LARGE}-event meeting to first state, s",
            f"{first - up:.2f} (and {up - began:.2f} from exec to listening)",
            "<= 1",
            first - up,
            1,
        )
    )


def page(table: Table, bench: BenchService) -> None:
    """What a browser gets, compressed, for the first load of the follow page, without fonts, which come later."""
    bench.start()
    first = bench.served.url + f"/m/{bench.debate}"
    sizes: dict[str, int] = {}
    answer = _get(first, sizes)
    modules = _import_map(answer)
    wanted = _linked(answer, first) + _imports(answer, first, modules)
    while wanted:
        url = wanted.pop()
        if url not in sizes:
            text = _get(url, sizes)
            if urlsplit(url).path.endswith(".js"):
                wanted += _imports(text, url, modules)
    bench.served.stop()
    total = sum(sizes.values()) / 1024
    parts = sorted(sizes.items(), key=lambda pair: -pair[1])[:4]
    largest = ", ".join(f"{urlsplit(url).path.split('/')[-1]} {size / 1024:.0f}" for url, size in parts)
    table.add(
        Row(
            "follow page, first load without fonts, KB compressed",
            f"{total:.0f} in {len(sizes)} files (largest: {largest})",
            "<= 100",
            total,
            100,
        )
    )


def _get(url: str, sizes: dict[str, int]) -> str:
    """The text; its compressed size on the wire goes into `sizes`."""
    with requests.get(url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30) as answer:
        answer.raise_for_status()
        raw = answer.raw.read(decode_content=False)
        sizes[url] = len(raw)
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(raw) if packed else raw).decode("utf-8", "replace")


def _import_map(page_text: str) -> dict[str, str]:
    found = re.search(r'<script[^>]*type="importmap"[^>]*>(.*?)</script>', page_text, re.S)
    made: dict[str, str] = json.loads(found[1])["imports"] if found else {}
    return made


def _linked(page_text: str, base: str) -> list[str]:
    """Style sheets, scripts, and what is preloaded, except fonts."""
    links = re.findall(r"<link\b[^>]*>", page_text)
    wanted = [link for link in links if re.search(r'rel="(stylesheet|modulepreload|preload|icon)"', link)]
    hrefs = [found[1] for link in wanted if (found := re.search(r'href="([^"]+)"', link)) and "font" not in link]
    hrefs += re.findall(r'<script\b[^>]*\bsrc="([^"]+)"', page_text)
    hrefs += re.findall(r'"(?:words_url|states_url)":\s*"([^"]+)"', page_text)
    return [urljoin(base, href) for href in hrefs if not href.startswith("data:")]


def _imports(text: str, base: str, modules: dict[str, str]) -> list[str]:
    """What a module, or a page's inline module, imports at once; found by the import map as a browser does."""
    found = []
    for name in re.findall(r"""(?:^|[;\s}])(?:import|export)\b[^'"();]*?from\s*["']([^"']+)["']""", text):
        found.append(name)
    found += re.findall(r"""(?:^|[;\s])import\s*["']([^"']+)["']""", text)
    made = []
    for name in found:
        target = urljoin(base, name) if name.startswith((".", "/")) else name
        path = urlsplit(target).path if "://" in target else target
        mapped = modules.get(name) or modules.get(path) or modules.get(target)
        if mapped or name.startswith((".", "/")):
            made.append(urljoin(base, mapped or target))
    return made
