"""Commands for the city's data: check, load, simulate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from data.columns import TABLES
from data.feeds.histories.registry import HISTORIES
from data.feeds.registry import FEEDS, reader
from data.feeds.web import is_address
from data.folder import ORIGINS, read_folder, write_folder
from data.home import replace_file
from data.simulation.config import PRESETS
from data.tables import Tables
from data.validation import KEPT_WITHOUT
from recommender.errors import BadInput
from training.cli_common import CityOption, aside, home, open_store, out, patient, progress_bar
from training.cli_history import check_history, load_history
from training.health import FileHealth, file_health, not_known, problems, remarks

FOLDER = "folder"
FeedOption = Annotated[
    str,
    typer.Option(
        "--feed",
        metavar="NAME",
        help=f"How to read it: {', '.join((FOLDER, *FEEDS))}; or a history of people: {', '.join(HISTORIES)}.",
    ),
]


def read_source(source: Path, feed: str) -> Tables:
    """Tables of a folder or of a feed. Raises ``BadInput`` when there is no such feed."""
    if feed in HISTORIES:
        raise BadInput(f"--feed: {feed!r} is a history of people, it holds no activities to do this with")
    return read_folder(source) if feed == FOLDER else reader(feed)(source)


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the city's files.")],
    feed: FeedOption = FOLDER,
) -> None:
    """Read a folder and say what can be used, what cannot and why, and what is not known.

    Changes nothing. Exit code 0 when the city can be used, 1 when it cannot.
    """
    try:
        if feed in HISTORIES:
            check_history(folder, feed)
            return
        tables = read_source(folder, feed)
    except BadInput as error:
        out().print(f"[bold red]Cannot be used.[/] {_plain(str(error))}")
        raise typer.Exit(1) from None
    show_health(tables)


def load(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE", help="Folder or feed with the city's data; or the address of a feed, https://…"
        ),
    ],
    feed: FeedOption = FOLDER,
    city: CityOption = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Fetch from the beginning, whatever was fetched before.")
    ] = False,
    learners: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Invent so many learners over the catalogue, instead of its own people."),
    ] = None,
) -> None:
    """Put a city into the store, with what was rejected beside it.

    The catalogue replaces the one that was there; passports and stamps are added to, never dropped. A history of people
    is only added to: it goes into a city that is in the store, and leaves its catalogue as it is.
    """
    if any(is_address(one) for one in source):
        tables = fetched(source, feed, city, fresh)
    elif len(source) > 1:
        raise BadInput("one folder or file at a time; several feeds of one city make feeds.toml, with --feed several")
    elif feed in HISTORIES and not learners:
        load_history(Path(source[0]), feed, city)
        return
    else:
        tables = read_source(Path(source[0]), feed)
    if city:
        tables = replace(tables, city=replace(tables.city, id=city))
    if learners:
        from data import simulation

        with aside().status("Inventing learners …"):
            tables = simulation.simulate_learners(tables, simulation.SimulationConfig(learners=learners)).tables
    show_health(tables)
    with open_store() as store:

        def put() -> None:
            store.upgrade()
            store.save(tables)

        patient(store, put)
    if kept := keep_origins(tables):
        out().print(f"\nWhere values come from that no record says: {kept}")
    out().print(f"\nStored as city [bold]{tables.city.id}[/]. Next: python -m training train --city {tables.city.id}")


def fetched(addresses: list[str], feed: str, city: str | None, fresh: bool) -> Tables:
    """Tables of a feed from its address, with a bar that says how far it is.

    Raises
    ------
    BadInput
        When it cannot be fetched whole; what was fetched is kept, and the next time goes on from there.
    """
    from data.feeds.live import fetch

    if feed == FOLDER:
        raise BadInput(f"--feed: say how to read an address: {', '.join(name for name in FEEDS if name != 'several')}")
    if not all(is_address(one) for one in addresses):
        raise BadInput("files and addresses in one command: load them one after the other, or save the feed to a file")
    with progress_bar() as bars:
        task = bars.add_task("Fetching", total=None)

        def tell(address: str, pages: int, size: int) -> None:
            bars.update(task, description=f"Fetching {address}: {size / 1e6:,.1f} MB, pages", completed=pages)

        return fetch(addresses, feed, home().feeds(city or feed), fresh=fresh, tell=tell)


def keep_origins(tables: Tables) -> Path | None:
    """Write where values come from beside the city's reports; the file, None for a city that is no feed."""
    file = home().reports(tables.city.id) / ORIGINS
    if not len(tables.origins):
        file.unlink(missing_ok=True)
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, tables.origins.to_csv(index=False, lineterminator="\n"))
    return file


def simulate(
    target: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write the city to.")],
    preset: Annotated[str, typer.Option(metavar="NAME", help=f"Size: {' or '.join(PRESETS)}.")] = "town",
    learners: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many learners.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="The same seed gives the same city.")] = None,
    over: Annotated[
        Path | None,
        typer.Option(metavar="SOURCE", help="Invent only the learners, over this real catalogue."),
    ] = None,
    feed: FeedOption = FOLDER,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings in TOML that differ from the preset.")
    ] = None,
) -> None:
    """Write a simulated learning city, or simulated learners over a real one, as a folder of CSV files."""
    from data import simulation

    settings = simulation.load_simulation_config(config, simulation.preset(preset))
    settings = replace(settings, learners=learners or settings.learners, seed=settings.seed if seed is None else seed)
    with aside().status("Simulating …"):
        if over is None:
            made = simulation.simulate(settings)
        else:
            made = simulation.simulate_learners(read_source(over, feed), settings)
    write_folder(made.tables, target)
    out().print(
        f"Wrote {target}: {len(made.tables.passports):,} learners, {len(made.tables.activities):,} activities, "
        f"{len(made.tables.stamps):,} stamps.\nNext: python -m training load {target}"
    )


def show_health(tables: Tables) -> None:
    """Print what was read, kept and rejected, what is not known, and what to do about it."""
    console = out()
    console.print(f"City [bold]{_plain(tables.city.name or tables.city.id)}[/] ({tables.city.id})\n")
    for line in feed_lines(tables):
        console.print(_plain(line))
    grid = Grid("file", "rows read", "kept", "in quarantine", "most often because")
    for column in grid.columns[1:4]:
        column.justify = "right"
    for table in TABLES:
        health = file_health(tables, table)
        grid.add_row(*_file_row(health))
    console.print(grid)
    gaps = Grid("not known", "of", "share", "what that means")
    for gap in not_known(tables):
        gaps.add_row(gap.what, f"{gap.of:,}", f"{gap.share:.0%}", gap.meaning)
    if gaps.row_count:
        console.print(gaps)
    for problem in problems(tables):
        console.print(f"• {_plain(problem)}")
    for remark in remarks(tables):
        console.print(f"→ {_plain(remark)}")


def feed_lines(tables: Tables) -> list[str]:
    """What a feed held and what its reader assumed; nothing for a folder, whose tables are files of their own."""
    if not tables.records:
        return []
    lines = tables.quarantine
    lost = lines[~lines["expected"].str.endswith(KEPT_WITHOUT)]
    rejected = len(set(zip(lost["source"], lost["row"], strict=True)))
    head = f"{tables.records:,} records in the feed, {rejected:,} of them in quarantine."
    return [head, *(f"  {note}" for note in tables.notes), ""]


def _file_row(health: FileHealth) -> tuple[str, str, str, str, str]:
    if not health.there:
        return health.name, "–", "–", "–", "no such file: not known"
    return health.name, f"{health.read:,}", f"{health.kept:,}", f"{health.rejected:,}", _plain(health.reason)


def _plain(text: str) -> str:
    """Text from a file, so that a bracket in it is not read as markup."""
    return text.replace("[", "\\[")
