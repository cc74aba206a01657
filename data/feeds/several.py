"""A city of several feeds: a folder with ``feeds.toml``, which names them in the order in which they are believed.

.. code-block:: toml

    [[feed]]
    name = "agenda"        # what it is called where values come from
    feed = "uitdatabank"   # one of the feeds, or folder
    path = "uit"           # a file or folder, beside this file

``city.toml`` beside it, where there is one, is the city; else that of the first feed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.feeds.content import decoded, read_bytes
from data.feeds.merged import merge
from data.feeds.registry import FEEDS, reader
from data.feeds.rows import city_of
from data.folder import read_folder
from data.tables import Tables
from recommender.errors import BadInput

FILE = "feeds.toml"
_KEYS = {"name", "feed", "path"}


@dataclass(frozen=True)
class Part:
    """One feed of several: what it is called, how it is read, and where it is."""

    name: str
    feed: str
    path: str


def parse(text: str, source: str = FILE) -> tuple[Part, ...]:
    """The feeds that a file names.

    Raises
    ------
    BadInput
        Naming what is wrong with which of them.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{source}: not TOML: {error}") from None
    rows = given.get("feed")
    if not isinstance(rows, list) or not rows or set(given) != {"feed"}:
        raise BadInput(f"{source}: one or more [[feed]] tables were expected, with name, feed and path")
    parts = []
    for place, row in enumerate(rows, start=1):
        if (
            not isinstance(row, Mapping)
            or set(row) != _KEYS
            or not all(isinstance(row[key], str) and row[key] for key in _KEYS)
        ):
            raise BadInput(f"{source}, feed {place}: name, feed and path were expected, each a text between quotes")
        if row["feed"] not in (*FEEDS, "folder") or row["feed"] == "several":
            raise BadInput(f"{source}, feed {place}: {row['feed']!r} is none of folder, {', '.join(FEEDS)}")
        parts.append(Part(row["name"], row["feed"], row["path"]))
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise BadInput(f"{source}: two feeds have the same name; origins could not tell them apart")
    return tuple(parts)


def read(path: Path, now: int | None = None) -> Tables:
    """All feeds of a folder as one city, the same activity once.

    Raises
    ------
    BadInput
        When there is no ``feeds.toml``, or a feed in it cannot be read: which one, and why.
    """
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"{path}: {FILE} is missing; it names the feeds, each with name, feed and path")
    whole: Tables | None = None
    label = ""
    for part in parse(decoded(read_bytes(file), file.name), file.name):
        source = file.parent / part.path
        try:
            tables = read_folder(source, now) if part.feed == "folder" else reader(part.feed)(source, now)
        except BadInput as error:
            raise BadInput(f"{file.name}, feed {part.name!r}: {error}") from None
        whole = tables if whole is None else merge(whole, tables, (label, part.name))
        label = f"{label} and {part.name}" if label else part.name
    assert whole is not None  # parse gives at least one
    return replace(whole, city=city_of(file, whole.city))
