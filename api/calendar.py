"""A route as iCalendar (RFC 5545), to put in one's own agenda: an event for every stop and for the way to it."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone

from api.geojson import places_of
from api.state import Live
from data.messages import Messages, load, reason_text
from data.messages.values import price_text
from recommender.city import UNKNOWN, Place
from recommender.routing.route import Leg, Route, Stop

MEDIA_TYPE = "text/calendar"


def calendar(live: Live, route: Route | None, at: int, lang: str, start: Place | None, note: str = "") -> bytes:
    """A route as an iCalendar object; the same route gives the same bytes.

    Parameters
    ----------
    route : Route or None
        None gives a calendar without events, whose description is the ``note``.
    at : int
        The moment of asking, in seconds since 1970 UTC: when the events were "created".
    start : Place or None
        Where the route leaves from.
    note : str
        What there is to say when there is no route.
    """
    messages = load(lang, live.catalogue.languages)
    events = [] if route is None else _Writer(live, route, at, messages, places_of(live, route, start)).events()
    years = [datetime.fromtimestamp(at, UTC).year, *(event.start.year for event in events)]
    # An object without any part is none, so the city's own clocks always stand in it, as they go in these years.
    clocks = Timezone.from_tzid(
        live.catalogue.time_zone, first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 2, 1, 1)
    )
    found = Calendar.new(
        prodid="-//Leerlijn//Routes 1//EN",
        name=messages.text("route.calendar", "name", city=live.catalogue.name or live.catalogue.city),
        description=note or None,
        language=messages.lang,
        method="PUBLISH",
        uid=_uid(live, "calendar", *(event.uid for event in events)),
        subcomponents=[clocks, *events],
    )
    written: bytes = found.to_ical()
    return written


def _uid(live: Live, *parts: object) -> str:
    """The same for the same thing in every answer of the city, so that a calendar updates it."""
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
    return f"{digest}@{live.catalogue.city}.leerlijn"


class _Writer:
    """Events of one route."""

    def __init__(self, live: Live, route: Route, at: int, messages: Messages, places: list[Place | None]) -> None:
        self.live, self.route, self.messages, self.places = live, route, messages, places
        self.stamp = datetime.fromtimestamp(at, UTC)

    def events(self) -> list[Event]:
        """Legs and stops, in the order of the clock."""
        ways = [(leg.leave, 0, self._way(leg)) for leg in self.route.legs if leg.arrive > leg.leave]
        stops = [(stop.arrive, 1, self._stop(place, stop)) for place, stop in enumerate(self.route.stops)]
        return [event for *_, event in sorted(ways + stops, key=lambda one: one[:2])]

    def _id(self, stop: Stop) -> str:
        """What a stop is, whatever route it stands in."""
        catalogue = self.live.catalogue
        if stop.activity == UNKNOWN:
            return f"{stop.kind} {stop.begin}"
        session = catalogue.sessions.ids[stop.session] if stop.session != UNKNOWN else ""
        # A drop-in is visited at a moment of one's own: two visits on two days are two events.
        return f"{catalogue.activities.ids.names[stop.activity]} {session} {self.live.time(stop.begin)[:10]}"

    def _moment(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment, self.live.zone)

    def _stop(self, place: int, stop: Stop) -> Event:
        catalogue = self.live.catalogue
        is_visit = stop.activity != UNKNOWN
        event = Event.new(
            summary=catalogue.activities.title[stop.activity]
            if is_visit
            else self.messages.text("route.stop", "pause"),
            start=self._moment(stop.begin),
            end=self._moment(stop.end),
            stamp=self.stamp,
            uid=_uid(self.live, "stop", self._id(stop)),
            location=self._venue(stop) or None,
            description=self._told(stop) or None,
        )
        here = self.places[place]
        if here is not None and is_visit:
            event.add("geo", (round(here.lat, 6), round(here.lon, 6)))
        return event

    def _venue(self, stop: Stop) -> str:
        venues = self.live.catalogue.venues
        if stop.venue == UNKNOWN:
            return ""
        name, area = venues.name[stop.venue] or venues.ids.names[stop.venue], venues.area[stop.venue]
        return f"{name}, {area}" if area else name

    def _told(self, stop: Stop) -> str:
        if stop.activity == UNKNOWN:
            return ""
        activities = self.live.catalogue.activities
        price = float(activities.price[stop.activity])
        lines = [activities.description[stop.activity]]
        lines += [reason_text(reason, self.live.catalogue, self.messages.lang) for reason in stop.reasons]
        lines += [price_text(price, self.messages)]
        lines += [self.messages.text("not_known", code) for code in stop.not_known if code != "price"]
        return "\n".join(dict.fromkeys(line for line in lines if line))

    def _way(self, leg: Leg) -> Event:
        last = leg.to_stop is None
        to = None if last else self.route.stops[leg.to_stop or 0]
        where = "" if to is None else self._venue(to)
        how = self.messages.text("modes", leg.mode)
        minutes = self.messages.count("route.leg", "minutes", math.ceil(leg.minutes), mode=how)
        values = {"minutes": minutes} | ({"place": where} if where else {})
        return Event.new(
            summary=self.messages.text("route.leg", "home" if last else "to", **values),
            start=self._moment(leg.leave),
            end=self._moment(leg.arrive) if leg.arrive > leg.leave else self._moment(leg.leave) + timedelta(minutes=1),
            stamp=self.stamp,
            uid=_uid(
                self.live, "way", self._end(leg.from_stop), self._end(leg.to_stop), self.live.time(leg.leave)[:10]
            ),
        )

    def _end(self, stop: int | None) -> str:
        return "" if stop is None else self._id(self.route.stops[stop])
