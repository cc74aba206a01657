"""Does anybody notice a swap? The same pace of requests with and without a release being swapped every half second.

    python -m benchmarks.swap

Blocks with and without swaps follow each other in turn, so that both see the same machine; loopback alone. The last line
is the 99th percentile with swaps over the one without.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import load
from benchmarks.machine import describe
from data.home import Home


async def block(
    url: str, asked: Sequence[tuple[str, object]], rate: float, seconds: float, home: Home | None, city: str
) -> load.Seen:
    """One block of requests; ``home`` swaps meanwhile."""
    turn, until = count(), time.perf_counter() + seconds
    calls = load.callers(url, asked, rate, seconds)
    if home is None:
        return await calls
    swaps = load.every(0.5, until, lambda: home.point(city, load.NAMES[next(turn) % 2]), first=0.1)
    seen, _ = await asyncio.gather(calls, swaps)
    return seen


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swap", description=__doc__)
    parser.add_argument("--blocks", type=int, default=7, help="of each kind")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each block")
    parser.add_argument("--learners", type=int, default=2000)
    given = parser.parse_args(arguments)
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="leerlijn-swap-") as folder:
        home = Home(Path(folder))
        tables = load.place(home.path, given.learners)
        asked = [one for one in load.questions(tables, 5000, 1) if one[0] == load.ASK]
        with load.served(home.path, 1, {"LEERLIJN_REFRESH_SECONDS": "0.1"}) as (_, url):
            load.capacity(url, asked, 5)
            rate = 0.4 * load.capacity(url, asked, 8)
            seen: dict[str, list[load.Seen]] = {"without": [], "with": []}
            for _ in range(given.blocks):
                for kind in seen:
                    work = block(url, asked, rate, given.seconds, home if kind == "with" else None, tables.city.id)
                    seen[kind].append(asyncio.run(work))
    table = Table("swaps", "requests", "not 200", "p50 ms", "p99 ms")
    for kind, blocks in seen.items():
        total = sum(sum(one.kinds.values()) for one in blocks)
        failed = total - sum(one.kinds["200"] for one in blocks)
        table.add_row(
            kind, f"{total:,}", str(failed), *(f"{median(one.p(share) for one in blocks):.1f}" for share in (50, 99))
        )
    console.print(describe(threads=1))
    console.print(
        f"{rate:.0f} requests a second, 40% of what it can; medians over {given.blocks} blocks of {given.seconds:g} s"
    )
    console.print(table)
    console.print(
        f"ratio {median(one.p(99) for one in seen['with']) / median(one.p(99) for one in seen['without']):.2f}"
    )


if __name__ == "__main__":
    main()
