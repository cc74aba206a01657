"""A fingerprint of a city's data: equal data gives an equal digest, wherever it was read from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import numpy as np
import pandas as pd

from data.columns import TABLES
from data.tables import Tables


def _feed(digest: hashlib._Hash, name: str, values: pd.Series) -> None:
    digest.update(f"\x1d{name}\x1e".encode())
    if values.dtype.kind in "fi":
        # One NaN for all: -0.0 and the payloads of NaN would otherwise tell equal data apart.
        numbers = values.to_numpy(np.float64 if values.dtype.kind == "f" else np.int64, copy=True)
        if numbers.dtype.kind == "f":
            numbers[np.isnan(numbers)] = np.nan
            numbers += 0.0
        digest.update(np.ascontiguousarray(numbers, dtype=numbers.dtype.newbyteorder("<")).tobytes())
    else:
        digest.update("\x1f".join(values.tolist()).encode("utf-8", "surrogatepass"))


def _nothing_known(values: pd.Series) -> bool:
    return bool((values.isna() if values.dtype.kind in "fi" else values == "").all())


def digest(tables: Tables) -> str:
    """SHA-256 of a city's settings and tables, as 64 hexadecimal digits.

    The order of rows does not count; neither do the rejected rows and the reader's notes.
    """
    total = hashlib.sha256()
    settings = asdict(tables.city) | {"has_sessions": tables.has_sessions}
    total.update(json.dumps(settings, sort_keys=True, default=list).encode())
    for table in TABLES:
        frame = tables.frame(table).sort_values(list(table.key), kind="stable")
        total.update(f"\x1c{table.name}:{len(frame)}".encode())
        for name in sorted(frame.columns):
            # A column of which nothing is known is no data: so a column that comes with a later version changes
            # no digest until it is used.
            if not _nothing_known(frame[name]):
                _feed(total, name, frame[name])
    return total.hexdigest()
