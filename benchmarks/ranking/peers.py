"""What others offer, and the simple things: each fitted and ranked on the same split.

Peers that learn from visits alone get the popular list for a learner without visits, and popularity decides between
equal scores. ``implicit``'s own code fits and, for its factor models, ranks; BLAS threads are capped at one under it,
because its threads and BLAS's get in each other's way (up to ten times slower).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.ranking.lists import Scorer, ranked
from benchmarks.ranking.split import LENGTH, Split
from recommender.city import Float64, Int32
from training.config import Als
from training.evaluation.baselines import Asked, Baseline
from training.evaluation.peers import ease_weights, implicit_als, item_likeness


class Contestant(Protocol):
    """A name, a fit and lists; both say how many seconds they took."""

    @property
    def name(self) -> str: ...

    @property
    def needs_visits(self) -> bool:
        """True when it cannot score an activity that nobody has been to."""
        ...

    def fit(self, split: Split) -> float: ...

    def rank(self, split: Split) -> tuple[Int32, float]:
        """Shape (n_learners, LENGTH), padded with ``UNKNOWN``."""
        ...


class Factors:
    """A factor model of ``implicit``, fitted and ranked by its own code."""

    needs_visits = True

    def __init__(self, name: str, build: Callable[[Split], Any]) -> None:
        self.name = name
        self._build = build
        self._model: Any = None

    def fit(self, split: Split) -> float:
        visits = split.visits
        with threadpool_limits(1, "blas"):
            began = time.perf_counter()
            self._model = self._build(split)
            self._model.fit(visits, show_progress=False)
            return time.perf_counter() - began

    def rank(self, split: Split) -> tuple[Int32, float]:
        everything = len(split.candidates) == split.n_activities
        with threadpool_limits(1, "blas"):
            began = time.perf_counter()
            found, scores = self._model.recommend(
                split.rows, split.barred, N=LENGTH, items=None if everything else split.candidates
            )
            seconds = time.perf_counter() - began
        # implicit pads a list that is too short with what was filtered out, at the lowest score there is.
        lists = np.full((len(split.rows), LENGTH), -1, dtype=np.int32)
        lists[:, : found.shape[1]] = np.where(scores > np.finfo(np.float32).min, found, -1)
        strangers = split.visits[split.rows].getnnz(axis=1) == 0
        if strangers.any():
            lists[strangers] = _most_visited(split)[strangers]
        return lists, seconds


def _most_visited(split: Split) -> Int32:
    popular = popularity(split)
    return ranked(split, lambda block: popular[None, :], popular, seed=0)


class Scored:
    """A model that scores every activity for the rows of a visit matrix."""

    needs_visits = True

    def __init__(self, name: str, learn: Callable[[sparse.csr_matrix], Callable[[sparse.csr_matrix], Any]]) -> None:
        self.name = name
        self._learn = learn
        self._scores: Callable[[sparse.csr_matrix], Any] | None = None

    def fit(self, split: Split) -> float:
        visits = split.visits
        began = time.perf_counter()
        self._scores = self._learn(visits)
        return time.perf_counter() - began

    def rank(self, split: Split) -> tuple[Int32, float]:
        assert self._scores is not None
        own, scores, popular = split.visits[split.rows], self._scores, popularity(split)
        return timed(split, lambda block: scores(own[block]), popular)


class Simple:
    """One of the evaluation's own baselines."""

    def __init__(self, name: str, needs_visits: bool, build: Callable[[Split], Baseline], seed: int) -> None:
        self.name, self.needs_visits = name, needs_visits
        self._build, self._seed = build, seed
        self._baseline: Baseline | None = None

    def fit(self, split: Split) -> float:
        began = time.perf_counter()
        self._baseline = self._build(split)
        return time.perf_counter() - began

    def rank(self, split: Split) -> tuple[Int32, float]:
        assert self._baseline is not None
        own, baseline = histories(split), self._baseline
        nothing = np.zeros(split.n_activities)

        def scores(block: slice) -> Float64:
            return baseline.scores(Asked.of(own[block], split.n_activities))

        return timed(split, scores, nothing, self._seed)


def timed(split: Split, scorer: Scorer, otherwise: Float64, seed: int = 0) -> tuple[Int32, float]:
    """``ranked``, and the seconds it took."""
    began = time.perf_counter()
    lists = ranked(split, scorer, otherwise, seed)
    return lists, time.perf_counter() - began


def histories(split: Split) -> Sequence[Int32]:
    """What each learner of the split had done: activity rows."""
    own = split.visits[split.rows]
    return [own.indices[own.indptr[row] : own.indptr[row + 1]] for row in range(own.shape[0])]


def popularity(split: Split) -> Float64:
    """How many learners have been to each activity."""
    counts: Float64 = np.asarray(split.visits.sum(axis=0), dtype=np.float64).ravel()
    return counts


def als_by_default(seed: int, threads: int) -> Factors:
    """``implicit``'s ALS as it comes out of the box."""
    return Factors(
        "implicit ALS, its own defaults",
        lambda split: AlternatingLeastSquares(random_state=seed, num_threads=threads),
    )


def als_with(settings: Als, seed: int, threads: int) -> Factors:
    """``implicit``'s ALS with the settings that the engine ships."""

    def build(split: Split) -> Any:
        return implicit_als(int(split.visited.sum()), settings, seed, threads)

    return Factors("implicit ALS, our settings", build)


def bpr(seed: int, threads: int) -> Factors:
    """``implicit``'s BPR; with more than one thread its result differs a little from run to run."""
    return Factors("implicit BPR", lambda split: BayesianPersonalizedRanking(random_state=seed, num_threads=threads))


def neighbours(kind: str, threads: int) -> Scored:
    """Item-kNN by ``implicit``: ``cosine`` or ``BM25``."""

    def learn(visits: sparse.csr_matrix) -> Callable[[sparse.csr_matrix], Any]:
        likeness = item_likeness(visits, kind, threads)
        return lambda own: (own @ likeness).toarray()

    return Scored(f"item-kNN, {kind}", learn)


def ease() -> Scored:
    """EASE (Steck 2019, doi:10.1145/3308558.3313710): one matrix from activities to activities, in closed form."""

    def learn(visits: sparse.csr_matrix) -> Callable[[sparse.csr_matrix], Any]:
        weights = ease_weights(visits)
        return lambda own: own @ weights

    return Scored("EASE", learn)
