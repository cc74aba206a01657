"""The command for an installation of many cities: train-all."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli_common import DATABASE, ConfigOption, home, open_store, out, progress_bar
from training.config import load_config

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from training.scale.city import Outcome


def train_all(
    cities: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="A folder with a folder per city. Default: every city of the store."
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="WHERE", help="local, or a Dask cluster: dask://scheduler:8786.")
    ] = "local",
    jobs: Annotated[int, typer.Option(help="Processes on this machine; 0 for one per core.", min=0)] = 0,
    anew: Annotated[bool, typer.Option("--anew", help="Also cities whose release is up to date.")] = False,
    config: ConfigOption = None,
) -> None:
    """Train every city of the installation, side by side; a city that fails does not stop the others.

    A city whose newest release was made of today's data with these settings is left as it is: after an interruption, start it again.
    """
    from training.fit import STEPS
    from training.scale.all import train_all as trained_all
    from training.scale.cities import in_folder, in_store
    from training.scale.engine import open_engine

    settings, started = load_config(config), time.perf_counter()
    if cities is None:
        with open_store() as store:
            found = in_store(store)
    else:
        found = in_folder(cities)
    outcomes: list[Outcome] = []
    with progress_bar() as bars, open_engine(engine, jobs) as shared:
        task = bars.add_task("Training", total=len(found))
        tell = partial(_told, bars, bars.add_task("", total=len(STEPS), visible=False))
        for outcome in trained_all(
            found, settings, home().path.absolute(), os.environ.get(DATABASE), shared, anew, tell
        ):
            outcomes.append(outcome)
            bars.update(task, completed=len(outcomes), description=f"Training: {_counted(outcomes)}")
            if outcome.state == "failed":
                bars.console.print(f"{outcome.city}: {outcome.said}", style="red", markup=False)
    for outcome in sorted(outcomes, key=lambda one: one.city):
        if outcome.state != "failed":
            out().print(f"{outcome.city}: {outcome.state}, {outcome.said}", markup=False)
    stamps = sum(outcome.stamps for outcome in outcomes)
    out().print(f"{_counted(outcomes)}; {stamps:,} stamps in {time.perf_counter() - started:.1f} seconds.")
    failed = sorted(outcome.city for outcome in outcomes if outcome.state == "failed")
    if failed:
        out().print(f"[bold red]Without a new release: {', '.join(failed)}.[/] Start again to train these alone.")
        raise typer.Exit(1)
    out().print("Next, for each: python -m training evaluate --city …, then: python -m training publish --city …")


def _told(bars: Progress, task: TaskID, city: str, step: str) -> None:
    """A second bar, for the steps of a large city."""
    from training.fit import STEPS

    place = STEPS.index(step)
    bars.update(task, completed=place, total=len(STEPS), description=f"{city}: {step}", visible=True)


def _counted(outcomes: list[Outcome]) -> str:
    counts = Counter(outcome.state for outcome in outcomes)
    return (
        ", ".join(f"{counts[state]} {state}" for state in ("trained", "up to date", "failed") if counts[state])
        or "no city"
    )
