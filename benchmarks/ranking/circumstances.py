"""Baselines that look at the agenda and the map, and at nobody's interest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.ranking.engine import passports_of
from benchmarks.ranking.peers import timed
from benchmarks.ranking.split import Split
from recommender.city import Float64, Int32
from recommender.eligibility import eligible, open_pool
from training.evaluation.baselines import FREE_FIRST, NOT_KNOWN_MINUTES, first_held


@dataclass(frozen=True, eq=False)
class Openings:
    """What is open to whom.

    Attributes
    ----------
    soonest : float64, shape (n_learners, n_activities)
        When the next session starts, seconds since 1970 UTC; NaN where an activity is not open to the learner.
    nearest : float64, shape (n_learners, n_activities)
        Minutes to the nearest session, ``NOT_KNOWN_MINUTES`` where that is not known; NaN where soonest is.
    """

    soonest: Float64
    nearest: Float64


def openings(split: Split) -> Openings:
    """What the engine's own filters leave for every learner of a split."""
    catalogue, request = split.catalogue, split.request
    soonest = np.full((len(split.learners), split.n_activities), np.nan)
    nearest = soonest.copy()
    pool = open_pool(catalogue, request)
    for row, passport in enumerate(passports_of(split)):
        can = eligible(passport, catalogue, request, pool)
        if len(can.activities):
            starts = np.maximum(catalogue.sessions.start[can.sessions], request.at).astype(np.float64)
            soonest[row, can.activities] = np.minimum.reduceat(starts, can.first)
            minutes = np.nan_to_num(can.minutes, nan=NOT_KNOWN_MINUTES)
            nearest[row, can.activities] = np.minimum.reduceat(minutes, can.first)
    return Openings(soonest, nearest)


class Agenda:
    """Ranks by one look at what is open."""

    needs_visits = False

    def __init__(self, name: str, score: Callable[[Split, Openings], Float64], seed: int) -> None:
        self.name = name
        self._score, self._seed = score, seed

    def fit(self, split: Split) -> float:
        return 0.0

    def rank(self, split: Split) -> tuple[Int32, float]:
        scores = self._score(split, openings(split))
        return timed(split, lambda block: scores[block], np.zeros(split.n_activities), self._seed)


def soonest_first(seed: int) -> Agenda:
    """What takes place first."""
    return Agenda("soonest", lambda split, found: -found.soonest, seed)


def newest_first(seed: int) -> Agenda:
    """What was never held before, by the start of its very first session."""

    def score(split: Split, found: Openings) -> Float64:
        return np.where(np.isnan(found.soonest), np.nan, first_held(split.catalogue.sessions, split.n_activities))

    return Agenda("newest", score, seed)


def nearest_and_free(seed: int) -> Agenda:
    """What is free, nearest first; then the rest."""

    def score(split: Split, found: Openings) -> Float64:
        free: Float64 = np.where(split.catalogue.activities.price == 0, FREE_FIRST, 0.0) - found.nearest
        return free

    return Agenda("nearest and free", score, seed)
