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
HERE = ("price", "age", "access", "language", "not_known")
"""What can be in the way of something that is near."""


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Counts of activities for each case.

    Attributes
    ----------
    of : mapping of every name in ``CLASSES`` to float64, shape (n_cases,)
    untold : mapping of every name in ``TOLD`` to float64, shape (n_cases,)
        Of ``not_known``: where that is among what is not told.
    """

    of: dict[str, Float64]
    untold: dict[str, Float64]

    def mean(self, names: dict[str, Float64], weight: Float64) -> dict[str, float]:
        """Means over people, rounded to one decimal; 0 for nobody."""
        total = float(weight.sum())
        return {name: round(float(values @ weight) / total, 1) if total else 0.0 for name, values in names.items()}


def obstacles_of(cases: Cases) -> Obstacles:
    """What keeps each open activity from counting, for every case. What is avoided on purpose is left out."""
    offer, n = cases.offer, len(cases)
    found = {name: np.zeros(n) for name in CLASSES}
    untold = {name: np.zeros(n) for name in TOLD}
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
    return Obstacles(found, untold)


def cause_of(have: float, enough: int, keeps_out: dict[str, float]) -> str | None:
    """The one thing to name for people who have too little.

    Of what is near, the obstacle that keeps out most, when without it there would be enough; otherwise more than one
    thing is in the way of what is near (``several``), or too little is near at all (``near``).

    Parameters
    ----------
    have : float
        Activities that qualify, on average.
    keeps_out : mapping of every name in ``CLASSES`` to float

    Returns
    -------
    str or None
        None where there is enough.
    """
    if have >= enough:
        return None
    most = max(HERE, key=lambda name: keeps_out[name])
    if have + keeps_out[most] >= enough:
        return most
    return "several" if have + sum(keeps_out[name] for name in HERE) >= enough else "near"
