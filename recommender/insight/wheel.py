"""The wheel around a theme: which domains and partners touch it, which are missing, and who could make a route together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import DOMAINS, UNKNOWN, Bool, Catalogue, Float64, Int32, Int64
from recommender.insight.asked import Asked
from recommender.insight.cases import Offer
from recommender.travel import great_circle_km

MOST_PAIRS = 10
AT_ONCE_HOURS = 3
"""Two sessions fit together when the second starts after the way there, at most so many hours after the first ends."""
_DAY = 86_400
_ANY_AGE = 999.0


@dataclass(frozen=True)
class Partner:
    """Who touches the theme, where: ``venue`` is a row or ``UNKNOWN``, ``organiser`` "" where nobody is named."""

    venue: int
    organiser: str
    domain: int
    activities: int


@dataclass(frozen=True)
class Missing:
    """A domain that does not touch the theme, and its venue nearest to one that does.

    ``venue`` and ``near`` are ``UNKNOWN`` and ``minutes`` is NaN where no venue of that domain has a known place.
    """

    domain: int
    venue: int
    near: int
    minutes: float


@dataclass(frozen=True)
class Pair:
    """Two partners with something about the theme that could follow one another.

    Attributes
    ----------
    one, other : Partner
        With the activities in the order of the visit.
    activity, next_activity : int
        Rows: the ones whose sessions fit most often.
    minutes : float
        From one to the other.
    fits : int
        Pairs of sessions that fit, of any of their activities.
    age_min, age_max : float
        The ages that both welcome; NaN where neither says.
    first, first_next : int
        Start of the earliest fitting sessions, seconds since 1970 UTC.
    """

    one: Partner
    other: Partner
    activity: int
    next_activity: int
    minutes: float
    fits: int
    age_min: float
    age_max: float
    first: int
    first_next: int


@dataclass(frozen=True)
class Wheel:
    """All about one theme.

    ``narrower`` are the theme rows below it, all of which count; ``broader`` the one above it, or ``UNKNOWN``;
    ``partners`` stand by domain, the largest first.
    """

    theme: int
    broader: int
    narrower: tuple[int, ...]
    activities: int
    partners: tuple[Partner, ...]
    missing: tuple[Missing, ...]
    pairs: tuple[Pair, ...]


def below(catalogue: Catalogue, theme: int) -> tuple[int, ...]:
    """The narrower themes of a theme, at any depth. Ascending rows."""
    parent = catalogue.themes.parent
    wanted = np.arange(len(parent)) == theme
    for _ in range(len(parent)):
        wider = wanted | ((parent >= 0) & wanted[parent])
        if (wider == wanted).all():
            break
        wanted = wider
    return tuple(int(row) for row in np.flatnonzero(wanted) if row != theme)


def wheel_of(theme: int, catalogue: Catalogue, offer: Offer, asked: Asked) -> Wheel:
    """The wheel around a theme, over what is open in the weeks asked about.

    Parameters
    ----------
    theme : int
        Row.
    offer : Offer
        Of the same catalogue and question.
    """
    narrower = below(catalogue, theme)
    wanted = np.zeros(len(catalogue.themes.ids), dtype=np.float32)
    wanted[[theme, *narrower]] = 1
    rows = offer.pool.activities
    touching: Int32 = rows[(catalogue.activities.themes[rows] @ wanted) > 0]
    partners, owner = _partners(catalogue, touching)
    have = {partner.domain for partner in partners}
    return Wheel(
        theme=theme,
        broader=int(catalogue.themes.parent[theme]),
        narrower=narrower,
        activities=len(touching),
        partners=tuple(sorted(partners, key=lambda one: (one.domain, -one.activities, one.venue, one.organiser))),
        missing=tuple(
            _missing(catalogue, domain, partners, asked) for domain in range(len(DOMAINS)) if domain not in have
        )
        if len(touching)
        else (),
        pairs=_pairs(catalogue, offer, asked, touching, partners, owner),
    )


def _partners(catalogue: Catalogue, touching: Int32) -> tuple[list[Partner], Int64]:
    """Who offers them, by venue and organiser; and for each activity which of them."""
    activities = catalogue.activities
    keys = [(int(activities.venue[row]), activities.organiser[row], int(activities.domain[row])) for row in touching]
    numbers: dict[tuple[int, str, int], int] = {}
    owner = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    counts = np.bincount(owner, minlength=len(numbers))
    return [Partner(*key, activities=int(counts[number])) for key, number in numbers.items()], owner


def _missing(catalogue: Catalogue, domain: int, partners: list[Partner], asked: Asked) -> Missing:
    venues = catalogue.venues
    able = np.flatnonzero((venues.domain == domain) & ~np.isnan(venues.lat))
    there = np.array([one.venue for one in partners if one.venue != UNKNOWN], dtype=np.int64)
    there = there[~np.isnan(venues.lat[there])]
    if not len(able):
        return Missing(domain, UNKNOWN, UNKNOWN, float("nan"))
    if not len(there):
        return Missing(domain, int(able[0]), UNKNOWN, float("nan"))
    minutes = _minutes(catalogue, asked, venues.lat[able], venues.lon[able], venues.lat[there], venues.lon[there])
    row, column = np.unravel_index(int(minutes.argmin()), minutes.shape)
    return Missing(domain, int(able[row]), int(there[column]), float(minutes[row, column]))


def _minutes(
    catalogue: Catalogue, asked: Asked, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64
) -> Float64:
    """Every way from one to the other, (len(lat), len(to_lat)); NaN where a place is not known."""
    mode = catalogue.travel[asked.mode]
    km = great_circle_km(lat[:, None], lon[:, None], to_lat[None, :], to_lon[None, :])
    found: Float64 = km * (mode.detour / mode.km_per_hour * 60) + np.where(km > 0, mode.fixed_minutes, 0)
    return found


def _pairs(
    catalogue: Catalogue, offer: Offer, asked: Asked, touching: Int32, partners: list[Partner], owner: Int64
) -> tuple[Pair, ...]:
    """Partners that are not one house, within reach, on one day, for an age that both welcome, on no line together."""
    sessions, pool = catalogue.sessions, offer.pool
    if sessions.always or len(partners) < 2:
        return ()
    place = np.full(len(catalogue.activities), -1, dtype=np.int64)
    place[touching] = np.arange(len(touching))
    open_ones = pool.sessions[(place[sessions.activity[pool.sessions]] >= 0) & ~sessions.drop_in[pool.sessions]]
    open_ones = open_ones[np.argsort(sessions.start[open_ones], kind="stable")]
    start, end, activity = sessions.start[open_ones], sessions.end[open_ones], sessions.activity[open_ones]
    lined = _on_a_line(catalogue, touching, place, owner, len(partners))
    best: dict[tuple[int, int], list[tuple[int, int, float, int]]] = {}
    for one in range(len(open_ones)):
        since = np.searchsorted(start, end[one], side="left")
        later = np.arange(since, np.searchsorted(start, end[one] + AT_ONCE_HOURS * 3600, side="right"))
        mine, theirs = int(owner[place[activity[one]]]), owner[place[activity[later]]]
        lat, lon = sessions.lat[open_ones], sessions.lon[open_ones]
        away = _minutes(catalogue, asked, lat[[one]], lon[[one]], lat[later], lon[later])[0]
        good = (away <= asked.minutes) & (start[later] - end[one] >= away * 60) & ~lined[mine, theirs]
        good &= _share_an_age(catalogue, int(activity[one]), activity[later])
        for other, minutes in zip(later[good].tolist(), away[good].tolist(), strict=True):
            if _one_house(partners[mine], partners[int(owner[place[activity[other]]])]):
                continue
            key = (mine, int(owner[place[activity[other]]]))
            best.setdefault(key, []).append((one, other, minutes, 0))
    pairs = [_pair(catalogue, partners, key, found, open_ones) for key, found in best.items()]
    pairs.sort(key=lambda pair: (pair.one.domain == pair.other.domain, -pair.fits, pair.minutes, pair.first))
    seen: set[frozenset[int]] = set()
    kept = []
    for pair in pairs:
        both = frozenset((id(pair.one), id(pair.other)))
        if both not in seen:
            kept.append(pair)
            seen.add(both)
    return tuple(kept[:MOST_PAIRS])


def _pair(
    catalogue: Catalogue,
    partners: list[Partner],
    key: tuple[int, int],
    found: list[tuple[int, int, float, int]],
    open_ones: Int32,
) -> Pair:
    sessions, activities = catalogue.sessions, catalogue.activities
    counts: dict[tuple[int, int], int] = {}
    for one, other, *_ in found:
        both = (int(sessions.activity[open_ones[one]]), int(sessions.activity[open_ones[other]]))
        counts[both] = counts.get(both, 0) + 1
    first, second = min(counts, key=lambda both: (-counts[both], both))
    theirs = [
        (one, other, minutes)
        for one, other, minutes, _ in found
        if (int(sessions.activity[open_ones[one]]), int(sessions.activity[open_ones[other]])) == (first, second)
    ]
    one, other, minutes = theirs[0]
    return Pair(
        one=partners[key[0]],
        other=partners[key[1]],
        activity=first,
        next_activity=second,
        minutes=minutes,
        fits=len(found),
        age_min=float(np.fmax(activities.age_min[first], activities.age_min[second])),
        age_max=float(np.fmin(activities.age_max[first], activities.age_max[second])),
        first=int(sessions.start[open_ones[one]]),
        first_next=int(sessions.start[open_ones[other]]),
    )


def _one_house(one: Partner, other: Partner) -> bool:
    """The same venue, or the same organiser in two places."""
    if one.venue == other.venue and one.venue != UNKNOWN:
        return True
    return bool(one.organiser) and one.organiser == other.organiser


def _share_an_age(catalogue: Catalogue, one: int, others: Int32) -> Bool:
    """Whether some age is welcome at both; an end that is not told is open."""
    activities = catalogue.activities
    low = np.nan_to_num(np.fmax(activities.age_min[one], activities.age_min[others]), nan=0.0)
    high = np.nan_to_num(np.fmin(activities.age_max[one], activities.age_max[others]), nan=_ANY_AGE)
    shared: Bool = low <= high
    return shared


def _on_a_line(catalogue: Catalogue, touching: Int32, place: Int64, owner: Int64, n: int) -> Bool:
    """Which partners have stations on one line already, about whatever. Shape (n, n)."""
    activities = catalogue.activities
    names = {
        (int(activities.venue[row]), activities.organiser[row]): int(owner[place[row]]) for row in touching.tolist()
    }
    together = np.zeros((n, n), dtype=np.bool_)
    for stations in catalogue.lines.stations:
        on = {names.get((int(activities.venue[row]), activities.organiser[row]), -1) for row in stations.tolist()}
        rows = [row for row in on if row >= 0]
        together[np.ix_(rows, rows)] = True
    return together
