"""What a learner is curious about, as far as stamps and wishes show it.

Interest is made of ``als``, ``graph``, ``metadata``, ``similar`` and ``wishes``. It uses no place, language, origin,
gender or income: none of them is an argument here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.city import Catalogue, Float32, Float64, Int8, Int32
from recommender.model import Model, Moments
from recommender.passport import CHOSEN_BY, Passport
from recommender.product import mean_and_spread, products, row_sums, times

CHOSEN_WEIGHT = {"self": 1.0, "family": 0.5, "school": 0.5}
"""A visit that somebody else chose says half as much; one where nobody said who chose counts whole."""


@dataclass(frozen=True, eq=False)
class InterestProfile:
    """What a block of learners brings to the scoring.

    Attributes
    ----------
    history : sparse array, shape (n_learners, n_activities), float32
        Weighted stamps.
    als : float64, shape (n_learners, n_factors)
        Folded-in vectors; 0 for a learner without stamps.
    low_pass : float64, shape (n_learners, n_singular_vectors)
    wishes : float32, shape (n_learners, n_themes)
        1 for a wished theme.
    """

    history: sparse.csr_array
    als: Float64
    low_pass: Float64
    wishes: Float32

    def of(self, learner: int) -> InterestProfile:
        """One learner's own profile, as a block of one."""
        one = slice(learner, learner + 1)
        history = sparse.csr_array(self.history[[learner], :])
        return InterestProfile(history, self.als[one], self.low_pass[one], self.wishes[one])


def stamp_weights(chosen_by: Int8) -> Float32:
    """How much each stamp says about its learner. Shape (n,), in (0, 1]."""
    table = np.array([*(CHOSEN_WEIGHT[name] for name in CHOSEN_BY), 1.0], dtype=np.float32)
    weights: Float32 = table[chosen_by]
    return weights


def profile_of(passports: Sequence[Passport], catalogue: Catalogue, model: Model) -> InterestProfile:
    """Fold a block of learners into the model's space.

    Parameters
    ----------
    passports : sequence of Passport
        In rows of the catalogue that the model is aligned with.
    """
    history = _history(passports, model.n_activities)
    wishes = np.zeros((len(passports), len(catalogue.themes.ids)), dtype=np.float32)
    for row, passport in enumerate(passports):
        wishes[row, passport.wishes] = 1.0
    als = fold_in(history, model)
    inverse_degree = np.where(model.degree > 0, 1 / np.maximum(model.degree, 1e-12), 0)
    low_pass = (history @ sparse.diags_array(inverse_degree)) @ model.low_pass.activities
    return InterestProfile(history, als, np.asarray(low_pass, dtype=np.float64), wishes)


def _history(passports: Sequence[Passport], n_activities: int) -> sparse.csr_array:
    lengths = [len(passport.stamps) for passport in passports]
    row = np.repeat(np.arange(len(passports)), lengths)
    empty = np.empty(0, dtype=np.int32)
    activity = np.concatenate([empty, *(passport.stamps.activity for passport in passports)])
    weights = [stamp_weights(passport.stamps.chosen_by) for passport in passports]
    data = np.concatenate([np.empty(0, dtype=np.float32), *weights])
    history = sparse.csr_array(sparse.coo_array((data, (row, activity)), shape=(len(passports), n_activities)))
    history.sum_duplicates()
    return history


def fold_in(history: sparse.csr_array, model: Model) -> Float64:
    """Learners' ALS vectors from their stamps, without retraining.

    With c = α·w the confidence of each stamp, Y the stamped rows and A the Gram matrix plus
    regularisation, implicit's own update is (A + Yᵀ(C−I)Y)⁻¹Yᵀc. By the push-through identity that is
    A⁻¹Yᵀ(I + (C−I)YA⁻¹Yᵀ)⁻¹c: as many equations as there are stamps instead of factors. An activity
    nobody had visited stands in with the factors that its description predicts.

    Parameters
    ----------
    history : sparse array, shape (n_learners, n_activities)
        Weighted stamps.

    Returns
    -------
    float64, shape (n_learners, n_factors)
        0 for a learner without stamps.
    """
    width = model.als_inverse.shape[0]
    vectors = np.zeros((history.shape[0], width))
    for learner in np.flatnonzero(np.diff(history.indptr)).tolist():
        own = slice(history.indptr[learner], history.indptr[learner + 1])
        rows, c = history.indices[own], model.als_confidence * history.data[own].astype(np.float64)
        known = model.visited[rows, None]
        y = np.where(known, model.als.activities[rows], model.metadata.activities[rows]).astype(np.float64)
        if len(c) <= width:
            spread = y @ model.als_inverse
            system = np.eye(len(c)) + (c - 1)[:, None] * (spread @ y.T)
            vectors[learner] = np.linalg.solve(system, c) @ spread
        else:
            system = np.eye(width) + model.als_inverse @ ((y * (c - 1)[:, None]).T @ y)
            vectors[learner] = np.linalg.solve(system, model.als_inverse @ (y.T @ c))
    return vectors


@dataclass(frozen=True, eq=False)
class Scores:
    """One source's scores, with the learner's own mean and spread over the reference activities.

    Attributes
    ----------
    raw : float32, shape (n_learners, n_rows)
    mean, spread : float64, shape (n_learners,)
        ``spread`` is 0 where the source knows nothing about a learner.
    """

    raw: Float32
    mean: Float64
    spread: Float64

    def standardised(self) -> Float32:
        """(raw − mean) ÷ spread, and 0 throughout where the spread is 0. Shape (n_learners, n_rows)."""
        scale = np.where(self.spread > 1e-9, 1 / np.maximum(self.spread, 1e-9), 0).astype(np.float32)
        values: Float32 = self.raw - self.mean.astype(np.float32)[:, None]
        values *= scale[:, None]
        return values


def from_factors(vectors: Float64, activities: Float32, moments: Moments, rows: Int32) -> Scores:
    """Scores of some rows of a low-rank source, with exact moments over the reference activities.

    Every sum has an order of its own, see ``product``: the last bits of a score depend neither on which other
    activities passed the filters nor on who else is scored in the same block, and so not on who asks.
    """
    raw = products(vectors.astype(np.float32), activities, rows)
    mean = times(vectors, moments.mean[:, None])[:, 0]
    variance = row_sums(times(vectors, moments.covariance), vectors)
    return Scores(raw, mean, np.sqrt(np.maximum(variance, 0)))


def from_neighbours(history: sparse.csr_array, weights: sparse.csr_array, reference: Int32, rows: Int32) -> Scores:
    """Scores of a sparse source, with moments over the reference activities."""
    everything = np.asarray((history @ weights).toarray(), dtype=np.float32)
    if not len(reference):
        nothing = np.zeros(len(everything))
        return Scores(np.zeros((len(everything), len(rows)), dtype=np.float32), nothing, nothing)
    mean, spread = mean_and_spread(everything, reference)
    return Scores(everything[:, rows], mean, spread)


def wish_scores(wishes: Float32, model: Model, rows: Int32) -> Float32:
    """Share of an activity's theme weight, broader themes included, that a learner wished for.

    Returns
    -------
    float32, shape (n_learners, n_rows), 0 to 1
        0 where no theme is known or wished.
    """
    if not wishes.any():
        return np.zeros((len(wishes), len(rows)), dtype=np.float32)
    return np.asarray((model.theme_shares @ wishes.T).T, dtype=np.float32)[:, rows]
