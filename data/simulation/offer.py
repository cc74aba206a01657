"""The simulated city as arrays: what people choose from, invented or real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, SESSION, VENUE
from data.tables import Tables
from recommender.city import UNKNOWN, Bool, Float64, Int8, Int32, Int64, TravelMode

PARTS_OF_WEEK = ("weekday daytime", "weekday afternoon", "evening", "weekend")
AFTERNOON, EVENING = 13, 18


@dataclass(frozen=True, eq=False)
class Offer:
    """Activities and sessions in the row order of their tables, with the hidden quality of each activity.

    Attributes
    ----------
    activities, sessions, themes : tuple of str
        Ids.
    weights : float64, shape (n_activities, n_themes)
        Theme weights; a row adds up to 1, or to 0 where no theme is known.
    quality : float64, shape (n_activities,)
        What makes an activity better than its description says.
    age_min, age_max, price : float64, shape (n_activities,)
        NaN where not known.
    language : tuple of str
        Of each activity; ``""`` where not known.
    again : bool, shape (n_activities,)
        One learner may come more than once.
    before, needs : int32, shape (n_activities,)
        Row of the station before it on its line, and of the activity whose badge it asks for; ``UNKNOWN`` if none.
    activity : int32, shape (n_sessions,)
    start, end : int64, shape (n_sessions,), seconds since 1970 UTC
    lat, lon : float64, shape (n_sessions,)
        NaN where not known.
    seats : float64, shape (n_sessions,)
        For people with a passport; infinite where nobody counts.
    held : bool, shape (n_sessions,)
        Not cancelled.
    drop_in : bool, shape (n_sessions,)
    part : int8, shape (n_sessions,)
        Index into ``PARTS_OF_WEEK``.
    mode : TravelMode
        How people get there.
    """

    activities: tuple[str, ...]
    sessions: tuple[str, ...]
    themes: tuple[str, ...]
    weights: Float64
    quality: Float64
    age_min: Float64
    age_max: Float64
    price: Float64
    language: tuple[str, ...]
    again: Bool
    before: Int32
    needs: Int32
    activity: Int32
    start: Int64
    end: Int64
    lat: Float64
    lon: Float64
    seats: Float64
    held: Bool
    drop_in: Bool
    part: Int8
    mode: TravelMode


def theme_weights(texts: pd.Series, themes: Mapping[str, int]) -> Float64:
    """Rows of ``space:0.7;making:0.3`` as a matrix whose rows add up to 1, or 0 where nothing is known."""
    weights = np.zeros((len(texts), len(themes)))
    for row, text in enumerate(texts):
        for part in filter(None, text.split(";")):
            name, _, weight = part.partition(":")
            weights[row, themes[name]] = float(weight or 1)
    total = weights.sum(axis=1, keepdims=True)
    shares: Float64 = np.divide(weights, total, out=weights, where=total > 0)
    return shares


def parts_of_week(start: Int64, time_zone: str) -> Int8:
    """Index into ``PARTS_OF_WEEK`` of each moment, on the city's own clocks."""
    local = pd.DatetimeIndex(pd.to_datetime(start, unit="s", utc=True)).tz_convert(ZoneInfo(time_zone))
    hour, weekday = local.hour.to_numpy(), local.day_of_week.to_numpy()
    part = np.where(hour < AFTERNOON, 0, np.where(hour < EVENING, 1, 2))
    return np.where(weekday >= 5, 3, part).astype(np.int8)


def offer_of(tables: Tables, quality: Float64, seats: Float64, again: Bool) -> Offer:
    """The offer that tables describe.

    Parameters
    ----------
    tables : Tables
        Of which ``themes``, ``venues``, ``activities``, ``sessions`` and ``lines`` are read.
    quality : float64, shape (n_activities,)
    seats : float64, shape (n_sessions,)
        NaN: nobody counts.
    again : bool, shape (n_activities,)
        One learner may come more than once.
    """
    activities, sessions = tables.activities, tables.sessions
    rows = {name: row for row, name in enumerate(activities[ACTIVITY])}
    themes = {name: row for row, name in enumerate(tables.themes["theme_id"])}
    activity = sessions[ACTIVITY].map(rows).to_numpy(np.int32)
    drop_in = (sessions["drop_in"] == 1).to_numpy(np.bool_)
    lat, lon = _places(tables, activity)
    before, needs = _stations(tables, rows)
    start = sessions["start"].to_numpy(np.int64)
    return Offer(
        activities=tuple(activities[ACTIVITY]),
        sessions=tuple(sessions[SESSION]),
        themes=tuple(themes),
        weights=theme_weights(activities["themes"], themes),
        quality=quality,
        age_min=activities["age_min"].to_numpy(np.float64),
        age_max=activities["age_max"].to_numpy(np.float64),
        price=activities["price"].to_numpy(np.float64),
        language=tuple(activities["language"]),
        again=again,
        before=before,
        needs=needs,
        activity=activity,
        start=start,
        end=sessions["end"].to_numpy(np.int64),
        lat=lat,
        lon=lon,
        seats=np.where(np.isnan(seats), np.inf, seats),
        held=(sessions["status"] != "cancelled").to_numpy(np.bool_),
        drop_in=drop_in,
        part=parts_of_week(start, tables.city.time_zone),
        mode=tables.city.travel[tables.city.default_mode],
    )


def _places(tables: Tables, activity: Int32) -> tuple[Float64, Float64]:
    """Where each session takes place: its own place, else its venue's, else its activity's venue's."""
    venues = tables.venues.set_index(VENUE)
    of_activity = tables.activities[VENUE].to_numpy()[activity]
    own = tables.sessions[VENUE].to_numpy()
    venue = pd.Series(np.where(own == "", of_activity, own))
    found = []
    for name in ("lat", "lon"):
        there = venue.map(venues[name]).to_numpy(np.float64)
        here = tables.sessions[name].to_numpy(np.float64)
        found.append(np.where(np.isnan(here), there, here))
    return found[0], found[1]


def _stations(tables: Tables, rows: Mapping[str, int]) -> tuple[Int32, Int32]:
    before = np.full(len(rows), UNKNOWN, dtype=np.int32)
    for _, line in tables.lines.sort_values(["line_id", "station"]).groupby("line_id"):
        stations = [rows[name] for name in line[ACTIVITY]]
        before[stations[1:]] = stations[:-1]
    awarding: dict[str, int] = {}
    for row, badges in enumerate(tables.activities["awards"]):
        for badge in filter(None, badges.split(";")):
            awarding.setdefault(badge, row)
    needs = np.full(len(rows), UNKNOWN, dtype=np.int32)
    for row, badges in enumerate(tables.activities["requires"]):
        known = [awarding[badge] for badge in filter(None, badges.split(";")) if badge in awarding]
        needs[row] = known[0] if known else UNKNOWN
    return before, needs
