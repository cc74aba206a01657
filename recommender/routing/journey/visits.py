"""Visits that a journey could make: sessions and proposals, in its weeks, where there is a way to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Bool, Float64, Int32, Int64
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.times import DropIns, Horizon, days_of, weeks_of


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits that could be made. ``position`` is the activity's among what is eligible; the rest as in the problem.

    ``open_known`` says whether the door is known to be open.
    """

    position: Int64
    session: Int32
    begin: Int64
    end: Int64
    open_known: Bool

    def __len__(self) -> int:
        return len(self.position)

    def at(self, rows: Int64 | Bool) -> Visits:
        """Some of them."""
        return Visits(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def all_visits(asked: Asked, horizon: Horizon, free: Bool) -> Visits:
    """Every session, and for those where one may drop in a moment a week, of activities that are free."""
    can, sessions = asked.can, asked.catalogue.sessions
    position = np.repeat(np.arange(len(can.first)), np.diff(can.first, append=len(can.sessions)))
    keep = free[position]
    position, row = position[keep], can.sessions[keep]
    drop_in = sessions.drop_in[row]
    fixed = ~drop_in
    doors = DropIns(asked.catalogue.clock, horizon, asked.hours)
    come: list[tuple[int, int, int, int, bool]] = []
    for place in np.flatnonzero(drop_in).tolist():
        session = int(row[place])
        start, end, venue = int(sessions.start[session]), int(sessions.end[session]), int(sessions.venue[session])
        found = doors.visits(start, end, venue)
        come += [(int(position[place]), session, begin, until, known) for begin, until, known in found]
    table = np.array(come, dtype=np.int64).reshape(-1, 5)
    return Visits(
        position=np.concatenate([position[fixed], table[:, 0]]),
        session=np.concatenate([row[fixed], table[:, 1]]).astype(np.int32),
        begin=np.concatenate([sessions.start[row[fixed]], table[:, 2]]),
        end=np.concatenate([sessions.end[row[fixed]], table[:, 3]]),
        open_known=np.concatenate([np.ones(int(fixed.sum()), dtype=np.bool_), table[:, 4].astype(np.bool_)]),
    )


def _drop(visits: Visits, barred: np.ndarray, out: Bool, why: str) -> Visits:
    """Without some visits; an activity that loses its last one to this is barred for it."""
    lost = np.zeros(len(barred), dtype=np.bool_)
    lost[visits.position] = True
    visits = visits.at(~out)
    lost[visits.position] = False
    barred[lost & (barred == "")] = why
    return visits


def in_time(asked: Asked, horizon: Horizon, visits: Visits, barred: np.ndarray) -> tuple[Visits, np.ndarray]:
    """Visits within the weeks, outside rest weeks and holidays."""
    barred = barred.copy()
    some = np.zeros(len(barred), dtype=np.bool_)
    some[visits.position] = True
    barred[~some & (barred == "")] = "no_session_then"
    week = week_of(asked, horizon, visits)
    late = (visits.begin < horizon.opens) | (week < 0) | (week >= horizon.weeks) | (visits.begin < asked.request.at)
    visits = _drop(visits, barred, late, "no_session_then")
    visits = _drop(visits, barred, np.isin(week_of(asked, horizon, visits), asked.wish.rest_weeks), "rest_week")
    for start, end in asked.wish.holidays:
        visits = _drop(visits, barred, (visits.begin < end) & (visits.end > start), "holiday")
    return visits, barred


def week_of(asked: Asked, horizon: Horizon, visits: Visits) -> Int64:
    """Weeks from 0. Shape (n_visits,)."""
    return weeks_of(days_of(asked.catalogue.clock, visits.begin)) - horizon.first


def on_the_way(asked: Asked, visits: Visits, barred: np.ndarray) -> tuple[Visits, np.ndarray]:
    """Only visits that there is a way to, and that one can still be at."""
    lat, lon, place = places(asked, visits)
    way = np.append(from_home(asked, lat, lon), np.nan)[place]
    barred = barred.copy()
    soon = visits.begin - np.ceil(np.nan_to_num(way, posinf=0.0) * 60) < asked.request.at
    gone = np.isinf(way)
    kept = _drop(visits, barred, gone, "too_far")
    return _drop(kept, barred, soon[~gone], "no_time"), barred


def places(asked: Asked, visits: Visits) -> tuple[Float64, Float64, Int32]:
    """Where the different places are, and the place of each visit; ``UNKNOWN`` where nobody knows."""
    sessions = asked.catalogue.sessions
    where = np.column_stack([sessions.lat[visits.session], sessions.lon[visits.session]])
    known = ~np.isnan(where).any(axis=1)
    points, index = np.unique(where[known], axis=0, return_inverse=True)
    place = np.full(len(visits), UNKNOWN, dtype=np.int32)
    place[known] = index.reshape(-1)
    return points[:, 0].copy(), points[:, 1].copy(), place


def from_home(asked: Asked, lat: Float64, lon: Float64) -> Float64:
    """Minutes from the start to each place, as on the first day; NaN where nobody knows where the start is."""
    if asked.start is None or not len(lat):
        return np.full(len(lat), np.nan)
    here = np.array([asked.start.lat]), np.array([asked.start.lon])
    minutes: Float64 = asked.travel.between(*here, lat, lon, asked.mode, asked.departs)[0]
    return minutes


def between(asked: Asked, lat: Float64, lon: Float64) -> Float64:
    """Minutes from place to place, as on the first day; all 0 where no day holds two stops."""
    if asked.wish.sessions_per_week == 1 or not len(lat):
        return np.zeros((len(lat), len(lat)))
    return asked.travel.between(lat, lon, lat, lon, asked.mode, asked.departs)
