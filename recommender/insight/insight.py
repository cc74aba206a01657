"""Everything that a coordinator can ask about one city, made ready once and asked many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recommender.city import Catalogue
from recommender.insight.addition import Addition
from recommender.insight.asked import Asked
from recommender.insight.calibration import Calibration
from recommender.insight.cases import Cases, cases_of
from recommender.insight.choice import Standing, sample_of, standing_of
from recommender.insight.grid import Grid, grid_of
from recommender.insight.obstacles import Obstacles, obstacles_of
from recommender.insight.people import People, people_of
from recommender.insight.reach import Lists, Reach, reach_of
from recommender.insight.shares import Share, apart, shares
from recommender.insight.suggest import Suggestions, suggest
from recommender.insight.supply import Desert, Typical, deserts_of, typical_of
from recommender.insight.whatif import Gain, what_if
from recommender.insight.wheel import Wheel, wheel_of
from recommender.passport import Passport
from recommender.release import Release
from recommender.routing.hours import OpenHours

SAMPLE = 2000
SUGGESTED = 10
Progress = Callable[[str, int, int], None]
"""Told the step, how much of it is done, and how much there is."""


def _quiet(step: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, eq=False)
class Insight:
    """One city at one moment, ready to be asked. What takes long is worked out when it is first asked for.

    Attributes
    ----------
    release : Release or None
        In the rows of the catalogue.
    calibration : Calibration or None
    hours : OpenHours or None
        When venues are open in the first week.
    most : int
        Expected visits are reckoned over a sample of about so many learners.
    """

    catalogue: Catalogue
    people: People
    passports: Sequence[Passport]
    asked: Asked
    cases: Cases
    grid: Grid
    release: Release | None = None
    calibration: Calibration | None = None
    hours: OpenHours | None = None
    most: int = SAMPLE
    seed: int = 0
    progress: Progress = _quiet

    @cached_property
    def obstacles(self) -> Obstacles:
        return obstacles_of(self.cases)

    @cached_property
    def typical(self) -> Typical:
        """Somebody of every age at every home."""
        return typical_of(self.cases)

    @cached_property
    def standing(self) -> Standing | None:
        """What a sample of learners has to choose from as it is; None without a release."""
        if self.release is None:
            return None
        person, weight = sample_of(self.grid.own_group, self.most, self.seed)
        return standing_of(
            person,
            weight,
            self.people,
            self.passports,
            self.catalogue,
            self.release,
            self.asked,
            lambda done, total: self.progress("what if", done, total),
        )

    def reach(self, lists: Lists | None = None) -> Reach:
        """Who can reach what; with lists also whether they get to see it."""
        return reach_of(self.cases, self.grid, self.obstacles, lists)

    def deserts(self, reach: Reach | None = None) -> tuple[Desert, ...]:
        """Where there is least to choose from."""
        return deserts_of(self.cases, self.grid, reach or self.reach(), self.typical)

    def what_if(self, addition: Addition) -> Gain:
        """What one addition would bring."""
        return self.what_ifs([addition])[0]

    def what_ifs(self, additions: Sequence[Addition]) -> list[Gain]:
        """What each addition alone would bring."""
        return what_if(additions, self.cases, self.grid, self.passports, self.release, self.standing, self.calibration)

    def suggest(self, most: int = SUGGESTED, wanted: Sequence[tuple[int, int]] = ()) -> Suggestions:
        """The additions that would help most, in the city and for single cells of the grid."""
        return suggest(
            self.cases,
            self.grid,
            self.typical,
            self.passports,
            self.release,
            self.standing,
            self.calibration,
            self.hours,
            most,
            wanted,
            lambda done, total: self.progress("suggest", done, total),
        )

    def wheel(self, theme: int) -> Wheel:
        """The wheel around a theme."""
        return wheel_of(theme, self.catalogue, self.cases.offer, self.asked)

    def otherwise(self, modes: Sequence[str], needs: Sequence[str]) -> tuple[dict[str, Share], dict[str, Share]]:
        """The supply part of the whole city with other ways of getting there, and were everybody to have a need.

        Answers that could be subtracted from one another to fewer than ten people are left out.
        """
        wanted = [replace(self.asked, mode=mode) for mode in modes]
        wanted += [replace(self.asked, needs=(need,)) for need in needs]
        inside = self.grid.cell >= 0
        parts = [int((self.cases.own_activities[inside] < self.asked.enough).sum())]
        for asked in wanted:
            own = cases_of(self.people, self.catalogue, asked).own_activities
            parts.append(int((own[inside] < self.asked.enough).sum()))
        keep = apart(parts)
        total = int(inside.sum())
        found = [shares(np.array([part]), np.array([total]))[0] for part in parts[1:]]
        told = [share if good else replace(share, value=None, low=None, high=None, bound=share.bound or "withheld")
                for share, good in zip(found, keep[1:], strict=True)]  # fmt: skip
        return dict(zip(modes, told, strict=False)), dict(zip(needs, told[len(modes) :], strict=True))


def insight_of(
    catalogue: Catalogue,
    passports: Sequence[Passport],
    areas: Sequence[str],
    asked: Asked,
    release: Release | None = None,
    calibration: Calibration | None = None,
    hours: OpenHours | None = None,
    most: int = SAMPLE,
    seed: int = 0,
    progress: Progress = _quiet,
) -> Insight:
    """Make a city ready to be asked about.

    Parameters
    ----------
    passports : sequence of Passport
        Of everybody with a passport, in rows of the catalogue.
    areas : sequence of str
        The area that each names, ``""`` for none.
    release : Release or None
        Brought into the rows of the catalogue when it does not stand in them.
    """
    if release is not None and not release.fits(catalogue):
        release = release.extended(catalogue)
    people = people_of(passports, areas)
    cases = cases_of(people, catalogue, asked)
    return Insight(
        catalogue, people, passports, asked, cases, grid_of(cases), release, calibration, hours, most, seed, progress
    )
