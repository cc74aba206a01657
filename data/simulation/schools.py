"""Visits with school: a class goes, whatever each child is curious about."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data.simulation.calendar import day_off, moment, school_holiday
from data.simulation.config import SimulationConfig
from data.simulation.offer import Offer
from data.simulation.people import YEAR, People
from data.simulation.streams import stream
from recommender.city import Int32, Int64
from recommender.travel import great_circle_km

CLASSES = range(4, 12)
PRESENT = 0.85
_MORNING, _FAR_KM, _DEAREST = "10:00", 1.5, 5.0


def school_visits(
    config: SimulationConfig, offer: Offer, people: People, season_starts: Sequence[int], as_of: int, zone: ZoneInfo
) -> tuple[Int32, Int32, Int64]:
    """In some seasons a class (one neighbourhood, one year of age) goes somewhere nearby and cheap on a school morning.

    Parameters
    ----------
    season_starts : sequence of int
        Seconds since 1970 UTC; one more than there are seasons.

    Returns
    -------
    learner, activity : int32, shape (n_visits,)
    at : int64, shape (n_visits,), seconds since 1970 UTC
    """
    found: list[tuple[Int32, Int32, Int64]] = []
    for number, (since, until) in enumerate(itertools.pairwise(season_starts)):
        rng = stream(config.seed, "schools", number)
        for area, hood in enumerate(people.hoods):
            for year in CLASSES:
                luck, draw = rng.random(2)
                present = rng.random(len(people)) < PRESENT
                if luck >= config.school_trips:
                    continue
                trip = _trip(offer, hood.lat, hood.lon, year, since, until, draw, zone)
                if trip is None or trip[1] >= as_of:
                    continue
                activity, at = trip
                age = people.age - (as_of - at) / YEAR
                pupils = present & (people.area == area) & (np.floor(age) == year) & (people.joined <= at)
                rows = np.flatnonzero(pupils).astype(np.int32)
                found.append((rows, np.full(len(rows), activity, np.int32), np.full(len(rows), at, np.int64)))
    if not found:
        return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64)
    learner, activity_of, at_of = zip(*found, strict=True)
    return np.concatenate(learner), np.concatenate(activity_of), np.concatenate(at_of)


def _trip(
    offer: Offer, lat: float, lon: float, year: int, since: int, until: int, draw: float, zone: ZoneInfo
) -> tuple[int, int] | None:
    """Where a class goes and when: before the last session of that season, so the activity is still on."""
    sessions = np.flatnonzero((offer.start >= since) & (offer.start < until) & offer.held)
    activity = offer.activity[sessions]
    suits = (offer.age_min[activity] <= year) & (offer.age_max[activity] >= year)
    cheap = ~(offer.price[activity] > _DEAREST) & (offer.needs[activity] < 0)
    sessions = sessions[suits & cheap]
    if not len(sessions):
        return None
    km = great_circle_km(offer.lat[sessions], offer.lon[sessions], lat, lon)
    weight = np.exp(-np.where(np.isnan(km), 3.0, km) / _FAR_KM)
    place = int(np.searchsorted(np.cumsum(weight), draw * weight.sum()))
    session = sessions[min(place, len(sessions) - 1)]
    day = datetime.fromtimestamp(int(offer.start[session]), zone).date()
    while day.weekday() > 4 or school_holiday(day) or day_off(day):
        day -= timedelta(1)
    at = moment(day, _MORNING, zone)
    return (int(offer.activity[session]), at) if at >= since else None
