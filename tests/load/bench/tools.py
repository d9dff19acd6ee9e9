"""What the rows measure with: the load client in C, the servers to compare with, one keep-alive HTTP connection."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
CACHE = ROOT / "var" / "bench"  # var/ is ignored by git

NODE_PACKAGES = {"socket.io": "4.8.4", "bufferutil": "4.1.0"}


class Missing(Exception):
    """A tool that a row needs is not on this machine; the text says which."""


def build_client() -> Path:
    """Compiles the load client where it is new."""
    sources, made = sorted((HERE.parent / "sioload").glob("*.[ch]")), CACHE / "sioload"
    if shutil.which("gcc") is None:
        raise Missing("no gcc to build the load client")
    if not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        CACHE.mkdir(parents=True, exist_ok=True)
        words = ["gcc", "-O2", "-w", "-o", made, *(s for s in sources if s.suffix == ".c"), "-lz", "-lm"]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            raise Missing("the load client does not build (zlib1g-dev?)")
    return made


def load(port: int, pid: int, **options: Any) -> Json:
    """Runs the load client to its end. `after_connect=True` is the flag --after-connect, and so on."""
    done = subprocess.run(_command(port, pid, options), capture_output=True, text=True, timeout=600, check=False)
    if not done.stdout.strip():
        raise RuntimeError(f"the load client said nothing: {done.stderr[-500:]}")
    result: Json = json.loads(done.stdout)
    if result.get("error"):
        raise RuntimeError(f"the load client failed: {result['error']}")
    return result


def start_load(port: int, pid: int, **options: Any) -> subprocess.Popen[str]:
    """The same, while other things are done; its result is read from `stdout`."""
    return subprocess.Popen(_command(port, pid, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _command(port: int, pid: int, options: Json) -> list[str]:
    words = [str(build_client()), "--url", f"ws://127.0.0.1:{port}/socket.io/", "--pid", str(pid)]
    for name, value in options.items():
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words.append(str(value))
    return words


@contextlib.contextmanager
def running(words: list[str], cwd: Path = ROOT, env: Json | None = None) -> Iterator[tuple[int, int]]:
    """(port, pid) of a server that prints its port on its first line."""
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise Missing(f"{words[-1]} did not start")
        yield int(line), process.pid
    finally:
        process.kill()
        process.wait()


def plain(kind: str) -> list[str]:
    """The command line of one of the small servers in this folder."""
    return [sys.executable, "-W", "ignore", str(HERE / "plain.py"), kind]


def node_folder() -> Path:
    """A folder with Node's socket.io and bufferutil in it; fetched once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("no node")
    folder = CACHE / "node"
    if not (folder / "node_modules" / "socket.io").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": NODE_PACKAGES}))
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode or not (folder / "node_modules" / "socket.io").exists():
            raise Missing("npm could not fetch socket.io")
    return folder


class Http:
    """One keep-alive connection that sends requests made beforehand."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    def post(port: int, path: str, body: Json, headers: Json | None = None) -> bytes:
        data = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()] + [f"Content-Length: {len(data)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + data

    def ask(self, request: bytes) -> tuple[float, int, bytes]:
        """(seconds, status, body)."""
        began = time.perf_counter()
        self.sock.sendall(request)
        status, body = self.answer()
        return time.perf_counter() - began, status, body

    def answer(self) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        while len(body) < size:
            body += self._more()
        return int(head.split()[1]), body

    def _more(self) -> bytes:
        data = self.sock.recv(65_536)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data

    def close(self) -> None:
        self.sock.close()


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
