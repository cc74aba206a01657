"""How often the search finds the optimum of an outing that CP-SAT proves: ``python -m benchmarks.routes.exact``."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.routes.circuits import Exact, optimum
from benchmarks.routes.faults import faults
from benchmarks.routes.run import ProcessorTime
from benchmarks.routes.towns import random_problem
from recommender.routing.problem import Solution
from recommender.routing.solve import solve, warm_up

# Towns of one seed and the next are so many numbers apart.
APART = 1000
COLUMNS = ("sessions", "town", "status", "prize")
TITLES = "sessions  towns  proven  equal  below  worst gap  infeasible by both  proven by own  faults  search ms p50 / p90 / max"


@dataclass
class Tally:
    """What came of the towns of one size so far."""

    towns: int = 0
    proven: int = 0
    equal: int = 0
    own: int = 0
    impossible: int = 0
    faults: int = 0
    worst: float = 0.0
    took: list[float] = field(default_factory=list)

    def add(self, found: Solution, best: Exact) -> str | None:
        """Count a town; what is worth telling about it."""
        self.towns += 1
        self.own += found.proven
        if found.proven and best.prize > found.prize:
            self.faults += 1
            return f"the search says {found.prize} is proven, CP-SAT found {best.prize}"
        if found.impossible and best.status in ("optimal", "feasible"):
            self.faults += 1
            return f"the search says there is none, CP-SAT found {best.prize}"
        if best.status == "infeasible":
            self.impossible += not found.feasible
            return f"CP-SAT says there is none, the search found {found.prize}" if found.feasible else None
        if best.status != "optimal":
            return None
        self.proven += 1
        gap = 1 - found.prize / best.prize if found.feasible and best.prize else float(not found.feasible)
        self.worst = max(self.worst, gap)
        self.equal += abs(gap) < 1e-9
        if abs(gap) < 1e-9:
            return None
        return f"search {found.prize}, feasible {found.feasible}; optimum {best.prize}"

    def line(self, n: int) -> str:
        """One row of the table."""
        took = " / ".join(f"{np.percentile(self.took, share):.1f}" for share in (50, 90, 100))
        counts = f"{self.proven:6d}  {self.equal:5d}  {self.proven - self.equal:5d}  {100 * self.worst:8.2f}%"
        return f"{n:8d}  {self.towns:5d}  {counts}  {self.impossible:18d}  {self.own:13d}  {self.faults:6d}  {took}"


class Optima:
    """What CP-SAT said of towns before: a CSV file that grows by a row for every new one, or nothing at all."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[tuple[int, int], Exact] = {}
        if file is not None and file.exists():
            with file.open(newline="", encoding="utf-8") as rows:
                for row in csv.DictReader(rows):
                    key = int(row["sessions"]), int(row["town"])
                    self._known[key] = Exact(row["status"], float(row["prize"]))

    def of(self, n: int, town: int, ask: Callable[[], Exact]) -> Exact:
        """What is known of a town, or else what CP-SAT says now."""
        if (n, town) not in self._known:
            best = self._known[n, town] = ask()
            if self._file is not None:
                new = not self._file.exists()
                with self._file.open("a", newline="", encoding="utf-8") as rows:
                    csv.writer(rows).writerows([*([COLUMNS] if new else []), (n, town, best.status, best.prize)])
        return self._known[n, town]


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=100, help="of each size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 60])
    parser.add_argument("--seed", type=int, default=0, help="other towns, and other searches")
    parser.add_argument("--cpu-ms", type=float, default=50.0, help="for the search")
    parser.add_argument("--seconds", type=float, default=30.0, help="for CP-SAT, per town")
    parser.add_argument("--workers", type=int, default=1, help="of CP-SAT")
    parser.add_argument(
        "--optima", type=Path, help="a CSV file that keeps what CP-SAT says, so that it need not be asked again"
    )
    asked = parser.parse_args()
    warm_up()
    optima = Optima(asked.optima)
    print(TITLES)
    for n in asked.sizes:
        tally = Tally()
        for town in range(asked.seed * APART, asked.seed * APART + asked.towns):
            problem = random_problem(town, n)
            began = time.thread_time()
            found = solve(problem, ProcessorTime(asked.cpu_ms), seed=town)
            tally.took.append((time.thread_time() - began) * 1000)
            hint = found if found.feasible else None
            best = optima.of(n, town, partial(optimum, problem, asked.seconds, asked.workers, hint))
            for who, route in (("search", found), ("CP-SAT", best.best)):
                for fault in faults(problem, route) if route is not None else ():
                    tally.faults += 1
                    print(f"  {n} sessions, town {town}: by {who}, {fault}")
            said = tally.add(found, best)
            if said:
                print(f"  {n} sessions, town {town}: {said}")
        print(tally.line(n), flush=True)


if __name__ == "__main__":
    main()
