"""What a learner is curious about, as far as stamps and wishes show it.

Interest is made of ``als``, ``graph``, ``metadata``, ``similar`` and ``wishes``. It uses no place, language, origin,
gender or income: none of them is an argument here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import sparse

from recommender.city import Bool, Catalogue, Float32, Float64, Int8, Int32, Int64
from recommender.fused import scattered
from recommender.model import Folding, Model, Moments
from recommender.passport import CHOSEN_BY, Passport, Stamps
from recommender.product import add_rows, along, compiled, pick_rows, unsigned

CHOSEN_WEIGHT = {"self": 1.0, "family": 0.5, "school": 0.5}
"""A visit that somebody else chose says half as much; one where nobody said who chose counts whole."""
_WEIGHTS = np.array([*(CHOSEN_WEIGHT[name] for name in CHOSEN_BY), 1.0], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class InterestProfile:
    """What a block of learners brings to the scoring.

    Attributes
    ----------
    first : int64, shape (n_learners + 1,)
        The stamps of learner i are ``first[i]`` to ``first[i + 1]``.
    stamped : int32
        The activities somebody was at, each once, ascending for each learner.
    weights : float32
        What being there says, see ``stamp_weights``.
    als : float64, shape (n_learners, n_factors)
        Folded-in vectors; 0 for a learner without stamps.
    low_pass : float64, shape (n_learners, n_singular_vectors)
    wishes : float32, shape (n_learners, n_themes)
        1 for a wished theme.
    """

    first: Int64
    stamped: Int32
    weights: Float32
    als: Float64
    low_pass: Float64
    wishes: Float32

    def of(self, learner: int) -> InterestProfile:
        """One learner's own profile, as a block of one."""
        if len(self.als) == 1:
            return self
        one, own = slice(learner, learner + 1), slice(self.first[learner], self.first[learner + 1])
        stamped = self.stamped[own]
        first = np.array([0, len(stamped)])
        return InterestProfile(first, stamped, self.weights[own], self.als[one], self.low_pass[one], self.wishes[one])


def stamp_weights(chosen_by: Int8) -> Float32:
    """How much each stamp says about its learner. Shape (n,), in (0, 1]."""
    weights: Float32 = _WEIGHTS[chosen_by]
    return weights


@compiled
def stamp_weight(chosen_by: np.int8) -> np.float32:
    """``stamp_weights`` for one."""
    weight: np.float32 = _WEIGHTS[chosen_by]
    return weight


def profile_of(passports: Sequence[Passport], catalogue: Catalogue, model: Model) -> InterestProfile:
    """Fold a block of learners into the model's space.

    Parameters
    ----------
    passports : sequence of Passport
        In rows of the catalogue that the model is aligned with.
    """
    n, themes, folding = len(passports), len(catalogue.themes.ids), model.folding
    als, low_pass = np.zeros((n, model.als_inverse.shape[0])), np.zeros((n, model.low_pass.activities.shape[1]))
    wishes = np.zeros((n, themes), dtype=np.float32)
    histories = [
        folded_in(
            passport.stamps.activity, passport.stamps.chosen_by, passport.wishes, folding,
            als[learner], low_pass[learner], wishes[learner],
        )
        for learner, passport in enumerate(passports)
    ]  # fmt: skip
    return InterestProfile(*together(histories), als, low_pass, wishes)


def together(histories: Sequence[tuple[Int32, Float32]]) -> tuple[Int64, Int32, Float32]:
    """Where each of some learners' stamps begin, and the stamps and weights of all."""
    if len(histories) == 1:
        return np.array([0, len(histories[0][0])]), *histories[0]
    first = np.zeros(len(histories) + 1, dtype=np.int64)
    np.cumsum([len(stamped) for stamped, _ in histories], out=first[1:])
    stamped, weights = (np.concatenate(parts) for parts in zip(*histories, strict=True))
    return first, stamped, weights


@compiled
def folded_in(
    activity: Int32, chosen_by: Int8, wished: Int32, model: Folding, als: Float64, low_pass: Float64, wishes: Float32
) -> tuple[Int32, Float32]:
    """Fold one learner in: fill a row of each of the three last, which come as 0; stamps once each, and their weights."""
    said = np.empty(len(activity), dtype=np.float32)
    for one in range(len(activity)):
        said[one] = stamp_weight(chosen_by[one])
    stamped, weights = _once_each(activity, said)
    if len(stamped):
        als[:] = _folded(stamped, weights, model.visited, model.als, model.metadata, model.inverse, model.confidence)
        shares = np.empty(len(stamped))
        for one in range(len(stamped)):
            shares[one] = weights[one] * model.inverse_degree[stamped[one]]
        add_rows(stamped, shares, model.low_pass, low_pass)
    for theme in wished:
        wishes[theme] = 1
    return stamped, weights


def history_of(stamps: Stamps) -> tuple[Int32, Float32]:
    """The activities somebody was at, each once and ascending, and what all visits to it say together."""
    return _once_each(stamps.activity, stamp_weights(stamps.chosen_by))


@compiled
def _once_each(activity: Int32, weights: Float32) -> tuple[Int32, Float32]:
    """Each row once and ascending, with the sum of its weights in the order given."""
    order = np.argsort(activity, kind="mergesort")
    rows, sums, n = np.empty(len(order), dtype=np.int32), np.zeros(len(order), dtype=np.float32), 0
    for place in order:
        if n == 0 or rows[n - 1] != activity[place]:
            rows[n] = activity[place]
            n += 1
        sums[n - 1] += weights[place]
    return rows[:n], sums[:n]


def fold_in(history: sparse.csr_array, model: Model) -> Float64:
    """``folded`` for each row of weighted stamps. Shapes (n_learners, n_activities) and (n_learners, n_factors)."""
    vectors = np.zeros((history.shape[0], model.als_inverse.shape[0]))
    for learner in np.flatnonzero(np.diff(history.indptr)).tolist():
        own = slice(history.indptr[learner], history.indptr[learner + 1])
        vectors[learner] = folded(history.indices[own], history.data[own], model)
    return vectors


def folded(stamped: Int32, weights: Float32, model: Model) -> Float64:
    """A learner's ALS vector from their stamps, without retraining.

    With c = α·w the confidence of each stamp, Y the stamped rows and A the Gram matrix plus
    regularisation, implicit's own update is (A + Yᵀ(C−I)Y)⁻¹Yᵀc. By the push-through identity that is
    A⁻¹Yᵀ(I + (C−I)YA⁻¹Yᵀ)⁻¹c: as many equations as there are stamps instead of factors. An activity
    nobody had visited stands in with the factors that its description predicts.

    Parameters
    ----------
    stamped, weights : shape (n_stamped,), at least one
        Activity rows, each once, and what each says.

    Returns
    -------
    float64, shape (n_factors,)
    """
    return _folded(
        stamped, weights, model.visited, model.als.activities, model.metadata.activities, model.als_inverse,
        model.als_confidence,
    )  # fmt: skip


@compiled
def _folded(
    stamped: Int32, weights: Float32, visited: Bool, als: Float32, metadata: Float32, inverse: Float64, alpha: float
) -> Float64:
    width, c = inverse.shape[0], alpha * weights.astype(np.float64)
    y = np.empty((len(stamped), width))
    pick_rows(stamped, visited, als, metadata, y)
    if len(c) <= width:
        spread = y @ inverse
        system = spread @ y.T
        for one in range(len(c)):
            system[one] *= c[one] - 1
            system[one, one] += 1
        few: Float64 = np.linalg.solve(system, c) @ spread
        return few
    heavy = y.copy()
    for one in range(len(c)):
        heavy[one] *= c[one] - 1
    return np.asarray(np.linalg.solve(np.eye(width) + inverse @ (heavy.T @ y), inverse @ (y.T @ c)), dtype=np.float64)


def moments_along(vector: Float64, moments: Moments) -> tuple[float, float]:
    """Mean and spread of the scores ``factors @ vector`` over the reference activities, exactly.

    Every sum has an order of its own, see ``product``: the last bits of a score depend neither on which other
    activities passed the filters nor on who else is scored in the same block, and so not on who asks.
    """
    mean, spread = spread_along(vector, moments.mean, moments.covariance)
    return mean, spread


@compiled
def spread_along(vector: Float64, mean: Float64, covariance: Float64) -> tuple[float, float]:
    """``moments_along`` within compiled code."""
    middle, variance = along(vector, mean, covariance)
    return middle, sqrt(max(variance, 0.0))


def from_neighbours(
    stamped: Int32, weights: Float32, matrix: sparse.csr_array, counts: Bool, n_counted: int
) -> tuple[Float32, tuple[float, float]]:
    """What the neighbours of stamps add to every activity, with mean and spread over those that count.

    Parameters
    ----------
    stamped, weights : shape (n_stamped,)
    counts : bool, shape (n_activities,), or empty for all
    n_counted : int
        How many they are.

    Returns
    -------
    scores : float32, shape (n_activities,)
    mean and spread
        The spread is 0 where the stamps say nothing, or the same of everything.
    """
    scores = np.zeros(matrix.shape[1], dtype=np.float32)
    near = unsigned(matrix.indices)
    moments = scattered(stamped, weights, matrix.indptr, near, matrix.data, counts, n_counted, scores)
    return scores, moments
