"""Neighbourhoods and venues of the invented town."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from data.columns import VENUES
from data.simulation.config import SimulationConfig
from data.simulation.texts import read_toml
from data.tables import frame_of

TOWN = "Elzenvoort"
KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Area:
    """A neighbourhood. ``spread`` is in kilometres, ``share`` a part of the learners; ``wealth`` is poor, middle or
    rich and stays inside the simulation: no table holds it.
    """

    name: str
    lat: float
    lon: float
    spread: float
    share: float
    wealth: str
    desert: bool


@dataclass(frozen=True)
class Site:
    """A venue with what the tables do not say: how titles name it, what fits there, how much happens there."""

    venue_id: str
    name: str
    near: str
    domain: str
    organiser: str
    area: str
    lat: float
    lon: float
    hours: str
    accessible: bool
    themes: frozenset[str]
    free: float
    share: float
    mobile: bool
    wet: bool


def point(config: SimulationConfig, east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude of a place given in kilometres from the middle of the town."""
    lat = config.lat + north / KM_PER_DEGREE
    return lat, config.lon + east / (KM_PER_DEGREE * math.cos(math.radians(config.lat)))


def areas(config: SimulationConfig) -> tuple[Area, ...]:
    """The first ``config.areas`` neighbourhoods; their shares add up to 1."""
    records = read_toml("areas.toml")["area"][: config.areas]
    total = sum(record["share"] for record in records)
    return tuple(
        Area(
            record["name"],
            *point(config, record["east"], record["north"]),
            spread=record["spread"],
            share=record["share"] / total,
            wealth=record["wealth"],
            desert=record.get("desert", False),
        )
        for record in records
    )


def sites(config: SimulationConfig, hoods: tuple[Area, ...]) -> tuple[Site, ...]:
    """The first ``config.venues`` venues; one in a neighbourhood that is left out belongs to the nearest that is not."""
    found = []
    for number, record in enumerate(read_toml("venues.toml")["venue"][: config.venues]):
        mobile = record.get("mobile", False)
        lat, lon = (math.nan, math.nan) if mobile else point(config, record["east"], record["north"])
        area = record.get("area", "")
        if not mobile and area not in {hood.name for hood in hoods}:
            area = min(hoods, key=lambda hood: math.hypot(hood.lat - lat, (hood.lon - lon) * 0.62)).name
        found.append(
            Site(
                venue_id=f"v-{number + 1:02d}",
                name=record["name"],
                near=record["near"],
                domain=record["domain"],
                organiser=record["organiser"],
                area=area,
                lat=lat,
                lon=lon,
                hours=record["hours"],
                accessible=record["accessible"],
                themes=frozenset(record.get("themes", "").split()),
                free=record["free"],
                share=record["share"],
                mobile=mobile,
                wet=record.get("wet", False),
            )
        )
    return tuple(found)


def venue_frame(places: tuple[Site, ...]) -> pd.DataFrame:
    """The ``venues`` table; the mobile lab has no place of its own."""
    return frame_of(
        VENUES,
        (
            {
                "venue_id": site.venue_id,
                "name": site.name,
                "domain": site.domain,
                "lat": None if site.mobile else round(site.lat, 5),
                "lon": None if site.mobile else round(site.lon, 5),
                "area": site.area,
                "opening_hours": site.hours,
                "accessible": float(site.accessible),
            }
            for site in places
        ),
    )
