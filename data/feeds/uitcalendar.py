"""Calendars of UiTdatabank's JSON-LD: single, multiple, periodic and permanent, with hours and exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.feeds.opening import Deviation, Hours, week_of
from data.feeds.records import Odd, Reading, UnusableError
from data.feeds.rows import Context
from data.feeds.said import listed, moment, text_of
from data.feeds.series import Occurrence, between, near
from recommender.errors import BadInput

WEEKS_AHEAD = 8
BY_PLACE = "the opening hours of its place"
_CALENDARS = ("single", "multiple", "periodic", "permanent")


def id_of(record: Mapping[str, Any]) -> str:
    """The last part of ``@id``: the same event or place under another address keeps its id."""
    return text_of(record.get("@id")).rstrip("/").rpartition("/")[2]


def _span(row: Mapping[str, Any], zone: ZoneInfo) -> tuple[date, date]:
    days = [moment(name, row.get(name), zone) for name in ("startDate", "endDate")]
    first, last = (day.date() if isinstance(day, datetime) else day for day in days)
    return first, last


def hours_of(record: Mapping[str, Any], zone: ZoneInfo, odd: Odd) -> Hours:
    """Opening hours of an event or place; a closed day wins over one with other hours."""
    deviations = []
    for name in ("openingHoursAdjustedDays", "openingHoursClosedDays"):
        for row in listed(record.get(name)):
            try:
                first, last = _span(row, zone)
            except UnusableError as bad:
                odd.append(UnusableError(f"{name}.{bad.field}", bad.value, bad.expected).without())
                continue
            hours = week_of(f"{name}.openingHours", row.get("openingHours"), odd)
            deviations.append(Deviation(first, last, hours))
    return Hours(week_of("openingHours", record.get("openingHours"), odd), tuple(deviations))


def _dated(record: Mapping[str, Any], field: str, context: Context, odd: Odd) -> list[Occurrence]:
    """One dated session; what is wrong with it costs only the session."""
    try:
        start = moment(f"{field}startDate", record.get("startDate"), context.zone)
        end = moment(f"{field}endDate", record.get("endDate"), context.zone) if record.get("endDate") else None
        found = between(start, end, context.zone)
    except UnusableError as bad:
        odd.append(bad.without())
        return []
    except BadInput as error:
        odd.append(UnusableError(f"{field}endDate", record.get("endDate"), str(error)).without())
        return []
    status = (record.get("status") or {}).get("type", "Available")
    booking = (record.get("bookingAvailability") or {}).get("type", "Available")
    said = "cancelled" if status != "Available" else "full" if booking != "Available" else "scheduled"
    return [Occurrence(found.start, found.end, found.drop_in, said, found.origin)]


def sessions_of(record: Mapping[str, Any], context: Context, reading: Reading, odd: Odd) -> list[Occurrence]:
    """All sessions of an event, whatever its calendar; at most those nearest to now.

    Raises
    ------
    UnusableError
        For a calendar type that does not exist.
    """
    kind = record.get("calendarType", "single" if record.get("startDate") else None)
    if kind is None:
        reading.counts["activities without a calendar"] += 1
        return []
    if kind not in _CALENDARS:
        raise UnusableError("calendarType", kind, f"one of {', '.join(_CALENDARS)}")
    if kind in ("single", "multiple"):
        parts = listed(record.get("subEvent")) or ([record] if kind == "single" else [])
        field = "subEvent." if record.get("subEvent") else ""
        return [found for part in parts for found in _dated(part, field, context, odd)]
    hours, origin = hours_of(record, context.zone, odd), {}
    if record.get("openingHours") and not hours.week:
        reading.counts["activities whose opening hours cannot be read: sessions not known"] += 1
        return []
    if kind == "permanent":
        first = context.now.date()
        last = first + timedelta(weeks=WEEKS_AHEAD)
        if not hours:
            hours = context.places.get(id_of(record.get("location") or {}), hours)
            origin = dict.fromkeys(("start", "end"), BY_PLACE)
        if not hours:
            reading.counts["permanent activities without opening hours: sessions not known"] += 1
            return []
    else:
        first, last = _span(record, context.zone)
    try:
        if hours:
            dated = hours.drop_ins(first, last, context.zone)
        else:
            days = range((last - first).days + 1) if last - first < timedelta(days=20 * 366) else range(0)
            dated = [between(first + timedelta(days=day), None, context.zone) for day in days]
    except BadInput as error:
        raise UnusableError("endDate", record.get("endDate"), str(error)) from None
    if not dated and kind == "periodic":
        raise UnusableError("endDate", record.get("endDate"), "a day that is open between its first and its last")
    kept = near(dated, context.now)
    reading.counts["further sessions left out"] += len(dated) - len(kept)
    return [Occurrence(one.start, one.end, True, one.status, {**one.origin, **origin}) for one in kept]
