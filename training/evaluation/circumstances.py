"""What is open to whom at their own moment, how near it is, and what of it everybody should be able to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Catalogue, Float64, Int64
from recommender.eligibility import Eligible, Pool, eligible, open_pool
from recommender.guarantee import WITHIN_MINUTES
from recommender.passport import Passport, Request
from recommender.travel import travel_minutes
from training.evaluation.baselines import NOT_KNOWN_MINUTES


@dataclass(frozen=True, eq=False)
class Circumstances:
    """A block of learners at their moments.

    Attributes
    ----------
    allowed : bool, shape (n_learners, n_activities)
        Open and eligible, by the engine's own filters.
    nearest : float64, shape (n_learners, n_activities)
        Minutes to the nearest such session by the city's usual mode, ``NOT_KNOWN_MINUTES`` where that is not known.
    within : bool, shape (n_learners, n_activities)
        Free, known to fit the age, access known, and a session at most 20 minutes away on foot: what the
        opportunity guarantee speaks of.
    claims : bool, shape (n_learners,)
        Home and age are known; without them nothing is ``within`` and nothing can be said.
    """

    allowed: Bool
    nearest: Float64
    within: Bool
    claims: Bool


def circumstances(
    passports: Sequence[Passport], catalogue: Catalogue, at: Int64, pools: dict[int, Pool], closes: int | None = None
) -> Circumstances:
    """What is open to each learner at their moment.

    Parameters
    ----------
    at : int64, shape (n_learners,)
        Seconds since 1970 UTC.
    pools : dict
        What was open at moments seen before; filled.
    closes : int or None
        Later sessions do not count, seconds since 1970 UTC.
    """
    shape = (len(passports), len(catalogue.activities))
    allowed, within = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    nearest = np.full(shape, NOT_KNOWN_MINUTES)
    claims = np.array([one.home is not None and not np.isnan(one.age_low) for one in passports], dtype=np.bool_)
    for row, (passport, moment) in enumerate(zip(passports, at.tolist(), strict=True)):
        request = Request(at=moment, closes=closes, count=1, explain=False)
        if moment not in pools:
            pools[moment] = open_pool(catalogue, request)
        can = eligible(passport, catalogue, request, pools[moment])
        if not len(can.activities):
            continue
        allowed[row, can.activities] = True
        minutes = np.nan_to_num(can.minutes, nan=NOT_KNOWN_MINUTES)
        nearest[row, can.activities] = np.minimum.reduceat(minutes, can.first)
        if claims[row]:
            within[row, can.activities] = _within(passport, can, catalogue)
    return Circumstances(allowed, nearest, within, claims)


def _within(passport: Passport, can: Eligible, catalogue: Catalogue) -> Bool:
    """The rule of ``recommender.guarantee``, without a list. Shape (n_eligible,)."""
    sessions = catalogue.sessions
    minutes = travel_minutes(
        passport.home, sessions.lat[can.sessions], sessions.lon[can.sessions], catalogue.travel["walk"]
    )
    free = catalogue.activities.price[can.activities] == 0
    known = catalogue.activities.access_known[can.activities] & ~can.not_known["age"]
    found: Bool = np.logical_or.reduceat(minutes <= WITHIN_MINUTES, can.first) & free & known
    return found
