"""An outing as a person reads it: stops with their times, the way from one to the next, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from data.messages import Messages, reason_text
from data.messages.routes import relax_text, why_text
from data.messages.values import clock_text, day_text, price_text
from recommender.city import DOMAINS, UNKNOWN, Catalogue, Place
from recommender.routing.route import Leg, Route, Routes, Stop

MOST_LEFT_OUT = 3


@dataclass(frozen=True)
class Visit:
    """One stop: everything the template shows of it. Texts are ``""`` where nothing is known."""

    number: int
    way: str
    title: str
    title_lang: str
    domain: str
    begin: str
    end: str
    where: str
    price: str
    reasons: tuple[str, ...]
    not_known: tuple[str, ...]
    place: Place | None


@dataclass(frozen=True)
class Outing:
    """The best route, or why there is none: then ``visits`` is empty and ``relax`` says what to change."""

    day: str
    leave: str
    back: str
    way_back: str
    price: str
    visits: tuple[Visit, ...]
    left_out: tuple[tuple[str, str], ...]
    relax: str


def outing(found: Routes, catalogue: Catalogue, messages: Messages, *, voice: str) -> Outing:
    """The best of some routes in words.

    Parameters
    ----------
    found : Routes
        As planned.
    messages : Messages
        The language of the page.
    voice : str
        ``"child"`` or ``"parent"``.
    """
    relax = relax_text(found.relax, messages, catalogue.time_zone) if found.relax else ""
    left_out = tuple(
        (catalogue.activities.title[one.activity], why_text(one.why, messages))
        for one in found.left_out[:MOST_LEFT_OUT]
    )
    if not found.routes:
        return Outing("", "", "", "", "", (), left_out, relax)
    route, zone = found.routes[0], ZoneInfo(catalogue.time_zone)

    def clock(moment: int) -> str:
        return clock_text(datetime.fromtimestamp(moment, zone), messages)

    leave = min([leg.leave for leg in route.legs] + [route.stops[0].arrive])
    back = max([leg.arrive for leg in route.legs] + [route.stops[-1].end])
    home = next((leg for leg in route.legs if leg.to_stop is None), None)
    return Outing(
        day=day_text(datetime.fromtimestamp(leave, zone), messages, datetime.fromtimestamp(found.at, zone).year),
        leave=clock(leave),
        back=clock(back),
        way_back=_way(home, messages),
        price=price_text(route.price, messages),
        visits=tuple(
            _visit(place, stop, route, catalogue, messages, voice, clock(stop.begin), clock(stop.end))
            for place, stop in enumerate(route.stops)
            if stop.activity != UNKNOWN
        ),
        left_out=left_out,
        relax=relax,
    )


def _visit(
    place: int, stop: Stop, route: Route, catalogue: Catalogue, messages: Messages, voice: str, begin: str, end: str
) -> Visit:
    activities, venues, row = catalogue.activities, catalogue.venues, stop.activity
    price = float(activities.price[row])
    lat, lon = catalogue.sessions.lat[stop.session], catalogue.sessions.lon[stop.session]
    unknown = [*stop.not_known, *(["price"] if math.isnan(price) else [])]
    return Visit(
        number=place + 1,
        way=_way(next((leg for leg in route.legs if leg.to_stop == place), None), messages),
        title=activities.title[row],
        title_lang=activities.language[row],
        domain="unknown" if activities.domain[row] == UNKNOWN else DOMAINS[activities.domain[row]],
        begin=begin,
        end=end,
        where="" if stop.venue == UNKNOWN else venues.name[stop.venue] or venues.ids.names[stop.venue],
        price="" if math.isnan(price) else price_text(price, messages),
        reasons=tuple(dict.fromkeys(reason_text(one, catalogue, messages.lang, voice) for one in stop.reasons)),
        not_known=tuple(
            messages.text("not_known", code if messages.has("not_known", code) else "other")
            for code in dict.fromkeys(unknown)
        ),
        place=Place(float(lat), float(lon)) if np.isfinite(lat) and np.isfinite(lon) else None,
    )


def _way(leg: Leg | None, messages: Messages) -> str:
    if leg is None or not leg.minutes > 0:
        return ""
    mode = messages.text("modes", leg.mode)
    return messages.count("page", "travel_minutes", max(1, math.ceil(leg.minutes)), mode=mode)
