"""The fitted arrays of a release. Nothing in here knows a learner: who stamped is folded in per request."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.city import Bool, Float32, Float64, Int32, Int64
from recommender.columns import steady
from recommender.product import unsigned

AGE_BANDS = (0.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 18.0, 25.0, 45.0, 65.0)
"""Lower ends of the age bands in which popularity is counted."""

SOURCES = ("als", "graph", "metadata", "similar", "themes", "popular", "wishes", "places", "context")
"""What scores an activity, each with a weight of its own. See ``interest`` and ``scoring``."""

INTEREST = tuple(name for name in SOURCES if name != "context")
"""The sources in the order in which they are added up, and in which ``fused.blended`` reckons them."""

CONTEXT = ("minutes", "price", "days", "hour", "venue", "organiser", "station", "age")
"""The parts of ``context``, each with a coefficient of its own."""

AT_BEST = ("minutes", "days", "hour", "price", "venue", "organiser", "station", "age")
"""``CONTEXT`` in the order in which the parts are reckoned and added up."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and covariance of a factor matrix over the reference activities.

    They give the exact mean and variance of the scores ``factors @ x`` for any x without touching the
    activities: ``mean @ x`` and ``x @ covariance @ x``.

    Attributes
    ----------
    mean : float64, shape (n_factors,)
    covariance : float64, shape (n_factors, n_factors)
    """

    mean: Float64
    covariance: Float64


@dataclass(frozen=True, eq=False)
class Factors:
    """A low-rank source: activity i scores ``activities[i] @ x`` for a learner's vector x.

    Attributes
    ----------
    activities : float32, shape (n_activities, n_factors)
    moments : Moments
    """

    activities: Float32
    moments: Moments


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A sparse source: a stamp at activity s adds ``weights[s, i]`` to activity i.

    Attributes
    ----------
    weights : sparse array, shape (n_activities, n_activities), float32
    """

    weights: sparse.csr_array


Sparse = tuple[Int64, NDArray[np.unsignedinteger], Float32]
"""Where the rows of a sparse matrix begin, the columns, the values."""


class Folding(NamedTuple):
    """What folding a learner in reads, in one piece for compiled code: see ``Model``."""

    visited: Bool
    als: Float32
    metadata: Float32
    low_pass: Float32
    inverse: Float64
    confidence: float
    inverse_degree: Float64
    theme_first: Int64
    theme: Int32
    share: Float32
    base: Float64
    known: Float64
    adjacency: Float64


class Blending(NamedTuple):
    """What adding sources up reads, in one piece for compiled code: see ``Model``.

    ``weight`` and ``around`` are the weights of the
    sources but ``context``, and of what ``context`` is made of, in the order of ``INTEREST`` and ``AT_BEST``.
    """

    visited: Bool
    counts: Bool
    n_counted: int
    graph: Sparse
    similar: Sparse
    places: Sparse
    themes: Sparse
    popular: Float32
    als: tuple[Float64, Float64]
    low_pass: tuple[Float64, Float64]
    metadata: tuple[Float64, Float64]
    liking: tuple[Float64, Float64]
    weight: Float32
    around: Float64


@dataclass(frozen=True, eq=False)
class Model:
    """Everything the recipe needs that was learned from stamps and descriptions, in catalogue row order.

    Attributes
    ----------
    ids : tuple of str
        The activity of each row.
    reference : int32, shape (n_reference,)
        Rows of the activities the sources are standardised over: those of the training catalogue.
    visited : bool, shape (n_activities,)
        Whether anybody had been there by the time of training.
    als : Factors
        Matrix factorisation of stamps (Hu, Koren & Volinsky 2008, doi:10.1109/ICDM.2008.22); rows of
        activities never visited are 0.
    als_inverse : float64, shape (n_factors, n_factors)
        Inverse of the Gram matrix plus regularisation, for folding in.
    als_confidence : float
        Confidence of one stamp (α).
    metadata : Factors
        The same factors as predicted from the activity's description.
    low_pass : Factors
        Singular vectors of the normalised stamps (GF-CF, Shen et al. 2021, doi:10.1145/3459637.3482264).
    degree : float32, shape (n_activities,)
        Weight of the stamps at each activity; 0 where never visited.
    graph, similar : Neighbours
        Co-visits, and likeness of descriptions.
    similar_scale : float32, shape (n_activities,)
        Divisor of each candidate's likeness, see ``likeness``.
    popular : float32, shape (n_age_bands + 1, n_activities)
        Standardised recent visits per band of ``AGE_BANDS``; the last row is for everybody.
    theme_ids : tuple of str
        The theme of each row and column below.
    theme_base, theme_known : float64, shape (n_themes,)
        How often a visit touches a theme new to its visitor, and how many know each theme.
    theme_adjacency : float64, shape (n_themes, n_themes)
        What knowing one theme adds to finding another, see ``beliefs``.
    metadata_weights : float32, shape (n_features, n_factors)
        From an encoded description to factors; lets ``extended`` give factors to a new activity.
    features : sparse array, shape (n_activities, n_features), float32
        Encoded descriptions.
    source_weights : mapping of every name in ``SOURCES`` to float
    context_weights : mapping of every name in ``CONTEXT`` to float
    theme_shares : sparse array, shape (n_activities, n_themes), float32
        Themes with their broader ones, each row summing to 1. This and ``place_kernel`` are made of the
        catalogue when the model is aligned with it, and never stored.
    place_kernel : sparse array, shape (n_venues, n_venues), float32
        Closeness of venues.
    """

    ids: tuple[str, ...]
    reference: Int32
    visited: Bool
    als: Factors
    als_inverse: Float64
    als_confidence: float
    metadata: Factors
    low_pass: Factors
    degree: Float32
    graph: Neighbours
    similar: Neighbours
    similar_scale: Float32
    popular: Float32
    theme_ids: tuple[str, ...]
    theme_base: Float64
    theme_known: Float64
    theme_adjacency: Float64
    metadata_weights: Float32
    features: sparse.csr_array
    source_weights: dict[str, float] = field(default_factory=dict)
    context_weights: dict[str, float] = field(default_factory=dict)
    theme_shares: sparse.csr_array = field(default_factory=lambda: sparse.csr_array((0, 0), dtype=np.float32))
    place_kernel: sparse.csr_array = field(default_factory=lambda: sparse.csr_array((0, 0), dtype=np.float32))

    @property
    def n_activities(self) -> int:
        return len(self.ids)

    @cached_property
    def in_reference(self) -> Bool:
        """Which activities the sources are standardised over; empty for all of them. Shape (n_activities,) or (0,)."""
        if len(self.reference) == self.n_activities:
            return np.empty(0, dtype=np.bool_)
        found = np.zeros(self.n_activities, dtype=np.bool_)
        found[self.reference] = True
        return found

    @cached_property
    def inverse_degree(self) -> Float64:
        """One over ``degree``, 0 where that is 0. Shape (n_activities,)."""
        inverse: Float64 = np.where(self.degree > 0, 1 / np.maximum(self.degree, 1e-12), 0).astype(np.float64)
        return inverse

    @cached_property
    def folding(self) -> Folding:
        """Laid out once."""
        shares = _sparse(self.theme_shares, small=True)
        return Folding(
            steady(self.visited), steady(self.als.activities), steady(self.metadata.activities),
            steady(self.low_pass.activities), steady(self.als_inverse), float(self.als_confidence),
            steady(self.inverse_degree), shares[0], steady(self.theme_shares.indices.astype(np.int32, copy=False)),
            shares[2], steady(self.theme_base), steady(self.theme_known), steady(self.theme_adjacency),
        )  # fmt: skip

    @cached_property
    def blending(self) -> Blending:
        """Laid out once."""
        overall = self.source_weights["context"]
        return Blending(
            visited=steady(self.visited),
            counts=steady(self.in_reference),
            n_counted=len(self.reference),
            graph=_sparse(self.graph.weights),
            similar=_sparse(self.similar.weights),
            places=_sparse(self.place_kernel, small=True),
            themes=_sparse(self.theme_shares, small=True),
            popular=steady(self.popular),
            als=_both(self.als.moments),
            low_pass=_both(self.low_pass.moments),
            metadata=_both(self.metadata.moments),
            liking=_both(self.theme_moments),
            weight=steady(np.array([self.source_weights[name] for name in INTEREST], dtype=np.float32)),
            around=steady(np.array([self.context_weights[name] * overall for name in AT_BEST])),
        )

    @cached_property
    def theme_moments(self) -> Moments:
        """Of ``theme_shares`` over the reference activities that have a theme; 0 where there are none."""
        shares = self.theme_shares[self.reference].astype(np.float64)
        shares = shares[np.diff(shares.indptr) > 0]
        n, width = shares.shape
        if not n:
            return Moments(np.zeros(width), np.zeros((width, width)))
        mean = np.asarray(shares.sum(axis=0), dtype=np.float64).ravel() / n
        return Moments(mean, (shares.T @ shares).toarray() / n - np.outer(mean, mean))


def _sparse(matrix: sparse.csr_array, small: bool = False) -> Sparse:
    """``small``: its columns may be copied, so that code is compiled for one kind of them."""
    columns = matrix.indices.astype(np.int32, copy=False) if small else matrix.indices
    return steady(matrix.indptr.astype(np.int64, copy=False)), steady(unsigned(columns)), steady(matrix.data)


def _both(moments: Moments) -> tuple[Float64, Float64]:
    return steady(moments.mean), steady(moments.covariance)


def moments_of(factors: Float32) -> Moments:
    """Mean and covariance over the rows of a factor matrix of shape (n, n_factors). Zero for n = 0."""
    n, width = factors.shape
    if not n:
        return Moments(np.zeros(width), np.zeros((width, width)))
    mean = factors.mean(axis=0, dtype=np.float64)
    centred = factors.astype(np.float64) - mean
    return Moments(mean, centred.T @ centred / n)
