"""How often people would come: the release's conditional logit, with each learner's own pace.

In each week a learner chooses among what is open and suits them, or chooses nothing (McFadden 1974, "Conditional logit
analysis of qualitative choice behavior"). The score of an activity is its utility, but for the parts that are rules and
no tastes (``RULES``); the utility of nothing is what makes the learner come as often as they do. An activity more takes
from the others and from nothing, in proportion. What nobody has been to yet has a constant of its own (``boost``),
learned from how earlier new activities did: visits cannot speak for them, and people come all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

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
RULES = ("age", "days")
"""Parts of a score that were never learned from choices: what protects children, and how soon something is."""


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
    known, new : float64, shape (n_sample, n_weeks)
        Log of the summed exponentials of what is open and suits and has been visited by anybody, and of what has not; -inf
        for nothing of it.
    """

    person: Int32
    weight: Float64
    pace: Float64
    known: Float64
    new: Float64

    def utility(self, boost: float = 1.0) -> Float64:
        """The same of everything, nothing included. Shape (n_sample, n_weeks); inf for who never comes.

        The utility of nothing makes the mean chance of coming the learner's pace.
        """
        both = np.logaddexp(self.known, self.new + np.log(boost))
        top = both.max(axis=1, keepdims=True, initial=-np.inf)
        level = np.where(np.isfinite(top), top, 0.0)
        sums = np.exp(both - level)
        usual = sums.mean(axis=1, keepdims=True)
        # With nothing to compare with, an average activity would be chosen as often as the learner comes.
        usual = np.where(usual > 0, usual, 1.0)
        pace = self.pace[:, None]
        with np.errstate(divide="ignore"):
            found: Float64 = level + np.log(sums + np.where(pace > 0, usual * (1 - pace) / pace, np.inf))
        return found


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
    visited = release.model.visited
    known, new = np.full((2, len(person), asked.weeks), -np.inf)
    request = Request(at=asked.at, closes=asked.until, count=1, policy="relevance", explain=False)
    for row, scored in enumerate(scored_for(person, passports, catalogue, release, request)):
        if row % _BLOCK == 0:
            progress(row, len(person))
        rows, values = scored.can.activities, tastes(scored)
        if len(rows) and pace[row]:
            top = float(values.max())
            lifts = np.exp(values - top)
            with np.errstate(divide="ignore"):
                known[row] = top + np.log(there[:, rows] @ (lifts * visited[rows]))
                new[row] = top + np.log(there[:, rows] @ (lifts * ~visited[rows]))
    progress(len(person), len(person))
    return Standing(person, weight, pace, known, new)


def tastes(scored: Scored) -> Float64:
    """Scores without the parts that are rules. Shape (n_eligible,)."""
    values: Float64 = scored.total.astype(np.float64)
    for name in RULES:
        values = values - scored.context.parts[name]
    return values


def expected_visits(
    standing: Standing,
    passports: Sequence[Passport],
    catalogue: Catalogue,
    release: Release,
    asked: Asked,
    rows: Int32,
    boosts: Sequence[float] = (1.0,),
    added: bool = True,
) -> Float64:
    """Visits to some activities in the weeks asked about, before the factor of the calibration.

    Parameters
    ----------
    catalogue, release
        That hold the activities, aligned.
    rows : int32, shape (n,)
        Activities.
    boosts : sequence of float
        Constants to try for what nobody has been to.
    added : bool
        Each is added by itself, as if the others were not there. False: they are part of what ``standing`` was made of.

    Returns
    -------
    float64, shape (n, len(boosts))
    """
    there = weekly(catalogue, asked)
    column = np.full(len(catalogue.activities), -1, dtype=np.int64)
    column[rows] = np.arange(len(rows))
    new = ~release.model.visited
    utility = [standing.utility(boost) for boost in boosts]
    found = np.zeros((len(rows), len(boosts)))
    request = Request(
        at=asked.at, closes=asked.until, count=1, policy="relevance", explain=False, candidates=np.asarray(rows)
    )
    for row, scored in enumerate(scored_for(standing.person, passports, catalogue, release, request)):
        own = scored.can.activities
        if not len(own) or not standing.pace[row]:
            continue
        values = tastes(scored)
        for place, boost in enumerate(boosts):
            own_values = values + np.log(boost) * new[own]
            lift = np.exp(np.minimum(own_values[None, :] - utility[place][row][:, None], 50.0))
            chance = lift / (1 + lift) if added else np.minimum(lift, 1.0)
            found[column[own], place] += standing.weight[row] * (chance * there[:, own]).sum(axis=0)
    return found
