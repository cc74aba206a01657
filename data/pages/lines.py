"""The page with the metro map: every line with its stations, what is on, and where to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from data.messages import languages, load
from data.messages.values import session_text
from data.pages import render
from data.pages.metro import Metro, svg
from data.pages.metro_stations import letter, station_venues
from recommender.city import UNKNOWN, Catalogue
from recommender.eligibility import open_pool
from recommender.passport import Request


@dataclass(frozen=True)
class Halt:
    """A station in words: its code on the map, title, place, how many dates, the first of them, and the lines to change to."""

    code: str
    title: str
    lang: str
    where: str
    dates: str
    first: str
    change: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line in words."""

    letter: str
    name: str
    badge: str
    colour: int
    halts: tuple[Halt, ...]


def lines_page(catalogue: Catalogue, drawn: Metro, lang: str, at: int, *, links: Mapping[str, str]) -> str:
    """The whole page as HTML.

    Parameters
    ----------
    drawn : Metro
        The map of this catalogue.
    at : int
        Sessions that have started by then are over, in seconds since 1970 UTC.
    links : mapping of str to str
        Addresses: ``self``, ``css`` and ``home``.
    """
    messages, city = load(lang, catalogue.languages), catalogue.name or catalogue.city
    return render(
        "lines.html",
        m=messages,
        t=lambda key, **values: messages.text("lines", key, **values),
        lang=messages.lang,
        tongues=[(code, load(code).table["name"]) for code in languages()],
        city=city,
        picture=Markup(svg(city, drawn, messages, alone=False)),  # made by a template that escapes
        lines=_lines(catalogue, messages.lang, at),
        links=links,
    )


def _lines(catalogue: Catalogue, lang: str, at: int) -> list[Line]:
    messages, lines, activities = load(lang), catalogue.lines, catalogue.activities
    pool = open_pool(catalogue, Request(at=at))
    opened = dict(zip(pool.activities.tolist(), np.split(pool.sessions, pool.first[1:]), strict=False))
    venues = station_venues(catalogue)
    at_venue: dict[int, set[int]] = {}
    for line, stations in enumerate(lines.stations):
        for activity in stations.tolist():
            at_venue.setdefault(int(venues[activity]), set()).add(line)
    found = []
    for line, stations in enumerate(lines.stations):
        halts = []
        for number, activity in enumerate(stations.tolist(), 1):
            sessions, venue = opened.get(activity, ()), int(venues[activity])
            soonest = min(
                (int(row) for row in sessions), key=lambda row: int(catalogue.sessions.start[row]), default=None
            )
            when = (
                "" if soonest is None else session_text(catalogue.sessions, soonest, catalogue.time_zone, at, messages)
            )
            others = sorted(at_venue[venue] - {line}) if venue != UNKNOWN else []
            halts.append(
                Halt(
                    code=f"{letter(line)}{number}",
                    title=activities.title[activity],
                    lang=activities.language[activity],
                    where="" if venue == UNKNOWN else catalogue.venues.name[venue] or catalogue.venues.ids.names[venue],
                    dates=messages.count("lines", "sessions", len(sessions))
                    if len(sessions)
                    else messages.text("lines", "sessions_none"),
                    first=messages.text("lines", "next", when=when) if when else "",
                    change=tuple(f"{letter(other)} {lines.name[other]}" for other in others),
                )
            )
        found.append(Line(letter(line), lines.name[line], lines.badge[line], line % 7, tuple(halts)))
    return found
