"""The search finds the best route of small problems with every rule, which trying everything finds too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.routing.problem import MaxIterations, Problem, Solution
from recommender.routing.solve import solve

# Wishes met and prize, in the order in which they count.
Rank = tuple[int, int, float]
ITERATIONS = MaxIterations(1500)


@dataclass(frozen=True)
class SoFar:
    """A route on its way: where it stands, and what it has used."""

    day: int
    moment: float
    here: int
    made: tuple[int, ...] = ()


def best_by_trying(problem: Problem) -> Rank:
    """Every feasible route, one visit after the other."""
    best = rank(problem, ())
    open_ends = [SoFar(0, problem.day_opens[0], len(problem))]
    while open_ends:
        route = open_ends.pop()
        n = len(problem)
        home = route.moment + problem.travel[route.here, n + 1] <= problem.day_closes[route.day]
        if home or route.here == n:
            best = max(best, rank(problem, route.made))
            if route.day + 1 < len(problem.day_opens):
                open_ends.append(SoFar(route.day + 1, problem.day_opens[route.day + 1], n, route.made))
        for visit in range(n):
            begin = begin_of(problem, route.day, visit, route.moment + problem.travel[route.here, visit])
            if begin is not None and may_follow(problem, route.made, visit):
                made = (*route.made, visit)
                open_ends.append(SoFar(route.day, begin + problem.service[visit], visit, made))
    return best


def begin_of(problem: Problem, day: int, visit: int, arrival: float) -> float | None:
    for opens, closes in zip(problem.opens[day, visit], problem.closes[day, visit], strict=True):
        if opens <= closes and arrival <= closes:
            return float(max(arrival, opens))
    return None


def may_follow(problem: Problem, made: tuple[int, ...], visit: int) -> bool:
    """Groups, budgets and badges."""
    if problem.group[visit] in problem.group[list(made)]:
        return False
    if problem.use is not None and (problem.use[:, [*made, visit]].sum(axis=1) > problem.limit).any():
        return False
    if problem.requires is None or problem.awards is None:
        return True
    have = 0
    for one in made:
        have |= int(problem.awards[one])
    return not int(problem.requires[visit]) & ~have


def rank(problem: Problem, made: tuple[int, ...]) -> Rank:
    rows = list(made)
    pins = len(set(problem.pinned.tolist()) & set(problem.group[rows].tolist()))
    domains = set() if problem.domain is None else set(problem.domain[rows].tolist()) - {-1}
    return pins, min(len(domains), problem.min_domains), float(problem.prize[rows].sum())


def retold(problem: Problem, solution: Solution) -> Rank:
    """Go through a solution step by step; fails where it breaks a rule."""
    n = len(problem)
    made: tuple[int, ...] = ()
    for day in range(len(problem.day_opens)):
        moment, here = problem.day_opens[day], n
        rows = np.flatnonzero(solution.day == day)
        for row in rows:
            visit = int(solution.visit[row])
            begin = begin_of(problem, day, visit, moment + problem.travel[here, visit])
            assert begin == solution.begin[row]
            assert may_follow(problem, made, visit)
            made = (*made, visit)
            moment, here = begin + problem.service[visit], visit
        assert not len(rows) or moment + problem.travel[here, n + 1] <= problem.day_closes[day]
    assert list(made) == solution.visit.tolist()
    return rank(problem, made)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    n, days, windows = draw(st.integers(1, 5)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xy = rng.integers(0, 20, (n + 2, 2))
    travel = np.abs(xy[:, None] - xy).sum(axis=-1).astype(float)
    if draw(st.booleans()):
        travel[rng.random(travel.shape) < 0.4] = np.inf
        for k in range(n + 2):
            travel = np.minimum(travel, travel[:, k : k + 1] + travel[k : k + 1])
    bounds = np.sort(rng.integers(0, 100, (days, n, 2 * windows)), axis=-1).astype(float)
    bounds[:, :, 2:][rng.random((days, n)) < 0.3] = np.nan
    bounds[rng.random((days, n)) < 0.15] = np.nan
    more: dict[str, object] = {}
    if draw(st.booleans()):
        more |= {"use": rng.integers(0, 4, (2, n)).astype(float), "limit": rng.integers(0, 8, 2).astype(float)}
    if draw(st.booleans()):
        asks = np.where(rng.random(n) < 0.5, rng.integers(0, 4, n), 0)
        more |= {"awards": rng.integers(0, 4, n).astype(np.uint64), "requires": asks.astype(np.uint64)}
    if draw(st.booleans()):
        more |= {"domain": rng.integers(-1, 3, n).astype(np.int32), "min_domains": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        more["pinned"] = rng.choice(n, min(n, draw(st.integers(1, 2))), replace=False).astype(np.int32)
    apart = draw(st.booleans())
    return Problem(
        prize=rng.integers(0, 10, n).astype(float),
        service=rng.integers(0, 10, n).astype(float),
        opens=bounds[:, :, 0::2].copy(),
        closes=bounds[:, :, 1::2].copy(),
        travel=travel,
        day_opens=rng.integers(0, 20, days).astype(float),
        day_closes=rng.integers(50, 140, days).astype(float),
        group=(np.arange(n) if apart else rng.integers(0, n, n)).astype(np.int32),
        **more,  # type: ignore[arg-type]
    )


@given(problems())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_small_problems_are_solved_to_the_optimum(problem: Problem) -> None:
    solution = solve(problem, ITERATIONS)
    best = best_by_trying(problem)
    assert retold(problem, solution) == best
    assert solution.prize == best[2]
    assert solution.feasible == (best[0] == len(problem.pinned) and best[1] == problem.min_domains)
