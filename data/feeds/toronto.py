"""Toronto's drop-in programmes (open data, CSV): one dated session on each line, by course and venue id.

- Coordinates and names of the venues are not part of it: a venue is known by its id, where it lies is not known.
- ``None`` as an oldest age means that there is none. Prices are not part of it: not known.
- "with Caregiver" and "with Family" in a title tell who is welcome.
- All of it is offered by the city's department of parks and recreation: that is the domain, with an origin saying so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data.feeds.content import all_files, decoded, read_bytes
from data.feeds.mapping import CategoryMapping, load
from data.feeds.records import Odd, Reading, Rejected, Row, UnusableError, raw
from data.feeds.rows import Context, city_of, known, now_of
from data.feeds.said import ages, required, status_of_title
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables
from recommender.errors import BadInput

CITY = CitySettings(
    id="toronto", name="Toronto", time_zone="America/Toronto", languages=("en",), default_mode="transit"
)
BY_DEPARTMENT = "published by the city's department of parks and recreation"
COLUMNS = (
    "_id", "Location ID", "Course_ID", "Course Title", "Section", "Age Min", "Age Max", "Start Hour", "Start Minute",
    "End Hour", "End Min", "First Date", "Last Date",
)  # fmt: skip
_LONGEST = timedelta(days=14)


def _whole(row: Mapping[str, str], field: str, highest: int) -> int:
    text = required(field, row[field])
    if not text.isdecimal() or int(text) > highest:
        raise UnusableError(field, text, f"a whole number up to {highest}")
    return int(text)


def _day(row: Mapping[str, str], field: str) -> date:
    try:
        return date.fromisoformat(required(field, row[field]))
    except ValueError:
        raise UnusableError(field, row[field], "a day such as 2026-01-05") from None


def span_of(row: Mapping[str, str], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of a line; an end before the start is in the night after it.

    Raises
    ------
    UnusableError
    """
    first, last = _day(row, "First Date"), _day(row, "Last Date")
    opens = time(_whole(row, "Start Hour", 23), _whole(row, "Start Minute", 59))
    closes = time(_whole(row, "End Hour", 23), _whole(row, "End Min", 59))
    start, end = datetime.combine(first, opens, zone), datetime.combine(last, closes, zone)
    if end <= start and last == first:
        end += timedelta(days=1)
    if not start <= end <= start + _LONGEST:
        raise UnusableError("Last Date", row["Last Date"], "a day within two weeks of the first")
    return start, end


def _age(row: Mapping[str, str], odd: Odd) -> tuple[str, str]:
    low, high = (row[name].strip().removesuffix("None") for name in ("Age Min", "Age Max"))
    return ages("Age Min", f"{low}-{high}", odd) if low or high else ("", "")


def company_of(title: str) -> str:
    """Who is welcome, where a title names it."""
    words = title.lower()
    return "with_adult" if "with caregiver" in words else "family" if "with family" in words else ""


def _activity(row: Mapping[str, str], line: int, context: Context, reading: Reading, odd: Odd) -> Row:
    title, section = required("Course Title", row["Course Title"]), row["Section"].strip()
    low, high = _age(row, odd)
    themes, form = context.mapping.of_words("title", title)
    origin = {"themes": "words in its title"} if themes else {}
    meaning = context.mapping.of_codes([(section, "")], None if themes else reading.unmapped)
    themes, form = themes or meaning.themes, form or meaning.form
    reading.counts["themes from words in the title"] += bool(origin)
    values = {
        "activity_id": required("Course_ID", row["Course_ID"]),
        "title": title,
        "language": "en",
        "themes": themes,
        "organiser": "City of Toronto",
        "venue_id": row["Location ID"].strip(),
        "age_min": low,
        "age_max": high,
        "form": form,
        "company": company_of(title),
    }
    return Row(context.source, line, known(values), origin)


def _read(
    context: Context, line: int, row: Mapping[str, str], whole: Reading, courses: dict[str, Row], odd: Odd
) -> None:
    start, end = span_of(row, context.zone)
    course, venue = required("Course_ID", row["Course_ID"]), row["Location ID"].strip()
    head = courses.get(course)
    if head is None:
        head = courses[course] = _activity(row, line, context, whole, odd)
        whole.activities.append(head)
    if venue:
        place = {"venue_id": venue, "domain": "recreation"}
        whole.venues.append(Row(context.source, line, place, {"domain": BY_DEPARTMENT}))
    values = {
        "session_id": f"{course}-{required('_id', row['_id'])}",
        "activity_id": course,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "status": status_of_title(head.values["title"]),
        "drop_in": "false",
        "venue_id": venue if venue != head.values.get("venue_id", "") else "",
    }
    whole.sessions.append(Row(context.source, line, known(values)))


def parse(content: bytes | str, context: Context) -> Reading:
    """All lines of the file; a line in quarantine is that of the file.

    Raises
    ------
    BadInput
        When the header lacks a column.
    """
    lines = csv.reader(io.StringIO(decoded(content, context.source, otherwise="cp1252"), newline=""))
    whole = Reading()
    courses: dict[str, Row] = {}
    try:
        names = [name.strip() for name in next(lines, [])]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise BadInput(f"{context.source}: column {missing[0]!r} is missing; these are not Toronto's drop-ins")
        before = lines.line_num
        for cells in lines:
            line, before = before + 1, lines.line_num
            if any(cell.strip() for cell in cells):
                _one(context, line, cells, names, whole, courses)
    except csv.Error as error:
        raise BadInput(f"{context.source}, line {lines.line_num}: not readable as CSV: {error}") from None
    return whole


def _one(
    context: Context, line: int, cells: Sequence[str], names: list[str], whole: Reading, courses: dict[str, Row]
) -> None:
    odd: Odd = []
    whole.records += 1
    row = dict(zip(names, cells, strict=False))
    try:
        if len(cells) != len(names):
            raise UnusableError("", f"{len(cells)} cells", f"{len(names)} cells, as in the header")
        _read(context, line, row, whole, courses, odd)
    except UnusableError as bad:
        odd.append(bad)
    whole.rejected += (Rejected(line, bad.field, bad.value, bad.expected, raw(row), context.source) for bad in odd)


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for sections and titles."""
    return load("toronto", own=own, words="words")


def read(path: Path, now: int | None = None) -> Tables:
    """The drop-ins in a file, or all files below a folder: ``.csv``, packed or not.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    city = city_of(path, CITY)
    context = Context(path.name, city, now_of(city, now), mapping(path if path.is_dir() else path.parent))
    whole = all_files(
        Reading,
        path,
        (".csv",),
        lambda file: parse(read_bytes(file), replace(context, source=file.name)),
        "drop-ins of Toronto",
    )
    return tables_of(whole, context.mapping, city, path.name)
