"""OSLO Cultuurparticipatie, as the CSV files of its exchange platform: participations and participants.

- ``deelname…csv`` gives a stamp for each participation, ``participant…csv`` passports; other files are the agenda's.
- A birth year becomes an age, a statistical sector an area; what else is said of a participant goes.
- When somebody was there is not in it: the time is that at which the participation was last written down.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.feeds.content import all_files, decoded, files_of, read_bytes
from data.feeds.histories.people import OSLO, Pseudonym, age_at
from data.feeds.histories.records import Context, Form, History, at, each, passport, stamp
from data.feeds.histories.struck import ADDRESS, MOMENT, Shown, tells_who
from data.feeds.histories.tabled import BESIDE, context_of, tables_of
from data.feeds.histories.targets import NO_ACTIVITY
from data.feeds.records import Odd, UnusableError
from data.feeds.said import required, text_of
from data.tables import Tables
from recommender.errors import BadInput

ENDINGS = (".csv",)
PERSON, VISIT = "participant_id", "deelname_id"
SHOWN: Shown = {"event_id": ADDRESS, "event_theme": ADDRESS, "event_type": ADDRESS, "deelname_modifieddate": MOMENT}
BY_RECORD = "participations by when they were written down: when somebody was there is not said"
NOT_PEOPLE = "files of the agenda (activities, places, organisers), left out: they hold no participation"
ONCE = "each participation once; the first is kept"


def rows_of(text: str, source: str) -> Iterator[tuple[int, Any]]:
    """Lines of a CSV file by their columns; a line that does not fit the header is given as a list of its cells.

    Raises
    ------
    BadInput
        For what is no CSV, or has neither participations nor participants.
    """
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        names = [name.strip() for name in next(lines, [])]
        if PERSON not in names:
            raise BadInput(f"{source}: the column {PERSON} is missing; expected participations or participants of OSLO")
        before = lines.line_num
        for cells in lines:
            line, before = before + 1, lines.line_num
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(names, cells, strict=True)) if len(cells) == len(names) else cells
    except csv.Error as error:
        raise BadInput(f"{source}, line {lines.line_num}: not readable as CSV: {error}") from None


def _identities(row: Any) -> Sequence[str]:
    name = text_of(row.get(PERSON)) if isinstance(row, Mapping) else ""
    return (f"{OSLO}:{name}",) if name else ()


def _persons(row: Any) -> Sequence[Any]:
    return [part for name, part in row.items() if name not in SHOWN] if isinstance(row, Mapping) else [row]


FORM = Form("a line with as many cells as the header", SHOWN, _persons, _identities)


def read_row(line: int, row: Any, odd: Odd, context: Context, seen: set[str]) -> History:
    """The passport, and for a participation the stamp, of one line.

    Raises
    ------
    UnusableError
    """
    if not isinstance(row, Mapping):
        raise UnusableError("", "", FORM.what)
    history = History()
    learner = context.pseudonym(f"{OSLO}:{required(PERSON, row[PERSON])}")
    if VISIT in row:
        theirs = required("event_id", row.get("event_id"))
        when = at("deelname_modifieddate", row.get("deelname_modifieddate"), context, history.counts)
        activity = context.targets.activity(theirs)
        if not activity:
            raise UnusableError("event_id", theirs, NO_ACTIVITY)
        visit = required(VISIT, row[VISIT])
        if visit in seen:
            raise UnusableError(VISIT, "", ONCE)
        seen.add(visit)
        history.stamps.append(stamp(learner, activity, when, line, context))
        history.counts[BY_RECORD] += 1
    try:
        age = age_at("participant_birthyear", row.get("participant_birthyear"), context.now)
    except UnusableError as bad:
        odd.append(bad)
        age = ""
    area = text_of(row.get("participant_statsector_name"))
    history.passports.append(passport(learner, line, context, age=age, area="" if tells_who(area, ()) else area))
    return history


def parse(text: str, context: Context, seen: set[str] | None = None) -> History:
    """All lines of a file with participations or participants; a line in quarantine is that of the file.

    Parameters
    ----------
    seen : set of str or None
        Ids of participations that were read already; grows.

    Raises
    ------
    BadInput
        When it is none.
    """
    before: set[str] = set() if seen is None else seen
    rows = rows_of(text, context.source)
    return each(rows, lambda line, row, odd: read_row(line, row, odd, context, before), FORM, context)


def _is_history(text: str) -> bool:
    return PERSON in text.partition("\n")[0]


def read(path: Path, pseudonym: Pseudonym, catalogue: Tables | None = None, now: int | None = None) -> Tables:
    """The participations in a file, or in all files below a folder.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    context, seen, people = context_of(path, pseudonym, catalogue, now), set[str](), [0]

    def one(file: Path) -> History:
        if file.name in BESIDE and path.is_dir():
            return History()
        text = decoded(read_bytes(file), file.name, otherwise="cp1252")
        if path.is_dir() and not _is_history(text):
            history = History()
            history.counts[NOT_PEOPLE] += 1
            return history
        people[0] += 1
        return parse(text, replace(context, source=file.name), seen)

    whole = all_files(History, path, ENDINGS, one, "participations of OSLO Cultuurparticipatie")
    if not people[0] and files_of(path, ENDINGS):
        raise BadInput(f"{path}: no file in here has the column {PERSON}; expected participations or participants")
    return tables_of(whole, context, catalogue)
