"""From what a history says to validated passports and stamps, one passport for each learner and each stamp once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, LEARNER, PASSPORTS, STAMPS, Table
from data.feeds.content import decoded, read_bytes
from data.feeds.histories.people import FILE as LEARNERS
from data.feeds.histories.people import Pseudonym, linked, parse_learners
from data.feeds.histories.records import Context, History
from data.feeds.histories.targets import FILE as MATCHES
from data.feeds.histories.targets import targets_of
from data.feeds.records import Row
from data.feeds.rows import now_of
from data.feeds.tabled import quarantine_of
from data.tables import CitySettings, Tables
from data.validation import validate
from data.words import split

BESIDE = (MATCHES, LEARNERS)
"""Tables of one's own that may stand among the files of a history."""

AGAIN = "stamps that stand in it twice, counted once"


def context_of(path: Path, pseudonym: Pseudonym, catalogue: Tables | None, now: int | None) -> Context:
    """What a source is read with: the city, and the tables of one's own in the folder or beside the file.

    Raises
    ------
    BadInput
        When one of these tables is not understood.
    """
    beside = (path if path.is_dir() else path.parent) / LEARNERS
    if beside.is_file():
        pseudonym = linked(pseudonym, parse_learners(decoded(read_bytes(beside), LEARNERS), LEARNERS))
    city = CitySettings() if catalogue is None else catalogue.city
    return Context(path.name, city, now_of(city, now), targets_of(catalogue, path), pseudonym)


def _people(rows: Sequence[Row]) -> list[Row]:
    """One row for each learner: all badges, and of everything else what was said first."""
    found: dict[str, Row] = {}
    for row in rows:
        before = found.get(row.values[LEARNER])
        if before is None:
            found[row.values[LEARNER]] = row
            continue
        badges = dict.fromkeys((*split(before.values.get("badges", "")), *split(row.values.get("badges", ""))))
        joined = {**row.values, **before.values} | ({"badges": ";".join(badges)} if badges else {})
        found[row.values[LEARNER]] = replace(before, values=joined)
    return list(found.values())


def _validated(table: Table, rows: Sequence[Row], context: Context, known: dict[str, set[str]]) -> list[pd.DataFrame]:
    """Usable rows, and quarantine lines that name each row's own file and line."""
    columns = {name: [row.values.get(name, "") for row in rows] for name in table.names}
    frame = pd.DataFrame(columns, columns=list(table.names), dtype="str")
    as_of = int(context.now.timestamp())
    kept, lost = validate(table, frame, "", known, as_of, lines=np.arange(len(rows), dtype=np.int64))
    if len(lost):
        places = [rows[int(place)] for place in lost["row"]]
        lost["source"] = pd.Series([row.source for row in places], dtype="str")
        lost["row"] = pd.Series([str(row.line) for row in places], dtype="str")
    return [kept, lost]


def tables_of(history: History, context: Context, catalogue: Tables | None) -> Tables:
    """Validated passports and stamps of a history, with an empty catalogue: ``Store.add`` puts them into a city.

    Parameters
    ----------
    history : History
        All its rows, in the order in which they were met.
    catalogue : Tables or None
        The city's, whose activities stamps must point at; None for any.
    """
    known = {} if catalogue is None else {"activities": set(catalogue.activities[ACTIVITY])}
    stamps: dict[tuple[str, ...], Row] = {}
    for row in history.stamps:
        stamps.setdefault(tuple(row.values.values()), row)
    history.counts[AGAIN] += len(history.stamps) - len(stamps)
    passports, lost_passports = _validated(PASSPORTS, _people(history.passports), context, known)
    kept, lost_stamps = _validated(STAMPS, list(stamps.values()), context, known)
    source = context.source
    learners = len({*passports[LEARNER], *kept[LEARNER]})
    badges = sum(len(split(text)) for text in passports["badges"])
    head = (
        f"{source}: {history.records} records became {len(kept)} stamps and {badges} badges, of {learners} learners"
    )  # fmt: skip
    counted = (f"{source}: {what}: {number}" for what, number in history.counts.items() if number)
    lost = [quarantine_of(history.rejected, source), lost_passports, lost_stamps]
    return Tables(
        city=context.city,
        passports=passports,
        stamps=kept,
        quarantine=pd.concat(lost, ignore_index=True),
        notes=(head, *counted),
        records=history.records,
    )
