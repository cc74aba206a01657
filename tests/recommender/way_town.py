"""A town with one good outing and one good journey, made by hand: each rule can be broken on its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.columns import LINES
from data.tables import Tables, frame_of
from recommender.city import Catalogue, Place
from recommender.routing.route import Leg, Route, Stop
from recommender.travel import GreatCircle
from tests.conftest import moment
from tests.recommender.towns import town

HOME = Place(51.76, 5.52)
HOUR = 3600
THEMES = [
    {"theme_id": "tech"},
    {"theme_id": "robots", "parent": "tech"},
    {"theme_id": "art"},
    {"theme_id": "animals"},
]
VENUES = [
    {"venue_id": "lib", "domain": "library", "lat": 51.765, "lon": 5.518},
    {"venue_id": "maker", "domain": "education", "lat": 51.769, "lon": 5.525},
    {"venue_id": "museum", "domain": "culture", "lat": 51.766, "lon": 5.529},
    {"venue_id": "nowhere", "domain": "nature"},
]


def _activity(name: str, venue: str, theme: str, **more: object) -> dict[str, object]:
    return {
        "activity_id": name, "title": name, "venue_id": venue, "themes": f"{theme}:1", "language": "nl",
        "age_min": 6.0, "age_max": 12.0, "price": 0.0, "company": "alone;with_adult", **more,
    }  # fmt: skip


ACTIVITIES = [
    _activity("first", "lib", "robots", stage="start", access="wheelchair"),
    _activity("build", "maker", "robots", stage="core", awards="maker"),
    _activity("paint", "museum", "art", price=4.0),
    _activity("show", "maker", "robots", stage="finish", requires="maker", price=5.0),
    _activity("zoo", "nowhere", "animals", stage="finish", language="en"),
]


def _session(name: str, activity: str, start: str, hours: float, **more: object) -> dict[str, object]:
    begin = moment(start)
    return {
        "session_id": name, "activity_id": activity, "start": begin, "end": begin + int(hours * HOUR),
        "status": "scheduled", **more,
    }  # fmt: skip


SESSIONS = [
    _session("first-0", "first", "2026-03-07 10:00", 1),
    _session("first-3", "first", "2026-03-28 10:00", 1),
    _session("build-0", "build", "2026-03-07 11:30", 1),
    _session("build-1", "build", "2026-03-14 10:00", 2),
    _session("build-off", "build", "2026-03-15 10:00", 2, status="cancelled"),
    _session("paint-0", "paint", "2026-03-07 10:00", 7, drop_in=1.0),
    _session("paint-2", "paint", "2026-03-21 13:00", 4, drop_in=1.0),
    _session("show-0", "show", "2026-03-07 15:00", 1),
    _session("show-4", "show", "2026-04-04 14:00", 2),
    _session("zoo-early", "zoo", "2026-03-14 08:00", 1),
    _session("zoo-1", "zoo", "2026-03-14 15:00", 2),
    _session("zoo-4", "zoo", "2026-04-05 15:00", 2),
]
STATIONS = [
    {"line_id": "robot-line", "name": "Robots", "station": 1.0 + place, "activity_id": name, "badge": "robot-badge"}
    for place, name in enumerate(("first", "build", "show"))
] + [
    {"line_id": "art-line", "name": "Art", "station": 1.0 + place, "activity_id": name}
    for place, name in enumerate(("paint", "zoo"))
]


def tables() -> Tables:
    """Five activities, eleven sessions, two lines."""
    made = town(ACTIVITIES, themes=THEMES, venues=VENUES, sessions=SESSIONS)
    return replace(made, lines=frame_of(LINES, STATIONS))


def minutes(catalogue: Catalogue, here: Place, there: Place) -> float:
    one = [np.array([value]) for value in (here.lat, here.lon, there.lat, there.lon)]
    return float(GreatCircle(catalogue.travel).between(*one, "bike", 0)[0, 0])


def stop(catalogue: Catalogue, name: str, begin: int | None = None, end: int | None = None, role: str = "") -> Stop:
    """A visit to a session, of all of it unless told otherwise."""
    sessions = catalogue.sessions
    row = sessions.ids.index(name)
    activity = int(sessions.activity[row])
    starts = int(sessions.start[row]) if begin is None else begin
    return Stop(
        kind="activity", activity=activity, session=row, venue=int(sessions.venue[row]), arrive=starts, begin=starts,
        end=int(sessions.end[row]) if end is None else end, stage=int(catalogue.activities.stage[activity]), role=role,
    )  # fmt: skip


def rest(begin: int, seconds: int) -> Stop:
    return Stop("pause", -1, -1, -1, begin, begin, begin + seconds)


def place(catalogue: Catalogue, visit: Stop) -> Place:
    return Place(float(catalogue.sessions.lat[visit.session]), float(catalogue.sessions.lon[visit.session]))


def leg(catalogue: Catalogue, origin: int | None, to: int | None, here: Place, there: Place, arrive: int) -> Leg:
    """A way that is just in time."""
    needed = minutes(catalogue, here, there)
    return Leg(origin, to, "bike", needed, arrive - int(needed * 60) - 1, arrive)


def outing(catalogue: Catalogue) -> Route:
    """Saturday 7 March: read, rest, build, paint, and home."""
    stops = (
        stop(catalogue, "first-0", role="start"),
        rest(moment("2026-03-07 11:00"), 900),
        stop(catalogue, "build-0"),
        stop(catalogue, "paint-0", moment("2026-03-07 13:00"), moment("2026-03-07 14:00")),
    )
    first, _, build, paint = stops
    a, b, c = (place(catalogue, visit) for visit in (first, build, paint))
    legs = (
        leg(catalogue, None, 0, HOME, a, first.begin),
        leg(catalogue, 1, 2, a, b, build.begin),
        leg(catalogue, 2, 3, b, c, paint.begin),
        leg(catalogue, 3, None, c, HOME, paint.end + 1200),
    )
    return Route("outing", stops, legs, 3.0, 4.0, (0, 1, 3), ("maker",))


def journey(catalogue: Catalogue) -> Route:
    """Start, two cores, finish: four Saturdays, the last after the clocks changed."""
    stops = (
        stop(catalogue, "first-0", role="start"),
        stop(catalogue, "build-1", role="station"),
        stop(catalogue, "paint-2", moment("2026-03-21 13:00"), moment("2026-03-21 14:30"), role="core"),
        stop(catalogue, "show-4", role="finish"),
    )
    legs = tuple(leg(catalogue, None, i, HOME, place(catalogue, visit), visit.begin) for i, visit in enumerate(stops))
    return Route("journey", stops, legs, 4.0, 9.0, (0, 1, 3), ("maker", "robot-badge"))
