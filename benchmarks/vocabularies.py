"""How much of each published vocabulary means something to us."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from data.feeds import isced, ndtrc, openactive, opencitydata, uitdatabank
from data.feeds.content import parsed_json, parsed_xml
from data.feeds.mapping import coverage
from data.travel.gtfs import read_timetable
from recommender.errors import BadInput

ENUMERATION = "{http://www.w3.org/2001/XMLSchema}enumeration"
Mapped = tuple[str, int, int, list[str]]


def mapped(root: Path) -> list[Mapped]:
    """Name, codes with a line of their own, codes by a broader one, and the others, of every vocabulary below a folder."""
    found: list[Mapped] = []
    file = root / "taxonomies" / "uitdatabank-terms.json"
    if file.exists():
        terms = json.loads(file.read_text(encoding="utf-8"))["terms"]
        for domain in ("eventtype", "theme"):
            codes = [(term["id"], term["name"].get("nl", "")) for term in terms if term["domain"] == domain]
            found.append((f"UiTdatabank {domain}", *coverage(uitdatabank.mapping(), codes)))
    folder = root / "openactive" / "vocab"
    for name in ("activity-list", "facility-types"):
        if (folder / f"{name}.jsonld").exists():
            vocabulary = json.loads((folder / f"{name}.jsonld").read_text(encoding="utf-8"))
            codes = [(code, label) for code, label, _ in openactive.concepts(vocabulary)]
            found.append((f"OpenActive {name}", *coverage(openactive.mapping(folder), codes)))
    file = root / "taxonomies" / "isced-f-2013.json"
    if file.exists():
        fields = isced.concepts(json.loads(file.read_text(encoding="utf-8")))
        found.append(("ISCED-F 2013", *coverage(isced.mapping(), fields)))
    for path in sorted((root / "ndtrc").glob("NDTRC*.txt")):
        codes = [(code, label) for code, label, _ in ndtrc.concepts(path.read_text(encoding="utf-8"))]
        found.append((path.stem, *coverage(ndtrc.mapping(path.parent), codes)))
    folder = root / "spain-agenda"
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            used = {opencitydata.code(row["tipo-evento"]) for row in csv.DictReader(lines)} - {""}
        found.append(
            ("tipo-evento, as used", *coverage(opencitydata.mapping(folder)[0], [(code, "") for code in sorted(used)]))
        )
    return found


def parsed(root: Path) -> list[tuple[str, str]]:
    """What is in every file of vocabularies and every timetable below a folder, or why it was refused."""
    found = []
    for path in sorted([*(root / "taxonomies").glob("*"), *(root / "openactive" / "vocab").glob("*")]):
        try:
            if path.suffix == ".xsd":
                said = f"{sum(1 for _ in parsed_xml(path.read_bytes(), path.name).iter(ENUMERATION))} values"
            else:
                content = parsed_json(path.read_bytes(), path.name)
                rows = content if isinstance(content, list) else content.get("terms", content.get("concept", content))
                said = f"{len(rows)} concepts"
        except BadInput as error:
            said = f"refused: {error}"
        found.append((path.name, said))
    for path in sorted((root / "gtfs").glob("*")):
        try:
            _, summary = read_timetable(path, "Europe/Amsterdam")
            lost = len(summary.rejected) + sum(summary.dropped.values())
            rows = sum(summary.read.values())
            said = f"{rows:,} rows, {lost:,} dropped or in quarantine: {summary.stops:,} stops, {summary.trips:,} trips"
        except BadInput as error:
            said = f"refused: {error}"
        found.append((path.name, said))
    return found
