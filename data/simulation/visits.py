"""Season after season, day by day: people look, choose, turn up or not, and sometimes find a new interest."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from data.simulation.config import SimulationConfig
from data.simulation.exposure import joined
from data.simulation.history import History, Shifts, Visits
from data.simulation.life import SCHOOL, Life
from data.simulation.offer import Offer
from data.simulation.people import People
from recommender.city import UNKNOWN, Bool, Float64, Int32, Int64


def live(
    config: SimulationConfig,
    offer: Offer,
    people: People,
    interest: Float64,
    parent: Int32,
    neighbours: Bool,
    season_starts: Sequence[int],
    as_of: int,
    zone: ZoneInfo,
    with_school: tuple[Int32, Int32, Int64],
) -> History:
    """Let the seasons go by up to ``as_of``.

    Parameters
    ----------
    interest : float64, shape (n_learners, n_themes)
        At the start.
    season_starts : sequence of int
        Seconds since 1970 UTC, the first being the first day.
    with_school : learner, activity, at
        Visits that a school planned.
    """
    life = Life(config, offer, people, interest, parent, neighbours, season_starts[0], as_of, zone)
    pupil, activity, at = with_school
    none = np.full(len(pupil), UNKNOWN, dtype=np.int64)
    life.plan(pupil, none.astype(np.int32), activity, at, np.full(len(pupil), SCHOOL), none)
    snapshots, moments = [life.interest.copy()], [int(life.days[0])]
    for day, now in enumerate(life.days):
        life.settle(day)
        if len(snapshots) < len(season_starts) and now >= season_starts[len(snapshots)]:
            if config.drift:
                life.drift(len(snapshots))
            if config.fashion:
                life.turn()
            snapshots.append(life.interest.copy())
            moments.append(int(now))
        life.look(day)
    life.settle(len(life.days))
    return _history(life, np.array(snapshots), np.array(moments, dtype=np.int64))


def _columns(parts: list[tuple[np.ndarray, ...]], dtypes: Sequence[type]) -> list[np.ndarray]:
    if not parts:
        return [np.empty(0, dtype=dtype) for dtype in dtypes]
    return [
        np.concatenate(column).astype(dtype) for column, dtype in zip(zip(*parts, strict=True), dtypes, strict=True)
    ]


def _history(life: Life, snapshots: Float64, moments: Int64) -> History:
    i4, i8 = np.int32, np.int64
    visits = _columns(life.visits, (i4, i4, i4, i8, i4, np.bool_))
    order = np.lexsort((visits[0], visits[3]))
    exposure = joined(life.log)
    for row, enjoyed in life.settled:
        exposure.visited[row] = True
        exposure.enjoyed[row] = enjoyed
    return History(
        visits=Visits(*(column[order] for column in visits)),
        exposure=exposure,
        shifts=Shifts(*_columns(life.shifts, (i8, i4, i4, np.float64))),
        snapshots=snapshots,
        snapshot_at=moments,
        interest=life.interest,
        taken=life.taken,
        popularity=life.popularity(len(life.days)),
        visited=life.visited,
    )
