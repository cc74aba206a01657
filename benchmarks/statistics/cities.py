"""Whole simulated cities, end to end: the town is drawn, lived in, evaluated and written down as a real one would be.

Nobody can say that two neighbourhoods of a simulated town are equally easy to recommend for, gap or no gap: one lies further
out. So the truth is planted in the labels: who lives in which *named* neighbourhood is drawn anew, apart from homes, ages and
visits. No list knows that name, so between names there is nothing to be found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from rich.table import Table as Grid

from data.simulation import SimulationConfig, simulate
from data.tables import Tables
from training.config import Config, config_from
from training.evaluation.run import evaluate

LEARNERS, ACTIVITIES = 400, 100


def quick() -> Config:
    """Settings with which a city is evaluated in seconds."""
    return config_from(
        {
            "threads": 1,
            "als": {"factors": 16, "iterations": 4},
            "graph": {"rank": 8},
            "evaluation": {"bootstrap": 400},
        }
    )


def renamed(tables: Tables, seed: int) -> Tables:
    """The same city with neighbourhoods that mean nothing."""
    rng = np.random.default_rng(seed)
    area = tables.passports["area"].to_numpy()[rng.permutation(len(tables.passports))]
    return replace(tables, passports=tables.passports.assign(area=area))


def results(seed: int) -> dict[str, Any]:
    """Evaluate one city whose neighbourhoods mean nothing."""
    tables = renamed(
        simulate(SimulationConfig(seed=seed, learners=LEARNERS, activities_per_season=ACTIVITIES)).tables, seed
    )
    return evaluate(tables, quick())


def tables(cities: int, jobs: int, grid: Callable[..., Grid]) -> list[Grid]:
    """How often the alarm rings over names that mean nothing; what else it says is a finding about the city."""
    found = [
        one["groups"] for one in Parallel(n_jobs=jobs)(delayed(results)(seed) for seed in range(100, 100 + cities))
    ]
    table = grid(
        f"{cities} whole cities, neighbourhoods renamed at random",
        "grouping",
        "shown",
        "alarm",
        "mean gap",
        "by chance",
    )
    for name in ("area", "age", "history", "domain"):
        gaps = [
            one["gap"] for groups in found for one in groups["dimensions"] if one["dimension"] == name and one["gap"]
        ]
        if gaps:
            means = [f"{np.mean([gap[key] for gap in gaps]):.3f}" for key in ("gap", "by_chance")]
            table.add_row(name, str(len(gaps)), str(sum(gap["alarm"] for gap in gaps)), *means)
    return [table]
