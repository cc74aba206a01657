"""UiTdatabank (publiq, Flanders): events and places as JSON-LD, and events as the older CdbXML.

- ``-`` and a missing ``typicalAgeRange`` mean *all ages* here: the origin says which of the two it was. A range of
  birth dates is turned into ages at the first session.
- A calendar without hours is a drop-in from 10:00 to 20:00; a permanent one is open for the coming weeks by its own
  hours, else by those of its place, else its sessions are not known.
- Only the base price counts; the price for one person in another currency than the euro is not known.
- What is deleted, rejected, private or for schools only is left out, with a line in quarantine; drafts are counted.
- Cancelled is what the status says, and what a title ends in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.feeds import cdbxml
from data.feeds.content import all_files, decoded, parsed_json, read_bytes
from data.feeds.mapping import CategoryMapping, load
from data.feeds.opening import Hours
from data.feeds.places import point
from data.feeds.records import Odd, Reading, Row, UnusableError, each
from data.feeds.rows import Context, city_of, known, now_of, session_rows
from data.feeds.said import (
    ALL_AGES,
    ages,
    amount,
    in_language,
    listed,
    moment,
    required,
    slug,
    status_of_title,
    text_of,
)
from data.feeds.tabled import tables_of
from data.feeds.uitcalendar import hours_of, id_of, sessions_of
from data.tables import CitySettings, Tables
from recommender.errors import BadInput

CITY = CitySettings(id="uitdatabank", name="UiTdatabank", time_zone="Europe/Brussels", languages=("nl", "en"))
BY_DASH = "UiTdatabank: typicalAgeRange '-' means all ages"
BY_SILENCE = "UiTdatabank: no typicalAgeRange means all ages"
BY_BIRTH = "its range of birth dates, as ages at the first session"
_UNSEEN = {"DELETED", "REJECTED"}


def broader(code: str) -> tuple[str, ...]:
    """The broader term of ``1.8.3.1.0`` is ``1.8.3.0.0``; the first two parts are the top."""
    parts = code.split(".")
    last = max((place for place, part in enumerate(parts) if part != "0"), default=0)
    return (".".join([*parts[:last], "0", *parts[last + 1 :]]),) if len(parts) == 5 and last >= 2 else ()


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for UiTdatabank's terms."""
    return load("uitdatabank", broader=broader, own=own)


def place_of(record: Mapping[str, Any], context: Context, line: int, odd: Odd) -> Row | None:
    """A place as a venue, with an id made of its name when it has none; None without a name and an id."""
    language = text_of(record.get("mainLanguage")) or "nl"
    name = in_language(record.get("name"), language)
    address = record.get("address") or {}
    address = address if "addressLocality" in address else (address.get(language) or next(iter(address.values()), {}))
    area, country = text_of(address.get("addressLocality")), text_of(address.get("addressCountry"))
    venue = id_of(record) or slug(f"{name} {area}")
    if not venue:
        return None
    geo = record.get("geo") or {}
    lat, lon, repaired = point(geo.get("latitude"), geo.get("longitude"), country or context.city.time_zone, odd)
    meaning = context.mapping.of_codes((text_of(term.get("id")), "") for term in listed(record.get("terms")))
    values = {
        "venue_id": venue,
        "name": name,
        "domain": meaning.domain or context.mapping.domain(name),
        "lat": lat,
        "lon": lon,
        "area": area,
        "opening_hours": hours_of(record, context.zone, odd).osm(),
        "accessible": "true" if "wheelchair" in meaning.access else "",
    }
    return Row(context.source, line, known(values), dict.fromkeys(("lat", "lon"), repaired) if repaired else {})


def _age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _ages(record: Mapping[str, Any], first: date | None, context: Context, odd: Odd) -> tuple[tuple[str, str], str]:
    """The ages, and where they come from when the record does not name them."""
    born = record.get("birthdateRange") or {}
    if first is not None and born.get("from") and born.get("to"):
        days = [moment(f"birthdateRange.{name}", born[name], context.zone) for name in ("to", "from")]
        low, high = (_age_on(day, first) for day in days)
        if 0 <= low <= high <= 120:
            return (str(low), str(high)), BY_BIRTH
        odd.append(UnusableError("birthdateRange", born, "birth dates of people alive at that time").without())
    said = text_of(record.get("typicalAgeRange"))
    if not said:
        return ALL_AGES, BY_SILENCE
    return ages("typicalAgeRange", said, odd), BY_DASH if said.strip() == "-" else ""


def _price(record: Mapping[str, Any], odd: Odd) -> str:
    base = [row for row in listed(record.get("priceInfo")) if row.get("category") == "base"]
    return amount("priceInfo.price", base[0].get("price"), base[0].get("priceCurrency"), odd) if base else ""


def read_event(context: Context, line: int, record: Mapping[str, Any], odd: Odd) -> Reading:
    """One event as an activity with its sessions and venue."""
    reading = Reading()
    language = text_of(record.get("mainLanguage")) or "nl"
    activity = required("@id", id_of(record))
    title = required("name", in_language(record.get("name"), language))
    workflow = record.get("workflowStatus")
    audience = (record.get("audience") or {}).get("audienceType")
    if workflow in _UNSEEN:
        raise UnusableError("workflowStatus", workflow, "an event that is published")
    if audience == "education":
        raise UnusableError("audience.audienceType", audience, "an event that is not for schools only")
    reading.counts["drafts"] += workflow == "DRAFT"
    reading.counts["activities for members only"] += audience == "members"
    found = sessions_of(record, context, reading, odd)
    venue = place_of(record.get("location") or {}, context, line, odd)
    if venue is not None:
        reading.venues.append(venue)
    first = min((session.start.date() for session in found), default=None)
    span, by = _ages(record, first, context, odd)
    terms = [
        (text_of(term.get("id")), text_of(term.get("label")), term.get("domain"))
        for term in listed(record.get("terms"))
    ]
    known_terms = [(code, label) for code, label, domain in terms if domain != "facility"]
    meaning = context.mapping.of_codes(known_terms, reading.unmapped)
    facilities = context.mapping.of_codes((code, label) for code, label, domain in terms if domain == "facility")
    values = {
        "activity_id": activity,
        "title": title,
        "description": in_language(record.get("description"), language),
        "language": language,
        "themes": meaning.themes,
        "organiser": in_language((record.get("organizer") or {}).get("name"), language),
        "venue_id": venue.values["venue_id"] if venue else "",
        "age_min": span[0],
        "age_max": span[1],
        "price": _price(record, odd),
        "form": meaning.form,
        "access": facilities.access,
    }
    origin = dict.fromkeys(("age_min", "age_max"), by) if by else {}
    version = text_of(record.get("modified")) or text_of(record.get("created"))
    reading.activities.append(Row(context.source, line, known(values), origin, version=version))
    status = status_of_title(title)
    if (record.get("status") or {}).get("type", "Available") != "Available":
        status = "cancelled"
    reading.sessions += session_rows(activity, found, context.source, line, status)
    return reading


def read_record(context: Context, line: int, record: Any, odd: Odd) -> Reading:
    """An event, or a place that events stand at."""
    if text_of(record.get("@type")) == "Place" or "/place/" in text_of(record.get("@id")):
        venue = place_of(record, context, line, odd)
        if text_of(record.get("duplicateOf")):
            raise UnusableError("duplicateOf", record["duplicateOf"], "a place that is no duplicate of another")
        return Reading(venues=[venue] if venue else [])
    return read_event(context, line, record, odd)


def records_in(content: bytes | str, source: str) -> list[tuple[int, Any]]:
    """Events and places of a file: one object, a list, a page of search results, or one object on each line."""
    if source.removesuffix(".gz").endswith(("jsonl", "ndjson")):
        lines = decoded(content, source).splitlines()
        return [
            (line, parsed_json(text, f"{source}, line {line}")) for line, text in enumerate(lines, 1) if text.strip()
        ]
    found = parsed_json(content, source)
    if isinstance(found, dict):
        found = found.get("member", found.get("@graph", [found]))
    if not isinstance(found, list):
        raise BadInput(f"{source}: neither an event nor a list of events of UiTdatabank")
    if not any(isinstance(record, dict) and {"@id", "name"} & set(record) for record in found):
        raise BadInput(f"{source}: no event or place of UiTdatabank in here")
    return list(enumerate(found, start=1))


def parse(records: list[tuple[int, Any]], context: Context) -> Reading:
    """All events and places of a file in JSON-LD."""
    return each(records, partial(read_record, context), context.source, "an event or a place")


def place_hours(records: list[tuple[int, Any]], zone: ZoneInfo) -> dict[str, Hours]:
    """Opening hours of the places among the records, by id."""
    found = {}
    for _, record in records:
        if isinstance(record, dict) and record.get("@type") == "Place":
            try:
                found[id_of(record)] = hours_of(record, zone, [])
            except (AttributeError, TypeError, UnusableError):
                # It is judged, and said to be wrong, when the places themselves are read.
                continue
    return found


def read(path: Path, now: int | None = None) -> Tables:
    """All events and places in a file or below a folder: ``.json``, ``.jsonl`` and ``.xml``, packed or not.

    Parameters
    ----------
    path : Path
        With a ``city.toml`` beside it, it is that city.
    now : int or None
        Seconds since 1970 UTC, for calendars without end; None: the city's own ``as_of``, else the clock's.

    Raises
    ------
    BadInput
        When nothing in it is UiTdatabank's.
    """
    path = Path(path)
    city = city_of(path, CITY)
    context = Context("", city, now_of(city, now), mapping(path if path.is_dir() else path.parent))
    records: dict[str, list[tuple[int, Any]]] = {}

    def read_file(file: Path) -> Reading:
        content = read_bytes(file)
        if ".xml" in file.name:
            return cdbxml.parse(content, replace(context, source=file.name))
        records[file.name] = records_in(content, file.name)
        return Reading()

    whole = all_files(Reading, path, (".json", ".jsonl", ".xml"), read_file, "events of UiTdatabank")
    places: dict[str, Hours] = {}
    for found in records.values():
        places.update(place_hours(found, context.zone))
    for name, found in records.items():
        whole.add(parse(found, replace(context, source=name, places=places)))
    return tables_of(whole, context.mapping, city, path.name)
