"""Large and slow bodies are stopped at the door; every answer wears its headers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest

from api.settings import Settings
from data.home import Home
from tests.api.conftest import ASK, Served, problem, serve

HEAD = f"POST {ASK} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def narrow(oss_home: Home) -> Iterator[Served]:
    """A service that takes 1000 bytes and waits one second."""
    with serve(Settings(home=oss_home.path, max_body_bytes=1000, body_seconds=1.0)) as served:
        yield served


def send(connection: socket.socket, parts: Iterable[bytes], pause: float = 0.0) -> None:
    """Send parts, a pause after each."""
    for part in parts:
        connection.sendall(part)
        time.sleep(pause)


def talk(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts over a socket, a pause after each, and read all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused half-way: the answer is there to be read
            send(connection, parts, pause)
        received = b""
        while part := connection.recv(65536):
            received += part
            if b"\r\n\r\n" in received and received.rstrip().endswith(b"}"):
                break
    return received


def test_two_hundred_megabytes_are_refused_without_being_read(oss: Served) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1 << 20
            yield b" " * (1 << 20)

    began = time.monotonic()
    answer = oss.http.post(ASK, content=body(), headers={"Content-Type": "application/json"})
    found = problem(answer, 413)
    assert "1048576 bytes" in found["detail"]
    assert sent < 50 << 20
    assert time.monotonic() - began < 5
    assert oss.http.get("/health/live").status_code == 200


def test_a_length_that_is_too_large_is_refused_before_the_body(oss: Served) -> None:
    answer = talk(oss.port, (HEAD + "Content-Length: 209715200\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_a_chunked_body_has_the_same_limit(narrow: Served) -> None:
    chunk = b"12c\r\n" + b" " * 300 + b"\r\n"
    answer = talk(narrow.port, (HEAD + "Transfer-Encoding: chunked\r\n\r\n").encode(), *[chunk] * 4)
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_of_exactly_the_limit_is_read(narrow: Served) -> None:
    json_type = {"Content-Type": "application/json"}
    assert narrow.http.post(ASK, content=b"{}" + b" " * 998, headers=json_type).status_code == 200
    assert narrow.http.post(ASK, content=b"{}" + b" " * 999, headers=json_type).status_code == 413


def test_a_chunked_question_is_answered(oss: Served) -> None:
    chunked = oss.http.post(ASK, content=iter([b'{"cou', b'nt": 1}']), headers={"Content-Type": "application/json"})
    assert len(chunked.json()["recommendations"]) == 1


def test_who_needs_no_key_sends_no_more_than_a_form(oss: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert oss.http.post("/desk/key", content=b"key=" + b"x" * 10_000, headers=form).status_code < 413
    problem(oss.http.post("/desk/key", content=b"key=" + b"x" * 20_000, headers=form), 413)
    problem(oss.http.request("GET", "/health/live", content=b"x" * 20_000), 413)


def test_a_slow_body_is_cut_off(narrow: Served) -> None:
    began = time.monotonic()
    answer = talk(narrow.port, (HEAD + "Content-Length: 100\r\n\r\n").encode(), b"{", pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408")
    assert 0.9 < time.monotonic() - began < 5


def test_a_body_that_drips_has_the_same_time_as_one_that_hangs(narrow: Served) -> None:
    answer = talk(narrow.port, (HEAD + "Content-Length: 100\r\n\r\n").encode(), *[b" "] * 8, pause=0.2)
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_caller_who_leaves_half_way_breaks_nothing(narrow: Served) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", narrow.port)) as connection:
            connection.sendall((HEAD + "Content-Length: 100\r\n\r\n{").encode())
    assert narrow.http.post(ASK, json={}).status_code == 200


HALF = f"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: {'x' * 10}".encode()


@pytest.fixture(scope="module")
def brisk(oss_home: Home) -> Iterator[Served]:
    """A service that closes a connection on which nothing is asked for a second."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr("api.server.HEAD_SECONDS", 0.5)
        with serve(Settings(home=oss_home.path), timeout_keep_alive=0.5) as served:
            yield served


def closed(connection: socket.socket) -> bytes:
    """What is read until the other side closes; a time-out when it does not."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


@pytest.mark.parametrize("drops", [b"", HALF], ids=["nothing", "half a head"])
def test_a_connection_that_asks_nothing_is_closed(brisk: Served, drops: bytes) -> None:
    with socket.create_connection(("127.0.0.1", brisk.port), timeout=20) as connection:
        connection.sendall(drops)
        assert closed(connection) == b""


def test_a_head_that_drips_is_cut_off(brisk: Served) -> None:
    connection = socket.create_connection(("127.0.0.1", brisk.port), timeout=20)
    with connection, pytest.raises((BrokenPipeError, ConnectionResetError)):
        send(connection, [b"X"] * 200, pause=0.05)


def test_a_head_that_never_ends_is_refused(oss: Served) -> None:
    connection = socket.create_connection(("127.0.0.1", oss.port), timeout=20)
    with connection, pytest.raises((BrokenPipeError, ConnectionResetError)):
        send(connection, [HALF, *[b"x" * (1 << 20)] * 200])


def test_half_a_request_after_a_whole_one_is_cut_off_too(brisk: Served) -> None:
    with socket.create_connection(("127.0.0.1", brisk.port), timeout=20) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" + HALF)
        assert closed(connection).count(b"HTTP/1.1 200") == 1


def test_who_is_answered_slowly_is_not_cut_off(brisk: Served) -> None:
    """A body may take longer than a head."""
    parts = [(HEAD + "Content-Length: 12\r\n\r\n").encode(), b'{"count"', b": 1}"]
    assert talk(brisk.port, *parts, pause=0.8).startswith(b"HTTP/1.1 200")


def test_asking_for_another_protocol_gets_this_one(oss: Served, caplog: pytest.LogCaptureFixture) -> None:
    wanted = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    for path in ("/health/live", "/v1/learners/r-1"):
        assert oss.http.get(path, headers=wanted).status_code == 200
    assert not [one for one in caplog.records if one.levelname == "WARNING"]


@pytest.mark.parametrize("path", ["/health/live", "/v1/themes", "/openapi.json", "/v1/nothing", ASK])
def test_every_answer_wears_its_headers(oss: Served, path: str) -> None:
    answer = oss.http.get(path)
    assert answer.headers["leerlijn-mode"] == "demo"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in answer.headers


def test_every_request_has_an_id_of_its_own(oss: Served) -> None:
    ids = {oss.http.get("/health/live", headers={"X-Request-Id": "mine"}).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert "mine" not in ids
