"""An activity that does not exist: what a coordinator thinks of adding, put into the catalogue as if it were there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from recommender.city import DOMAINS, UNKNOWN, Activities, Catalogue, Clock, Ids, Place, Sessions
from recommender.errors import BadInput

DAY, WEEK = 86_400, 7 * 86_400
MOST_SESSIONS = 104
_THURSDAY = 3
"""1 January 1970; weekdays count from Monday, 0."""


@dataclass(frozen=True)
class Addition:
    """One activity to be added.

    Attributes
    ----------
    themes : tuple of (int, float)
        Theme rows and weights.
    venue : int
        Row, or ``UNKNOWN`` for a point.
    place : Place or None
        Where it takes place; None: at the venue.
    weekday : int
        0 is Monday.
    minute : int
        Of the local day, at which it starts.
    length : int
        Minutes.
    price : float
        Euros; 0 is free.
    age_min, age_max : float
        Years, NaN where there is no such end; 8 includes the child of 8 years and 11 months.
    domain : int
        Index into ``DOMAINS``; ``UNKNOWN``: the venue's.
    sessions : int
        One a week, the first on the first such weekday.
    access : bool
        It is told that one can get in without steps. Where the venue's access is known, that counts instead.
    places : int or None
        Per session; None: nobody counts.

    Raises
    ------
    BadInput
        Naming the field.
    """

    themes: tuple[tuple[int, float], ...] = ()
    venue: int = UNKNOWN
    place: Place | None = None
    weekday: int = 2
    minute: int = 14 * 60
    length: int = 90
    price: float = 0.0
    age_min: float = math.nan
    age_max: float = math.nan
    domain: int = UNKNOWN
    sessions: int = 4
    access: bool = True
    places: int | None = None

    def __post_init__(self) -> None:
        _whole("weekday", self.weekday, 0, 6)
        _whole("hour", self.minute, 0, 24 * 60 - 1)
        _whole("length", self.length, 1, 24 * 60)
        _whole("sessions", self.sessions, 1, MOST_SESSIONS)
        _whole("domain", self.domain, UNKNOWN, len(DOMAINS) - 1)
        if self.places is not None:
            _whole("places", self.places, 1, 1_000_000)
        if not 0 <= self.price < 100_000:
            raise BadInput(f"price: {self.price} is no number of euros from 0")
        for name, age in (("age_min", self.age_min), ("age_max", self.age_max)):
            if not math.isnan(age) and not 0 <= age <= 130:
                raise BadInput(f"{name}: {age} is not between 0 and 130 years")
        if self.age_min > self.age_max:
            raise BadInput(f"age_max: {self.age_max} is below age_min {self.age_min}")
        if self.venue == UNKNOWN and self.place is None:
            raise BadInput("venue: name a venue, or a place with lat and lon")
        if self.place is not None and not (abs(self.place.lat) <= 90 and abs(self.place.lon) <= 180):
            raise BadInput(f"lat, lon: {self.place.lat}, {self.place.lon} is no place on earth")
        if any(not weight > 0 for _, weight in self.themes):
            raise BadInput("themes: every weight is above 0")


def _whole(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadInput(f"{name}: {value} is not between {low} and {high}")


def place_of(addition: Addition, catalogue: Catalogue) -> Place:
    """Where it takes place.

    Raises
    ------
    BadInput
        When the venue has no place of its own, as a mobile lab.
    """
    if addition.place is not None:
        return addition.place
    if not 0 <= addition.venue < len(catalogue.venues.ids):
        raise BadInput(f"venue: there is no row {addition.venue}")
    lat, lon = float(catalogue.venues.lat[addition.venue]), float(catalogue.venues.lon[addition.venue])
    if math.isnan(lat) or math.isnan(lon):
        name = catalogue.venues.ids.names[addition.venue]
        raise BadInput(f"venue: {name!r} has no place of its own; give lat and lon")
    return Place(lat, lon)


def starts_of(addition: Addition, clock: Clock, at: int) -> np.ndarray:
    """When its sessions start: once a week at the same local hour, after ``at``. Shape (sessions,), int64."""
    local = int(clock.local(np.array([at], dtype=np.int64))[0])
    today = local // DAY
    ahead = (addition.weekday - (today + _THURSDAY)) % 7
    first = (today + ahead) * DAY + addition.minute * 60
    first += WEEK if first <= local else 0
    wanted = first + WEEK * np.arange(addition.sessions, dtype=np.int64)
    guess = wanted - (clock.local(wanted) - wanted)
    # Around a change of the clock the first guess may have used the wrong offset.
    return wanted - (clock.local(guess) - guess)


def with_additions(catalogue: Catalogue, additions: Sequence[Addition], at: int) -> Catalogue:
    """The catalogue as if some activities were in it: rows after those that are there, in the order given."""
    places = [place_of(one, catalogue) for one in additions]
    return replace(
        catalogue,
        activities=_activities(catalogue, additions),
        sessions=_sessions(catalogue, additions, places, at),
    )


def _activities(catalogue: Catalogue, additions: Sequence[Addition]) -> Activities:
    old, venues, n = catalogue.activities, catalogue.venues, len(additions)
    venue = np.array([one.venue for one in additions], dtype=np.int32)
    own = np.array([one.domain for one in additions], dtype=np.int8)
    domain = np.where(own == UNKNOWN, np.append(venues.domain, np.int8(UNKNOWN))[venue], own).astype(np.int8)
    rows = np.repeat(np.arange(n), [len(one.themes) for one in additions])
    columns = np.array([theme for one in additions for theme, _ in one.themes], dtype=np.int64)
    weights = np.array([weight for one in additions for _, weight in one.themes], dtype=np.float32)
    if len(columns) and not (columns.min() >= 0 and columns.max() < len(catalogue.themes.ids)):
        raise BadInput(f"theme: there is no row {int(columns.max())}")
    themes = sparse.coo_array((weights, (rows, columns)), shape=(n, len(catalogue.themes.ids)))
    step_free = 1 << old.access_terms.index("wheelchair") if "wheelchair" in old.access_terms else 0
    step_free_venue = np.append(venues.accessible, np.int8(UNKNOWN))[venue]
    told = np.array([one.access for one in additions], dtype=np.bool_) | (step_free_venue != UNKNOWN)
    language = _commonest(old.language)
    return Activities(
        ids=Ids([*old.ids.names, *(_new_name(old.ids, number) for number in range(n))], "activity"),
        title=(*old.title, *(_title(catalogue, one) for one in additions)),
        description=(*old.description, *("",) * n),
        language=(*old.language, *(language,) * n),
        themes=sparse.csr_array(sparse.vstack([old.themes, sparse.csr_array(themes)], dtype=np.float32)),
        domain=np.append(old.domain, domain).astype(np.int8),
        organiser=(*old.organiser, *(_organiser(catalogue, one) for one in additions)),
        venue=np.append(old.venue, venue).astype(np.int32),
        age_min=np.append(old.age_min, np.array([one.age_min for one in additions], np.float32)).astype(np.float32),
        age_max=np.append(old.age_max, np.array([one.age_max for one in additions], np.float32)).astype(np.float32),
        price=np.append(old.price, np.array([one.price for one in additions], np.float32)).astype(np.float32),
        form=np.append(old.form, np.full(n, UNKNOWN)).astype(np.int8),
        stage=np.append(old.stage, np.full(n, UNKNOWN)).astype(np.int8),
        requires=(*old.requires, *((),) * n),
        awards=(*old.awards, *((),) * n),
        access_terms=old.access_terms,
        access=np.append(old.access, step_free * (told & (step_free_venue != 0))).astype(np.uint32),
        access_known=np.append(old.access_known, told),
        company=np.append(old.company, np.zeros(n)).astype(np.uint32),
    )


def _new_name(ids: Ids, number: int) -> str:
    name = f"addition-{number + 1}"
    while name in ids:
        name += "'"
    return name


def _title(catalogue: Catalogue, addition: Addition) -> str:
    """The names of its themes: all that can be said of an activity nobody has described."""
    labels = next(
        (catalogue.themes.labels[name] for name in catalogue.languages if name in catalogue.themes.labels), ()
    )
    return " · ".join(labels[theme] for theme, _ in addition.themes if theme < len(labels) and labels[theme])


def _organiser(catalogue: Catalogue, addition: Addition) -> str:
    if addition.venue == UNKNOWN:
        return ""
    return _commonest(
        catalogue.activities.organiser[row] for row in np.flatnonzero(catalogue.activities.venue == addition.venue)
    )


def _commonest(values: Iterable[str]) -> str:
    """The value that stands there most often, ``""`` left out; of equal ones the first in the alphabet."""
    counts: dict[str, int] = {}
    for value in values:
        if value:
            counts[value] = counts.get(value, 0) + 1
    return min(counts, key=lambda value: (-counts[value], value), default="")


def _sessions(catalogue: Catalogue, additions: Sequence[Addition], places: Sequence[Place], at: int) -> Sessions:
    old, n_old = catalogue.sessions, len(catalogue.activities)
    starts = [
        np.full(1, np.iinfo(np.int64).min, dtype=np.int64) if old.always else starts_of(one, catalogue.clock, at)
        for one in additions
    ]
    many = [len(own) for own in starts]
    rows = np.repeat(np.arange(len(additions), dtype=np.int32), many)
    start = np.concatenate([np.empty(0, dtype=np.int64), *starts])
    length = np.array([one.length * 60 for one in additions], dtype=np.int64)
    end = np.full(len(start), np.iinfo(np.int64).max, dtype=np.int64) if old.always else start + length[rows]
    left = np.array([UNKNOWN if one.places is None else one.places for one in additions], dtype=np.int32)
    venue = np.array([one.venue for one in additions], dtype=np.int32)
    return Sessions(
        ids=(*old.ids, *("",) * len(rows)),
        activity=np.append(old.activity, n_old + rows).astype(np.int32),
        venue=np.append(old.venue, venue[rows]).astype(np.int32),
        start=np.append(old.start, start),
        end=np.append(old.end, end),
        lat=np.append(old.lat, np.array([place.lat for place in places])[rows]),
        lon=np.append(old.lon, np.array([place.lon for place in places])[rows]),
        capacity_left=np.append(old.capacity_left, left[rows]).astype(np.int32),
        status=np.append(old.status, np.zeros(len(rows))).astype(np.int8),
        drop_in=np.append(old.drop_in, np.full(len(rows), old.always)),
        always=old.always,
    )
