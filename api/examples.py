"""Examples for the OpenAPI document: made from the city in service, so that each can be sent as it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from api.state import Live
from recommender.city import DOMAINS


def examples(live: Live | None) -> dict[str, Any]:
    """Examples of ``POST /v1/recommendations``, each ``{"summary", "value"}``.

    Parameters
    ----------
    live : Live or None
        A sample or simulated city, whose names the examples use. None: examples without names of any city.
    """
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "everybody": ("No profile: the same list for everyone alike", {}),
        "newcomer": (
            "An age and a language",
            {"passport": {"age": 8.5, "languages": ["nl"]}, "count": 5, "lang": "nl"},
        ),
        "filters": (
            "An age band, free, on the kind of place that suits",
            {"passport": {"age": "6-8"}, "free_only": True, "domains": list(DOMAINS)},
        ),
    }
    if live is not None:
        found |= _of_city(live)
    return {name: {"summary": summary, "value": value} for name, (summary, value) in found.items()}


def _of_city(live: Live) -> dict[str, tuple[str, dict[str, Any]]]:
    catalogue = live.catalogue
    passport: dict[str, Any] = {"age": 8.5}
    home = np.flatnonzero(np.isfinite(catalogue.venues.lat) & np.isfinite(catalogue.venues.lon))
    if len(home):
        passport["home"] = {
            "lat": round(float(catalogue.venues.lat[home[0]]), 2),
            "lon": round(float(catalogue.venues.lon[home[0]]), 2),
        }
    if len(catalogue.themes.ids):
        passport["wishes"] = [catalogue.themes.ids.names[0]]
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "wishes": ("A wish and a home", {"passport": passport, "travel": {"mode": "bike", "max_minutes": 30}})
    }
    if len(catalogue.activities) and catalogue.as_of is not None:
        month_ago = live.time(catalogue.as_of - 30 * 86_400)
        stamp = {"activity": catalogue.activities.ids.names[0], "at": month_ago, "chosen_by": "self"}
        found["stamps"] = ("A stamp changes the answer at once", {"passport": {**passport, "stamps": [stamp]}})
    if len(catalogue.lines.ids):
        found["line"] = ("Along one learning line", {"line": catalogue.lines.ids.names[0]})
    return found
