"""Solve a journey with CP-SAT, and again for genuinely different alternatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from recommender.routing.journey.model import JourneyModel
from recommender.routing.journey.problem import JourneyProblem, JourneySolution
from recommender.routing.journey.wish import SolveLimit


@dataclass
class Work:
    """What is left of a limit, over several solves.

    Attributes
    ----------
    deterministic : float
        For each solve.
    spent : float
        Seconds that solving took.
    cut : bool
        Whether the cap on seconds ended a solve, or kept one from beginning.
    """

    limit: SolveLimit
    seed: int = 0
    deterministic: float = field(init=False)
    spent: float = 0.0
    cut: bool = False

    def __post_init__(self) -> None:
        self.deterministic = self.limit.deterministic
        self._began = 0.0 if self.limit.clock is None else self.limit.clock()

    @property
    def left(self) -> float:
        """Seconds that are left; infinite without a cap."""
        if self.limit.seconds is None:
            return math.inf
        spent = self.spent if self.limit.clock is None else self.limit.clock() - self._began
        return max(self.limit.seconds - spent, 0.0)

    @property
    def over(self) -> bool:
        """Whether no seconds are left; then ``cut`` is set."""
        self.cut = self.cut or self.left <= 0
        return self.cut


def solve(whole: JourneyModel, problem: JourneyProblem, work: Work, hint: Sequence[int] = ()) -> JourneySolution:
    """The best visits within a limit.

    Parameters
    ----------
    hint : sequence of int
        Visits to begin from.
    """
    if work.over:
        return JourneySolution()
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.random_seed = work.seed
    parameters.max_deterministic_time = work.deterministic
    if work.limit.seconds is not None:
        parameters.max_time_in_seconds = max(work.left, 0.001)
    # Measured to prove journeys soonest: the linear relaxation of everything is nearly whole by itself, and
    # looking for symmetries and probing cost more than they find.
    parameters.linearization_level = 2
    parameters.cp_model_probing_level = 0
    parameters.symmetry_level = 0
    model = whole.model
    model.clear_hints()  # type: ignore[no-untyped-call]
    hinted = set(hint)
    if hinted:
        for visit, variable in enumerate(whole.made):
            model.add_hint(variable, visit in hinted)
    status = solver.solve(model)
    did = float(solver.response_proto.deterministic_time)
    work.spent += solver.wall_time
    unfinished = status in (cp_model.FEASIBLE, cp_model.UNKNOWN)
    work.cut = work.cut or (unfinished and did < 0.99 * work.deterministic and work.limit.seconds is not None)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return JourneySolution(impossible=status == cp_model.INFEASIBLE, work=did)
    visits = tuple(visit for visit, variable in enumerate(whole.made) if solver.boolean_value(variable))
    return JourneySolution(
        visits=visits,
        value=solver.objective_value,
        bound=solver.best_objective_bound,
        proven=status == cp_model.OPTIMAL,
        work=did,
    )


def differ(whole: JourneyModel, problem: JourneyProblem, visits: Sequence[int]) -> None:
    """Forbid journeys that share more than half of their stops with one that was found, counted in either.

    Stops that are pinned do not count: they are in every journey.
    """
    own = [activity for activity in problem.activity[list(visits)].tolist() if not problem.pinned[activity]]
    shared = cp_model.LinearExpr.sum([whole.chosen[activity] for activity in own])
    free = [whole.chosen[activity] for activity in np.flatnonzero(~problem.pinned).tolist()]
    whole.model.add(shared <= len(own) // 2)
    whole.model.add(2 * shared <= cp_model.LinearExpr.sum(free))
