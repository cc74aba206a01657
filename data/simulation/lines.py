"""Learning lines: stations that come back every season, and the table that orders them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from data.columns import LINES
from data.simulation.config import SimulationConfig
from data.simulation.places import Site
from data.simulation.texts import read_toml
from data.tables import frame_of


def line_records(config: SimulationConfig) -> list[Mapping[str, Any]]:
    """The first ``config.lines`` lines of ``lines.toml``."""
    records: list[Mapping[str, Any]] = read_toml("lines.toml")["line"]
    return records[: config.lines]


def _site(station: Mapping[str, Any], themes: tuple[str, ...], sites: Iterable[Site], turn: int) -> Site:
    """A venue of the first of the station's domains that suits most of its themes; lines take turns."""
    for domain in station["where"].split():
        able = [site for site in sites if site.domain == domain and not site.mobile and not site.wet]
        fit = [len(themes) if not site.themes else len(set(themes) & site.themes) for site in able]
        if max(fit, default=0):
            suits = [site for site, count in zip(able, fit, strict=True) if count == max(fit)]
            return suits[turn % min(2, len(suits))]
    # The first venue of every town is a library, and a library can be home to anything.
    return next(site for site in sites if not site.themes)


def station_plans(
    config: SimulationConfig,
    sites: tuple[Site, ...],
    kinds: Mapping[str, Any],
    audiences: Mapping[str, Any],
    desert: frozenset[str],
) -> list[dict[str, Any]]:
    """What makes each station a ``Plan``, in the order of lines and stations.

    All stations are free; none of them is in a desert.
    """
    plans = []
    for turn, line in enumerate(line_records(config)):
        last = len(line["station"]) - 1
        for place, station in enumerate(line["station"]):
            themes = tuple(
                (name, float(weight)) for name, weight in (part.split(":") for part in station["themes"].split(";"))
            )
            outside = [site for site in sites if site.area not in desert]
            site = _site(station, tuple(name for name, _ in themes), outside, turn)
            kind = kinds[station["kind"]]
            plans.append(
                {
                    "title": station["title"],
                    "description": station["text"],
                    "language": "nl",
                    "themes": themes,
                    "site": site,
                    "age_min": line["ages"][0],
                    "age_max": line["ages"][1],
                    "price": 0.0,
                    "form": kind["form"][0],
                    "stage": kind["stage"] if place < last else "finish",
                    "kind": station["kind"],
                    "audience": line["audience"],
                    "company": audiences[line["audience"]]["company"],
                    "access": "wheelchair" if site.accessible else "",
                    "requires": station.get("requires", ""),
                    "awards": line["badge"] if place == last else station.get("awards", ""),
                }
            )
    return plans


def line_frame(config: SimulationConfig, activity_ids: tuple[str, ...]) -> pd.DataFrame:
    """The ``lines`` table.

    Parameters
    ----------
    activity_ids : tuple of str
        Of the stations, in the order of ``station_plans``.
    """
    names = iter(activity_ids)
    return frame_of(
        LINES,
        (
            {
                "line_id": line["id"],
                "name": line["name"],
                "station": float(place + 1),
                "activity_id": next(names),
                "theme": line["theme"],
                "badge": line["badge"],
            }
            for line in line_records(config)
            for place, _ in enumerate(line["station"])
        ),
    )
