"""Anything that can be sent: what the OpenAPI document allows and forbids, and bytes that no document foresees."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = {"allowed": GenerationMode.POSITIVE, "forbidden": GenerationMode.NEGATIVE}


def explore(url: str, mode: str, examples: int, luck: int = 1) -> dict[str, int]:
    """Send what the document of a running service allows, or forbids, and hold every answer to the document.

    Returns
    -------
    dict
        How many requests each operation got.
    """
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    sent: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        with suppress(schemathesis.errors.InvalidSchema, Unsatisfiable):  # there is nothing in it that could be wrong
            _sender(operation, url, mode, examples, luck, sent)()
    return sent


def _sender(operation: Any, url: str, mode: str, examples: int, luck: int, sent: dict[str, int]) -> Callable[[], None]:
    @seed(luck)
    @settings(
        max_examples=examples, deadline=None, derandomize=False, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=MODES[mode]))
    def send(case: Any) -> None:
        sent[operation.label] = sent.get(operation.label, 0) + 1
        case.validate_response(case.call(base_url=url, timeout=30), checks=CHECKS)

    return send


def deep(opening: str, closing: str, levels: int, inside: str = "1") -> bytes:
    return (opening * levels + inside + closing * levels).encode()


NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "1e-400", "-0", "0e0", "1E+2", "01", "1.", ".5", "+1", "0x10", "1_000", "9" * 5000,
    "5e-324", "1.7976931348623159e308", "true", "null", '"8"', "[]", "{}",
)  # fmt: skip
FIELDS = (
    '{"count": %s}', '{"curiosity": %s}', '{"passport": {"age": %s}}', '{"passport": {"home": {"lat": %s, "lon": 5}}}',
    '{"travel": {"max_minutes": %s}}', '{"with": [{"age": %s}]}', '{"learner": %s}', '{"at": %s}',
    '{"passport": {"stamps": %s}}', '{"kind": "outing", "max_stops": %s}', '{"kind": "journey", "weeks": %s}', '[%s]',
    '[{"learner": "r-1", "activity": "stars", "at": %s}]', '{"wishes": %s}', '{"muted": %s}', "%s",
)  # fmt: skip
TEXTS = (
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"a\x00b"', b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
    b'"\\x41"', b'"\n"', b'"' + b"a" * 500_000 + b'"', '"\u202e\u2066"'.encode(), '"\U0001f9ea"'.encode(), b'"\\uD83E\\uDDEA"',
    b'"%s%n"', b'"\'; DROP TABLE stamps; --"', b'"../../etc/passwd"', b'"{{7*7}}"',
)  # fmt: skip
WHOLE = (
    b"", b" ", b"\x00", b"{", b"}", b"[", b"]", b'"', b"{]", b"nul", b"<x/>", b"a=b", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00",
    '{"count": 5}'.encode("utf-16"), '{"count": 5}'.encode("utf-32"), '{"learner": "é"}'.encode("latin-1"),
    b'{"count": 1, "count": 2}', b'{"passport": {"age": 1, "age": 2}}', b'{"a": {"b": {"c": 1, "c": 1}}}', b'{"\\u0063ount": 1, "count": 1}',
    b'{"": 1}', b'{"__proto__": {}}', b'{"count": 5} {"count": 5}', b'{"count": 5},', b"/**/{}", b"[,]", b"{,}", b'{"a" 1}',
    deep("[", "]", 100_000), deep('{"a":', "}", 50_000), deep('{"passport":', "}", 300), deep("[[", "]]", 2_000), b"[" * 400_000,
    b'{"stamps": [' + b"{}," * 20_000 + b"{}]}", b"\x1f\x8b\x08\x00" + bytes(50), b"--x\r\nContent-Disposition: form-data\r\n\r\n",
)  # fmt: skip


def corpus() -> Iterator[bytes]:
    """Bodies that have broken services before."""
    yield from WHOLE
    for field in FIELDS:
        for number in NUMBERS:
            yield (field % number).encode()
        for text in TEXTS:
            yield field.encode().replace(b"%s", text)


HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "application/json"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json", "Accept": "text/calendar;q=NaN, */*;q=-1"},
    {"Content-Type": "application/json", "Accept-Language": "x" * 3000 + ";q=1e400", "Idempotency-Key": "é" * 50},
    {"Content-Type": "application/json", "Content-Encoding": "gzip", "Authorization": "Bearer \x7f"},
)


def addresses(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every method of every address that takes a body, and the page's form."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                yield method.upper(), path.replace("{learner}", "r-1")
    yield "POST", "/"


def throw(client: httpx.Client, method: str, path: str, content: bytes, headers: dict[str, str]) -> int:
    """Send bytes as they are, and give the status of the answer."""
    raw = {name: value.encode("utf-8", "surrogateescape") for name, value in headers.items()}
    return client.request(method, path, content=content, headers=raw).status_code


def speak(port: int, said: bytes) -> bytes:
    """Send bytes that are no HTTP, or hardly, and read what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.settimeout(5)
        with suppress(OSError):
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(OSError):
            while part := connection.recv(65536):
                received += part
        return received


NO_HTTP = (
    b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"POST /v1/stamps HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/stamps HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    b"POST /v1/stamps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST /v1/stamps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET /v1/learners/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v1/learners/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/activities?theme=%ed%a0%80&limit=1e400 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip


def status_of(answer: bytes) -> int:
    """The status of raw HTTP, 0 for none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.") and answer[9:12].isdigit() else 0


def shown(content: bytes) -> str:
    """The beginning of a body, for the message of a failing test."""
    return json.dumps(content[:200].decode("latin-1"))
