"""The reach gap: whether lists bring what is free and near as well where there is little of it as elsewhere.

*reach@10* is, of the free, near, fitting and accessible activities that could stand in the first ten, the share that does.
So it measures the ranking and not the supply. The gap is that of the areas with most to choose from minus that of the areas
with least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.columns import LEARNER
from data.tables import Tables
from data.words import age_span
from recommender.city import Bool, Float64
from recommender.guarantee import WITHIN_MINUTES
from training.evaluation.measured import SETTING
from training.evaluation.plain import NOTHING, cell, count, drawn_cell, share
from training.evaluation.pooled import People, Pooled
from training.evaluation.uncertainty import bootstrap_means, intervals

FIGURE = "reach@10"
LEAST_SHARE = 1 / 3
"""The areas with least within reach, until they hold this share of the people."""
THINNEST = 30


@dataclass(frozen=True, eq=False)
class Sides:
    """Who lives where there is least within reach, and who elsewhere.

    Attributes
    ----------
    least, others : bool, shape (n_learners,)
        Nobody is in either whose home or age is not known. Both empty where the city cannot be divided.
    areas : tuple of str
        The areas with least; ``""`` names those that a home tells and the city does not.
    """

    least: Bool
    others: Bool
    areas: tuple[str, ...]


def people_of(tables: Tables, learners: Sequence[str]) -> People:
    """Where each learner lives and how old they are, as the passports say today."""
    own = tables.passports
    place_of = [
        area or ("" if lat != lat or lon != lon else f"{lat:.2f} {lon:.2f}")
        for area, lat, lon in zip(own["area"], own["home_lat"], own["home_lon"], strict=True)
    ]
    row = {name: place for place, name in enumerate(own[LEARNER].tolist())}
    rows = [row.get(name, -1) for name in learners]
    area, place = [*own["area"].tolist(), ""], [*place_of, ""]
    age = [*(age_span(text)[0] for text in own["age"]), float("nan")]
    return People(
        area=tuple(area[one] for one in rows),
        place=tuple(place[one] for one in rows),
        age=np.array([age[one] for one in rows], dtype=np.float64),
    )


def sides(places: Sequence[str], supply: Float64) -> Sides:
    """Divide the learners by how much there is within reach where they live.

    Parameters
    ----------
    places : sequence of str
        Of each learner.
    supply : float64, shape (n_learners,)
        How many free, near, fitting activities are open to each; NaN without a claim.
    """
    counts = ~np.isnan(supply) & np.array([place != "" for place in places], dtype=np.bool_)
    names, place = np.unique(np.array(places, dtype=np.str_), return_inverse=True)
    people = np.bincount(place[counts], minlength=len(names))
    total = np.bincount(place[counts], weights=supply[counts], minlength=len(names))
    mean = np.divide(total, people, out=np.full(len(names), np.inf), where=people > 0)
    order = np.lexsort((names, mean))
    before = np.concatenate([[0], np.cumsum(people[order])[:-1]])
    chosen = order[(before < LEAST_SHARE * counts.sum()) & (people[order] > 0)]
    least = counts & np.isin(place, chosen)
    others = counts & ~least
    if min(int(least.sum()), int(others.sum())) < THINNEST:
        nobody = np.zeros(len(places), dtype=np.bool_)
        return Sides(nobody, nobody, ())
    return Sides(least, others, tuple(names[chosen].tolist()))


def gap_draws(values: Float64, of: Sides, draws: int, seed: int) -> Float64:
    """The gap, then what it is in each draw of learners. Shape (1 + draws,).

    Parameters
    ----------
    values : float64, shape (n_learners,)
        The figure, NaN where not defined.
    """
    columns = np.column_stack([np.where(of.others, values, np.nan), np.where(of.least, values, np.nan)])
    means = bootstrap_means(columns, draws, seed)
    defined = ~np.isnan(columns)
    if not defined.any(axis=0).all():
        return np.full(1 + draws, np.nan)
    found: Float64 = np.append(np.nanmean(columns[:, 0]) - np.nanmean(columns[:, 1]), means[:, 0] - means[:, 1])
    return found


def reach_part(
    pooled: Pooled, places: Sequence[str], names: Sequence[str], draws: int, seed: int, smallest: int
) -> dict[str, Any]:
    """What the results say of reach, for some of the lists; {} when the city cannot be divided."""
    supply = pooled.figure(SETTING, "supply")
    of = sides(places, supply)
    if not of.areas:
        return {}
    parts = {"least": of.least, "others": of.others}
    models = {}
    for name in names:
        values = pooled.figure(name, FIGURE)
        columns = [values, *(np.where(part, values, np.nan) for part in parts.values())]
        cells = [cell(one, smallest) for one in intervals(np.column_stack(columns), draws, seed, bounds=(0.0, 1.0))]
        drawn = gap_draws(values, of, draws, seed)
        models[name] = {
            **dict(zip(("all", *parts), cells, strict=True)),
            "gap": drawn_cell(drawn[0], drawn[1:], int((of.least | of.others).sum()), smallest),
        }
    held = intervals(np.column_stack([np.where(part, supply, np.nan) for part in parts.values()]), draws, seed)
    return {
        "minutes": WITHIN_MINUTES,
        "places": 10,
        "claims": share(~np.isnan(supply), smallest),
        "n": count(int((of.least | of.others).sum())),
        "least": {"areas": sorted(of.areas), "n": count(int(of.least.sum()))},
        "others": {"n": count(int(of.others.sum()))},
        "models": models,
        "supply": {side: cell(one, smallest) for side, one in zip(parts, held, strict=True)},
    }


def gap_change(ours: Float64, theirs: Float64, n: int, smallest: int) -> dict[str, Any]:
    """How much wider one gap is than another, from their draws of the same learners."""
    if np.isnan(ours[0]) or np.isnan(theirs[0]):
        return dict(NOTHING)
    change = ours - theirs
    return drawn_cell(float(change[0]), change[1:], n, smallest)
