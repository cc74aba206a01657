"""From the choices on the page to the passport and the request that the engine takes."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data.pages.choices import Choices
from recommender.city import UNKNOWN, Catalogue, Place
from recommender.passport import Passport, Request, Stamps
from recommender.routing.outing.wish import OutingWish

COUNT = 5
OUTING_STOPS, OUTING_AHEAD = 4, 14


def passport_of(choices: Choices, catalogue: Catalogue, at: int) -> Passport:
    """The passport that the choices describe. Names that the city does not have are left out.

    Parameters
    ----------
    choices : Choices
        As the form gave them.
    catalogue : Catalogue
        The city.
    at : int
        Now, in seconds since 1970 UTC: stamps given on the page lie just before it.
    """
    low = high = math.nan
    if choices.age is not None:
        low = choices.age
        high = low + 0.99 if low == int(low) else low
    themes = catalogue.themes.ids.find(choices.themes)
    done = catalogue.activities.ids.find(choices.done)
    found = done[done != UNKNOWN]
    start = place_of(choices.place, catalogue)
    return Passport(
        age_low=low,
        age_high=high,
        home=None if start is None else Place(round(start.lat, 2), round(start.lon, 2)),
        languages=choices.spoken,
        wishes=themes[themes != UNKNOWN],
        stamps=Stamps(
            activity=found,
            at=at - np.arange(len(found), 0, -1, dtype=np.int64) * 3600,
            chosen_by=np.zeros(len(found), dtype=np.int8),
            not_found=len(done) - len(found),
        ),
    )


def request_of(choices: Choices, catalogue: Catalogue, at: int) -> Request:
    """The request that the choices describe."""
    opens, closes = window(choices.when, catalogue.time_zone, at)
    return Request(
        at=at,
        opens=opens,
        closes=closes,
        count=COUNT,
        mode=choices.mode,
        max_minutes=choices.minutes if choices.place else None,
        start=place_of(choices.place, catalogue),
        free_only=choices.free,
        access=tuple(need for need in choices.access if need in catalogue.activities.access_terms),
        line=catalogue.lines.ids.row(choices.line) if choices.line in catalogue.lines.ids else None,
        include_stamped=choices.again,
    )


def window(when: str, time_zone: str, at: int) -> tuple[int | None, int | None]:
    """From and until of a choice of ``WHEN``, in seconds since 1970 UTC."""
    if not when:
        return None, None
    now = datetime.fromtimestamp(at, ZoneInfo(time_zone))
    if when != "weekend":
        return at, int((now + timedelta(days=7 if when == "week" else 30)).timestamp())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight + timedelta(days=7 - now.weekday())
    saturday = monday - timedelta(days=2)
    return max(at, int(saturday.timestamp())), int(monday.timestamp())


def outing_of(choices: Choices, catalogue: Catalogue, at: int) -> OutingWish | None:
    """The outing that the choices describe; None when it would be over before it begins, or at the moment of asking."""
    zone = ZoneInfo(catalogue.time_zone)
    day = date.fromisoformat(choices.day) if choices.day else outing_days(catalogue, at)[0]
    opens, closes = (int(datetime.combine(day, time(hour), zone).timestamp()) for hour in (choices.leave, choices.back))
    if closes <= max(opens, at):
        return None
    return OutingWish(days=((opens, closes),), max_stops=OUTING_STOPS, alternatives=1)


def outing_days(catalogue: Catalogue, at: int) -> list[date]:
    """The days that are offered for an outing: from tomorrow on, those of the next weekend first."""
    today = datetime.fromtimestamp(at, ZoneInfo(catalogue.time_zone)).date()
    days = [today + timedelta(days=ahead) for ahead in range(1, OUTING_AHEAD + 1)]
    weekend = next(place for place, day in enumerate(days) if day.weekday() >= 5)
    return [*days[weekend:], *days[:weekend]] if weekend else days


def middle_of(catalogue: Catalogue) -> Place | None:
    """The middle of a city's venues; None when nobody knows where they are."""
    known = np.isfinite(catalogue.venues.lat) & np.isfinite(catalogue.venues.lon)
    if not known.any():
        return None
    lat, lon = catalogue.venues.lat[known], catalogue.venues.lon[known]
    return Place(round(float(np.median(lat)), 3), round(float(np.median(lon)), 3))


def place_of(place: str, catalogue: Catalogue) -> Place | None:
    """Where a choice of place lies: a venue, or the middle of an area's venues. None when not known."""
    kind, _, name = place.partition(":")
    venues = catalogue.venues
    if kind == "venue" and name in venues.ids:
        rows = np.array([venues.ids.row(name)])
    elif kind == "area" and name:
        rows = np.flatnonzero(np.array(venues.area, dtype=object) == name)
    else:
        return None
    rows = rows[np.isfinite(venues.lat[rows]) & np.isfinite(venues.lon[rows])]
    if not len(rows):
        return None
    return Place(float(venues.lat[rows].mean()), float(venues.lon[rows].mean()))
