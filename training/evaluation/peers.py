"""Models that learn from visits alone, as baselines: item-kNN, ``implicit``'s ALS and EASE.

They know what the engine knew at the cut. Where a learner has no visits, or an activity nobody's, they go by what
is popular; that is ``otherwise``.
"""

from __future__ import annotations

import warnings

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from implicit.utils import ParameterWarning
from numpy.typing import NDArray
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from recommender.city import UNKNOWN, Float64
from training.config import Als as AlsSettings
from training.evaluation.baselines import Asked, visits_of
from training.sources.collaborative import SHARE_OF_ACTIVITIES

NEIGHBOURS = 1000
"""Kept per activity by item-kNN: on validation venues it found half more than with implicit's own 20."""
EASE_RIDGE = 200.0
"""Best or level in three simulated worlds, of 1 to 1,000."""
EASE_MOST = 8_000
"""EASE inverts a square of this many visited activities at the most: half a gigabyte."""


def item_likeness(visits: sparse.csr_matrix, kind: str, threads: int) -> sparse.csr_matrix:
    """Item-kNN by ``implicit``: ``cosine`` or ``BM25``. Shape (n_activities, n_activities)."""
    model_of = {"cosine": CosineRecommender, "BM25": BM25Recommender}[kind]
    kept = np.flatnonzero(visits.getnnz(axis=1))
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        # Its own weighting hands its own fit a matrix of the wrong kind, and then warns of it.
        warnings.simplefilter("ignore", ParameterWarning)
        model = model_of(K=NEIGHBOURS, num_threads=threads)
        model.fit(visits[kept], show_progress=False)
    return model.similarity


def ease_weights(visits: sparse.csr_matrix) -> Float64:
    """EASE (Steck 2019, doi:10.1145/3308558.3313710): one matrix from activities to activities, in closed form."""
    gram = (visits.T @ visits).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += EASE_RIDGE
    weights: Float64 = linalg.inv(gram, overwrite_a=True, check_finite=False)
    weights /= -np.diag(weights).copy()
    weights[np.diag_indices_from(weights)] = 0
    return weights


def implicit_als(visited: int, settings: AlsSettings, seed: int, threads: int) -> AlternatingLeastSquares:
    """``implicit``'s ALS with the settings that the engine has, for so many visited activities; not fitted yet."""
    return AlternatingLeastSquares(
        factors=max(1, min(settings.factors, visited // SHARE_OF_ACTIVITIES)),
        alpha=settings.alpha,
        regularization=settings.regularisation,
        iterations=settings.iterations,
        random_state=seed,
        num_threads=threads,
    )


class ItemKnn:
    """Activities whose visitors are those of the learner's own, on cosines."""

    name = "item_knn"

    def __init__(self, visits: sparse.csr_matrix, otherwise: Float64, threads: int) -> None:
        self.otherwise = otherwise
        self._likeness = item_likeness(visits, "cosine", threads)

    def scores(self, asked: Asked) -> Float64:
        found: Float64 = (visits_of(asked.history, self._likeness.shape[0]) @ self._likeness).toarray()
        return found


class Als:
    """Matrix factorisation by ``implicit`` alone."""

    name = "als"

    def __init__(
        self, visits: sparse.csr_matrix, otherwise: Float64, settings: AlsSettings, seed: int, threads: int
    ) -> None:
        self.otherwise = otherwise
        seen = np.asarray(visits.sum(axis=0)).ravel() > 0
        with threadpool_limits(1, "blas"):
            model = implicit_als(int(seen.sum()), settings, seed, threads)
            model.fit(visits, show_progress=False)
        self._people, self._activities = model.user_factors, model.item_factors

    def scores(self, asked: Asked) -> Float64:
        people = self._people[np.maximum(asked.person, 0)] * (asked.person != UNKNOWN)[:, None]
        found: Float64 = (people @ self._activities.T).astype(np.float64)
        return found


class Ease:
    """The linear autoencoder, over what was visited."""

    name = "ease"

    def __init__(self, visits: sparse.csr_matrix, otherwise: Float64) -> None:
        self.otherwise = otherwise
        self._seen: NDArray[np.int64] = np.flatnonzero(np.asarray(visits.sum(axis=0)).ravel())
        self._weights = ease_weights(visits[:, self._seen])

    def scores(self, asked: Asked) -> Float64:
        own = visits_of(asked.history, asked.allowed.shape[1])
        found = np.zeros(asked.allowed.shape)
        found[:, self._seen] = own[:, self._seen] @ self._weights
        return found
