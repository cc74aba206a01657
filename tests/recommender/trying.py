"""The best route of a small problem by trying every one, and a solution gone through step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.routing.problem import Problem, Solution

# Wishes met and prize, in the order in which they count.
Rank = tuple[int, int, float]


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
