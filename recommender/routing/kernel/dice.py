"""Random numbers inside the kernel: xorshift64*, with its state in an array that the caller seeds."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.state import inlined
from recommender.routing.problem import UInt64

_MULTIPLIER = np.uint64(2685821657736338717)
_A, _B, _C, _TOP = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(11)


@inlined
def draw(dice: UInt64) -> float:
    """A number from [0, 1): Vigna, "An experimental exploration of Marsaglia's xorshift generators" (10.1145/2845077)."""
    x = dice[0]
    x ^= x >> _A
    x ^= x << _B
    x ^= x >> _C
    dice[0] = x
    return float((x * _MULTIPLIER) >> _TOP) * 1.1102230246251565e-16


@inlined
def below(dice: UInt64, most: int) -> int:
    """A whole number from 0 to ``most`` - 1."""
    return int(draw(dice) * most)
