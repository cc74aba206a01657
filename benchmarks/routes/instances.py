"""Reads orienteering instances: TOPTW (Solomon, Cordeau) and MCTOPMTW files.

Distances are truncated to one decimal, to two in Cordeau's files (``pr``); all is kept in whole units of that decimal,
so that nothing is rounded on the way.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.city import Float64, Int32
from recommender.errors import BadInput
from recommender.routing.problem import Problem

FORMATS = ("optw", "mctopmtw")
# Coordinates have at most three decimals.
FINE = 1000
_TYPES = 10


@dataclass(frozen=True, eq=False)
class Instance:
    """One file, for some days. Times are whole numbers of ``1 / scale``; place 0 is start and end of every day.

    ``opens`` and ``closes`` are (days, places, windows) and NaN where there is none; ``use`` is (budgets, places).
    """

    name: str
    scale: int
    node: Int32
    x: Float64
    y: Float64
    service: Float64
    prize: Float64
    opens: Float64
    closes: Float64
    use: Float64
    limit: Float64

    @property
    def days(self) -> int:
        return len(self.opens)


def read_folder(folder: Path, form: str, days: int) -> list[Instance]:
    """All instances of a folder, by name; ``days`` counts for ``optw`` alone, the other format says it in the file."""
    paths = [path for path in sorted(folder.glob("*.txt")) if path.stem != "FORMAT"]
    if not paths:
        raise BadInput(f"{folder}: no instance (*.txt) in it")
    return [read_optw(path, days) if form == "optw" else read_mctopmtw(path) for path in paths]


def read_optw(path: Path, days: int) -> Instance:
    """A TOPTW file: a line per place, and the window at its end."""
    rows = _rows(path)[2:]
    if not all(len(row) >= 9 for row in rows):
        raise BadInput(f"{path.name}: a place has fewer than 9 values; is it an MCTOPMTW file?")
    table = np.array([[*row[:5], *row[-2:]] for row in rows])
    scale = _scale(path.stem)
    windows = np.round(table[:, 5:7] * scale)
    everyday = np.broadcast_to(windows[None, :, :, None], (days, len(table), 2, 1))
    none = np.zeros((0, len(table)))
    return _instance(path.stem, scale, table, everyday[:, :, 0], everyday[:, :, 1], none, np.zeros(0))


def read_mctopmtw(path: Path) -> Instance:
    """An MCTOPMTW file: four windows in a row, of which a tour uses two; a fee, and ten kinds that are counted."""
    head, start, *rows = _rows(path)
    days, scale = int(head[0]), _scale(path.stem)
    if not all(len(row) == 12 + _TYPES for row in rows):
        raise BadInput(f"{path.name}: a place has not {12 + _TYPES} values; is it a TOPTW file?")
    table = np.array([[*start[:5], start[-2], start[-1]], *([*row[:5], row[5], row[9]] for row in rows)])
    bounds = np.round(np.array([row[5:10] for row in rows]) * scale)
    exchanged = np.array([row[10] for row in rows]) == 1
    opens, closes = np.full((days, len(table), 2), np.nan), np.full((days, len(table), 2), np.nan)
    for day in range(days):
        first_and_third = exchanged if day % 2 == 0 else ~exchanged
        for w in (0, 1):
            opens[day, 1:, w] = np.where(first_and_third, bounds[:, 2 * w], bounds[:, 2 * w + 1])
            closes[day, 1:, w] = np.where(first_and_third, bounds[:, 2 * w + 1], bounds[:, 2 * w + 2])
    opens[:, 0, 0], closes[:, 0, 0] = round(table[0, 5] * scale), round(table[0, 6] * scale)
    use = np.zeros((1 + _TYPES, len(table)))
    use[:, 1:] = np.array([row[11:] for row in rows]).T
    return _instance(path.stem, scale, table, opens, closes, use, np.array(head[2 : 3 + _TYPES]))


def problem_of(instance: Instance) -> Problem:
    """The instance as the engine takes it."""
    n = len(instance.node) - 1
    rows = np.r_[1 : n + 1, 0, 0]
    x, y = instance.x[rows], instance.y[rows]
    way = np.hypot(x[:, None] - x, y[:, None] - y)
    return Problem(
        prize=instance.prize[1:].copy(),
        service=instance.service[1:].copy(),
        opens=np.ascontiguousarray(instance.opens[:, 1:]),
        closes=np.ascontiguousarray(instance.closes[:, 1:]),
        # A hair, so that a distance of exactly 3.6 is not truncated to 3.5.
        travel=np.floor(way * instance.scale + 1e-7),
        day_opens=instance.opens[:, 0, 0].copy(),
        day_closes=instance.closes[:, 0, 0].copy(),
        group=np.arange(n, dtype=np.int32),
        use=instance.use[:, 1:].copy() if len(instance.limit) else None,
        limit=instance.limit,
    )


def read_known(path: Path | None) -> dict[tuple[str, int], float]:
    """Known prizes by instance and days (0 where the file gives no days).

    The column is ``best_known`` or ``published``, else ``score``: what a long run wrote can be the measure of short ones.
    """
    known: dict[tuple[str, int], float] = {}
    if path is not None:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                value = row.get("best_known") or row.get("published") or row.get("score")
                if not value:
                    raise BadInput(f"{path.name}: no best_known, published or score for {row.get('instance')}")
                known[row["instance"], int(row.get("days") or 0)] = float(value)
    return known


def _instance(
    name: str, scale: int, table: Float64, opens: Float64, closes: Float64, use: Float64, limit: Float64
) -> Instance:
    return Instance(
        name=name,
        scale=scale,
        node=table[:, 0].astype(np.int32),
        x=table[:, 1],
        y=table[:, 2],
        service=np.round(table[:, 3] * scale),
        prize=table[:, 4],
        opens=opens,
        closes=closes,
        use=use,
        limit=limit,
    )


def _rows(path: Path) -> list[list[float]]:
    try:
        return [[float(value) for value in line.split()] for line in path.read_text().splitlines() if line.strip()]
    except ValueError as error:
        raise BadInput(f"{path.name}: {error}; a file of numbers is expected") from error


def _scale(name: str) -> int:
    return 100 if name.split("-")[-1].startswith("pr") else 10
