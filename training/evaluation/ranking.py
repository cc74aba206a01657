"""Everybody's lists at their own moment: the engine's through the recipe that is served, and each baseline's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from data.columns import LEARNER
from data.passports import passports_from
from data.tables import Tables
from recommender.city import UNKNOWN, Bool, Catalogue, Int32, Int64
from recommender.eligibility import Pool
from recommender.passport import NOBODY, Passport, Request
from recommender.recommend import recommend_many
from recommender.release import Release
from training.evaluation.baselines import Asked, Baseline, top
from training.evaluation.circumstances import circumstances
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
    within : mapping of model to bool, shape (n_learners, LENGTH)
        Which places hold something free, near and fitting (see ``circumstances``).
    history : tuple of int32 arrays
        What each learner had done before the cut: activity rows.
    candidates : int64, shape (n_learners,)
        How many activities were open and eligible.
    could : int64, shape (n_learners,)
        How many of those are free, near and fitting; 0 also without a claim.
    claims : bool, shape (n_learners,)
        Home and age are known.
    offered : bool, shape (n_activities,)
        Open and eligible for at least one learner.
    reachable : bool, shape (n_relevant,)
        Whether each relevant pair of the trial stood among its learner's candidates.
    """

    lists: Mapping[str, Int32]
    within: Mapping[str, Bool]
    history: tuple[Int32, ...]
    candidates: Int64
    could: Int64
    claims: Bool
    offered: Bool
    reachable: Bool


def rank(
    trial: Trial,
    known: Tables,
    catalogue: Catalogue,
    release: Release | None,
    baselines: Sequence[Baseline],
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
    each: Callable[[slice, Bool], None] = lambda block, allowed: None,
    closes: int | None = None,
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
    release : Release or None
        Fitted on ``known``; None ranks by the baselines alone.
    baselines : sequence of Baseline
        Each ranks the engine's own candidates of each moment.
    seed : int
        Of the lots that decide where a baseline cannot.
    progress : callable
        Told how many learners were ranked since the last call.
    each : callable
        Told what was open to each block of learners: rows of the trial, and shape (n_block, n_activities).
    closes : int or None
        Sessions later than this are for nobody's list, seconds since 1970 UTC.
    """
    n, m = len(trial.learners), len(catalogue.activities)
    policies = {} if release is None else {ENGINE: "relevance", SERVED: "served"}
    names = (*policies, *(baseline.name for baseline in baselines))
    lists = {name: np.full((n, LENGTH), UNKNOWN, dtype=np.int32) for name in names}
    within = {name: np.zeros((n, LENGTH), dtype=np.bool_) for name in names}
    history: list[Int32] = []
    candidates, could = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    claims, offered = np.zeros(n, dtype=np.bool_), np.zeros(m, dtype=np.bool_)
    reachable = np.zeros(len(trial.activity), dtype=np.bool_)
    person, rng = _people(trial, known), np.random.default_rng(seed)
    passports, pools = _passports(trial, known, catalogue), dict[int, Pool]()
    size = max(1, _BLOCK_CELLS // max(m, 1))
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        travellers = list(islice(passports, block.stop - start))
        own = [np.unique(passport.stamps.activity) for passport in travellers]
        history += own
        found = circumstances(travellers, catalogue, trial.at[block], pools, closes)
        candidates[block], offered = found.allowed.sum(axis=1), offered | found.allowed.any(axis=0)
        could[block], claims[block] = found.within.sum(axis=1), found.claims
        inside = (trial.learner >= start) & (trial.learner < block.stop)
        reachable[inside] = found.allowed[trial.learner[inside] - start, trial.activity[inside]]
        for name, policy in policies.items():
            assert release is not None
            lists[name][block] = _lists(travellers, catalogue, release, trial.at[block], policy, closes)
        if baselines:
            rows = np.arange(start, block.stop, dtype=np.int32)
            asked = Asked(own, person[block], rows, found.nearest, found.allowed)
            lots = rng.random(found.allowed.shape)
            for baseline in baselines:
                lists[baseline.name][block] = top(
                    baseline.scores(asked), found.allowed, lots, LENGTH, baseline.otherwise
                )
        for name in names:
            shown = lists[name][block]
            held = np.take_along_axis(found.within, np.maximum(shown, 0).astype(np.int64), axis=1) if m else shown > 0
            within[name][block] = held & (shown != UNKNOWN)
        each(block, found.allowed)
        progress(len(travellers))
    return Ranked(lists, within, tuple(history), candidates, could, claims, offered, reachable)


def _people(trial: Trial, known: Tables) -> Int32:
    """Row of each tested learner among those with stamps, by name; ``UNKNOWN`` for who has none."""
    row = {name: place for place, name in enumerate(sorted(known.stamps[LEARNER].unique().tolist()))}
    return np.array([row.get(name, UNKNOWN) for name in trial.learners], dtype=np.int32)


def _passports(trial: Trial, known: Tables, catalogue: Catalogue) -> Iterator[Passport]:
    """Passports in the order of the trial; somebody not heard of before the cut has an empty one."""
    heard = {*known.passports[LEARNER].tolist(), *known.stamps[LEARNER].tolist()}
    found = passports_from(known, catalogue, [name for name in trial.learners if name in heard])
    return (next(found)[1] if name in heard else NOBODY for name in trial.learners)


def _lists(
    passports: Sequence[Passport], catalogue: Catalogue, release: Release, at: Int64, policy: str, closes: int | None
) -> Int32:
    plain = Request(at=0, closes=closes, count=LENGTH, policy=policy, explain=False)
    requests = [replace(plain, at=moment) for moment in at.tolist()]
    lists = np.full((len(passports), LENGTH), UNKNOWN, dtype=np.int32)
    for row, answer in enumerate(recommend_many(passports, catalogue, release, requests)):
        shown = [one.activity for one in answer.recommendations]
        lists[row, : len(shown)] = shown
    return lists
