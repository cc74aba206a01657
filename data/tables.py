"""Validated tables: what feeds and CSV folders become, and what the store and the fit read.

Frames hold exactly the columns of ``data.columns``, in that order (``themes`` may carry more languages),
with canonical values:

=============  ==========================================================================
kind           dtype and value
=============  ==========================================================================
id, ref, text  str; missing is ``""``
hours          str, OpenStreetMap syntax; missing is ``""``
choice         str; missing is ``""``
list, choices  str ``a;b``; missing is ``""``
weights        str ``space:0.7;making:1``; missing is ``""``
age_or_band    str ``8.5`` or ``6-8``; missing is ``""``
age, number    float64; missing is NaN
lat, lon       float64; missing is NaN
whole          float64 holding whole numbers; missing is NaN
flag           float64 1.0 or 0.0; missing is NaN
time           int64 seconds since 1970 UTC; never missing (such rows are rejected)
=============  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from data.columns import AT, TABLES, Column, Table
from recommender.city import DEFAULT_TRAVEL, TravelMode
from recommender.errors import BadInput

TEXT_KINDS = frozenset({"id", "ref", "text", "choice", "list", "choices", "weights", "hours", "age_or_band"})
QUARANTINE_COLUMNS = ("source", "row", "field", "value", "expected", "record")
ORIGIN_COLUMNS = ("table", "id", "field", "origin")


@dataclass(frozen=True)
class CitySettings:
    """``city.toml``. ``as_of`` is the city's own "now" in seconds since 1970 UTC, None for the clock's."""

    id: str = "city"
    name: str = ""
    time_zone: str = "Europe/Amsterdam"
    languages: tuple[str, ...] = ("nl", "en")
    as_of: int | None = None
    default_mode: str = "bike"
    travel: Mapping[str, TravelMode] = field(default_factory=lambda: dict(DEFAULT_TRAVEL))
    origin: str = "own"
    """``own``, ``sample`` or ``simulated``: demo mode serves only the last two."""


def dtype_of(column: Column) -> str:
    """The dtype of a column's canonical values."""
    return "int64" if column.kind == "time" else "str" if column.kind in TEXT_KINDS else "float64"


def empty(table: Table) -> pd.DataFrame:
    """A frame without rows, with the canonical columns and dtypes of a table."""
    return pd.DataFrame({column.name: pd.Series(dtype=dtype_of(column)) for column in table.columns})


def frame_of(table: Table, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """A canonical frame from records whose values are canonical already; a missing or None value is "not known".

    Parameters
    ----------
    table : Table
        Whose columns.
    rows : iterable of mappings of column name to value
        Extra columns are kept only for an ``open_ended`` table, as text.

    Raises
    ------
    BadInput
        When a record has a column that the table does not know, or lacks a time.
    """
    records = list(rows)
    known = set(table.names)
    more = list(dict.fromkeys(name for record in records for name in record if name not in known))
    if more and not table.open_ended:
        raise BadInput(f"{table.name}: no column {more[0]!r}; the columns are {', '.join(table.names)}")
    frame = {}
    for column in (*table.columns, *(Column(name, "text", "") for name in more)):
        dtype = dtype_of(column)
        values = [record.get(column.name) for record in records]
        if dtype == "int64" and None in values:
            raise BadInput(f"{table.name}: record {values.index(None)} has no {column.name!r}")
        missing = "" if dtype == "str" else float("nan")
        frame[column.name] = pd.Series([missing if value is None else value for value in values], dtype=dtype)
    return pd.DataFrame(frame)


def _quarantine() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in QUARANTINE_COLUMNS})


def _origins() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in ORIGIN_COLUMNS})


@dataclass(frozen=True)
class Tables:
    """One city's validated tables.

    Attributes
    ----------
    quarantine : DataFrame
        Rejected rows: ``source`` (file), ``row`` (line in it), ``field``, ``value``, ``expected`` and the whole
        ``record`` as JSON. Nothing is dropped in silence.
    has_sessions : bool
        False when the city has no session file: then every activity is open at all times.
    notes : tuple of str
        What the reader did and a person should know: columns left out, values assumed, categories without a theme.
    origins : DataFrame
        Where rows and values come from, for cities read from feeds: ``table``, ``id`` of the row, ``field`` (``""``
        for the whole row, once per record that says so), and ``origin`` in words. A value without a line of its own
        stands in the record itself.
    records : int
        How many records a feed held; 0 for tables that were read as such.
    """

    city: CitySettings = field(default_factory=CitySettings)
    themes: pd.DataFrame = field(default_factory=lambda: empty(TABLES[0]))
    venues: pd.DataFrame = field(default_factory=lambda: empty(TABLES[1]))
    activities: pd.DataFrame = field(default_factory=lambda: empty(TABLES[2]))
    sessions: pd.DataFrame = field(default_factory=lambda: empty(TABLES[3]))
    passports: pd.DataFrame = field(default_factory=lambda: empty(TABLES[4]))
    stamps: pd.DataFrame = field(default_factory=lambda: empty(TABLES[5]))
    lines: pd.DataFrame = field(default_factory=lambda: empty(TABLES[6]))
    quarantine: pd.DataFrame = field(default_factory=_quarantine)
    has_sessions: bool = True
    notes: tuple[str, ...] = ()
    origins: pd.DataFrame = field(default_factory=_origins)
    records: int = 0

    def frame(self, table: Table) -> pd.DataFrame:
        """The frame of a table."""
        frame: pd.DataFrame = getattr(self, table.name)
        return frame

    def before(self, moment: int) -> Tables:
        """The same city as it was known at a moment: no stamp at or after it.

        Parameters
        ----------
        moment : int
            Seconds since 1970 UTC.
        """
        return replace(self, stamps=self.stamps[self.stamps[AT] < moment].reset_index(drop=True))
