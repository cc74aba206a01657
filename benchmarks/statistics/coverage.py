"""How often the 95% intervals of figures hold the truth, in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.statistics.people import ENGINE, LOTS, POPULAR
from recommender.city import Float64
from training.evaluation.uncertainty import LEVEL, Bounds, bootstrap_means, bounds_of, intervals

SIZES = (30, 100, 300, 1000)
METHODS = ("ours", "percentile")
RESAMPLED = 1000
"""At most so many worlds where every interval takes a bootstrap of its own."""
_BLOCK = 250


def populations(figures: Mapping[str, Float64]) -> dict[str, tuple[Float64, Bounds | None]]:
    """Figures whose coverage is measured, each with its bounds: those of the engine, leads, and the most skewed there are."""
    wanted = [f"{ENGINE} {figure}" for figure in ("recall@10", "ndcg@10", "hit_rate@10", "mrr@10", "domains@10")]
    wanted += [f"{LOTS} {figure}" for figure in ("recall@10", "mrr@10")]
    leads = [f"{ENGINE} − {POPULAR} {figure}" for figure in ("recall@10", "ndcg@10", "mrr@10")]
    found = {}
    for name in [*wanted, *leads]:
        values = figures[name]
        figure = name.rpartition(" ")[2]
        found[name] = (values[~np.isnan(values)], bounds_of(figure, name in leads))
    # Novelty in bits has no bounds: a skewed stand-in, exponential.
    found["no bounds, skewed"] = (-np.log(np.arange(1, 4001) / 4000.5), None)
    return found


def covered(values: Float64, bounds: Bounds | None, n: int, worlds: int, seed: int, method: str) -> float:
    """Share of worlds of ``n`` learners in which the interval of the mean holds the mean of the population.

    At most ``RESAMPLED`` worlds where that takes a bootstrap.
    """
    if method != "ours" or bounds is None:
        worlds = min(worlds, RESAMPLED)
    rng, truth, inside = np.random.default_rng(seed), float(values.mean()), 0
    for start in range(0, worlds, _BLOCK):
        drawn = rng.choice(values, size=(n, min(_BLOCK, worlds - start)))
        if method == "ours":
            found = intervals(drawn, 1000, seed + start, bounds=bounds)
            low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
        else:
            tail = (1 - LEVEL) / 2
            low, high = np.quantile(bootstrap_means(drawn, 1000, seed + start), [tail, 1 - tail], axis=0)
        inside += int(((low <= truth + 1e-12) & (high >= truth - 1e-12)).sum())
    return inside / worlds


def seasons(values: Float64, bounds: Bounds, people: int, worlds: int, seed: int) -> dict[str, float]:
    """The same where learners stand in one to three cuts: once with the learner as the cluster, once as if rows were people.

    A learner's own level is a value of the population; in each cut they score that, or anybody's, half of the time each.

    Returns
    -------
    dict
        Coverage ``clusters`` and ``rows``.
    """
    rng, truth = np.random.default_rng(seed), float(values.mean())
    inside = {"clusters": 0, "rows": 0}
    for _ in range(worlds):
        cluster = np.repeat(np.arange(people), rng.integers(1, 4, people))
        own, other = rng.choice(values, people)[cluster], rng.choice(values, len(cluster))
        drawn = np.where(rng.random(len(cluster)) < 0.5, own, other)[:, None]
        for name, given in (("clusters", cluster), ("rows", None)):
            found = intervals(drawn, 100, 0, given, bounds)[0]
            inside[name] += found.low <= truth <= found.high
    return {name: count / worlds for name, count in inside.items()}
