"""A served town under load: a service in processes of its own, and callers who ask at a given pace."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from data.home import Home
from data.simulation import SimulationConfig, simulate
from data.store import Store
from data.tables import Tables
from recommender.release import save_release
from training.config import Config
from training.fit import fit

ASK, STAMPS = "/v1/recommendations", "/v1/stamps"
NAMES = ("20260301T000000Z-one", "20260302T000000Z-two")


@dataclass
class Seen:
    """What callers saw: milliseconds of what was answered, and what was not, by kind."""

    took: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def p(self, share: float) -> float:
        """A percentile of the times, in milliseconds."""
        return float(np.percentile(self.took, share)) if self.took else float("nan")


def place(folder: Path, learners: int, url: str = "", seed: int = 1) -> Tables:
    """A simulated town in a home with two releases of the same content, of which the second is in service."""
    tables = simulate(SimulationConfig(seed=seed, learners=learners)).tables
    home = Home(folder)
    with Store(url or home.store_url) as store:
        store.create()
        store.save(tables)
    release = fit(tables, Config())
    for name in NAMES:
        save_release(release, home.releases(tables.city.id), name=name)
        home.point(tables.city.id, name)
    return tables


@contextmanager
def served(home: Path, workers: int, environment: Mapping[str, str]) -> Iterator[tuple[psutil.Process, str]]:
    """The town behind a running service: its first process, and its address."""
    log = (home / "service.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", "--workers", str(workers)],
        env={
            **os.environ,
            "LEERLIJN_HOME": str(home),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield psutil.Process(process.pid), _address(home / "service.log", process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 300
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"on (http://\S+)", log.read_text(errors="replace")):
            with suppress(httpx.TransportError):
                if httpx.get(f"{found[1]}/health/ready", timeout=10, trust_env=False).status_code == 200:
                    return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {log.read_text(errors='replace')[-2000:]}")


def workers_of(first: psutil.Process) -> list[psutil.Process]:
    """The workers, the eldest first; the process itself when there is only one."""
    children = sorted(first.children(), key=lambda child: child.create_time())
    return children or [first]


def questions(tables: Tables, count: int, seed: int) -> list[tuple[str, Any]]:
    """What callers ask: nine lists of known learners or lent passports for every batch of stamps."""
    luck = np.random.default_rng(seed)
    learners = tables.passports["learner_id"].to_numpy()
    themes = tables.themes["theme_id"].to_numpy()
    activities = tables.activities["activity_id"].to_numpy()
    as_of = tables.city.as_of or int(time.time())
    asked: list[tuple[str, Any]] = []
    for number in range(count):
        learner = str(luck.choice(learners))
        if number % 10 == 9:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(as_of - int(luck.integers(1, 9_000_000))))
            asked.append((STAMPS, [{"learner": learner, "activity": str(luck.choice(activities)), "at": at}]))
        elif number % 2:
            asked.append((ASK, {"learner": learner}))
        else:
            lent = {"age": int(luck.integers(4, 14)), "wishes": [str(luck.choice(themes))]}
            asked.append((ASK, {"passport": lent, "lang": "nl"}))
    return asked


async def callers(
    url: str, asked: Sequence[tuple[str, Any]], rate: float, seconds: float, most: int = 64,
    kind_of: Callable[[str, httpx.Response], str] | None = None,
) -> Seen:  # fmt: skip
    """Ask at a pace, whatever comes back, so that a service that stalls is asked no less; each caller waits for its turn.

    Parameters
    ----------
    rate : float
        Requests a second; 0 asks as fast as ``most`` callers can.
    kind_of : callable or None
        What to count an answer as; None counts its status.
    """
    seen, began, count = Seen(), time.perf_counter(), 0
    room = asyncio.Semaphore(most)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False) as client:

        async def one(path: str, body: Any, due: float) -> None:
            try:
                answer = await client.post(path, json=body)
                kind = kind_of(path, answer) if kind_of else str(answer.status_code)
                if answer.status_code == 200:
                    seen.took.append((time.perf_counter() - due) * 1000)
                    seen.at.append(due - began)
            except httpx.TransportError as error:
                kind = type(error).__name__
            finally:
                room.release()
            seen.kinds[kind] += 1

        tasks: set[asyncio.Task[None]] = set()
        while (now := time.perf_counter()) - began < seconds:
            if rate and (early := began + count / rate - now) > 0:
                await asyncio.sleep(early)
            await room.acquire()
            due = began + count / rate if rate else time.perf_counter()
            task = asyncio.create_task(one(*asked[count % len(asked)], due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            count += 1
        await asyncio.gather(*tasks)
    return seen


def capacity(url: str, asked: Sequence[tuple[str, Any]], seconds: float) -> float:
    """Requests a second when sixteen callers ask as fast as they are answered."""
    seen = asyncio.run(callers(url, asked, 0, seconds, most=16))
    return sum(seen.kinds.values()) / seconds


async def every(
    seconds: float, until: float, act: Callable[[], Awaitable[None] | None], first: float | None = None
) -> int:
    """Do something every so many seconds, until a moment of ``time.perf_counter``; how often it was done."""
    done = 0
    due = time.perf_counter() + (seconds if first is None else first)
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting = act()
        if waiting is not None:
            await waiting
        done += 1
        due += seconds
    return done
