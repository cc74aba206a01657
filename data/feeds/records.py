"""What a feed becomes before it is judged: rows of text, each with where it stands and where its values come from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, tostring

from data.validation import KEPT_WITHOUT

Values = Mapping[str, str]
RECORD_LENGTH = 20_000
"""A longer record is cut in quarantine: a line there is to be looked at, not read back."""


@dataclass(frozen=True)
class Rejected:
    """A record, or one field of it, that cannot be used: a line for quarantine."""

    line: int
    field: str
    value: str
    expected: str
    record: str
    source: str = ""


@dataclass(frozen=True)
class Row:
    """One row of one of our tables, as text.

    Attributes
    ----------
    source, line : str, int
        File, and line or place in it, that the row was read from.
    values : mapping of column to text
        A column that is not there is not known.
    origin : mapping of column to text
        Only for values that the record itself does not say: what a standard or a convention says instead.
    also : tuple of str
        Further records that say the same: the row was found in several feeds.
    version : str
        When the record was last changed, ISO 8601, where it says so: of two records of one activity the newer holds.
    """

    source: str
    line: int
    values: Values
    origin: Values = field(default_factory=dict)
    also: tuple[str, ...] = ()
    version: str = ""


@dataclass
class Reading:
    """All that a feed, or a part of it, says. Grows while the feed is read.

    Attributes
    ----------
    records : int
        Records met, whatever became of them.
    counts : Counter
        What was assumed or left out, in words, and how often.
    unmapped : Counter
        Words of the feed's own vocabulary that no theme is known for.
    """

    records: int = 0
    venues: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)

    def add(self, other: Reading) -> None:
        """Take over everything of another reading."""
        self.records += other.records
        for name in ("venues", "activities", "sessions", "rejected"):
            getattr(self, name).extend(getattr(other, name))
        self.counts.update(other.counts)
        self.unmapped.update(other.unmapped)


class UnusableError(Exception):
    """A value that makes a record, or a part of it, unusable."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(field, value, expected)
        self.field, self.value, self.expected = field, str(value), expected

    def without(self) -> UnusableError:
        """The same, when the record is kept without the value."""
        return UnusableError(self.field, self.value, self.expected + KEPT_WITHOUT)


Odd = list[UnusableError]
Read = Callable[[int, Any, Odd], Reading]


def raw(record: object) -> str:
    """A record as it goes to quarantine."""
    if isinstance(record, Element):
        record = tostring(record, encoding="unicode")
    text = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False, default=str)
    return text if len(text) <= RECORD_LENGTH else text[:RECORD_LENGTH] + " …"


def each(records: Iterable[tuple[int, Any]], read: Read, source: str, what: str) -> Reading:
    """Every record read; whatever one of them holds, the others are read.

    Parameters
    ----------
    records : iterable of (line, record)
    read : callable
        Gives a record's rows, and appends to its last argument what costs only a value.
        Raises ``UnusableError`` for what costs the whole record.
    source : str
        File name, for quarantine.
    what : str
        What a record was expected to be, for one that is nothing of the kind.
    """
    whole = Reading()
    for line, record in records:
        odd: Odd = []
        try:
            whole.add(read(line, record, odd))
        except UnusableError as bad:
            odd.append(bad)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            odd.append(UnusableError("", raw(record)[:80], f"{what} ({error})"))
        whole.records += 1
        if odd:
            text = raw(record)
            whole.rejected += (Rejected(line, bad.field, bad.value, bad.expected, text, source) for bad in odd)
    return whole
