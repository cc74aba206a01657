"""The city at one moment: themes, venues, activities, sessions and lines, as columns.

Ids are strings outside and ``int32`` rows inside. ``Ids`` is the only place where one becomes the
other. Whatever is not known is carried as such: ``UNKNOWN`` (-1) in integer columns, NaN in float
columns, ``""`` in text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.columns import ActivityColumns, Filters, SessionColumns, activity_columns, filters, session_columns
from recommender.errors import BadInput, UnknownName

DOMAINS = ("library", "culture", "social", "education", "business", "nature", "recreation")
FORMS = ("informal", "nonformal", "formal")
STAGES = ("start", "core", "finish")
COMPANY = ("alone", "with_adult", "family")
STATUSES = ("scheduled", "cancelled", "full")
MODES = ("walk", "bike", "transit", "car")
UNKNOWN = -1

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Ids:
    """An immutable list of ids and the row of each.

    Parameters
    ----------
    names : iterable of str
        In row order.

    Raises
    ------
    BadInput
        When a name stands in it twice.
    """

    __slots__ = ("_rows", "kind", "names")

    def __init__(self, names: Iterable[str], kind: str = "id") -> None:
        self.kind = kind
        self.names: tuple[str, ...] = tuple(names)
        self._rows = {name: row for row, name in enumerate(self.names)}
        if len(self._rows) != len(self.names):
            twice = next(name for row, name in enumerate(self.names) if self._rows[name] != row)
            raise BadInput(f"{kind} {twice!r} stands in the catalogue twice")

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def row(self, name: str) -> int:
        """Row of a name; raises ``UnknownName`` when it is not there."""
        row = self._rows.get(name)
        if row is None:
            raise UnknownName(self.kind, name)
        return row

    def find(self, names: Iterable[str]) -> Int32:
        """Rows of names, ``UNKNOWN`` where a name is not there. Shape (n,), int32."""
        rows = self._rows
        return np.array([rows.get(name, UNKNOWN) for name in names], dtype=np.int32)


@dataclass(frozen=True)
class Place:
    """A point on earth, in degrees (WGS 84)."""

    lat: float
    lon: float


@dataclass(frozen=True)
class TravelMode:
    """How fast somebody gets along: straight-line distance × ``detour`` ÷ ``km_per_hour`` + ``fixed_minutes``."""

    km_per_hour: float
    detour: float = 1.3
    fixed_minutes: float = 0.0


DEFAULT_TRAVEL: Mapping[str, TravelMode] = {
    "walk": TravelMode(4.8),
    "bike": TravelMode(15.0),
    "transit": TravelMode(20.0, 1.4, 8.0),
    "car": TravelMode(30.0, 1.4, 5.0),
}


@dataclass(frozen=True, eq=False)
class Clock:
    """The city's time zone as a table: ``offset[i]`` seconds ahead of UTC holds from ``since[i]`` on.

    ``since`` is int64, ascending, shape (n_changes,); before its first value the first offset holds.
    """

    since: Int64 = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    offset: Int64 = field(default_factory=lambda: np.zeros(1, dtype=np.int64))

    def local(self, at: Int64) -> Int64:
        """Seconds since 1970 on the city's own clocks, same shape as ``at``."""
        place = np.maximum(np.searchsorted(self.since, at, side="right") - 1, 0)
        local: Int64 = at + self.offset[place]
        return local


@dataclass(frozen=True, eq=False)
class Themes:
    """The city's own list of topics.

    Attributes
    ----------
    ids : Ids
    parent : int32, shape (n_themes,)
        Row of the broader theme, ``UNKNOWN`` at the top.
    labels : mapping of language to tuple of str
        Every theme's name in that language; ``""`` where there is none.
    """

    ids: Ids
    parent: Int32
    labels: Mapping[str, tuple[str, ...]]

    @cached_property
    def broad(self) -> Bool:
        """Which themes have narrower ones. Shape (n_themes,)."""
        found = np.zeros(len(self.parent), dtype=np.bool_)
        found[self.parent[self.parent >= 0]] = True
        return found


@dataclass(frozen=True, eq=False)
class Venues:
    """Places with a domain. ``domain`` indexes ``DOMAINS``; ``lat`` and ``lon`` are NaN, ``accessible``
    is -1 where not known (1 yes, 0 no); ``opening_hours`` is OpenStreetMap syntax or ``""``.
    """

    ids: Ids
    name: tuple[str, ...]
    domain: Int8
    lat: Float64
    lon: Float64
    area: tuple[str, ...]
    opening_hours: tuple[str, ...]
    accessible: Int8

    @cached_property
    def located(self) -> Bool:
        """Where somebody knows where it is. Shape (n_venues,)."""
        return ~np.isnan(self.lat)


@dataclass(frozen=True, eq=False)
class Activities:
    """Something to take part in.

    Attributes
    ----------
    themes : sparse array, shape (n_activities, n_themes), float32
        Weights as the city gave them; an empty row means that no theme is known.
    domain : int8
        Index into ``DOMAINS``: the activity's own, else its venue's, else ``UNKNOWN``.
    organiser : tuple of str
    venue : int32
        Row of the venue it usually takes place at.
    age_min, age_max, price : float32
        Years and euros; NaN where not known. ``age_max`` 8 includes the child of 8 years and 11 months.
    form, stage : int8
        Index into ``FORMS`` and ``STAGES``.
    requires, awards : tuple of tuples of str
        Badges asked for and given.
    access : uint32
        Bit i set: the need ``access_terms[i]`` is met. Only meaningful where ``access_known``.
    company : uint32
        Bit i set: ``COMPANY[i]`` is welcome; 0 where not known.
    """

    ids: Ids
    title: tuple[str, ...]
    description: tuple[str, ...]
    language: tuple[str, ...]
    themes: sparse.csr_array
    domain: Int8
    organiser: tuple[str, ...]
    venue: Int32
    age_min: Float32
    age_max: Float32
    price: Float32
    form: Int8
    stage: Int8
    requires: tuple[tuple[str, ...], ...]
    awards: tuple[tuple[str, ...], ...]
    access_terms: tuple[str, ...]
    access: UInt32
    access_known: Bool
    company: UInt32

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def in_language(self) -> Bool:
        """Whether each activity is in each of ``languages``. Shape (n_languages, n_activities)."""
        found: Bool = np.arange(len(self.languages))[:, None] == self.language_row
        return found

    @cached_property
    def languages(self) -> Ids:
        """Every language that an activity is in, ``""`` for "not known" included."""
        return Ids(dict.fromkeys(self.language), "language")

    @cached_property
    def language_row(self) -> Int32:
        """Row of each activity in ``languages``. Shape (n_activities,)."""
        return self.languages.find(self.language)

    @cached_property
    def organisers(self) -> Ids:
        """Everybody who organises something."""
        return Ids(dict.fromkeys(name for name in self.organiser if name), "organiser")

    @cached_property
    def organiser_row(self) -> Int32:
        """Row of each activity in ``organisers``, ``UNKNOWN`` where nobody is named. Shape (n_activities,)."""
        return self.organisers.find(self.organiser)


@dataclass(frozen=True, eq=False)
class Sessions:
    """Dated occurrences of activities, sorted by activity and then by start.

    Attributes
    ----------
    activity, venue : int32, shape (n_sessions,)
        Rows; ``venue`` is ``UNKNOWN`` for a place without a venue.
    start, end : int64
        Seconds since 1970 UTC.
    lat, lon : float64
        Where it takes place: the session's own place, else its venue's; NaN where not known.
    capacity_left : int32
        ``UNKNOWN`` where not known.
    status : int8
        Index into ``STATUSES``.
    drop_in : bool
        Then ``start`` to ``end`` is an opening window: come whenever.
    always : bool
        True for a city without sessions: every activity is open at all times, one session each, with id ``""``.
    """

    ids: tuple[str, ...]
    activity: Int32
    venue: Int32
    start: Int64
    end: Int64
    lat: Float64
    lon: Float64
    capacity_left: Int32
    status: Int8
    drop_in: Bool
    always: bool = False

    def __len__(self) -> int:
        return len(self.activity)


@dataclass(frozen=True, eq=False)
class Lines:
    """Learning lines. ``stations[i]`` holds the activity rows of line i in order (int32); ``theme`` is a
    theme row or ``UNKNOWN``; ``badge`` is ``""`` where the line ends without one.
    """

    ids: Ids
    name: tuple[str, ...]
    theme: Int32
    badge: tuple[str, ...]
    stations: tuple[Int32, ...]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The city's venues, activities, sessions and lines at one moment.

    ``activities`` also holds those whose last session has passed: stamps point at them.
    ``as_of`` is the city's own "now" in seconds since 1970 UTC, or None when it lives by the clock.
    """

    city: str
    name: str
    time_zone: str
    languages: tuple[str, ...]
    as_of: int | None
    themes: Themes
    venues: Venues
    activities: Activities
    sessions: Sessions
    lines: Lines
    travel: Mapping[str, TravelMode] = field(default_factory=lambda: dict(DEFAULT_TRAVEL))
    default_mode: str = "bike"
    clock: Clock = field(default_factory=Clock)

    @cached_property
    def session_columns(self) -> SessionColumns:
        """The sessions as the filters read them; laid out once."""
        sessions = self.sessions
        # In a city without sessions the times stand for "always", and no clock shows them.
        local = np.zeros_like(sessions.start) if sessions.always else self.clock.local(sessions.start)
        return session_columns(
            activity=sessions.activity,
            n_activities=len(self.activities),
            start=sessions.start,
            end=sessions.end,
            bookable=(sessions.status == STATUSES.index("scheduled")) & (sessions.capacity_left != 0),
            drop_in=sessions.drop_in,
            lat=sessions.lat,
            lon=sessions.lon,
            local_start=local,
            venue=sessions.venue,
        )

    @cached_property
    def activity_columns(self) -> ActivityColumns:
        """The activities as the filters read them; laid out once."""
        activities, venue = self.activities, self.activities.venue
        placed = (venue >= 0) & np.append(self.venues.located, False)[venue]
        with_adult = (1 << COMPANY.index("with_adult")) | (1 << COMPANY.index("family"))
        return activity_columns(
            themes=activities.themes,
            parent=self.themes.parent,
            domain=activities.domain,
            n_domains=len(DOMAINS),
            price=activities.price,
            age_min=activities.age_min,
            age_max=activities.age_max,
            with_adult=(activities.company & with_adult) > 0,
            sessions=self.session_columns.first,
            organiser=activities.organiser_row,
            venue=venue,
            placed=placed,
            access_known=activities.access_known,
        )

    @cached_property
    def filters(self) -> Filters:
        """What the filters ask of activities, in one piece; laid out once."""
        return filters(self.activities, self.activity_columns)

    @cached_property
    def lines_of(self) -> Mapping[int, tuple[int, ...]]:
        """The lines that each activity is a station of, by row; those that are on none are left out."""
        found: dict[int, tuple[int, ...]] = {}
        for line, stations in enumerate(self.lines.stations):
            for row in dict.fromkeys(stations.tolist()):
                found[row] = (*found.get(row, ()), line)
        return found


def always_open(venue: Int32, venues: Venues) -> Sessions:
    """Sessions for a city that has none: every activity is open at all times at its venue.

    Parameters
    ----------
    venue : int32, shape (n_activities,)
    """
    n = len(venue)
    known = venue >= 0
    lat, lon = np.full(n, np.nan), np.full(n, np.nan)
    lat[known], lon[known] = venues.lat[venue[known]], venues.lon[venue[known]]
    return Sessions(
        ids=("",) * n,
        activity=np.arange(n, dtype=np.int32),
        venue=venue,
        start=np.full(n, np.iinfo(np.int64).min, dtype=np.int64),
        end=np.full(n, np.iinfo(np.int64).max, dtype=np.int64),
        lat=lat,
        lon=lon,
        capacity_left=np.full(n, UNKNOWN, dtype=np.int32),
        status=np.zeros(n, dtype=np.int8),
        drop_in=np.ones(n, dtype=np.bool_),
        always=True,
    )
