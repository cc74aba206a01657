"""What happened in the simulated city, and how an enjoyed visit wakes a new interest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulation.exposure import Exposure, draw
from recommender.city import Bool, Float64, Int32, Int64

_STEP, _TOP = 0.5, 2.0


@dataclass(frozen=True, eq=False)
class Visits:
    """What happened, one row for each visit in the order of time.

    ``session`` is ``UNKNOWN`` for a visit with school; ``chosen_by`` indexes ``CHOSEN_BY``; ``at`` is in seconds since
    1970 UTC; ``enjoyed`` is the truth, also where no table says it.
    """

    learner: Int32
    activity: Int32
    session: Int32
    at: Int64
    chosen_by: Int32
    enjoyed: Bool


@dataclass(frozen=True, eq=False)
class Shifts:
    """Every awakened interest: at which moment it grew, whose, in which theme, by how much."""

    at: Int64
    learner: Int32
    theme: Int32
    by: Float64


@dataclass(frozen=True, eq=False)
class History:
    """The seasons as they went.

    Attributes
    ----------
    visits : Visits
    exposure : Exposure
    shifts : Shifts
    snapshots : float64, shape (n_seasons, n_learners, n_themes)
        Interests at ``snapshot_at``.
    snapshot_at : int64, shape (n_seasons,)
        The first look of each season, seconds since 1970 UTC.
    interest : float64, shape (n_learners, n_themes)
        Interests at ``as_of``.
    taken : int64, shape (n_sessions,)
        Sign-ups.
    popularity : float64, shape (n_activities,)
        Sign-ups in the 30 days before ``as_of``.
    visited : bool, shape (n_learners, n_activities)
    """

    visits: Visits
    exposure: Exposure
    shifts: Shifts
    snapshots: Float64
    snapshot_at: Int64
    interest: Float64
    taken: Int64
    popularity: Float64
    visited: Bool


def woken(neighbours: Bool, weights: Float64, interest: Float64, rng: np.random.Generator) -> tuple[Int32, Float64]:
    """The neighbouring theme that each enjoyed visit wakes, and by how much interest in it grows.

    Parameters
    ----------
    neighbours : bool, shape (n_themes, n_themes)
    weights : float64, shape (n_visits, n_themes)
        Theme weights of the activities visited.
    interest : float64, shape (n_visits, n_themes)
        Of their visitors.

    Returns
    -------
    theme : int32, shape (n_visits,)
        ``UNKNOWN`` where the activity's themes have no neighbours.
    by : float64, shape (n_visits,)
        Half of the way to a strong interest; 0 where it was strong already.
    """
    place = draw((weights @ neighbours) * (weights == 0), rng)
    there = np.take_along_axis(interest, np.maximum(place, 0)[:, None], axis=1)[:, 0]
    by = np.where(place >= 0, _STEP * np.maximum(0.0, _TOP - there), 0.0)
    return place.astype(np.int32), by
