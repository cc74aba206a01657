"""The conditional logit without a pull: what choices say by themselves, and how sure that is."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from recommender.city import Float64
from training.weights import SMALLEST_SCALE, Choices, likelihood

WEAK = 0.01
"""A ridge to the defaults that decides only what the choices say nothing about."""


def estimate(choices: Choices, defaults: Float64) -> tuple[Float64, Float64]:
    """Weights that may be negative, and the inverse of their covariance.

    Cutting an estimate off at 0 would bias what cities say together, so nothing is cut off here. Choices of one learner are not
    independent, and the same one may be looked at with several models: the covariance is the sandwich over learners (Liang &
    Zeger 1986, doi:10.1093/biomet/73.1.13).

    Parameters
    ----------
    choices : Choices
        Of at least one learner.
    defaults : float64, shape (n_weights,)

    Returns
    -------
    values : float64, shape (n_weights,)
    information : float64, shape (n_weights, n_weights)
        Symmetric and positive definite.
    """
    scale = np.maximum(defaults, SMALLEST_SCALE)

    def loss(weights: Float64) -> tuple[float, Float64]:
        value, slope = likelihood(weights, choices)
        off = (weights - defaults) / scale
        return -value + WEAK * float(off @ off), -slope + 2 * WEAK * off / scale

    values = np.asarray(minimize(loss, defaults, jac=True, method="L-BFGS-B").x, dtype=np.float64)
    pull = np.diag(2 * WEAK / scale**2)
    bread, filling = _curvature(values, choices)
    bread += pull
    information = bread @ np.linalg.solve(filling + pull, bread)
    return values, (information + information.T) / 2


def _curvature(weights: Float64, choices: Choices) -> tuple[Float64, Float64]:
    """Minus the Hessian of the likelihood, and the outer product of its slopes summed by learner."""
    scores = np.where(choices.there, choices.features @ weights, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores)
    share /= share.sum(axis=1, keepdims=True)
    features = choices.features.astype(np.float64)
    expected = np.einsum("ca,caf->cf", share, features)
    hessian = np.einsum("caf,cag->fg", share[:, :, None] * features, features, optimize=True) - expected.T @ expected
    _, learner = np.unique(choices.learner, return_inverse=True)
    slopes = np.zeros((int(learner.max()) + 1, len(weights)))
    np.add.at(slopes, learner, features[:, 0] - expected)
    return hessian, slopes.T @ slopes
