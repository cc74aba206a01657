"""What if this were added: who would gain something to choose, and how many would come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Catalogue, Float64, Int32
from recommender.eligibility import eligible, open_pool
from recommender.insight.addition import Addition, place_of, with_additions
from recommender.insight.calibration import Calibration, Visits
from recommender.insight.cases import Cases
from recommender.insight.cells import counted
from recommender.insight.choice import Standing, expected_visits
from recommender.insight.grid import Grid
from recommender.passport import Passport
from recommender.release import Release
from recommender.travel import travel_minutes


@dataclass(frozen=True)
class Gain:
    """What one addition would bring. Counts are of people, exactly in whole flocks: to be rounded before they are said.

    Attributes
    ----------
    eligible : int
        May take part at all: age, language and what they avoid do not stand in the way.
    near : int
        For whom it counts: free, within reach, age and access told.
    helps : int
        Of those, who have fewer than enough now.
    crosses : int
        Of those, who have enough with it.
    countable : bool
        It is free, and age and access are told: else it counts for nobody, whoever they are.
    visits : Visits or None
        In the weeks asked about; None without a release, and when fewer than ten may take part.
    """

    addition: Addition
    eligible: int
    near: int
    helps: int
    crosses: int
    visits: Visits | None
    countable: bool = True


@dataclass(frozen=True, eq=False)
class Gained:
    """Who gains by each of several additions.

    All are bool, shape (n_people, n_additions), False where nothing is claimed; ``countable`` has shape (n_additions,).
    """

    eligible: Bool
    near: Bool
    helps: Bool
    crosses: Bool
    countable: Bool

    def counts(self, column: int, flock: Int32) -> dict[str, int]:
        """For how many people each holds, in whole flocks."""
        return {
            name: counted(getattr(self, name)[:, column], flock) for name in ("eligible", "near", "helps", "crosses")
        }


def gained(additions: Sequence[Addition], cases: Cases) -> Gained:
    """Who gains by each addition alone, by the engine's own filters."""
    asked, people = cases.asked, cases.people
    catalogue = with_additions(cases.catalogue, additions, asked.at)
    n_old = len(cases.catalogue.activities)
    rows = np.arange(n_old, len(catalogue.activities), dtype=np.int32)
    claims = cases.of >= 0
    case = np.maximum(cases.of, 0)
    may = claims[:, None] & _fits(people.age_low, people.age_high, catalogue, cases, rows)
    may &= _passing([Passport(languages=names) for names in people.tongues], catalogue, cases, rows)[people.languages]
    avoids = [Passport(avoid=np.array(themes, dtype=np.int32)) for themes in people.avoids]
    may &= _passing(avoids, catalogue, cases, rows)[people.avoid]
    places = [place_of(one, cases.catalogue) for one in additions]
    lat, lon = np.array([place.lat for place in places]), np.array([place.lon for place in places])
    mode = catalogue.travel[asked.mode]
    reach = np.zeros((max(len(cases.homes), 1), len(additions)), dtype=np.bool_)
    for number, start in enumerate(cases.homes):
        reach[number] = travel_minutes(start, lat, lon, mode) <= asked.minutes
    counts: Bool = np.array(
        [_countable(one, catalogue, n_old + place, asked.needs) for place, one in enumerate(additions)], dtype=np.bool_
    )
    home = cases.home[case] if len(cases) else np.zeros(len(people), dtype=np.int32)
    near = may & reach[home] & counts
    own = cases.own_activities
    return Gained(
        eligible=may,
        near=near,
        helps=near & (own < asked.enough)[:, None],
        crosses=near & (own == asked.enough - 1)[:, None],
        countable=counts,
    )


def _countable(addition: Addition, catalogue: Catalogue, row: int, needs: tuple[str, ...]) -> bool:
    """Free, age told, access told and met."""
    activities = catalogue.activities
    age_told = not (np.isnan(addition.age_min) and np.isnan(addition.age_max))
    met = all(
        need in activities.access_terms and activities.access[row] >> activities.access_terms.index(need) & 1
        for need in needs
    )
    return addition.price == 0 and age_told and bool(activities.access_known[row]) and met


def _fits(low: np.ndarray, high: np.ndarray, catalogue: Catalogue, cases: Cases, rows: Int32) -> Bool:
    """Whether each one's age fits each new activity. Shape (n_people, len(rows))."""
    ages, which = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    passports = [Passport(age_low=first, age_high=last) for first, last in ages.tolist()]
    return _passing(passports, catalogue, cases, rows)[which.ravel()]


def _passing(passports: Sequence[Passport], catalogue: Catalogue, cases: Cases, rows: Int32) -> Bool:
    """Which new activities the engine's filters leave each passport, whenever they take place."""
    # That it starts after the weeks asked about is no reason to say that somebody may not take part.
    request = cases.asked.anytime(rows)
    pool = open_pool(catalogue, request)
    passes = np.zeros((len(passports), len(rows)), dtype=np.bool_)
    for row, passport in enumerate(passports):
        passes[row, eligible(passport, catalogue, request, pool).activities - rows[0]] = True
    return passes


def what_if(
    additions: Sequence[Addition],
    cases: Cases,
    grid: Grid,
    passports: Sequence[Passport] = (),
    release: Release | None = None,
    standing: Standing | None = None,
    calibration: Calibration | None = None,
) -> list[Gain]:
    """What each addition alone would bring.

    Parameters
    ----------
    passports : sequence of Passport
        Of everybody in ``cases.people``, in that order; only needed with a release.
    release : Release or None
        Aligned with the catalogue of the cases; None leaves out the expected visits.
    standing : Standing or None
        Of the same cases and release.
    calibration : Calibration or None
        None: the uncalibrated one, with wide intervals.
    """
    if not additions:
        return []
    found = gained(additions, cases)
    counts = [found.counts(column, grid.flock) for column in range(len(additions))]
    visits: list[Visits | None] = [None] * len(additions)
    if release is not None and standing is not None:
        calibration = calibration or Calibration()
        expected = visits_to(additions, cases, passports, release, standing, calibration)
        for column, one in enumerate(additions):
            most = np.inf if one.places is None else float(one.places * one.sessions)
            if counts[column]["eligible"]:
                visits[column] = calibration.visits(float(expected[column]), most)
    return [
        Gain(one, **counts[column], visits=visits[column], countable=bool(found.countable[column]))
        for column, one in enumerate(additions)
    ]


def visits_to(
    additions: Sequence[Addition],
    cases: Cases,
    passports: Sequence[Passport],
    release: Release,
    standing: Standing,
    calibration: Calibration,
) -> Float64:
    """Expected visits to each addition alone, before the factor of the calibration. Shape (n_additions,)."""
    catalogue = with_additions(cases.catalogue, additions, cases.asked.at)
    rows = np.arange(len(cases.catalogue.activities), len(catalogue.activities), dtype=np.int32)
    extended, boosts = release.extended(catalogue), (calibration.boost,)
    found: Float64 = expected_visits(standing, passports, catalogue, extended, cases.asked, rows, boosts)[:, 0]
    return found
