"""By how much learners had done before: for whom it works, and after how many stamps it catches up with what is popular."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.city import Float32, Int32
from training.evaluation.groups import Grouping
from training.evaluation.measured import SETTING
from training.evaluation.plain import NOTHING, cell
from training.evaluation.pooled import Pooled
from training.evaluation.uncertainty import LEVEL, bounds_of, intervals
from training.evaluation.verdict import ENGINE

BESIDE = "popular_30_days"


def present_lengths(pooled: Pooled) -> Int32:
    """How many different activities each learner had done before the last cut they were tested at. Shape (n_learners,)."""
    lengths = np.zeros(len(pooled.learners), dtype=np.int32)
    for rows, own in zip(pooled.rows, lengths_at_cuts(pooled), strict=True):
        lengths[rows] = own.astype(np.int32)
    return lengths


def lengths_at_cuts(pooled: Pooled) -> list[Float32]:
    """How many different activities learners had done before each cut. One array for each cut, in the order of its rows."""
    return [measured.figures[SETTING]["history"] for measured in pooled.measured]


def spans(by_length: Grouping) -> list[tuple[int, int | None]]:
    """Lowest and highest length of each group; groups that were joined lie side by side. One of everybody without groups."""
    return [(min(low for low, _ in own), own[-1][1]) for own in by_length.labels] or [(0, None)]


def of_groups(
    pooled: Pooled, by_length: Grouping, figure: str, draws: int, seed: int, smallest: int
) -> list[dict[str, Any]]:
    """A figure of every list for each group by history; nothing where there is only one group.

    Parameters
    ----------
    by_length : Grouping
        Of ``pooled.learners``.
    """
    found: list[dict[str, Any]] = []
    values = {name: pooled.figure(name, figure) for name in pooled.names}
    if len(by_length.labels) < 2:
        return found
    for row, (start, stop) in enumerate(spans(by_length)):
        inside = by_length.group == row
        own = np.column_stack([one[inside] for one in values.values()])
        cells = [cell(one, smallest) for one in intervals(own, draws, seed, bounds=bounds_of(figure))]
        found.append({"from": start, "to": stop, "models": dict(zip(values, cells, strict=True))})
    return found


def learning(
    pooled: Pooled, by_length: Grouping, figure: str, draws: int, seed: int, smallest: int, tell: bool = True
) -> dict[str, Any]:
    """Whether the engine needs more stamps of a learner than what is popular does, which needs none.

    Each list counts in the group of what its learner had done by then. The engine is *slower* when it lies clearly below in any
    group. With so many groups one would lie below by chance now and then; so each is looked at with a wider interval
    (Bonferroni), and all together err in 2.5%.

    Parameters
    ----------
    by_length : Grouping
        Whose groups are used.
    tell : bool
        Whether figures may be told; else only what follows from them.
    """
    groups = spans(by_length)
    level = 1 - (1 - LEVEL) / len(groups)
    lengths = lengths_at_cuts(pooled)
    rows: list[dict[str, Any]] = []
    caught_up: int | None = 0
    for start, stop in groups:
        where = [(own >= start) & (own <= (np.inf if stop is None else stop)) for own in lengths]
        own, other = (pooled.figure(name, figure, where) for name in (ENGINE, BESIDE))
        shown = intervals(np.column_stack([own, other]), draws, seed, bounds=bounds_of(figure))
        lead = intervals((own - other)[:, None], draws, seed, bounds=bounds_of(figure, True), level=level)[0]
        between = cell(lead, smallest)
        if between["high"] is not None and between["high"] < 0:
            caught_up = None if stop is None else stop + 1
        cells = {"own": cell(shown[0], smallest), "other": cell(shown[1], smallest), "difference": between}
        told = cells if tell else {name: dict(NOTHING) for name in cells}
        rows.append({"from": start, "to": stop, "n": told["difference"]["n"], **told})
    return {
        "figure": figure,
        "beside": BESIDE,
        "level": round(level, 4),
        "groups": rows,
        "slower": caught_up != 0,
        "from": caught_up,
    }
