"""What there is, seen from a place: from every inhabited home cell, from every venue, and where it is least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Float64, Int64, Place
from recommender.insight.cases import Cases, cases_of, passes_of, ways
from recommender.insight.cells import HIDDEN_BELOW
from recommender.insight.grid import Grid
from recommender.insight.obstacles import Obstacles, cause_of, obstacles_of
from recommender.insight.people import People
from recommender.insight.reach import Reach, Spread
from recommender.insight.shares import HIDDEN, Share
from recommender.passport import Passport

_INTO_A_BAND = 10.0
_OLDEST, _MOST_AGES = 90, 12


@dataclass(frozen=True)
class Around:
    """What qualifies from one point, for somebody in the middle of each age band.

    ``row`` is the venue, or for a home cell its area. ``here`` counts only what takes place at the venue itself; empty
    for a home cell.
    """

    row: int
    place: Place | None
    activities: tuple[int, ...]
    sessions: tuple[int, ...]
    here: tuple[int, ...] = ()
    here_sessions: tuple[int, ...] = ()
    open: int = 0
    free: int = 0


@dataclass(frozen=True)
class Desert:
    """An area and age band, with how little there is to choose from and what keeps it so.

    All but ``n`` and ``supply`` is a fact of the programme, seen from the homes of the area by somebody of each age in the
    band, whether or not anybody of that age lives there.

    Attributes
    ----------
    area, band : int
    n : int
        People of that band, exactly: may not be said as it is.
    mean : float
        Activities within reach, on average over the homes.
    activities, sessions : Spread
    supply : Share
        Of the group that the cell belongs to.
    merged : bool
        That group holds more than this cell.
    cause : str or None
        See ``obstacles.cause_of``.
    keeps_out : mapping of str to float
        Activities that would qualify more, were only that otherwise; means over the homes.
    left : mapping of str to float
        Activities left after each step of the funnel; means over the homes.
    """

    area: int
    band: int
    n: int
    mean: float
    activities: Spread
    sessions: Spread
    supply: Share
    merged: bool
    cause: str | None
    keeps_out: dict[str, float]
    left: dict[str, float]


@dataclass(frozen=True, eq=False)
class Typical:
    """Somebody of every age at every home of an area, who speaks its language and has been nowhere.

    Attributes
    ----------
    cases : Cases
        Of these made-up people.
    obstacles : Obstacles
        Of the same.
    area, band : int64, shape (n_typical,)
    weight : float64, shape (n_typical,)
        How many learners of any age live at that home, shared among the ages of a band.
    """

    cases: Cases
    obstacles: Obstacles
    area: Int64
    band: Int64
    weight: Float64


def middle_age(band: tuple[int, int]) -> float:
    """Somebody typical of a band: its middle, in a wide one ten years from its lower end."""
    return band[0] + min((band[1] + 1 - band[0]) / 2, _INTO_A_BAND)


def _for_bands(cases: Cases) -> Bool:
    """What counts for somebody in the middle of each band who speaks its language. Shape (n_bands, n_pool)."""
    ages = [middle_age(band) for band in cases.asked.bands]
    typical = [Passport(age_low=age, age_high=age) for age in ages]
    counts: Bool = passes_of(typical, cases.catalogue, cases.asked, cases.offer) & cases.offer.countable
    return counts


def around_homes(cases: Cases) -> tuple[Around, ...]:
    """What there is from every 0.01° cell in which ten learners or more live."""
    suits = _for_bands(cases)
    found = []
    lives = np.bincount(cases.home, weights=cases.count, minlength=len(cases.homes))
    homes = np.where(cases.of >= 0, cases.home[cases.of], -1) if len(cases) else np.full(len(cases.people), -1)
    for row in np.flatnonzero(lives >= HIDDEN_BELOW).tolist():
        near = cases.near_sessions[row]
        areas = np.bincount(cases.people.area[homes == row])
        activities = (suits & (near > 0)).sum(axis=1)
        found.append(
            Around(int(areas.argmax()), cases.homes[row], _ints(activities), _ints((suits * near).sum(axis=1)))
        )
    return tuple(found)


def around_venues(cases: Cases) -> tuple[Around, ...]:
    """What there is at every venue, and from it; a venue without a place of its own shows only what is there."""
    catalogue, offer = cases.catalogue, cases.offer
    venues, pool, suits = catalogue.venues, offer.pool, _for_bands(cases)
    owner = np.repeat(np.arange(len(pool.activities)), np.diff(pool.first, append=len(pool.sessions)))
    located = np.flatnonzero(~np.isnan(venues.lat))
    places = tuple(Place(float(venues.lat[row]), float(venues.lon[row])) for row in located.tolist())
    _, near = ways(places, catalogue, cases.asked, offer)
    order = {row: number for number, row in enumerate(located.tolist())}
    found = []
    for row in range(len(venues.ids)):
        own = catalogue.sessions.venue[pool.sessions] == row
        here = np.bincount(owner[own], minlength=len(pool.activities))
        from_here = near[order[row]] if row in order else np.zeros(len(pool.activities), dtype=np.int32)
        found.append(
            Around(
                row=row,
                place=places[order[row]] if row in order else None,
                activities=_ints((suits & (from_here > 0)).sum(axis=1)),
                sessions=_ints((suits * from_here).sum(axis=1)),
                here=_ints((suits & (here > 0)).sum(axis=1)),
                here_sessions=_ints((suits * here).sum(axis=1)),
                open=int((here > 0).sum()),
                free=int((offer.free & (here > 0)).sum()),
            )
        )
    return tuple(found)


def typical_of(cases: Cases) -> Typical:
    """Made-up people for the areas in which ten learners or more live."""
    people, bands = cases.people, cases.asked.bands
    there = cases.of >= 0
    lives = np.bincount(people.area[there], minlength=len(people.areas)) >= HIDDEN_BELOW
    there &= lives[people.area]
    keys = np.column_stack([people.area[there], cases.home[cases.of[there]]]) if there.any() else np.empty((0, 2), int)
    homes, count = np.unique(keys, axis=0, return_counts=True)
    known = there & (people.age_low >= 0)
    often = np.bincount(people.age_low[known].astype(np.int64), minlength=_OLDEST + 1)
    ages = [(band, age, 1 / len(own)) for band, ends in enumerate(bands) for own in [_ages(ends, often)] for age in own]
    area, home = np.repeat(homes, len(ages), axis=0).reshape(-1, 2).T
    age = np.tile([age for _, age, _ in ages], len(homes))
    lat, lon = (np.array([getattr(place, name) for place in cases.homes] + [0.0])[home] for name in ("lat", "lon"))
    nobody = np.zeros(len(area), dtype=np.int32)
    made = People(
        areas=people.areas,
        area=area.astype(np.int32),
        age_low=age,
        age_high=age,
        lat=lat,
        lon=lon,
        languages=nobody,
        tongues=((),),
        avoid=nobody,
        avoids=((),),
        learner=nobody[:0],
        activity=nobody[:0],
        visits=np.zeros(len(area)),
        first=0,
        last=0,
    )
    found = cases_of(made, cases.catalogue, cases.asked)
    return Typical(
        cases=found,
        obstacles=obstacles_of(found),
        area=area.astype(np.int64),
        band=np.tile([band for band, _, _ in ages], len(homes)).astype(np.int64),
        weight=np.repeat(count, len(ages)) * np.tile([share for *_, share in ages], len(homes)),
    )


def _ages(band: tuple[int, int], often: Int64) -> list[float]:
    """The middle of the years of a band, a dozen of them at most.

    Years of which the city has fewer than ten learners are left out where it has others: passports may begin at three.
    """
    years = np.arange(band[0], max(min(band[1], _OLDEST), band[0]) + 1)
    usual = years[(years < len(often)) & (often[np.minimum(years, len(often) - 1)] >= HIDDEN_BELOW)]
    years = usual if len(usual) else years
    if len(years) > _MOST_AGES:
        years = years[np.linspace(0, len(years) - 1, _MOST_AGES).astype(int)]
    return [float(year) + 0.5 for year in years]


def deserts_of(cases: Cases, grid: Grid, reach: Reach, typical: Typical) -> tuple[Desert, ...]:
    """Every area in which ten learners or more live, by age band, the one with least to choose from first.

    The order is by what there is, which is a fact of the programme and not an estimate over people; of equal ones
    those in areas with more learners first.
    """
    found, made = [], typical.cases
    for area, band in np.unique(np.column_stack([typical.area, typical.band]), axis=0).tolist():
        inside = (typical.area == area) & (typical.band == band)
        case, weight = made.of[inside], typical.weight[inside]
        of_case: Float64 = np.bincount(case, weights=weight, minlength=len(made)).astype(np.float64)
        mean = float(np.average(made.activities[case], weights=weight))
        left = typical.obstacles.mean(typical.obstacles.left, of_case)
        group = int(grid.group[area, band])
        found.append(
            Desert(
                area=area,
                band=band,
                n=int(grid.counts[area, band]),
                mean=mean,
                activities=_weighted_spread(made.activities[case], weight),
                sessions=_weighted_spread(made.sessions[case], weight),
                supply=reach.groups[group].supply if group >= 0 else HIDDEN,
                merged=int((grid.counts[grid.group == group] > 0).sum()) > 1,
                cause=cause_of(cases.asked.enough, left),
                keeps_out=typical.obstacles.mean(typical.obstacles.of, of_case),
                left=left,
            )
        )
    lives = grid.counts.sum(axis=1)
    return tuple(sorted(found, key=lambda desert: (desert.mean, -int(lives[desert.area]), desert.area, desert.band)))


def _weighted_spread(values: Int64, weight: Float64) -> Spread:
    order = np.argsort(values, kind="stable")
    heap = np.cumsum(weight[order])
    places = np.searchsorted(heap, np.array([0.1, 0.5, 0.9]) * heap[-1] - 1e-9)
    low, median, high = values[order][np.minimum(places, len(values) - 1)].tolist()
    return Spread(low, median, high)


def _ints(values: np.ndarray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
