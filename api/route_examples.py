"""Examples of routes and lines for the OpenAPI document, made of the city in service."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from api.examples import examples
from api.state import Live
from recommender.context import DAY

_OPENS, _CLOSES = time(9), time(18)
_AHEAD = 60
"""Days in which a good one for an outing is looked for."""


def route_examples(live: Live | None) -> dict[str, Any]:
    """Examples of ``POST /v1/routes``, each ``{"summary", "value"}``; see ``examples``."""
    passport = examples(live).get("wishes", {"value": {}})["value"].get("passport", {"age": 8.5})
    found = {
        "journey": {
            "summary": "Eight weeks, once a week, on two kinds of place at least",
            "value": {"kind": "journey", "passport": passport, "weeks": 8, "sessions_per_week": 1, "min_domains": 2},
        }
    }
    day = None if live is None else busiest_day(live)
    if live is not None and day is not None:
        opens, closes = (datetime.combine(day, hour, live.zone).isoformat() for hour in (_OPENS, _CLOSES))
        found["outing"] = {
            "summary": "A day out, at most three stops",
            "value": {"kind": "outing", "passport": passport, "from": opens, "until": closes, "max_stops": 3},
        }
    return found


def busiest_day(live: Live) -> datetime | None:
    """The day with most activities that begin then, soon after the city's own "now"; None without one."""
    catalogue, sessions = live.catalogue, live.catalogue.sessions
    if catalogue.as_of is None or sessions.always:
        return None
    begin = datetime.fromtimestamp(catalogue.as_of, live.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (sessions.start - int(begin.timestamp())) // DAY
    days = days[(sessions.status == 0) & (days >= 1) & (days < _AHEAD) & (sessions.end - sessions.start < DAY)]
    return begin + timedelta(days=int(np.bincount(days).argmax())) if len(days) else None


def line_examples(live: Live | None) -> dict[str, Any]:
    """Examples of ``POST /v1/lines``."""
    passport: dict[str, Any] = {"stamps": []}
    at = None if live is None or live.catalogue.as_of is None else live.time(live.catalogue.as_of)
    if live is not None and at is not None and len(live.catalogue.lines.ids) and len(live.catalogue.lines.stations[0]):
        first = live.catalogue.activities.ids.names[int(live.catalogue.lines.stations[0][0])]
        passport = {"stamps": [{"activity": first, "at": at, "chosen_by": "self"}]}
    return {"progress": {"summary": "How far a passport is on the lines", "value": {"passport": passport}}}
