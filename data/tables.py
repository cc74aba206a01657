"""Validated tables: what feeds and CSV folders become, and what the store and the fit read.

Frames hold exactly the columns of ``data.columns``, in that order (``themes`` may carry more languages),
with canonical values:

=============  ==========================================================================
kind           dtype and value
=============  ==========================================================================
id, ref, text  str; missing is ``""``
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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from data.columns import AT, TABLES, Table
from recommender.city import DEFAULT_TRAVEL, TravelMode

TEXT_KINDS = frozenset({"id", "ref", "text", "choice", "list", "choices", "weights", "age_or_band"})
QUARANTINE_COLUMNS = ("source", "row", "field", "value", "expected", "record")


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


def empty(table: Table) -> pd.DataFrame:
    """A frame without rows, with the canonical columns and dtypes of a table."""
    dtypes = {
        column.name: "int64" if column.kind == "time" else "str" if column.kind in TEXT_KINDS else "float64"
        for column in table.columns
    }
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def _quarantine() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in QUARANTINE_COLUMNS})


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
