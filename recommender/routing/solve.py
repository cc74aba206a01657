"""Orienteering: of many possible visits, make those worth most that fit into the days."""

from __future__ import annotations

import numpy as np

from recommender.city import Float64
from recommender.routing.kernel import search, start
from recommender.routing.kernel_state import (
    BEST_WORTH,
    ITERATION,
    Fixed,
    Work,
    fixed_from,
    work_for,
)
from recommender.routing.problem import MaxIterations, Problem, Solution, StoppingCriterion

# Places looked at in one batch, between two questions to the stopping criterion: well under a millisecond.
BATCH = 100_000
_FOREVER = 2**62

SETTINGS = np.array(
    [
        10.0,  # 0 longest string
        0.6,  # 1 longest string as share of the day
        0.75,  # 2 strings
        0.5,  # 3 share of strings that spare their middle
        0.85,  # 4 random visits
        0.98,  # 5 poor visits; else whole day
        3.0,  # 6 most days in one ruin
        0.3,  # 7 heat at first
        0.01,  # 8 heat at last
        0.001,  # 9 weight of time
        2000.0,  # 10 first cycle
        1.5,  # 11 growth of cycles
        1.0,  # 12 lowest exponent
        3.0,  # 13 number of exponents
        0.7,  # 14 noise
        0.05,  # 15 skip
        0.0,  # 16 detour weight, lowest
        1.0,  # 17 highest
        0.0,  # 18 share of gaps passed over
    ]
)


def warm_up() -> None:
    """Compile the kernel, or load it from the disk, so that the first request does not wait for it."""
    visits = np.arange(2, dtype=np.int32)
    windows = np.zeros((1, 2, 1)), np.full((1, 2, 1), 9.0)
    day = np.zeros(1), np.full(1, 9.0)
    solve(Problem(np.ones(2), np.ones(2), *windows, np.ones((4, 4)), *day, visits), MaxIterations(1))


def solve(problem: Problem, stop: StoppingCriterion, seed: int = 0, settings: Float64 = SETTINGS) -> Solution:
    """Search for the route of the highest prize, until ``stop`` says so.

    The greedy fill comes first; every iteration then takes a part of the route out and fills it up again. Equal
    problem, seed and number of iterations give an equal route, however often ``stop`` was asked in between.

    Parameters
    ----------
    problem : Problem
    stop : StoppingCriterion
        Asked before the first iteration and then after batches of under a millisecond.
    seed : int
    settings : float64
        Of the search; leave them as they are.

    Returns
    -------
    Solution
        Never infeasible in time, groups or budgets. With pins or domains that cannot be met it is the one that
        meets most of them, and ``feasible`` is False.
    """
    fixed = fixed_from(problem)
    work = work_for(fixed, seed, settings)
    start(fixed, work)
    most = stop.most if isinstance(stop, MaxIterations) else _FOREVER
    while not stop(int(work.tally[ITERATION]), float(work.value[BEST_WORTH])):
        search(fixed, work, most, BATCH)
    return answer(problem, fixed, work)


def answer(problem: Problem, fixed: Fixed, work: Work) -> Solution:
    """The best route found, with the moments at which its visits begin."""
    visits, days, begins = [], [], []
    for day in range(len(work.best_length)):
        tour = work.best_tour[day]
        time = fixed.day_opens[day]
        for i in range(1, work.best_length[day] + 1):
            visit = tour[i]
            arrival = time + fixed.go[tour[i - 1], visit]
            w = int(np.argmax(arrival <= fixed.closes[day, :, visit]))
            time = max(arrival, fixed.opens[day, w, visit])
            visits.append(visit)
            days.append(day)
            begins.append(time)
    made = np.array(visits, dtype=np.int32)
    return Solution(
        visit=made,
        day=np.array(days, dtype=np.int32),
        begin=np.array(begins, dtype=np.float64),
        prize=float(problem.prize[made].sum()),
        iterations=int(work.tally[ITERATION]),
        feasible=bool(work.value[BEST_WORTH] >= 0.0),
    )
