"""Lines and their stations as they go over the wire; see ``LinesShape``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from api import present
from api.present import word
from api.state import Live
from data.messages import theme_label
from data.pages.metro_stations import letter, station_venues
from recommender.city import STAGES, UNKNOWN, Int32
from recommender.eligibility import open_pool
from recommender.passport import Passport, Request


def lines(live: Live, at: int, lang: str, passport: Passport | None, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Lines with their stations in order.

    Parameters
    ----------
    at : int
        Sessions that have started by then are over, in seconds since 1970 UTC.
    passport : Passport or None
        Whose progress is told; None: nobody's.
    rows : sequence of int
        Which lines.
    """
    pool = open_pool(live.catalogue, Request(at=at))
    opened = dict(zip(pool.activities.tolist(), np.split(pool.sessions, pool.first[1:]), strict=False))
    venues = station_venues(live.catalogue)
    where = _stations_at(live, venues)
    return [_line(live, row, lang, passport, opened, venues, where) for row in rows]


def _stations_at(live: Live, venues: Int32) -> dict[int, list[tuple[int, int]]]:
    """Lines and stations at each venue."""
    found: dict[int, list[tuple[int, int]]] = {}
    for line, stations in enumerate(live.catalogue.lines.stations):
        for place, activity in enumerate(stations.tolist(), 1):
            if venues[activity] != UNKNOWN:
                found.setdefault(int(venues[activity]), []).append((line, place))
    return found


def _line(
    live: Live,
    row: int,
    lang: str,
    passport: Passport | None,
    opened: dict[int, Int32],
    venues: Int32,
    where: dict[int, list[tuple[int, int]]],
) -> dict[str, Any]:
    catalogue = live.catalogue
    all_, theme = catalogue.lines, int(catalogue.lines.theme[row])
    visited = None if passport is None else set(passport.stamps.activity.tolist())
    stations = [
        _station(live, row, place, activity, opened.get(activity, ()), int(venues[activity]), where, visited)
        for place, activity in enumerate(all_.stations[row].tolist(), 1)
    ]
    return {
        "id": all_.ids.names[row],
        "letter": letter(row),
        "name": all_.name[row],
        "theme": word(catalogue.themes.ids.names, theme),
        "theme_label": None if theme == UNKNOWN else theme_label(catalogue, theme, lang),
        "badge": all_.badge[row] or None,
        "stations": stations,
        "progress": None if passport is None else _progress(stations, all_.badge[row], passport),
    }


def _station(
    live: Live,
    line: int,
    place: int,
    activity: int,
    opened: Sequence[int] | Int32,
    venue: int,
    where: dict[int, list[tuple[int, int]]],
    visited: set[int] | None,
) -> dict[str, Any]:
    activities = live.catalogue.activities
    soonest = min((int(row) for row in opened), key=lambda row: int(live.catalogue.sessions.start[row]), default=None)
    return {
        "station": place,
        "activity": activities.ids.names[activity],
        "title": activities.title[activity],
        "stage": word(STAGES, int(activities.stage[activity])),
        "requires": list(activities.requires[activity]),
        "awards": list(activities.awards[activity]),
        "venue": present.venue(live, venue),
        "sessions_open": len(opened),
        "next_session": None if soonest is None else present.session(live, soonest),
        "interchanges": [
            {"line": live.catalogue.lines.ids.names[other], "station": number}
            for other, number in where.get(venue, ())
            if other != line
        ],
        "done": None if visited is None else activity in visited,
    }


def _progress(stations: list[dict[str, Any]], badge: str, passport: Passport) -> dict[str, Any]:
    left = [station["station"] for station in stations if not station["done"]]
    return {
        "done": len(stations) - len(left),
        "of": len(stations),
        "next_station": left[0] if left else None,
        "badge_earned": (not left or badge in passport.badges) if badge else None,
    }
