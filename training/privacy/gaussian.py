"""How much noise hides one learner: the analytic Gaussian mechanism."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

_NARROWEST, _WIDEST = 1e-3, 1e7


def delta_of(noise: float, epsilon: float) -> float:
    """The smallest δ for which Gaussian noise gives (ε, δ)-differential privacy to a sum in which one learner moves at most 1.

    Balle & Wang 2018, "Improving the Gaussian mechanism for differential privacy", theorem 8
    (doi:10.48550/arXiv.1805.06530): δ = Φ(1/2s − εs) − e^ε Φ(−1/2s − εs).

    Parameters
    ----------
    noise : float
        Standard deviation s, above 0, of the noise on every number; the move is measured by the Euclidean norm over all
        of them together.
    epsilon : float
        At least 0.
    """
    near, far = 0.5 / noise - epsilon * noise, -0.5 / noise - epsilon * noise
    return max(float(ndtr(near)) - math.exp(epsilon + float(log_ndtr(far))), 0.0)


def noise_for(epsilon: float, delta: float) -> float:
    """The smallest noise that gives (ε, δ), as ``delta_of`` reckons it.

    Parameters
    ----------
    epsilon : float
        Above 0.
    delta : float
        Above 0, below 1.

    Raises
    ------
    ValueError
        When one of them is outside its range.
    """
    if not (epsilon > 0 and math.isfinite(epsilon)):
        raise ValueError(f"epsilon: {epsilon!r} is not above 0")
    if not 0 < delta < 1:
        raise ValueError(f"delta: {delta!r} is not between 0 and 1")
    found = brentq(lambda noise: delta_of(noise, epsilon) - delta, _NARROWEST, _WIDEST, xtol=1e-12, rtol=1e-12)
    # Root finding may stop a hair on the wrong side; a hair more noise never harms.
    return float(found) * (1 + 1e-9)
