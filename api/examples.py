"""Examples for the OpenAPI document: made from the city in service, so that each can be sent as it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from api.state import Live
from recommender.city import DOMAINS

AGE = 8.5


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
            {"passport": {"age": AGE, "languages": ["nl"]}, "count": 5, "lang": "nl"},
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
    passport: dict[str, Any] = {"age": AGE}
    home = np.flatnonzero(np.isfinite(catalogue.venues.lat) & np.isfinite(catalogue.venues.lon))
    if len(home):
        passport["home"] = {
            "lat": round(float(catalogue.venues.lat[home[0]]), 2),
            "lon": round(float(catalogue.venues.lon[home[0]]), 2),
        }
    liked, visits = _liked(live)
    if len(catalogue.themes.ids):
        passport["wishes"] = [catalogue.themes.ids.names[liked[1] if len(liked) > 1 else 0]]
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "wishes": ("A wish and a home", {"passport": passport, "travel": {"mode": "bike", "max_minutes": 30}})
    }
    if visits:
        found["stamps"] = ("A stamp changes the answer at once", {"passport": {**passport, "stamps": visits}})
    if len(catalogue.lines.ids):
        found["line"] = ("Along one learning line", {"line": catalogue.lines.ids.names[0]})
    return found


def _liked(live: Live) -> tuple[list[int], list[dict[str, Any]]]:
    """The themes with most for a child, and two visits to the first of them, the last ones before ``as_of``."""
    catalogue, activities, sessions = live.catalogue, live.catalogue.activities, live.catalogue.sessions
    if catalogue.as_of is None or sessions.always:
        return [], []
    fits = (activities.age_min <= AGE) & (activities.age_max >= AGE)  # false where the age is not known
    past = np.flatnonzero((sessions.start < catalogue.as_of) & (sessions.status == 0) & fits[sessions.activity])
    latest = dict(zip(sessions.activity[past].tolist(), sessions.start[past].tolist(), strict=True))
    rows = sorted(latest, key=lambda row: (-latest[row], row))
    share = activities.themes[rows].toarray()
    liked = np.argsort(-share.sum(axis=0), kind="stable").tolist()
    chosen = [row for row, own in zip(rows, share, strict=True) if own.any() and own.argmax() == liked[0]][:2]
    stamp = {"chosen_by": "self"}
    return liked, [
        {"activity": activities.ids.names[row], "at": live.time(latest[row])} | stamp for row in reversed(chosen)
    ]
