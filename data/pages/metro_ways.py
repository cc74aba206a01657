"""Ways for the lines of a metro map: over a grid, in eight directions, past labels and other stations.

Every piece between two stations is a shortest path on the octilinear grid, where bends, crossings and narrow places cost
something and a piece of grid that another line has taken costs a lot; so lines run beside each other. After
Bast, Brosi and Storandt, "Metro maps on octilinear grid graphs" (2020), doi:10.1111/cgf.13986.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

Cell = tuple[int, int]
Way = tuple[Cell, ...]

DIRECTIONS: tuple[Cell, ...] = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
LENGTH = (1.0, 1.45) * 4
BEND = (0.0, 0.8, 3.0, 9.0)
"""What a turn costs, by eighths of a circle; no line turns back."""
LOOKED_AT = 250_000
"""Cells looked at for one map. What is left then is drawn the plain way: straight, then slanting."""
CROSSING, SHARED, BLOCKED = 2.2, 30.0, 90.0
_NO_WAY = -1


@dataclass
class Grid:
    """What is on the grid: cells that are taken, and those that are better avoided.

    Attributes
    ----------
    width, height : int
        Cells.
    blocked : set of cells
        Stations and labels. A way goes through them only when there is no other.
    near : dict of cell to float
        Cells beside those, with what it costs more to pass there.
    """

    width: int
    height: int
    blocked: set[Cell] = field(default_factory=set)
    near: dict[Cell, float] = field(default_factory=dict)
    looked_at: int = 0
    _cells: dict[Cell, int] = field(default_factory=dict)
    _pieces: dict[tuple[Cell, Cell], int] = field(default_factory=dict)

    def take(self, way: Way, by: int = 1) -> None:
        """Mark what a way uses; ``by=-1`` gives it back."""
        for cell in way[1:-1]:
            self._cells[cell] = self._cells.get(cell, 0) + by
        for piece in _pieces(way):
            self._pieces[piece] = self._pieces.get(piece, 0) + by

    def shared(self) -> int:
        """How many pieces of the grid more than one way uses."""
        return sum(count > 1 for count in self._pieces.values())

    def find(self, start: Cell, end: Cell, along: int = _NO_WAY) -> Way:
        """The cheapest way between two cells.

        Parameters
        ----------
        along : int
            The direction in which the line comes in at the start, -1 when it begins there.

        Returns
        -------
        tuple of cells
            From start to end, both included.
        """
        if self.looked_at > LOOKED_AT:
            return plain(start, end)
        queue: list[tuple[float, float, Cell, int]] = [(_far(start, end), 0.0, start, along)]
        best: dict[tuple[Cell, int], float] = {(start, along): 0.0}
        before: dict[tuple[Cell, int], tuple[Cell, int]] = {}
        while queue:
            _, cost, cell, heading = heappop(queue)
            if cell == end:
                return _back(before, (cell, heading))
            if cost > best[cell, heading]:
                continue
            self.looked_at += 1
            for direction, step in self._steps(cell, heading, end):
                to = (cell[0] + DIRECTIONS[direction][0], cell[1] + DIRECTIONS[direction][1])
                new = cost + step
                if new < best.get((to, direction), float("inf")):
                    best[to, direction] = new
                    before[to, direction] = (cell, heading)
                    heappush(queue, (new + _far(to, end), new, to, direction))
        return plain(start, end)

    def _steps(self, cell: Cell, heading: int, end: Cell) -> Iterator[tuple[int, float]]:
        """Directions to go on in, and what each costs."""
        for direction, (dx, dy) in enumerate(DIRECTIONS):
            to = (cell[0] + dx, cell[1] + dy)
            if not (0 <= to[0] < self.width and 0 <= to[1] < self.height):
                continue
            turn = 0 if heading == _NO_WAY else abs((direction - heading + 4) % 8 - 4)
            if turn == 4:
                continue
            cost = LENGTH[direction] + (BEND[turn] if turn < len(BEND) else 0.0)
            cost += SHARED * self._pieces.get(_piece(cell, to), 0)
            if to != end:
                cost += self.near.get(to, 0.0) + CROSSING * self._cells.get(to, 0) + BLOCKED * (to in self.blocked)
            if dx and dy:  # the other diagonal of the same square
                cost += CROSSING * self._pieces.get(_piece((cell[0] + dx, cell[1]), (cell[0], cell[1] + dy)), 0)
            yield direction, cost


def _piece(one: Cell, other: Cell) -> tuple[Cell, Cell]:
    return (one, other) if one < other else (other, one)


def _pieces(way: Way) -> Iterable[tuple[Cell, Cell]]:
    return (_piece(one, other) for one, other in pairwise(way))


def _far(cell: Cell, end: Cell) -> float:
    """The least that is left to go, as the crow flies on a grid of eight directions."""
    dx, dy = abs(cell[0] - end[0]), abs(cell[1] - end[1])
    return max(dx, dy) - min(dx, dy) + LENGTH[1] * min(dx, dy)


def plain(start: Cell, end: Cell) -> Way:
    """A way with one bend at most: straight along the longer side, then slanting."""
    way = [start]
    while way[-1] != end:
        x, y = way[-1]
        dx, dy = end[0] - x, end[1] - y
        slanting = abs(dx) == abs(dy)
        step_x = (dx > 0) - (dx < 0) if slanting or abs(dx) > abs(dy) else 0
        step_y = (dy > 0) - (dy < 0) if slanting or abs(dy) > abs(dx) else 0
        way.append((x + step_x, y + step_y))
    return tuple(way)


def _back(before: dict[tuple[Cell, int], tuple[Cell, int]], at: tuple[Cell, int]) -> Way:
    way = [at[0]]
    while at in before:
        at = before[at]
        way.append(at[0])
    return tuple(reversed(way))


def heading(way: Way) -> int:
    """The direction in which a way arrives, -1 when it goes nowhere."""
    if len(way) < 2:
        return _NO_WAY
    dx, dy = way[-1][0] - way[-2][0], way[-1][1] - way[-2][1]
    return DIRECTIONS.index((dx, dy)) if (dx, dy) in DIRECTIONS else _NO_WAY


def corners(way: Way) -> list[Cell]:
    """The ends of a way and the cells at which it turns."""
    kept = [way[0]]
    for before, here, after in zip(way, way[1:], way[2:], strict=False):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            kept.append(here)
    return [*kept, way[-1]] if len(way) > 1 else kept
