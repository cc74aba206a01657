"""What keeps an activity from counting for somebody: the one thing that would have to be otherwise.

Every open activity is in exactly one class for each case: it qualifies; one thing alone stands in the way (``near``,
``price``, ``age``, ``access``, ``language``); only something that the city does not tell does (``not_known``); or more than
one thing (``several``). So the figures are counterfactual: as many would qualify more, were that one thing lifted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Float64
from recommender.insight.cases import Cases

SINGLE = ("near", "price", "age", "access", "language")
CLASSES = (*SINGLE, "near_30", "near_45", "not_known", "several")
"""``near_30`` and ``near_45`` are those of ``near`` that are at most so many minutes away."""
TOLD = ("price", "age", "access", "place")
STEPS = ("near", "age", "language", "access", "price", "not_known")
"""The steps of the funnel, in the order in which a family meets them; what is not told passes until the last one."""


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Counts of activities for each case.

    Attributes
    ----------
    of : mapping of every name in ``CLASSES`` to float64, shape (n_cases,)
    untold : mapping of every name in ``TOLD`` to float64, shape (n_cases,)
        Of ``not_known``: where that is among what is not told.
    left : mapping of every name in ``STEPS`` to float64, shape (n_cases,)
        How many are left after each step of the funnel.
    """

    of: dict[str, Float64]
    untold: dict[str, Float64]
    left: dict[str, Float64]

    def mean(self, names: dict[str, Float64], weight: Float64) -> dict[str, float]:
        """Means over people, rounded to one decimal; 0 for nobody."""
        total = float(weight.sum())
        return {name: round(float(values @ weight) / total, 1) if total else 0.0 for name, values in names.items()}


def obstacles_of(cases: Cases) -> Obstacles:
    """What keeps each open activity from counting, for every case. What is avoided on purpose is left out."""
    offer, n = cases.offer, len(cases)
    found = {name: np.zeros(n) for name in CLASSES}
    untold = {name: np.zeros(n) for name in TOLD}
    funnel = {name: np.zeros(n) for name in STEPS}
    for block in cases.blocks():
        minutes = cases.minutes[cases.home[block]]
        shape = minutes.shape
        near = cases.near_sessions[cases.home[block]] > 0
        unplaced = np.isnan(minutes)
        against: dict[str, Bool] = {
            "near": ~near & ~unplaced,
            "price": np.broadcast_to(~offer.free & offer.price_known, shape),
            "age": ~cases.fits[cases.age[block]],
            "access": np.broadcast_to(~offer.access_met, shape),
            "language": ~cases.speaks[cases.tongue[block]],
        }
        unknown: dict[str, Bool] = {
            "price": np.broadcast_to(~offer.price_known, shape),
            "age": np.broadcast_to(~offer.age_known, shape),
            "access": np.broadcast_to(~offer.access_known, shape),
            "place": unplaced,
        }
        wanted = cases.wanted[cases.avoid[block]]
        many = np.sum(list(against.values()), axis=0, dtype=np.int8)
        unsure = np.logical_or.reduce(list(unknown.values()))
        alone = wanted & (many == 1) & ~unsure
        for name in SINGLE:
            found[name][block] = (alone & against[name]).sum(axis=1)
        for limit in (30, 45):
            found[f"near_{limit}"][block] = (alone & against["near"] & (minutes <= limit)).sum(axis=1)
        open_question = wanted & (many == 0) & unsure
        found["not_known"][block] = open_question.sum(axis=1)
        found["several"][block] = (wanted & ((many > 1) | ((many == 1) & unsure))).sum(axis=1)
        for name in TOLD:
            untold[name][block] = (open_question & unknown[name]).sum(axis=1)
        left = wanted & (near | unplaced)
        for name in STEPS:
            left = left & (~unsure if name == "not_known" else ~against[name])
            funnel[name][block] = left.sum(axis=1)
    return Obstacles(found, untold, funnel)


def cause_of(enough: int, left: dict[str, float]) -> str | None:
    """The one thing to name for people who have too little: the first step of the funnel after which it is too little.

    Parameters
    ----------
    left : mapping of every name in ``STEPS`` to float
        Activities left after each step, on average.

    Returns
    -------
    str or None
        None where there is enough after the last step.
    """
    return next((name for name in STEPS if left[name] < enough), None)
