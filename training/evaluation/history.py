"""By how much learners had done before: for whom it works, and after how many stamps it catches up with what is popular."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.city import Float64
from training.evaluation.measured import SETTING
from training.evaluation.plain import cell
from training.evaluation.pooled import Pooled
from training.evaluation.uncertainty import LEVEL, Interval, bootstrap_means, intervals
from training.evaluation.verdict import ENGINE

FROM = (0, 1, 3, 6, 11)
"""How many different activities had been done: the lowest number of each group."""
MERGED_BELOW = 30
BESIDE = "popular_30_days"


def merged(starts: list[int], lengths: np.ndarray, least: int) -> list[int]:
    """Lower bounds of groups of at least ``least`` learners: a thin group joins its smaller neighbour.

    One group may remain, and it may be thin when there are fewer learners than that.
    """
    starts = list(starts)
    while len(starts) > 1:
        sizes = np.histogram(lengths, bins=[*starts, max(int(lengths.max(initial=0)), starts[-1]) + 1])[0]
        thin = int(sizes.argmin())
        if sizes[thin] >= least:
            break
        left = sizes[thin - 1] if thin else np.inf
        right = sizes[thin + 1] if thin + 1 < len(sizes) else np.inf
        starts.pop(thin if left <= right else thin + 1)
    return starts


def groups_of(pooled: Pooled) -> list[tuple[int, int | None, list[np.ndarray]]]:
    """Groups by history, thin ones joined: lowest, highest (None: no end), and who is in it at each cut.

    A learner tested at several cuts may be in several groups, each with the lists of its own cuts.
    """
    lengths = [measured.figures[SETTING]["history"] for measured in pooled.measured]
    # Thin is counted at the cut that has most of a group: so nobody is counted twice.
    fullest = max(lengths, key=len)
    starts = merged(list(FROM), fullest, MERGED_BELOW)
    stops: list[int | None] = [*(start - 1 for start in starts[1:]), None]
    return [
        (start, stop, [(own >= start) & (own <= (np.inf if stop is None else stop)) for own in lengths])
        for start, stop in zip(starts, stops, strict=True)
    ]


def by_history(pooled: Pooled, figure: str, draws: int, seed: int, smallest: int) -> list[dict[str, Any]]:
    """The main figure of every list by history; nothing where there is only one group."""
    found = []
    for start, stop, where in groups_of(pooled):
        values = np.column_stack([pooled.figure(name, figure, where) for name in pooled.names])
        cells = [cell(one, smallest) for one in intervals(values, draws, seed)]
        found.append({"from": start, "to": stop, "models": dict(zip(pooled.names, cells, strict=True))})
    return found if len(found) > 1 else []


def learning(pooled: Pooled, figure: str, draws: int, seed: int, smallest: int) -> dict[str, Any]:
    """Whether the engine needs more stamps of a learner than what is popular does, which needs none.

    It is *slower* when it lies clearly below in any group by history. With so many groups one would lie below by
    chance now and then; so each is looked at with a wider interval (Bonferroni), and all together err in 2.5%.
    """
    groups = groups_of(pooled)
    level = 1 - (1 - LEVEL) / max(len(groups), 1)
    rows: list[dict[str, Any]] = []
    caught_up: int | None = 0
    for start, stop, where in groups:
        own, other = (pooled.figure(name, figure, where) for name in (ENGINE, BESIDE))
        values = np.column_stack([own, other, own - other])
        shown = [cell(one, smallest) for one in intervals(values, draws, seed)]
        lead = cell(_wider(own - other, draws, seed, level), smallest)
        rows.append({"from": start, "to": stop, "n": lead["n"], "own": shown[0], "other": shown[1], "difference": lead})
        if lead["high"] is not None and lead["high"] < 0:
            caught_up = None if stop is None else stop + 1
    slower = caught_up != 0
    return {
        "figure": figure,
        "beside": BESIDE,
        "level": round(level, 4),
        "groups": rows,
        "slower": slower,
        "from": caught_up,
    }


def _wider(values: Float64, draws: int, seed: int, level: float) -> Interval:
    n = int((~np.isnan(values)).sum())
    if not n:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    means = bootstrap_means(values[:, None], draws, seed)[:, 0]
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(np.nanmean(values)), float(low), float(high), n)
