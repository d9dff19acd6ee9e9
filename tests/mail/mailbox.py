"""A real IMAP server that the tests run (Dovecot), with one mailbox, and mails put into it as they would come in.

As root its mailbox belongs to another user, since Dovecot refuses to read root's. Not here: what replies look like.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.running_service import free_port

USER, PASSWORD = "meetings@service.example", 'pass"word %40'

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
{ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
default_login_user = {login}
default_internal_user = {login}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


def program() -> str | None:
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")


class Mailbox:
    """The server's folder and port; up between `start` and `stop`. `certificate`: TLS by STARTTLS only."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        root = os.geteuid() == 0
        owner = names["nobody"] if root else pwd.getpwuid(os.geteuid())
        login = names.get("dovenull", owner) if root else owner
        tls = "ssl = no"
        if certificate:
            tls = f"ssl = required\nssl_cert = <{certificate}\nssl_key = <{certificate}\nssl_min_protocol = TLSv1.2"
        group = pwd.getpwuid(owner.pw_uid).pw_gid
        text = _CONFIG.format(
            folder=folder,
            ssl=tls,
            login=login.pw_name,
            group=_group(group),
            uid=owner.pw_uid,
            gid=group,
            port=self.port,
        )
        (folder / "dovecot.conf").write_text(text)
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (folder / "mail").mkdir()
        folder.chmod(0o755)
        if root:
            os.chown(folder / "mail", owner.pw_uid, group)

    @property
    def url(self) -> str:
        return f"imap://meetings%40service.example:pass%22word%20%2540@127.0.0.1:{self.port}/INBOX"

    def start(self) -> None:
        found = program()
        assert found
        self.process = subprocess.Popen(
            [found, "-F", "-c", str(self.folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 15
        while True:
            assert self.process.poll() is None and time.monotonic() < until, self.log()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)
            self.process = None

    def log(self) -> str:
        file = self.folder / "dovecot.log"
        return file.read_text() if file.exists() else ""

    # As the mail server that delivers, and as a person who looks.

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        line = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        if "STARTTLS" in line.capabilities:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            line.starttls(context)
        line.login(f'"{USER}"', PASSWORD)
        line.select("INBOX")
        yield line
        line.logout()

    def put(self, *mails: bytes) -> None:
        with self.opened() as line:
            for mail in mails:
                status, said = line.append("INBOX", "", "", mail)  # type: ignore[arg-type]
                assert status == "OK", said

    def clear(self) -> None:
        with self.opened() as line:
            line.uid("STORE", "1:*", "+FLAGS.SILENT", "(\\Deleted)")
            line.expunge()

    def flags(self) -> list[set[str]]:
        """The flags of each mail, the oldest first. Nothing may ever be gone."""
        with self.opened() as line:
            _, rows = line.fetch("1:*", "(FLAGS)")
        found: list[Any] = [imaplib.ParseFlags(row) for row in rows if isinstance(row, bytes)]
        return [{flag.decode() for flag in flags} - {"\\Recent"} for flags in found]


def _group(gid: int) -> str:
    return grp.getgrgid(gid).gr_name


@contextmanager
def mailbox(certificate: Path | None = None) -> Iterator[Mailbox]:
    """The server while a test uses it. Its folder has a short name: sockets have short paths."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    made = Mailbox(folder, certificate)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
