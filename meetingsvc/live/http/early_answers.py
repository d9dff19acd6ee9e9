"""Answers that are given before the application is asked: plain English, since nobody knows yet who reads them.

Not here: when they are given (connection, server), what the application refuses (web/refusals).
"""

from __future__ import annotations

#: What a person reads whose browser shows one of them.
_PLAIN = {
    "413": "This is larger than 8 MB, and nothing of it was taken. Go back and send less at once.",
    "431": "This request is too long. Close the browser's windows of this site, and open your link again.",
    "503": "Too many are here just now. Try again in a few seconds.",
}


def refusal(status: str) -> bytes:
    """An answer that ends the connection, such as for `413 Content Too Large`."""
    text = _PLAIN.get(status[:3], "This request cannot be understood.") + "\n"
    wait = "Retry-After: 5\r\n" if status.startswith("503") else ""
    return (
        f"HTTP/1.1 {status}\r\n{wait}Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nX-Content-Type-Options: nosniff\r\n\r\n{text}"
    ).encode()


FULL = refusal("503 Service Unavailable")
