"""How often people would come: the release's conditional logit, with each learner's own pace.

In each week a learner chooses among what is open and suits them, or chooses nothing (McFadden 1974, "Conditional logit
analysis of qualitative choice behavior"). The score of an activity is its utility; the utility of nothing is what makes
the learner come as often as they do. An activity more takes from the others and from nothing, in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import nbinom

from recommender.city import Bool, Catalogue, Float64, Int32, Int64
from recommender.eligibility import eligible, open_pool
from recommender.insight.asked import WEEK, Asked
from recommender.insight.people import People
from recommender.passport import Passport, Request
from recommender.release import Release
from recommender.scoring import Scored, score_block

OFTENEST = 0.95
"""Nobody is taken to come more surely than this in a week."""
_BLOCK = 64
UNCALIBRATED = 1.0
"""Dispersion where nothing is known of how earlier activities turned out: half to double and more."""
FEWEST, LEAST_DISPERSION = 20, 0.02


@dataclass(frozen=True)
class Visits:
    """Expected visits, and between which numbers 95 of 100 such additions would end up."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """How earlier new activities turned out beside what the model would have said of them.

    Visits are taken to be negative binomial: mean ``factor`` × expected, variance mean + ``dispersion`` × mean².

    Attributes
    ----------
    factor : float
    dispersion : float
    activities : int
        How many it was learned from.
    weeks : int
        Over how many weeks.
    coverage : float
        Part of them that lie within their own interval; NaN without any.
    """

    factor: float = 1.0
    dispersion: float = UNCALIBRATED
    activities: int = 0
    weeks: int = 0
    coverage: float = float("nan")

    @property
    def calibrated(self) -> bool:
        return self.activities >= FEWEST

    def visits(self, expected: float, most: float = np.inf) -> Visits:
        """What to say of an expected number; ``most`` is how many there are places for."""
        mean = max(self.factor * expected, 0.0)
        if not mean:
            return Visits(0.0, 0.0, 0.0)
        low, high = nbinom.ppf([0.025, 0.975], 1 / self.dispersion, 1 / (1 + self.dispersion * mean))
        return Visits(min(mean, most), min(float(low), most), min(float(high), most))

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        known = not np.isnan(self.coverage)
        return {
            "factor": round(self.factor, 4),
            "dispersion": round(self.dispersion, 4),
            "activities": self.activities,
            "weeks": self.weeks,
            "calibrated": self.calibrated,
            "coverage": round(self.coverage, 4) if known else None,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any] | None) -> Calibration:
        """The inverse of ``as_plain``; None gives the uncalibrated one."""
        if plain is None:
            return cls()
        coverage = plain["coverage"]
        return cls(
            float(plain["factor"]),
            float(plain["dispersion"]),
            int(plain["activities"]),
            int(plain["weeks"]),
            float("nan") if coverage is None else float(coverage),
        )


def calibrate(expected: Float64, came: Float64, weeks: int) -> Calibration:
    """Factor and dispersion by the method of moments.

    Parameters
    ----------
    expected, came : float64, shape (n_activities,)
        Visits that the model expected at each new activity, and visits there were.
    weeks : int
        Over how many weeks both are counted.

    Returns
    -------
    Calibration
        The uncalibrated one for fewer than ``FEWEST`` activities, or when nobody came or was expected.
    """
    kept = expected > 0
    expected, came = expected[kept], came[kept]
    if len(expected) < FEWEST or not came.sum():
        return Calibration()
    factor = float(came.sum() / expected.sum())
    mean = factor * expected
    dispersion = max(float((((came - mean) ** 2) - mean).sum() / (mean**2).sum()), LEAST_DISPERSION)
    found = Calibration(factor, dispersion, len(expected), weeks)
    said = [found.visits(one) for one in expected.tolist()]
    inside = [one.low <= real <= one.high for one, real in zip(said, came.tolist(), strict=True)]
    return Calibration(factor, dispersion, len(expected), weeks, float(np.mean(inside)))


@dataclass(frozen=True, eq=False)
class Standing:
    """A sample of learners and what they have to choose from as it is.

    Attributes
    ----------
    person : int32, shape (n_sample,)
        Rows of ``People``.
    weight : float64, shape (n_sample,)
        People that each stands for.
    pace : float64, shape (n_sample,)
        Visits in a week.
    utility : float64, shape (n_sample, n_weeks)
        Log of the summed exponentials of all that is open and suits, nothing included; inf for who never comes.
    """

    person: Int32
    weight: Float64
    pace: Float64
    utility: Float64


def weekly(catalogue: Catalogue, asked: Asked, rows: Int64 | Int32 | None = None) -> Bool:
    """In which weeks each activity has an open session. Shape (n_weeks, n_activities).

    Parameters
    ----------
    rows : int, shape (n_open,), or None
        Session rows that count; None: those that are open in the window.
    """
    sessions = catalogue.sessions
    rows = open_pool(catalogue, asked.request()).sessions if rows is None else rows
    there = np.zeros((asked.weeks, len(catalogue.activities)), dtype=np.bool_)
    for week in range(asked.weeks):
        since, until = asked.at + week * WEEK, asked.at + (week + 1) * WEEK
        begins = sessions.start[rows] < until
        on = begins & np.where(sessions.drop_in[rows], sessions.end[rows] > since, sessions.start[rows] >= since)
        there[week, sessions.activity[rows[on]]] = True
    return there


def sample_of(block: Int32, most: int, seed: int) -> tuple[Int32, Float64]:
    """A sample with people from everywhere: alike many from each block, all of a block that has no more.

    Parameters
    ----------
    block : int32, shape (n_people,)
        Any division of people, -1 being one of its parts.
    most : int
        About how many in all, at least one from each block.

    Returns
    -------
    person : int32, weight : float64
        Ascending rows, and how many people each stands for.
    """
    if len(block) <= most:
        return np.arange(len(block), dtype=np.int32), np.ones(len(block))
    names, own, sizes = np.unique(block, return_inverse=True, return_counts=True)
    each = max(1, most // len(names))
    spare = most - int(np.minimum(sizes, each).sum())
    each += max(spare, 0) // max(int((sizes > each).sum()), 1)
    lots = np.random.default_rng([seed, len(block)]).random(len(block))
    order = np.lexsort((lots, own.ravel()))
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.arange(len(block)) - np.repeat(first, sizes)
    kept = np.sort(order[place < each])
    weight = (sizes / np.minimum(sizes, each))[own.ravel()[kept]]
    return kept.astype(np.int32), weight.astype(np.float64)


def scored_for(
    person: Int32,
    passports: Sequence[Passport],
    catalogue: Catalogue,
    release: Release,
    request: Request,
) -> Iterator[Scored]:
    """Score all that is open and suits, for some people; block by block."""
    pool = open_pool(catalogue, request)
    for start in range(0, len(person), _BLOCK):
        block = [(passports[row], request) for row in person[start : start + _BLOCK].tolist()]
        can = [eligible(passport, catalogue, request, pool) for passport, _ in block]
        yield from score_block(block, can, catalogue, release.model)


def standing_of(
    person: Int32,
    weight: Float64,
    people: People,
    passports: Sequence[Passport],
    catalogue: Catalogue,
    release: Release,
    asked: Asked,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Standing:
    """What a sample of learners has to choose from, week by week.

    Parameters
    ----------
    release : Release
        In the rows of the catalogue.
    """
    pace = np.minimum(people.pace(asked.at)[person], OFTENEST)
    there = weekly(catalogue, asked)
    utility = np.full((len(person), asked.weeks), np.inf)
    request = Request(at=asked.at, closes=asked.until, count=1, policy="relevance", explain=False)
    for row, scored in enumerate(scored_for(person, passports, catalogue, release, request)):
        if row % _BLOCK == 0:
            progress(row, len(person))
        if pace[row]:
            utility[row] = _with_nothing(scored, there, float(pace[row]))
    progress(len(person), len(person))
    return Standing(person, weight, pace, utility)


def _with_nothing(scored: Scored, there: Bool, pace: float) -> Float64:
    """Log-sums per week, with the utility of nothing that makes the mean chance of coming the learner's pace."""
    values = scored.total.astype(np.float64)
    if not len(values):
        # Nothing to compare with: an average activity would be chosen as often as the learner comes.
        return np.zeros(len(there)) - float(np.log(pace))
    top = float(values.max())
    sums = there[:, scored.can.activities] @ np.exp(values - top)
    usual = float(sums.mean())
    if not usual:
        return np.zeros(len(there)) + (top - float(np.log(pace)))
    logs: Float64 = top + np.log(sums + usual * (1 - pace) / pace)
    return logs


def expected_visits(
    standing: Standing,
    passports: Sequence[Passport],
    catalogue: Catalogue,
    release: Release,
    asked: Asked,
    rows: Int32,
    new: bool = True,
) -> Float64:
    """Visits to some activities in the weeks asked about, before calibration.

    Parameters
    ----------
    catalogue, release
        That hold the activities, aligned.
    rows : int32, shape (n,)
        Activities; each by itself, as if the others were not there.
    new : bool
        False: they are part of what ``standing`` was made of.

    Returns
    -------
    float64, shape (n,)
    """
    there = weekly(catalogue, asked)
    column = np.full(len(catalogue.activities), -1, dtype=np.int64)
    column[rows] = np.arange(len(rows))
    found = np.zeros(len(rows))
    request = Request(
        at=asked.at, closes=asked.until, count=1, policy="relevance", explain=False, candidates=np.asarray(rows)
    )
    for row, scored in enumerate(scored_for(standing.person, passports, catalogue, release, request)):
        own = scored.can.activities
        if not len(own) or not standing.pace[row]:
            continue
        lift = np.exp(np.minimum(scored.total.astype(np.float64)[None, :] - standing.utility[row][:, None], 50.0))
        chance = lift / (1 + lift) if new else np.minimum(lift, 1.0)
        found[column[own]] += standing.weight[row] * (chance * there[:, own]).sum(axis=0)
    return found
