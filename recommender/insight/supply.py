"""What there is, seen from a place: from every inhabited home cell, from every venue, and where it is least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Float64, Place
from recommender.insight.cases import Cases, passes_of, ways
from recommender.insight.cells import HIDDEN_BELOW, Share
from recommender.insight.grid import Grid
from recommender.insight.obstacles import Obstacles, cause_of
from recommender.insight.reach import Reach, Spread, spread_of
from recommender.passport import Passport

_INTO_A_BAND = 10.0


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

    Attributes
    ----------
    area, band : int
    n : int
        People, exactly: to be rounded before it is said.
    mean : float
        Activities within reach, on average over the people there, whatever they have been to.
    activities, sessions : Spread
    supply : Share
        Of the group that the cell belongs to.
    merged : bool
        That group holds more than this cell.
    cause : str or None
        See ``obstacles.cause_of``.
    keeps_out : mapping of str to float
        Activities that would qualify more, were only that otherwise; means over the people there.
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


def deserts_of(cases: Cases, grid: Grid, obstacles: Obstacles, reach: Reach) -> tuple[Desert, ...]:
    """Every area and age band in which ten learners or more live, the one with least to choose from first.

    The order is by what there is, which is a fact of the programme and not an estimate over people; of equal ones
    those with more people first.
    """
    found = []
    for area, band in np.argwhere(grid.counts >= HIDDEN_BELOW).tolist():
        inside = grid.people(area, band)
        case = cases.of[inside]
        weight: Float64 = np.bincount(case, minlength=len(cases)).astype(np.float64)
        mean = float(cases.activities[case].mean())
        keeps_out = obstacles.mean(obstacles.of, weight)
        group = int(grid.group[area, band])
        found.append(
            Desert(
                area=area,
                band=band,
                n=int(inside.sum()),
                mean=mean,
                activities=spread_of(cases.activities[case]),
                sessions=spread_of(cases.sessions[case]),
                supply=reach.groups[group].supply,
                merged=int((grid.counts[grid.group == group] > 0).sum()) > 1,
                cause=cause_of(mean, cases.asked.enough, keeps_out),
                keeps_out=keeps_out,
            )
        )
    return tuple(sorted(found, key=lambda desert: (desert.mean, -desert.n, desert.area, desert.band)))


def _ints(values: np.ndarray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
