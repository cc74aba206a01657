"""Where the noise of a release comes from."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from recommender.city import Float64

Noise = Callable[[int], Float64]
"""Gives so many independent standard normal numbers."""
_HALF_BITS, _BLOCK = 53, 1 << 20


def from_system(count: int) -> Float64:
    """Standard normal numbers from the operating system's own generator, which nobody can repeat. Shape (count,).

    This is the noise of a release: whoever could draw it again could take it off.
    """
    drawn = np.empty(count)
    for start in range(0, count, _BLOCK):
        part = drawn[start : start + _BLOCK]
        bits = np.frombuffer(os.urandom(8 * len(part)), dtype=np.uint64) >> np.uint64(64 - _HALF_BITS)
        part[:] = ndtri((bits.astype(np.float64) + 0.5) / 2.0**_HALF_BITS)
    return drawn


def seeded(*seed: int) -> Noise:
    """Noise that is the same every time: for models that are measured and then thrown away, never for a release."""
    return np.random.default_rng([abs(part) for part in seed]).standard_normal
