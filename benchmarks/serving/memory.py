"""How much memory each worker more takes, where all of them share one memory-mapped release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.serving.measure import ask, running
from data.home import Home

MIB = 2**20
REQUESTS = 400


def memory_of_workers(
    home: Home, workers: int, port: int, asked: Sequence[bytes], environment: Mapping[str, str], console: Console
) -> None:
    """Serve with so many workers, ask them until all have answered a lot, and print what each holds.

    The last line is the memory that a worker has for itself alone, over the size of the release.
    """
    folder = home.current("town")
    assert folder is not None
    size = sum(path.stat().st_size for path in folder.iterdir())
    with running(["api", "serve", "--port", str(port), "--workers", str(workers)], port, environment) as process:
        for number in range(REQUESTS):
            status, answer = ask(port, "POST", "/v1/recommendations", asked[number % len(asked)])
            if status != 200:
                raise RuntimeError(f"answered {status}: {answer[:300]!r}")
        table = Table("process", "USS MiB", "PSS MiB", "RSS MiB")
        own = []
        for name, pid in [("supervisor", process.pid), *((f"worker {pid}", pid) for pid in children(process.pid))]:
            held = memory_of(pid)
            table.add_row(name, *(f"{held[kind] / MIB:.0f}" for kind in ("uss", "pss", "rss")))
            if name != "supervisor":
                own.append(held["uss"])
    console.print(f"release {size / MIB:.0f} MiB, {REQUESTS} requests")
    console.print(table)
    print(f"ratio {np.mean(own) / size:.2f}")


def children(pid: int) -> list[int]:
    """Process ids of the workers: the children that serve."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return sorted(found)


def memory_of(pid: int) -> dict[str, int]:
    """Bytes: what a process alone holds (USS), with its share of what is shared (PSS), and all it touches (RSS)."""
    sums = {"Private_Clean": 0, "Private_Dirty": 0, "Pss": 0, "Rss": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        if name in sums:
            sums[name] += int(value.split()[0]) * 1024
    return {"uss": sums["Private_Clean"] + sums["Private_Dirty"], "pss": sums["Pss"], "rss": sums["Rss"]}
