"""What the commands share: where the city comes from, which moment is meant, how progress is shown.

The environment and the clock are read here, at the edge, and nowhere below.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from data.folder import read_folder
from data.home import Home
from data.store import Store
from data.tables import Tables
from recommender.errors import BadInput
from training.config import Config

if TYPE_CHECKING:
    from recommender.release import Release

DATABASE = "LEERLIJN_DATABASE_URL"

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder with the city's files (see [b]check[/b])."),
]
CityOption = Annotated[
    str | None,
    typer.Option("--city", metavar="ID", help="A city in the store. Default: the folder's, or the store's only one."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML. Default: the shipped ones."),
]


def out() -> Console:
    """Where results go: standard output."""
    return Console(highlight=False, soft_wrap=True)


def aside() -> Console:
    """Where progress and remarks go: standard error, so that output can be piped."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def home() -> Home:
    return Home.from_environment(os.environ)


@contextmanager
def open_store() -> Iterator[Store]:
    """The store that the environment names: ``LEERLIJN_DATABASE_URL``, else SQLite under ``LEERLIJN_HOME``."""
    place = home()
    url = os.environ.get(DATABASE)
    if not url:
        place.path.mkdir(parents=True, exist_ok=True)
    with Store(url or place.store_url) as store:
        yield store


def patient(store: Store, work: Callable[[], None]) -> None:
    """Write something large to the store, again when the database goes away in the middle; it is there whole or not at all.

    Raises
    ------
    StoreAway
        When the database does not come back.
    """
    from data.store.patience import patiently

    patiently(
        store, work, tell=lambda seconds: aside().print(f"The database is away; again in {seconds:.0f} seconds …")
    )


def the_city(store: Store, city: str | None) -> str:
    """The city that is meant: the one named, else the only one there is.

    Raises
    ------
    BadInput
        When none is named and the store holds several, or none.
    """
    store.check()
    if city:
        return city
    cities = store.cities()
    if len(cities) != 1:
        held = f"several cities: {', '.join(cities)}; choose one with --city" if cities else "no city yet"
        raise BadInput(f"the store holds {held}" + ("" if cities else "; put one in with: python -m training load DIR"))
    return cities[0]


def read_city(data: Path | None, city: str | None) -> Tables:
    """Tables of a folder, or of a city in the store.

    Raises
    ------
    BadInput
        When both are given and do not agree, or nothing is found.
    """
    if data is None:
        with open_store() as store:
            return store.load(the_city(store, city), counting=True)
    tables = read_folder(data)
    if city and city != tables.city.id:
        raise BadInput(
            f"{data}: its city.toml says {tables.city.id!r}, not {city!r}; leave --city out, or correct the file"
        )
    return tables


def erased_from(city: str) -> int:
    """How many people were erased from a city so far, by the store; 0 where there is no store."""
    with open_store() as store:
        if store.version() is None:
            return 0
        store.check()
        return store.erased(city)


def parse_moment(text: str, option: str) -> int:
    """Seconds since 1970 UTC of an ISO 8601 moment with offset; raises ``BadInput`` naming the option."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput(f"{option}: {text!r} is not a moment with offset, such as 2026-05-01T09:00:00+02:00")
    return int(moment.timestamp())


def the_moment(at: str | None, tables: Tables) -> tuple[int, str]:
    """The moment that is meant, and a sentence that says where it comes from."""
    if at is not None:
        moment = parse_moment(at, "--at")
        return moment, f"Moment: {said(moment)}, as asked."
    if tables.city.as_of is not None:
        return (
            tables.city.as_of,
            f"Moment: {said(tables.city.as_of)}, the city's own now (as_of); --at chooses another.",
        )
    moment = int(time.time())
    return moment, f"Moment: {said(moment)}, the clock's; --at chooses another."


def said(moment: int) -> str:
    """A moment as ISO 8601, UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def progress_bar() -> Progress:
    """A bar on standard error with how much is done and how long it takes."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=aside(),
    )


def fit_with_bar(tables: Tables, settings: Config) -> tuple[Release, dict[str, float]]:
    """A fit with a progress bar; gives also after how many seconds each of its steps began.

    What a private release spends is in the city's ledger before it begins.
    """
    from training.fit import STEPS, fit
    from training.privacy.asking import paid

    asking = paid(home(), tables, settings, int(time.time()))

    started, seconds = time.perf_counter(), dict[str, float]()
    with progress_bar() as bars:
        task = bars.add_task("Fitting", total=len(STEPS))

        def tell(step: str) -> None:
            seconds[step] = round(time.perf_counter() - started, 3)
            bars.update(task, completed=len(seconds) - 1, description=f"Fitting: {step}")

        release = fit(tables, settings, tell, asking=asking)
        bars.update(task, completed=len(STEPS), description="Fitted")
    return release, {} if asking else seconds  # how long it took depends on who was in it
