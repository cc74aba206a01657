"""The last filter and what is left after it, in one pass: how far each session is, and who gets there in time."""

from __future__ import annotations

import math

import numpy as np

from recommender.city import Bool, Float64, Int32, Int64, Place, TravelMode
from recommender.columns import SessionColumns
from recommender.product import compiled
from recommender.travel import EARTH_KM


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
    most = int(np.count_nonzero(left))
    if not columns.alone:
        most = int(np.count_nonzero(open_now))
    phi, theta = (math.radians(start.lat), math.radians(start.lon)) if start else (math.nan, math.nan)
    from_x, from_y = math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta)
    per_km = mode.detour / mode.km_per_hour * 60
    limit = math.inf if max_minutes is None else max_minutes
    return _reached(
        left, open_now, columns.first, columns.x, columns.y, columns.z,
        from_x, from_y, math.sin(phi), per_km, mode.fixed_minutes, limit, most,
    )  # fmt: skip


def minutes_to(columns: SessionColumns, sessions: Int32, start: Place, mode: TravelMode) -> Float64:
    """Minutes one way to some sessions, as ``reached`` reckons them. Shape (len(sessions),), NaN where not known."""
    phi, theta = math.radians(start.lat), math.radians(start.lon)
    from_x, from_y = math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta)
    per_km = mode.detour / mode.km_per_hour * 60
    return _minutes_to(
        sessions, columns.x, columns.y, columns.z, from_x, from_y, math.sin(phi), per_km, mode.fixed_minutes
    )


@compiled
def _chord(x: float, y: float, z: float) -> float:
    return x * x + y * y + z * z


@compiled
def _minutes(chord: float, per_km: float, fixed: float) -> float:
    """From the square of the chord between two points of the unit sphere: a quarter of it is the haversine."""
    return 2 * EARTH_KM * math.asin(math.sqrt(min(0.25 * chord, 1.0))) * per_km + fixed


@compiled
def _minutes_to(
    sessions: Int32, x: Float64, y: Float64, z: Float64, from_x: float, from_y: float, from_z: float, per_km: float,
    fixed: float,
) -> Float64:  # fmt: skip
    minutes = np.empty(len(sessions))
    for place in range(len(sessions)):
        s = sessions[place]
        minutes[place] = _minutes(_chord(x[s] - from_x, y[s] - from_y, z[s] - from_z), per_km, fixed)
    return minutes


@compiled
def _reached(
    left: Bool, open_now: Bool, first: Int64, x: Float64, y: Float64, z: Float64,
    from_x: float, from_y: float, from_z: float, per_km: float, fixed: float, limit: float, most: int,
) -> tuple[Int32, Int32, Int32, Float64]:  # fmt: skip
    activities = np.empty(most, dtype=np.int32)
    begins = np.empty(most, dtype=np.int32)
    sessions = np.empty(most, dtype=np.int32)
    minutes = np.empty(most)
    # What is farther than this even with rounding need not be measured to the minute.
    angle = (limit - fixed) / (per_km * EARTH_KM)
    farthest = 4.0 * math.sin(min(angle, math.pi) / 2) ** 2 * (1 + 1e-9) + 1e-15 if angle > 0 else 1e-15
    n, total = 0, 0
    for row in range(len(left)):
        if not left[row]:
            continue
        begin = total
        for s in range(first[row], first[row + 1]):
            if not open_now[s]:
                continue
            chord = _chord(x[s] - from_x, y[s] - from_y, z[s] - from_z)
            if limit < math.inf and not chord <= farthest:
                continue
            takes = _minutes(chord, per_km, fixed)
            if limit < math.inf and not takes <= limit:
                continue
            sessions[total], minutes[total] = s, takes
            total += 1
        if total > begin:
            activities[n], begins[n] = row, begin
            n += 1
    return activities[:n].copy(), sessions[:total].copy(), begins[:n].copy(), minutes[:total].copy()
