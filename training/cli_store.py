"""Commands for the store: backup, restore, inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from training.cli_common import CityOption, home, open_store, out, progress_bar, the_city


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup goes, such as my-city.zip.")],
    city: CityOption = None,
) -> None:
    """Write everything of a city to one file: catalogue, people, keys, quarantine, and the release in service.

    It holds children's data. Keep it where the store itself could stand, and remove it in time: an erasure does not
    reach it.
    """
    from data.store import archive

    with open_store() as store, progress_bar() as bars:
        name = the_city(store, city)
        task = bars.add_task("Writing", total=None)
        rows = archive.write(
            store, home(), name, target,
            lambda table, done, total: bars.update(task, description=f"Writing {table}", completed=done, total=total),
        )  # fmt: skip
    out().print(
        f"City [bold]{name}[/] in {target}: {rows['stamps']:,} stamps, {rows['passports']:,} passports, "
        f"{rows['activities']:,} activities.\nTo put it back: python -m training restore {target}"
    )


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of a city of that name, people included.")
    ] = False,
) -> None:
    """Put a city from a backup into the store, whichever database that is; all of it or nothing."""
    from data.store import archive

    with open_store() as store, progress_bar() as bars:
        store.upgrade()
        task = bars.add_task("Reading", total=None)
        name = archive.read(
            store, home(), source, replace,
            lambda table, done, total: bars.update(
                task, description=f"Reading {table}", completed=done, total=total if total >= 0 else None
            ),
        )  # fmt: skip
    out().print(f"City [bold]{name}[/] is back in the store. Look at it: python -m training inspect")


def inspect() -> None:
    """Look whether the store is whole, and what is in it. Changes nothing; exit code 1 when something is wrong."""
    from data.store.inspect import inspect as inspected

    with open_store() as store:
        health = inspected(store)
    tables = sorted({table for counts in health.rows.values() for table in counts} - {"cities"})
    grid = Grid("table", *health.rows)
    for column in grid.columns[1:]:
        column.justify = "right"
    for table in tables:
        grid.add_row(table, *(f"{counts.get(table, 0):,}" for counts in health.rows.values()))
    out().print(f"Schema {health.version}, {len(health.rows)} cities.")
    if health.rows:
        out().print(grid)
    for remark in health.remarks:
        out().print(f"→ {remark}")
    for problem in health.problems:
        out().print(f"[bold red]•[/] {problem}")
    if health.problems:
        raise typer.Exit(1)
    out().print("The store is whole.")
