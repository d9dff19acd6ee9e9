"""A proxy that passes HTTP on and lets no WebSocket through, as those of some ministries do; a process of its own.

`python -m tests.support.refusing_proxy PORT TARGET_PORT`: listens on 127.0.0.1, passes each request on as it is, and
answers 403 to each that would upgrade. It reads heads only as far as it needs to: it stands in front of our own pages.
"""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from types import TracebackType

from tests.support.running_service import ROOT, free_port

_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class RefusingProxy:
    """`with RefusingProxy(port) as proxy`: what listens at `proxy.url` goes to that port. `port` may be said before."""

    def __init__(self, target: int, port: int | None = None) -> None:
        self.target, self.port = target, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RefusingProxy:
        words = [sys.executable, "-m", "tests.support.refusing_proxy", str(self.port), str(self.target)]
        self._process = subprocess.Popen(words, cwd=ROOT)
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            assert self._process.poll() is None and time.monotonic() < end, "the proxy did not come up"
            time.sleep(0.05)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait(10)


def passed_on(client: socket.socket, target: int) -> None:
    """One connection: requests one after the other there, bytes back as they come."""
    with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", target)) as server:
        threading.Thread(target=_back, args=(server, client), daemon=True).start()
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = client.recv(65_536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            if _UPGRADE.search(head):
                client.sendall(_REFUSED)
                return
            server.sendall(head + b"\r\n\r\n")
            length = _LENGTH.search(head)
            left = int(length[1]) if length else 0
            while left:
                data = data or client.recv(65_536)
                if not data:
                    return
                part, data = data[:left], data[left:]
                server.sendall(part)
                left -= len(part)


def _back(server: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := server.recv(65_536):
            client.sendall(data)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def main() -> int:
    port, target = map(int, sys.argv[1:])
    listening = socket.create_server(("127.0.0.1", port), backlog=512)
    while True:
        client, _ = listening.accept()
        threading.Thread(target=passed_on, args=(client, target), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
