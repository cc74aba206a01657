"""From a question to the rows of its best route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.routing.asking import Asked
from recommender.routing.posing import Posed, pose
from recommender.routing.problem import Problem, Solution
from recommender.routing.telling import Days, settled
from recommender.routing.visits import visits_of

Search = Callable[[Problem], Solution]


@dataclass(frozen=True, eq=False)
class Found:
    """A problem and its best route; ``days`` is None when the request cannot be met, or brings no visit at all."""

    posed: Posed
    days: Days | None

    @property
    def made(self) -> tuple[int, ...]:
        """Visits, as rows of the problem; pauses left out."""
        n = len(self.posed)
        return tuple(row for order in self.days or () for row in order if row < n)


def find(asked: Asked, search: Search) -> Found:
    """Gather, pose and search."""
    posed = pose(asked, visits_of(asked))
    return Found(posed, None if posed.missing else best_of(posed, posed.problem, search))


def best_of(posed: Posed, problem: Problem, search: Search) -> Days | None:
    """The best route of a problem over the rows of ``posed``, or None."""
    if not len(posed) or not (problem.day_opens < problem.day_closes).any():
        return None
    solution = search(problem)
    if not solution.feasible or not (solution.visit < len(posed)).any():
        return None
    days = tuple(tuple(solution.visit[solution.day == day].tolist()) for day in range(len(problem.day_opens)))
    return settled(posed, days)


def worth(posed: Posed, days: Days) -> float:
    """The prize of a route."""
    return float(posed.problem.prize[np.array([row for order in days for row in order], dtype=np.int64)].sum())
