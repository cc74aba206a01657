"""What the city calls the activities and badges that a history names.

By id first: that of an activity or badge of the city as it is, or the last part of an address
(``https://io.uitdatabank.be/event/31e9…`` and ``31e9…``). Badges also by name, capitals and signs aside. Where that does not
help, ``matches.csv`` beside the history says it, with the columns ``theirs``, ``activity`` and ``badge``.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data.columns import ACTIVITY
from data.feeds.content import decoded, read_bytes
from data.feeds.said import slug
from data.tables import Tables
from data.words import split
from recommender.errors import BadInput

FILE = "matches.csv"
COLUMNS = ("theirs", "activity", "badge")
NO_ACTIVITY = f"an activity of the city, by its id or by a line in {FILE}"


@dataclass(frozen=True)
class Targets:
    """The city's activities and badges, by what others call them.

    Attributes
    ----------
    activities : mapping of str to str, or None
        Every name of an activity to its id; None without a catalogue, where ids are taken as they are.
    badges : mapping of str to str
        Every name of a badge to that of the city.
    awarded_by : mapping of str to tuple of str
        Activities that give a badge.
    own : mapping of str to (activity, badge)
        What ``matches.csv`` says; ``""`` for nothing.
    """

    activities: Mapping[str, str] | None = None
    badges: Mapping[str, str] = field(default_factory=dict)
    awarded_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def activity(self, theirs: str) -> str:
        """Id of the activity, ``""`` when the city has none of that name."""
        said = self.own.get(theirs, ("", ""))[0]
        if said or self.activities is None:
            return said or theirs
        return next((self.activities[name] for name in _names(theirs) if name in self.activities), "")

    def badge(self, theirs: str, name: str = "") -> str:
        """The city's badge, ``""`` when it has none of that id or name."""
        said = self.own.get(theirs, ("", ""))[1]
        known = (self.badges[text] for text in (*_names(theirs), slug(name)) if text and text in self.badges)
        return said or next(known, "")

    def activity_behind(self, theirs: str, badge: str) -> str:
        """The activity that an achievement was earned in: by id, else the only one that gives the badge."""
        found = self.own.get(theirs, ("", ""))[0]
        if not found and self.activities is not None:
            found = next((self.activities[name] for name in _names(theirs) if name in self.activities), "")
        giving = self.awarded_by.get(badge, ())
        return found or (giving[0] if len(giving) == 1 else "")


def _names(text: str) -> tuple[str, ...]:
    """What a thing may be called: its whole id, the last part of its address, and both written plainly."""
    last = re.split(r"[/#]", text.rstrip("/"))[-1]
    return tuple(dict.fromkeys(name for name in (text, last, slug(text.rpartition("://")[2]), slug(last)) if name))


def _index(names: Iterable[str]) -> dict[str, str]:
    """Every name of some things to their id; a name that two of them have is nobody's, an id is always its own."""
    ids = dict.fromkeys(names)
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for name in ids:
        for other in _names(name):
            meant[other].add(name)
    return {other: next(iter(found)) for other, found in meant.items() if len(found) == 1} | {
        name: name for name in ids
    }


def parse_own(text: str, source: str, catalogue: Tables | None = None) -> dict[str, tuple[str, str]]:
    """What a table of one's own says.

    Raises
    ------
    BadInput
        Naming file and line of what is not understood, such as an activity that does not exist.
    """
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if lines.fieldnames is None or "theirs" not in lines.fieldnames or not set(lines.fieldnames) <= set(COLUMNS):
        raise BadInput(f"{source}: the columns must be {', '.join(COLUMNS)}")
    there = None if catalogue is None else set(catalogue.activities[ACTIVITY])
    found: dict[str, tuple[str, str]] = {}
    for row in lines:
        theirs, activity, badge = ((row.get(name) or "").strip() for name in COLUMNS)
        where = f"{source}, line {lines.line_num}"
        if not theirs or None in row or ";" in badge:
            raise BadInput(f"{where}: expected what they call it, then an activity, a badge (without ;) or both")
        if activity and there is not None and activity not in there:
            raise BadInput(f"{where}: the city has no activity {activity!r}")
        found[theirs] = (activity, badge)
    return found


def targets_of(catalogue: Tables | None, path: Path) -> Targets:
    """What the city, and the table beside or in a source, call things.

    Parameters
    ----------
    catalogue : Tables or None
        The city's; None takes ids of activities as they are.
    path : Path
        The source: ``matches.csv`` is looked for in the folder, or beside the file.
    """
    file = (path if path.is_dir() else path.parent) / FILE
    own = parse_own(decoded(read_bytes(file), FILE), FILE, catalogue) if file.is_file() else {}
    if catalogue is None:
        return Targets(own=own)
    table = catalogue.activities
    giving: defaultdict[str, list[str]] = defaultdict(list)
    asked: list[str] = []
    for activity, awards, requires in zip(table[ACTIVITY], table["awards"], table["requires"], strict=True):
        asked += [*split(awards), *split(requires)]
        for badge in split(awards):
            giving[badge].append(activity)
    badges = [*asked, *(badge for badge in catalogue.lines["badge"] if badge)]
    return Targets(
        activities=_index(table[ACTIVITY]),
        badges=_index(badges),
        awarded_by={badge: tuple(found) for badge, found in giving.items()},
        own=own,
    )
