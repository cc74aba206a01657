"""Solves instances within a budget of processor time and writes what came out."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.routes.check import score_of
from benchmarks.routes.instances import Instance, problem_of
from recommender.routing.problem import Problem
from recommender.routing.solve import solve

Way = Callable[[Problem, float], list[list[int]]]
COLUMNS = ("instance", "days", "score", "best_known", "gap", "cpu_ms", "visits")


class ProcessorTime:
    """Stop when this thread has worked for so many milliseconds since this was made."""

    def __init__(self, milliseconds: float) -> None:
        self.until = time.thread_time() + milliseconds / 1000

    def __call__(self, iterations: int, best: float) -> bool:
        return time.thread_time() >= self.until


@dataclass(frozen=True)
class Outcome:
    """One instance, solved and checked. ``gap`` is a share of the known prize, None where none is known."""

    instance: str
    days: int
    score: float
    best_known: float | None
    cpu_ms: float
    visits: str

    @property
    def gap(self) -> float | None:
        return None if not self.best_known else 1.0 - self.score / self.best_known


def engine(seed: int) -> Way:
    """The way of the engine: the same ``solve`` as the API's."""

    def way(problem: Problem, milliseconds: float) -> list[list[int]]:
        solution = solve(problem, ProcessorTime(milliseconds), seed)
        return [(solution.visit[solution.day == day] + 1).tolist() for day in range(len(problem.day_opens))]

    return way


def outcomes(
    instances: Iterable[Instance], known: dict[tuple[str, int], float], milliseconds: float, way: Way
) -> list[Outcome]:
    """Solve every instance, and let the checker say what the route is worth.

    Raises
    ------
    BadInput
        When a route breaks a rule of its instance.
    """
    done = []
    for instance in instances:
        problem = problem_of(instance)
        begun = time.process_time()
        route = way(problem, milliseconds)
        spent = 1000 * (time.process_time() - begun)
        best = known.get((instance.name, instance.days), known.get((instance.name, 0)))
        visits = "|".join(" ".join(str(instance.node[place]) for place in places) for places in route)
        done.append(Outcome(instance.name, instance.days, score_of(instance, route), best, spent, visits))
    return done


def write(path: Path, done: Sequence[Outcome]) -> None:
    """Write the outcomes as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for one in done:
            gap = "" if one.gap is None else f"{one.gap:.6f}"
            best = "" if one.best_known is None else f"{one.best_known:g}"
            table.writerow([one.instance, one.days, f"{one.score:g}", best, gap, f"{one.cpu_ms:.1f}", one.visits])


def mean_gap(done: Sequence[Outcome]) -> float | None:
    """The mean share that is missing, over instances with a known prize."""
    gaps = [one.gap for one in done if one.gap is not None]
    return sum(gaps) / len(gaps) if gaps else None
