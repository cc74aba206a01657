"""Small random cities for routes: everything that can be odd about a city is odd in some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from data.clock import clock_of
from recommender.city import (
    DOMAINS,
    UNKNOWN,
    Activities,
    Catalogue,
    Ids,
    Int32,
    Lines,
    Place,
    Sessions,
    Themes,
    Venues,
    always_open,
)
from recommender.passport import Passport, Stamps
from recommender.routing.hours import OpenHours

DAY, HOUR = 86_400, 3600
MONDAY = 1_772_406_000
"""Monday 2 March 2026, 00:00 in Amsterdam; the clocks change on 29 March."""
CENTRE = Place(51.765, 5.52)
BEGINS = (9, 10, 11, 13, 14, 15, 16, 19)
MINUTES = (60, 90, 120, 180)
WEEKDAYS = (0.08, 0.08, 0.16, 0.08, 0.1, 0.35, 0.15)
"""Shares of sessions, Monday to Sunday."""


@dataclass(frozen=True)
class Oddities:
    """How often something is not known or strange, as shares of all."""

    unknown: float = 0.1
    drop_in: float = 0.15
    off: float = 0.05
    asks: float = 0.08
    several_days: float = 0.01


ORDINARY = Oddities()
PLAIN = Oddities(0.0, 0.0, 0.0, 0.05, 0.0)


def random_city(
    rng: np.random.Generator, n_activities: int, weeks: int = 10, odd: Oddities = ORDINARY, always: bool = False
) -> Catalogue:
    """A city of so many activities, whose sessions lie in so many weeks from ``MONDAY`` on.

    Parameters
    ----------
    always : bool
        A city without sessions, where everything is open at all times.
    """
    n_themes, n_venues = 12, max(n_activities // 5, 4)
    parent = np.where(np.arange(n_themes) < 4, UNKNOWN, np.arange(n_themes) % 4).astype(np.int32)
    venues = _venues(rng, n_venues, odd)
    activities = _activities(rng, n_activities, n_themes, venues, odd)
    lines = _lines(rng, activities)
    return Catalogue(
        city="random",
        name="Random",
        time_zone="Europe/Amsterdam",
        languages=("nl",),
        as_of=MONDAY,
        themes=Themes(Ids(f"t-{i}" for i in range(n_themes)), parent, {}),
        venues=venues,
        activities=activities,
        sessions=always_open(activities.venue, venues) if always else _sessions(rng, activities, venues, weeks, odd),
        lines=lines,
        clock=clock_of("Europe/Amsterdam"),
    )


def _venues(rng: np.random.Generator, n: int, odd: Oddities) -> Venues:
    lat, lon = CENTRE.lat + rng.normal(0, 0.012, n), CENTRE.lon + rng.normal(0, 0.02, n)
    nowhere = rng.random(n) < odd.unknown / 2
    lat[nowhere], lon[nowhere] = np.nan, np.nan
    domain = np.where(rng.random(n) < odd.unknown, UNKNOWN, rng.integers(0, len(DOMAINS), n)).astype(np.int8)
    none = ("",) * n
    return Venues(Ids(f"v-{i}" for i in range(n)), none, domain, lat, lon, none, none, np.full(n, -1, dtype=np.int8))


def _activities(rng: np.random.Generator, n: int, n_themes: int, venues: Venues, odd: Oddities) -> Activities:
    def unsure(values: np.ndarray, unknown: float) -> np.ndarray:
        return np.where(rng.random(n) < odd.unknown, unknown, values)

    weights = np.zeros((n, n_themes), dtype=np.float32)
    for row in range(n):
        if rng.random() >= odd.unknown:
            weights[row, rng.choice(n_themes, rng.integers(1, 3), replace=False)] = 0.5
    venue = unsure(rng.integers(0, len(venues.ids), n), UNKNOWN).astype(np.int32)
    access_known = rng.random(n) >= odd.unknown
    badges = [f"b-{i}" for i in range(max(n // 8, 2))]
    giving, asking = rng.random(n) < 0.2, rng.random(n) < odd.asks
    return Activities(
        ids=Ids(f"a-{i}" for i in range(n)),
        title=tuple(f"a-{i}" for i in range(n)),
        description=("",) * n,
        language=tuple(rng.choice(["nl", "nl", "nl", "", "ar"] if odd.unknown else ["nl"], n).tolist()),
        themes=sparse.csr_array(weights),
        domain=np.append(venues.domain, UNKNOWN)[venue].astype(np.int8),
        organiser=("",) * n,
        venue=venue,
        age_min=unsure(rng.choice([4, 6, 8], n), np.nan).astype(np.float32),
        age_max=unsure(rng.choice([9, 12, 99], n), np.nan).astype(np.float32),
        price=unsure(rng.choice([0, 0, 0, 2.5, 5, 7.95], n), np.nan).astype(np.float32),
        form=np.zeros(n, dtype=np.int8),
        stage=unsure(rng.choice([0, 1, 1, 1, 2], n), UNKNOWN).astype(np.int8),
        requires=tuple((str(rng.choice(badges)),) if asks else () for asks in asking),
        awards=tuple((str(rng.choice(badges)),) if gives else () for gives in giving),
        access_terms=("wheelchair",),
        access=np.where(access_known, rng.integers(0, 2, n), 0).astype(np.uint32),
        access_known=access_known,
        company=rng.choice([0, 1, 2, 4, 6], n).astype(np.uint32),
    )


def _sessions(rng: np.random.Generator, activities: Activities, venues: Venues, weeks: int, odd: Oddities) -> Sessions:
    clock, n = clock_of("Europe/Amsterdam"), len(activities)
    activity = np.repeat(np.arange(n, dtype=np.int32), np.minimum(rng.geometric(0.25, n), 2 * weeks))
    m = len(activity)
    day = rng.integers(0, weeks, m) * 7 + rng.choice(7, m, p=WEEKDAYS)
    local = MONDAY + HOUR + day * DAY + rng.choice(BEGINS, m) * HOUR
    drop_in = rng.random(m) < odd.drop_in
    long = rng.random(m) < odd.several_days
    lasts = rng.choice(MINUTES, m) * 60 * np.where(drop_in, 3, 1) + np.where(long, rng.integers(1, 12, m) * DAY, 0)
    # Same hour on the clock, in winter and in summer.
    start = local - (clock.local(local) - local)
    order = np.lexsort((start, activity))
    activity, start, lasts, drop_in = activity[order], start[order], lasts[order], drop_in[order]
    moved = rng.random(m) < odd.unknown
    venue = np.where(moved, rng.integers(0, len(venues.ids), m), activities.venue[activity]).astype(np.int32)
    return Sessions(
        ids=tuple(f"s-{i}" for i in range(m)),
        activity=activity,
        venue=venue,
        start=start.astype(np.int64),
        end=(start + lasts).astype(np.int64),
        lat=np.append(venues.lat, np.nan)[venue],
        lon=np.append(venues.lon, np.nan)[venue],
        capacity_left=np.where(rng.random(m) < odd.off, 0, UNKNOWN).astype(np.int32),
        status=np.where(rng.random(m) < odd.off, 1, 0).astype(np.int8),
        drop_in=drop_in,
    )


def _lines(rng: np.random.Generator, activities: Activities) -> Lines:
    """Lines of three to five stations, mostly in the order of their stages, some crossing."""
    n = max(len(activities) // 25, 1)
    stations: list[Int32] = []
    for line in range(n):
        rows = rng.choice(len(activities), min(int(rng.integers(3, 6)), len(activities)), replace=False)
        if line % 4 != 3:
            rows = rows[np.argsort(activities.stage[rows], kind="stable")]
        stations.append(rows.astype(np.int32))
    badge = tuple(f"line-{i}" if i % 2 == 0 else "" for i in range(n))
    theme = np.full(n, UNKNOWN, dtype=np.int32)
    return Lines(Ids(f"l-{i}" for i in range(n)), ("",) * n, theme, badge, tuple(stations))


def random_passport(rng: np.random.Generator, catalogue: Catalogue) -> Passport:
    """Somebody with a few stamps, a badge perhaps, and a home that is known most of the time."""
    n = len(catalogue.activities)
    activity = np.sort(rng.choice(n, rng.integers(0, min(5, n)), replace=False)).astype(np.int32)
    awarded = sorted({badge for badges in catalogue.activities.awards for badge in badges})
    age = float(rng.choice([np.nan, 7, 8.5, 10, 37], p=[0.2, 0.2, 0.3, 0.2, 0.1]))
    return Passport(
        age_low=age,
        age_high=age,
        home=None if rng.random() < 0.15 else Place(CENTRE.lat + 0.01, round(CENTRE.lon + rng.normal(0, 0.02), 2)),
        languages=("nl",) if rng.random() < 0.5 else (),
        avoid=rng.choice(len(catalogue.themes.ids), int(rng.random() < 0.2), replace=False).astype(np.int32),
        badges=frozenset(rng.choice(awarded, 1).tolist()) if awarded and rng.random() < 0.3 else frozenset(),
        stamps=Stamps(activity, np.full(len(activity), MONDAY - DAY), np.zeros(len(activity), dtype=np.int8)),
    )


def random_hours(rng: np.random.Generator, catalogue: Catalogue, weeks: int) -> OpenHours:
    """Opening hours of two venues in three: closed on Mondays, some between twelve and one."""
    n = len(catalogue.venues.ids)
    known = rng.random(n) < 0.67
    rows: list[tuple[int, int, int]] = []
    for venue in np.flatnonzero(known).tolist():
        noon = bool(rng.random() < 0.3)
        for day in range(weeks * 7 + 1):
            if day % 7 == 0:
                continue
            doors = [(10, 12), (13, 17)] if noon else [(10, 17)]
            midnight = MONDAY + HOUR + day * DAY
            shift = int(catalogue.clock.local(np.array([midnight], dtype=np.int64))[0]) - midnight
            rows += [
                (venue, midnight - shift + opens * HOUR, midnight - shift + closes * HOUR) for opens, closes in doors
            ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return OpenHours(table[:, 0].astype(np.int32), table[:, 1], table[:, 2], known)
