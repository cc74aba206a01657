"""What the filters read, laid out once for a catalogue: every filter then is one pass over a column.

Nothing here depends on who asks or when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

Records = NDArray[np.void]

_NEVER = np.iinfo(np.int64).min
_DAY = 86_400
_LINE = 64
"""Bytes that the memory hands over at a time."""


def _in_one_line(**kinds: str) -> np.dtype[np.void]:
    """A record as long as such a line, so that whatever is asked about a row picked here or there costs one wait."""
    places = np.dtype(list(kinds.items()), align=True)
    offsets = [places.fields[name][1] for name in kinds] if places.fields else []
    kind = {"names": list(kinds), "formats": list(kinds.values()), "offsets": offsets, "itemsize": _LINE}
    return np.dtype(kind)  # type: ignore[call-overload, no-any-return]


SESSION = _in_one_line(start="i8", x="f8", y="f8", z="f8", venue="i4", part_of_week="i1")
"""A session as it is scored; see ``SessionColumns`` and ``city.Sessions``."""
ACTIVITY = _in_one_line(
    first="i8", until="i8", price="f4", age_min="f4", age_max="f4", organiser="i4", venue="i4", placed="i4",
    domain="i1",
    free="?", price_unknown="?", access_known="?",
)  # fmt: skip
"""An activity as it is scored. Its sessions are ``first`` to ``until``; ``placed`` is its venue, below 0 where nobody knows
where that is.
"""


@dataclass(frozen=True, eq=False)
class SessionColumns:
    """Sessions by activity, and until when each is open.

    Attributes
    ----------
    first : int64, shape (n_activities + 1,)
        The sessions of activity i are ``first[i]`` to ``first[i + 1]``.
    alone : bool
        Whether session i is the one session of activity i, throughout.
    until : int64, shape (n_sessions,)
        The last moment at which somebody could still come; the least number there is where nobody can: cancelled,
        full, no places left.
    over_by : int64, shape (n_sessions,)
        The least end of a window that it lies in: its end, or for dropping in just after it opens.
    x, y, z : float64, shape (n_sessions,)
        Where it is on the unit sphere, NaN where not known.
    part_of_week : int8, shape (n_sessions,)
        Of its start, see ``part_of_week``.
    records : ``SESSION``, shape (n_sessions,)
    """

    first: Int64
    alone: bool
    until: Int64
    over_by: Int64
    x: Float64
    y: Float64
    z: Float64
    part_of_week: Int8
    records: Records


class Filters(NamedTuple):
    """What the filters ask of activities, in one piece for compiled code: see ``ActivityColumns`` and ``city.Activities``."""

    age_min: Float32
    too_old: Float32
    with_adult: Bool
    age_unknown: Bool
    in_language: Bool
    no_language: Bool
    free: Bool
    price_unknown: Bool
    access: NDArray[np.uint32]
    access_unknown: Bool
    in_domain: Bool
    domain_unknown: Bool
    no_theme: Bool
    theme_first: Int64
    theme_rows: Int32


@dataclass(frozen=True, eq=False)
class ActivityColumns:
    """Answers to what is asked of activities, all of shape (n_activities,) and bool unless said otherwise.

    Attributes
    ----------
    free, price_unknown, age_unknown, no_theme, domain_unknown : bool
    too_old : float32
        The age from which it is over: the oldest age and a year; NaN where not known.
    with_adult : bool
        Whether an adult is welcome beside a child.
    in_domain : bool, shape (n_domains, n_activities)
    theme_first : int64, shape (n_themes + 1,)
    theme_rows : int32
        Activities with theme t or a narrower one are ``theme_rows[theme_first[t]:theme_first[t + 1]]``.
    records : ``ACTIVITY``, shape (n_activities,)
    """

    free: Bool
    price_unknown: Bool
    age_unknown: Bool
    no_theme: Bool
    domain_unknown: Bool
    too_old: Float32
    with_adult: Bool
    in_domain: Bool
    theme_first: Int64
    theme_rows: Int32
    records: Records

    def with_theme(self, themes: Int32) -> Bool:
        """Which activities have one of the themes, or a narrower one of them. Shape (n_activities,)."""
        found = np.zeros(len(self.free), dtype=np.bool_)
        mark(found, themes, self.theme_first, self.theme_rows)
        return found


@njit(cache=True, nogil=True)
def mark(found: Bool, groups: Int32, first: Int64, rows: Int32) -> None:
    """Mark the rows of some groups: group g holds ``rows[first[g]:first[g + 1]]``."""
    for group in groups:
        for place in range(first[group], first[group + 1]):
            found[rows[place]] = True


def session_columns(
    activity: Int32,
    n_activities: int,
    start: Int64,
    end: Int64,
    bookable: Bool,
    drop_in: Bool,
    lat: Float64,
    lon: Float64,
    local_start: Int64,
    venue: Int32,
) -> SessionColumns:
    """Lay out sessions that are sorted by activity.

    Parameters
    ----------
    bookable : bool, shape (n_sessions,)
        Scheduled and with places left, or nobody knows better.
    local_start : int64, shape (n_sessions,)
        ``start`` on the city's own clocks.
    """
    first = np.searchsorted(activity, np.arange(n_activities + 1)).astype(np.int64)
    phi, theta = np.radians(lat), np.radians(lon)
    x, y = np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta)
    z = np.sin(phi) + 0 * theta  # who knows no longitude knows no place
    part = _parts_of_week(local_start)
    return SessionColumns(
        first=first,
        alone=len(activity) == n_activities and bool((np.diff(first) == 1).all()),
        until=np.where(bookable, np.where(drop_in, end - 1, start), _NEVER),
        over_by=np.where(drop_in, start + 1, end),
        x=x,
        y=y,
        z=z,
        part_of_week=part,
        records=_records(SESSION, start=start, x=x, y=y, z=z, venue=venue, part_of_week=part),
    )


def steady(array: NDArray[Any]) -> Any:
    """The same, to be read alone and row after row: as releases are on disk, so that code is compiled for one kind."""
    found = np.ascontiguousarray(array).view()
    found.flags.writeable = False
    return found


def _records(kind: np.dtype[np.void], **columns: NDArray[Any]) -> Records:
    """Columns as records that begin where a line of the memory begins."""
    n = len(next(iter(columns.values())))
    room = np.zeros((n + 1) * _LINE, dtype=np.uint8)
    begin = -room.ctypes.data % _LINE
    records: Records = room[begin : begin + n * _LINE].view(kind)
    for name, column in columns.items():
        records[name] = column
    records.flags.writeable = False
    return records


@njit(cache=True, nogil=True)
def part_of_week(local: int) -> int:
    """0–2 morning, afternoon, evening of a working day, 3–5 of the weekend. 1 January 1970 was a Thursday."""
    weekend = (local // _DAY + 3) % 7 >= 5
    hour = local % _DAY // 3600
    return int(weekend) * 3 + int(hour >= 12) + int(hour >= 18)


@njit(cache=True, nogil=True)
def _parts_of_week(local: Int64) -> Int8:
    parts = np.empty(len(local), dtype=np.int8)
    for place in range(len(local)):
        parts[place] = part_of_week(local[place])
    return parts


def activity_columns(
    themes: sparse.csr_array,
    parent: Int32,
    domain: Int8,
    n_domains: int,
    price: Float32,
    age_min: Float32,
    age_max: Float32,
    with_adult: Bool,
    sessions: Int64,
    organiser: Int32,
    venue: Int32,
    placed: Bool,
    access_known: Bool,
) -> ActivityColumns:
    """Lay out activities.

    Parameters
    ----------
    themes : sparse array, shape (n_activities, n_themes)
        An activity has a theme where the weight is above 0.
    parent : int32, shape (n_themes,)
        The broader theme, below 0 at the top.
    sessions : int64, shape (n_activities + 1,)
        See ``SessionColumns.first``.
    placed : bool, shape (n_activities,)
        Whether somebody knows where its venue is.
    """
    reach = _broader(parent)
    has = sparse.csr_array((themes.data > 0, themes.indices, themes.indptr), shape=themes.shape).astype(np.int32)
    wide = sparse.csc_array(has @ reach)
    wide.eliminate_zeros()
    return ActivityColumns(
        free=price == 0,
        price_unknown=np.isnan(price),
        age_unknown=np.isnan(age_min) & np.isnan(age_max),
        no_theme=np.diff(themes.indptr) == 0,
        domain_unknown=domain < 0,
        too_old=age_max + 1,
        with_adult=with_adult,
        in_domain=np.arange(n_domains)[:, None] == domain,
        theme_first=wide.indptr.astype(np.int64),
        theme_rows=wide.indices.astype(np.int32),
        records=_records(
            ACTIVITY, first=sessions[:-1], until=sessions[1:], price=price, age_min=age_min, age_max=age_max,
            organiser=organiser, venue=venue, placed=np.where(placed, venue, -1), domain=domain, free=price == 0, price_unknown=np.isnan(price),
            access_known=access_known,
        ),
    )  # fmt: skip


def _broader(parent: Int32) -> sparse.csr_array:
    """1 from each theme to itself and everything broader. Shape (n_themes, n_themes), int32."""
    n = len(parent)
    pairs = set()
    for theme in range(n):
        here = theme
        while here >= 0 and (theme, here) not in pairs:  # a circle of parents ends where it began
            pairs.add((theme, here))
            here = int(parent[here])
    rows, columns = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    values = np.ones(len(pairs), dtype=np.int32)
    return sparse.csr_array((values, (np.array(rows, dtype=int), np.array(columns, dtype=int))), shape=(n, n))


def filters(activities: Any, columns: ActivityColumns) -> Filters:
    """Put together what the filters ask of ``city.Activities`` and of their columns."""
    language, none = activities.in_language, np.zeros(len(columns.free), dtype=np.bool_)
    found = Filters(
        activities.age_min, columns.too_old, columns.with_adult, columns.age_unknown,
        language, language[activities.languages.row("")] if "" in activities.languages else none,
        columns.free, columns.price_unknown, activities.access, ~activities.access_known,
        columns.in_domain, columns.domain_unknown, columns.no_theme, columns.theme_first, columns.theme_rows,
    )  # fmt: skip
    return Filters(*map(steady, found))
