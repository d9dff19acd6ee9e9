"""How tests ask whether a calendar file is clean: `assert_clean(data)`, and `assert_mail_clean(raw)` for messages.

In `make test` a reader that is not installed is left out; with ICS_ALL_PARSERS=1 (`make ics`) all six must be there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests.calendar.ics_check.checking import Options, check_calendar, check_mail

_NODE = """
const [zones, moments] = JSON.parse(require('fs').readFileSync(0));
const found = {};
for (const zone of zones) {
  try {
    const name = (at) => clock.formatToParts(at).find((p) => p.type === 'timeZoneName').value;
    const clock = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    found[zone] = moments.map((at) => name(at).replace(/GMT$/, 'GMT+00:00'));
  } catch { found[zone] = []; }
}
console.log(JSON.stringify(found));
"""


def all_parsers() -> bool:
    return os.environ.get("ICS_ALL_PARSERS") == "1"


def assert_clean(
    data: bytes,
    *,
    profile: str | None = None,
    previous: bytes | None = None,
    canaries: Sequence[str] = (),
    expect: dict[str, Any] | None = None,
    rich: bool = False,
    parsers: bool = True,
) -> None:
    """No rule is broken; with `parsers`, the readers that are installed accept the file and agree on it."""
    failed, missing = findings(
        data,
        Options(
            profile=profile,
            previous=previous,
            canaries=list(canaries),
            expect=expect,
            rich=rich,
            skip_parsers=not parsers,
            allow_missing=not all_parsers(),
        ),
    )
    assert not failed and not missing, f"{failed} {missing}\n{data.decode('utf-8', 'replace')}"


def assert_mail_clean(raw: bytes, *, profile: str | None = "invite", parsers: bool = True) -> None:
    """The same of a mail with an invitation."""
    options = Options(profile=profile, skip_parsers=not parsers, allow_missing=not all_parsers())
    results, missing = check_mail(raw, options)
    failed = without_stale_node(results.failed, raw)
    assert not failed and not missing, f"{failed} {missing}"


def findings(data: bytes, options: Options) -> tuple[dict[str, list[str]], list[str]]:
    """{broken rule: messages} and the readers that are missing."""
    results, missing = check_calendar(data, options)
    return without_stale_node(results.failed, data), missing


def without_stale_node(failed: dict[str, list[str]], data: bytes) -> dict[str, list[str]]:
    """node-ical looks zones up by name in node's own data: where those are stale, its times say nothing of the file."""
    if not any(message.startswith("nodeical") for message in failed.get("agree.times", [])):
        return failed
    used = {zone.decode() for zone in re.findall(rb"TZID[:=]([A-Za-z0-9/_+-]+)", data)}
    if not used & stale_in_node():
        return failed
    left = dict(failed)
    for rule in ("agree.times", "agree.events"):
        left[rule] = [message for message in failed.get(rule, []) if not message.startswith("nodeical")]
    return {rule: messages for rule, messages in left.items() if messages}


@cache
def stale_in_node() -> frozenset[str]:
    """Zones of which node's data differ from the pinned data at some noon of a month of 2026 to 2028."""
    node = shutil.which("node")
    if not node:
        return frozenset()
    zones = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
    moments = [datetime(2026 + n // 12, n % 12 + 1, 15, 12, tzinfo=UTC) for n in range(36)]
    asked = json.dumps([zones, [int(at.timestamp() * 1000) for at in moments]])
    said = json.loads(
        subprocess.run([node, "-e", _NODE], input=asked, capture_output=True, text=True, check=True).stdout
    )
    return frozenset(zone for zone in zones if said[zone] != [_gmt(at, zone) for at in moments])


def _gmt(at: datetime, zone: str) -> str:
    offset = at.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%z")
    return f"GMT{offset[:3]}:{offset[3:5]}"
