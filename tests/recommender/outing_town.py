"""One long road: ten minutes from each venue to the next, so that every plan can be checked by eye.

home ── clay ── robots ── garden        sat. 7 March 2026; ``stars`` takes place nobody knows where
 0       10       20        30  minutes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue, Float64, Int32, Place
from recommender.passport import Passport, Request
from recommender.routing.outing import OpenHours, OutingWish, plan_outing
from recommender.routing.problem import MaxIterations
from recommender.routing.route import Route, Routes
from tests.conftest import AS_OF, moment
from tests.recommender.towns import town

SATURDAY, SUNDAY = "2026-03-07", "2026-03-08"
HOME, FAR_END = Place(52.0, 5.0), Place(52.03, 5.0)
CHILD = Passport(age_low=9.0, age_high=9.0, home=HOME)

VENUES = [
    {"venue_id": "pottery", "domain": "culture", "lat": 52.01, "lon": 5.0},
    {"venue_id": "workshop", "domain": "education", "lat": 52.02, "lon": 5.0},
    {"venue_id": "garden", "domain": "nature", "lat": 52.03, "lon": 5.0},
    {"venue_id": "van", "domain": "library"},
]

ACTIVITIES = [
    {"activity_id": "clay", "title": "clay", "venue_id": "pottery", "price": 5.0},
    {"activity_id": "robots", "title": "robots", "venue_id": "workshop", "price": 0.0, "awards": "maker"},
    {"activity_id": "bees", "title": "bees", "venue_id": "garden", "price": 2.5},
    {"activity_id": "exam", "title": "exam", "venue_id": "workshop", "price": 0.0, "requires": "maker"},
    {"activity_id": "stars", "title": "stars", "venue_id": "van", "price": 0.0},
    {"activity_id": "paint", "title": "paint", "venue_id": "pottery"},
]
"""The price of ``paint`` is not known."""


@dataclass(frozen=True)
class Road:
    """Minutes along the road: a thousand for each degree north or south, as quick by every mode."""

    def between(self, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str, at: int) -> Float64:
        return np.abs(lat[:, None] - to_lat[None, :]) * 1000


def sat(clock: str) -> int:
    return moment(f"{SATURDAY} {clock}")


def session(activity: str, start: str, end: str, day: str = SATURDAY, **more: object) -> dict[str, object]:
    return {
        "session_id": f"{activity} {day[-2:]} {start}",
        "activity_id": activity,
        "start": moment(f"{day} {start}"),
        "end": moment(f"{day} {end}"),
        "status": "scheduled",
        **more,
    }


def drop_in(activity: str, start: str, end: str, day: str = SATURDAY, **more: object) -> dict[str, object]:
    return session(activity, start, end, day, drop_in=1.0, **more)


def tables(sessions: Iterable[Mapping[str, object]] | None, **more: Iterable[Mapping[str, object]]) -> Tables:
    """The town with these sessions; None: everything is open at all times."""
    held = {} if sessions is None else {"sessions": sessions}
    return town(**{"activities": ACTIVITIES, "venues": VENUES, **held, **more})  # type: ignore[arg-type]


def city(*sessions: Mapping[str, object], **more: Iterable[Mapping[str, object]]) -> Catalogue:
    return catalogue_from(tables(sessions, **more))


def rows(city: Catalogue, *names: str) -> Int32:
    return np.array([city.activities.ids.row(name) for name in names], dtype=np.int32)


def session_rows(city: Catalogue, *names: str) -> Int32:
    return np.array([city.sessions.ids.index(name) for name in names], dtype=np.int32)


def day(start: str, end: str, date: str = SATURDAY) -> tuple[int, int]:
    return moment(f"{date} {start}"), moment(f"{date} {end}")


def plan(
    city: Catalogue,
    *days: tuple[int, int],
    passport: Passport = CHILD,
    hours: OpenHours | None = None,
    asked: Mapping[str, object] | None = None,
    **wish: object,
) -> Routes:
    """An outing by the plain agenda: every visit is worth as much as any other."""
    request = Request(**{"at": AS_OF, **(asked or {})})  # type: ignore[arg-type]
    wanted = OutingWish(days=days, **wish)  # type: ignore[arg-type]
    return plan_outing(passport, city, None, request, wanted, Road(), hours, MaxIterations(2000))


def told(city: Catalogue, route: Route) -> list[str]:
    """Stops as ``robots 14:00-15:00`` in Dutch winter time."""
    return [
        f"{'pause' if stop.kind == 'pause' else city.activities.ids.names[stop.activity]} "
        f"{clock(stop.begin)}-{clock(stop.end)}"
        for stop in route.stops
    ]


def ways(route: Route) -> list[str]:
    """Legs as ``home 13:40-14:00 0``: from stop to stop, ``home`` for the start and the end."""
    return [f"{_end(leg.from_stop)} {clock(leg.leave)}-{clock(leg.arrive)} {_end(leg.to_stop)}" for leg in route.legs]


def why(city: Catalogue, found: Routes) -> dict[str, str]:
    return {city.activities.ids.names[one.activity]: one.why for one in found.left_out}


def clock(at: int) -> str:
    minutes = (at + 3600) // 60 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _end(stop: int | None) -> str:
    return "home" if stop is None else str(stop)
