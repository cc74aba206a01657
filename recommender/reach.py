"""Filters as passes: what is left after each, and in the last one how far each session is, and who gets there in time."""

from __future__ import annotations

import math

import numpy as np

from recommender.ahead import DISTANCE, fetch
from recommender.city import Bool, Float32, Float64, Int32, Int64, Place, TravelMode
from recommender.columns import SessionColumns
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


@compiled
def narrowed(left: Bool, fits: Bool, unsure: Bool) -> tuple[int, int]:
    """Take away from ``left`` what does not fit, and count what stays, and for how much of that nobody knows.

    Parameters
    ----------
    left, fits : bool, shape (n,)
    unsure : bool, shape (n,), or empty where everybody knows
    """
    n = not_known = 0
    for row in range(len(left)):
        left[row] &= fits[row]
        n += left[row]
    for row in range(len(unsure)):
        not_known += left[row] & unsure[row]
    return n, not_known


def reached(
    left: Bool,
    open_now: Bool,
    columns: SessionColumns,
    start: Place | None,
    mode: TravelMode,
    max_minutes: float | None,
) -> tuple[Int32, Int32, Int32, Float64]:
    """The open sessions of what is left that can be reached, grouped by activity.

    Parameters
    ----------
    left : bool, shape (n_activities,)
        With at least one open session each.
    open_now : bool, shape (n_sessions,)
    start : Place or None
        None: no place is known to be within any limit.
    max_minutes : float or None
        None: everything counts, wherever it is.

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
    most = int(np.count_nonzero(left if columns.alone else open_now))
    origin = origin_of(start)
    per_km = mode.detour / mode.km_per_hour * 60
    limit = math.inf if max_minutes is None else max_minutes
    return _reached(
        left, open_now, columns.first, columns.x, columns.y, columns.z,
        *origin, per_km, mode.fixed_minutes, limit, most,
    )  # fmt: skip


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
def _rows_of(left: Bool) -> Int64:
    """The rows that are left, looked for eight at a time: there are few of them."""
    rows, n, whole = np.empty(len(left), dtype=np.int64), 0, len(left) - len(left) % 8
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


@compiled
def _reached(
    left: Bool, open_now: Bool, first: Int64, x: Float64, y: Float64, z: Float64,
    from_x: float, from_y: float, from_z: float, per_km: float, fixed: float, limit: float, most: int,
) -> tuple[Int32, Int32, Int32, Float64]:  # fmt: skip
    rows = _rows_of(left)
    activities = np.empty(len(rows), dtype=np.int32)
    begins = np.empty(len(rows), dtype=np.int32)
    sessions = np.empty(most, dtype=np.int32)
    minutes = np.empty(most)
    # What is farther than this even with rounding need not be measured to the minute.
    angle = (limit - fixed) / (per_km * EARTH_KM)
    farthest = 4.0 * math.sin(min(angle, math.pi) / 2) ** 2 * (1 + 1e-9) + 1e-15 if angle > 0 else 1e-15
    n, total = 0, 0
    for one in range(len(rows)):
        if one + DISTANCE < len(rows):
            fetch(first, rows[one + DISTANCE])
            soon = first[rows[one + DISTANCE // 2]]
            fetch(open_now, soon)
            fetch(x, soon)
            fetch(y, soon)
            fetch(z, soon)
        row, begin = rows[one], total
        for s in range(first[row], first[row + 1]):
            if not open_now[s]:
                continue
            square = chord(x[s] - from_x, y[s] - from_y, z[s] - from_z)
            if limit < math.inf and not square <= farthest:
                continue
            takes = minutes_of(square, per_km, fixed)
            if limit < math.inf and not takes <= limit:
                continue
            sessions[total], minutes[total] = s, takes
            total += 1
        if total > begin:
            activities[n], begins[n] = row, begin
            n += 1
    return activities[:n].copy(), sessions[:total].copy(), begins[:n].copy(), minutes[:total].copy()
