"""From scores to prizes: what a visit is worth, so that more visits are worth more."""

from __future__ import annotations

import numpy as np

from recommender.city import Float32, Float64

ZERO = -2.0
"""From this score on a visit is worth about so much more as its score is higher; far below it, next to nothing."""


def prizes(total: Float32) -> Float64:
    """Prizes above 0 from the recipe's scores: log(1 + exp(score - ``ZERO``)).

    A sum of scores is no worth of a route: with scores below 0 the best route is the empty one, and where the zero lies
    decides whether two fair stops beat one good one. This keeps differences between good scores as they are and lets poor
    ones fade out. It was chosen on what learners of simulated towns enjoy (docs/decisions.md).

    Parameters
    ----------
    total : float32, shape (n,)
        Scores: on a logarithmic scale, of any sign.

    Returns
    -------
    float64, shape (n,)
        Above 0, in the order of the scores.
    """
    return np.maximum(np.logaddexp(0.0, np.asarray(total, dtype=np.float64) - ZERO), 1e-6)
