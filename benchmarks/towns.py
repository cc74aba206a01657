"""What the proofs in simulated towns share: lists by the engine, and figures with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from data.simulation import SimulationConfig
from recommender.city import UNKNOWN, Catalogue, Float64, Int32
from recommender.errors import BadInput
from recommender.passport import Passport, Request
from recommender.recommend import recommend_many
from recommender.release import Release
from training.evaluation.uncertainty import LEVEL, Interval, bootstrap_means

SWITCHES = ("interests_spread", "exposure_bias", "group_gap", "drift")
DRAWS = 2000


def switched(config: SimulationConfig, off: Sequence[str]) -> SimulationConfig:
    """A world with some of its assumptions turned off; raises ``BadInput`` for a switch that does not exist."""
    for name in off:
        if name not in SWITCHES:
            raise BadInput(f"switch: {name!r} is none of {', '.join(SWITCHES)}")
    turned: dict[str, Any] = dict.fromkeys(off, False)
    return replace(config, **turned)


def lists_of(
    passports: Sequence[Passport], catalogue: Catalogue, release: Release, requests: Sequence[Request], length: int
) -> tuple[Int32, Int32]:
    """What the engine answers.

    Returns
    -------
    activity, session : int32, shape (n_passports, length)
        Catalogue rows, best first, padded with ``UNKNOWN``.
    """
    activity = np.full((len(passports), length), UNKNOWN, dtype=np.int32)
    session = activity.copy()
    for row, answer in enumerate(recommend_many(passports, catalogue, release, requests)):
        for place, shown in enumerate(answer.recommendations[:length]):
            activity[row, place], session[row, place] = shown.activity, shown.session
    return activity, session


def ratio(values: Float64, base: Float64, seed: int, draws: int = DRAWS) -> Interval:
    """Mean of ``values`` ÷ mean of ``base`` with its 95% interval; the same learners are drawn for both.

    Parameters
    ----------
    values, base : float64, shape (n_learners,)
        NaN where a learner has no figure; such a learner counts for neither.
    """
    both = np.column_stack([values, base])
    both = both[~np.isnan(both).any(axis=1)]
    n = len(both)
    if not n or not both[:, 1].any():
        return Interval(float("nan"), float("nan"), float("nan"), n)
    drawn = bootstrap_means(both, draws, seed)
    tail = (1 - LEVEL) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = drawn[:, 0] / drawn[:, 1]
    low, high = np.nanquantile(shares, [tail, 1 - tail])
    return Interval(float(both[:, 0].mean() / both[:, 1].mean()), float(low), float(high), n)


def said(found: Interval, form: str = "{:.2f}") -> str:
    """``1.72 [1.60, 1.85]``; a dash where there is no figure."""
    if np.isnan(found.value):
        return "–"
    return f"{form.format(found.value)} [{form.format(found.low)}, {form.format(found.high)}]"
