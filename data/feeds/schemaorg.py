"""Events and courses in schema.org's words: JSON-LD as such, or out of web pages (JSON-LD and microdata).

- Dates of ``subEvent`` are sessions, else those of ``eventSchedule``, else the event's own.
- ``EventCancelled`` and ``EventPostponed`` are off; ``EventRescheduled`` is on at its new date.
- ``typicalAgeRange`` such as ``6-12`` or ``8-``, else ages of the audience; nothing is *not known* here.
- Themes come from the type of the event, a field of ISCED-F where one is named, else words in keywords and title.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from data.feeds import isced
from data.feeds.content import all_files, decoded, parsed_json, read_bytes
from data.feeds.eventld import Record, dated, ident, kinds, left, place_of, price_of, scheduled, short_id
from data.feeds.mapping import CategoryMapping, load, merged
from data.feeds.records import Odd, Reading, Rejected, Row, UnusableError, each
from data.feeds.rows import Context, city_of, known, now_of, session_rows
from data.feeds.said import ages, in_language, listed, required, slug, status_of_title, text_of
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables
from recommender.errors import BadInput

CITY = CitySettings(id="schemaorg", name="schema.org", languages=("nl", "en"))
_EVENTS = {"Festival", "Hackathon", "EventSeries", "Course", "CourseInstance"}
_DEPTH = 12


def is_event(record: object) -> bool:
    """Whether an object is an event, a course or one of their kinds."""
    return any(kind.endswith("Event") or kind in _EVENTS for kind in kinds(record))


def events_in(found: object, depth: int = 0) -> Iterator[Record]:
    """Events anywhere in a document, without those that are part of another."""
    if depth > _DEPTH:
        return
    if isinstance(found, list):
        for part in found:
            yield from events_in(part, depth + 1)
    elif isinstance(found, Mapping):
        if is_event(found):
            yield found
        else:
            for part in found.values():
                if isinstance(part, (list, Mapping)):
                    yield from events_in(part, depth + 1)


def in_page(content: bytes | str, source: str) -> tuple[list[Record], list[Rejected]]:
    """Events in a web page, and the scripts in it that are no JSON.

    Raises
    ------
    BadInput
        When the page cannot be read as HTML.
    """
    import extruct  # type: ignore[import-untyped]
    from extruct.jsonld import JsonLdExtractor  # type: ignore[import-untyped]
    from extruct.utils import parse_html  # type: ignore[import-untyped]
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    text = decoded(content, source, otherwise="cp1252")
    if not text.strip():
        raise BadInput(f"{source}: an empty page")
    try:
        tree = parse_html(text.encode(), encoding="utf-8")
    except (LxmlError, ValueError) as error:
        raise BadInput(f"{source}: not readable as HTML: {error}") from None
    found: list[Record] = []
    wrong: list[Rejected] = []
    for line, node in enumerate(tree.xpath('//script[@type="application/ld+json"]'), start=1):
        try:
            found += events_in(JsonLdExtractor().extract_items(node))
        except (RecursionError, ValueError) as error:
            script = node.text or ""
            wrong.append(Rejected(line, "script", script[:80], f"JSON-LD ({error})", script[:2000], source))
    try:
        microdata = extruct.extract(tree, syntaxes=["microdata"], uniform=True)["microdata"]
    except (LookupError, RecursionError, ValueError) as error:
        wrong.append(Rejected(0, "microdata", "", f"microdata ({error})", "", source))
        microdata = []
    known_names = {(text_of(event.get("name")), text_of(event.get("startDate"))) for event in found}
    found += (
        event
        for event in events_in(microdata)
        if (text_of(event.get("name")), text_of(event.get("startDate"))) not in known_names
    )
    return found, wrong


def id_of(record: Record) -> str:
    """By its own address or identifier, else by its page, else by name and date."""
    own = ident(record) or text_of(record.get("identifier")) or text_of(record.get("url"))
    return short_id(own) if own else slug(f"{text_of(record.get('name'))} {text_of(record.get('startDate'))}")


def ages_of(record: Record, odd: Odd) -> tuple[str, str]:
    """Ages that the event or its audience names."""
    said = text_of(record.get("typicalAgeRange"))
    if said:
        return ages("typicalAgeRange", said, odd)
    for audience in listed(record.get("audience")):
        if isinstance(audience, Mapping):
            for low, high in (("requiredMinAge", "requiredMaxAge"), ("suggestedMinAge", "suggestedMaxAge")):
                if audience.get(low) is not None or audience.get(high) is not None:
                    return ages("audience", f"{text_of(audience.get(low))}-{text_of(audience.get(high))}", odd)
    return "", ""


def themes_of(record: Record, title: str, context: Context, reading: Reading) -> tuple[str, str, dict[str, str]]:
    """Themes, form and, where they are only read out of words, why."""
    meaning = context.mapping.of_codes((kind, "") for kind in kinds(record) if kind in context.mapping.categories)
    fields = context.others["isced"].of_codes((code, "") for code in isced.codes_in(record))
    named = merged([meaning.themes, fields.themes])
    if named:
        return named, meaning.form, {}
    keywords = record.get("keywords")
    words = [text_of(part.get("name")) if isinstance(part, Mapping) else text_of(part) for part in listed(keywords)]
    for where, text in (("keywords", " ".join(words)), ("title", title)):
        themes, form = context.mapping.of_words("title", text)
        if themes:
            reading.counts[f"themes from words in {where}"] += 1
            return themes, form or meaning.form, {"themes": f"words in its {where}"}
    if any(words):
        reading.unmapped.update(word.strip().lower() for text in words for word in text.split(",") if word.strip())
    return "", meaning.form, {}


def _sessions(
    record: Record, activity: str, line: int, status: str, context: Context, reading: Reading, odd: Odd
) -> None:
    parts = [part for name in ("subEvent", "subEvents", "hasCourseInstance") for part in listed(record.get(name))]
    parts = [part for part in parts if isinstance(part, Mapping) and part.get("startDate")]
    timed = scheduled(record, context, odd) if not parts else []
    for part in parts:
        timed += scheduled(part, context, odd) if part.get("courseSchedule") else []
    parts = [part for part in parts if not part.get("courseSchedule")]
    reading.sessions += session_rows(activity, timed, context.source, line, status)
    if not parts and not timed and record.get("startDate"):
        parts = [record]
    for part in parts:
        one = dated(part, context, odd, "" if part is record else "subEvent.")
        if one is not None:
            venue = (
                place_of(part["location"], context, line, odd) if part is not record and part.get("location") else None
            )
            if venue is not None:
                reading.venues.append(venue)
            more = {"capacity_left": left(part), "venue_id": venue.values["venue_id"] if venue else ""}
            reading.sessions += session_rows(activity, [one], context.source, line, status, **known(more))


def read_event(context: Context, line: int, record: Any, odd: Odd) -> Reading:
    """One event or course as an activity with its sessions and venue."""
    if not is_event(record):
        raise UnusableError("@type", ", ".join(kinds(record)), "an Event or a Course")
    reading = Reading()
    language = text_of(record.get("inLanguage"))[:2].lower()
    title = required("name", in_language(record.get("name"), language))
    venue = place_of(record.get("location"), context, line, odd)
    if venue is not None:
        reading.venues.append(venue)
    low, high = ages_of(record, odd)
    themes, form, origin = themes_of(record, title, context, reading)
    activity = required("@id", id_of(record))
    organiser: Any = next(iter(listed(record.get("organizer") or record.get("provider"))), {})
    access = context.mapping.of_codes((name, "") for name in map(text_of, listed(record.get("accessibilityFeature"))))
    values = {
        "activity_id": activity,
        "title": title,
        "description": in_language(record.get("description"), language),
        "language": language,
        "themes": themes,
        "organiser": in_language(organiser.get("name") if isinstance(organiser, Mapping) else organiser, language),
        "venue_id": venue.values["venue_id"] if venue else "",
        "age_min": low,
        "age_max": high,
        "price": price_of(record, odd),
        "form": form,
        "access": access.access,
    }
    version = text_of(record.get("dateModified"))
    reading.activities.append(Row(context.source, line, known(values), origin, version=version))
    _sessions(record, activity, line, status_of_title(title), context, reading, odd)
    return reading


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for schema.org's types."""
    return load("schemaorg", own=own, words="words")


def parse(content: bytes | str, context: Context) -> Reading:
    """All events of a file; a line in quarantine is the place among them, from 1.

    Raises
    ------
    BadInput
        When it is neither JSON nor a web page, or holds no event at all.
    """
    wrong: list[Rejected] = []
    if context.source.lower().removesuffix(".gz").endswith((".html", ".htm")):
        events, wrong = in_page(content, context.source)
    else:
        events = list(events_in(parsed_json(content, context.source)))
    if not events and not wrong:
        raise BadInput(f"{context.source}: no event or course in schema.org's words in here")
    found = each(enumerate(events, start=1), partial(read_event, context), context.source, "an event")
    found.rejected += wrong
    return found


def read(path: Path, now: int | None = None) -> Tables:
    """All events in a file or below a folder: ``.json``, ``.jsonld``, ``.html`` and ``.htm``, packed or not.

    Raises
    ------
    BadInput
        When there is no event in any of them.
    """
    path = Path(path)
    city = city_of(path, CITY)
    own = path if path.is_dir() else path.parent
    context = Context(path.name, city, now_of(city, now), mapping(own), others={"isced": isced.mapping(own)})
    whole = all_files(
        Reading,
        path,
        (".json", ".jsonld", ".html", ".htm"),
        lambda file: parse(read_bytes(file), replace(context, source=file.name)),
        "events in schema.org's words",
    )
    return tables_of(whole, context.mapping, city, path.name)
