"""What people get to see: a biased (or even) glance at the offer, and one slot drawn with a known probability."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from recommender.city import Bool, Float64, Int32, Int64

_POPULAR, _NEAR_MINUTES, _EVEN = 0.35, 12.0, 0.5


@dataclass(frozen=True, eq=False)
class Exposure:
    """Everything that was shown, one row for each session that somebody had before them at one look.

    Attributes
    ----------
    look : int32
        Number of the look, ascending; a look has one row or more.
    at : int64
        Seconds since 1970 UTC.
    learner, session : int32
    eligible : int32
        How many sessions could have been shown.
    seen : bool
        Met by chance around town.
    seen_probability : float32
        The exact chance of that, independent for each session.
    drawn : bool
        Put in the drawn slot of the list by the logging recommender.
    drawn_probability : float32
        The exact chance of that; over all eligible sessions it adds up to 1. NaN where not drawn.
    popularity : float32
        Sign-ups for the activity in the 30 days before.
    family : bool
        The family chose at this look.
    chosen, seated, visited : bool
        Picked; got a place; turned up.
    enjoyed : bool
        Only meaningful where visited.
    """

    look: Int32
    at: Int64
    learner: Int32
    session: Int32
    eligible: Int32
    seen: Bool
    seen_probability: np.ndarray
    drawn: Bool
    drawn_probability: np.ndarray
    popularity: np.ndarray
    family: Bool
    chosen: Bool
    seated: Bool
    visited: Bool
    enjoyed: Bool

    def __len__(self) -> int:
        return len(self.look)


_DTYPES = {"at": np.int64, "look": np.int32, "learner": np.int32, "session": np.int32, "eligible": np.int32}
_FLOATS = ("seen_probability", "drawn_probability", "popularity")


def joined(parts: list[dict[str, np.ndarray]]) -> Exposure:
    """One log from its parts, in order; no parts make an empty log."""
    found: dict[str, Any] = {}
    for item in fields(Exposure):
        dtype = _DTYPES.get(item.name, np.float32 if item.name in _FLOATS else np.bool_)
        arrays = [part[item.name] for part in parts]
        found[item.name] = np.concatenate(arrays).astype(dtype) if arrays else np.empty(0, dtype=dtype)
    return Exposure(**found)


def pull(eligible: Bool, popularity: Float64, minutes: Float64, biased: bool) -> Float64:
    """How much each session draws the eye, 0 where not eligible.

    Parameters
    ----------
    eligible : bool, shape (n_learners, n_sessions)
    popularity : float64, shape (n_sessions,)
    minutes : float64, shape (n_learners, n_sessions)
    biased : bool
        False: every eligible session alike.
    """
    if not biased:
        return eligible.astype(np.float64)
    weight = (1 + popularity) ** _POPULAR * np.exp(-minutes / _NEAR_MINUTES)
    return np.where(eligible, weight, 0.0)


def seen_probability(weight: Float64, seen: float) -> Float64:
    """Chance of meeting each session, independently; ``seen`` are met at one look on average, or a few less."""
    total = weight.sum(axis=1, keepdims=True)
    chance: Float64 = np.minimum(1.0, np.divide(seen * weight, total, out=np.zeros_like(weight), where=total > 0))
    return chance


def drawn_probability(weight: Float64) -> Float64:
    """Chance of the drawn slot: half even over what is eligible, half after its pull. Rows add up to 1, or to 0."""
    eligible = weight > 0
    count = eligible.sum(axis=1, keepdims=True)
    total = weight.sum(axis=1, keepdims=True)
    even = np.divide(eligible, count, out=np.zeros_like(weight), where=count > 0)
    pulled = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    chance: Float64 = _EVEN * even + (1 - _EVEN) * pulled
    return chance


def draw(chance: Float64, rng: np.random.Generator) -> Int64:
    """One column for each row, with the given chances; rows that add up to 0 get column -1."""
    heap = np.cumsum(chance, axis=1)
    if not heap.shape[1]:
        return np.full(len(chance), -1, dtype=np.int64)
    mark = rng.random(len(chance)) * heap[:, -1]
    place = (heap <= mark[:, None]).sum(axis=1)
    return np.where(heap[:, -1] > 0, np.minimum(place, heap.shape[1] - 1), -1)
