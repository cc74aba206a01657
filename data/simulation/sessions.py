"""Dates and hours: when and where each activity takes place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from data.simulation.calendar import DARK, Season, moment, school_holiday
from data.simulation.config import SimulationConfig
from data.simulation.places import Area, point
from data.simulation.programme import Plan, Programme
from data.simulation.streams import stream
from data.simulation.texts import read_toml

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_RULE = re.compile(r"(\w\w)(?:-(\w\w))? (\d\d:\d\d)-(\d\d:\d\d)")
_AT_SCHOOL = frozenset({"toddler", "young", "child", "older", "teen"})
_HOLIDAY_SHARE, _HOLIDAY_HOURS = 0.3, ("10:00", "10:30", "13:00", "13:30", "14:00")
_CANCELLED = 0.03
_TRIES = 8
_MORNING, _AFTER_SCHOOL, _SHORTEST = 9 * 60 + 30, 15 * 60 + 30, 60


@dataclass(frozen=True)
class Dated:
    """A session: row of its activity, season, moments (seconds since 1970 UTC), place (NaN where the venue's),
    ``seats`` that people with a passport can take.
    """

    activity: int
    season: int
    start: int
    end: int
    lat: float
    lon: float
    seats: float
    cancelled: bool
    drop_in: bool


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def opening(hours: str, day: date) -> tuple[int, int] | None:
    """When a venue is open on a day, in minutes after midnight; None when closed or not known."""
    for first, last, opens, closes in _RULE.findall(hours):
        if _DAYS.index(first) <= day.weekday() <= _DAYS.index(last or first):
            return _minutes(opens), _minutes(closes)
    return None


def dated_sessions(
    config: SimulationConfig,
    seasons: tuple[Season, ...],
    plans: Programme,
    hoods: tuple[Area, ...],
    desert: frozenset[str],
) -> list[Dated]:
    """Every session, sorted by activity and start; no activity has two at the same moment."""
    kinds, audiences = read_toml("kinds.toml"), read_toml("audiences.toml")
    stops = [hood for hood in hoods if hood.name not in desert]
    found: list[Dated] = []
    for season, rows in zip(seasons, plans.running, strict=True):
        rng = stream(config.seed, "sessions", season.number)
        days = list(season.days())
        for row in rows:
            plan = plans.plans[row]
            kind = kinds[plan.kind]
            slots = dict.fromkeys(_slots(plan, kind, audiences[plan.audience]["hours"], days, rng))
            for start, end in slots:
                lat = lon = float("nan")
                if plan.site.mobile:
                    stop = stops[rng.integers(len(stops))]
                    east, north = rng.normal(0, 0.15, 2)
                    lat, lon = point(config, east, north)
                    lat, lon = stop.lat + lat - config.lat, stop.lon + lon - config.lon
                found.append(
                    Dated(
                        row, season.number, start, end, lat, lon, *_seats(kind, rng), bool(kind.get("drop_in", False))
                    )
                )
    return sorted(found, key=lambda session: (session.activity, session.start))


def _seats(kind: Mapping[str, Any], rng: np.random.Generator) -> tuple[float, bool]:
    """Seats left beside people without a passport, and whether the session is cancelled."""
    share, others, bad_luck = rng.random(3)
    low, high = kind["seats"]
    seats = low + share * (high - low)
    return float(max(2, round(seats * (0.4 + 0.6 * others)))), bool(bad_luck < _CANCELLED)


def _slots(
    plan: Plan, kind: Mapping[str, Any], hours: list[Any], days: list[date], rng: np.random.Generator
) -> list[tuple[int, int]]:
    low, high = kind["sessions"]
    count = int(rng.integers(low, high + 1))
    length = int(rng.integers(kind["minutes"][0] // 15, kind["minutes"][1] // 15 + 1)) * 15
    if kind["rhythm"] == "weekly":
        return _weekly(plan, days, hours, count, length, rng, kind.get("drop_in", False))
    if kind["rhythm"] == "holiday":
        return _in_a_row(days, count, length, rng)
    if kind["rhythm"] == "night":
        evenings = [day for day in days if day.weekday() in (4, 5)]
        chosen = rng.choice(len(evenings), size=min(count, len(evenings)), replace=False)
        return [_span(evenings[i], DARK[evenings[i].month], length) for i in sorted(chosen)]
    return [_loose(plan, days, hours, length, rng) for _ in range(count)]


def _span(day: date, clock: str, length: int) -> tuple[int, int]:
    start = moment(day, clock)
    return start, start + length * 60


def _hour(hours: list[Any], rng: np.random.Generator) -> tuple[int, str]:
    """A weekday (0 is Monday) and a time to start."""
    weights = np.array([weight for _, _, weight in hours], dtype=np.float64)
    days, clocks, _ = hours[rng.choice(len(hours), p=weights / weights.sum())]
    clock = clocks.split()
    return int(days[rng.integers(len(days))]) - 1, clock[rng.integers(len(clock))]


def _inside(plan: Plan, day: date, clock: str, length: int) -> bool:
    window = opening(plan.site.hours, day)
    return window is not None and window[0] <= _minutes(clock) and _minutes(clock) + length <= window[1]


def _weekly(
    plan: Plan, days: list[date], hours: list[Any], count: int, length: int, rng: np.random.Generator, drop_in: bool
) -> list[tuple[int, int]]:
    pauses = plan.audience not in ("senior", "family", "all")
    usable = [day for day in days if not (pauses and school_holiday(day))]
    clock, fitting = "14:00", usable
    for _ in range(_TRIES):
        weekday, clock = _hour(hours, rng)
        fitting = [day for day in usable if day.weekday() == weekday]
        if fitting and _inside(plan, fitting[0], clock, length):
            break
    else:
        fitting = fitting or usable
        # Nobody can come whenever they like while the door is locked.
        window = opening(plan.site.hours, fitting[0]) if drop_in else None
        if window:
            begin = max(
                window[0], _AFTER_SCHOOL if plan.audience in _AT_SCHOOL and fitting[0].weekday() < 5 else _MORNING
            )
            if begin + _SHORTEST <= window[1]:
                clock, length = f"{begin // 60:02d}:{begin % 60:02d}", min(length, window[1] - begin)
    first = int(rng.integers(max(1, len(fitting) - count + 1)))
    return [_span(day, clock, length) for day in fitting[first : first + count]]


def _in_a_row(days: list[date], count: int, length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    free = [day for day in days if school_holiday(day) and day.weekday() < 5]
    starts = [
        day
        for day in free
        if all(day + timedelta(step) in free for step in range(count)) and day.weekday() + count <= 5
    ]
    starts = starts or free
    first = starts[rng.integers(len(starts))]
    clock = ("09:30", "10:00", "10:30")[rng.integers(3)]
    chosen = [first + timedelta(step) for step in range(count) if first + timedelta(step) in free]
    return [_span(day, clock, length) for day in chosen]


def _loose(plan: Plan, days: list[date], hours: list[Any], length: int, rng: np.random.Generator) -> tuple[int, int]:
    free = [day for day in days if school_holiday(day) and day.weekday() < 6]
    day, clock = days[0], "14:00"
    for _ in range(_TRIES):
        if plan.audience in _AT_SCHOOL and rng.random() < _HOLIDAY_SHARE and free:
            day, clock = free[rng.integers(len(free))], _HOLIDAY_HOURS[rng.integers(len(_HOLIDAY_HOURS))]
        else:
            weekday, clock = _hour(hours, rng)
            fitting = [day for day in days if day.weekday() == weekday and not (weekday < 5 and day in free)] or [
                day for day in days if day.weekday() == weekday
            ]
            day = fitting[rng.integers(len(fitting))]
        if _inside(plan, day, clock, length):
            break
    return _span(day, clock, length)
