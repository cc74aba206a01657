"""Everybody's lists at their own moment: the engine's through the recipe that is served, and each baseline's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from data.columns import LEARNER
from data.tables import Tables
from data.translate import passports_from
from recommender.city import UNKNOWN, Bool, Catalogue, Int32, Int64
from recommender.eligibility import Pool, eligible, open_pool
from recommender.passport import NOBODY, Passport, Request
from recommender.recommend import recommend_many
from recommender.release import Release
from training.evaluation.baselines import Baseline, top
from training.evaluation.cut import Trial
from training.evaluation.verdict import ENGINE, SERVED

LENGTH = 20
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Ranked:
    """What everybody would have been shown.

    Attributes
    ----------
    lists : mapping of model to int32, shape (n_learners, LENGTH)
        Activity rows, best first, padded with ``UNKNOWN``. ``ENGINE`` is the pure ranking, ``SERVED`` the list
        as it is served, with breadth floor and guarantee.
    history : tuple of int32 arrays
        What each learner had done before the cut: activity rows.
    candidates : int64, shape (n_learners,)
        How many activities were open and eligible.
    offered : bool, shape (n_activities,)
        Open and eligible for at least one learner.
    reachable : bool, shape (n_relevant,)
        Whether each relevant pair of the trial stood among its learner's candidates.
    """

    lists: Mapping[str, Int32]
    history: tuple[Int32, ...]
    candidates: Int64
    offered: Bool
    reachable: Bool


def rank(
    trial: Trial,
    known: Tables,
    catalogue: Catalogue,
    release: Release,
    baselines: Sequence[Baseline],
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Ranked:
    """Rank for every tested learner, in blocks of bounded size.

    Parameters
    ----------
    trial : Trial
        Who, when.
    known : Tables
        The city as it was known at the cut; nothing later is looked at.
    catalogue : Catalogue
        Of ``known``.
    release : Release
        Fitted on ``known``.
    baselines : sequence of Baseline
        Each ranks the engine's own candidates of each moment.
    seed : int
        Of the lots that decide where a baseline cannot.
    progress : callable
        Told how many learners were ranked since the last call.
    """
    n, m = len(trial.learners), len(catalogue.activities)
    names = (ENGINE, SERVED, *(baseline.name for baseline in baselines))
    lists = {name: np.full((n, LENGTH), UNKNOWN, dtype=np.int32) for name in names}
    history: list[Int32] = []
    candidates, offered = np.zeros(n, dtype=np.int64), np.zeros(m, dtype=np.bool_)
    reachable = np.zeros(len(trial.activity), dtype=np.bool_)
    passports, pools = _passports(trial, known, catalogue), dict[int, Pool]()
    size = max(1, _BLOCK_CELLS // max(m, 1))
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        travellers = list(islice(passports, block.stop - start))
        own = [np.unique(passport.stamps.activity) for passport in travellers]
        history += own
        allowed = _allowed(travellers, catalogue, trial.at[block], pools)
        candidates[block], offered = allowed.sum(axis=1), offered | allowed.any(axis=0)
        inside = (trial.learner >= start) & (trial.learner < block.stop)
        reachable[inside] = allowed[trial.learner[inside] - start, trial.activity[inside]]
        for name, policy in ((ENGINE, "relevance"), (SERVED, "served")):
            lists[name][block] = _lists(travellers, catalogue, release, trial.at[block], policy)
        lots = np.random.default_rng([seed, start]).random(allowed.shape)
        for baseline in baselines:
            lists[baseline.name][block] = top(baseline.scores(own), allowed, lots, LENGTH)
        progress(len(travellers))
    return Ranked(lists, tuple(history), candidates, offered, reachable)


def _passports(trial: Trial, known: Tables, catalogue: Catalogue) -> Iterator[Passport]:
    """Passports in the order of the trial; somebody not heard of before the cut has an empty one."""
    heard = {*known.passports[LEARNER].tolist(), *known.stamps[LEARNER].tolist()}
    found = passports_from(known, catalogue, [name for name in trial.learners if name in heard])
    return (next(found)[1] if name in heard else NOBODY for name in trial.learners)


def _allowed(passports: Sequence[Passport], catalogue: Catalogue, at: Int64, pools: dict[int, Pool]) -> Bool:
    """What was open and eligible for each learner at their moment. Shape (n_learners, n_activities)."""
    allowed = np.zeros((len(passports), len(catalogue.activities)), dtype=np.bool_)
    for row, (passport, moment) in enumerate(zip(passports, at.tolist(), strict=True)):
        request = Request(at=moment, count=1, explain=False)
        if moment not in pools:
            pools[moment] = open_pool(catalogue, request)
        allowed[row, eligible(passport, catalogue, request, pools[moment]).activities] = True
    return allowed


def _lists(passports: Sequence[Passport], catalogue: Catalogue, release: Release, at: Int64, policy: str) -> Int32:
    requests = [Request(at=moment, count=LENGTH, policy=policy, explain=False) for moment in at.tolist()]
    lists = np.full((len(passports), LENGTH), UNKNOWN, dtype=np.int32)
    for row, answer in enumerate(recommend_many(passports, catalogue, release, requests)):
        shown = [one.activity for one in answer.recommendations]
        lists[row, : len(shown)] = shown
    return lists
