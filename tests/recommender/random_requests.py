"""Passports and requests that use everything there is to ask for, drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recommender.city import MODES, Catalogue, Place
from recommender.passport import Passport, Request, Stamps

DAY = 86_400


def drawn(catalogue: Catalogue, count: int, seed: int) -> Iterator[tuple[Passport, Request]]:
    """So many of both: nobody and people with fifty stamps, with and without home, company, wishes, lines and limits."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield passport_of(catalogue, rng), request_of(catalogue, rng)


def passport_of(catalogue: Catalogue, rng: np.random.Generator) -> Passport:
    n, now = len(catalogue.activities), catalogue.as_of or 0
    stamped = rng.choice(n, int(rng.choice([0, 1, 2, 5, 20, 50]))).astype(np.int32)
    stamps = Stamps(stamped, now - rng.integers(0, 500 * DAY, len(stamped)), rng.integers(-1, 3, len(stamped), np.int8))
    low = float(rng.choice([np.nan, 5, 8, 8.5, 10, 16, 30, 70]))
    spoken = [name for name in catalogue.activities.languages.names if name]
    return Passport(
        age_low=low,
        age_high=low + float(rng.choice([0, 0, 2.99])),
        home=place_of(catalogue, rng) if rng.random() < 0.8 else None,
        languages=tuple(rng.permutation(spoken)[: rng.integers(0, 3)].tolist()),
        wishes=themes_of(catalogue, rng, 0.3),
        avoid=themes_of(catalogue, rng, 0.15)[:1],
        less=themes_of(catalogue, rng, 0.15),
        liked=some(rng, n, 0.15),
        declined=some(rng, n, 0.15),
        stamps=stamps,
    )


def request_of(catalogue: Catalogue, rng: np.random.Generator) -> Request:
    n, now = len(catalogue.activities), catalogue.as_of or 0
    opens = now + int(rng.integers(0, 20 * DAY)) if rng.random() < 0.4 else None
    closes = (opens or now) + int(rng.integers(DAY, 20 * DAY)) if rng.random() < 0.4 else None
    request = Request(
        at=now,
        opens=opens,
        closes=closes,
        count=int(rng.choice([3, 5, 10, 20, 50])),
        mode=str(rng.choice(["", *MODES])),
        max_minutes=float(rng.choice([10, 20, 30, 60])) if rng.random() < 0.4 else None,
        start=place_of(catalogue, rng) if rng.random() < 0.2 else None,
        company=tuple(rng.integers(3, 60, rng.integers(1, 4)).astype(float).tolist()) if rng.random() < 0.25 else (),
        free_only=bool(rng.random() < 0.25),
        access=("wheelchair",) if rng.random() < 0.2 else (),
        themes=themes_of(catalogue, rng, 0.25),
        domains=rng.permutation(7)[: rng.integers(1, 4)].astype(np.int8)
        if rng.random() < 0.25
        else np.empty(0, np.int8),
        curiosity=float(rng.choice([0, 0.25, 0.5, 0.75, 1])),
        candidates=rng.permutation(n)[: n // 2].astype(np.int32) if rng.random() < 0.1 else None,
        include_stamped=bool(rng.random() < 0.15),
        policy="relevance" if rng.random() < 0.2 else "served",
        seed=int(rng.integers(2**40)) if rng.random() < 0.7 else None,
    )
    if len(catalogue.lines.ids) and rng.random() < 0.1:
        request = replace(request, line=int(rng.integers(len(catalogue.lines.ids))))
    return request


def place_of(catalogue: Catalogue, rng: np.random.Generator) -> Place:
    lat, lon = np.nanmean(catalogue.venues.lat), np.nanmean(catalogue.venues.lon)
    return Place(float(lat + rng.normal(0, 0.03)), float(lon + rng.normal(0, 0.05)))


def themes_of(catalogue: Catalogue, rng: np.random.Generator, share: float) -> np.ndarray:
    return some(rng, len(catalogue.themes.ids), share)


def some(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """In that share of the cases one to three of n rows, else none."""
    return rng.permutation(n)[: rng.integers(1, 4) if rng.random() < share else 0].astype(np.int32)
