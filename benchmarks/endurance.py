"""Does it hold: half of what it can bear, for half an hour, while releases are swapped, workers die and the database freezes?

    python -m benchmarks.endurance                  # thirty minutes
    python -m benchmarks.endurance --minutes 3      # everything in proportion

A simulated town on a real PostgreSQL, served by several workers. What they can answer is measured first; then callers ask
at half of that pace. A release is swapped every minute, the database is frozen three times for ten seconds, and a worker is
killed every five minutes. Allowed: connections that a killed worker took along, and 503 with Retry-After for writes
while the database is frozen (and as long after as the service waits before it tries again).

Memory is what all processes hold, pages that they share counted once: their own bytes and the releases they have mapped. Libraries
do not count: how much of them falls to the service depends on who else on the machine uses them. It is weighed from a
sixth of the time on; what it grew by is the median of the last three weighings over that of the first three.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import load
from benchmarks.machine import describe
from data.home import Home
from tests import postgres

FROZEN_SECONDS, AFTER_SECONDS = 10.0, 6.0
SWAP_SECONDS, KILL_SECONDS, FREEZES = 60.0, 300.0, 3
WITHOUT = "200, a list without what the store knows"
_OWN = re.compile(r"Pss_Anon: +(\d+) kB")
CUT_OFF = ("RemoteProtocolError", "ReadError", "ConnectError", "WriteError", "ReadTimeout")


class Trouble:
    """What is done to the service while it is asked, and when."""

    def __init__(self, home: Home, city: str, server: postgres.Server, first: psutil.Process) -> None:
        self._home, self._city, self._server, self._first = home, city, server, first
        self._turn = count(1)
        self.frozen: list[tuple[float, float]] = []
        self.killed: list[float] = []
        self.unexpected: list[str] = []

    def swap(self) -> None:
        """Put the other release in service."""
        self._home.point(self._city, load.NAMES[next(self._turn) % 2])

    def kill(self) -> None:
        """Kill the eldest worker."""
        self.killed.append(time.perf_counter())
        load.workers_of(self._first)[0].kill()

    async def freeze(self) -> None:
        """Let the database stand still for ten seconds."""
        began = time.perf_counter()
        self.frozen.append((began, began + FROZEN_SECONDS + AFTER_SECONDS))
        with self._server.frozen():
            await asyncio.sleep(FROZEN_SECONDS)

    def kind_of(self, path: str, answer: httpx.Response) -> str:
        """What an answer counts as."""
        now, status = time.perf_counter(), answer.status_code
        if status == 200:
            less = path == load.ASK and answer.json()["degraded"]
            return WITHOUT + (", while frozen" if self._in_frost(now) else "") if less else "200"
        if status == 503 and path == load.STAMPS and "retry-after" in answer.headers and self._in_frost(now):
            return "503 with Retry-After for a write, while frozen"
        return f"{status} {path}"

    def _in_frost(self, now: float) -> bool:
        return any(began <= now <= ended for began, ended in self.frozen)


@dataclass(frozen=True)
class Weight:
    """MiB of all processes, pages that are shared counted once: altogether without libraries, and what is in no file."""

    whole: float
    own: float


def memory(first: psutil.Process, home: Path) -> Weight:
    """What the service weighs now."""
    own, mapped, ours = 0, 0, False
    for process in (first, *first.children()):
        kernel = Path(f"/proc/{process.pid}")
        own += int(_OWN.findall((kernel / "smaps_rollup").read_text())[0])
        for line in (kernel / "smaps").read_text().splitlines():
            if line.startswith("Pss:"):
                mapped += int(line.split()[1]) * ours
            elif not line.endswith("kB"):
                ours = str(home) in line
    return Weight((own + mapped) / 1024, own / 1024)


def growth(held: Sequence[float]) -> float:
    """The median of the last three weighings over that of the first three, less 1; 0 for fewer than six."""
    return median(held[-3:]) / median(held[:3]) - 1 if len(held) >= 6 else 0.0


async def endure(
    url: str,
    asked: Sequence[tuple[str, object]],
    rate: float,
    minutes: float,
    trouble: Trouble,
    first: psutil.Process,
    home: Path,
) -> tuple[load.Seen, list[Weight]]:
    """Ask and make trouble at the same time; what was seen, and the memory from a sixth of the time on."""
    share = min(1.0, minutes / 30)
    seconds, held = minutes * 60, list[Weight]()

    def weigh() -> None:
        with suppress(psutil.NoSuchProcess, OSError):  # one that was just killed
            held.append(memory(first, home))

    until = time.perf_counter() + seconds
    seen, *_ = await asyncio.gather(
        load.callers(url, asked, rate, seconds, kind_of=trouble.kind_of),
        load.every(SWAP_SECONDS * max(share, 0.1), until, trouble.swap),
        load.every(KILL_SECONDS * share, until - 5, trouble.kill),
        load.every(seconds / (FREEZES + 1), until - FROZEN_SECONDS - AFTER_SECONDS, trouble.freeze, first=seconds / (FREEZES + 2)),
        # Not at the moments at which workers are killed: a new one shares nearly everything, and weighs next to nothing.
        load.every(seconds / 24, until, weigh, first=seconds / 6 - seconds / 48),
    )  # fmt: skip
    return seen, held


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; exit code 1 when something was seen that is not allowed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--learners", type=int, default=2000)
    parser.add_argument("--share", type=float, default=0.5, help="of the measured capacity")
    given = parser.parse_args(arguments)
    with postgres.server() as server, tempfile.TemporaryDirectory(prefix="leerlijn-endurance-") as folder:
        url, home = server.new_database(), Path(folder)
        tables = load.place(home, given.learners, url)
        asked = load.questions(tables, 5000, 1)
        environment = {"LEERLIJN_DATABASE_URL": url}
        with load.served(home, given.workers, environment) as (first, address):
            load.capacity(address, asked, 5)
            full = load.capacity(address, asked, 15)
            trouble = Trouble(Home(home), tables.city.id, server, first)
            work = endure(address, asked, given.share * full, given.minutes, trouble, first, home)
            seen, held = asyncio.run(work)
            alive = len(load.workers_of(first))
    report(given, full, seen, held, trouble, alive)


def report(
    given: argparse.Namespace, full: float, seen: load.Seen, held: list[Weight], trouble: Trouble, alive: int
) -> None:
    """Print what was seen, and what of it may not be."""
    console = Console(width=120)
    console.print(describe(threads=given.workers))
    table = Table("answer", "requests", "allowed")
    cut_off = sum(seen.kinds[kind] for kind in CUT_OFF)
    most_cut_off = 64 * len(trouble.killed)
    wrong = 0
    for kind, number in seen.kinds.most_common():
        fine = kind.startswith("200") or "while frozen" in kind or (kind in CUT_OFF and cut_off <= most_cut_off)
        wrong += 0 if fine else number
        table.add_row(kind, f"{number:,}", "yes" if fine else "NO")
    grown = growth([one.whole for one in held])
    console.print(table)
    console.print(
        f"{given.minutes:g} minutes, {given.workers} workers, {full:.0f} requests a second at most, asked at {given.share:.0%} of it; "
        f"p50 {seen.p(50):.1f} ms, p99 {seen.p(99):.1f} ms; {len(trouble.frozen)} freezes, {len(trouble.killed)} killed, "
        f"{alive} workers at the end"
    )
    console.print(
        f"memory {' '.join(f'{one.whole:.0f}' for one in held)} MiB ({grown:+.1%}), "
        f"of which in no file {' '.join(f'{one.own:.0f}' for one in held)} ({growth([one.own for one in held]):+.1%})"
    )
    console.print(f"not allowed {wrong}")
    sys.exit(int(wrong > 0 or grown >= 0.05))


if __name__ == "__main__":
    main()
