"""A city that is too large for memory: its catalogue and passports as tables, its stamps part by part onto disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from data.columns import ACTIVITIES, ACTIVITY, SESSION, SESSIONS, STAMPS
from data.folder import parse_parquet, read_folder
from data.store import Store
from data.tables import Tables
from data.validation import validate
from recommender.errors import BadInput
from recommender.release import alone
from training.scale.history import OnDisk
from training.scale.spool import spool

LARGE = 2_000_000
"""From so many stamps on a city is read in parts, and fitted with all there is instead of beside others."""
ROWS = 500_000


def is_large(folder: Path) -> bool:
    """Whether a city's folder holds more stamps than are read at once: several files of Parquet, or one that is long."""
    if (folder / STAMPS.name).is_dir():
        return True
    try:
        return int(parquet.read_metadata(folder / f"{STAMPS.name}.parquet").num_rows) > LARGE
    except (OSError, pa.ArrowInvalid):
        return False


@contextmanager
def from_store(store: Store, city: str, aside: Path) -> Iterator[tuple[Tables, OnDisk]]:
    """A city of the store, for as long as the context lasts.

    Parameters
    ----------
    aside : Path
        Folder for its stamps meanwhile. They are people's: it is emptied before and after.
    """
    tables = store.load(city, counting=True, stamps=False)
    with _spooled(tables, lambda: store.stamps(city, counting=True), aside) as history:
        yield tables, history


@contextmanager
def from_folder(folder: Path, aside: Path) -> Iterator[tuple[Tables, OnDisk]]:
    """A city's folder with ``stamps.parquet``, or such files in ``stamps/``; as ``from_store``. Each row is judged as
    ``read_folder`` judges it, and what cannot be used left out.

    Raises
    ------
    BadInput
        When there is no such file, or one cannot be read.
    """
    tables = read_folder(folder, without={STAMPS.name})
    with _spooled(tables, lambda: chunks_of(folder, tables), aside) as history:
        yield tables, history


@contextmanager
def _spooled(tables: Tables, chunks: Callable[[], Iterable[pd.DataFrame]], aside: Path) -> Iterator[OnDisk]:
    aside.mkdir(parents=True, exist_ok=True)
    with alone(aside):
        for rest in aside.iterdir():  # of somebody who was killed
            rest.unlink()
        try:
            yield OnDisk(tables, spool(chunks, aside))
        finally:
            shutil.rmtree(aside)


def chunks_of(folder: Path, tables: Tables) -> Iterator[pd.DataFrame]:
    """The usable stamps of a folder of Parquet, in the order of its files."""
    single = folder / f"{STAMPS.name}.parquet"
    files = [single] if single.is_file() else sorted((folder / STAMPS.name).glob("*.parquet"))
    if not files:
        raise BadInput(f"{folder}: neither stamps.parquet nor a file of Parquet in stamps/; which stamps are there?")
    known = {ACTIVITIES.name: set(tables.activities[ACTIVITY])}
    if tables.has_sessions:
        known[SESSIONS.name] = set(tables.sessions[SESSION])
    now = int(time.time()) if tables.city.as_of is None else tables.city.as_of
    for file in files:
        try:
            with parquet.ParquetFile(file) as content:
                for batch in content.iter_batches(ROWS):
                    parsed = parse_parquet(pa.Table.from_batches([batch]), STAMPS, file.name)
                    yield validate(STAMPS, parsed.frame, file.name, known, now)[0]
        except (pa.ArrowInvalid, OSError) as error:
            raise BadInput(f"{file}: not readable as parquet: {error}") from None
