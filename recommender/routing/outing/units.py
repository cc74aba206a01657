"""The search weighs time against prize in the units of the instances it was tuned on: days of about a thousand, prizes of
about sixteen. Powers of two bring any problem there and change no sum, no comparison and no answer's meaning.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.routing.problem import Problem, Solution

DAY, PRIZE = 1024.0, 16.0


def as_tuned(problem: Problem) -> tuple[Problem, float, float]:
    """The same problem in those units, and the factors of time and prize."""
    prizes = problem.prize[problem.prize > 0]
    longest = float((problem.day_closes - problem.day_opens).max(initial=0.0))
    time = _power(DAY / longest) if longest > 0 else 1.0
    prize = _power(PRIZE / float(prizes.mean())) if len(prizes) else 1.0
    scaled = replace(
        problem,
        prize=problem.prize * prize,
        service=problem.service * time,
        opens=problem.opens * time,
        closes=problem.closes * time,
        travel=problem.travel * time,
        day_opens=problem.day_opens * time,
        day_closes=problem.day_closes * time,
    )
    return scaled, time, prize


def _power(factor: float) -> float:
    """The power of two nearest to a factor."""
    return float(np.exp2(np.rint(np.log2(factor))))


def back(solution: Solution, time: float, prize: float) -> Solution:
    """A solution in the units of the question."""
    return replace(solution, begin=solution.begin / time, prize=solution.prize / prize)
