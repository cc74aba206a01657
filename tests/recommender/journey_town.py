"""A town in which the best journey can be seen by eye: a robot line of five Saturdays, and other things to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from data.columns import LINES
from data.tables import Tables, frame_of
from data.translate import catalogue_from
from recommender.city import Catalogue, Place
from recommender.passport import NOBODY, Passport, Request, Stamps
from recommender.routing.journey import JourneyWish, SolveLimit, plan_journey
from recommender.routing.route import Routes
from recommender.travel import GreatCircle
from tests.conftest import AS_OF, moment
from tests.recommender.towns import town

DAY, HOUR = 86_400, 3600
HOME = Place(51.76, 5.52)
THEMES = [
    {"theme_id": "tech"},
    {"theme_id": "robots", "parent": "tech"},
    {"theme_id": "art"},
]
VENUES = [
    {"venue_id": "lib", "domain": "library", "lat": 51.765, "lon": 5.518},
    {"venue_id": "maker", "domain": "education", "lat": 51.769, "lon": 5.525},
    {"venue_id": "museum", "domain": "culture", "lat": 51.766, "lon": 5.529},
    {"venue_id": "far", "domain": "nature", "lat": 51.9, "lon": 5.9},
]


def activity(name: str, theme: str, stage: str = "core", venue: str = "lib", **more: object) -> dict[str, object]:
    themes = f"{theme}:1" if theme else ""
    return {
        "activity_id": name,
        "title": name,
        "themes": themes,
        "stage": stage,
        "venue_id": venue,
        "price": 0.0,
        **more,
    }


def session(name: str, when: str, hours: float = 1.0, **more: object) -> dict[str, object]:
    begin = moment(when)
    return {
        "session_id": f"{name} {when}", "activity_id": name, "start": begin, "end": begin + int(hours * HOUR),
        "status": "scheduled", **more,
    }  # fmt: skip


def saturday(week: int, hour: int = 10) -> str:
    """Saturday of a week of March 2026, counted from 0; AS_OF is the Monday of week 0."""
    return f"2026-03-{7 + 7 * week:02d} {hour:02d}:00"


def city_of(
    activities: Iterable[Mapping[str, object]],
    sessions: Iterable[Mapping[str, object]],
    lines: Mapping[str, tuple[str, ...]] | None = None,
    badges: Mapping[str, str] | None = None,
) -> Catalogue:
    """A town of these activities; lines by name, each with its stations."""
    made: Tables = town(activities, themes=THEMES, venues=VENUES, sessions=sessions)
    rows = [
        {
            "line_id": line, "name": line, "station": float(place), "activity_id": name,
            "badge": (badges or {}).get(line, ""),
        }
        for line, names in (lines or {}).items()
        for place, name in enumerate(names, start=1)
    ]  # fmt: skip
    return catalogue_from(replace(made, lines=frame_of(LINES, rows)))


def plan(catalogue: Catalogue, passport: Passport = NOBODY, request: Request | None = None, **wish: object) -> Routes:
    """A journey of four weeks from the Monday on, of any number of domains, unless told otherwise."""
    wanted = {"begins": AS_OF, "weeks": 4, "min_domains": 0, "alternatives": 1, **wish}
    for name in ("pinned", "excluded"):
        if name in wanted:
            wanted[name] = np.array([catalogue.activities.ids.row(one) for one in wanted[name]], dtype=np.int32)
    asked = request or Request(at=AS_OF)
    return plan_journey(
        passport, catalogue, None, asked, JourneyWish(**wanted), GreatCircle(catalogue.travel), SolveLimit(1.0)
    )


def names(catalogue: Catalogue, routes: Routes, which: int = 0) -> list[str]:
    """The stops of a route by name, in order; none where there is no route."""
    if not routes.routes:
        return []
    return [catalogue.activities.ids.names[stop.activity] for stop in routes.routes[which].stops]


def why(catalogue: Catalogue, routes: Routes) -> dict[str, str]:
    return {catalogue.activities.ids.names[one.activity]: one.why for one in routes.left_out}


def stamped(catalogue: Catalogue, *done: str, **more: object) -> Passport:
    rows = np.sort(catalogue.activities.ids.find(done))
    stamps = Stamps(rows, np.full(len(rows), AS_OF - DAY), np.zeros(len(rows), dtype=np.int8))
    return Passport(stamps=stamps, **more)
