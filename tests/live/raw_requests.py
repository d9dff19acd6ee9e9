"""Raw requests, byte by byte: what is not HTTP as RFC 9112 writes it, and what is and must work. A table, no sockets.

HOST stands for the server's own `host:port`. Each bad one is answered 400 (or what its row says besides) and its
connection closes: where a request ends is not known any more, so nothing behind it may be read as another one.
Two equal Content-Length lines are refused too, though RFC 9110 8.6 would let them be: no honest client sends them.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A head is as large as this at most, and has as many lines.
HEAD, LINES = 16_384, 100


@dataclass(frozen=True)
class Bad:
    name: str
    data: bytes
    statuses: tuple[int, ...] = (400,)


def get(*lines: bytes, line: bytes = b"GET /healthz HTTP/1.1", host: bytes = b"Host: HOST") -> bytes:
    return b"\r\n".join((line, *((host,) if host else ()), *lines, b"", b""))


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return get(*lines, line=b"POST /leave HTTP/1.1") + body


def _length(name: str, value: bytes, body: bytes = b"abc") -> Bad:
    return Bad(f"length {name}", post(b"Content-Length: " + value, body=body))


LENGTHS = [
    Bad("length twice, differing", post(b"Content-Length: 3", b"Content-Length: 5", body=b"abcde")),
    Bad("length twice, differing, the longer first", post(b"Content-Length: 5", b"content-length: 3", body=b"abcde")),
    Bad("length twice, equal", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc")),
    Bad("length twice, one of them empty", post(b"Content-Length: 3", b"Content-Length:", body=b"abc")),
    _length("with plus", b"+3"),
    _length("with underscore", b"3_0"),
    _length("negative", b"-1"),
    _length("minus nought", b"-0"),
    _length("with space inside", b" 3 4"),
    _length("as a list, differing", b"3, 4"),
    _length("as a list, equal", b"3, 3"),
    _length("as a list, with an empty end", b"3,"),
    _length("hexadecimal", b"0x3"),
    _length("octal", b"0o3"),
    _length("with point", b"3.0"),
    _length("with exponent", b"3e0"),
    _length("quoted", b'"3"'),
    _length("empty", b""),
    _length("spaces only", b"   "),
    _length("a word", b"three"),
    _length("with form feed", b"\x0c3"),
    _length("with vertical tab", b"3\x0b"),
    _length("with no-break space", b"\xa03"),
    _length("in Arabic digits", "٣".encode()),
    _length("superscript", b"\xb3"),
    _length("of 30 digits", b"9" * 30),
    _length("of 5,000 digits", b"1" * 5_000),
    _length("of 5,000 noughts and 3", b"0" * 5_000 + b"3"),
]

CODINGS = [
    Bad(f"coding {name}", post(*lines, body=b"0\r\n\r\n"))
    for name, lines in {
        "gzip, chunked": (b"Transfer-Encoding: gzip, chunked",),
        "chunked, identity": (b"Transfer-Encoding: chunked, identity",),
        "chunked, chunked": (b"Transfer-Encoding: chunked, chunked",),
        "chunked twice": (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        "chunked, then identity in a line of its own": (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        "identity": (b"Transfer-Encoding: identity",),
        "xchunked": (b"Transfer-Encoding: xchunked",),
        "chunked with a parameter": (b"Transfer-Encoding: chunked;q=1",),
        "quoted": (b'Transfer-Encoding: "chunked"',),
        "empty": (b"Transfer-Encoding:",),
        "with vertical tab": (b"Transfer-Encoding: \x0bchunked",),
        "and length": (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        "and length behind": (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        "name with space before colon": (b"Transfer-Encoding : chunked",),
    }.items()
] + [
    Bad(
        "coding chunked in HTTP/1.0",
        b"POST /leave HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        (400, 411),
    )
]

FIELDS = [
    Bad("bare CR in a value", get(b"X-A: a\rb")),
    Bad("bare CR before a field", get(b"X-A: a\rContent-Length: 100")),
    Bad("CR CR LF", get(b"X-A: a\r")),
    Bad("bare LF between fields", get(b"X-A: a\nX-B: b")),
    Bad("LF only", b"GET /healthz HTTP/1.1\nHost: HOST\n\n"),
    Bad("LF only at the end", b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\n"),
    Bad("LF after the request line", b"GET /healthz HTTP/1.1\nHost: HOST\r\n\r\n"),
    Bad("no colon", get(b"No colon")),
    Bad("no colon, one word", get(b"Nothing")),
    Bad("space before colon", get(b"X-A : a")),
    Bad("tab before colon", get(b"X-A\t: a")),
    Bad("length with space before colon", post(b"Content-Length : 3", body=b"abc")),
    Bad("empty name", get(b": a")),
    Bad("folded with a space", get(b"X-A: a", b" b")),
    Bad("folded with a tab", get(b"X-A: a", b"\tb")),
    Bad("folded first line", b"GET /healthz HTTP/1.1\r\n Host: HOST\r\n\r\n"),
    Bad("folded length", post(b"Content-Length:", b" 3", body=b"abc")),
    Bad("space inside a name", get(b"X A: a")),
    Bad("NUL in a value", get(b"X-A: a\x00b")),
    Bad("NUL in a name", get(b"X-\x00A: a")),
    Bad("control in a value", get(b"X-A: a\x01b")),
    Bad("escape in a value", get(b"X-A: \x1b[31m")),
    Bad("DEL in a value", get(b"X-A: a\x7f")),
    Bad("form feed in a value", get(b"X-A: a\x0cb")),
    Bad("brackets in a name", get(b"X[A]: a")),
    Bad("obs-text in a name", get(b"X-\xe9: a")),
    *(
        Bad(f"underscore: {name.decode()}", get(name + b": 192.0.2.7"))
        for name in (
            b"X_Forwarded_For",
            b"x_real_ip",
            b"X-Forwarded_For",
            b"x_forwarded-for",
            b"X_Forwarded_Proto",
            b"X_Forwarded_Host",
        )
    ),
    Bad("underscore: Content_Length", post(b"Content_Length: 3", b"Content-Length: 0")),
    Bad("underscore: Transfer_Encoding", post(b"Transfer_Encoding: chunked", b"Content-Length: 0")),
]

LINES_OF_REQUESTS = [
    Bad(f"line {name}", get(line=line), statuses)
    for name, line, statuses in (
        ("bare CR", b"GET /a\rb HTTP/1.1", (400,)),
        ("CR at its end", b"GET /healthz HTTP/1.1\r", (400,)),
        ("of HTTP/0.9", b"GET /healthz", (400,)),
        ("of one word", b"GET", (400,)),
        ("empty method", b" /healthz HTTP/1.1", (400,)),
        ("two spaces", b"GET  /healthz HTTP/1.1", (400,)),
        ("tabs", b"GET\t/healthz\tHTTP/1.1", (400,)),
        ("space at the end", b"GET /healthz HTTP/1.1 ", (400,)),
        ("method no token", b"G(T /healthz HTTP/1.1", (400,)),
        ("method with NUL", b"G\x00T /healthz HTTP/1.1", (400,)),
        ("method obs-text", b"G\xc9T /healthz HTTP/1.1", (400,)),
        ("target with space", b"GET /a b HTTP/1.1", (400,)),
        ("target with tab", b"GET /a\tb HTTP/1.1", (400,)),
        ("target with NUL", b"GET /a\x00b HTTP/1.1", (400,)),
        ("target with control", b"GET /a\x01b HTTP/1.1", (400,)),
        ("target with DEL", b"GET /a\x7fb HTTP/1.1", (400,)),
        ("target with obs-text", b"GET /a\xff HTTP/1.1", (400,)),
        ("target with fragment", b"GET /healthz#part HTTP/1.1", (400,)),
        ("target no path", b"GET healthz HTTP/1.1", (400,)),
        ("target empty", b"GET HTTP/1.1", (400,)),
        ("absolute, another host", b"GET http://evil.example/healthz HTTP/1.1", (400,)),
        ("absolute, user before the host", b"GET http://a@HOST/healthz HTTP/1.1", (400,)),
        ("absolute, no http", b"GET ftp://HOST/healthz HTTP/1.1", (400,)),
        ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1", (400, 501)),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1", (400,)),
        ("GET *", b"GET * HTTP/1.1", (400,)),
        ("version 2.0", b"PRI * HTTP/2.0", (400, 505)),
        ("version 2.0 of a GET", b"GET /healthz HTTP/2.0", (400, 505)),
        ("version 1.2", b"GET /healthz HTTP/1.2", (400, 505)),
        ("version 0.9 said", b"GET /healthz HTTP/0.9", (400, 505)),
        ("version 9", b"GET /healthz HTTP/9", (400,)),
        ("version 1.10", b"GET /healthz HTTP/1.10", (400,)),
        ("version 01.1", b"GET /healthz HTTP/01.1", (400,)),
        ("version small", b"GET /healthz http/1.1", (400,)),
        ("version with space", b"GET /healthz HTTP/ 1.1", (400,)),
        ("version with plus", b"GET /healthz HTTP/+1.1", (400,)),
        ("version of another protocol", b"GET /healthz RTSP/1.0", (400,)),
        ("very long", b"GET /" + b"a" * 70_000 + b" HTTP/1.1", (400, 414, 431)),
        ("long beyond the head", b"GET /" + b"a" * HEAD + b" HTTP/1.1", (400, 414, 431)),
    )
]

HOSTS = [
    Bad("no host", get(host=b"")),
    Bad("two hosts", get(b"Host: HOST")),
    Bad("two hosts, differing", get(b"Host: evil.example")),
    *(
        Bad(f"host {value.decode('latin-1')!r}", get(host=b"Host: " + value))
        for value in (
            b"a b",
            b"a@HOST",
            b"http://HOST",
            b"HOST/path",
            b"a:b",
            b"a:1:2",
            b"[::1",
            b"a\\b",
            b"a?b",
            b"\xff",
        )
    ),
]

SIZES = [
    Bad("head of 20 KB", get(b"X-A: " + b"a" * 20_000), (400, 431)),
    Bad("head of 200 KB", get(b"X-A: " + b"a" * 200_000), (400, 431)),
    Bad("200 lines", get(*(b"X-%d: a" % n for n in range(200))), (400, 431)),
    Bad("head of 17 KB in small lines", get(*(b"X-%d: " % n + b"a" * 180 for n in range(95))), (400, 431)),
    Bad("a name of 20 KB", get(b"X" * 20_000 + b": a"), (400, 431)),
]

NO_HTTP = [
    Bad("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n"),
    Bad("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    Bad("SMTP", b"EHLO evil.example\r\nMAIL FROM:<a@evil.example>\r\n\r\n"),
    Bad("nothing but NUL", b"\x00" * 300 + b"\r\n\r\n"),
]

BAD = [*LENGTHS, *CODINGS, *FIELDS, *LINES_OF_REQUESTS, *HOSTS, *SIZES, *NO_HTTP]

#: Requests that must work: {name: head}; the answer is 200 and, but for the last of them, the connection goes on.
GOOD = {
    "plain": get(),
    "names in any case": b"GET /healthz HTTP/1.1\r\nhOsT: HOST\r\naCCept: */*\r\n\r\n",
    "white space around values": get(b"X-A:a", b"X-B: \t b \t "),
    "white space behind the host": get(host=b"Host: HOST \t"),
    "an empty value": get(b"X-A:", b"X-B: "),
    "obs-text in a value": get(b"X-A: caf\xe9 \xff"),
    "a name of all signs of a token": get(b"!#$%&'*+-.^`|~0aZ: a"),
    "a path in percents": get(line=b"GET /%68ealth%7a HTTP/1.1"),
    "an empty query": get(line=b"GET /healthz? HTTP/1.1"),
    "odd signs in a query": get(line=b"GET /healthz?a=%00&b=;,/?:@!$'()*+&c HTTP/1.1"),
    "absolute, the same host": get(line=b"GET http://HOST/healthz HTTP/1.1"),
    "a length of nought": get(b"Content-Length: 0"),
    "a head of 12 KB": get(b"X-A: " + b"a" * 12_000),
    "60 lines": get(*(b"X-%d: a" % n for n in range(60))),
    "hyphens in forwarded names": get(b"X-Forwarded-For: 192.0.2.7", b"X-Real-IP: 192.0.2.7"),
}


def with_secret(secret: bytes) -> dict[str, bytes]:
    """Requests that hold a link's secret and cannot be understood: {name: bytes}. None may bring it into the log."""
    path, escaped = b"/join/" + secret, b"".join(b"%%%02X" % byte for byte in secret)
    bad = b"No colon"
    return {
        "NUL behind it": get(line=b"GET " + path + b"\x00 HTTP/1.1"),
        "space behind it": get(line=b"GET " + path + b" x HTTP/1.1"),
        "version 9": get(line=b"GET " + path + b" HTTP/9"),
        "no version": path + b"\r\n\r\n",
        "alone": secret + b"\r\n\r\n",
        "a feed": get(line=b"GET /feeds/" + secret + b".ics HTTP/9"),
        "a feed, cut": b"GET /feeds/" + secret + b".ics",
        "as method": get(line=secret + b"\x00 / HTTP/1.1"),
        "as version": get(line=b"GET / HTTP/" + secret),
        "absolute": get(line=b"GET http://evil.example" + path + b" HTTP/1.1"),
        "absolute with another scheme": get(line=b"GET ftp://HOST" + path + b" HTTP/1.1"),
        "a letter of join in percents": get(bad, line=b"GET /%6Aoin/" + secret + b" HTTP/1.1"),
        "all in percents": get(bad, line=b"GET /join/" + escaped + b" HTTP/1.1"),
        "in percents, with NUL": get(line=b"GET /join/" + escaped + b"\x00 HTTP/1.1"),
        "doubled slashes": get(bad, line=b"GET //join//" + secret + b" HTTP/1.1"),
        "dots": get(bad, line=b"GET /./x/../join/" + secret + b" HTTP/1.1"),
        "in capitals": get(bad, line=b"GET /JOIN/" + secret + b" HTTP/1.1"),
        "backslashes": get(line=b"GET \\join\\" + secret + b" HTTP/1.1"),
        "in a query": get(bad, line=b"GET /?next=" + path + b" HTTP/1.1"),
        "in a query by itself": get(bad, line=b"GET /?token=" + secret + b" HTTP/1.1"),
        "in a fragment": get(line=b"GET /#" + path + b" HTTP/1.1"),
        "in a referrer": get(b"Referer: http://HOST" + path, bad),
        "in a line without colon": get(b"Referer http://HOST" + path),
        "in a field's name": get(path + b": a"),
        "in a folded line": get(b"X-A: a", b" " + path),
        "as length": post(b"Content-Length: " + secret),
        "as coding": post(b"Transfer-Encoding: " + secret),
        "as host": get(host=b"Host: " + secret + b" /"),
        "as credential": get(b"Authorization: Bearer " + secret, bad),
        "as cookie": get(b"Cookie: meetingsvc=" + secret + b"\x00"),
        "in the socket's query": get(
            bad, line=b"GET /socket.io/?EIO=4&transport=polling&token=" + secret + b" HTTP/1.1"
        ),
        "in the socket's query, understood": get(line=b"GET /socket.io/?EIO=3&token=" + secret + b" HTTP/1.1"),
        "as origin of the socket": get(b"Origin: " + path, line=b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"),
        "in a line of 70 KB": get(line=b"GET " + path * 1_500 + b" HTTP/1.1"),
        "behind 70 signs": get(line=b"GET /" + b"a" * 60 + path + b"\x00 HTTP/1.1"),
        "in a body that lies": post(b"Content-Length: 3, 4", body=path),
    }
