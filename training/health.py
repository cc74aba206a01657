"""How healthy a city's data is: rows kept and rejected, what is not known, and what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, AT, LEARNER, VENUE, Table
from data.tables import Tables
from data.validation import KEPT_WITHOUT

FEW_STAMPS = 500


@dataclass(frozen=True)
class FileHealth:
    """One file: rows read, kept and rejected, and the most frequent reason."""

    name: str
    there: bool
    read: int
    kept: int
    rejected: int
    reason: str


@dataclass(frozen=True)
class Gap:
    """Something that the city does not say: of how many rows, for what share, and what follows from it."""

    what: str
    of: int
    share: float
    meaning: str


def _of(tables: Tables, table: Table) -> pd.DataFrame:
    """Quarantine lines of one table; a file is named after its table."""
    stems = tables.quarantine["source"].str.replace("\\", "/").str.split("/").str[-1].str.split(".").str[0]
    return tables.quarantine[stems == table.name]


def file_health(tables: Tables, table: Table) -> FileHealth:
    """Rows read, kept and rejected of one table. A line that cost a row only a reference is no rejected row."""
    lines = _of(tables, table)
    rejected = lines[~lines["expected"].str.endswith(KEPT_WITHOUT)]
    kept, lost = len(tables.frame(table)), int(rejected["row"].nunique())
    there = bool(kept or len(lines) or table.required or (table.name == "sessions" and tables.has_sessions))
    reason = ""
    if len(lines):
        times = Counter(zip(lines["field"], lines["expected"], strict=True))
        (field, expected), most = min(times.items(), key=lambda pair: (-pair[1], pair[0]))
        reason = f"{field}: expected {expected} ({most}×)"
    return FileHealth(table.name, there, kept + lost, kept, lost, reason)


def not_known(tables: Tables) -> list[Gap]:
    """What is missing, for the tables that have rows; complete columns are left out."""
    activities, sessions = tables.activities, tables.sessions
    placed_venues = set(tables.venues[VENUE][tables.venues["lat"].notna()])
    by_session = sessions[ACTIVITY][sessions["lat"].notna() | sessions["venue_id"].isin(placed_venues)]
    placed = activities["venue_id"].isin(placed_venues) | activities[ACTIVITY].isin(set(by_session))
    passports, stamps = tables.passports, tables.stamps
    without_passport = ~pd.Series(stamps[LEARNER].unique(), dtype="str").isin(set(passports[LEARNER]))
    found = [
        ("activities without age", activities["age_min"].isna() & activities["age_max"].isna(), "shown to every age, marked as not known"),
        ("activities without price", activities["price"].isna(), "never shown to who asks for free"),
        ("activities without theme", activities["themes"] == "", "wishes cannot find them"),
        ("activities without place", ~placed, "never shown to who limits travel"),
        ("activities without language", activities["language"] == "", "shown in every language, marked as not known"),
        ("activities without description", activities["description"] == "", "likeness rests on the title alone"),
        ("activities without a session", ~activities[ACTIVITY].isin(set(sessions[ACTIVITY])) & tables.has_sessions, "never shown: not open at any time"),
        ("passports without age", passports["age"] == "", "get every age"),
        ("passports without home", passports["home_lat"].isna(), "travel is not counted"),
        ("learners without passport", without_passport, "only their stamps are known"),
        ("stamps without chooser", stamps["chosen_by"] == "", "count as chosen by the learner"),
    ]  # fmt: skip
    return [
        Gap(what, len(missing), float(np.mean(missing)), meaning)
        for what, missing, meaning in found
        if len(missing) and np.any(missing)
    ]


def problems(tables: Tables, most: int = 8) -> list[str]:
    """The most frequent problems, each with one line to look at, then what the reader remarked."""
    lines = tables.quarantine
    said = []
    if len(lines):
        groups = sorted(lines.groupby(["source", "field", "expected"], sort=True), key=lambda pair: -len(pair[1]))
        for (source, field, expected), group in groups[:most]:
            first = group.iloc[0]
            said.append(
                f"{source}, line {first['row']}, {field}: {first['value']!r}; expected {expected}"
                + (f" (and {len(group) - 1} more)" if len(group) > 1 else "")
            )
        if len(groups) > most:
            said.append(f"and {len(groups) - most} other kinds of problems")
    return said


def remarks(tables: Tables) -> list[str]:
    """What to do next, and what to expect."""
    stamps = tables.stamps
    said = [note for note in tables.notes if "columns not kept" in note]
    if len(tables.quarantine):
        said.append("Correct the lines above in the source and read it again; until then those rows are left out.")
    if not len(stamps):
        said.append("No stamps yet: recommendations rest on wishes, themes, age and place.")
    else:
        days = (stamps[AT].max() - stamps[AT].min()) / 86_400
        said.append(f"{len(stamps):,} stamps of {stamps[LEARNER].nunique():,} learners over {days:,.0f} days.")
        if len(stamps) < FEW_STAMPS:
            said.append(f"Below {FEW_STAMPS} stamps a simple list may do as well; the evaluation will say so.")
    if not tables.has_sessions:
        said.append("No sessions file: every activity counts as open at all times.")
    return said
