"""Canonical text taken apart: lists, weights and ages."""

from __future__ import annotations

import re
from functools import lru_cache

_BAND = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_LAST_DAYS_OF_A_YEAR = 0.99


def split(text: str) -> tuple[str, ...]:
    """The words of a canonical list: ``a;b`` → ``("a", "b")``, ``""`` → ``()``."""
    return tuple(text.split(";")) if text else ()


def weights(text: str) -> tuple[tuple[str, float], ...]:
    """Themes with their weights: ``space:0.7;making`` → ``(("space", 0.7), ("making", 1.0))``."""
    parts = (part.partition(":") for part in split(text))
    return tuple((name, float(weight) if weight else 1.0) for name, _, weight in parts)


@lru_cache(maxsize=4096)
def age_span(text: str) -> tuple[float, float]:
    """Lowest and highest age in years of an age or a band.

    ``8.5`` → (8.5, 8.5); ``6-8`` → (6.0, 8.99), until the ninth birthday; ``""`` → (NaN, NaN).
    """
    if not text:
        return float("nan"), float("nan")
    band = _BAND.fullmatch(text)
    if band is None:
        return float(text), float(text)
    low, high = float(band[1]), float(band[2])
    return low, high + _LAST_DAYS_OF_A_YEAR if high.is_integer() else high
