"""The command that gives a city its streets and its timetable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table as Grid

from data.tables import Tables
from recommender.errors import BadInput
from training.cli_common import CityOption, aside, home, open_store, out, progress_bar, the_city

DROPPED = "timetable-dropped.csv"
_SHOWN = 5


def travel(
    city: CityOption = None,
    streets: Annotated[
        Path | None,
        typer.Option("--streets", metavar="FILE.osm.pbf", help="An OpenStreetMap extract of the city and around it."),
    ] = None,
    timetable: Annotated[
        Path | None,
        typer.Option("--timetable", metavar="GTFS.zip", help="A GTFS feed of public transport, zipped or a folder."),
    ] = None,
) -> None:
    """Give a city real travel times: along its streets, and by the timetable of its buses and trains.

    Without them a journey takes its distance over the globe, times a detour, at the speeds in city.toml. That is enough to
    start with. [b]Streets[/b] make walking and cycling go along real paths: take a small extract of your city from
    https://extract.bbbike.org or https://download.geofabrik.de. A [b]timetable[/b] makes public transport leave when
    it leaves: ask your region, or look at https://database.mobilitydata.org; of a whole country only what lies around
    the city is kept.

    Each file replaces what was read before from one of its kind, and only when all of it was read. A running service
    notices by itself. Without options: show what there is.
    """
    with open_store() as store:
        name = the_city(store, city)
        tables = store.load(name, people=False)
    if streets is not None:
        _streets(tables, streets)
    if timetable is not None:
        _timetable(tables, timetable)
    _show(name, tables)


@contextmanager
def _steps(title: str, steps: tuple[str, ...]) -> Iterator[Callable[[str], None]]:
    with progress_bar() as bars:
        task, done = bars.add_task(title, total=len(steps)), list[str]()

        def tell(step: str) -> None:
            done.append(step)
            bars.update(task, completed=len(done) - 1, description=f"{title}: {step}")

        yield tell
        bars.update(task, completed=len(steps), description=title)


def _streets(tables: Tables, path: Path) -> None:
    from data.translate import catalogue_from
    from data.travel.city import CityTravel, places_of
    from data.travel.streets import FILE, STEPS, read_streets

    folder = home().travel(tables.city.id)
    with _steps("Streets", (*STEPS, "ways between the city's own places")) as tell:
        found, summary = read_streets(path, tell)
        tell("ways between the city's own places")
        # Before the streets themselves, so that a running service finds the ways when it notices them.
        lat, lon = places_of(catalogue_from(tables))
        CityTravel(tables.city.travel, found, None, lat, lon).prepare(folder, keep=True)
        found.save(folder / FILE)
    _grid(
        "streets",
        {
            "crossings and bends": summary.nodes,
            "kilometres": round(summary.kilometres),
            "stretches to walk (each direction)": summary.walk,
            "stretches to cycle, or to push a bicycle": summary.bike,
            "left out: nobody may go there": summary.no_access,
            "left out: cut off from the rest, on foot": summary.walk_fragments,
            "left out: cut off from the rest, by bicycle": summary.bike_fragments,
        },
    )


def _timetable(tables: Tables, path: Path) -> None:
    from data.translate import catalogue_from
    from data.travel.city import places_of
    from data.travel.gtfs import STEPS, read_timetable
    from data.travel.timetable import FILE

    with _steps("Timetable", STEPS) as tell:
        found, summary = read_timetable(path, tables.city.time_zone, tell, places_of(catalogue_from(tables)))
    folder = home().travel(tables.city.id)
    found.save(folder / FILE)
    rows = {f"rows read from {name}.txt": count for name, count in summary.read.items()}
    used = {"stops": summary.stops, "trips": summary.trips, "calls": summary.calls}
    dropped = {f"left out: {reason}": count for reason, count in summary.dropped.items()}
    _grid("timetable", rows | used | dropped | {"left out: something is wrong in the row": len(summary.rejected)})
    console = out()
    console.print(
        f"It runs from {summary.first_day} to {summary.last_day} ({found.zone}); on other days it goes over the globe."
    )
    for remark in summary.remarks:
        console.print(f"→ {remark}", markup=False)
    quarantine = folder / DROPPED
    if len(summary.rejected):
        summary.rejected.to_csv(quarantine, index=False, lineterminator="\n")
        for row in summary.rejected.head(_SHOWN).to_dict("records"):
            told = f"{row['source']}, line {row['row']}, {row['field']} = {row['value']!r}: expected {row['expected']}"
            console.print(f"• {told}", markup=False)
        console.print(f"→ All {len(summary.rejected):,} are in {quarantine}", markup=False)
    else:
        quarantine.unlink(missing_ok=True)


def _grid(title: str, rows: Mapping[str, int]) -> None:
    grid = Grid(title, "")
    grid.columns[1].justify = "right"
    for what, count in rows.items():
        grid.add_row(what, f"{count:,}")
    out().print(grid)


def _show(city: str, tables: Tables) -> None:
    """What travel times rest on now, and which places they do not reach."""
    from data.translate import catalogue_from
    from data.travel.city import ON_STREETS, places_of, travel_of

    catalogue = catalogue_from(tables)
    found = travel_of(home(), city, catalogue)
    found.prepare(home().travel(city), keep=True)
    console = out()
    lat, lon = places_of(catalogue)
    for mode in ON_STREETS:
        if mode in found.networks:
            on = int(found.on_streets(lat, lon, mode).sum())
            console.print(f"{mode}: along streets, for {on} of {len(lat)} places")
            if on < len(lat):
                console.print(
                    "→ The others lie more than 1 km from every street: over the globe. Is the map too small?"
                )
        else:
            console.print(f"{mode}: over the globe; --streets FILE.osm.pbf gives it streets")
    if found.transit is None:
        console.print("transit: over the globe; --timetable GTFS.zip gives it a timetable")
    else:
        first, last = (str(day.astype("M8[D]")) for day in found.transit.days[[0, -1]])
        near = int(found.transit.inside(lat, lon).sum())
        console.print(f"transit: by timetable, from {first} to {last}, for {near} of {len(lat)} places")
        if near < len(lat):
            console.print("→ The others lie more than 5 km from every stop: over the globe. Is it the right region?")
        starts = catalogue.sessions.start
        if (
            not catalogue.sessions.always
            and len(starts)
            and not any(map(found.transit.covers, np.unique(starts).tolist()))
        ):
            console.print("→ No session falls in those days: then it goes over the globe. Take a feed of this season.")
    console.print("car: over the globe")
    for note in found.notes:
        aside().print(f"→ {note}", markup=False)
    if found.notes:
        raise BadInput(f"{len(found.notes)} travel file(s) of city {city} cannot be used")
