"""The stations of the metro map: one per venue, with a label, and where each stands.

North is up and west is left, as far as a phone's width and short lines allow: stations in the west have their name on the left,
those in the east on the right, and the lines run between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.messages.sentences import shorten
from data.pages.metro_ways import Cell
from recommender.city import UNKNOWN, Bool, Catalogue, Int32

WIDTH = 390
CELL = 14
COLUMNS = WIDTH // CELL
LETTERS_A_LINE = 16
"""Of a label, in 12 px type."""
LETTER_WIDTH, CODE_WIDTH = 6.9, 6.6
PITCH = 5
"""Cells between two stations on the same side: a label is three lines high."""
MOVED = 0.9
"""What it costs to move a station one place away from its place between north and south, in rows that a line is longer."""
_MOST_CODES, _MOST_STOPS, _ROUNDS = 5, 7, 4


@dataclass(frozen=True)
class Stop:
    """One visit of a line to a station: the number along the line, and the cell it is drawn on."""

    line: int
    number: int
    cell: Cell


@dataclass(frozen=True)
class Station:
    """A venue on the map.

    Attributes
    ----------
    name : str
        The venue's; of a station without a venue the activity's.
    label : tuple of str
        The name in lines, and the codes of the stops in the last one.
    stops : tuple of Stop
        Side by side, from left to right.
    visits : tuple of (line, number)
        Every visit of a line; more than there are stops where there would be too many.
    left : bool
        Whether the label stands on the left.
    """

    name: str
    label: tuple[str, ...]
    stops: tuple[Stop, ...]
    visits: tuple[tuple[int, int], ...]
    left: bool

    @property
    def lines(self) -> frozenset[int]:
        """Lines that stop here."""
        return frozenset(stop.line for stop in self.stops)


def letter(line: int) -> str:
    """What a line is called on the map: A to Z, then AA, AB …"""
    return (letter(line // 26 - 1) if line >= 26 else "") + chr(ord("A") + line % 26)


def station_venues(catalogue: Catalogue) -> Int32:
    """The venue of each activity: its own, else the one of its last session. Shape (n_activities,)."""
    venue = catalogue.activities.venue.copy()
    last = np.full(len(venue), UNKNOWN, dtype=np.int32)
    last[catalogue.sessions.activity] = catalogue.sessions.venue
    return np.where(venue == UNKNOWN, last, venue).astype(np.int32)


@dataclass(frozen=True)
class _Found:
    """A station before it has a place: its name, where it is on earth, and (line, number) of every stop."""

    name: str
    lat: float
    lon: float
    stops: tuple[tuple[int, int], ...]


def _found(catalogue: Catalogue) -> list[_Found]:
    """Every venue at which some line stops, from north to south."""
    venue_of, venues = station_venues(catalogue), catalogue.venues
    stops: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for line, stations in enumerate(catalogue.lines.stations):
        for number, activity in enumerate(stations.tolist(), 1):
            venue = int(venue_of[activity])
            key = ("activity", activity) if venue == UNKNOWN else ("venue", venue)
            stops.setdefault(key, []).append((line, number))
    found = []
    for (kind, row), here in stops.items():
        if kind == "venue":
            found.append(
                _Found(
                    venues.name[row] or venues.ids.names[row],
                    float(venues.lat[row]),
                    float(venues.lon[row]),
                    tuple(here),
                )
            )
        else:
            found.append(_Found(catalogue.activities.title[row], np.nan, np.nan, tuple(here)))
    return sorted(_located(found), key=lambda one: (-one.lat, one.lon, one.name))


def _located(found: list[_Found]) -> list[_Found]:
    """Stations whose place nobody knows stand in the middle of those before and after them on their lines."""
    at = {stop: place for place, one in enumerate(found) for stop in one.stops}
    lat, lon = np.array([one.lat for one in found]), np.array([one.lon for one in found])
    for _ in range(len(found)):
        unknown = np.flatnonzero(np.isnan(lat) | np.isnan(lon))
        if not len(unknown):
            break
        for place in unknown.tolist():
            beside = [
                at[line, other]
                for line, number in found[place].stops
                for other in (number - 1, number + 1)
                if (line, other) in at and np.isfinite(lat[at[line, other]])
            ]
            if beside:
                lat[place], lon[place] = lat[beside].mean(), lon[beside].mean()
    # Where nobody knows anything, the order along the lines is what there is: down the page, from side to side.
    first = [min(number for _, number in one.stops) for one in found]
    lat = np.where(np.isnan(lat), -np.array(first, dtype=float), lat) if len(found) else lat
    lon = np.where(np.isnan(lon), np.array([one.stops[0][0] for one in found], dtype=float), lon) if len(found) else lon
    return [replace(one, lat=float(lat[i]), lon=float(lon[i])) for i, one in enumerate(found)]


def stations_of(catalogue: Catalogue) -> tuple[Station, ...]:
    """Every venue at which some line stops, from the top of the map down; empty for a city without lines."""
    found = _found(catalogue)
    if not found:
        return ()
    labels = [_label(one) for one in found]
    widest = max(label_width(label) + len(_beside(one, {})) * CELL for label, one in zip(labels, found, strict=True))
    by_lon = np.argsort(np.argsort([one.lon for one in found], kind="stable"), kind="stable")
    is_left = by_lon < len(found) / 2
    # Where two stations do not fit beside each other, every row has one.
    side = is_left if widest < WIDTH / 2 else np.ones(len(found), dtype=np.bool_)
    order = arranged(_pairs(found), len(found), side)
    rows = _rows(order, side)
    at = {stop: float(by_lon[place]) for place, one in enumerate(found) for stop in one.stops}
    placed = []
    for place in order:
        one, left = found[place], bool(is_left[place])
        ordered = _beside(one, at)
        share = float(by_lon[place]) / max(len(found) - 1, 1)
        first = _column(labels[place], len(ordered), left, share)
        stops = tuple(Stop(line, number, (first + i, rows[place])) for i, (line, number) in enumerate(ordered))
        placed.append(Station(one.name, labels[place], stops, one.stops, left))
    return tuple(placed)


def _rows(order: Sequence[int], is_left: Bool) -> dict[int, int]:
    """The row of each station: down the page, with room for a label between two on the same side."""
    last = {True: 2 - PITCH, False: 2 - PITCH}
    row, rows = 0, {}
    for place in order:
        left = bool(is_left[place])
        row = last[left] = max(last[left] + PITCH, row + 1)
        rows[place] = row
    return rows


def _pairs(found: list[_Found]) -> list[tuple[int, int]]:
    """Stations that follow each other on some line."""
    at = {stop: place for place, one in enumerate(found) for stop in one.stops}
    return [(at[stop], at[stop[0], stop[1] + 1]) for stop in sorted(at) if (stop[0], stop[1] + 1) in at]


def arranged(pairs: Sequence[tuple[int, int]], n: int, is_left: Bool) -> list[int]:
    """Stations from the top down: from north to south, as far as that does not make the lines long.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Stations that follow each other on some line.
    n : int
        Stations, numbered from north to south.
    is_left : bool, shape (n,)
        Their side; two on the same side stand further apart.
    """

    def cost(order: list[int]) -> float:
        rows = _rows(order, is_left)
        moved = sum(abs(place - station) for place, station in enumerate(order))
        return sum(abs(rows[one] - rows[other]) for one, other in pairs) + MOVED * moved

    order, best = list(range(n)), 0.0
    best = cost(order)
    for _ in range(_ROUNDS):
        before = best
        for station in range(n):
            rest = [other for other in order if other != station]
            for place in range(n):
                tried = [*rest[:place], station, *rest[place:]]
                if (value := cost(tried)) < best - 1e-9:
                    order, best = tried, value
        if best == before:
            break
    return order


def _label(one: _Found) -> tuple[str, ...]:
    """The name in at most two lines, and the codes of the stops."""
    words, lines = one.name.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > LETTERS_A_LINE and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1]}…"]
    lines = [shorten(line, 9, LETTERS_A_LINE + 1) if len(line) > LETTERS_A_LINE + 2 else line for line in lines]
    codes = [f"{letter(line)}{number}" for line, number in sorted(one.stops)]
    more = [] if len(codes) <= _MOST_CODES else ["…"]
    return (*lines, " ".join(codes[:_MOST_CODES] + more))


def label_width(label: Sequence[str]) -> float:
    """About how wide a label is, in pixels."""
    return max([len(line) * LETTER_WIDTH for line in label[:-1]] + [len(label[-1]) * CODE_WIDTH])


def _column(label: Sequence[str], stops: int, left: bool, share: float) -> int:
    """The first column of a station's stops: beside its label, and further in the nearer it lies to the middle of town."""
    room = int(np.ceil((label_width(label) + 10) / CELL))
    inwards = round(4 * (share if left else 1 - share))
    return min(room + inwards, COLUMNS - stops) if left else max(COLUMNS - room - stops - inwards, 0)


def _beside(one: _Found, at: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The stops of a station from left to right: each line on the side it comes from and goes to."""

    def pull(line: int) -> float:
        near = [
            at[line, other]
            for own, number in one.stops
            if own == line
            for other in (number - 1, number + 1)
            if (line, other) in at
        ]
        return float(np.mean(near)) if near else 0.0

    stops = one.stops
    if len(stops) > _MOST_STOPS:  # then a line has one stop here, through which it comes every time
        stops = tuple({line: (line, number) for line, number in sorted(stops, reverse=True)}.values())
    return sorted(stops, key=lambda stop: (pull(stop[0]), stop))
