"""The feeds there are, by name. A reader's libraries are loaded when it is asked for, not before."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

from data.tables import Tables
from recommender.errors import BadInput


class Reader(Protocol):
    """Turns a file or folder into validated tables; ``now`` is in seconds since 1970 UTC, None for the city's own."""

    def __call__(self, path: Path, now: int | None = None) -> Tables: ...


FEEDS = {
    "madrid": "the agenda of Madrid, as JSON or CSV",
    "uitdatabank": "events and places of UiTdatabank, as JSON-LD or CdbXML",
    "schemaorg": "events and courses in schema.org's words, as JSON-LD or in web pages",
    "opencitydata": "Spain's open agenda, as CSV",
    "ical": "calendars and events in iCalendar",
    "toronto": "Toronto's drop-in programmes, as CSV",
    "several": "feeds of one city together, as feeds.toml names them",
    "openactive": "saved pages of OpenActive RPDE feeds",
}
"""What each feed is; its module has the same name and a function ``read(path, now)``."""


def reader(name: str) -> Reader:
    """The function that turns a path into validated tables.

    Raises
    ------
    BadInput
        When there is no such feed.
    """
    if name not in FEEDS:
        raise BadInput(f"--feed: {name!r} is none of folder, {', '.join(FEEDS)}")
    read: Reader = import_module(f"data.feeds.{name}").read
    return read
