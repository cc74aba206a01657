"""Events in JSON-LD as schema.org means them, which OpenActive builds on: places, moments, schedules, prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import dropwhile, islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday  # type: ignore[import-untyped]

from data.feeds.opening import WEEK, Hours, week_of
from data.feeds.places import point
from data.feeds.records import Odd, Row, UnusableError
from data.feeds.rows import Context, known
from data.feeds.said import amount, clock, in_language, length, listed, moment, slug, text_of
from data.feeds.series import Occurrence, between, near
from recommender.errors import BadInput

Record = Mapping[str, Any]
BY_SCHEDULE = "its schedule: no dated session is published"
AROUND = timedelta(days=5 * 366)
MOST_DATES = 5_000
_STEP = re.compile(r"P(\d{1,3})([YMWD])")
_FREQUENCIES = {"Y": YEARLY, "M": MONTHLY, "W": WEEKLY, "D": DAILY}
_OFF = {"EventCancelled", "EventPostponed", "Cancelado", "Aplazado"}


def name_in(value: object) -> str:
    """The last part of an address or prefixed name: ``https://schema.org/Event`` and ``schema:Event`` → ``Event``."""
    return text_of(value).rstrip("/").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]


def kinds(record: object) -> tuple[str, ...]:
    """The types of an object, without prefix; none for what is no object."""
    if not isinstance(record, Mapping):
        return ()
    return tuple(name_in(kind) for kind in listed(record.get("@type", record.get("type"))))


def ident(record: object) -> str:
    """The address that names an object, ``""`` when it has none."""
    return text_of(record.get("@id", record.get("id"))) if isinstance(record, Mapping) else ""


def short_id(address: str) -> str:
    """An id made of an address, without its scheme."""
    return slug(address.rpartition("://")[2])


def _one(value: object) -> Any:
    return next(iter(listed(value)), None)


def place_of(location: object, context: Context, line: int, odd: Odd) -> Row | None:
    """A place as a venue; None when there is none, or it is only online. A text is the name of a place."""
    for place in listed(location):
        if isinstance(place, str):
            place = {"name": place}
        if "VirtualLocation" in kinds(place):
            continue
        address = _one(place.get("address")) or {}
        address = {"addressLocality": address} if isinstance(address, str) else address
        name = in_language(place.get("name"), context.city.languages[0])
        area = text_of(address.get("addressLocality"))
        key = short_id(ident(place)) or slug(f"{name} {text_of(address.get('postalCode')) or area}")
        if not key:
            continue
        geo = _one(place.get("geo")) or place
        country = text_of(address.get("addressCountry"))
        lat, lon, repaired = point(geo.get("latitude"), geo.get("longitude"), country or context.city.time_zone, odd)
        hours = Hours(week_of("openingHoursSpecification", place.get("openingHoursSpecification"), odd))
        values = {
            "venue_id": key,
            "name": name,
            "domain": context.mapping.domain(name),
            "lat": lat,
            "lon": lon,
            "area": area,
            "opening_hours": hours.osm(),
        }
        return Row(context.source, line, known(values), dict.fromkeys(("lat", "lon"), repaired) if repaired else {})
    return None


def left(record: Record) -> str:
    """Places left, as the record says, else ``""``."""
    found = record.get("remainingAttendeeCapacity", record.get("remainingUses"))
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else ""


def status_of(record: Record) -> str:
    """What became of an event: ``cancelled`` (also when postponed: then it is not on), ``full`` or ``scheduled``."""
    if name_in(record.get("eventStatus")) in _OFF:
        return "cancelled"
    return "full" if left(record) == "0" else "scheduled"


def dated(record: Record, context: Context, odd: Odd, field: str = "") -> Occurrence | None:
    """The one session that a record's own dates tell; None, with a line in ``odd``, when they tell none."""
    try:
        start = moment(f"{field}startDate", record.get("startDate"), context.zone)
        end = moment(f"{field}endDate", record.get("endDate"), context.zone) if record.get("endDate") else None
        found = between(start, end, context.zone, length(f"{field}duration", record.get("duration"), odd))
    except UnusableError as bad:
        odd.append(bad.without())
        return None
    except BadInput as error:
        odd.append(UnusableError(f"{field}endDate", record.get("endDate"), str(error)).without())
        return None
    return Occurrence(found.start, found.end, found.drop_in, status_of(record), found.origin)


def _rule(schedule: Record, first: date) -> rrule:
    step = _STEP.fullmatch(text_of(schedule.get("repeatFrequency")) or "P1W")
    if step is None or int(step[1]) < 1:
        raise ValueError("repeatFrequency: a step such as P1W")
    names = [name_in(day).lower() for day in listed(schedule.get("byDay"))]
    last = text_of(schedule.get("endDate"))[:10]
    return rrule(
        _FREQUENCIES[step[2]],
        dtstart=datetime.combine(first, datetime.min.time()),
        interval=int(step[1]),
        byweekday=[weekday(WEEK.index(name)) for name in names] or None,
        bymonthday=[int(day) for day in listed(schedule.get("byMonthDay"))] or None,
        until=datetime.fromisoformat(last) if last else None,
    )


def _days(schedule: Record, first: date, now: datetime) -> list[date]:
    """Its days within five years of now, at most ``MOST_DATES``: a schedule may have begun long ago and have no end."""
    here = now.replace(tzinfo=None)
    all_days = islice(_rule(schedule, first), int(schedule.get("repeatCount") or 20 * MOST_DATES))
    near_ones = dropwhile(lambda day: day < here - AROUND, takewhile(lambda day: day < here + AROUND, all_days))
    found = [day.date() for day in islice(near_ones, MOST_DATES)]
    if not found:
        raise ValueError("a day within five years of now")
    return found


def scheduled(record: Record, context: Context, odd: Odd) -> list[Occurrence]:
    """Sessions out of ``eventSchedule`` (or ``courseSchedule``), at most those nearest to now.

    Dates in ``exceptDate`` are left out; a schedule that cannot be read costs only itself.
    """
    found: list[Occurrence] = []
    for schedule in listed(record.get("eventSchedule", record.get("courseSchedule"))):
        try:
            zone = ZoneInfo(text_of(schedule.get("scheduleTimezone")) or context.zone.key)
            first = date.fromisoformat(text_of(schedule.get("startDate"))[:10])
            at = clock("eventSchedule.startTime", schedule["startTime"]) if schedule.get("startTime") else None
            to = clock("eventSchedule.endTime", schedule["endTime"]) if schedule.get("endTime") else None
            lasts = length("eventSchedule.duration", schedule.get("duration"), odd)
            days = _days(schedule, first, context.now)
            out = {text_of(day)[:10] for day in listed(schedule.get("exceptDate"))}
            for day in days:
                if day.isoformat() in out:
                    continue
                start = datetime.combine(day, at, zone) if at else day
                end = datetime.combine(day, to, zone) if at and to else None
                if end is not None and isinstance(start, datetime) and end <= start:
                    end += timedelta(days=1)
                one = between(start, end, zone, lasts)
                origin = {"start": BY_SCHEDULE, "end": BY_SCHEDULE, **one.origin}
                found.append(Occurrence(one.start, one.end, one.drop_in, status_of(record), origin))
        except UnusableError as bad:
            odd.append(bad.without())
        except (AttributeError, BadInput, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            odd.append(UnusableError("eventSchedule", schedule, f"a schedule with dates and times ({error})").without())
    return near(sorted(found, key=lambda one: one.start), context.now)


def price_of(record: Record, odd: Odd) -> str:
    """Euros for one person: 0 when it is free; an amount when every offer asks the same, else not known."""
    if record.get("isAccessibleForFree") in (True, "true", "True"):
        return "0"
    found = set()
    for offer in listed(record.get("offers")):
        if not isinstance(offer, Mapping):
            continue
        if "lowPrice" in offer and offer.get("lowPrice") != offer.get("highPrice"):
            found.add("")
            continue
        asked = offer.get("price", offer.get("lowPrice"))
        if asked is None:
            asked = (_one(offer.get("priceSpecification")) or {}).get("price")
        found.add(amount("offers.price", asked, offer.get("priceCurrency"), odd))
    return found.pop() if len(found) == 1 else ""
