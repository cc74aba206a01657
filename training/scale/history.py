"""What a fit wants to know of a city's stamps, whether they are in memory or on disk; equal stamps give equal answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from data.columns import ACTIVITY, AT, LEARNER
from data.rows import rows_of
from data.store.digest import digest
from data.tables import Tables
from recommender.city import UNKNOWN, Catalogue, Ids
from recommender.interest import stamp_weights
from recommender.passport import CHOSEN_BY
from training.interactions import Interactions, ages_of, interactions_of
from training.scale.spool import Spool
from training.sources.adjacency import one_in

DAY = 86_400
LEARNED_FROM = 6_000_000
"""Stamps from which the weights are learned at most: of a larger city every so many learners are heard."""


class History(Protocol):
    """A city's stamps, for a fit."""

    def interactions(self, catalogue: Catalogue, days: float) -> Interactions:
        """Those whose activities the catalogue holds; one by one, at least those of the last ``days`` and of the learners
        whose visits are looked at one after another.
        """

    def sample(self) -> Tables:
        """The city with stamps to learn the weights from."""

    def digest(self) -> str:
        """Of all its data."""

    def sizes(self) -> tuple[int, int]:
        """Learners and stamps."""


class InMemory:
    """A city whose stamps are in its tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def interactions(self, catalogue: Catalogue, days: float) -> Interactions:
        return interactions_of(self._tables, catalogue)

    def sample(self) -> Tables:
        stamps = self._tables.stamps
        every = -(-len(stamps) // LEARNED_FROM)
        if every <= 1:
            return self._tables
        return _with(self._tables, stamps, set(sorted(stamps[LEARNER].unique())[::every]))

    def digest(self) -> str:
        return digest(self._tables)

    def sizes(self) -> tuple[int, int]:
        return int(self._tables.stamps[LEARNER].nunique()), len(self._tables.stamps)


class OnDisk:
    """A city whose stamps are in a spool; its tables hold none."""

    def __init__(self, tables: Tables, stamps: Spool) -> None:
        self._tables, self._stamps = tables, stamps

    def interactions(self, catalogue: Catalogue, days: float) -> Interactions:
        # Two readings: what is recent, and of how many learners one is heard, is known after the first.
        kept, newest = 0, 0
        for part in self._stamps.parts([ACTIVITY, AT]):
            found = rows_of(part[ACTIVITY], catalogue.activities.ids) != UNKNOWN
            kept += int(found.sum())
            newest = max(newest, int(part[AT].to_numpy()[found].max(initial=0)))
        every, recent = one_in(kept), newest - days * DAY
        indices, data = np.empty(kept, dtype=np.int32), np.empty(kept, dtype=np.float32)
        counts: list[np.ndarray] = []
        names: list[str] = []
        seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        filled = 0
        for part in self._stamps.parts([LEARNER, ACTIVITY, AT, "chosen_by"]):
            activity = rows_of(part[ACTIVITY], catalogue.activities.ids)
            found = activity != UNKNOWN
            codes, present = pd.factorize(part[LEARNER][found])  # in order already: the first is 0, the next 1
            activity, at = activity[found], part[AT].to_numpy(np.int64)[found]
            said = stamp_weights(rows_of(part["chosen_by"][found], Ids(CHOSEN_BY)).astype(np.int8))
            block = sparse.csr_array(
                sparse.coo_array((said, (codes, activity)), shape=(len(present), len(catalogue.activities)))
            )
            block.sum_duplicates()
            indices[filled : filled + block.nnz], data[filled : filled + block.nnz] = block.indices, block.data
            counts.append(np.diff(block.indptr))
            filled += block.nnz
            learner = codes + len(names)
            wanted = np.flatnonzero((learner % every == 0) | (at > recent))
            wanted = wanted[np.lexsort((activity[wanted], at[wanted], learner[wanted]))]
            seen.append((learner[wanted].astype(np.int32), activity[wanted], at[wanted]))
            names.extend(present.tolist())
        indptr = np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *counts]))])
        shape = (len(names), len(catalogue.activities))
        matrix = sparse.csr_array((data[:filled], indices[:filled], indptr.astype(np.int32)), shape=shape)
        learner, activity, at = (
            np.concatenate([np.empty(0, kind), *column])
            for kind, column in zip(
                (np.int32, np.int32, np.int64), zip(*seen, strict=True) if seen else ((),) * 3, strict=True
            )
        )
        return Interactions(matrix, learner, activity, at, ages_of(self._tables, names), of=kept)

    def sample(self) -> Tables:
        every = -(-self._stamps.rows // LEARNED_FROM)
        taken: list[pd.DataFrame] = []
        before = 0
        for part in self._stamps.parts():
            codes, present = pd.factorize(part[LEARNER])
            taken.append(part[(codes + before) % max(every, 1) == 0])
            before += len(present)
        stamps = pd.concat(taken, ignore_index=True) if taken else self._tables.stamps
        whole = replace(self._tables, stamps=stamps)
        return whole if every <= 1 else _with(whole, stamps, set(stamps[LEARNER].unique()))

    def digest(self) -> str:
        return digest(self._tables, self._stamps)

    def sizes(self) -> tuple[int, int]:
        return self._stamps.learners, self._stamps.rows


def _with(tables: Tables, stamps: pd.DataFrame, learners: set[str]) -> Tables:
    """The city with some of its learners alone."""
    passports = tables.passports
    return replace(
        tables,
        stamps=stamps[stamps[LEARNER].isin(learners)].reset_index(drop=True),
        passports=passports[passports[LEARNER].isin(learners)].reset_index(drop=True),
    )
