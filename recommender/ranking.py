"""From scores to a list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import UNKNOWN, Float32, Float64, Int8, Int64
from recommender.product import compiled

_64_BITS = (1 << 64) - 1
INTEREST, NEXT_STATION, NEW_DIRECTION, DRAWN = range(4)
"""Places of ``answer.SLOTS``."""
_LEVELS = 1024
"""So many levels between the lowest and the highest score: those below the level of the last place need no sorting."""


class Places(NamedTuple):
    """The places of a list, best first.

    Attributes
    ----------
    position : int64, shape (n,)
        Among the eligible.
    kind : int8, shape (n,)
        Index into ``answer.SLOTS``.
    probability : float64, shape (n,)
        The exact chance with which this activity got this place.
    session : int64, shape (n,)
        Place among ``Eligible.sessions`` of the session to show instead of the best one; ``UNKNOWN`` for the best one.
    """

    position: Int64
    kind: Int8
    probability: Float64
    session: Int64


@compiled
def places_of(position: Int64, most: int) -> tuple[Int64, Int8, Float64, Int64]:
    """A list of what is of interest, as a tuple of ``Places`` with room for ``most``, each shown by its best session."""
    positions = np.zeros(most, dtype=np.int64)
    positions[: len(position)] = position
    return positions, np.zeros(most, dtype=np.int8), np.ones(most), np.full(most, UNKNOWN, dtype=np.int64)


@compiled
def top(scores: NDArray[np.float32], count: int) -> Int64:
    """Positions of the ``count`` highest scores, best first; of equal scores the first.

    Parameters
    ----------
    scores : float32, shape (n,)
        None of them NaN.

    Returns
    -------
    int64, shape (min(count, n),)
    """
    keys = _keys(scores, _at_least(scores, count))
    keys.sort()
    found = np.empty(min(count, len(scores)), dtype=np.int64)
    for place in range(len(found)):
        found[place] = np.int64(keys[place] & np.uint64(0xFFFFFFFF))
    return found


@compiled
def _at_least(scores: Float32, count: int) -> NDArray[np.bool_]:
    """Which scores stand no lower than the level that holds the last of the best; empty for all of them."""
    none = np.empty(0, dtype=np.bool_)
    if len(scores) <= count:
        return none
    lowest, highest = scores[0], scores[0]
    for score in scores:
        lowest, highest = min(lowest, score), max(highest, score)
    if not highest - lowest < np.inf or highest == lowest:
        return none
    steps, level = np.float32(_LEVELS - 1) / (highest - lowest), np.empty(len(scores), dtype=np.uint16)
    if not steps < np.inf:
        return none
    held, last = np.zeros(_LEVELS + 1, dtype=np.int64), 0
    for position in range(len(scores)):
        level[position] = np.uint16((highest - scores[position]) * steps)
        held[level[position]] += 1
    n = held[0]
    while n < count:
        last += 1
        n += held[last]
    return level <= last


@compiled
def _keys(scores: Float32, among: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Score and position of some (all, where ``among`` is empty) as one number each: the lower the better.

    The bits of a float that is not negative grow with it, those of others fall.
    """
    keys, n, some = np.empty(len(scores), dtype=np.uint64), 0, len(among) > 0
    bits = scores.view(np.uint32)
    for position in range(len(scores)):
        if some and not among[position]:
            continue
        falling = bits[position] if bits[position] >> 31 else bits[position] ^ 0x7FFFFFFF
        if scores[position] == 0:
            falling = 0x7FFFFFFF  # 0 and -0 are level
        keys[n] = np.uint64(falling) << np.uint64(32) | np.uint64(position)
        n += 1
    return keys[:n]


def evenly(seed: int, n: int) -> int:
    """One of ``n`` (at most 2³²) by a seed: each as likely, to one in 2⁶⁴, whatever the seeds look like."""
    return int(one_of(scrambled(seed), n))


def scrambled(seed: int) -> np.uint64:
    """A seed's 64 bits, mixed until each depends on all of them.

    The finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): a generator of random numbers takes
    thirty times as long to get ready as to draw once.
    """
    mixed = (seed + 0x9E3779B97F4A7C15) & _64_BITS
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _64_BITS
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _64_BITS
    return np.uint64(mixed ^ mixed >> 31)


@compiled
def one_of(bits: np.uint64, n: int) -> int:
    """Which of ``n`` some evenly spread bits stand for: the upper half of their product."""
    half, few = np.uint64(32), np.uint64(n)
    low = (bits & np.uint64(0xFFFFFFFF)) * few >> half
    return int(((bits >> half) * few + low) >> half)
