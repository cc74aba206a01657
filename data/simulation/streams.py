"""One stream of random numbers for each part of the simulated city.

A change in one part must not shuffle another, so no part ever draws from another one's stream.
"""

from __future__ import annotations

import numpy as np

PARTS = (
    "programme",
    "returning",
    "sessions",
    "unknown",
    "learners",
    "interests",
    "passports",
    "schools",
    "looks",
    "exposure",
    "drawn",
    "choice",
    "seats",
    "attendance",
    "enjoyment",
    "spread",
    "drift",
    "quality",
    "real",
    "fashion",
)


def stream(seed: int, part: str, *place: int) -> np.random.Generator:
    """The random numbers of one part, or of one place within it (a season, a day).

    Parameters
    ----------
    seed : int
    part : str
        One of ``PARTS``. New parts go at the end of that list: the place in it is the key.
    place : int
        Non-negative.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PARTS.index(part), *place)))
