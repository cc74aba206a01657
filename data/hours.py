"""Opening hours in OpenStreetMap's syntax, read into plain intervals for the days that are asked for.

The syntax is https://wiki.openstreetmap.org/wiki/Key:opening_hours; a library reads it. Public holidays are those of the
country in which a venue lies. Whoever writes more than can be known (school holidays, "by appointment", a sunset without
a place) is carried as not known.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from opening_hours import OpeningHours, State
from opening_hours import validate as is_hours

from recommender.city import Catalogue
from recommender.errors import BadInput
from recommender.routing.hours import OpenHours

EXAMPLE = "Mo-Fr 09:00-17:00; Sa 10:00-16:00; PH off"
_QUOTED = re.compile(r'"[^"]*"')
_NEEDS_PLACE = re.compile(r"\bPH\b|sunrise|sunset|dawn|dusk")
_NOBODY_KNOWS = re.compile(r"\bSH\b")

__all__ = ["EXAMPLE", "Doors", "is_hours"]


def _read(text: str, zone: ZoneInfo, place: tuple[float, float] | None) -> OpeningHours | None:
    """The hours, None where they are not known."""
    rules = _QUOTED.sub("", text).strip()
    needs_place = bool(_NEEDS_PLACE.search(rules))
    if not rules or _NOBODY_KNOWS.search(rules) or (needs_place and place is None) or not is_hours(text):
        return None
    # The country is looked up only where it matters: it takes ten times as long as all the rest.
    return OpeningHours(text, timezone=zone, coords=place if needs_place else None, auto_timezone=False)


def _midnight(moment: int, zone: ZoneInfo, days: int = 0) -> datetime:
    day = datetime.fromtimestamp(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return day + timedelta(days=days)


class Doors:
    """When a city's venues are open. Reads every venue's opening hours once.

    Parameters
    ----------
    catalogue : Catalogue
        Whose venues and time zone. Hours that are missing, or that are no OpenStreetMap syntax, are not known.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.zone = ZoneInfo(catalogue.time_zone)
        venues = catalogue.venues
        lat, lon = venues.lat, venues.lon
        there = ~(np.isnan(lat) | np.isnan(lon))
        # A mobile lab has no place of its own; its holidays are those of the town.
        town = (float(np.median(lat[there])), float(np.median(lon[there]))) if there.any() else None
        self._hours = [
            _read(text, self.zone, (float(lat[row]), float(lon[row])) if there[row] else town) if text else None
            for row, text in enumerate(venues.opening_hours)
        ]

    def open(self, since: int, until: int) -> OpenHours:
        """The intervals in which venues are open, cut at both ends.

        Parameters
        ----------
        since, until : int
            Seconds since 1970 UTC.

        Returns
        -------
        OpenHours
            A venue is known when all of its hours within the span are.

        Raises
        ------
        BadInput
            When ``until`` is not after ``since``, or the calendar has no such days.
        """
        if until <= since:
            raise BadInput(f"opening hours: until {until} is not after since {since}")
        # Whole days are asked for and cut here: around a change of the clock one wall time means two moments.
        try:
            first, last = _midnight(since, self.zone), _midnight(until, self.zone, days=1)
        except (OverflowError, ValueError, OSError):
            raise BadInput(f"opening hours: the calendar has no days from {since} until {until}") from None
        rows: list[int] = []
        spans: list[tuple[int, int]] = []
        known = np.zeros(len(self._hours), dtype=np.bool_)
        for row, hours in enumerate(self._hours):
            found = None if hours is None else _spans(hours, first, last, since, until)
            if found is not None:
                known[row] = True
                rows += [row] * len(found)
                spans += found
        ends = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return OpenHours(np.array(rows, dtype=np.int32), ends[:, 0].copy(), ends[:, 1].copy(), known)


def _spans(
    hours: OpeningHours, first: datetime, last: datetime, since: int, until: int
) -> list[tuple[int, int]] | None:
    """Open intervals, those that touch joined; None when at some moment nobody knows."""
    spans: list[tuple[int, int]] = []
    for begin, end, state, _ in hours.intervals(first, last):
        opens = max(int(begin.timestamp()), since)
        closes = until if end is None else min(int(end.timestamp()), until)
        if closes <= opens or state == State.CLOSED:
            continue
        if state == State.UNKNOWN:
            return None
        if spans and spans[-1][1] == opens:
            opens = spans.pop()[0]
        spans.append((opens, closes))
    return spans
