"""The metro map of the learning lines: one station per venue, where lines meet; drawn as SVG, without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.messages import Messages
from data.messages.sentences import shorten
from data.pages import render
from data.pages.metro_stations import CELL, COLUMNS, WIDTH, Station, label_width, letter, stations_of
from data.pages.metro_ways import Cell, Grid, Way, corners, heading
from recommender.city import Catalogue, Float64

COLOURS, PATTERNS = 7, 4


@dataclass(frozen=True)
class Drawn:
    """A line on the map: letter, name, what is at its end, the way it goes as an SVG path, and the titles of its stations."""

    letter: str
    name: str
    badge: str
    colour: int
    pattern: int
    path: str
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Metro:
    """Everything the drawing needs. ``shared`` counts pieces of the map where lines lie on top of each other."""

    lines: tuple[Drawn, ...]
    stations: tuple[Station, ...]
    width: int
    height: int
    shared: int


def metro(catalogue: Catalogue) -> Metro:
    """The map of a city's lines; empty for a city without lines. The same catalogue gives the same map."""
    lines = catalogue.lines
    stations = stations_of(catalogue)
    rows = max((stop.cell[1] for station in stations for stop in station.stops), default=0)
    ways, shared = _ways(stations, [len(stops) for stops in lines.stations], rows + 3)
    return Metro(
        lines=tuple(
            Drawn(
                letter(line),
                lines.name[line] or lines.ids.names[line],
                lines.badge[line],
                line % COLOURS,
                line % PATTERNS,
                _path(ways[line]),
                tuple(catalogue.activities.title[row] for row in lines.stations[line]),
            )
            for line in range(len(lines.ids))
        ),
        stations=stations,
        width=WIDTH,
        height=(rows + 3) * CELL if stations else 0,
        shared=shared,
    )


def _ways(stations: Sequence[Station], lengths: Sequence[int], height: int) -> tuple[list[list[Way]], int]:
    grid = Grid(COLUMNS, height)
    cells = {
        (line, number): next(stop.cell for stop in station.stops if stop.line == line)
        if (line, number) not in (own := {(stop.line, stop.number): stop.cell for stop in station.stops})
        else own[line, number]
        for station in stations
        for line, number in station.visits
    }
    for station in stations:
        _occupy(grid, station)
    ways: list[list[Way]] = [[() for _ in range(length - 1)] for length in lengths]
    pieces = [(line, number) for line, length in enumerate(lengths) for number in range(1, length)]
    pieces.sort(key=lambda piece: (_span(cells, piece), piece))
    for turn in range(2):  # the first ones did not know of the others: everyone looks once more
        for line, number in pieces:
            old = ways[line][number - 1]
            if turn:
                grid.take(old, -1)
            start, end = cells[line, number], cells[line, number + 1]
            along = heading(ways[line][number - 2]) if number > 1 and ways[line][number - 2] else -1
            ways[line][number - 1] = grid.find(start, end, along)
            grid.take(ways[line][number - 1])
    return ways, grid.shared()


def _span(cells: dict[tuple[int, int], Cell], piece: tuple[int, int]) -> int:
    one, other = cells[piece], cells[piece[0], piece[1] + 1]
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _occupy(grid: Grid, station: Station) -> None:
    """Keep lines away from where a station and its label stand."""
    first, last = station.stops[0].cell, station.stops[-1].cell
    row, room = first[1], int(np.ceil((label_width(station.label) + 6) / CELL))
    label = range(first[0] - room, first[0]) if station.left else range(last[0] + 1, last[0] + 1 + room)
    for column in label:
        grid.blocked |= {(column, row + shift) for shift in (-1, 0, 1)}
    ends = (label[0] - 1, label[-1] + 1) if label else ()
    for cell in [(column, row + shift) for column in (*label, *ends) for shift in (-2, -1, 0, 1, 2)]:
        grid.near[cell] = grid.near.get(cell, 0.0) + 0.5
    for column in range(first[0], last[0] + 1):
        grid.blocked.add((column, row))
        for shift in (-1, 1):
            grid.near[column, row + shift] = grid.near.get((column, row + shift), 0.0) + 0.6


def _path(ways: Sequence[Way]) -> str:
    """An SVG path with rounded corners through all the pieces of a line."""
    whole: list[Cell] = []
    for way in ways:
        whole += way if not whole else way[1:]
    if not whole:
        return ""
    points = [(float(x), float(y)) for x, y in (centre(cell) for cell in corners(tuple(whole)))]
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(here, before), _towards(here, after)
        path += f"L{near[0]:g} {near[1]:g}Q{here[0]:g} {here[1]:g} {far[0]:g} {far[1]:g}"
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(here: tuple[float, float], there: tuple[float, float], most: float = 8.0) -> tuple[float, float]:
    gap: Float64 = np.array(there) - np.array(here)
    far = float(np.hypot(*gap)) or 1.0
    x, y = np.array(here) + gap / far * min(most, far / 2)
    return round(float(x), 1), round(float(y), 1)


def centre(cell: Cell) -> tuple[float, float]:
    """The middle of a cell, in pixels."""
    return (cell[0] + 0.5) * CELL + (WIDTH - COLUMNS * CELL) / 2, (cell[1] + 0.5) * CELL


def svg(city: str, drawn: Metro, messages: Messages, *, alone: bool = True) -> str:
    """The map as SVG.

    Parameters
    ----------
    city : str
        What the city is called.
    drawn : Metro
        See ``metro``.
    messages : Messages
        The language.
    alone : bool
        True for a file of its own, which brings its style along; False to stand in a page.
    """
    legend = 24 * ((len(drawn.lines) + 1) // 2) + 16
    return render(
        "metro.svg",
        alone=alone,
        city=city,
        m=messages,
        t=lambda key, **values: messages.text("lines", key, **values),
        metro=drawn,
        legend=legend,
        height=legend + max(drawn.height, 40),
        centre=centre,
        letter=letter,
        lang=messages.lang,
        short=lambda text: shorten(text, 9, 20),
    )
