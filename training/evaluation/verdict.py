"""What the figures allow to be said, in one word: better, level, worse, or too few to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ENGINE = "leerlijn"
SERVED = "leerlijn_served"
NO_BASELINE = (SERVED, "oracle")
"""Lists that the engine is not held to: its own as it is served, and one that knows what nobody can know."""
Difference = Mapping[str, Any]


def verdict(
    differences: Mapping[str, Mapping[str, Difference]], figure: str, ignore: Sequence[str] = NO_BASELINE
) -> dict[str, Any]:
    """Where the engine stands beside every simple thing, on one figure.

    Parameters
    ----------
    differences : mapping of model to mapping of figure to ``{"value", "low", "high"}``
        The engine minus that model, with its 95% interval.
    figure : str
        Which figure decides.
    ignore : sequence of str
        Models that are no baseline.

    Returns
    -------
    dict
        ``beats``: the interval lies above 0. ``beaten_by``: it lies below 0. ``level_with``: it holds 0, or is not known.
        ``code`` is ``worse`` when anything beats the engine, ``better`` when it beats everything, else ``level``.
    """
    beats, beaten_by, level_with = [], [], []
    for name, figures in differences.items():
        if name in ignore:
            continue
        lead = figures[figure]
        if lead["low"] is not None and lead["low"] > 0:
            beats.append(name)
        elif lead["high"] is not None and lead["high"] < 0:
            beaten_by.append(name)
        else:
            level_with.append(name)
    code = "worse" if beaten_by else "level" if level_with else "better"
    return {"code": code, "figure": figure, "beats": beats, "beaten_by": beaten_by, "level_with": level_with}
