"""How sure expected visits are: what came of earlier new activities beside what the model would have said of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import nbinom

from recommender.city import Bool, Float64

BOOSTS = tuple(2.0 ** (step / 2) for step in range(-8, 17))
"""Constants that are tried for what is new, 1/16 to 256."""
UNCALIBRATED = 1.0
"""Dispersion where nothing is known of how earlier activities turned out: half to double and more."""
FEWEST, LEAST_DISPERSION, MOST_DISPERSION = 20, 0.02, 20.0
LEVEL, WIDER = 0.95, 1.1


@dataclass(frozen=True)
class Visits:
    """Expected visits, and between which numbers 95 of 100 such additions would end up."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """How earlier new activities turned out beside what the model would have said of them.

    Visits are taken to be negative binomial: mean ``factor`` × expected, variance mean + ``dispersion`` × mean².

    Attributes
    ----------
    factor : float
        Visits there were ÷ visits expected, with the constant below.
    dispersion : float
    boost : float
        What being new counts for: e to the power of the constant in the utility of what nobody has been to.
    activities : int
        How many it was learned from.
    weeks : int
        Over how many weeks.
    coverage : float
        Part of them that lie within their own interval; NaN without any.
    """

    factor: float = 1.0
    dispersion: float = UNCALIBRATED
    boost: float = 1.0
    activities: int = 0
    weeks: int = 0
    coverage: float = float("nan")

    @property
    def calibrated(self) -> bool:
        return self.activities >= FEWEST

    def visits(self, expected: float, most: float = np.inf) -> Visits:
        """What to say of an expected number; ``most`` is how many there are places for."""
        mean = max(self.factor * expected, 0.0)
        if not mean:
            return Visits(0.0, 0.0, 0.0)
        low, high = self.ends(np.array([mean]))
        return Visits(min(mean, most), min(float(low[0]), most), min(float(high[0]), most))

    def ends(self, mean: Float64) -> tuple[Float64, Float64]:
        """Both ends of the 95% interval of each mean above 0. Same shape."""
        size, chance = 1 / self.dispersion, 1 / (1 + self.dispersion * mean)
        return nbinom.ppf(0.025, size, chance), nbinom.ppf(0.975, size, chance)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        known = not np.isnan(self.coverage)
        return {
            "factor": round(self.factor, 4),
            "dispersion": round(self.dispersion, 4),
            "boost": round(self.boost, 4),
            "activities": self.activities,
            "weeks": self.weeks,
            "calibrated": self.calibrated,
            "coverage": round(self.coverage, 4) if known else None,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any] | None) -> Calibration:
        """The inverse of ``as_plain``; None gives the uncalibrated one."""
        if plain is None:
            return cls()
        coverage = plain["coverage"]
        return cls(
            float(plain["factor"]),
            float(plain["dispersion"]),
            float(plain.get("boost", 1.0)),
            int(plain["activities"]),
            int(plain["weeks"]),
            float("nan") if coverage is None else float(coverage),
        )


def calibrate(expected: Float64, came: Float64, new: Bool, weeks: int) -> Calibration:
    """Learn from what came of activities how to read what is expected of a new one.

    The constant for what is new follows from its share of all visits, the factor from their number, and the dispersion from
    moments; it is widened until 95 of 100 of these activities lie within their own interval, as a conformal one is made
    (Vovk, Gammerman & Shafer 2005, doi:10.1007/b106715).

    Parameters
    ----------
    expected : float64, shape (n_activities, len(BOOSTS))
        Visits that the model expected at each activity that was open, with each constant.
    came : float64, shape (n_activities,)
        Visits there were.
    new : bool, shape (n_activities,)
        Nobody had been there before.
    weeks : int
        Over how many weeks both are counted.

    Returns
    -------
    Calibration
        The uncalibrated one for fewer than ``FEWEST`` new activities, or when nobody came or was expected.
    """
    new = new & (expected.sum(axis=1) > 0)
    if int(new.sum()) < FEWEST or not came[new].sum():
        return Calibration()
    share = expected[new].sum(axis=0) / expected.sum(axis=0)
    boost = float(np.exp(np.interp(came[new].sum() / came.sum(), share, np.log(BOOSTS))))
    place = np.interp(np.log(boost), np.log(BOOSTS), np.arange(len(BOOSTS)))
    low = min(int(place), len(BOOSTS) - 2)
    of_new = expected[new, low] * (1 - (place - low)) + expected[new, low + 1] * (place - low)
    there = came[new]
    factor = float(there.sum() / of_new.sum())
    mean = factor * of_new
    dispersion = max(float((((there - mean) ** 2) - mean).sum() / (mean**2).sum()), LEAST_DISPERSION)
    found = Calibration(factor, dispersion, boost, len(of_new), weeks)
    # Moments follow the largest, and say little of how far the small ones lie apart.
    wanted = LEVEL * (1 + 1 / len(of_new))
    while (coverage := _coverage(found, of_new, there)) < min(wanted, 1.0) and found.dispersion < MOST_DISPERSION:
        found = replace(found, dispersion=found.dispersion * WIDER)
    return replace(found, coverage=coverage)


def _coverage(found: Calibration, expected: Float64, came: Float64) -> float:
    """Part of the activities whose visits lie within their own interval."""
    low, high = found.ends(found.factor * expected)
    return float(((came >= low) & (came <= high)).mean())
