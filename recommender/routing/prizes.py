"""From scores to prizes: what a visit is worth, so that more visits are worth more."""

from __future__ import annotations

import numpy as np

from recommender.city import Float32, Float64


def prizes(total: Float32) -> Float64:
    """Prizes above 0 from the recipe's scores.

    Parameters
    ----------
    total : float32, shape (n,)
        Scores: on a logarithmic scale, of any sign.

    Returns
    -------
    float64, shape (n,)
        Above 0, in the order of the scores.
    """
    return np.logaddexp(0.0, np.asarray(total, dtype=np.float64)) + 1e-3
