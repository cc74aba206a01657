"""From scores to a list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float32, Int64
from recommender.product import compiled

_64_BITS = (1 << 64) - 1


class Slot(NamedTuple):
    """One place of a list.

    Attributes
    ----------
    position : int
        Among the eligible.
    kind : str
        One of ``answer.SLOTS``.
    probability : float
        The exact chance with which this activity got this place.
    session : int or None
        Place among ``Eligible.sessions`` of the session to show instead of the best one.
    """

    position: int
    kind: str = "interest"
    probability: float = 1.0
    session: int | None = None


def top(scores: Float32, count: int) -> Int64:
    """Positions of the ``count`` highest scores, best first; of equal scores the first.

    Parameters
    ----------
    scores : float32, shape (n,)
        None of them NaN.

    Returns
    -------
    int64, shape (min(count, n),)
    """
    keys = _keys(scores)
    if count < len(keys):
        keys.partition(count - 1)
        keys = keys[:count]
    keys.sort()
    return (keys & 0xFFFFFFFF).astype(np.int64)


def evenly(seed: int, n: int) -> int:
    """One of ``n`` by a seed: each as likely, to one in 2⁶⁴, whatever the seeds look like.

    The finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195), and the upper half of a product:
    a generator of random numbers takes thirty times as long to get ready as to draw once.
    """
    mixed = (seed + 0x9E3779B97F4A7C15) & _64_BITS
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _64_BITS
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _64_BITS
    return (mixed ^ mixed >> 31) * n >> 64


@compiled
def _keys(scores: Float32) -> NDArray[np.uint64]:
    """Score and position as one number each: the lower the better. Shape (n,).

    The bits of a float that is not negative grow with it, those of others fall.
    """
    keys = np.empty(len(scores), dtype=np.uint64)
    bits = scores.view(np.uint32)
    for position in range(len(scores)):
        falling = bits[position] if bits[position] >> 31 else bits[position] ^ 0x7FFFFFFF
        if scores[position] == 0:
            falling = 0x7FFFFFFF  # 0 and -0 are level
        keys[position] = np.uint64(falling) << np.uint64(32) | np.uint64(position)
    return keys
