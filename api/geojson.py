"""A route as GeoJSON (RFC 7946): a point for every stop, a line for every leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.present import number, word
from api.state import Live
from recommender.city import UNKNOWN, Place
from recommender.routing.route import Leg, Route, Stop


def places_of(live: Live, route: Route, start: Place | None) -> list[Place | None]:
    """Where each stop is; a pause is where the stop before it was.

    Parameters
    ----------
    start : Place or None
        Where the route leaves from; None when not known.
    """
    sessions, venues = live.catalogue.sessions, live.catalogue.venues
    found: list[Place | None] = []
    for stop in route.stops:
        here = found[-1] if found else start
        if stop.session != UNKNOWN:
            here = _known(float(sessions.lat[stop.session]), float(sessions.lon[stop.session]))
        elif stop.venue != UNKNOWN:
            here = _known(float(venues.lat[stop.venue]), float(venues.lon[stop.venue]))
        found.append(here)
    return found


def _known(lat: float, lon: float) -> Place | None:
    return Place(lat, lon) if lat == lat and lon == lon else None


def feature_collection(live: Live, route: Route, start: Place | None, end: Place | None) -> dict[str, Any]:
    """A route as a FeatureCollection, stops first; a geometry is null where a place is not known.

    Parameters
    ----------
    start, end : Place or None
        Where the route leaves from and ends.
    """
    places = places_of(live, route, start)
    stops = [_stop(live, rank, route.stops[rank - 1], place) for rank, place in enumerate(places, 1)]
    legs = [_leg(live, leg, _at(places, leg.from_stop, start), _at(places, leg.to_stop, end)) for leg in route.legs]
    return {"type": "FeatureCollection", "features": stops + legs}


def _at(places: Sequence[Place | None], stop: int | None, otherwise: Place | None) -> Place | None:
    return otherwise if stop is None else places[stop]


def _position(place: Place) -> list[float | None]:
    return [number(place.lon), number(place.lat)]  # longitude first, as the standard has it


def _feature(kind: str, coordinates: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    geometry = None if coordinates is None else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def _stop(live: Live, place_in_route: int, stop: Stop, place: Place | None) -> dict[str, Any]:
    catalogue = live.catalogue
    venues = catalogue.venues
    properties = {
        "type": "stop",
        "stop": place_in_route,
        "kind": stop.kind,
        "activity": word(catalogue.activities.ids.names, stop.activity),
        "title": word(catalogue.activities.title, stop.activity),
        "venue": word(venues.name, stop.venue) or None,
        "arrive": live.time(stop.arrive),
        "begin": live.time(stop.begin),
        "end": live.time(stop.end),
    }
    return _feature("Point", None if place is None else _position(place), properties)


def _leg(live: Live, leg: Leg, from_: Place | None, to: Place | None) -> dict[str, Any]:
    properties = {
        "type": "leg",
        "from": None if leg.from_stop is None else leg.from_stop + 1,
        "to": None if leg.to_stop is None else leg.to_stop + 1,
        "mode": leg.mode,
        "minutes": number(leg.minutes, 1),
        "leave": live.time(leg.leave),
        "arrive": live.time(leg.arrive),
    }
    both = None if from_ is None or to is None else [_position(from_), _position(to)]
    return _feature("LineString", both, properties)
