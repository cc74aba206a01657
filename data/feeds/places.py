"""Points on the map as feeds write them: as text, swapped, or nowhere near the city's country."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.feeds.records import Odd, UnusableError
from data.feeds.said import text_of
from data.values import shortest

SWAPPED = "latitude and longitude were swapped in the record"
_FILE = Path(__file__).parent / "mappings" / "boxes.csv"


@dataclass(frozen=True)
class Box:
    """Where a country lies, in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


@lru_cache(maxsize=1)
def boxes(file: Path = _FILE) -> Mapping[str, Box]:
    """Boxes by country code and by time zone, from ``mappings/boxes.csv``."""
    found = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            box = Box(*(float(row[side]) for side in ("south", "west", "north", "east")))
            found[row["country"]] = found[row["time_zone"]] = box
    return found


def _number(value: object) -> float:
    try:
        return float(text_of(value).replace(",", "."))
    except ValueError:
        return math.nan


def point(lat: object, lon: object, country: str, odd: Odd) -> tuple[str, str, str]:
    """Latitude, longitude and, when they had to be repaired, why.

    They are exchanged only when that is certain: the point as written lies outside the country, the exchanged one
    inside. What cannot be a point at all costs only itself and goes to ``odd``.

    Parameters
    ----------
    lat, lon : object
        Numbers or texts, or nothing.
    country : str
        Country code or time zone; without a box for it nothing is repaired.
    """
    said = text_of(lat), text_of(lon)
    if said == ("", ""):
        return "", "", ""
    north, east = _number(lat), _number(lon)
    box = boxes().get(country)
    if box and not box.holds(north, east) and box.holds(east, north):
        return shortest(east), shortest(north), SWAPPED
    if not (abs(north) <= 90 and abs(east) <= 180):
        odd.append(UnusableError("geo", ", ".join(said), "a latitude and a longitude in degrees").without())
        return "", "", ""
    if (north, east) == (0, 0):
        # Null Island: how databases write "not known".
        odd.append(UnusableError("geo", "0, 0", "a place on land").without())
        return "", "", ""
    return shortest(north), shortest(east), ""
