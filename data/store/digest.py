"""A fingerprint of a city's data: equal data gives an equal digest, wherever it was read from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from data.columns import STAMPS, TABLES
from data.tables import Tables


class Parts(Protocol):
    """The rows of a table in the order of its key, some after another."""

    @property
    def rows(self) -> int: ...

    def values(self, name: str) -> Iterable[pd.Series]:
        """A column, part by part."""


@dataclass(frozen=True)
class _Whole:
    frame: pd.DataFrame

    @property
    def rows(self) -> int:
        return len(self.frame)

    def values(self, name: str) -> Iterable[pd.Series]:
        return (self.frame[name],)


def _feed(digest: hashlib._Hash, name: str, parts: Iterable[pd.Series]) -> None:
    digest.update(f"\x1d{name}\x1e".encode())
    between = b""
    for values in parts:
        if values.dtype.kind in "fi":
            # One NaN for all: -0.0 and the payloads of NaN would otherwise tell equal data apart.
            numbers = values.to_numpy(np.float64 if values.dtype.kind == "f" else np.int64, copy=True)
            if numbers.dtype.kind == "f":
                numbers[np.isnan(numbers)] = np.nan
                numbers += 0.0
            digest.update(np.ascontiguousarray(numbers, dtype=numbers.dtype.newbyteorder("<")).tobytes())
        else:
            digest.update(between + "\x1f".join(values.tolist()).encode("utf-8", "surrogatepass"))
            between = b"\x1f"


def _nothing_known(values: pd.Series) -> bool:
    return bool((values.isna() if values.dtype.kind in "fi" else values == "").all())


def digest(tables: Tables, stamps: Parts | None = None) -> str:
    """SHA-256 of a city's settings and tables, as 64 hexadecimal digits.

    The order of rows does not count; neither do the rejected rows and the reader's notes.

    Parameters
    ----------
    stamps : Parts, optional
        Instead of those of the tables, for stamps that do not fit in memory.
    """
    total = hashlib.sha256()
    settings = asdict(tables.city) | {"has_sessions": tables.has_sessions}
    total.update(json.dumps(settings, sort_keys=True, default=list).encode())
    for table in TABLES:
        frame = tables.frame(table)
        parts: Parts = _Whole(frame.sort_values(list(table.key), kind="stable"))
        if table is STAMPS and stamps is not None:
            parts = stamps
        total.update(f"\x1c{table.name}:{parts.rows}".encode())
        for name in sorted(frame.columns):
            # A column of which nothing is known is no data: so a column that comes with a later version changes
            # no digest until it is used.
            if not all(_nothing_known(values) for values in parts.values(name)):
                _feed(total, name, parts.values(name))
    return total.hexdigest()
