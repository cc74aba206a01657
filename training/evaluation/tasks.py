"""What is done behind one cut, apart from everything else: so that cuts and settings can run side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from data.columns import LEARNER
from data.passports import stamp_arrays
from data.rows import rows_of
from data.simulation import Truth
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue, Ids, Int64
from recommender.release import Release
from training.config import Config
from training.evaluation.baselines import Baseline, Content, NearestAndFree, Newest, Popular, Random
from training.evaluation.cut import DAY, Cut, Trial, draw_test, known_at
from training.evaluation.measured import (
    RELEVANT,
    SETTING,
    Measured,
    VenueCount,
    measure,
    relevant,
    setting,
    together,
)
from training.evaluation.oracle import MOST_LEARNERS, Oracle
from training.evaluation.peers import EASE_MOST, Als, Ease, ItemKnn
from training.evaluation.ranking import rank
from training.evaluation.resample import DRAWS
from training.evaluation.verdict import SERVED
from training.fit import fit
from training.privacy.model import only_measured


@dataclass(frozen=True, eq=False)
class Behind:
    """A city behind one cut: what was known, and who is tested on what.

    ``seed`` draws whom to test and the lots; it is that of the evaluation, whatever the model's own.
    """

    tables: Tables
    cut: Cut
    config: Config
    seed: int

    @cached_property
    def known(self) -> Tables:
        return known_at(self.tables, self.cut.at)

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue_from(self.known)

    @cached_property
    def trial(self) -> Trial:
        settings = self.config.evaluation
        return draw_test(self.tables, self.catalogue, self.cut.at, self.cut.days, settings.learners, self.seed)

    @property
    def closes(self) -> int:
        """Until when a session may be to stand in a list: the test's last day included.

        A city's tables hold what was announced since, too. What is held after the test nobody in it could have gone
        to, and mostly nobody had heard of it.
        """
        return self.cut.until + DAY

    @cached_property
    def visits(self) -> sparse.csr_matrix:
        """Who had been where. Float32 of 0 and 1; one row for everybody with a stamp, by name."""
        stamps = self.known.stamps
        people = Ids(sorted(stamps[LEARNER].unique().tolist()), "learner")
        activity = rows_of(stamps["activity_id"], self.catalogue.activities.ids)
        known = activity >= 0
        learner = rows_of(stamps[LEARNER], people)
        shape = (len(people), len(self.catalogue.activities))
        visits = sparse.csr_matrix((np.ones(int(known.sum()), np.float32), (learner[known], activity[known])), shape)
        visits.sum_duplicates()
        visits.data[:] = 1
        return visits

    @property
    def visitors(self) -> Int64:
        """How many different learners had been to each activity. Shape (n_activities,)."""
        return np.asarray(self.visits.sum(axis=0)).ravel().astype(np.int64)


def measure_simple(behind: Behind, truth: Truth | None, threads: int) -> Measured:
    """Every list that the engine is compared with, and what holds whatever the list."""
    with threadpool_limits(1, "blas"):
        trial, catalogue = behind.trial, behind.catalogue
        baselines = simple_lists(behind, truth, threads)
        ranked = rank(trial, behind.known, catalogue, None, baselines, behind.seed, closes=behind.closes)
        figures = measure(trial, ranked, catalogue, behind.visitors, behind.visits.shape[0])
        return Measured(
            figures={
                **figures,
                SETTING: setting(trial, ranked, behind.visitors),
                RELEVANT: relevant(trial, ranked, catalogue, behind.visitors),
            },
            together=together(ranked.lists, ranked.offered, trial.learners, DRAWS, behind.seed),
        )


def measure_engine(behind: Behind, threads: int, release: Release | None = None) -> Measured:
    """The engine's two lists.

    Parameters
    ----------
    release : Release, optional
        Ranks with this one as it is; else with one fitted on what was known before the cut.
    """
    with threadpool_limits(1, "blas"):
        trial, catalogue, config = behind.trial, behind.catalogue, behind.config
        if release is None:
            asking = only_measured(config.seed, behind.cut.at)
            release = fit(behind.known, _with_threads(config, threads), asking=asking)
        venues = VenueCount(catalogue, trial.learners, DRAWS, behind.seed)
        release = release.extended(catalogue)
        ranked = rank(trial, behind.known, catalogue, release, [], behind.seed, each=venues.add, closes=behind.closes)
        return Measured(
            figures=measure(trial, ranked, catalogue, behind.visitors, behind.visits.shape[0]),
            together=together(ranked.lists, ranked.offered, trial.learners, DRAWS, behind.seed),
            venues=venues.of(ranked.lists[SERVED], ranked.offered),
        )


def _with_threads(config: Config, threads: int) -> Config:
    return replace(config, threads=threads)


def left_out(activities_visited: int, truth: Truth | None, learners: int) -> dict[str, Mapping[str, Any]]:
    """Which lists are not made, and why."""
    found: dict[str, Mapping[str, Any]] = {}
    if activities_visited > EASE_MOST:
        found["ease"] = {"code": "too_large", "activities": activities_visited, "most": EASE_MOST}
    if truth is None:
        found["oracle"] = {"code": "no_truth"}
    elif learners > MOST_LEARNERS:
        found["oracle"] = {"code": "too_large", "learners": learners, "most": MOST_LEARNERS}
    return found


def simple_lists(behind: Behind, truth: Truth | None, threads: int) -> list[Baseline]:
    """The baselines behind a cut, each fitted on what was known before it."""
    catalogue, cut, config, visits = behind.catalogue, behind.cut.at, behind.config, behind.visits
    _, activity, at, _, _ = stamp_arrays(behind.known, catalogue)
    m = len(catalogue.activities)
    recent = Popular("popular_30_days", activity, at, m, cut, days=30)
    # Where visits tell nothing, what is popular now does; ties in that go to what was popular ever.
    often = behind.visitors / (1.0 + behind.visits.shape[0])
    otherwise = recent.visits + often
    found: list[Baseline] = [
        Random(m),
        Popular("popular", activity, at, m, cut),
        recent,
        NearestAndFree(catalogue.activities),
        Newest(catalogue.sessions, m),
        Content(catalogue.activities),
        ItemKnn(visits, otherwise, threads),
        Als(visits, otherwise, config.als, config.seed, threads),
    ]
    without = left_out(int((behind.visitors > 0).sum()), truth, len(behind.tables.passports))
    if "ease" not in without:
        found.append(Ease(visits, otherwise))
    if truth is not None and "oracle" not in without:
        found.append(Oracle(truth, behind.trial, catalogue, behind.cut))
    return found
