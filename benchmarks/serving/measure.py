"""Asking a process over loopback, and how much of the processor it takes for that."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import numpy as np

PATIENCE = 600.0
EACH_TIME = 10
"""Requests in a row before the next endpoint has its turn."""


@contextmanager
def running(command: Sequence[str], port: int, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves on a port, ready to be asked."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and process.poll() is None:
            try:
                if ask(port, "GET", "/health/live", b"")[0] == 200:
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError(f"the service did not start: {' '.join(command)}")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def ask(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own: status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def cpu_seconds(pid: int) -> float:
    """Processor time that all threads of a process have had, by the scheduler's own clock."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cpu_per_request(
    pid: int, port: int, paths: Sequence[str], bodies: Sequence[bytes], rounds: int
) -> dict[str, np.ndarray]:
    """Microseconds of the server's processor time per request of each endpoint, one figure for each round.

    The endpoints take turns of ``EACH_TIME`` requests with the same bodies, over one connection that stays open, so that
    whatever else the machine does meets all of them alike.
    """
    took: dict[str, list[float]] = {path: [] for path in paths}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    again = cycle(bodies)
    for turn in range(rounds):
        asked = list(islice(again, EACH_TIME))
        for path in paths if turn % 2 else reversed(paths):
            before = cpu_seconds(pid)
            for body in asked:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{path} answered {answer.status}: {content[:300]!r}")
            took[path].append((cpu_seconds(pid) - before) / EACH_TIME * 1e6)
    connection.close()
    return {path: np.array(values) for path, values in took.items()}
