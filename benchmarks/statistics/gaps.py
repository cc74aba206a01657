"""How often the alarm of the largest gap rings: where nothing differs, and where something does."""

from __future__ import annotations

import numpy as np
from joblib import Parallel, delayed

from benchmarks.statistics.people import ENGINE, Scores
from recommender.city import Float64
from training.evaluation.chance import gap_between
from training.evaluation.groups import by_age, by_area, by_history, grouped

DRAWS = 200
AREAS = ("Binnenstad", "Zandheuvel", "Vogelbuurt", "Stationskwartier", "De Meren", "Oost", "Landerijen", "Noord")
_SHARES = np.array([0.18, 0.16, 0.14, 0.13, 0.12, 0.11, 0.09, 0.07])
_AGES = np.array([4.0, 7.0, 10.0, 14.0, 30.0, 70.0, np.nan])
KINDS = ("alike", "other spread", "gap of 0.10", "gap of 0.20")


def world(people: Scores, n: int, kind: str, seed: int) -> tuple[list[bool], float]:
    """One world of ``n`` learners: whether each grouping's alarm rings, and the raw gap between neighbourhoods.

    Parameters
    ----------
    people : Scores
        From whom figures are drawn; who lives where is drawn apart from that, so that nobody differs.
    kind : str
        ``alike``; ``other spread``: people of one neighbourhood all have the mean of everybody, give or take, so that only
        the spread differs; ``gap of …``: in one neighbourhood a figure is lower by that much of the range.
    """
    rng = np.random.default_rng([seed, n, KINDS.index(kind)])
    pool = people.figures[f"{ENGINE} recall@10"]
    rows = rng.integers(0, len(pool), n)
    values = pool[rows]
    area = rng.choice(AREAS, n, p=_SHARES)
    there = area == "Zandheuvel"
    if kind == "other spread":
        values = np.where(there, pool.mean() + 0.25 * (values - pool.mean()), values)
    elif kind != "alike":
        values = _lowered(values, there, float(kind.split()[-1]), rng)
    age, history = rng.choice(_AGES, n), rng.integers(0, 15, n)
    # Each domain that somebody went to gets their own level, or anybody's: so no domain is better than another.
    domains = np.where(
        rng.random((n, people.domains.shape[1])) < 0.5,
        pool[rows][:, None],
        rng.choice(pool, people.domains[rows].shape),
    )
    domains = np.where(np.isnan(people.domains[rows]), np.nan, domains)
    found = grouped(values, [by_area(area.tolist()), by_age(age), by_history(history)], DRAWS, seed, domains)
    alarms = [bool(one["gap"] and one["gap"]["alarm"]) for one in found["dimensions"]]
    gap = found["dimensions"][0]["gap"]
    return alarms, gap["gap"] if gap else float("nan")


def _lowered(values: Float64, there: np.ndarray, by: float, rng: np.random.Generator) -> Float64:
    """In one group so many are set to nothing that the mean falls by ``by``."""
    share = min(1.0, by / float(values.mean()))
    return np.where(there & (rng.random(len(values)) < share), 0.0, values)


def rings(people: Scores, n: int, kind: str, worlds: int, jobs: int, seed: int = 0) -> tuple[float, list[float]]:
    """Share of worlds in which any alarm rings, and of each grouping.

    Returns
    -------
    float, list of float
        Of area, age, history and domain.
    """
    found = Parallel(n_jobs=jobs)(delayed(world)(people, n, kind, seed + number) for number in range(worlds))
    alarms = np.array([one for one, _ in found])
    return float(alarms.any(axis=1).mean()), alarms.mean(axis=0).tolist()


def twelve_of_thirty(people: Scores, worlds: int, seed: int = 0) -> float:
    """Mean gap between the best and the worst of twelve groups of thirty in which nobody differs."""
    rng, pool = np.random.default_rng(seed), people.figures[f"{ENGINE} ndcg@10"]
    group = np.repeat(np.arange(12, dtype=np.int32), 30)
    gaps = []
    for number in range(worlds):
        found = gap_between(rng.choice(pool, 360), group, 199, number)
        assert found is not None
        gaps.append(found.gap)
    return float(np.mean(gaps))
