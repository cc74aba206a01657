"""From several cities' coefficients to a prior: a random-effects meta-analysis.

Every city has weights of its own, drawn around a common mean; what it shares is its estimate, off by an error of known
covariance. How much cities differ is estimated weight by weight by the method of moments (DerSimonian & Laird 1986,
doi:10.1016/0197-2456(86)90046-2), the mean by generalised least squares over all weights at once: two sources that say much the
same are told apart by no city alone, and their errors go together (the multivariate form: Jackson, White & Thompson 2010,
doi:10.1002/sim.3602).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from recommender.city import Float64
from recommender.errors import BadInput
from training.borrowing.coefficients import Coefficients, Rung, rounded
from training.borrowing.prior import Prior, PriorRung

LEAST_CITIES = 3
"""Fewer cannot say how much cities differ, and would hand on one city's own coefficients."""


def pool(cities: Sequence[Coefficients]) -> Prior:
    """A prior from what cities share. The order in which they are given changes nothing.

    Raises
    ------
    BadInput
        When a city is there twice, versions or settings are mixed, or fewer than ``LEAST_CITIES`` speak of any size of history.
    """
    ordered = sorted(cities, key=lambda one: one.city)
    names = [one.city for one in ordered]
    if twice := [name for name, after in pairwise(names) if name == after]:
        raise BadInput(f"city {twice[0]!r} is there twice; leave one of its files out")
    if len(versions := sorted({one.version for one in ordered})) > 1:
        raise BadInput(f"made by different versions: {', '.join(versions)}; share again with the same one")
    if len({one.settings for one in ordered}) > 1:
        told = ", ".join(f"{one.city} {one.settings}" for one in ordered)
        raise BadInput(f"made with different settings of the model: {told}; share again with the same ones")
    by_size: dict[int, list[Rung]] = {}
    for one in ordered:
        for rung in one.rungs:
            by_size.setdefault(rung.stamps, []).append(rung)
    rungs = [_pooled(size, found) for size, found in sorted(by_size.items()) if len(found) >= LEAST_CITIES]
    if not rungs:
        raise BadInput(f"{len(names)} cities: {LEAST_CITIES} or more that speak of the same size of history are needed")
    spoke = {one.city for one in ordered if any(rung.stamps in {r.stamps for r in rungs} for rung in one.rungs)}
    return Prior(tuple(sorted(spoke)), tuple(rungs))


def _pooled(stamps: int, rungs: Sequence[Rung]) -> PriorRung:
    names = [name for name in rungs[0].names if all(name in rung.names for rung in rungs)]
    places = [[rung.names.index(name) for name in names] for rung in rungs]
    values = np.array([rung.values[place] for rung, place in zip(rungs, places, strict=True)])
    errors = np.array(
        [np.linalg.inv(rung.information)[np.ix_(place, place)] for rung, place in zip(rungs, places, strict=True)]
    )
    mean, spread = random_effects(values, errors)
    return PriorRung(
        stamps,
        len(rungs),
        dict(zip(names, map(rounded, mean.tolist()), strict=True)),
        dict(zip(names, map(rounded, spread.tolist()), strict=True)),
    )


def random_effects(values: Float64, errors: Float64) -> tuple[Float64, Float64]:
    """The mean over cities, and the spread of a new city around it.

    Parameters
    ----------
    values : float64, shape (n_cities, n_weights)
        At least two cities.
    errors : float64, shape (n_cities, n_weights, n_weights)
        Covariance of each city's estimate.

    Returns
    -------
    mean, spread : float64, shape (n_weights,)
        ``spread`` is the standard deviation of a new city's weight: √(τ² + variance of the mean).
    """
    between = between_cities(values, np.diagonal(errors, axis1=1, axis2=2))
    weights = np.linalg.inv(errors + np.diag(between))
    covariance = np.linalg.inv(weights.sum(axis=0))
    mean = covariance @ np.einsum("cij,cj->i", weights, values)
    return mean, np.sqrt(between + np.diag(covariance))


def between_cities(values: Float64, variance: Float64) -> Float64:
    """τ², how much cities differ beyond their errors: DerSimonian & Laird's estimate, 0 at the least.

    Parameters
    ----------
    values, variance : float64, shape (n_cities, n_weights)

    Returns
    -------
    float64, shape (n_weights,)
    """
    share = 1 / variance
    total = share.sum(axis=0)
    common = (share * values).sum(axis=0) / total
    excess = (share * (values - common) ** 2).sum(axis=0) - (len(values) - 1)
    found: Float64 = np.maximum(excess / (total - (share**2).sum(axis=0) / total), 0.0)
    return found
