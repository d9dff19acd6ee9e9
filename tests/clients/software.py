"""vdirsyncer, khal and Radicale as people run them: processes with files of their own in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.support.running_service import ROOT, free_port

BIN = ROOT / ".venv-clients" / "bin"


def there() -> bool:
    return (BIN / "vdirsyncer").exists()


class Desktop:
    """Somebody's computer: vdirsyncer subscribes to an address, khal shows the calendar in one zone."""

    def __init__(self, folder: Path, url: str, zone: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vdirsyncer.conf").write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n'
            f'[pair feed]\na = "here"\nb = "web"\ncollections = null\nconflict_resolution = "b wins"\n'
            f'[storage here]\ntype = "filesystem"\npath = "{folder}/calendar/"\nfileext = ".ics"\n'
            f'[storage web]\ntype = "http"\nurl = "{url}"\n'
        )
        (folder / "khal.conf").write_text(
            f"[calendars]\n[[feed]]\npath = {folder}/calendar\nreadonly = True\n"
            f"[locale]\nlocal_timezone = {zone}\ndefault_timezone = {zone}\n"
            "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"[sqlite]\npath = {folder}/khal.db\n"
        )
        self._run("vdirsyncer", "-c", str(folder / "vdirsyncer.conf"), "discover", "feed")

    def syncs(self) -> None:
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.conf"), "sync", "feed")

    def shows(self, first: str, last: str) -> list[str]:
        """What khal lists between two days: `2027-03-01 10:00 Title [status]`, each event once."""
        form = "{start-date} {start-time} {title} [{status}]"
        out = self._run(
            "khal",
            "-c",
            str(self.folder / "khal.conf"),
            "list",
            "--once",
            "--day-format",
            "",
            "--format",
            form,
            first,
            last,
        )
        return sorted(line.strip().replace(" ]", "]") for line in out.splitlines() if line.strip())

    def files(self) -> list[Path]:
        return sorted((self.folder / "calendar").glob("*.ics"))

    def _run(self, name: str, *words: str) -> str:
        env = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "LANG": "C.UTF-8"}
        env |= {"XDG_CACHE_HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        done = subprocess.run(
            [str(BIN / name), *words], env=env, capture_output=True, text=True, timeout=60, check=False, input="y\ny\n"
        )
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"
        return done.stdout


class Radicale:
    """A CalDAV server on a free port, with one calendar."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.calendar = f"http://127.0.0.1:{self.port}/somebody/calendar/"
        config = folder / "radicale.conf"
        config.write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n[auth]\ntype = none\n"
            f"[storage]\nfilesystem_folder = {folder}/radicale\n[logging]\nlevel = error\n"
        )
        self.process = subprocess.Popen(
            [str(BIN / "python"), "-m", "radicale", "--config", str(config)], stdout=sys.stderr, stderr=sys.stderr
        )
        self._wait_up()
        body = (
            '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            "<D:set><D:prop><D:displayname>Calendar</D:displayname></D:prop></D:set></C:mkcalendar>"
        )
        principal = f"http://127.0.0.1:{self.port}/somebody/"
        assert requests.request("MKCOL", principal, timeout=10).status_code == 201
        assert requests.request("MKCALENDAR", self.calendar, data=body, timeout=10).status_code == 201

    def put(self, name: str, event: bytes) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = requests.put(f"{self.calendar}{name}.ics", data=event, headers=headers, timeout=10)
        assert answer.status_code in (201, 204), f"{answer.status_code}: {answer.text}"

    def holds(self) -> str:
        """The whole calendar as the server gives it back."""
        return requests.get(self.calendar, timeout=10).text

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _wait_up(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/", timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("Radicale did not come up")
