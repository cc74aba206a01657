"""What everybody may learn from, whom they rank for, and what counts as found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from data.columns import ACTIVITY, AT, LEARNER
from data.folder import read_folder
from data.passports import stamp_arrays
from data.rows import rows_of
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import UNKNOWN, Bool, Catalogue, Ids, Int32, Int64
from recommender.errors import BadInput
from recommender.passport import Request

SPLITS = ("validation", "test")
LENGTH = 20
"""Places in a list."""


@dataclass(frozen=True, eq=False)
class Split:
    """One question, put to every model alike.

    Attributes
    ----------
    name : str
    tables : Tables
        All that may be learned from.
    catalogue : Catalogue
        Of the same tables.
    learners : tuple of str
        For whom lists are made.
    request : Request
        What each of them asks, by the pure score: when, and what may stand in a list.
    learner, activity : int32, shape (n_relevant,)
        What counts as found: rows of ``learners`` and of the catalogue, each pair once, and never what stands in
        the learner's own stamps.
    candidates : int32, shape (n_candidates,)
        Ascending rows of the activities that may stand in a list.
    barred : csr_matrix of float32, shape (n_learners, n_activities)
        1 where an activity may not stand in this learner's list: been there, or not open to them.
    """

    name: str
    tables: Tables
    catalogue: Catalogue
    learners: tuple[str, ...]
    request: Request
    learner: Int32
    activity: Int32
    candidates: Int32
    barred: sparse.csr_matrix

    @property
    def n_activities(self) -> int:
        return len(self.catalogue.activities)

    @property
    def n_relevant(self) -> Int64:
        """How much there is to find for each learner. Shape (n_learners,), int64."""
        return np.bincount(self.learner, minlength=len(self.learners)).astype(np.int64)

    @cached_property
    def _visits(self) -> tuple[sparse.csr_matrix, Int32]:
        return visits_of(self.tables, self.catalogue, self.learners)

    @property
    def visits(self) -> sparse.csr_matrix:
        """Who has been where. Float32 of 0 and 1, shape (n_everybody, n_activities)."""
        return self._visits[0]

    @property
    def rows(self) -> Int32:
        """Row of ``visits`` of each learner a list is made for. Shape (n_learners,)."""
        return self._visits[1]

    @cached_property
    def visited(self) -> Bool:
        """Which activities anybody has been to. Shape (n_activities,)."""
        seen: Bool = np.asarray(self.visits.sum(axis=0)).ravel() > 0
        return seen

    @property
    def cold(self) -> bool:
        """True when nobody has been to any candidate, so that visits alone cannot tell them apart."""
        return not bool(self.visited[self.candidates].any())


def visits_of(tables: Tables, catalogue: Catalogue, learners: tuple[str, ...]) -> tuple[sparse.csr_matrix, Int32]:
    """The stamps as a matrix of 0 and 1, and in which of its rows the named learners stand.

    Everybody who has a passport or a stamp has a row, and so has every named learner.
    """
    learner, activity, _, _, known = stamp_arrays(tables, catalogue)
    strangers = [name for name in learners if name not in known]
    everybody = Ids([*known.names, *strangers], "learner")
    ones = np.ones(len(learner), dtype=np.float32)
    visits = sparse.csr_matrix((ones, (learner, activity)), shape=(len(everybody), len(catalogue.activities)))
    visits.sum_duplicates()
    visits.data[:] = 1
    return visits, everybody.find(learners)


def read_split(path: Path, split: str, at: int) -> Split:
    """A public data set as a question.

    ``test`` asks for the pairs of ``test.csv``, with all stamps to learn from. ``validation`` asks for those of
    ``validation.csv``; where there is no such file, for the visits of the last moment in ``stamps.csv``, which are
    then not learned from. ``<split>_candidates.csv``, where there is one, names what may be recommended.

    Parameters
    ----------
    path : Path
        Folder with ``activities.csv``, ``stamps.csv`` and ``test.csv``.
    split : str
        One of ``SPLITS``.
    at : int
        When everybody asks.

    Raises
    ------
    BadInput
        When a file is missing or names an activity that is not in the catalogue.
    """
    tables = read_folder(path)
    catalogue = catalogue_from(tables)
    if split == "validation" and not (path / "validation.csv").exists():
        last = tables.stamps[AT] == tables.stamps[AT].max()
        if last.all():
            raise BadInput(f"{path}: no validation.csv, and all stamps have the same time: nothing can be held out")
        asked = tables.stamps[last]
        tables = replace(tables, stamps=tables.stamps[~last].reset_index(drop=True))
    else:
        asked = _read_ids(path / f"{split}.csv", (LEARNER, ACTIVITY))
    names = tuple(sorted(asked[LEARNER].unique().tolist()))
    visits, rows = visits_of(tables, catalogue, names)
    barred = sparse.csr_matrix(visits[rows])
    learner = rows_of(asked[LEARNER], Ids(names))
    activity = _must_find(asked[ACTIVITY], catalogue, path / f"{split}.csv")
    listed = path / f"{split}_candidates.csv"
    candidates = np.arange(len(catalogue.activities), dtype=np.int32)
    if listed.exists():
        named = _must_find(_read_ids(listed, (ACTIVITY,))[ACTIVITY], catalogue, listed)
        candidates = np.unique(named).astype(np.int32)
    return ask(
        Split(
            name=f"{path.name}, {split}",
            tables=tables,
            catalogue=catalogue,
            learners=names,
            request=question(at, candidates=candidates if listed.exists() else None),
            learner=learner,
            activity=activity,
            candidates=candidates,
            barred=barred,
        )
    )


def question(at: int, **more: Any) -> Request:
    """What everybody asks: ``LENGTH`` activities by the pure score, without reasons."""
    return Request(at=at, count=LENGTH, policy="relevance", explain=False, **more)


def ask(split: Split) -> Split:
    """The same split with each relevant pair once, without barred pairs, and without learners who have none left."""
    pairs = np.unique(split.learner.astype(np.int64) * split.n_activities + split.activity)
    learner, activity = np.divmod(pairs, split.n_activities)
    own = np.asarray(split.barred[learner, activity]).ravel() > 0
    learner, activity = learner[~own], activity[~own]
    kept, learner = np.unique(learner, return_inverse=True)
    return replace(
        split,
        learners=tuple(split.learners[row] for row in kept),
        learner=learner.astype(np.int32),
        activity=activity.astype(np.int32),
        barred=sparse.csr_matrix(split.barred[kept]),
    )


def _read_ids(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        return pd.read_csv(path, usecols=list(columns), dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: a CSV with {', '.join(columns)} was expected: {error}") from None


def _must_find(names: pd.Series, catalogue: Catalogue, path: Path) -> Int32:
    rows = rows_of(names, catalogue.activities.ids)
    if (rows == UNKNOWN).any():
        raise BadInput(f"{path}: activity {names.iloc[int(np.argmin(rows))]!r} is not in activities.csv")
    return rows
