"""Figures as plain values, ready for JSON, with what must not be shown left out.

Counts of learners are rounded to 5 and cells below the smallest are empty, so that nobody can be read off.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recommender.city import Bool, Float64
from training.evaluation.uncertainty import LEVEL, Interval

NOTHING: dict[str, Any] = {"value": None, "low": None, "high": None, "n": None}
"""A cell that may not be shown, or that there is nothing to show in."""


def cell(found: Interval, smallest: int) -> dict[str, Any]:
    """A figure with its interval and how many learners stand behind it."""
    if found.n < smallest or math.isnan(found.value):
        return dict(NOTHING)
    return {
        "value": rounded(found.value),
        "low": rounded(found.low),
        "high": rounded(found.high),
        "n": count(found.n),
    }


def drawn_cell(
    value: float, draws: Float64, n: int, smallest: int, bounds: tuple[float, float] = (-1.0, 1.0)
) -> dict[str, Any]:
    """A figure of many lists together, with the spread of its draws around it.

    Draws with replacement hold fewer different learners, so what they cover is less: the spread is taken from them, the
    middle from the figure itself, and ends at the ``bounds`` that no such figure passes.
    """
    draws = draws[~np.isnan(draws)]
    if n < smallest or math.isnan(value) or not len(draws):
        return dict(NOTHING)
    tail = (1 - LEVEL) / 2
    low, high = np.clip(value + np.quantile(draws - draws.mean(), [tail, 1 - tail]), *bounds)
    return {"value": rounded(value), "low": rounded(low), "high": rounded(high), "n": count(n)}


def share(of: Bool, smallest: int) -> float | None:
    """A share of people, unless it tells of a few: fewer than ``smallest`` on either side, but not nobody."""
    few = min(int(of.sum()), int((~of).sum()))
    return None if 0 < few < smallest or not len(of) else rounded(float(of.mean()))


def rounded(value: float) -> float | None:
    """Six decimals; None where not defined."""
    return None if math.isnan(value) else round(float(value), 6)


def count(n: int) -> int:
    """A number of people, to the nearest five."""
    return 5 * round(n / 5)


def iso(moment: int) -> str:
    """A moment as ISO 8601, UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
