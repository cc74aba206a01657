"""What is open, who is of the age for it, how far each session is, and who gets there in time."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recommender.ahead import DISTANCE, fetch
from recommender.city import Bool, Float32, Float64, Int32, Int64, Place, TravelMode
from recommender.columns import Records
from recommender.product import compiled
from recommender.travel import EARTH_KM


@compiled
def opened(until: Int64, over_by: Int64, opens: int, closes: int) -> Bool:
    """Which sessions somebody could still come to at a moment, and lie in a window that ends at another."""
    session = np.empty(len(until), dtype=np.bool_)
    for one in range(len(until)):
        session[one] = (until[one] >= opens) & (over_by[one] <= closes)
    return session


@compiled
def ages_fit(low: np.float32, high: np.float32, youngest: Float32, too_old: Float32, beside: Bool) -> Bool:
    """Which activities an age or band is neither too young nor too old for, where that is known.

    Parameters
    ----------
    beside : bool, shape (n,), or empty
        Where somebody of that age may come along with another one.
    """
    fits = np.empty(len(youngest), dtype=np.bool_)
    for row in range(len(youngest)):
        fits[row] = (not high < youngest[row]) & (not low >= too_old[row])
    for row in range(len(beside)):
        fits[row] |= beside[row]
    return fits


class Way(NamedTuple):
    """How somebody gets along, and from where.

    Attributes
    ----------
    x, y, z : float
        Where from, on the unit sphere; NaN where nobody knows.
    known : bool
        Whether somebody does.
    per_km, fixed : float
        Minutes.
    limit : float
        Minutes; infinite for everything, wherever it is. No place is known to be within any other one from a start that
        nobody knows.
    """

    x: float
    y: float
    z: float
    known: bool
    per_km: float
    fixed: float
    limit: float


def way_from(start: Place | None, mode: TravelMode, max_minutes: float | None) -> Way:
    """The way from a place, or from nobody knows where; ``max_minutes`` of None is no limit."""
    per_km, limit = mode.detour / mode.km_per_hour * 60, math.inf if max_minutes is None else float(max_minutes)
    return Way(*origin_of(start), start is not None, per_km, float(mode.fixed_minutes), limit)


def origin_of(start: Place | None) -> tuple[float, float, float]:
    """A place on the unit sphere; NaN for nobody knows where."""
    if start is None:
        return math.nan, math.nan, math.nan
    phi, theta = math.radians(start.lat), math.radians(start.lon)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


@compiled
def chord(x: float, y: float, z: float) -> float:
    """Its square."""
    return x * x + y * y + z * z


@compiled
def minutes_of(square: float, per_km: float, fixed: float) -> float:
    """From the square of the chord between two points of the unit sphere: a quarter of it is the haversine."""
    return 2 * EARTH_KM * math.asin(math.sqrt(min(0.25 * square, 1.0))) * per_km + fixed


@compiled
def within_reach(
    left: Bool, open_now: Bool, alone: bool, activity: Records, held: Records, way: Way
) -> tuple[Int32, Int32, Int32, Float64]:
    """The open sessions of what is left that can be reached, grouped by activity.

    Parameters
    ----------
    left : bool, shape (n_activities,)
        With at least one open session each.
    open_now : bool, shape (n_sessions,)
    alone : bool
        See ``SessionColumns.alone``: then activities need not be looked at.

    Returns
    -------
    activities : int32, shape (n,)
        Ascending.
    sessions : int32, shape (n_sessions,)
    first : int32, shape (n,)
        Where each activity's sessions begin in ``sessions``.
    minutes : float64, shape (n_sessions,)
        NaN where not known.
    """
    rows = _rows_of(left)
    most = len(rows)
    activities, begins = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    begin_of, end_of, x, y, z = activity["first"], activity["until"], held["x"], held["y"], held["z"]
    room = most
    if not alone:
        room = 0
        for row in rows:
            room += end_of[row] - begin_of[row]
    sessions, minutes = np.empty(room, dtype=np.int32), np.empty(room)
    # What is farther than this even with rounding need not be measured to the minute.
    angle = (way.limit - way.fixed) / (way.per_km * EARTH_KM)
    farthest = 4.0 * math.sin(min(angle, math.pi) / 2) ** 2 * (1 + 1e-9) + 1e-15 if angle > 0 else 1e-15
    n, total = 0, 0
    for one in range(most):
        if one + DISTANCE < most:
            soon = rows[one + DISTANCE]
            if not alone:
                fetch(activity, soon)
                soon = begin_of[rows[one + DISTANCE // 2]]
            fetch(open_now, soon)
            fetch(held, soon)
        row, begin = rows[one], total
        first, until = (row, row + 1) if alone else (begin_of[row], end_of[row])
        for s in range(first, until):
            if not open_now[s]:
                continue
            square = chord(x[s] - way.x, y[s] - way.y, z[s] - way.z)
            if way.limit < math.inf and not square <= farthest:
                continue
            takes = minutes_of(square, way.per_km, way.fixed)
            if way.limit < math.inf and not takes <= way.limit:
                continue
            sessions[total], minutes[total] = s, takes
            total += 1
        if total > begin:
            activities[n], begins[n] = row, begin
            n += 1
    return activities[:n].copy(), sessions[:total].copy(), begins[:n].copy(), minutes[:total].copy()


@compiled
def _rows_of(left: Bool) -> Int64:
    """The rows that are left, looked for eight at a time: there are few of them."""
    most, n, whole = 0, 0, len(left) - len(left) % 8
    ones = left.view(np.uint8)
    for row in range(len(ones)):
        most += ones[row]
    rows = np.empty(most + 1, dtype=np.int64)
    eights = left[:whole].view(np.uint64)
    for eight in range(len(eights)):
        if eights[eight]:
            for row in range(8 * eight, 8 * eight + 8):
                rows[n] = row
                n += left[row]
    for row in range(whole, len(left)):
        rows[n] = row
        n += left[row]
    return rows[:n]
