"""A city in a folder of CSV (or parquet) files: read, validated, and written back.

Only ``activities`` and ``stamps`` must be there; every missing file or column means "not known". Parsing lives in
``data.csvtext``, judging in ``data.validation``; here files are opened.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from data.columns import TABLES, THEME, THEMES, VENUES, Table
from data.csvtext import Parsed, chosen, format_csv, nothing_ragged, parse_csv, without_mark
from data.settings import format_settings, parse_settings
from data.tables import CitySettings, Tables, empty, frame_of
from data.validation import as_texts, centre_of, validate
from data.values import READERS
from recommender.errors import BadInput

SETTINGS = "city.toml"
REFERRED_TO = frozenset(column.of for table in TABLES for column in table.columns if isinstance(column.of, str))
QUARANTINE, ORIGINS = "quarantine.csv", "origins.csv"
"""Written beside the tables, never read: they are for a person to look at."""


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None


def read_settings(path: Path) -> CitySettings:
    """``city.toml`` of a folder; the defaults when there is none."""
    file = path / SETTINGS
    return parse_settings(without_mark(_bytes(file), SETTINGS).decode()) if file.exists() else CitySettings()


def _text_column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_floating(kind):
        values = compute.if_else(compute.is_nan(values), None, values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        values = compute.binary_join(compute.cast(values, pa.list_(pa.string())), ";")
    return compute.fill_null(compute.cast(values, pa.large_string()), "")


def parse_parquet(content: pa.Table, table: Table, source: str) -> Parsed:
    """The columns of a parquet table as text; its rows count from 1.

    Raises
    ------
    BadInput
        For a missing required column, or a column whose values have no text.
    """
    missing = [column.name for column in table.columns if column.required and column.name not in content.column_names]
    if missing:
        found = ", ".join(content.column_names)
        raise BadInput(f"{source}: column {missing[0]!r} is missing; found {found}; expected {','.join(table.names)}")
    columns = {}
    for name in content.column_names:
        try:
            columns[name] = _text_column(content[name])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            if name in table.names:
                raise BadInput(f"{source}: column {name!r} holds {content[name].type}, text was expected") from None
    frame = pa.table(columns).to_pandas()
    return chosen(frame, table, np.arange(1, len(frame) + 1), nothing_ragged())


def _parse(path: Path, table: Table) -> tuple[Parsed, str] | None:
    """The file of a table, parsed, with its name; None when the folder has none."""
    files = [path / f"{table.name}.{ending}" for ending in ("csv", "parquet")]
    there = [file for file in files if file.exists()]
    if len(there) == 2:
        raise BadInput(f"{path}: both {there[0].name} and {there[1].name}; which one holds? Take one away")
    if not there:
        if table.required:
            found = ", ".join(sorted(file.name for file in path.iterdir())) or "nothing"
            names = ",".join(column.name for column in table.columns if column.required)
            raise BadInput(f"{path}: {table.name}.csv is missing; found {found}; it needs the columns {names}")
        return None
    file = there[0]
    if file.suffix == ".csv":
        return parse_csv(_bytes(file), table, file.name), file.name
    try:
        return parse_parquet(parquet.read_table(file), table, file.name), file.name
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"{file}: not readable as parquet: {error}") from None


def _themes_in_use(parsed: dict[str, Parsed]) -> pd.DataFrame:
    """Without a theme list, the themes of activities and lines are the list; their ids are their names."""
    names: set[str] = set()
    for table in TABLES:
        for column in table.columns:
            if table.name in ("activities", "lines") and column.of == THEMES.name and table.name in parsed:
                texts = as_texts(table, parsed[table.name].frame)[column.name]
                values, bad = READERS[column.kind](column, texts)
                parts = values[~bad].drop_duplicates().str.split(";").explode()
                names |= {part.partition(":")[0] if column.kind == "weights" else part for part in parts}
    return frame_of(THEMES, ({THEME: name, "nl": name, "en": name} for name in sorted(names - {""})))


def _note(table: Table, parsed: Parsed, source: str, kept: pd.DataFrame, rejected: pd.DataFrame) -> list[str]:
    notes = []
    if parsed.left_out:
        notes.append(f"{source}: columns not kept: {', '.join(parsed.left_out)}")
    if not len(parsed.frame):
        notes.append(f"{source}: has a header but no rows")
    if len(rejected):
        read = len(parsed.frame) + len(parsed.ragged)
        notes.append(f"{source}: {read - len(kept)} of {read} rows in quarantine, {len(rejected)} problems")
    if table.required and not len(kept) and len(rejected):
        first = rejected.iloc[0]
        notes.append(
            f"{source}: no row can be used; the first, line {first['row']}: {first['field']} is {first['value']!r}, "
            f"expected {first['expected']}"
        )
    return notes


def read_folder(path: Path, now: int | None = None, without: Collection[str] = ()) -> Tables:
    """One city's folder as validated tables.

    Parameters
    ----------
    path : Path
        A folder with ``activities`` and ``stamps`` as ``.csv`` or ``.parquet``, and any of the others.
    now : int or None
        Seconds since 1970 UTC, for a city without ``as_of``: later stamps are from the future. None: the clock's.
    without : collection of str
        Names of tables that are not read: stamps that do not fit in memory.

    Returns
    -------
    Tables
        Rejected rows in ``quarantine``; what was left out or assumed in ``notes``.

    Raises
    ------
    BadInput
        When a file cannot be understood at all, or no activity can be used; the message names the file, what was
        found, what was expected and what to do.
    """
    path = Path(path)
    if not path.is_dir():
        raise BadInput(f"{path}: no such folder")
    city = read_settings(path)
    moment = city.as_of if city.as_of is not None else int(time.time()) if now is None else now
    wanted = [table for table in TABLES if table.name not in without]
    files = {table.name: found for table in wanted if (found := _parse(path, table)) is not None}
    parsed = {name: content for name, (content, _) in files.items()}
    if not len(parsed["activities"].frame) + len(parsed["activities"].ragged):
        raise BadInput(f"{files['activities'][1]}: it has a header but no rows; a city needs at least one activity")

    frames: dict[str, pd.DataFrame] = {}
    quarantine: list[pd.DataFrame] = []
    notes: list[str] = []
    known: dict[str, set[str]] = {}
    if THEMES.name not in files:
        frames[THEMES.name] = _themes_in_use(parsed)
        known[THEMES.name] = set(frames[THEMES.name][THEME])
    centre = None
    for table in TABLES:
        if table.name not in files:
            frames.setdefault(table.name, empty(table))
            continue
        content, source = files[table.name]
        kept, rejected = validate(table, content.frame, source, known, moment, lines=content.lines, centre=centre)
        rejected = pd.concat([content.ragged, rejected], ignore_index=True)
        if table.name == "activities" and not len(kept):
            raise BadInput(_note(table, content, source, kept, rejected)[-1])
        notes += _note(table, content, source, kept, rejected)
        if len(rejected):
            quarantine.append(rejected)
        frames[table.name] = kept
        if table.name in REFERRED_TO:
            known[table.name] = set(kept[table.key[0]])
        if table is VENUES:
            centre = centre_of(kept["lat"].to_numpy(np.float64), kept["lon"].to_numpy(np.float64))
    tables = Tables(city=city, **frames, has_sessions="sessions" in files, notes=tuple(notes), records=0)
    return replace(tables, quarantine=pd.concat(quarantine, ignore_index=True)) if quarantine else tables


def write_folder(tables: Tables, path: Path) -> Path:
    """Write a city as CSV files that ``read_folder`` reads back to equal tables; equal tables give equal bytes.

    Tables in which nothing is known get no file, and an older file of that name is taken away. Quarantine goes to
    ``quarantine.csv``, where values come from to ``origins.csv``.
    """
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / SETTINGS).write_text(format_settings(tables.city), encoding="utf-8", newline="\n")
    for table in TABLES:
        frame, file = tables.frame(table), path / f"{table.name}.csv"
        (path / f"{table.name}.parquet").unlink(missing_ok=True)
        if len(frame) or table.required or (table.name == "sessions" and tables.has_sessions):
            file.write_bytes(format_csv(frame, table, tables.city.time_zone))
        else:
            file.unlink(missing_ok=True)
    for name, frame in ((QUARANTINE, tables.quarantine), (ORIGINS, tables.origins)):
        if len(frame):
            (path / name).write_bytes(frame.to_csv(index=False, lineterminator="\n").encode())
        else:
            (path / name).unlink(missing_ok=True)
    return path
