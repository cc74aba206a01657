"""The repair list: mend these records of the catalogue, and so many learners gain something they can go to.

What counts is what the guarantee counts (``recommender/guarantee.py``): free, for their age, in a language of theirs, at
most 20 minutes on foot, access known; and known to be about something. What is not known is taken to be as good as it can
be, so every number is the best case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.columns import ACTIVITY
from data.tables import Tables
from data.translate import catalogue_from
from data.words import age_span, split
from recommender.city import Bool, Catalogue
from recommender.eligibility import Pool, age_fits, open_pool
from recommender.passport import Request
from training.repair_gain import Cases, Chance, cases_of, ranked
from training.repair_records import FIELDS, Mended, Record, mended

SMALLEST, TO_NEAREST = 10, 5
MOST = 100
MODE = "walk"


@dataclass(frozen=True)
class Fix:
    """A record to mend. Numbers of learners are exact here; ``rounded`` is what may be shown.

    Attributes
    ----------
    rank : int
        From 1. Records of one rank are mended together: an activity waits for all of them.
    round : int
        1: gains are learners who gain a first activity by this list; 2: a second one; and so on.
    table, id, title, where, says : str
        Which record, where it stands, and what stands in it that cannot be used.
    fill_in : tuple of str
        What has to be known: of ``FIELDS``, or a column's name.
    activities, gain, short, alone : int
        As in ``Step``.
    """

    rank: int
    round: int
    table: str
    id: str
    title: str
    where: str
    says: str
    fill_in: tuple[str, ...]
    activities: int
    gain: int
    short: int
    alone: int


@dataclass(frozen=True)
class Repairs:
    """The list of one city.

    Attributes
    ----------
    fixes : tuple of Fix
    learners, left_out : int
        With a home and an age, and without.
    waiting : int
        Activities that would count for somebody, were more known of them.
    counting : int
        Activities that count today.
    unread : int
        Records in quarantine of which nobody can say what they would bring.
    at : int
        The moment, seconds since 1970 UTC.
    """

    fixes: tuple[Fix, ...]
    learners: int
    left_out: int
    waiting: int
    counting: int
    unread: int
    at: int

    def gained(self, first: int | None = None) -> int:
        """Learners who gain an activity by the first so many ranks of the list."""
        told = {fix.rank: fix.gain for fix in self.fixes if fix.round == 1 and (first is None or fix.rank <= first)}
        return sum(told.values())


def rounded(learners: int) -> int | None:
    """A number of learners as it may be shown: to the nearest 5; None for 1 to 9."""
    if 0 < learners < SMALLEST:
        return None
    return TO_NEAREST * round(learners / TO_NEAREST)


def repairs(tables: Tables, at: int, most: int = MOST) -> Repairs:
    """Which records to mend first.

    Parameters
    ----------
    tables : Tables
        With people and quarantine.
    at : int
        Sessions after it count, seconds since 1970 UTC.
    most : int
        How many records at most.
    """
    would = mended(tables)
    catalogue = catalogue_from(would.tables)
    cases = _cases(tables, catalogue)
    waits, fits = _Waiting(would, catalogue, cases, at), _let_in(catalogue, cases)
    found = (waits.of(row, fits[row]) for row in range(len(catalogue.activities)))
    chances = [chance for chance in found if chance is not None]
    steps = ranked(cases, chances, catalogue.travel[MODE], most)
    fixes = []
    for rank, step in enumerate(steps, 1):
        for unit in step.units:
            one = waits.records[unit]
            order = sorted(one.fields, key=lambda name: (FIELDS.index(name) if name in FIELDS else -1, name))
            fixes.append(
                Fix(rank, step.round, one.table, one.id, one.title, one.where, one.says, tuple(order),
                    step.activities, step.gain, step.short, step.alone)
            )  # fmt: skip
    waiting = sum(bool(chance.needs) for chance in chances)
    return Repairs(
        tuple(fixes), int(cases.count.sum()), cases.left_out, waiting, len(chances) - waiting, would.unread, at
    )


def _cases(tables: Tables, catalogue: Catalogue) -> Cases:
    people, activities = tables.passports, catalogue.activities
    spans = np.array([age_span(text) for text in people["age"]], dtype=np.float64).reshape(-1, 2)
    edges = np.concatenate([activities.age_min, activities.age_max + 1]).astype(np.float64)
    return cases_of(
        people["home_lat"].to_numpy(np.float64), people["home_lon"].to_numpy(np.float64), spans[:, 0], spans[:, 1],
        [split(text) for text in people["languages"]], edges, set(activities.language) - {""},
    )  # fmt: skip


class _Waiting:
    """Finds what each activity waits for, and collects the records."""

    def __init__(self, would: Mended, catalogue: Catalogue, cases: Cases, at: int) -> None:
        self.would, self.catalogue, self.records = would, catalogue, list(would.records)
        self._number: dict[tuple[str, str], int] = {}
        self._open = _near(catalogue, cases, open_pool(catalogue, Request(at=at)))
        venues = catalogue.venues
        self._at_venue = cases.near(venues.lat, venues.lon, catalogue.travel[MODE])
        # What had a session, or a visitor, is over or off: nothing of it is missing.
        self._past = {*would.tables.sessions[ACTIVITY], *would.tables.stamps[ACTIVITY]}

    def _record(self, table: str, name: str, title: str, field: str) -> int:
        place = self._number.get((table, name))
        if place is None:
            where, says = self.would.hints.get((table, name), ("", ""))
            place = self._number[table, name] = len(self.records)
            self.records.append(Record(table, name, title, where, says))
        self.records[place].fields.add(field)
        return place

    def _activity(self, row: int, field: str) -> int:
        name = self.catalogue.activities.ids.names[row]
        own = self.would.activity_of.get(name)
        if own is None:
            return self._record("activities", name, self.catalogue.activities.title[row], field)
        self.records[own].fields.add(field)
        return own

    def _place(self, row: int, field: str) -> int:
        """The record of the activity's venue, else its own."""
        venues, venue = self.catalogue.venues, int(self.catalogue.activities.venue[row])
        if venue < 0:
            return self._activity(row, field)
        name = venues.ids.names[venue]
        own = self.would.venue_of.get(name)
        if own is None:
            return self._record("venues", name, venues.name[venue] or name, field)
        self.records[own].fields.add(field)
        return own

    def of(self, row: int, fits: Bool) -> Chance | None:
        """The chance that an activity is; None for one that counts for nobody, whatever is known of it."""
        activities, would = self.catalogue.activities, self.would
        name, venue, price = activities.ids.names[row], int(activities.venue[row]), float(activities.price[row])
        if price > 0:
            return None
        needs = {would.activity_of[name]} if name in would.activity_of else set()
        near, place_from = self._whence(row), -1
        if row not in self._open:
            if name in would.session_of:
                needs.add(would.session_of[name])
            elif name in self._past or not would.tables.has_sessions:
                return None
            else:
                needs.add(self._activity(row, "time"))
        if near is None:
            place_from = self._place(row, "place")
            needs.add(place_from)
        elif venue >= 0 and self.catalogue.venues.ids.names[venue] in would.venue_of:
            needs.add(would.venue_of[self.catalogue.venues.ids.names[venue]])
        if np.isnan(price):
            needs.add(self._activity(row, "price"))
        if np.isnan(activities.age_min[row]) and np.isnan(activities.age_max[row]):
            needs.add(self._activity(row, "age"))
        if activities.themes.indptr[row] == activities.themes.indptr[row + 1]:
            needs.add(self._activity(row, "theme"))
        if not activities.access_known[row]:
            needs.add(self._place(row, "access"))
        return Chance(near, fits, frozenset(needs), place_from)

    def _whence(self, row: int) -> Bool | None:
        """Whence an activity can be reached; None where its place is not known."""
        if row in self._open:
            return self._open[row]
        venue = int(self.catalogue.activities.venue[row])
        if venue < 0 or np.isnan(self.catalogue.venues.lat[venue]):
            return None
        near: Bool = self._at_venue[venue]
        return near


def _let_in(catalogue: Catalogue, cases: Cases) -> Bool:
    """Which profiles each activity lets in by age and language. Shape (n_activities, n_profiles)."""
    fits = np.ones((len(catalogue.activities), len(cases.low)), dtype=np.bool_)
    language = np.array(catalogue.activities.language, dtype=object)
    for place, (low, high, spoken) in enumerate(zip(cases.low, cases.high, cases.languages, strict=True)):
        fits[:, place] = age_fits(catalogue, low, high)
        if spoken:
            fits[:, place] &= np.isin(language, ["", *spoken])
    return fits


def _near(catalogue: Catalogue, cases: Cases, pool: Pool) -> dict[int, Bool | None]:
    """Whence each open activity can be reached by one of its sessions; None where no place of them is known."""
    sessions, rows = catalogue.sessions, pool.sessions
    points, of = np.unique(np.stack([sessions.lat[rows], sessions.lon[rows]], axis=1), axis=0, return_inverse=True)
    reach = cases.near(points[:, 0], points[:, 1], catalogue.travel[MODE])
    found: dict[int, Bool | None] = {}
    pairs = np.unique(np.stack([sessions.activity[rows], of.reshape(-1)], axis=1), axis=0)
    for activity, place in pairs.tolist():
        before = found.setdefault(activity, None)
        if not np.isnan(points[place, 0]):
            found[activity] = reach[place] if before is None else before | reach[place]
    return found
