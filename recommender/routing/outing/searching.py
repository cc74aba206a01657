"""From a question to the rows of its best route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import Posed, pose
from recommender.routing.outing.settling import Days, settled
from recommender.routing.outing.visits import visits_of
from recommender.routing.outing.ways import TooSlow, slower, ways_of
from recommender.routing.problem import Problem, Solution

Search = Callable[[Problem], Solution]
TRIES = 6
"""So often a route is planned again because a timetable has nothing at the planned moment."""


@dataclass(frozen=True, eq=False)
class Found:
    """A problem and its best route; ``days`` is None when the request cannot be met, or brings no visit at all."""

    posed: Posed
    days: Days | None

    @property
    def made(self) -> tuple[int, ...]:
        """Visits, as rows of the problem; pauses left out."""
        return tuple(row for order in self.days or () for row in order if row < len(self.posed))

    @property
    def worth(self) -> float:
        """The prize of the route."""
        return float(self.posed.problem.prize[list(self.made)].sum())


def find(asked: Asked, search: Search) -> Found:
    """Gather, pose and search."""
    posed = pose(asked, visits_of(asked))
    return Found(posed, None) if posed.missing else best_of(asked, posed, search)


def best_of(
    asked: Asked, posed: Posed, search: Search, narrowed: Callable[[Problem], Problem] = lambda problem: problem
) -> Found:
    """The best route of a problem, narrowed by further limits; one that really arrives in time."""
    if not len(posed):
        return Found(posed, None)
    for _ in range(TRIES):
        solution = search(narrowed(posed.problem))
        if not solution.feasible or not (solution.visit < len(posed)).any():
            break
        days = tuple(tuple(solution.visit[solution.day == day].tolist()) for day in range(len(asked.days)))
        found = settled(posed, days)
        if found is None:
            break
        try:
            for day, order in enumerate(found):
                if order:
                    ways_of(asked, posed, day, order)
        except TooSlow as late:
            posed = slower(posed, late.way)
            continue
        return Found(posed, found)
    return Found(posed, None)
