"""One worker or several: stopping loses nothing that has begun, and whoever dies is replaced."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import func, select

from data.store import Store, schema
from recommender.release import Release, save_release
from tests.api.conftest import ASK, Placed
from tests.api.running import Running, running, soon

pytestmark = pytest.mark.usefixtures("ready_to_plan")
FIRST, SECOND = "20260302T080000Z-one", "20260303T080000Z-two"


@pytest.fixture
def home(settle: Callable[..., Placed], tmp_path: Path) -> Placed:
    return settle(tmp_path)


@pytest.fixture
def two(home: Placed) -> Iterator[Running]:
    with running(home.environment | {"LEERLIJN_REFRESH_SECONDS": "0.05"}, "--workers", "2") as service:
        soon(lambda: len(service.workers()) == 2)
        yield service


def ask(service: Running, **question: Any) -> dict[str, Any]:
    """Ask over a connection of its own, so that any worker may answer."""
    answer = httpx.post(service.url + ASK, json=question, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def begin(port: int, ask: str = f"POST {ASK}") -> socket.socket:
    """A request that has begun: its headers and half of its body are sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(
        f"{ask} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n".encode()
    )
    connection.sendall(b'{"count"')
    time.sleep(1.0)  # long enough to have been taken in
    return connection


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stopping_finishes_what_has_begun_refuses_what_is_new_and_keeps_what_was_shown(
    home: Placed, workers: str
) -> None:
    patient = {"LEERLIJN_BODY_SECONDS": "60", "LEERLIJN_STORE_SECONDS": "20"}
    with running(home.environment | patient, "--workers", workers) as service:
        with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
            for _ in range(30):
                assert client.post(ASK, json={"learner": "r-1", "count": 1}).status_code == 200
        waiting, whether_ready = begin(service.port), begin(service.port, "GET /health/ready")
        service.process.send_signal(signal.SIGTERM)
        soon(lambda: refused(service.port), 10)
        assert service.process.poll() is None
        waiting.sendall(b": 1}")
        assert waiting.recv(65536).startswith(b"HTTP/1.1 200")
        waiting.close()
        whether_ready.sendall(b": 1}")
        assert whether_ready.recv(65536).startswith(b"HTTP/1.1 503"), "who is stopping should be sent nobody any more"
        whether_ready.close()
        assert service.process.wait(30) in (0, -signal.SIGTERM)
        assert b"Traceback" not in service.out, service.out.decode()
    table = schema.feedback.c
    with Store(home.store_url) as store, store.engine.connect() as connection:
        lists = connection.execute(select(func.count(func.distinct(table.request_id))).where(table.kind == "shown"))
        assert lists.scalar_one() == 30


def test_a_worker_that_is_killed_is_replaced_and_nobody_else_notices(two: Running) -> None:
    first, second = two.workers()
    for victim in (first, second):
        os.kill(victim, signal.SIGKILL)
        soon(lambda victim=victim: victim not in two.workers() and len(two.workers()) == 2)  # type: ignore[misc]
        for _ in range(10):
            assert ask(two)["release"] == FIRST
    assert not {first, second} & set(two.workers())


def test_all_workers_take_a_new_release_and_so_does_one_that_comes_later(
    two: Running, home: Placed, release: Release
) -> None:
    save_release(release, home.releases("klein-oss"), name=SECOND)
    home.point("klein-oss", SECOND)
    soon(lambda: {ask(two)["release"] for _ in range(20)} == {SECOND})
    eldest, other = two.workers()
    os.kill(eldest, signal.SIGKILL)
    soon(lambda: eldest not in two.workers() and len(two.workers()) == 2)
    os.kill(other, signal.SIGSTOP)  # so that the new one alone answers
    try:
        # It was forked from a process that knew the first release alone.
        with httpx.Client(base_url=two.url, trust_env=False, timeout=60) as client:
            soon(lambda: client.get("/health/ready").status_code == 200)
            assert client.post(ASK, json={}).json()["release"] == SECOND
    finally:
        os.kill(other, signal.SIGCONT)


def test_workers_share_what_was_loaded_before_they_began(two: Running) -> None:
    for _ in range(20):
        ask(two, learner="r-1")
    for worker in two.workers():
        memory = psutil.Process(worker).memory_full_info()
        assert memory.uss < 0.6 * memory.rss  # libraries, catalogue and release are the same pages for all
