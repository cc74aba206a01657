"""The older CdbXML of UiTdatabank (versions 3.x): events with dates, periods or permanent hours.

An age that is not filled in is not known here, unless a target audience such as "Vanaf kleuterleeftijd (3+)" names it:
unlike the JSON-LD, this format has no way to say *all ages*. Times are on the city's clocks; an end before its start
is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from xml.etree.ElementTree import Element

from data.feeds.content import parsed_xml
from data.feeds.opening import WEEK, Hours, Spans
from data.feeds.places import point
from data.feeds.records import Odd, Reading, Row, UnusableError, each
from data.feeds.rows import Context, known, session_rows
from data.feeds.said import ages, amount, clock, moment, required, slug, status_of_title, text_of
from data.feeds.series import ASSUMED_CLOSE, ASSUMED_OPEN, NO_HOUR, Occurrence, between, near
from recommender.errors import BadInput

WEEKS_AHEAD = 8
BY_AUDIENCE = "the target audience among its categories"
_FROM_AGE = re.compile(r"\((\d{1,2})\+\)")
_THEMED = ("eventtype", "theme")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element | None, *path: str) -> list[Element]:
    """Elements by their local names: the namespace carries the version, and every version says the same here."""
    found = [element] if element is not None else []
    for name in path:
        found = [child for parent in found for child in parent if _local(child) == name]
    return found


def _text(element: Element | None, *path: str) -> str:
    return next((text_of("".join(found.itertext())) for found in _all(element, *path)), "")


def _first(element: Element | None, *path: str) -> Element | None:
    return next(iter(_all(element, *path)), None)


def _at(field: str, day: date, text: str, context: Context) -> datetime | None:
    return datetime.combine(day, clock(field, text), context.zone) if text else None


def _timestamps(event: Element, context: Context, odd: Odd) -> Iterator[Occurrence]:
    for stamp in _all(event, "calendar", "timestamps", "timestamp"):
        try:
            day = moment("date", _text(stamp, "date"), context.zone)
            start = _at("timestart", day, _text(stamp, "timestart"), context)
            end = _at("timeend", day, _text(stamp, "timeend"), context)
            if start is not None and end is not None and end <= start:
                end += timedelta(days=1)
            yield between(start or day, end if start else None, context.zone)
        except UnusableError as bad:
            odd.append(bad.without())
        except BadInput as error:
            odd.append(UnusableError("timeend", _text(stamp, "timeend"), str(error)).without())


def _week(scheme: Element | None, odd: Odd) -> tuple[dict[int, Spans], bool]:
    """The week, and whether some of its hours are assumed: a day may be open without saying when."""
    week: dict[int, Spans] = {}
    assumed = False
    for day, name in enumerate(WEEK):
        row = _first(scheme, name)
        if scheme is not None and (row is None or row.get("opentype") == "closed"):
            continue
        spans = []
        for hours in _all(row, "openingtime"):
            try:
                spans.append((clock("openingtime", hours.get("from")), clock("openingtime", hours.get("to"))))
            except UnusableError as bad:
                odd.append(bad.without())
        assumed |= not spans
        week[day] = tuple(spans) or ((ASSUMED_OPEN, ASSUMED_CLOSE),)
    return week, assumed


def _open(scheme: Element | None, first: date, last: date, context: Context, odd: Odd) -> list[Occurrence]:
    week, assumed = _week(scheme, odd)
    origin = dict.fromkeys(("start", "end"), NO_HOUR) if assumed else {}
    try:
        found = Hours(week).drop_ins(first, last, context.zone)
    except BadInput as error:
        raise UnusableError("dateto", last, str(error)) from None
    return [Occurrence(one.start, one.end, True, origin=origin) for one in found]


def _sessions(event: Element, context: Context, reading: Reading, odd: Odd) -> list[Occurrence]:
    found = list(_timestamps(event, context, odd))
    for period in _all(event, "calendar", "periods", "period"):
        days = [moment(name, _text(period, name), context.zone) for name in ("datefrom", "dateto")]
        found += _open(_first(period, "weekscheme"), days[0], days[1], context, odd)
    for always in _all(event, "calendar", "permanentopeningtimes"):
        scheme = _first(always, "permanent", "weekscheme") or _first(always, "weekscheme")
        if scheme is None:
            reading.counts["permanent activities without opening hours: sessions not known"] += 1
            continue
        first = context.now.date()
        found += _open(scheme, first, first + timedelta(weeks=WEEKS_AHEAD), context, odd)
    kept = near(sorted(found, key=lambda one: one.start), context.now)
    reading.counts["further sessions left out"] += len(found) - len(kept)
    return kept


def _venue(event: Element, context: Context, line: int, odd: Odd) -> Row | None:
    label = _first(event, "location", "label")
    name = _text(event, "location", "label")
    physical = _first(event, "location", "address", "physical")
    area = _text(physical, "city")
    venue = (label.get("cdbid") if label is not None else "") or slug(f"{name} {area}")
    if not venue:
        return None
    # x is the longitude.
    lat, lon, repaired = point(
        _text(physical, "gis", "ycoordinate"),
        _text(physical, "gis", "xcoordinate"),
        _text(physical, "country") or context.city.time_zone,
        odd,
    )
    values = {
        "venue_id": venue,
        "name": name,
        "domain": context.mapping.domain(name),
        "lat": lat,
        "lon": lon,
        "area": area,
    }
    return Row(context.source, line, known(values), dict.fromkeys(("lat", "lon"), repaired) if repaired else {})


def _ages(event: Element, categories: list[Element], odd: Odd) -> tuple[str, str, str]:
    low, high = _text(event, "agefrom"), _text(event, "ageto")
    if low or high:
        return *ages("agefrom", f"{low}-{high}", odd), ""
    for category in categories:
        found = _FROM_AGE.search(_text(category)) if category.get("type") == "targetaudience" else None
        if found:
            return found[1], "", BY_AUDIENCE
    return "", "", ""


def read_event(context: Context, line: int, event: Element, odd: Odd) -> Reading:
    """One event as an activity with its sessions and venue."""
    reading = Reading()
    details = _all(event, "eventdetails", "eventdetail")
    languages = {detail.get("lang", ""): detail for detail in reversed(details)}
    detail = languages.get("nl", details[0] if details else None)
    language = detail.get("lang", "") if detail is not None else ""
    activity = required("cdbid", event.get("cdbid"))
    title = required("title", _text(detail, "title"))
    state = event.get("wfstatus", "approved")
    if state in ("deleted", "rejected") or event.get("private") == "true":
        raise UnusableError("wfstatus", "private" if event.get("private") == "true" else state, "a published event")
    reading.counts["drafts"] += state == "draft"
    categories = _all(event, "categories", "category")
    codes = [(one.get("catid", ""), _text(one)) for one in categories if one.get("type") in _THEMED]
    meaning = context.mapping.of_codes(codes, reading.unmapped)
    facilities = [(one.get("catid", ""), _text(one)) for one in categories if one.get("type") == "facility"]
    low, high, by = _ages(event, categories, odd)
    venue = _venue(event, context, line, odd)
    if venue is not None:
        reading.venues.append(venue)
    values = {
        "activity_id": activity,
        "title": title,
        "description": _text(detail, "longdescription") or _text(detail, "shortdescription"),
        "language": language,
        "themes": meaning.themes,
        "organiser": _text(event, "organiser", "label"),
        "venue_id": venue.values["venue_id"] if venue else "",
        "age_min": low,
        "age_max": high,
        "price": amount("pricevalue", _text(detail, "price", "pricevalue"), "EUR", odd),
        "form": meaning.form,
        "access": context.mapping.of_codes(facilities).access,
    }
    origin = {"age_min": by} if by else {}
    version = event.get("lastupdated", "")
    reading.activities.append(Row(context.source, line, known(values), origin, version=version))
    found = _sessions(event, context, reading, odd)
    reading.sessions += session_rows(activity, found, context.source, line, status_of_title(title))
    return reading


def parse(content: bytes, context: Context) -> Reading:
    """All events of a CdbXML document; a line in quarantine is the place among them, from 1.

    Raises
    ------
    BadInput
        When it is no XML, declares entities, or is no CdbXML.
    """
    root = parsed_xml(content, context.source)
    if _local(root) != "cdbxml":
        raise BadInput(f"{context.source}: the root is <{_local(root)}>; <cdbxml> was expected")
    events = [child for child in root if _local(child) == "event"]

    return each(enumerate(events, start=1), partial(read_event, context), context.source, "an event")
