"""Orienteering: of many possible visits, make those worth most that fit into the days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.city import Float64, Int32
from recommender.routing.kernel.search import search, start
from recommender.routing.kernel.state import (
    BEST_WORTH,
    ITERATION,
    Fixed,
    Int64,
    Work,
    fixed_from,
    work_for,
    worth_of,
)
from recommender.routing.problem import MaxIterations, Problem, Solution, StoppingCriterion
from recommender.routing.proving import EVERY, Word, proving

# Places looked at in one batch, between two questions to the stopping criterion: well under a millisecond.
BATCH = 400_000
# The kernel's cost grows with the square of this; of more, the most promising are looked at.
MOST_VISITS = 1000
_FOREVER = 2**62


def warm_up() -> None:
    """Compile the kernel, or load it from the disk, so that the first request does not wait for it."""
    visits = np.arange(2, dtype=np.int32)
    windows = np.zeros((1, 2, 1)), np.full((1, 2, 1), 9.0)
    day = np.zeros(1), np.full(1, 9.0)
    solve(Problem(np.ones(2), np.ones(2), *windows, np.ones((4, 4)), *day, visits), MaxIterations(EVERY + 1))


def solve(problem: Problem, stop: StoppingCriterion, seed: int = 0) -> Solution:
    """Search for the route of the highest prize, until ``stop`` says so or it is proven that there is no better one, or none.

    The greedy fill comes first; every iteration then takes a part of the route out and fills it up again. Equal
    problem, seed and number of iterations give an equal route, however often ``stop`` was asked in between.

    Parameters
    ----------
    problem : Problem
    stop : StoppingCriterion
        Asked before the first iteration and then after batches of under a millisecond.
    seed : int

    Returns
    -------
    Solution
        Never infeasible in time, groups or budgets. With pins or domains that cannot be met ``feasible`` is False, and it is
        the one that meets most of them of those seen until that was proven.
    """
    rows = most_promising(problem)
    if len(rows) < len(problem):
        return _widened(solve(_narrowed(problem, rows), stop, seed), rows)
    fixed = fixed_from(problem)
    work = work_for(fixed, seed)
    start(fixed, work)
    most = stop.most if isinstance(stop, MaxIterations) else _FOREVER
    proof, turn, word = proving(fixed, work, BATCH), EVERY, Word.REST
    while word not in (Word.PROVEN, Word.IMPOSSIBLE) and not stop(
        int(work.tally[ITERATION]), float(work.value[BEST_WORTH])
    ):
        if work.tally[ITERATION] < turn:
            search(fixed, work, min(most, turn), BATCH)
            continue
        word = next(proof, Word.REST)
        turn += EVERY if word == Word.REST else 0
    return answer(problem, fixed, work, word)


def most_promising(problem: Problem) -> Int32:
    """At most ``MOST_VISITS`` rows, ascending: pinned groups, then half by prize and half by prize for the time.

    What cannot be begun on any day comes last. Visits that give a badge are as promising as half of those that
    ask for it.
    """
    n = len(problem)
    if n <= MOST_VISITS:
        return np.arange(n, dtype=np.int32)
    start, end = problem.travel[n, :n], problem.travel[:n, n + 1]
    begin = problem.day_opens[:, None, None] + start[:, None]
    leave = problem.day_closes[:, None, None] - (problem.service + end)[:, None]
    can = ((np.maximum(begin, problem.opens) <= np.minimum(problem.closes, leave)).any(axis=(0, 2))) & (start < np.inf)
    worth = worth_of(problem)
    with np.errstate(invalid="ignore"):
        per_time = np.nan_to_num(worth / (problem.service + 0.5 * (start + end) + 1e-6))
    first = np.isin(problem.group, problem.pinned)
    rank = np.minimum(_ranks(worth), _ranks(per_time))
    order = np.lexsort((rank, ~can, ~(first & can)))
    return np.sort(order[:MOST_VISITS]).astype(np.int32)


def _ranks(value: Float64) -> Int64:
    """0 for the highest."""
    return np.argsort(np.argsort(-value, kind="stable"), kind="stable")


def _narrowed(problem: Problem, rows: Int32) -> Problem:
    """The problem of those rows alone. Groups keep being apart; a pinned group of which no row is left is still pinned."""
    n = len(problem)
    ends = np.r_[rows, n, n + 1]
    known, group = np.unique(problem.group[rows], return_inverse=True)
    pinned = np.searchsorted(known, problem.pinned)
    absent = ~np.isin(problem.pinned, known)
    pinned[absent] = len(known) + np.arange(absent.sum())
    return Problem(
        prize=problem.prize[rows],
        service=problem.service[rows],
        opens=problem.opens[:, rows],
        closes=problem.closes[:, rows],
        travel=problem.travel[np.ix_(ends, ends)],
        day_opens=problem.day_opens,
        day_closes=problem.day_closes,
        group=group.astype(np.int32),
        pinned=pinned.astype(np.int32),
        use=None if problem.use is None else problem.use[:, rows],
        limit=problem.limit,
        awards=None if problem.awards is None else problem.awards[rows],
        requires=None if problem.requires is None else problem.requires[rows],
        domain=None if problem.domain is None else problem.domain[rows],
        min_domains=problem.min_domains,
    )


def _widened(solution: Solution, rows: Int32) -> Solution:
    # What was left out of the search was left out of the proof too.
    return replace(solution, visit=rows[solution.visit], proven=False, impossible=False)


def answer(problem: Problem, fixed: Fixed, work: Work, word: Word) -> Solution:
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
        proven=word == Word.PROVEN,
        impossible=word == Word.IMPOSSIBLE,
    )
