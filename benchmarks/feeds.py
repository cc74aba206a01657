"""What becomes of every public feed: ``python -m benchmarks.feeds``.

A table of what each folder holds and what is known of it; how much of each vocabulary is mapped; how well the same activity is
found in a second feed; large files; and every reader on every file, whole and deliberately broken, where anything but a
reading or a plain refusal is a failure (exit code 1).
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.doubles import measure as measure_doubles
from benchmarks.machine import describe, shared_data
from benchmarks.vocabularies import mapped, parsed
from data.columns import ACTIVITY, VENUE
from data.feeds.registry import FEEDS, reader
from data.tables import Tables
from data.validation import KEPT_WITHOUT
from recommender.errors import BadInput


@dataclass(frozen=True)
class Source:
    """A folder of activities: which feed it is, what "now" is for it, and whether its files are cities of their own."""

    folder: str
    feed: str
    now: str
    apart: bool = False


SOURCES = (
    Source("madrid/agenda-eventos-culturales-100_2018-05.json", "madrid", "2018-05-01"),
    Source("madrid/agenda-eventos-culturales-100_2022-01.csv", "madrid", "2022-01-28"),
    Source("spain-agenda", "opencitydata", "2022-04-01"),
    Source("toronto", "toronto", "2025-12-01"),
    Source("uitdatabank/leuven-2014-cdbxml.xml", "uitdatabank", "2014-10-01"),
    Source("uitdatabank/search-service-originals", "uitdatabank", "2017-03-01", apart=True),
    Source("openactive/data-models-examples", "openactive", "2018-09-01", apart=True),
    Source("icalendar", "ical", "2012-03-01", apart=True),
)
"""Fixtures that share one id are read file by file, else all but one of them would be repeats."""


@dataclass
class Found:
    """What became of a source."""

    records: int = 0
    refused: int = 0
    quarantined: int = 0
    kept_without: int = 0
    activities: int = 0
    sessions: int = 0
    known: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, tables: Tables) -> None:
        """Count one city."""
        lines = tables.quarantine
        lost = lines[~lines["expected"].str.endswith(KEPT_WITHOUT) & (lines["row"] != "0")]
        places = set(zip(lost["source"], lost["row"], strict=True))
        all_places = set(zip(lines["source"], lines["row"], strict=True)) - {(name, "0") for name in lines["source"]}
        self.records += tables.records
        self.refused += int((lines["row"] == "0").sum())
        self.quarantined += len(places)
        self.kept_without += len(all_places - places)
        activities, sessions, venues = tables.activities, tables.sessions, tables.venues
        self.activities += len(activities)
        self.sessions += len(sessions)
        placed = set(venues[VENUE][venues["lat"].notna()])
        at = set(sessions[ACTIVITY][sessions["lat"].notna() | sessions["venue_id"].isin(placed)])
        named = set(sessions[ACTIVITY][sessions["venue_id"] != ""])
        shares = {
            "place named": (activities["venue_id"] != "") | activities[ACTIVITY].isin(named),
            "place on the map": activities["venue_id"].isin(placed) | activities[ACTIVITY].isin(at),
            "age": activities["age_min"].notna() | activities["age_max"].notna(),
            "time": activities[ACTIVITY].isin(set(sessions[ACTIVITY])),
            "theme": activities["themes"] != "",
        }
        for name, mask in shares.items():
            self.known[name] += int(np.sum(mask))
        for field_name, expected in zip(lines["field"], lines["expected"], strict=True):
            self.reasons[f"{field_name or 'record'}: expected {expected.removesuffix(KEPT_WITHOUT)}"[:110]] += 1


KNOWN = ("place named", "place on the map", "age", "time", "theme")


def moment(day: str) -> int:
    """Seven in the morning UTC of a day, in seconds since 1970."""
    return int(datetime.fromisoformat(f"{day}T07:00:00+00:00").astimezone(UTC).timestamp())


def files_below(path: Path) -> list[Path]:
    """All files, in order."""
    return sorted(file for file in path.rglob("*") if file.is_file())


def measure(root: Path, source: Source) -> Found:
    """Read a source and count what became of it; a file that is refused counts as refused."""
    found = Found()
    path = root / source.folder
    read = reader(source.feed)
    started = time.perf_counter()
    for part in files_below(path) if source.apart else [path]:
        try:
            found.add(read(part, moment(source.now)))
        except BadInput as error:
            found.refused += 1
            found.reasons[f"file refused: {str(error)[:90]}"] += 1
    found.seconds = time.perf_counter() - started
    return found


def show(console: Console, root: Path) -> None:
    """The table of what is known."""
    grid = Grid(
        "source", "records", "kept", "quarantined", "kept without a value", "activities", "sessions", *KNOWN, "s"
    )
    for column in grid.columns[1:]:
        column.justify = "right"
    told = []
    for source in SOURCES:
        if not (root / source.folder).exists():
            continue
        found = measure(root, source)
        shares = [f"{found.known[name] / found.activities:.0%}" if found.activities else "–" for name in KNOWN]
        counts = (found.records, found.records - found.quarantined, found.quarantined, found.kept_without)
        grid.add_row(
            source.folder,
            *(f"{count:,}" for count in counts),
            f"{found.activities:,}",
            f"{found.sessions:,}",
            *shares,
            f"{found.seconds:.1f}",
        )  # fmt: skip
        for reason, times in found.reasons.most_common(3):
            told.append(f"{source.folder}: {reason} ({times}×)")
    console.print(grid)
    console.print("\nMost often in quarantine")
    for line in told:
        console.print(f"  {line}", markup=False)


def broken(content: bytes, name: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """A file in the ways in which files break, each with a name that keeps its ending."""
    stem, dot, ending = name.partition(".")
    draw = random.Random(f"{seed} {name}")
    half = content[: max(1, len(content) // 2)]
    flipped = bytearray(content)
    for _ in range(20):
        flipped[draw.randrange(len(flipped))] = draw.randrange(256)
    yield f"{stem}-half{dot}{ending}", half
    yield f"{stem}-third{dot}{ending}", content[: len(content) // 3]
    yield f"{stem}-flipped{dot}{ending}", bytes(flipped)
    yield f"{stem}-empty{dot}{ending}", b""
    yield f"{stem}-utf16{dot}{ending}", content.decode("utf-8", "replace").encode("utf-16")
    yield f"{stem}-latin1{dot}{ending}", content.decode("utf-8", "replace").encode("latin-1", "replace")
    yield f"{stem}-zeros{dot}{ending}", half + b"\x00" * 64
    yield f"{stem}-cut{dot}{ending}.gz", gzip.compress(content, mtime=0)[:-9]
    yield f"{stem}-noise{dot}{ending}", draw.randbytes(4096)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that want to grow."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    yield "bomb.xml", f'<!DOCTYPE cdbxml [<!ENTITY e0 "ha">{entities}]><cdbxml>&e9;</cdbxml>'.encode()
    yield "outside.xml", b'<!DOCTYPE cdbxml [<!ENTITY x SYSTEM "file:///etc/passwd">]><cdbxml>&x;</cdbxml>'
    yield "deep.json", b'{"items":' * 50_000
    yield "deep-list.json", b"[" * 200_000
    yield (
        "nan.json",
        b'{"@id": "a", "name": "a", "startDate": NaN, "location": {"geo": {"latitude": NaN, "longitude": Infinity}}}',
    )
    yield "forever.ics", b"BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n"


@dataclass
class Outcome:
    """How readers took files: read, refused in plain words, or failed."""

    read: int = 0
    refused: int = 0
    failed: list[str] = field(default_factory=list)

    def attempt(self, name: str, file: Path) -> None:
        """One reader on one file."""
        try:
            reader(name)(file, moment("2020-01-01"))
            self.read += 1
        except BadInput:
            self.refused += 1
        except Exception as error:  # Whatever it is, it is what is looked for here.
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.failed.append(
                f"{name} on {file.name}: {type(error).__name__}: {error} ({where.name}:{where.lineno})"[:200]
            )


def try_everything(root: Path, largest: int, seed: int) -> tuple[Outcome, Outcome]:
    """Every reader on every file as it is, and each feed's own files in all the ways in which files break."""
    whole, damaged = Outcome(), Outcome()
    for file in files_below(root):
        if file.stat().st_size <= largest:
            for name in FEEDS:
                whole.attempt(name, file)
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            for file in files_below(root / source.folder) or [root / source.folder]:
                if file.is_file() and file.stat().st_size <= largest:
                    for name, content in broken(file.read_bytes(), file.name, seed):
                        target = Path(folder) / name
                        target.write_bytes(content)
                        damaged.attempt(source.feed, target)
                        target.unlink()
        for bomb, content in bombs():
            target = Path(folder) / bomb
            target.write_bytes(content)
            for name in FEEDS:
                damaged.attempt(name, target)
            target.unlink()
    return whole, damaged


def large_files(folder: Path, rows: int) -> Iterator[tuple[str, Path]]:
    """A file of each kind with so many records, of which three in a hundred are broken."""
    bad = [n % 100 < 3 for n in range(rows)]
    line = "{n},1,{n},Lane Swim,Swim - Drop-In,{age},None,x,9,30,10,30,2026-03-07,{day},Saturday\n"
    header = "_id,Location ID,Course_ID,Course Title,Section,Age Min,Age Max,Date Range,Start Hour,Start Minute,End Hour,End Min,First Date,Last Date,DayOftheWeek\n"
    text = (line.format(n=n, age="13", day="soon" if wrong else "2026-03-07") for n, wrong in enumerate(bad))
    (folder / "large.csv").write_text(header + "".join(text))
    yield "toronto", folder / "large.csv"
    event = {"name": {"nl": "Vogels kijken"}, "calendarType": "single", "endDate": "2026-03-07T16:00:00+01:00"}
    events = (
        json.dumps(event | {"@id": f"e/{n}", "startDate": "soon" if wrong else "2026-03-07T14:00:00+01:00", "name": "" if wrong else event["name"]})
        for n, wrong in enumerate(bad)
    )  # fmt: skip
    (folder / "large.jsonl").write_text("\n".join(events))
    yield "uitdatabank", folder / "large.jsonl"
    items = [
        {"state": "updated", "kind": "Event", "id": str(n), "modified": n, "data": {"@type": "Event", "@id": f"x://e/{n}", "name": "" if wrong else "Walk", "startDate": "2026-03-07T14:00:00Z"}}
        for n, wrong in enumerate(bad)
    ]  # fmt: skip
    (folder / "large.json").write_text(json.dumps({"next": "https://x.example/feed", "items": items}))
    yield "openactive", folder / "large.json"
    blocks = (
        f"BEGIN:VEVENT\nUID:{n}\nSUMMARY:{'' if wrong else 'Walk'}\nDTSTART:20260307T140000Z\nDTEND:20260307T150000Z\nEND:VEVENT\n"
        for n, wrong in enumerate(bad)
    )
    (folder / "large.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + "".join(blocks) + "END:VCALENDAR\n")
    yield "ical", folder / "large.ics"


def show_large(console: Console, rows: int) -> None:
    """How long a large file takes, and what was found wrong in it."""
    grid = Grid("feed", "records", "kept", "quarantined", "s")
    with tempfile.TemporaryDirectory() as folder:
        for feed, file in large_files(Path(folder), rows):
            started = time.perf_counter()
            tables = reader(feed)(file, moment("2026-03-01"))
            seconds = time.perf_counter() - started
            lost = tables.quarantine["row"].nunique()
            grid.add_row(feed, f"{tables.records:,}", f"{tables.records - lost:,}", f"{lost:,}", f"{seconds:.1f}")
    console.print(grid)


def main(
    large: Annotated[int, typer.Option(metavar="N", help="Records of the large files; 0 leaves them out.")] = 100_000,
    largest: Annotated[
        int, typer.Option(metavar="BYTES", help="Larger files are tried by their own reader only.")
    ] = 2_000_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Which bytes are broken.")] = 0,
) -> None:
    """Read every public feed, and say what became of it."""
    console = Console(width=200, highlight=False)
    try:
        root = shared_data() / "feeds"
    except BadInput as error:
        console.print(str(error), markup=False)
        raise typer.Exit(1) from None
    console.print(describe(1))
    show(console, root)
    from benchmarks.histories import show_histories  # which itself breaks files in the ways of this module

    show_histories(console, root)
    show_vocabularies(console, mapped(root))
    console.print("\nVocabularies and timetables")
    for name, said in parsed(root):
        console.print(f"  {name}: {said}", markup=False)
    show_doubles(console, root)
    if large:
        console.print(f"\nFiles of {large:,} records, three in a hundred of them broken")
        show_large(console, large)
    whole, damaged = try_everything(root, largest, seed)
    console.print(
        f"\nEvery reader on every file: {whole.read} read, {whole.refused} refused in plain words, {len(whole.failed)} failed"
    )
    console.print(
        f"Broken on purpose: {damaged.read} read in part, {damaged.refused} refused in plain words, {len(damaged.failed)} failed"
    )
    for line in [*whole.failed, *damaged.failed]:
        console.print(f"  {line}", markup=False)
    if whole.failed or damaged.failed:
        raise typer.Exit(1)


def show_doubles(console: Console, root: Path) -> None:
    """How many of an agenda's activities are found again in a copy that tells them differently."""
    grid = Grid("the copy differs by", "activities", "called the same", "called the same as another")
    for way, told, same, wrong in measure_doubles(root):
        grid.add_row(way, str(told), str(same), str(wrong))
    console.print(grid)


def show_vocabularies(console: Console, found: Sequence[tuple[str, int, int, list[str]]]) -> None:
    """How much of each vocabulary is mapped, and what is not."""
    grid = Grid("vocabulary", "codes", "own line", "by a broader code or word", "unmapped")
    for name, own, above, unmapped in found:
        grid.add_row(name, str(own + above + len(unmapped)), str(own), str(above), str(len(unmapped)))
    console.print(grid)
    for name, _, _, unmapped in found:
        if unmapped:
            console.print(f"  {name}: {', '.join(unmapped[:12])}{' …' if len(unmapped) > 12 else ''}", markup=False)


if __name__ == "__main__":
    typer.run(main)
