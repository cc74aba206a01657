"""Who is in the same case: learners of the same home cell, age, languages and avoided themes see the same programme.

Every filter is the engine's own (``eligibility.eligible``), asked once for each different home, age, set of languages
and set of avoided themes; a case is one of each. So the work grows with the cases and not with the learners, and there
is no second truth of who may take part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.city import Bool, Catalogue, Float32, Float64, Int32, Int64, Place
from recommender.eligibility import ADULT, Pool, eligible, open_pool
from recommender.insight.asked import Asked
from recommender.insight.people import People
from recommender.passport import NOBODY, Passport
from recommender.travel import great_circle_km, travel_minutes

_BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Offer:
    """What is open in the weeks asked about, and what is known of it; in the columns of ``pool.activities``.

    Attributes
    ----------
    pool : Pool
    free, price_known, age_known, access_known, access_met : bool, shape (n_pool,)
    countable : bool, shape (n_pool,)
        Free, age and access known and met: it counts for whoever it fits and can get there.
    """

    pool: Pool
    free: Bool
    price_known: Bool
    age_known: Bool
    access_known: Bool
    access_met: Bool

    @property
    def countable(self) -> Bool:
        return self.free & self.age_known & self.access_known & self.access_met


def offer_of(catalogue: Catalogue, asked: Asked) -> Offer:
    """What is open from ``asked.at`` on for the weeks asked about."""
    request = asked.request()
    pool = open_pool(catalogue, request)
    rows, activities = pool.activities, catalogue.activities
    met = np.isin(rows, eligible(NOBODY, catalogue, request, pool).activities) | ~activities.access_known[rows]
    return Offer(
        pool=pool,
        free=activities.price[rows] == 0,
        price_known=~np.isnan(activities.price[rows]),
        age_known=~(np.isnan(activities.age_min[rows]) & np.isnan(activities.age_max[rows])),
        access_known=activities.access_known[rows],
        access_met=met,
    )


@dataclass(frozen=True, eq=False)
class Cases:
    """Everybody's case, and what is there for each.

    Attributes
    ----------
    of : int32, shape (n_people,)
        Case of each person; -1 for whom nothing can be claimed.
    count : int64, shape (n_cases,)
        People in each.
    home, age, tongue, avoid : int32, shape (n_cases,)
        Rows of the masks below.
    homes : tuple of Place
    ages : tuple of (float, float)
        One age of each class: within a class the same activities fit.
    minutes : float32, shape (n_homes, n_pool)
        The shortest way from each home; NaN where the place is not known.
    near_sessions : int32, shape (n_homes, n_pool)
        Sessions within reach.
    fits, speaks, wanted : bool, shapes (n_ages | n_tongues | n_avoids, n_pool)
        Age, language and avoided themes do not stand in the way (not known does not).
    activities, sessions : int64, shape (n_cases,)
        How much qualifies.
    """

    catalogue: Catalogue
    people: People
    asked: Asked
    offer: Offer
    of: Int32
    count: Int64
    home: Int32
    age: Int32
    tongue: Int32
    avoid: Int32
    homes: tuple[Place, ...]
    ages: tuple[tuple[float, float], ...]
    minutes: Float32
    near_sessions: Int32
    fits: Bool
    speaks: Bool
    wanted: Bool
    activities: Int64
    sessions: Int64

    def __len__(self) -> int:
        return len(self.count)

    def blocks(self) -> Iterator[slice]:
        """Cases in blocks of bounded size."""
        size = max(1, _BLOCK_CELLS // max(len(self.offer.pool.activities), 1))
        for start in range(0, len(self), size):
            yield slice(start, min(start + size, len(self)))

    def qualifies(self, cases: slice | Int32, columns: Int64 | slice = slice(None)) -> Bool:
        """What counts for some cases: (len(cases), n_columns), or pairs where both are arrays of one length."""
        pick: Bool = self.near_sessions[self.home[cases], columns] > 0
        pick &= self.fits[self.age[cases], columns] & self.speaks[self.tongue[cases], columns]
        pick &= self.wanted[self.avoid[cases], columns] & self.offer.countable[columns]
        return pick

    def within_reach(self, cases: Int32, sessions: Int32) -> Bool:
        """Whether each session (a row of the catalogue) lies within reach of the case beside it. Shape (n,)."""
        table = self.catalogue.sessions
        lat = np.array([home.lat for home in self.homes])[self.home[cases]]
        lon = np.array([home.lon for home in self.homes])[self.home[cases]]
        mode = self.catalogue.travel[self.asked.mode]
        km = great_circle_km(lat, lon, table.lat[sessions], table.lon[sessions])
        near: Bool = km * (mode.detour / mode.km_per_hour * 60) + mode.fixed_minutes <= self.asked.minutes
        return near

    @cached_property
    def own_activities(self) -> Int64:
        """How many activities qualify for each person, what they have been to left out.

        Returns
        -------
        int64, shape (n_people,)
            -1 where nothing can be claimed.
        """
        own = np.where(self.of >= 0, self.activities[self.of] if len(self) else 0, -1)
        people, columns = self._done()
        done = self.qualifies(self.of[people], columns)
        taken = np.bincount(people[done], minlength=len(own))
        return np.where(self.of >= 0, own - taken, -1)

    def _done(self) -> tuple[Int32, Int64]:
        """Pairs of person and pool column that are not shown again, for whom a claim can be made."""
        column = np.full(len(self.catalogue.activities), -1, dtype=np.int64)
        column[self.offer.pool.activities] = np.arange(len(self.offer.pool.activities))
        there = column[self.people.activity]
        kept = (there >= 0) & (self.of[self.people.learner] >= 0)
        return self.people.learner[kept], there[kept]


def cases_of(people: People, catalogue: Catalogue, asked: Asked) -> Cases:
    """Sort everybody into cases and count what qualifies for each.

    A session qualifies as it does for the guarantee (``recommender.guarantee``): free, age known to fit, access known
    and met, a language that is spoken or not named, and at most ``asked.minutes`` away.
    """
    offer = offer_of(catalogue, asked)
    claims = np.flatnonzero(people.claims)
    homes, home = np.unique(np.column_stack([people.lat, people.lon])[claims], axis=0, return_inverse=True)
    classes = _age_classes(people, catalogue, claims)
    _, first, age = np.unique(classes, axis=0, return_index=True, return_inverse=True)
    one_of = claims[first]
    keys = np.column_stack([home.ravel(), age.ravel(), people.languages[claims], people.avoid[claims]])
    cases, case, count = np.unique(keys.reshape(-1, 4), axis=0, return_inverse=True, return_counts=True)
    of = np.full(len(people), -1, dtype=np.int32)
    of[claims] = case.ravel()
    places = tuple(Place(lat, lon) for lat, lon in homes.tolist())
    minutes, near = ways(places, catalogue, asked, offer)
    known = tuple((float(people.age_low[row]), float(people.age_high[row])) for row in one_of)
    found = Cases(
        catalogue=catalogue,
        people=people,
        asked=asked,
        offer=offer,
        of=of,
        count=count.astype(np.int64),
        home=cases[:, 0].astype(np.int32),
        age=cases[:, 1].astype(np.int32),
        tongue=cases[:, 2].astype(np.int32),
        avoid=cases[:, 3].astype(np.int32),
        homes=places,
        ages=known,
        minutes=minutes,
        near_sessions=near,
        fits=passes_of([Passport(age_low=low, age_high=high) for low, high in known], catalogue, asked, offer),
        speaks=passes_of([Passport(languages=names) for names in people.tongues], catalogue, asked, offer),
        wanted=passes_of([Passport(avoid=np.array(rows, np.int32)) for rows in people.avoids], catalogue, asked, offer),
        activities=np.zeros(len(cases), dtype=np.int64),
        sessions=np.zeros(len(cases), dtype=np.int64),
    )
    for block in found.blocks():
        counts = found.qualifies(block)
        found.activities[block] = counts.sum(axis=1)
        found.sessions[block] = (counts * near[found.home[block]]).sum(axis=1)
    return found


def _age_classes(people: People, catalogue: Catalogue, rows: Int64) -> Int64:
    """Ages between which no activity of the city tells a difference have the same row. Shape (len(rows), 3)."""
    activities = catalogue.activities
    begins = np.unique(activities.age_min[~np.isnan(activities.age_min)])
    ends = np.unique(activities.age_max[~np.isnan(activities.age_max)] + 1)
    low, high = people.age_low[rows], people.age_high[rows]
    return np.column_stack(
        [np.searchsorted(begins, high, side="right"), np.searchsorted(ends, low, side="right"), low >= ADULT]
    ).astype(np.int64)


def passes_of(passports: Sequence[Passport], catalogue: Catalogue, asked: Asked, offer: Offer) -> Bool:
    """What the engine's own filters let through for each passport, needs aside. Shape (n_passports, n_pool)."""
    plain = Asked(asked.at, asked.weeks, asked.mode).request()
    passes = np.zeros((len(passports), len(offer.pool.activities)), dtype=np.bool_)
    for row, passport in enumerate(passports):
        passes[row] = np.isin(offer.pool.activities, eligible(passport, catalogue, plain, offer.pool).activities)
    return passes


def ways(places: tuple[Place, ...], catalogue: Catalogue, asked: Asked, offer: Offer) -> tuple[Float32, Int32]:
    """The way from some places to everything that is open.

    Returns
    -------
    minutes : float32, shape (n_places, n_pool)
        The shortest of an activity's sessions; NaN where no place is known.
    near : int32, shape (n_places, n_pool)
        Sessions at most ``asked.minutes`` away.
    """
    pool, sessions, mode = offer.pool, catalogue.sessions, catalogue.travel[asked.mode]
    shape = (len(places), len(pool.activities))
    minutes, near = np.full(shape, np.nan, dtype=np.float32), np.zeros(shape, dtype=np.int32)
    if not len(pool.activities):
        return minutes, near
    lat, lon = sessions.lat[pool.sessions], sessions.lon[pool.sessions]
    for row, place in enumerate(places):
        away: Float64 = travel_minutes(place, lat, lon, mode)
        minutes[row] = np.fmin.reduceat(away, pool.first)
        near[row] = np.add.reduceat((away <= asked.minutes).astype(np.int32), pool.first)
    return minutes, near
