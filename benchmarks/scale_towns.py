"""How long an installation of many towns takes to train, one of them broken.

python -m benchmarks.scale_towns --home /tmp/towns                  425 towns of 2,000 learners; again goes on where it stopped
python -m benchmarks.scale_towns --home /tmp/towns --cities 8 --learners 500
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import update

from benchmarks.machine import describe
from benchmarks.scale_engines import Watch
from data.home import Home
from data.simulation import SimulationConfig, simulate
from data.store import Store
from data.store.schema import cities
from data.tables import Tables
from training.config import Config
from training.scale.all import train_all
from training.scale.cities import in_store
from training.scale.engine import open_engine

BROKEN = "town-000"


def town(number: int, learners: int) -> Tables:
    """A simulated town with an id of its own."""
    tables = simulate(SimulationConfig(seed=number, learners=learners)).tables
    return replace(tables, city=replace(tables.city, id=f"town-{number:03d}", name=f"Town {number}"))


def fill(store: Store, count: int, learners: int) -> None:
    """Put the towns into the store that are not there yet, and break the first."""
    store.create()
    there = set(store.cities())
    missing = [number for number in range(count) if f"town-{number:03d}" not in there]
    made = Parallel(-1, return_as="generator")(delayed(town)(number, learners) for number in missing)
    for tables in track(made, "Inventing towns", total=len(missing), console=Console(stderr=True)):
        store.save(tables)
    with store.transaction() as connection:
        connection.execute(update(cities).where(cities.c.city == BROKEN).values(time_zone="Nowhere/Nowhere"))


def main() -> None:
    """Invent the towns, train them all, and print how long it took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale_towns", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True, help="where the store and the releases go")
    parser.add_argument("--cities", type=int, default=425)
    parser.add_argument("--learners", type=int, default=2000)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many; the next run goes on")
    parser.add_argument("--only-fill", action="store_true", help="invent, and train another time")
    given = parser.parse_args()
    home = Home(given.home.absolute())
    home.path.mkdir(parents=True, exist_ok=True)
    with Store(home.store_url) as store:
        fill(store, given.cities, given.learners)
        found = in_store(store)
    if given.only_fill:
        return
    console, started = Console(), time.perf_counter()
    with open_engine(given.engine, given.jobs) as engine, Watch() as watch:
        outcomes, until = [], started + given.seconds
        found_all = train_all(found, Config(), home.path, None, engine)
        for outcome in track(found_all, "Training", total=len(found), console=Console(stderr=True)):
            outcomes.append(outcome)
            if time.perf_counter() > until:  # the next run goes on
                break
        found_all.close()
        slots = engine.slots
    console.print(describe(slots) + f"; load {os.getloadavg()[0]:.1f}")
    table = Table("what", "figure", title=f"{len(found)} towns, {sum(one.size for one in found):,} stamps")
    for state, count in Counter(one.state for one in outcomes).items():
        seconds = [one.seconds for one in outcomes if one.state == state]
        table.add_row(state, f"{count}; {sum(seconds) / count:.1f} s each in its process, {max(seconds):.1f} s at most")
    table.add_row("all together", f"{len(outcomes)} in {watch.wall:.0f} s; {watch.cpu:.0f} processor seconds")
    table.add_row("memory", f"{watch.peak:.2f} GiB, all processes")
    console.print(table)
    for one in outcomes:
        if one.state == "failed":
            console.print(f"{one.city}: {one.said}", markup=False)


if __name__ == "__main__":
    main()
