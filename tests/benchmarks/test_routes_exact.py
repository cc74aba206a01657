"""The second opinion on outings: its optimum by trying everything, and every fault seen once."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from benchmarks.routes.circuits import Exact, optimum
from benchmarks.routes.exact import Optima, Tally
from benchmarks.routes.faults import faults
from benchmarks.routes.towns import random_problem
from recommender.errors import BadInput
from recommender.routing.problem import Problem, Solution


def small(**more: object) -> Problem:
    """Three visits in a row, ten minutes apart; the third asks for the badge of the first."""
    nothing = np.full((1, 3, 1), np.nan)
    return Problem(
        **{
            "prize": np.array([1.0, 5.0, 9.0]),
            "service": np.full(3, 30.0),
            "opens": np.zeros_like(nothing),
            "closes": np.full_like(nothing, 200.0),
            "travel": np.abs(np.subtract.outer([1, 2, 3, 0, 0], [1, 2, 3, 0, 0])) * 10.0,
            "day_opens": np.zeros(1),
            "day_closes": np.array([150.0]),
            "group": np.arange(3, dtype=np.int32),
            "awards": np.array([1, 0, 0], dtype=np.uint64),
            "requires": np.array([0, 0, 1], dtype=np.uint64),
            "domain": np.array([0, 1, 1], dtype=np.int32),
            **more,
        }
    )


def made(visits: list[int], begins: list[float], prize: float) -> Solution:
    rows = np.array(visits, dtype=np.int32)
    return Solution(rows, np.zeros(len(rows), dtype=np.int32), np.array(begins), prize, 0)


def test_the_optimum_of_a_problem_seen_by_eye() -> None:
    found = optimum(small(), 5.0)
    assert (found.status, found.prize) == ("optimal", 15.0)
    assert found.best is not None
    assert not list(faults(small(), found.best))
    assert optimum(small(awards=np.zeros(3, dtype=np.uint64)), 5.0).prize == 6.0
    assert optimum(small(min_domains=3), 5.0).status == "infeasible"
    with pytest.raises(BadInput, match="prize: holds a value that is not whole"):
        optimum(small(prize=np.array([0.5, 1.0, 1.0])), 5.0)


@pytest.mark.parametrize("seed", [0, 3])
def test_no_order_of_few_visits_is_better(seed: int) -> None:
    problem = random_problem(seed, 7)
    if len(problem.day_opens) > 1:
        problem = replace(problem, opens=problem.opens[:1], closes=problem.closes[:1], day_opens=problem.day_opens[:1],
                          day_closes=problem.day_closes[:1])  # fmt: skip
    problem = replace(problem, pinned=np.empty(0, dtype=np.int32), min_domains=0)
    best = 0.0
    for size in range(1, 6):
        for order in permutations(range(7), size):
            at, here, begins = float(problem.day_opens[0]), 7, []
            for visit in order:
                at += problem.travel[here, visit]
                doors = zip(problem.opens[0, visit], problem.closes[0, visit], strict=True)
                at = min((max(at, opens) for opens, closes in doors if at <= closes), default=np.inf)
                begins.append(at)
                at, here = at + problem.service[visit], visit
            prize = float(problem.prize[list(order)].sum())
            if prize > best and np.isfinite(at) and not list(faults(problem, made(list(order), begins, prize))):
                best = prize
    assert optimum(problem, 10.0).prize == best


@pytest.mark.parametrize(
    ("visits", "begins", "prize", "changed", "said"),
    [
        ([0, 2], [10.0, 60.0], 10.0, {"group": np.zeros(3, dtype=np.int32)}, "two visits of one group"),
        ([0], [10.0], 1.0, {"use": np.ones((1, 3)), "limit": np.zeros(1)}, "a budget is exceeded"),
        ([0], [10.0], 2.0, {}, "the prize is not the sum"),
        ([0], [10.0], 1.0, {"closes": np.full((1, 3, 1), 9.0)}, "visit 0 begins at a closed door"),
        ([2], [30.0], 9.0, {}, "visit 2 asks for a badge"),
        ([0, 2], [10.0, 59.0], 10.0, {}, "visit 2 is too soon after 0"),
        ([0], [9.0], 1.0, {}, "visit 0 is too soon after the start"),
        ([0, 2], [10.0, 91.0], 10.0, {}, "home too late"),
        ([0], [10.0], 1.0, {"min_domains": 2}, "says feasible True"),
    ],
)
def test_every_fault_is_seen(
    visits: list[int], begins: list[float], prize: float, changed: dict[str, object], said: str
) -> None:
    found = list(faults(small(**changed), made(visits, begins, prize)))
    assert len(found) == 1
    assert said in found[0]


def test_a_proof_that_is_wrong_is_a_fault() -> None:
    tally = Tally()
    found = made([0], [10.0], 1.0)
    assert tally.add(found, Exact("optimal", 1.0)) is None
    assert "optimum 2.0" in str(tally.add(found, Exact("optimal", 2.0)))
    assert "is proven" in str(tally.add(replace(found, proven=True), Exact("feasible", 2.0)))
    assert "there is none" in str(tally.add(replace(found, feasible=False, impossible=True), Exact("feasible", 2.0)))
    assert tally.add(replace(found, feasible=False, impossible=True), Exact("infeasible")) is None
    assert (tally.towns, tally.proven, tally.equal, tally.impossible, tally.faults) == (5, 2, 1, 1, 2)


def test_what_was_said_of_a_town_is_not_asked_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def ask() -> Exact:
        asked.append(1)
        return Exact("optimal", 7.0)

    for _ in range(2):
        optima = Optima(tmp_path / "optima.csv")
        assert [optima.of(30, town, ask).prize for town in (1, 1, 2)] == [7.0, 7.0, 7.0]
    assert len(asked) == 2
    assert Optima(None).of(30, 1, ask) == Exact("optimal", 7.0)
    assert len(asked) == 3
