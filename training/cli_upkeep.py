"""Commands that look after what is there: what to mend first, and what has been kept long enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from training.cli_common import CityOption, DataOption, home, open_store, out, the_city, the_moment


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
