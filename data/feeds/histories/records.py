"""What a history becomes before it is judged: rows of passports and stamps, and what could not be used, struck out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from data.feeds.histories.people import Pseudonym
from data.feeds.histories.struck import STRUCK, Shown, names_of, scalars, struck
from data.feeds.histories.targets import Targets
from data.feeds.records import Odd, Rejected, Row, UnusableError
from data.feeds.said import moment
from data.tables import CitySettings, Tables

HOUR_NOT_KNOWN = "days without an hour, taken as the start of that day"


class HistoryReader(Protocol):
    """Turns a file or folder into passports and stamps of a city; ``now`` in seconds since 1970 UTC, None for the
    city's own. Without a catalogue nothing is looked up: ids are taken as they are.
    """

    def __call__(
        self, path: Path, pseudonym: Pseudonym, catalogue: Tables | None = None, now: int | None = None
    ) -> Tables: ...


@dataclass(frozen=True)
class Context:
    """What a file is read with: its name, the city, now, what the city calls things, and who becomes whom."""

    source: str
    city: CitySettings
    now: datetime
    targets: Targets
    pseudonym: Pseudonym

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.city.time_zone)


@dataclass
class History:
    """All that a history, or a part of it, says. Grows while it is read.

    Attributes
    ----------
    records : int
        Records met, whatever became of them.
    passports, stamps : list of Row
        Rows of our tables as text, by pseudonym.
    counts : Counter
        What was assumed or left out, in words, and how often.
    """

    records: int = 0
    passports: list[Row] = field(default_factory=list)
    stamps: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: History) -> None:
        """Take over everything of another history."""
        self.records += other.records
        for name in ("passports", "stamps", "rejected"):
            getattr(self, name).extend(getattr(other, name))
        self.counts.update(other.counts)


def _itself(record: Any) -> Any:
    return record


@dataclass(frozen=True)
class Form:
    """What records of a feed look like, for when one has to be put aside.

    Attributes
    ----------
    what : str
        What a record was expected to be.
    shown : mapping
        The fields that cannot tell who it is about; all others are struck out.
    persons : callable
        The parts of a record that say who it is about.
    identities : callable
        What those people are identified by, for their pseudonyms.
    content : callable
        The record itself, where it is read together with something else.
    """

    what: str
    shown: Shown
    persons: Callable[[Any], Sequence[Any]]
    identities: Callable[[Any], Sequence[str]]
    content: Callable[[Any], Any] = _itself


Read = Callable[[int, Any, Odd], History]
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _put_aside(line: int, record: Any, odd: Sequence[UnusableError], form: Form, context: Context) -> list[Rejected]:
    """Lines for quarantine. They carry the pseudonym, so that an erasure finds them, and nothing else of a person."""
    try:
        left = struck(form.content(record), form.shown, names_of(*form.persons(record)))
        learners = [{"learner_id": context.pseudonym(identity)} for identity in form.identities(record)]
    except _BROKEN:
        left, learners = STRUCK, []
    whole = {
        **(learners[0] if len(learners) == 1 else {"learners": learners} if learners else {}),
        **(left if isinstance(left, dict) else {"record": left}),
    }
    seen = set(scalars(left))
    text = json.dumps(whole, ensure_ascii=False)
    return [
        Rejected(
            line, bad.field, bad.value if not bad.value or bad.value in seen else STRUCK, bad.expected, text,
            context.source,
        )
        for bad in odd
    ]  # fmt: skip


def each(records: Iterable[tuple[int, Any]], read: Read, form: Form, context: Context) -> History:
    """Every record read; whatever one of them holds, the others are read, and what goes to quarantine names nobody.

    Parameters
    ----------
    records : iterable of (line, record)
    read : callable
        Gives a record's rows, and appends to its last argument what costs only a value.
        Raises ``UnusableError`` for what costs the whole record.
    """
    whole = History()
    for line, record in records:
        odd: Odd = []
        try:
            whole.add(read(line, record, odd))
        except UnusableError as bad:
            odd.append(bad)
        except _BROKEN:
            # What such an error says may quote the record.
            odd.append(UnusableError("", "", form.what))
        whole.records += 1
        if odd:
            whole.rejected += _put_aside(line, record, odd, form, context)
    return whole


def at(field_name: str, value: object, context: Context, counts: Counter[str]) -> datetime:
    """A moment on the city's clocks; a day without an hour is its start. Raises ``UnusableError``."""
    found = moment(field_name, value, context.zone)
    if isinstance(found, datetime):
        return found
    counts[HOUR_NOT_KNOWN] += 1
    return datetime(found.year, found.month, found.day, tzinfo=context.zone)


def stamp(learner: str, activity: str, when: datetime, line: int, context: Context) -> Row:
    """The row of a stamp; who chose it is not known."""
    values = {"learner_id": learner, "activity_id": activity, "at": when.isoformat(timespec="seconds")}
    return Row(context.source, line, values)


def passport(learner: str, line: int, context: Context, **values: str) -> Row:
    """The row of a passport; what is ``""`` is not known."""
    return Row(context.source, line, {"learner_id": learner} | {name: text for name, text in values.items() if text})
