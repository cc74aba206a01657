"""Stamps on disk for as long as a fit takes: in order of learner, in parts that fit in memory, no learner in two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from data.columns import LEARNER, STAMPS
from data.tables import dtype_of

ROWS = 1_000_000
"""About so many stamps are in memory at once."""
_KEY = list(STAMPS.key)


class _OutOfOrder(Exception):
    """A learner came after a later one."""


@dataclass(frozen=True)
class Spool:
    """What ``spool`` wrote.

    Attributes
    ----------
    files : tuple of Path
        In order of the key, as ``data.store.digest`` and the fit read them.
    rows, learners : int
        How many stamps there are, and of how many learners.
    """

    files: tuple[Path, ...]
    rows: int
    learners: int

    def values(self, name: str) -> Iterator[pd.Series]:
        """A column, part by part."""
        for part in self.parts([name]):
            yield part[name]

    def parts(self, names: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """The stamps part by part, canonical, all columns or some."""
        for file in self.files:
            yield _read(file, names)


def spool(chunks: Callable[[], Iterable[pd.DataFrame]], folder: Path, rows: int = ROWS) -> Spool:
    """Write stamps in order of their key, each key once, the first that came.

    Stamps that come in order of learner, as from the store, are read once. Others are read three times: to count whose they are,
    to share them out over files by learner, and file by file.

    Parameters
    ----------
    chunks : callable
        Gives the stamps from the beginning, in canonical frames of whatever size.
    folder : Path
        An empty one.
    rows : int
        Per part, but for a learner who has more.
    """
    try:
        return _written(_by_learner(chunks(), rows), folder)
    except _OutOfOrder:
        for file in folder.iterdir():
            file.unlink()
    shared = _shared_out(chunks, folder, rows)
    return _written((_read(file) for file in shared), folder)


def _written(parts: Iterable[pd.DataFrame], folder: Path) -> Spool:
    files, total, learners = [], 0, 0
    for number, part in enumerate(parts):
        ordered = _by_key(part)
        files.append(folder / f"part-{number:06d}.parquet")
        _write(ordered, files[-1])
        total, learners = total + len(ordered), learners + int(ordered[LEARNER].nunique())
    return Spool(tuple(files), total, learners)


def _by_key(part: pd.DataFrame) -> pd.DataFrame:
    """The rows in order of the key, each key once; numbers are sorted instead of names, in a tenth of the time."""
    key = [pd.factorize(part[name], sort=True)[0] for name in _KEY]
    order = np.lexsort(key[::-1])
    again = np.all([codes[order][1:] == codes[order][:-1] for codes in key], axis=0)
    return part.iloc[order[np.append(True, ~again)] if len(order) else order]


def _by_learner(chunks: Iterable[pd.DataFrame], rows: int) -> Iterator[pd.DataFrame]:
    """The same stamps in parts that end where a learner ends.

    Raises
    ------
    _OutOfOrder
        When they are not in order of learner.
    """
    held: list[pd.DataFrame] = []
    size, last = 0, ""
    for chunk in chunks:
        if not len(chunk):
            continue
        learner = chunk[LEARNER].to_numpy()
        if learner[0] < last or not chunk[LEARNER].is_monotonic_increasing:
            raise _OutOfOrder
        last = learner[-1]
        own = int(np.argmax(learner == last))  # from here on they are the last learner's, who may go on
        if own and size + own >= rows:
            yield pd.concat([*held, chunk.iloc[:own]], ignore_index=True)
            held, size = [], 0
            chunk = chunk.iloc[own:]
        held.append(chunk)
        size += len(chunk)
    if held:
        yield pd.concat(held, ignore_index=True)


def _shared_out(chunks: Callable[[], Iterable[pd.DataFrame]], folder: Path, rows: int) -> list[Path]:
    """Write the stamps to files, each with all of some learners; the files in order of learner."""
    counts = pd.Series(dtype="int64")
    for chunk in chunks():
        counts = counts.add(chunk[LEARNER].value_counts(), fill_value=0)
    counts = counts.sort_index()
    number_of = pd.Series((counts.cumsum() - counts).to_numpy() // rows, index=counts.index).astype("int64")
    files = {number: folder / f"shared-{number:06d}.parquet" for number in sorted(set(number_of.tolist()))}
    writers = {number: parquet.ParquetWriter(file, _SCHEMA, compression="zstd") for number, file in files.items()}
    try:
        for chunk in chunks():
            where = number_of.reindex(chunk[LEARNER]).to_numpy()
            for number in np.unique(where).tolist():
                writers[number].write_table(_table(chunk[where == number]))
    finally:
        for writer in writers.values():
            writer.close()
    return list(files.values())


_SCHEMA = pa.schema(
    [
        (column.name, {"int64": pa.int64(), "float64": pa.float64()}.get(dtype_of(column), pa.large_string()))
        for column in STAMPS.columns
    ]
)


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=_SCHEMA, preserve_index=False)


def _write(frame: pd.DataFrame, file: Path) -> None:
    parquet.write_table(_table(frame), file, compression="zstd")


def _read(file: Path, names: list[str] | None = None) -> pd.DataFrame:
    wanted = list(STAMPS.names) if names is None else names
    frame: pd.DataFrame = parquet.read_table(file, columns=wanted).to_pandas()
    return frame.astype({column.name: dtype_of(column) for column in STAMPS.columns if column.name in wanted})
