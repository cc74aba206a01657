"""Commands that look after what is there: what to mend first, and what has been kept long enough."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from data.home import replace_file
from recommender.errors import BadInput
from training.cli_common import (
    CityOption,
    DataOption,
    home,
    open_store,
    out,
    parse_moment,
    progress_bar,
    said,
    the_city,
    the_moment,
)

LOG = logging.getLogger("leerlijn.training")
RETAINED = "retention.csv"
"""Among the reports: what went when, one line for each time."""


def repair(
    data: DataOption = None,
    city: CityOption = None,
    at: Annotated[str | None, typer.Option(metavar="ISO", help="Sessions after this moment count.")] = None,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the list goes. Default: the city's reports.")
    ] = None,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="How many records at most.")] = 100,
    show: Annotated[int, typer.Option(metavar="N", min=0, help="How many of them to print.")] = 20,
) -> None:
    """Say which records to mend first, and how many learners then gain something they can go to.

    What is not known is taken to be as good as it can be. Changes nothing of the city.
    """
    from data.folder import read_folder
    from training.repair import repairs
    from training.repair_files import plain, write

    if data is not None:
        tables = read_folder(data)
    else:
        with open_store() as store:
            # Everybody who lives there, whether or not their stamps count.
            tables = store.load(the_city(store, city))
    moment, why = the_moment(at, tables)
    found = repairs(tables, moment, most)
    files = write(found, tables.city, target or home().reports(tables.city.id))
    told = plain(found, tables.city)
    out().print(why, markup=False)
    grid = Grid("", "record", "fill in or correct", "learners who gain")
    grid.columns[3].justify = "right"
    before = 0
    for fix in told["fixes"][:show]:
        people = "together" if fix["rank"] == before else "<10" if fix["gain"] is None else f"{fix['gain']:,}"
        name = f"{fix['table']} {fix['id']}: {fix['title']}".replace("[", "\\[")
        grid.add_row(str(fix["rank"]), name, ", ".join(fix["fill_in"]), people)
        before = fix["rank"]
    if grid.row_count:
        out().print(grid)
        first = sum(fix["round"] == 1 and fix["rank"] <= 20 for fix in told["fixes"])
        gained = told["gained"]["first"]
        out().print(
            f"Mend the first {first} and {'fewer than 10' if gained is None else f'about {gained:,}'} learners gain "
            "something to go to, in the best case."
        )
    else:
        out().print("There is nothing to mend that a learner would gain by.")
    for file in files:
        out().print(str(file), markup=False)


def retain(
    city: CityOption = None,
    go: Annotated[
        bool, typer.Option("--go", help="Remove it. Without this nothing changes: it says what would go.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--terms", metavar="FILE", help="Terms in TOML. Default: retention.toml in the city's own folder."
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="ISO", help="As if it were this moment. Default: the clock's.")
    ] = None,
) -> None:
    """Say what has been kept longer than its term, and with --go remove it.

    Counts alone are shown and kept, never who they were about.
    """
    from dataclasses import asdict

    from data.kept import old_releases, old_reports, remove
    from data.store import retention

    place = home()
    with open_store() as store, progress_bar() as bars:
        name = the_city(store, city)
        store.settings(name)  # refuses a city that is not there
        if config is not None and not config.is_file():
            raise BadInput(f"--terms: {config}: no such file")
        terms = retention.read_terms(config or place.releases(name).parent / retention.FILE)
        now = int(time.time()) if at is None else parse_moment(at, "--at")
        with store.snapshot() as connection:
            counts = retention.due(connection, name, terms, now)
        releases = old_releases(place, name, terms.releases, now)
        reports = old_reports(place, name, terms.reports, now)
        if go:
            task = bars.add_task("Removing", total=sum(counts.values()) or None)
            done: dict[str, int] = {}

            def tell(kind: str, rows: int) -> None:
                done[kind] = rows
                bars.update(task, completed=sum(done.values()), description=f"Removing {kind}")

            counts = retention.clear(store, name, terms, now, tell)
            remove(place, name, releases, reports)
    counts |= {"releases": len(releases), "reports": len(reports)}
    grid = Grid("what", "kept for", "gone" if go else "would go")
    grid.columns[2].justify = "right"
    for kind, days in asdict(terms).items():
        grid.add_row(kind, "ever" if days is None else f"{days:,} days", f"{counts[kind]:,}")
    out().print(grid)
    told = ", ".join(f"{kind} {number}" for kind, number in counts.items())
    LOG.info("retention of city %s, %s: %s", name, "removed" if go else "would remove", told)
    if go:
        _note(place.reports(name) / RETAINED, said(now), counts)
    elif any(counts.values()):
        out().print("Nothing was changed. To remove it: python -m training retain --go")


def _note(file: Path, moment: str, counts: dict[str, int]) -> None:
    """Add one line to the record of what went when: counts alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else f"at,{','.join(counts)}\n"
    replace_file(file, before + f"{moment},{','.join(str(number) for number in counts.values())}\n")
