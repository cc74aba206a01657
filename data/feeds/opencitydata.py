"""Spain's open agenda (opencitydata, version 1.1): a CSV whose columns are properties of schema.org.

Coordinates are not part of it: a venue has its name, town and street. The type of an event is a code of
``tipo-evento``; its hierarchy is read from the Turtle file beside the agenda. All moments of the published example carry
``+01:00``, in summer too: they are taken as written, and those that the city's clocks do not say are counted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from data.feeds import schemaorg
from data.feeds.content import all_files, decoded, read_bytes
from data.feeds.mapping import Broader, CategoryMapping, load
from data.feeds.records import Odd, Reading, UnusableError, each
from data.feeds.rows import Context, city_of, now_of
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables
from recommender.errors import BadInput

CITY = CitySettings(id="agenda", name="Agenda", time_zone="Europe/Madrid", languages=("es", "en"))
_NEEDED = ("identifier", "name", "startDate", "tipo-evento")
_PREFIX = re.compile(r"^@prefix .*$", re.MULTILINE)
_STATEMENT = re.compile(r"^<[^>\n]*>.*?\.[ \t]*$", re.MULTILINE | re.DOTALL)


def code(address: str) -> str:
    """The last part of an address of a type."""
    return address.rstrip("/").rpartition("/")[2]


def hierarchy(text: str) -> tuple[Broader, list[int]]:
    """Broader types as a SKOS vocabulary in Turtle says, and the lines of statements that are no Turtle.

    Each statement is read on its own: the published vocabulary has a broken one, and the others are still right.
    """
    from rdflib import Graph
    from rdflib.namespace import SKOS
    from rdflib.plugins.parsers.notation3 import BadSyntax

    statements = list(_STATEMENT.finditer(text))
    prefixes = "\n".join(_PREFIX.findall(text))
    above: dict[str, tuple[str, ...]] = {}
    # What stands between two statements, and is no comment, has lost its own.
    left = _STATEMENT.sub(lambda found: "\n" * found[0].count("\n"), text).splitlines()
    wrong = [
        line for line, rest in enumerate(left, start=1) if rest.strip() and not rest.lstrip().startswith(("#", "@"))
    ]
    for statement in statements:
        try:
            graph = Graph().parse(data=f"{prefixes}\n{statement[0]}", format="turtle")
        except (BadSyntax, ValueError):
            wrong.append(text.count("\n", 0, statement.start()) + 1)
            continue
        pairs = [*graph.subject_objects(SKOS.narrower), *((up, of) for of, up in graph.subject_objects(SKOS.broader))]
        for up, down in pairs:
            above[code(str(down))] = (*above.get(code(str(down)), ()), code(str(up)))
    return lambda name: above.get(name, ()), sorted(wrong)


def mapping(own: Path | None = None) -> tuple[CategoryMapping, list[str]]:
    """Our words for ``tipo-evento``, and what is wrong with the vocabulary beside the agenda."""
    files = sorted(own.glob("*.ttl")) if own and own.is_dir() else []
    if not files:
        return load("opencitydata", own=own), []
    broader, wrong = hierarchy(decoded(read_bytes(files[0]), files[0].name))
    notes = [f"{files[0].name}, line {line}: no Turtle; that statement is left out" for line in wrong]
    return load("opencitydata", broader=broader, own=own), notes


def as_event(row: Mapping[str, str]) -> dict[str, Any]:
    """A row in the shape of a schema.org event."""
    return {
        "@type": "Event",
        "identifier": row["identifier"],
        "name": row["name"],
        "description": row.get("description"),
        "inLanguage": "es",
        "startDate": row["startDate"],
        "endDate": row.get("endDate"),
        "eventStatus": row.get("eventStatus"),
        "typicalAgeRange": row.get("typicalAgeRange"),
        "isAccessibleForFree": row.get("isAccessibleForFree"),
        "location": {
            "@type": "Place",
            "@id": row.get("id"),
            "name": row.get("nombre"),
            "latitude": row.get("latitude"),
            "longitude": row.get("longitude"),
            "address": {
                "streetAddress": row.get("streetAddress"),
                "postalCode": row.get("postalCode"),
                "addressLocality": row.get("addressLocality"),
            },
        },
    }


def _read(context: Context, line: int, row: Any, odd: Odd) -> Reading:
    if not isinstance(row, Mapping):
        raise UnusableError("", f"{len(row)} cells", "as many cells as the header has")
    reading = schemaorg.read_event(context, line, as_event(row), odd)
    (activity,) = reading.activities
    kind = code(row["tipo-evento"])
    meaning = context.mapping.of_codes([(kind, "")] if kind else [], reading.unmapped)
    values = {**activity.values, "themes": meaning.themes, "form": meaning.form}
    if row.get("audience") in ("Familias", "Público familiar"):
        values["company"] = "family"
    # Words in the title are not needed here: an event has a type.
    reading.activities = [replace(activity, values={name: value for name, value in values.items() if value}, origin={})]
    try:
        said = datetime.fromisoformat(row["startDate"])
        if said.tzinfo and said.utcoffset() != said.astimezone(context.zone).utcoffset():
            reading.counts["moments with an offset that the city's clocks do not have then, taken as written"] += 1
    except ValueError:
        pass
    return reading


def parse(content: bytes | str, context: Context) -> Reading:
    """All rows of the agenda; a line in quarantine is that of the file.

    Raises
    ------
    BadInput
        When the header lacks a column that an event needs.
    """
    lines = csv.reader(io.StringIO(decoded(content, context.source, otherwise="cp1252"), newline=""))
    try:
        names = [name.strip() for name in next(lines, [])]
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise BadInput(f"{context.source}: column {missing[0]!r} is missing; this is not Spain's open agenda")
        records: list[tuple[int, Mapping[str, str] | Sequence[str]]] = []
        before = lines.line_num
        for cells in lines:
            if any(cell.strip() for cell in cells):
                row = dict(zip(names, cells, strict=True)) if len(cells) == len(names) else cells
                records.append((before + 1, row))
            before = lines.line_num
    except csv.Error as error:
        raise BadInput(f"{context.source}, line {lines.line_num}: not readable as CSV: {error}") from None
    return each(records, partial(_read, context), context.source, "an event")


def read(path: Path, now: int | None = None) -> Tables:
    """The agenda in a file, or all agendas below a folder.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    city = city_of(path, CITY)
    ours, notes = mapping(path if path.is_dir() else path.parent)
    context = Context(path.name, city, now_of(city, now), ours, others={"isced": ours})
    whole = all_files(
        Reading,
        path,
        (".csv",),
        lambda file: parse(read_bytes(file), replace(context, source=file.name)),
        "agenda with the columns of opencitydata",
    )
    tables = tables_of(whole, ours, city, path.name)
    return replace(tables, notes=(*tables.notes, *notes))
