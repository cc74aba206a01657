"""How often each learner counts in each draw: the same for a learner whatever the cut, the block or the process.

The Poisson bootstrap (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"): every learner counts
0, 1, 2 … times, independently, 1 on average. So figures that many lists make together can be drawn in parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.city import Float32

UInt64 = NDArray[np.uint64]

DRAWS = 200
"""Enough for the ends of an interval of figures that many lists make together."""
_CHANCES = np.cumsum(np.exp(-1.0) / np.cumprod(np.maximum(np.arange(12), 1)))
_GOLDEN = 0x9E3779B97F4A7C15


def counts_of(learners: Sequence[str], draws: int, seed: int) -> Float32:
    """How often each learner counts in each draw.

    Returns
    -------
    float32, shape (draws, n_learners)
        Whole numbers, Poisson with mean 1; a learner's column depends on the name and the seed alone.
    """
    names = pd.util.hash_array(np.array(learners, dtype=object)) if len(learners) else np.empty(0, dtype=np.uint64)
    counts = np.empty((draws, len(learners)), dtype=np.float32)
    for draw in range(draws):
        mixed = _mixed(names + np.uint64((seed * 1_000_003 + draw + 1) * _GOLDEN % 2**64))
        counts[draw] = np.searchsorted(_CHANCES, (mixed >> np.uint64(11)) / 2.0**53, side="right")
    return counts


def _mixed(values: UInt64) -> UInt64:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    mixed: UInt64 = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
