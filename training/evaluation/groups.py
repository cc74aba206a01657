"""Is it good for everybody? Figures per neighbourhood, age, history and domain, and whether the largest gap is more than chance.

Somebody who looks at twelve groups and names the best and the worst always finds a gap: with twelve *identical* groups of
thirty it is 0.17 of recall on average. So the gap comes with the chance that it is chance, and an alarm only when that is at
most 5% over all groupings together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.messages import load
from recommender.city import DOMAINS, UNKNOWN, Float64, Int8, Int32
from recommender.insight.asked import BANDS
from recommender.insight.cells import MERGED_BELOW, rounded, status_of, together
from training.evaluation import metrics
from training.evaluation.cells import groupings_together
from training.evaluation.chance import Gap, gap_between, gap_within
from training.evaluation.several import holm
from training.evaluation.uncertainty import Bounds, Interval, intervals

ALPHA = 0.05
HISTORY_FROM = (0, 1, 3, 6, 11)
Label = Any
"""What a group is called in the results: a text, ``[from, to]``, or None where it is not known."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way of grouping people.

    Attributes
    ----------
    name : str
        ``area``, ``age`` or ``history``.
    labels : tuple
        Of each group: the labels that were joined to make it.
    group : int32, shape (n_people,)
        Row of ``labels``; -1 for everybody when there are too few to group.
    """

    name: str
    labels: tuple[tuple[Label, ...], ...]
    group: Int32


def by_area(area: Sequence[str], least: int = MERGED_BELOW) -> Grouping:
    """People by home area, ``""`` where it is not known; thin areas join the next larger one."""
    names, code, counts = np.unique(np.array(area, dtype=np.str_), return_inverse=True, return_counts=True)
    order = np.lexsort((names, counts))
    return _grouping("area", [str(names[row]) for row in order], np.argsort(order)[code], least)


def by_age(age: Float64, least: int = MERGED_BELOW) -> Grouping:
    """People by the age bands of the opportunity figures; NaN where it is not known. Thin bands join a neighbour."""
    starts = np.array([low for low, _ in BANDS], dtype=np.float64)
    code = np.maximum(np.searchsorted(starts, np.nan_to_num(age), side="right") - 1, 0)
    labels: list[Label] = [[low, high] for low, high in BANDS]
    return _grouping("age", [*labels, None], np.where(np.isnan(age), len(BANDS), code), least)


def by_history(lengths: Sequence[int] | Int32, least: int = MERGED_BELOW) -> Grouping:
    """People by how many different activities they had done. Thin groups join a neighbour."""
    code = np.searchsorted(HISTORY_FROM, np.asarray(lengths), side="right") - 1
    ends = [*(start - 1 for start in HISTORY_FROM[1:]), None]
    labels = [[start, end] for start, end in zip(HISTORY_FROM, ends, strict=True)]
    return _grouping("history", labels, code, least)


def _grouping(name: str, labels: Sequence[Label], code: np.ndarray, least: int) -> Grouping:
    counts = np.bincount(code, minlength=len(labels)).astype(np.int64)
    # Groups without anybody would only lend their name to a neighbour.
    there = np.flatnonzero(counts)
    joined = together(counts[None, there], least)[0] if len(there) else np.empty(0, dtype=np.int32)
    if not len(joined) or (joined < 0).any():
        return Grouping(name, (), np.full(len(code), UNKNOWN, dtype=np.int32))
    members = tuple(
        tuple(labels[there[place]] for place in np.flatnonzero(joined == group)) for group in range(joined.max() + 1)
    )
    place = np.zeros(len(labels), dtype=np.int32)
    place[there] = joined
    return Grouping(name, members, place[code])


def recall_by_domain(lists: Int32, learner: Int32, activity: Int32, domain: Int8, k: int = 10) -> Float64:
    """Recall@k of each learner over what they went on to do in each domain.

    Parameters
    ----------
    lists, learner, activity
        See ``metrics.hits``.
    domain : int8, shape (n_activities,)
        ``UNKNOWN`` where not known.

    Returns
    -------
    float64, shape (n_learners, n_domains)
        NaN where a learner did nothing in a domain.
    """
    found = []
    for code in range(len(DOMAINS)):
        part = domain[activity] == code
        relevant = np.bincount(learner[part], minlength=len(lists))
        found.append(metrics.recall(metrics.hits(lists, learner[part], activity[part]), relevant, k))
    return np.stack(found, axis=1)


def grouped(
    values: Float64,
    groupings: Sequence[Grouping],
    draws: int,
    seed: int,
    domains: Float64 | None = None,
    figure: str = "recall@10",
    model: str = "leerlijn",
    bounds: Bounds | None = (0.0, 1.0),
) -> dict[str, Any]:
    """One figure for every group of every grouping, with the largest gap of each and what chance makes of it.

    Parameters
    ----------
    values : float64, shape (n_people,)
        One value for each different learner (the mean over the cuts they were tested in); NaN leaves them out, of the groups too.
    groupings : sequence of Grouping
        The most important first: a grouping that would give away fewer than ten people beside those before it (and beside
        histories) is not shown.
    draws, seed : int
        Of the permutations.
    domains : float64, shape (n_people, n_domains), or None
        The same figure over each domain (see ``recall_by_domain``).
    figure, model : str
        Passed on.
    bounds : (low, high) or None
        Of the figure, see ``intervals``.

    Returns
    -------
    dict
        Plain values for the results: ``figure``, ``model``, ``alpha``, and ``dimensions``, each with ``dimension``, ``cells``,
        ``why_none`` (``few`` or None) and ``gap``.
    """
    there = ~np.isnan(values)
    kept = [Grouping(one.name, one.labels, one.group[there]) for one in groupings]
    kept = [_refitted(one) for one in kept]
    good = shown_together(kept)
    figures = values[there]
    dimensions = [
        _dimension(one, figures, draws, seed, bounds) if fine and len(one.labels) > 1 else _nothing(one.name)
        for one, fine in zip(kept, good, strict=True)
    ]
    if domains is not None:
        dimensions.append(_domains(domains, draws, seed, bounds))
    adjusted = holm(np.array([one["gap"]["p"] if one["gap"] else np.nan for one in dimensions]))
    for one, p in zip(dimensions, adjusted.tolist(), strict=True):
        if one["gap"]:
            one["gap"] |= {"holm": round(p, 6), "alarm": bool(p <= ALPHA)}
    return {"figure": figure, "model": model, "alpha": ALPHA, "dimensions": dimensions}


def shown_together(groupings: Sequence[Grouping]) -> list[bool]:
    """Which groupings may be shown beside those before them: a group's figure must not be worked out to be about a few."""
    # The results also show histories by themselves, so these come first: what is said beside them must not undo them.
    order = sorted(range(len(groupings)), key=lambda place: groupings[place].name != "history")
    allowed = dict(zip(order, groupings_together([groupings[place].group for place in order]), strict=True))
    return [allowed[place] for place in range(len(groupings))]


def _refitted(one: Grouping) -> Grouping:
    """The same grouping after people were left out: groups that became thin join their neighbour."""
    if not len(one.group) or not one.labels or (one.group < 0).any():
        return Grouping(one.name, (), np.full(len(one.group), UNKNOWN, dtype=np.int32))
    again = _grouping(one.name, one.labels, one.group, MERGED_BELOW)
    return Grouping(one.name, tuple(tuple(x for part in parts for x in part) for parts in again.labels), again.group)


def _nothing(name: str) -> dict[str, Any]:
    return {"dimension": name, "cells": [], "why_none": "few", "gap": None}


def _dimension(one: Grouping, values: Float64, draws: int, seed: int, bounds: Bounds | None) -> dict[str, Any]:
    labels = [list(parts) for parts in one.labels]
    cells = [
        _cell(own, intervals(values[one.group == row][:, None], draws, seed, bounds=bounds)[0])
        for row, own in enumerate(labels)
    ]
    found = gap_between(values, one.group, draws, seed)
    return {"dimension": one.name, "cells": cells, "why_none": None, "gap": _gap(found, labels)}


def _domains(domains: Float64, draws: int, seed: int, bounds: Bounds | None) -> dict[str, Any]:
    enough = np.flatnonzero((~np.isnan(domains)).sum(axis=0) >= MERGED_BELOW)
    if len(enough) < 2:
        return _nothing("domain")
    values, labels = domains[:, enough], [[DOMAINS[row]] for row in enough]
    found = intervals(values, draws, seed, bounds=bounds)
    cells = [_cell(own, one) for own, one in zip(labels, found, strict=True)]
    gap = _gap(gap_within(values, draws, seed), labels)
    return {"dimension": "domain", "cells": cells, "why_none": None, "gap": gap}


def _cell(labels: list[Label], found: Interval) -> dict[str, Any]:
    status = status_of(found.n)
    return {
        "groups": labels,
        "n": rounded(found.n),
        "status": status,
        "value": round(found.value, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
    }


def _gap(found: Gap | None, labels: list[list[Label]]) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "best": labels[found.best],
        "worst": labels[found.worst],
        "gap": round(found.gap, 6),
        "by_chance": round(found.by_chance, 6),
        "p": round(found.p, 6),
    }


def sentences(groups: Mapping[str, Any], lang: str) -> list[str]:
    """What a coordinator may read about the gaps: one alarm for each that is not chance, else one sentence that says so.

    Parameters
    ----------
    groups : mapping
        From ``grouped``.
    lang : str
        ``nl`` or ``en``.
    """
    words = load(lang)
    shown = [one for one in groups["dimensions"] if one["gap"]]
    if not shown:
        return [words.text("statistics", "no_groups")]
    alarms = [
        words.text(
            "statistics",
            "gap_alarm",
            worst=_named(one["dimension"], one["gap"]["worst"], lang),
            best=_named(one["dimension"], one["gap"]["best"], lang),
            gap=_points(one["gap"]["gap"]),
        )
        for one in shown
        if one["gap"]["alarm"]
    ]
    most = max(one["gap"]["by_chance"] for one in shown)
    return alarms or [words.text("statistics", "gap_none", by_chance=_points(most))]


def _points(share: float) -> str:
    """Of a hundred places, never said as none."""
    return str(max(1, round(100 * share)))


def _named(dimension: str, labels: Sequence[Label], lang: str) -> str:
    words = load(lang)
    names = []
    for label in labels:
        if dimension == "domain":
            names.append(words.text("domains", label))
        elif label in (None, ""):
            names.append(words.text("statistics", f"{dimension}_unknown"))
        elif dimension == "area":
            names.append(label)
        elif label[1] is None:
            names.append(words.text("statistics", f"{dimension}_from", low=label[0]))
        elif label[0] == label[1]:
            names.append(words.text("statistics", f"{dimension}_one", low=label[0]))
        else:
            names.append(words.text("statistics", dimension, low=label[0], high=label[1]))
    return ", ".join(names)
