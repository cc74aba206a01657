"""OpenActive (Modelling Opportunity Data 2.0 over RPDE): series, facilities, courses and events with their sessions.

- Sessions inherit place, audience, activity, access and organiser from their series, series from theirs; offers, url
  and schedule they do not. So a price is known when the sessions name one, or when the series is all there is.
- No age range means *adults* here: 18 and older, with an origin that says so.
- A schedule is only read when no dated session is published.
- Coordinates are exchanged only when that is certain (see ``data.feeds.places``).
- Prices in other currencies than the euro are not known, except 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from data.feeds.content import all_files, parsed_json, read_bytes
from data.feeds.eventld import Record, dated, ident, kinds, left, place_of, price_of, scheduled, short_id
from data.feeds.mapping import Broader, CategoryMapping, by_path, load
from data.feeds.oajoin import Offer, offers_of
from data.feeds.records import Odd, Reading, Rejected, Row, each, raw
from data.feeds.rows import Context, city_of, known, now_of, session_rows
from data.feeds.rpde import Harvest, Item, feed_of, parse_page
from data.feeds.said import ages, in_language, listed, required, status_of_title, text_of
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables

CITY = CitySettings(
    id="openactive", name="OpenActive", time_zone="Europe/London", languages=("en",), default_mode="transit"
)
ADULTS = "OpenActive 2.0: no ageRange means adults, 18 and older"
_VOCABULARIES = ("activity-list.jsonld", "facility-types.jsonld", "accessibility-support.jsonld")


def concepts(vocabulary: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """Code, label and broader codes of every concept of a vocabulary in JSON-LD (SKOS)."""
    listed_ones = listed(vocabulary.get("concept")) if isinstance(vocabulary, Mapping) else []
    return [
        (
            _code(ident(one)),
            text_of(one.get("prefLabel")),
            tuple(_code(text_of(up)) for up in listed(one.get("broader"))),
        )
        for one in listed_ones
        if isinstance(one, Mapping)
    ]


def _code(address: str) -> str:
    return address.rpartition("#")[2]


def hierarchy(vocabularies: Iterable[object]) -> Broader:
    """Broader codes as the vocabularies themselves say."""
    above = {code: up for vocabulary in vocabularies for code, _, up in concepts(vocabulary)}
    return lambda code: above.get(code, ())


def mapping(path: Path | None = None) -> CategoryMapping:
    """Our words for the activity list; its hierarchy is read from ``activity-list.jsonld`` in or beside the feed."""
    found = []
    for folder in [path, *path.parents[:2]] if path else []:
        for name in _VOCABULARIES:
            file = next(iter(sorted([*folder.glob(name), *folder.glob(f"vocab/{name}")])), None)
            if file is not None:
                found.append(parsed_json(read_bytes(file), file.name))
        if found:
            break
    own = path if path is None or path.is_dir() else path.parent
    return load("openactive", broader=hierarchy(found) if found else by_path, own=own, words="words")


def _ages(offer: Offer, odd: Odd) -> tuple[tuple[str, str], str]:
    span = offer.say("ageRange")
    if not isinstance(span, Mapping) or (span.get("minValue") is None and span.get("maxValue") is None):
        return ("18", ""), ADULTS
    low, high = (text_of(span.get(name)) for name in ("minValue", "maxValue"))
    return ages("ageRange", f"{low}-{high}", odd), ""


def _themes(offer: Offer, context: Context, reading: Reading) -> tuple[str, str, str, dict[str, str]]:
    concept = [part for name in ("activity", "facilityType") for part in listed(offer.say(name))]
    codes = [
        (_code(ident(one)), text_of(one.get("prefLabel"))) if isinstance(one, Mapping) else (_code(text_of(one)), "")
        for one in concept
    ]
    meaning = context.mapping.of_codes(codes, reading.unmapped)
    support = [(_code(ident(one)), "") for one in listed(offer.say("accessibilitySupport")) if isinstance(one, Mapping)]
    access = context.mapping.of_codes(support).access
    if meaning.themes:
        return meaning.themes, meaning.form, access, {}
    for where, text in (
        ("label", " ".join(map(text_of, listed(offer.say("category"))))),
        ("title", text_of(offer.say("name"))),
    ):
        themes, form = context.mapping.of_words(where, text)
        if themes:
            reading.counts[f"themes from words in the {'category' if where == 'label' else where}"] += 1
            return themes, form, access, {"themes": f"words in its {'category' if where == 'label' else where}"}
    return "", "", access, {}


def _price(offer: Offer, odd: Odd) -> str:
    prices = {
        price_of(record, odd)
        for item, record in offer.sessions
        if record.get("offers") or record.get("isAccessibleForFree")
    }
    if prices:
        return prices.pop() if len(prices) == 1 else ""
    separate = any(item is not offer.item for item, _ in offer.sessions)
    return "" if separate else price_of(offer.record, odd)


def _own_place(record: Record, offer: Offer, context: Context, reading: Reading, line: int, odd: Odd) -> str:
    """The venue of a session that names another place than its series."""
    if not record.get("location") or record.get("location") == offer.say("location"):
        return ""
    venue = place_of(record["location"], context, line, odd)
    if venue is None:
        return ""
    reading.venues.append(venue)
    return venue.values["venue_id"]


def _read_session(
    context: Context,
    item: Item,
    record: Record,
    offer: Offer,
    activity: str,
    status: str,
    reading: Reading,
    odd: Odd,
) -> None:
    """One dated session, added to the reading; its own address is its id."""
    one = dated(record, context, odd)
    if one is None:
        return
    more = {"capacity_left": left(record), "venue_id": _own_place(record, offer, context, reading, item.line, odd)}
    (row,) = session_rows(activity, [one], item.source, item.line, status, **known(more))
    name = short_id(ident(record)) if record is not offer.record else ""
    reading.sessions.append(replace(row, values={**row.values, "session_id": name}) if name else row)


def read_offer(context: Context, line: int, offer: Offer, odd: Odd) -> Reading:
    """One activity with its sessions and venues."""
    reading = Reading()
    context = replace(context, source=offer.item.source)
    record = offer.record
    activity = short_id(ident(record)) or required("id", f"{offer.item.kind}-{offer.item.id}")
    language = text_of(offer.say("inLanguage")) or context.city.languages[0]
    title = in_language(offer.say("name"), language) or next(
        (text_of(one.get("prefLabel")) for one in listed(offer.say("activity")) if isinstance(one, Mapping)), ""
    )
    required("name", title)
    venue = place_of(offer.say("location"), context, line, odd)
    if venue is not None:
        reading.venues.append(venue)
    else:
        reading.counts["activities without a place, or only online"] += 1
    span, by = _ages(offer, odd)
    themes, form, access, origin = _themes(offer, context, reading)
    organiser = offer.say("organizer") or offer.say("provider") or {}
    values = {
        "activity_id": activity,
        "title": title,
        "description": in_language(offer.say("description"), language),
        "language": language,
        "themes": themes,
        "organiser": in_language(organiser.get("name"), language) if isinstance(organiser, Mapping) else "",
        "venue_id": venue.values["venue_id"] if venue else "",
        "age_min": span[0],
        "age_max": span[1],
        "price": _price(offer, odd),
        "form": "nonformal" if "CourseInstance" in kinds(record) else form,
        "access": access,
    }
    origin |= dict.fromkeys(("age_min",), by) if by else {}
    reading.activities.append(Row(context.source, line, known(values), origin))

    status = status_of_title(title)
    single = not offer.sessions and kinds(record)[:1] == ("Event",)
    for item, session in [(offer.item, record)] if single else offer.sessions:
        lost: Odd = []
        _read_session(context, item, session, offer, activity, status, reading, lost)
        if item is offer.item:
            odd += lost
        else:
            text = raw(item.data)
            reading.rejected += (
                Rejected(item.line, bad.field, bad.value, bad.expected, text, item.source) for bad in lost
            )
    if not offer.sessions and not single:
        reading.sessions += session_rows(activity, scheduled(record, context, odd), context.source, line, status)
    return reading


def reading_of(items: Iterable[Item], context: Context) -> Reading:
    """Activities, sessions and venues of all items together; a line in quarantine is the place on a page."""
    offers, orphans = offers_of(items)
    whole = Reading()
    for offer in offers:
        part = each([(offer.item.line, offer)], partial(read_offer, context), offer.item.source, "an opportunity")
        # The record as it was published, not as it was joined.
        part.rejected = [
            replace(bad, record=raw(offer.item.data)) if bad.line == offer.item.line else bad for bad in part.rejected
        ]
        whole.add(part)
    whole.rejected += (
        Rejected(item.line, bad.field, bad.value, bad.expected, raw(item.data), item.source) for item, bad in orphans
    )
    return whole


def tables_from(harvest: Harvest, context: Context, source: str) -> Tables:
    """Validated tables of a harvest."""
    whole = reading_of(harvest.items.values(), context)
    whole.records = harvest.records
    whole.rejected = [*harvest.rejected, *whole.rejected]
    deleted = sum(item.data is None for item in harvest.items.values())
    if deleted:
        whole.counts["deleted items"] += deleted
    tables = tables_of(whole, context.mapping, context.city, source)
    return replace(tables, notes=(*tables.notes, *harvest.notes))


def read(path: Path, now: int | None = None) -> Tables:
    """The saved pages of one or more feeds in a file or below a folder, whatever their order.

    Raises
    ------
    BadInput
        When none of the files is a page of an RPDE feed.
    """
    path = Path(path)
    city = city_of(path, CITY)
    harvest = Harvest()

    def read_file(file: Path) -> Reading:
        page = parse_page(read_bytes(file), file.name)
        harvest.take(page, feed_of(page.next))
        return Reading()

    refused = all_files(Reading, path, (".json",), read_file, "page of an RPDE feed")
    harvest.rejected += refused.rejected
    return tables_from(harvest, Context(path.name, city, now_of(city, now), mapping(path)), path.name)
