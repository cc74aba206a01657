"""Measure the statistics of the evaluation, and print what they promise beside what they do.

python -m benchmarks.statistics                            # everything; a quarter of an hour on two cores
python -m benchmarks.statistics coverage gaps --worlds 200 # some of it, quickly
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.machine import describe
from benchmarks.statistics import cities, coverage, drawn, gaps
from benchmarks.statistics.people import Scores, joined, scores
from data.simulation import SimulationConfig, simulate

TOWNS = (5, 6, 7)
UNSEEN = (9, 10, 11, 12)
"""Towns on which nothing was chosen: how intervals are made was chosen in towns 5 and 6."""
PEOPLE = (200, 600, 1500)
CUTS = (30, 100, 300)


def grid(title: str, *heads: str) -> Grid:
    """A table whose first column is words and whose others are numbers."""
    table = Grid(title=title, title_justify="left", header_style="")
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    return table


def coverage_tables(people: Scores, towns: Sequence[int], worlds: int, jobs: int) -> list[Grid]:
    """Coverage of figures by size, ours beside percentiles; and where learners stand in several cuts."""
    named = f"towns {', '.join(map(str, towns))}"
    known = coverage.populations(people.figures)
    heads = [f"n={n} {method}" for n in coverage.SIZES for method in coverage.METHODS]
    first = grid(
        f"95% intervals that hold the truth, {worlds} worlds each (made per learner, {named})", "figure", "mean", *heads
    )
    cases = [(name, n, method) for name in known for n in coverage.SIZES for method in coverage.METHODS]
    found = Parallel(n_jobs=jobs)(
        delayed(coverage.covered)(*known[name], n, worlds, 1, method) for name, n, method in cases
    )
    held = dict(zip(cases, found, strict=True))
    for name, (values, _) in known.items():
        cells = [f"{held[name, n, method]:.3f}" for n in coverage.SIZES for method in coverage.METHODS]
        first.add_row(name, f"{values.mean():.3f}", *cells)
    second = grid(
        f"learners in one to three cuts ({named})", "figure", *(f"n={n} {kind}" for n in CUTS for kind in _AS)
    )
    ranged = {name: (values, bounds) for name, (values, bounds) in known.items() if bounds is not None}
    both = Parallel(n_jobs=jobs)(
        delayed(coverage.seasons)(*ranged[name], n, worlds, n) for name in ranged for n in CUTS
    )
    for place, name in enumerate(ranged):
        parts = both[place * len(CUTS) : (place + 1) * len(CUTS)]
        second.add_row(name, *(f"{part[kind]:.3f}" for part in parts for kind in _AS))
    return [first, second]


def gap_tables(people: Scores, worlds: int, jobs: int) -> list[Grid]:
    """How often any alarm rings in worlds made per learner."""
    first = grid(
        "share of worlds in which the alarm rings (made per learner)", "world", "people", "worlds", "any", *_GROUPINGS
    )
    for kind in gaps.KINDS:
        for n in PEOPLE if kind != "gap of 0.10" else PEOPLE[1:]:
            some = worlds if kind in ("alike", "other spread") and n < PEOPLE[-1] else max(100, worlds // 10)
            rate, each = gaps.rings(people, n, kind, some, jobs)
            cells = [str(n), str(some), f"{rate:.4f}", *(f"{one:.4f}" for one in each)]
            print(kind, *cells, file=sys.stderr, flush=True)
            first.add_row(kind, *cells)
    second = grid("twelve identical groups of thirty", "mean gap between best and worst, NDCG@10")
    second.add_row(f"{gaps.twelve_of_thirty(people, min(worlds, 500)):.3f}")
    return [first, second]


def drawn_tables(worlds: int, jobs: int) -> list[Grid]:
    """Whether IPS, SNIPS and DR hold the true worth of another policy."""
    looks = drawn.looks_of(simulate(SimulationConfig(seed=4)), 300, 0)
    table = grid(
        f"the true worth of another policy is held, {worlds} logs each (of a simulated city's looks)",
        "policy", "slots", "effective", "truth", "IPS", "SNIPS", "DR", "width IPS", "width DR", "claimed",
    )  # fmt: skip
    for name in drawn.POLICIES:
        for slots in (500, drawn.SLOTS, 2 * drawn.SLOTS):
            one = drawn.held(looks, name, slots, worlds, jobs)
            claimed = "yes" if slots >= drawn.SLOTS and one.effective >= drawn.EFFECTIVE else "no"
            cells = [f"{one.covered[key]:.3f}" for key in ("ips", "snips", "dr")]
            widths = [f"{one.width[key]:.4f}" for key in ("ips", "dr")]
            table.add_row(name, str(slots), f"{one.effective:.0f}", f"{one.truth:.4f}", *cells, *widths, claimed)
    return [table]


def city_tables(worlds: int, jobs: int) -> list[Grid]:
    """Whole simulated cities, from the draw of the town to the written results."""
    return cities.tables(max(10, worlds // 50), jobs, grid)


def _living_in(towns: Sequence[int], jobs: int) -> Scores:
    return joined(Parallel(n_jobs=jobs)(delayed(scores)(seed, 2000) for seed in towns))


_AS = ("clusters", "rows")
_GROUPINGS = ("area", "age", "history", "domain")
PARTS = ("coverage", "gaps", "drawn", "cities")


def main(arguments: Sequence[str] | None = None, show: Callable[[Grid], None] | None = None) -> int:
    """Run from the command line; ``show`` takes each table when it is ready."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.statistics", description="Does it hold what it promises?"
    )
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="|".join(PARTS), help="what to measure; default all")
    parser.add_argument("--worlds", type=int, default=2000, help="worlds of each kind")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args(arguments)
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown or given.worlds < 10 or given.jobs < 1:
        print(f"parts are {', '.join(PARTS)}; --worlds at least 10; --jobs at least 1", file=sys.stderr)
        return 2
    console = Console(width=180)
    show = show or console.print
    people = unseen = None
    if {"coverage", "gaps"} & set(given.parts):
        people = _living_in(TOWNS, given.jobs)
    if "coverage" in given.parts:
        unseen = _living_in(UNSEEN, given.jobs)
    makers: dict[str, Callable[[], list[Grid]]] = {
        "coverage": lambda: [
            *coverage_tables(people, TOWNS, given.worlds, given.jobs),  # type: ignore[arg-type]
            *coverage_tables(unseen, UNSEEN, given.worlds, given.jobs),  # type: ignore[arg-type]
        ],
        "gaps": lambda: gap_tables(people, given.worlds, given.jobs),  # type: ignore[arg-type]
        "drawn": lambda: drawn_tables(max(50, given.worlds // 4), given.jobs),
        "cities": lambda: city_tables(given.worlds, given.jobs),
    }
    for part in given.parts:
        begun = time.process_time()
        for table in makers[part]():
            show(table)
        print(f"{part}: {time.process_time() - begun:.0f} CPU-seconds in this process", file=sys.stderr)
    print(describe(given.jobs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
