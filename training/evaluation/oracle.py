"""Simulated cities only: the list that knows the truth, above which nobody can come."""

from __future__ import annotations

import numpy as np

from data.simulation import Truth, open_sessions, oracle
from recommender.city import Catalogue, Float64
from training.evaluation.baselines import Asked
from training.evaluation.cut import DAY, Cut, Trial

MOST_LEARNERS = 20_000
"""The truth holds a table of learners by activities; beyond so many learners it is not asked."""


class Oracle:
    """The most likely choice first, by the planted truth at each learner's own moment; over what everybody ranks."""

    name = "oracle"

    def __init__(self, truth: Truth, trial: Trial, catalogue: Catalogue, cut: Cut) -> None:
        self.otherwise = np.zeros(len(catalogue.activities))
        self._truth, self._trial, self._until = truth, trial, cut.until
        people = {name: row for row, name in enumerate(truth.people.ids)}
        self._who = np.array([people[name] for name in trial.learners], dtype=np.int32)
        self._row = catalogue.activities.ids.find(truth.offer.activities)

    def scores(self, asked: Asked) -> Float64:
        moments = self._trial.at[asked.trial]
        found = np.full(asked.allowed.shape, -np.inf)
        for moment in np.unique(moments).tolist():
            rows = np.flatnonzero(moments == moment)
            days = max(1, -(-(self._until - moment) // DAY))
            sessions = open_sessions(self._truth, moment, days)
            best = oracle(self._truth, self._who[asked.trial[rows]], moment, sessions)
            for row, activities in zip(rows.tolist(), best, strict=True):
                found[row, self._row[activities]] = -np.arange(len(activities), dtype=float)
        return found
