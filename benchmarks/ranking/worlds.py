"""Simulated towns as questions: three season cuts each, and what only the truth could answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.ranking.circumstances import openings
from benchmarks.ranking.split import LENGTH, Split, question
from data.columns import AT
from data.simulation import Simulation, SimulationConfig, Truth, open_sessions, oracle, simulate
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import UNKNOWN, Int32
from training.evaluation.cut import DAY, draw_test, known_at, midnight

WORLDS: Mapping[str, Mapping[str, bool]] = {
    "spread": {"interests_spread": True, "exposure_bias": False, "group_gap": False, "drift": True},
    "flat": {"interests_spread": False, "exposure_bias": False, "group_gap": False, "drift": False},
    "biased": {"interests_spread": True, "exposure_bias": True, "group_gap": True, "drift": True},
}
"""Switches of ``data.simulation``. *spread*: interest wakes in neighbouring themes and drifts; everybody sees all
sessions alike. *flat*: nothing of the kind, interest stays what it is. *biased*: as shipped, where also what is popular
and near is seen more often, and poor neighbourhoods are worse off."""

HORIZON_DAYS = 42.0
"""How far ahead is asked and tested: as much as the shipped town has behind its last season's start."""
FEW = 200
"""Stamps of a town that has only just begun."""


def build_world(name: str, seed: int, learners: int) -> Simulation:
    """One of ``WORLDS``; seed 0 is the simulation's own town."""
    town = SimulationConfig(seed=1 + seed, learners=learners)
    return simulate(replace(town, **dict[str, Any](WORLDS[name])))


def season_splits(made: Simulation, name: str, only: int | None = None) -> list[Split]:
    """The start of every season but the first, as a question: what will each learner do in the six weeks that follow?

    What is known then and who is tested on what come from ``training.evaluation``, what is open and eligible from the
    engine's own filters. Everybody asks at the cut, for sessions within the six weeks. Asking on the day of somebody's
    next visit would give the answer away: what takes place that very day is most likely it.

    Parameters
    ----------
    only : int or None
        Learn from the last so many stamps before the cut, as if the passport had been introduced then.
    """
    starts = made.truth.snapshot_at[1:]
    cuts = midnight(starts, made.tables.city.time_zone).tolist()
    return [_season(made.tables, f"{name}, season {number}", cut, only) for number, cut in enumerate(cuts, start=2)]


def _season(tables: Tables, name: str, cut: int, only: int | None) -> Split:
    if only is not None:
        tables = replace(tables, stamps=_last_before(tables, cut, only))
    known = known_at(tables, cut)
    catalogue = catalogue_from(known)
    trial = draw_test(tables, catalogue, cut, HORIZON_DAYS, limit=0, seed=0)
    n, m = len(trial.learners), len(catalogue.activities)
    split = Split(
        name=name,
        tables=known,
        catalogue=catalogue,
        learners=trial.learners,
        request=question(cut, closes=int(cut + HORIZON_DAYS * DAY)),
        learner=trial.learner,
        activity=trial.activity,
        candidates=np.arange(m, dtype=np.int32),
        barred=sparse.csr_matrix((n, m), dtype=np.float32),
    )
    return replace(split, barred=sparse.csr_matrix(np.isnan(openings(split).soonest), dtype=np.float32))


def _last_before(tables: Tables, cut: int, count: int) -> pd.DataFrame:
    stamps = tables.stamps
    before = np.flatnonzero((stamps[AT] < cut).to_numpy())
    order = before[np.argsort(stamps[AT].to_numpy()[before], kind="stable")]
    return stamps.drop(index=stamps.index[order[: max(len(order) - count, 0)]]).reset_index(drop=True)


class Oracle:
    """The simulator's truth: the most likely choice first, over the same candidates as everybody ranks."""

    name = "oracle"
    needs_visits = False

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def fit(self, split: Split) -> float:
        return 0.0

    def rank(self, split: Split) -> tuple[Int32, float]:
        truth, began = self._truth, time.perf_counter()
        people = {name: row for row, name in enumerate(truth.people.ids)}
        who = np.array([people[name] for name in split.learners], dtype=np.int32)
        sessions = open_sessions(truth, split.request.at, round(HORIZON_DAYS))
        can = split.barred.toarray()[:, truth.offer.activity[sessions]] == 0
        lists = np.full((len(who), LENGTH), UNKNOWN, dtype=np.int32)
        for row, own in enumerate(oracle(truth, who, split.request.at, sessions, candidates=can)):
            lists[row, : min(len(own), LENGTH)] = own[:LENGTH]
        return lists, time.perf_counter() - began
