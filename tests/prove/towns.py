"""A whole simulated town with its release, and passports that nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from data.passports import passport_from
from recommender.city import Catalogue
from recommender.passport import CHOSEN_BY, Passport

YEAR = 365 * 86_400
AREAS = ("Binnenstad", "Zandheuvel", "", "elsewhere")
TONGUES = ("", "nl", "nl;ar", "tr;en", "uk")


def records(catalogue: Catalogue, number: int, seed: int) -> Iterator[tuple[dict[str, Any], dict[str, list[Any]]]]:
    """Rows of a passports table with their stamps: any age, any home, up to forty stamps anywhere."""
    rng = np.random.default_rng(seed)
    themes, activities = catalogue.themes.ids.names, catalogue.activities.ids.names
    assert catalogue.as_of is not None
    for _ in range(number):
        wishes = rng.choice(themes, size=rng.integers(3), replace=False)
        count = int(rng.integers(41) if rng.random() < 0.9 else 0)
        stamps = {
            "activity_id": rng.choice(activities, size=count).tolist(),
            "at": (catalogue.as_of - rng.integers(YEAR, size=count)).tolist(),
            "chosen_by": rng.choice(["", *CHOSEN_BY], size=count).tolist(),
        }
        record = {
            "age": str(rng.choice(["", "6-8", "9.5", "4", "14.2", "37", "71"])),
            "wishes": ";".join(wishes),
            **background(catalogue, rng),
        }
        yield record, stamps


def background(catalogue: Catalogue, rng: np.random.Generator) -> dict[str, Any]:
    """Where somebody lives, what they speak, and what no passport holds."""
    known = rng.random() < 0.8
    lat, lon = float(np.nanmean(catalogue.venues.lat)), float(np.nanmean(catalogue.venues.lon))
    return {
        "home_lat": lat + rng.normal() * 0.03 if known else None,
        "home_lon": lon + rng.normal() * 0.05 if known else None,
        "area": str(rng.choice(AREAS)),
        "languages": str(rng.choice(TONGUES)),
        "origin": str(rng.choice(["here", "there"])),
        "gender": str(rng.choice(["", "f", "m", "x"])),
        "income": str(rng.integers(5)),
        "school": str(rng.choice(["", "De Regenboog"])),
    }


def passport(record: Mapping[str, Any], stamps: Mapping[str, list[Any]], catalogue: Catalogue) -> Passport:
    """As the data side translates it."""
    return passport_from(record, stamps, catalogue)
