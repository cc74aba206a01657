"""The passport histories there are, by name. A reader's libraries are loaded when it is asked for, not before."""

from __future__ import annotations

from importlib import import_module

from data.feeds.histories.records import HistoryReader
from recommender.errors import BadInput

HISTORIES = {
    "openbadges": "Open Badges 3.0 and CLR 2.0: JSON-LD, JWT, or baked into PNG and SVG",
    "xapi": "xAPI statements with the verb attended",
    "uitpas": "check-ins of UiTPAS, as its API gives them",
    "oslo": "participations in the exchange format of OSLO Cultuurparticipatie, as CSV",
}
"""What each history is; its module has the same name and a function ``read(path, pseudonym, catalogue, now)``."""


def history_reader(name: str) -> HistoryReader:
    """The function that turns a path into passports and stamps.

    Raises
    ------
    BadInput
        When there is no such history.
    """
    if name not in HISTORIES:
        raise BadInput(f"--feed: {name!r} is none of {', '.join(HISTORIES)}")
    read: HistoryReader = import_module(f"data.feeds.histories.{name}").read
    return read
