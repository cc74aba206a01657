"""iCalendar (RFC 5545): every event with its recurrences, exceptions and moved or cancelled occurrences.

- An event is an activity, its occurrences are sessions: those within a year of now, else those of its first two years.
- Floating times, and zones that nobody knows, are on the calendar's own clocks (``X-WR-TIMEZONE``), else the city's.
- A day without an hour is a drop-in from 10:00 to 20:00; without an end two hours are assumed.
- Events may stand without a calendar around them. What cannot be read costs only that event.
- Private and confidential events are left out. Ages and prices are not part of iCalendar: not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

from data.feeds.content import all_files, decoded, read_bytes
from data.feeds.mapping import CategoryMapping, load
from data.feeds.places import point
from data.feeds.records import Odd, Reading, Row, UnusableError, each
from data.feeds.rows import Context, city_of, known, now_of, session_rows
from data.feeds.said import slug, status_of_title, text_of
from data.feeds.series import Occurrence, between, near
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables
from recommender.errors import BadInput

Event = Any
"""A component of the calendar library, whose values have a type each."""

CITY = CitySettings(id="calendar", name="Calendar")
AROUND = timedelta(days=366)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_ZONE_NAME = re.compile(r"^X-WR-TIMEZONE:(.+?)\s*$", re.MULTILINE)
_HEAD, _FOOT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//leerlijn//EN\r\n", "\r\nEND:VCALENDAR\r\n"


def blocks_of(text: str) -> dict[str, list[str]]:
    """The texts of all events and time zones, each from its BEGIN to its END; what has no END is left out."""
    found: dict[str, list[str]] = {"VEVENT": [], "VTIMEZONE": []}
    name, lines = "", list[str]()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        word, _, what = line.strip().upper().partition(":")
        if word == "BEGIN" and what in found:
            name, lines = what, []
        if name:
            lines.append(line)
        if word == "END" and what == name and name:
            found[name].append("\n".join(lines))
            name = ""
    return found


def _calendar(parts: Iterable[str]) -> list[Event]:
    """Events of calendar text. Raises ``ValueError`` when it is none."""
    whole = Calendar.from_ical(_HEAD + "\r\n".join(parts) + _FOOT)
    return list(whole.walk("VEVENT"))


def events_in(text: str, source: str) -> list[tuple[int, list[Event] | str]]:
    """Events by their UID, each with its moved occurrences, and the texts of those that cannot be read.

    The first number is the place of the first of them in the file, from 1.

    Raises
    ------
    BadInput
        When there is no event in it.
    """
    found = blocks_of(text)
    blocks = found["VEVENT"]
    if not blocks:
        raise BadInput(f"{source}: no event in here; BEGIN:VEVENT was expected")
    zones = found["VTIMEZONE"]
    try:
        events: list[Event | str] = list(_calendar([*zones, *blocks]))
        if len(events) != len(blocks):
            raise ValueError
    except (LookupError, TypeError, ValueError):
        events = []
        for block in blocks:
            try:
                events += _calendar([*zones, block])
            except (LookupError, TypeError, ValueError):
                events.append(block)
    groups: dict[str, tuple[int, list[Event] | str]] = {}
    for line, event in enumerate(events, start=1):
        if isinstance(event, str):
            groups[f" {line}"] = (line, event)
            continue
        group = groups.setdefault(text_of(event.get("UID")) or f" {line}", (line, []))[1]
        if isinstance(group, list):
            group.append(event)
    return list(groups.values())


def _moment(value: date | datetime, zone: ZoneInfo) -> date | datetime:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)


def _occurrence(event: Event, zone: ZoneInfo) -> Occurrence:
    """One occurrence as a session. Raises ``BadInput`` when it ends before it starts."""
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else start + event["DURATION"].dt if "DURATION" in event else None
    if end is not None and isinstance(end, datetime) != isinstance(start, datetime):
        end = None
    if end is not None and not isinstance(start, datetime):
        # The end of a whole day is the day after it.
        end = max(start, end - timedelta(days=1))
    found = between(_moment(start, zone), _moment(end, zone) if end is not None else None, zone)
    status = "cancelled" if text_of(event.get("STATUS")).upper() == "CANCELLED" else "scheduled"
    return replace(found, status=status)


def _checked(event: Event) -> None:
    if "DTSTART" not in event or not hasattr(event["DTSTART"], "dt"):
        raise UnusableError("DTSTART", event.get("DTSTART", ""), "a day or a moment")
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = str((rule.get("FREQ") or [""])[0]).upper()
        if frequency not in _FREQUENCIES or {"BYSECOND", "BYMINUTE"} & set(rule):
            raise UnusableError("RRULE", rule.to_ical().decode(), f"one of {', '.join(_FREQUENCIES)}")


def occurrences(group: list[Event], now: datetime, zone: ZoneInfo, odd: Odd) -> list[Occurrence]:
    """The sessions of an event nearest to now, moved and cancelled ones in their place.

    Raises
    ------
    UnusableError
        For an event without a start, or that comes back more often than daily.
    """
    for event in group:
        _checked(event)
    recurring = any(name in event for event in group for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    found: Iterator[Event] | list[Event] = iter(group)
    if recurring:
        calendar = Calendar()
        for event in group:
            calendar.add_component(event)
        try:
            query = recurring_ical_events.of(calendar)
            found = query.between(now - AROUND, now + AROUND)
            if not found:
                first = min((_moment(event["DTSTART"].dt, zone) for event in group), key=str)
                found = query.between(first, first + 2 * AROUND)
        except (ArithmeticError, LookupError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            raise UnusableError(
                "RRULE", group[0].get("RRULE", ""), f"a recurrence that can be followed ({error})"
            ) from None
    dated = []
    for event in found:
        try:
            dated.append(_occurrence(event, zone))
        except BadInput as error:
            odd.append(UnusableError("DTEND", event["DTEND"].to_ical().decode(), str(error)).without())
    return near(sorted(dated, key=lambda one: one.start), now)


def _venue(event: Event, context: Context, line: int, odd: Odd) -> Row | None:
    name = text_of(event.get("LOCATION"))
    geo = event.get("GEO")
    if not name and geo is None:
        return None
    lat, lon, repaired = "", "", ""
    if geo is not None:
        said = (geo.latitude, geo.longitude) if hasattr(geo, "latitude") else text_of(geo).split(";")
        lat, lon, repaired = point(said[0], said[-1], context.city.time_zone, odd)
    values = {
        "venue_id": slug(name) or slug(f"{lat} {lon}"),
        "name": name,
        "domain": context.mapping.domain(name),
        "lat": lat,
        "lon": lon,
    }
    origin = dict.fromkeys(("lat", "lon"), repaired) if repaired else {}
    return Row(context.source, line, known(values), origin) if values["venue_id"] else None


def _categories(event: Event) -> list[str]:
    found = event.get("CATEGORIES") or []
    return [
        text_of(str(name))
        for part in (found if isinstance(found, list) else [found])
        for name in getattr(part, "cats", [part])
    ]


def read_group(context: Context, line: int, group: Any, odd: Odd) -> Reading:
    """One event, with its moved occurrences, as an activity with its sessions and venue."""
    if isinstance(group, str):
        raise UnusableError("", group[:80], "an event in iCalendar")
    reading = Reading()
    head = next((event for event in group if "RECURRENCE-ID" not in event), group[0])
    title = text_of(head.get("SUMMARY"))
    if not title:
        raise UnusableError("SUMMARY", "", "a value")
    if text_of(head.get("CLASS")).upper() in ("PRIVATE", "CONFIDENTIAL"):
        raise UnusableError("CLASS", head["CLASS"], "a public event")
    found = occurrences(group, context.now, context.zone, odd)
    uid = text_of(head.get("UID"))
    activity = slug(uid) or slug(f"{title} {head['DTSTART'].to_ical().decode()}")
    venue = _venue(head, context, line, odd)
    if venue is not None:
        reading.venues.append(venue)
    themes, form, origin = "", "", {}
    names = _categories(head)
    for where, text in (("categories", " ".join(names)), ("title", title)):
        themes, form = context.mapping.of_words("title", text)
        if themes:
            reading.counts[f"themes from words in {where}"] += 1
            origin = {"themes": f"words in its {where}"}
            break
    if not themes:
        reading.unmapped.update(names)
    organiser = head.get("ORGANIZER")
    values = {
        "activity_id": activity,
        "title": title,
        "description": text_of(head.get("DESCRIPTION")),
        "language": getattr(head.get("SUMMARY"), "params", {}).get("LANGUAGE", "")[:2].lower(),
        "themes": themes,
        "organiser": text_of(organiser.params.get("CN")) if organiser is not None else "",
        "venue_id": venue.values["venue_id"] if venue else "",
        "form": form,
    }
    if not uid:
        origin["activity_id"] = "the event has no UID: its title and start"
    changed = getattr(head.get("LAST-MODIFIED"), "dt", None)
    version = changed.isoformat() if isinstance(changed, date) else ""
    reading.activities.append(Row(context.source, line, known(values), origin, version=version))
    reading.sessions += session_rows(activity, found, context.source, line, status_of_title(title))
    return reading


def parse(content: bytes | str, context: Context) -> Reading:
    """All events of a calendar, or events without one; a line in quarantine is the place among them, from 1.

    Raises
    ------
    BadInput
        When there is no event in it.
    """
    text = decoded(content, context.source, otherwise="cp1252")
    own = _ZONE_NAME.search(text)
    counts: Reading = Reading()
    if own:
        try:
            context = replace(context, city=replace(context.city, time_zone=ZoneInfo(own[1]).key))
        except (ValueError, OSError, ZoneInfoNotFoundError):
            counts.counts[f"X-WR-TIMEZONE {own[1]!r} is no known zone: the city's is taken"] += 1
    groups = events_in(text, context.source)
    whole = each(groups, partial(read_group, context), context.source, "an event")
    whole.add(counts)
    return whole


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for categories and titles."""
    return load("words", own=own)


def read(path: Path, now: int | None = None) -> Tables:
    """All calendars in a file or below a folder: ``.ics``, packed or not.

    Raises
    ------
    BadInput
        When there is no event in any of them.
    """
    path = Path(path)
    city = city_of(path, CITY)
    context = Context(path.name, city, now_of(city, now), mapping(path if path.is_dir() else path.parent))
    whole = all_files(
        Reading,
        path, (".ics",), lambda file: parse(read_bytes(file), replace(context, source=file.name)), "calendar"
    )  # fmt: skip
    return tables_of(whole, context.mapping, city, path.name)
