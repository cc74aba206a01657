"""What becomes of the published passport histories: ``python -m benchmarks.histories``.

A table of records read, kept and put aside, with and without a city whose activities they are; then every reader on every
file, whole and deliberately broken, where anything but a reading or a plain refusal is a failure (exit code 1).
"""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.feeds import bombs, broken, files_below, moment
from benchmarks.machine import describe, shared_data
from data.columns import LEARNER
from data.feeds.histories.people import keyed
from data.feeds.histories.registry import HISTORIES, history_reader
from data.tables import Tables
from data.validation import KEPT_WITHOUT
from data.words import split
from recommender.errors import BadInput

SOURCES = {"openbadges": "openbadges", "clr": "openbadges", "xapi": "xapi", "uitpas": "uitpas",
           "oslo-cultuurparticipatie": "oslo"}  # fmt: skip
NOW = "2026-11-01"


def row_of(source: str, tables: Tables) -> tuple[list[str], Counter[str]]:
    """A line of the table, and why records were put aside."""
    lines = tables.quarantine
    lost = lines[~lines["expected"].str.endswith(KEPT_WITHOUT)]
    aside = len(set(zip(lost["source"], lost["row"], strict=True)))
    passports = tables.passports
    learners = len({*passports[LEARNER], *tables.stamps[LEARNER]})
    badges = sum(len(split(text)) for text in passports["badges"])
    counts = (tables.records, tables.records - aside, aside, learners, badges, len(tables.stamps))
    ages = f"{(passports['age'] != '').sum() / learners:.0%}" if learners else "–"
    reasons = Counter(
        f"{field or 'record'}: expected {expected}"
        for field, expected in zip(lines["field"], lines["expected"], strict=True)
    )
    return [source, *(f"{count:,}" for count in counts), ages], reasons


def show_histories(console: Console, root: Path) -> None:
    """What the published examples hold, taken as if all of it were the city's."""
    grid = Grid("history", "records", "kept", "quarantined", "learners", "badges", "stamps", "age known")
    for column in grid.columns[1:]:
        column.justify = "right"
    told = []
    for folder, name in SOURCES.items():
        if (root / folder).exists():
            tables = history_reader(name)(root / folder, keyed(secrets.token_bytes(32), ""), None, moment(NOW))
            cells, reasons = row_of(folder, tables)
            grid.add_row(*cells)
            told += [f"{folder}: {reason} ({times}×)" for reason, times in reasons.most_common(3)]
            told += list(tables.notes[1:])
    console.print(grid)
    for line in told:
        console.print(f"  {line}", markup=False)


def attempts(root: Path, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Every reader with every file, whole and broken, and with what wants to grow."""
    for folder, own in SOURCES.items():
        for file in files_below(root / folder):
            content = file.read_bytes()
            for name in HISTORIES:
                yield name, file.name, content
            for damaged, bad in broken(content, file.name, seed):
                yield own, damaged, bad
    for bomb, content in bombs():
        for name in HISTORIES:
            yield name, bomb, content


def try_everything(root: Path, seed: int) -> tuple[int, int, list[str]]:
    """How many were read, refused in plain words, and failed in any other way."""
    read = refused = 0
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, file, content in attempts(root, seed):
            target = Path(folder) / file
            target.write_bytes(content)
            try:
                history_reader(name)(target, keyed(b"", ""), None, moment(NOW))
                read += 1
            except BadInput:
                refused += 1
            except Exception as error:  # Whatever it is, it is what is looked for here.
                failed.append(f"{name} on {file}: {type(error).__name__}")
            target.unlink()
    return read, refused, failed


def main(seed: int = 0) -> None:
    """Read every published history, and say what became of it."""
    console = Console(width=160, highlight=False)
    try:
        root = shared_data() / "feeds"
    except BadInput as error:
        console.print(str(error), markup=False)
        raise typer.Exit(1) from None
    console.print(describe(1))
    show_histories(console, root)
    read, refused, failed = try_everything(root, seed)
    console.print(
        f"\nEvery reader on every file, whole and broken: {read} read, {refused} refused, {len(failed)} failed"
    )
    for line in failed:
        console.print(f"  {line}", markup=False)
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
