"""Everybody with a passport as columns, without names: what the coordinator's questions are counted over."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from recommender.city import Bool, Float64, Ids, Int32, Int64
from recommender.passport import CHOSEN_BY, Passport

_Value = TypeVar("_Value", bound=Hashable)
SCHOOL = CHOSEN_BY.index("school")
PRIOR_WEEKS = 8.0
"""A learner's own pace counts for half after so many weeks."""
PACE_WEEKS = 26
"""How far back visits tell somebody's pace: who got a passport last month has not been idle for a year."""
WEEK = 7 * 86_400


@dataclass(frozen=True, eq=False)
class People:
    """One row for each passport; nobody's name is in it.

    Attributes
    ----------
    areas : Ids
        Every area that a passport names, ``""`` for one that names none.
    area : int32, shape (n_people,)
        Row of ``areas``.
    age_low, age_high : float64
        Years; NaN where not known.
    lat, lon : float64, degrees
        Home, rounded to 0.01°; NaN where not known.
    languages, avoid : int32
        Rows of ``tongues`` and ``avoids``: who speaks the same languages, or avoids the same themes, has the same.
    tongues : tuple of tuple of str
    avoids : tuple of tuple of int
        Theme rows.
    learner, activity : int32, shape (n_pairs,)
        What is not shown again to each person: visited, or said to be not for them. Each pair once, by person.
    visits : float64, shape (n_people,)
        Visits in the ``PACE_WEEKS`` before ``last`` that no school chose.
    first, last : int
        Between which moments anybody's stamps lie, seconds since 1970 UTC; equal without stamps.
    """

    areas: Ids
    area: Int32
    age_low: Float64
    age_high: Float64
    lat: Float64
    lon: Float64
    languages: Int32
    tongues: tuple[tuple[str, ...], ...]
    avoid: Int32
    avoids: tuple[tuple[int, ...], ...]
    learner: Int32
    activity: Int32
    visits: Float64
    first: int
    last: int

    def __len__(self) -> int:
        return len(self.area)

    @property
    def claims(self) -> Bool:
        """Home and age are known: only then can anything be said of what is within reach. Shape (n_people,)."""
        known: Bool = ~np.isnan(self.lat) & ~np.isnan(self.lon) & ~np.isnan(self.age_low)
        return known

    def pace(self, at: int) -> Float64:
        """Visits that each makes in a week, drawn towards everybody's mean where little is known.

        The mean of a gamma–Poisson model: (visits + p·mean) ÷ (weeks + p) with p = ``PRIOR_WEEKS``.

        Returns
        -------
        float64, shape (n_people,)
            0 where nobody has a stamp.
        """
        since = max(self.first, self.last - PACE_WEEKS * WEEK)
        weeks = max((at - since) / WEEK, 1.0)
        if not self.visits.any():
            return np.zeros(len(self))
        mean = float(self.visits.mean()) / weeks
        pace: Float64 = (self.visits + PRIOR_WEEKS * mean) / (weeks + PRIOR_WEEKS)
        return pace


def people_of(passports: Iterable[Passport], areas: Iterable[str]) -> People:
    """Columns from passports.

    Parameters
    ----------
    passports : iterable of Passport
        In rows of one catalogue.
    areas : iterable of str
        The area that each names, ``""`` for none.

    Raises
    ------
    ValueError
        When there are not as many areas as passports.
    """
    pairs = list(zip(passports, areas, strict=True))
    given = [passport for passport, _ in pairs]
    names = Ids(sorted({area for _, area in pairs}), "area")
    homes = [(one.home.lat, one.home.lon) if one.home else (np.nan, np.nan) for one in given]
    place = np.array(homes, dtype=np.float64).reshape(len(given), 2)
    spoken, tongues = _numbered([tuple(sorted(one.languages)) for one in given])
    shunned, avoids = _numbered([tuple(sorted(set(one.avoid.tolist()))) for one in given])
    seen = [np.unique(np.concatenate([one.stamps.activity, one.declined])) for one in given]
    moments = [one.stamps.at[[0, -1]] for one in given if len(one.stamps)]
    first, last = min((int(at[0]) for at in moments), default=0), max((int(at[-1]) for at in moments), default=0)
    recent = last - PACE_WEEKS * WEEK
    chosen = [(one.stamps.chosen_by != SCHOOL) & (one.stamps.at >= recent) for one in given]
    return People(
        areas=names,
        area=names.find(area for _, area in pairs),
        age_low=np.array([one.age_low for one in given], dtype=np.float64),
        age_high=np.array([one.age_high for one in given], dtype=np.float64),
        lat=place[:, 0],
        lon=place[:, 1],
        languages=spoken,
        tongues=tongues,
        avoid=shunned,
        avoids=avoids,
        learner=np.repeat(np.arange(len(given), dtype=np.int32), [len(rows) for rows in seen]),
        activity=np.concatenate([np.empty(0, dtype=np.int32), *seen]).astype(np.int32),
        visits=np.array([own.sum() for own in chosen], dtype=np.float64),
        first=first,
        last=last,
    )


def _numbered(values: Sequence[_Value]) -> tuple[Int32, tuple[_Value, ...]]:
    """A number for each different value, and the values."""
    numbers: dict[_Value, int] = {}
    rows = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int32)
    return rows, tuple(numbers)


def bands_of(people: People, bands: tuple[tuple[int, int], ...]) -> Int64:
    """The age band of each person, by the lower end of what is known of their age; -1 outside all of them."""
    found = np.full(len(people), -1, dtype=np.int64)
    for row, (low, high) in enumerate(bands):
        found[(people.age_low >= low) & (people.age_low < high + 1)] = row
    return found
