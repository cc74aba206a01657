"""Routes as they go over the wire; see ``RoutesShape``."""

from __future__ import annotations

from typing import Any

from api import present
from api.geojson import feature_collection
from api.present import number, word
from api.state import Live
from data.messages import load
from data.messages.routes import relax_text, why_text
from recommender.city import DOMAINS, STAGES, UNKNOWN, Place
from recommender.routing.route import LeftOut, Leg, Route, RouteRelaxation, Routes, Stop

MOMENTS = frozenset({"from", "until"})
"""Steps of ``relax`` whose new value is a moment."""


def routes(live: Live, found: Routes, lang: str, start: Place | None, end: Place | None) -> dict[str, Any]:
    """The part of the answer that the planner has a say in.

    Parameters
    ----------
    start, end : Place or None
        Where the routes leave from and end; None when not known.
    """
    return {
        "routes": [_route(live, route, rank, lang, start, end) for rank, route in enumerate(found.routes, 1)],
        "left_out": [_left_out(live, one, lang) for one in found.left_out],
        "relax": _relax(live, found.relax, lang),
        "cut": found.cut,
    }


def _route(live: Live, route: Route, rank: int, lang: str, start: Place | None, end: Place | None) -> dict[str, Any]:
    return {
        "rank": rank,
        "stops": [_stop(live, stop, place, lang) for place, stop in enumerate(route.stops, 1)],
        "legs": [_leg(live, leg) for leg in route.legs],
        "totals": {
            "stops": sum(stop.kind == "activity" for stop in route.stops),
            "minutes": number(minutes_under_way(live, route), 1),
            "travel_minutes": number(sum((leg.minutes for leg in route.legs), 0.0), 1),
            "price": number(route.price, 2),
            "domains": [DOMAINS[domain] for domain in route.domains],
            "badges": list(route.badges),
        },
        "proven": route.proven,
        "gap": number(route.gap),
        "geojson": feature_collection(live, route, start, end),
    }


def minutes_under_way(live: Live, route: Route) -> float:
    """From leaving to being back, of every day together; 0 for a route without stops."""
    days: dict[str, tuple[int, int]] = {}
    spans = [(leg.leave, leg.arrive) for leg in route.legs] + [(stop.arrive, stop.end) for stop in route.stops]
    for begins, ends in spans:
        day = live.time(begins)[:10]
        first, last = days.get(day, (begins, ends))
        days[day] = (min(first, begins), max(last, ends))
    return sum(last - first for first, last in days.values()) / 60


def _stop(live: Live, stop: Stop, place: int, lang: str) -> dict[str, Any]:
    is_visit = stop.activity != UNKNOWN
    return {
        "stop": place,
        "kind": stop.kind,
        "day": live.time(stop.begin)[:10],
        "arrive": live.time(stop.arrive),
        "begin": live.time(stop.begin),
        "end": live.time(stop.end),
        "activity": present.activity(live, stop.activity, lang) if is_visit else None,
        "session": present.session(live, stop.session) if stop.session != UNKNOWN else None,
        "venue": present.venue(live, stop.venue),
        "stage": word(STAGES, stop.stage),
        "role": stop.role or None,
        "score": number(stop.score) if is_visit else None,
        "reasons": [present.reason(live, each, lang) for each in stop.reasons],
        "not_known": list(stop.not_known),
    }


def _leg(live: Live, leg: Leg) -> dict[str, Any]:
    return {
        "from": None if leg.from_stop is None else leg.from_stop + 1,
        "to": None if leg.to_stop is None else leg.to_stop + 1,
        "mode": leg.mode,
        "minutes": number(leg.minutes, 1),
        "leave": live.time(leg.leave),
        "arrive": live.time(leg.arrive),
    }


def _left_out(live: Live, one: LeftOut, lang: str) -> dict[str, Any]:
    catalogue = live.catalogue
    return {
        "activity": catalogue.activities.ids.names[one.activity],
        "title": catalogue.activities.title[one.activity],
        "session": (word(catalogue.sessions.ids, one.session) if len(catalogue.sessions) else None) or None,
        "score": number(one.score),
        "why": one.why,
        "text": why_text(one.why, load(lang, catalogue.languages)),
    }


def _relax(live: Live, relax: RouteRelaxation | None, lang: str) -> dict[str, Any] | None:
    if relax is None:
        return None
    messages = load(lang, live.catalogue.languages)
    is_moment = relax.step in MOMENTS and relax.to is not None
    return {
        "step": relax.step,
        "to": live.time(int(relax.to or 0)) if is_moment else relax.to,
        "gains": relax.gains,
        "text": relax_text(relax, messages, live.catalogue.time_zone),
    }
