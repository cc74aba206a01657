"""A whole city in one file: to keep, to move to another database, to give back.

A zip with one file of JSON lines per table, the city's published release and a manifest. It is written from one
consistent view of the store, and a file of an older schema is brought up to date while it is read.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select

from data.home import Home
from data.store import migrate, schema
from data.store.store import Store
from recommender.errors import BadInput

MANIFEST = "manifest.json"
FORMAT = 1
BLOCK = 10_000
Tell = Callable[[str, int, int], None]
"""Table, rows done, rows in all."""


def _quiet(table: str, done: int, rows: int) -> None:
    return None


def _ordered(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if "city" in table.c]


def write(store: Store, home: Home, city: str, path: Path, tell: Tell = _quiet) -> dict[str, int]:
    """Write a city to a file, and give the number of rows per table.

    The file holds everything that is kept of people. Keep it where the store itself could stand.

    Raises
    ------
    BadInput
        When the store does not hold the city, or the file is there already.
    """
    store.check()
    if path.exists():
        raise BadInput(f"{path} is there already: give another name, or remove it")
    store.settings(city)  # refuses a city that is not there
    aside = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as file:
            with store.snapshot() as connection:
                tables = {
                    table.name: _write_table(connection, table, city, file, tell) for table in _ordered(schema.METADATA)
                }
            _write_release(home, city, file)
            manifest = {"format": FORMAT, "schema": migrate.newest(), "city": city, "tables": tables}
            file.writestr(MANIFEST, json.dumps(manifest, indent=1))
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    return {name: int(told["rows"]) for name, told in tables.items()}


def _write_table(connection: Connection, table: Table, city: str, file: zipfile.ZipFile, tell: Tell) -> dict[str, Any]:
    total = connection.execute(select(func.count()).where(table.c.city == city)).scalar_one()
    names = [column.name for column in table.columns]
    query = select(table).where(table.c.city == city).order_by(*table.primary_key.columns)
    digest, done = hashlib.sha256(), 0
    with file.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        rows = connection.execution_options(yield_per=BLOCK).execute(query)
        for block in rows.partitions(BLOCK):
            text = "".join(json.dumps(list(row), ensure_ascii=False) + "\n" for row in block).encode(
                "utf-8", "surrogatepass"
            )
            digest.update(text)
            out.write(text)
            done += len(block)
            tell(table.name, done, total)
    return {"columns": names, "rows": done, "sha256": digest.hexdigest()}


def _write_release(home: Home, city: str, file: zipfile.ZipFile) -> None:
    folder = home.current(city)
    if folder is not None and folder.is_dir():
        for path in sorted(folder.iterdir()):
            file.write(path, f"release/{folder.name}/{path.name}")


def read(store: Store, home: Home, path: Path, replace: bool = False, tell: Tell = _quiet) -> str:
    """Put a city from a file into the store, in one transaction, and its release in service; gives the city's id.

    Parameters
    ----------
    replace : bool
        True takes the place of a city of that name, people included.

    Raises
    ------
    BadInput
        When the file is none of ours, damaged or newer than this version, or the city is there already.
    """
    with _opened(path) as file:
        manifest = _manifest(file, path)
        city = str(manifest["city"])
        if city in store.cities() and not replace:
            raise BadInput(
                f"the store holds city {city!r} already: --replace puts the file in its place, people included"
            )
        if manifest["schema"] == migrate.newest():
            _fill(store, city, manifest, file, path, tell)
        else:
            _brought_up(store, city, manifest, file, path, tell)
        _read_release(home, city, file, path)
    return city


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(f"{path} is damaged, or no backup of ours: {error}") from None


def _manifest(file: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(file.read(MANIFEST))
        known = isinstance(manifest, dict) and {"format", "schema", "city", "tables"} <= manifest.keys()
    except (KeyError, ValueError, zipfile.BadZipFile):
        known = False
    if not known:
        raise BadInput(f"{path}: no {MANIFEST} of ours in it, so this is no backup")
    if manifest["format"] != FORMAT or manifest["schema"] not in migrate.known():
        raise BadInput(
            f"{path} was written by a newer version (schema {manifest['schema']}): upgrade Leerlijn, then restore"
        )
    told: dict[str, Any] = manifest
    return told


def _rows(file: zipfile.ZipFile, path: Path, name: str, told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    digest, count = hashlib.sha256(), 0
    try:
        with file.open(f"{name}.jsonl") as lines:
            for line in lines:
                digest.update(line)
                count += 1
                yield dict(zip(told["columns"], json.loads(line.decode("utf-8", "surrogatepass")), strict=True))
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadInput(f"{path}: {name} is damaged at row {max(count, 1)}: {error}") from None
    if (count, digest.hexdigest()) != (told["rows"], told["sha256"]):
        raise BadInput(f"{path}: {name} is not what was written; its checksum differs")


def _fill(store: Store, city: str, manifest: dict[str, Any], file: zipfile.ZipFile, path: Path, tell: Tell) -> None:
    with store.transaction() as connection:
        connection.execute(delete(schema.cities).where(schema.cities.c.city == city))
        for table in _ordered(schema.METADATA):
            told = manifest["tables"].get(table.name)
            if told:
                _insert(connection, table, _rows(file, path, table.name, told), int(told["rows"]), tell)


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, Any]], total: int, tell: Tell) -> None:
    done = 0
    while block := list(islice(rows, BLOCK)):
        connection.execute(insert(table), block)
        done += len(block)
        tell(table.name, done, total)


def _brought_up(
    store: Store, city: str, manifest: dict[str, Any], file: zipfile.ZipFile, path: Path, tell: Tell
) -> None:
    """Through a store of its own that is first as old as the file, and then upgraded."""
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/old.sqlite") as old:
        old.upgrade(manifest["schema"])
        then = MetaData()
        then.reflect(old.engine)
        with old.transaction() as connection:
            for table in _ordered(then):
                told = manifest["tables"].get(table.name)
                if told:
                    _insert(connection, table, _rows(file, path, table.name, told), int(told["rows"]), tell)
        old.upgrade()
        with old.snapshot() as source, store.transaction() as connection:
            connection.execute(delete(schema.cities).where(schema.cities.c.city == city))
            for table in _ordered(schema.METADATA):
                rows = source.execute(select(table).where(table.c.city == city)).mappings()
                _insert(connection, table, (dict(row) for row in rows), -1, tell)


def _read_release(home: Home, city: str, file: zipfile.ZipFile, path: Path) -> None:
    members = [PurePosixPath(name) for name in file.namelist() if name.startswith("release/")]
    if not members:
        return
    if any(len(member.parts) != 3 or ".." in member.parts for member in members):
        raise BadInput(f"{path}: a file in it does not lie where a release lies; nothing of the release was put back")
    name = members[0].parts[1]
    folder = home.releases(city) / name
    folder.mkdir(parents=True, exist_ok=True)
    for member in members:
        (folder / member.name).write_bytes(file.read(str(member)))
    home.point(city, name)
