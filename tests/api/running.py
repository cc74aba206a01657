"""The service as an operator starts it: ``python -m api serve`` in processes of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx
import psutil

PATIENCE_SECONDS = 120.0


@dataclass
class Running:
    """A service in processes of its own, and what it has written so far."""

    process: subprocess.Popen[bytes]
    port: int = 0
    out: bytearray = field(default_factory=bytearray)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """Process ids of the workers, the eldest first."""
        children = psutil.Process(self.process.pid).children()
        return [child.pid for child in sorted(children, key=lambda child: child.create_time())]

    def stop(self) -> int:
        """Ask it to stop, and give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def soon(true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it did not come"
        time.sleep(0.02)


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/ready", timeout=30, trust_env=False).status_code == 200
    return False


@contextmanager
def running(environment: Mapping[str, str], *arguments: str) -> Iterator[Running]:
    """Start the service on a free port, wait until it answers, and stop it when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", *arguments],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    service = Running(process)

    def read() -> None:
        assert process.stdout is not None
        while part := os.read(process.stdout.fileno(), 1 << 16):
            service.out += part

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        soon(lambda: process.poll() is not None or b"(stop with" in service.out)
        found = re.search(rb"on http://127.0.0.1:(\d+)", service.out)
        assert found, service.out.decode()
        service.port = int(found[1])
        soon(lambda: process.poll() is not None or answers(service.url))
        assert process.poll() is None, service.out.decode()
        yield service
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join(10)
        process.stdout.close()  # type: ignore[union-attr]
