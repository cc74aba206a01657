"""``python -m benchmarks.ranking``: the engine beside its peers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from recommender.errors import BadInput, LeerlijnError

if TYPE_CHECKING:
    from benchmarks.ranking.bench import Bench

AT = "2020-02-01T00:00:00+00:00"
EASE_LIMIT = 8_000
WIDTH = 170
"""Columns that the widest table needs; a narrower screen wraps."""
EPILOG = """
[bold]Examples[/]

python -m benchmarks.ranking                                    everything, on the validation splits

python -m benchmarks.ranking --folder citeulike-cold --split test

python -m benchmarks.ranking --world spread --world flat --out var/worlds.csv

python -m benchmarks.ranking --folder foursquare-venues --models implicit-als --models graph

Settings are chosen on validation. Look at --split test once, at the end.
"""


def ranking(
    folder: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Public data set below ranking/ of the shared data; may be repeated."),
    ] = None,
    world: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Simulated town: spread, flat, biased; may be repeated.")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="Of the public sets: validation, or test for final figures.")
    ] = "validation",
    models: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only these beside the engine; may be repeated. --list names them."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the models and stop.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="CSV", help="Also write every figure with its interval.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings of the engine in TOML. Default: the shipped ones.")
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="ISO", help="When the public sets' learners ask; their times are placeholders.")
    ] = AT,
    threads: Annotated[int, typer.Option(metavar="N", min=0, help="For every model alike; 0: all cores.")] = 0,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of towns, fits, lots and resampling; 0 is the shipped town.")
    ] = 0,
    learners: Annotated[int, typer.Option(metavar="N", min=10, help="In a simulated town.")] = 2_000,
    draws: Annotated[int, typer.Option(metavar="N", min=100, help="Resamplings of the bootstrap.")] = 1_000,
    ease_limit: Annotated[
        int, typer.Option(metavar="N", help="EASE inverts a square of this many activities at most.")
    ] = EASE_LIMIT,
) -> None:
    """Measure Leerlijn beside implicit's ALS and BPR, item-kNN, EASE and simple baselines.

    Every model gets the same stamps, the same candidates, the same threads and the same metric code. Without --folder
    and --world it takes every public data set and all three simulated towns. A learner's own activities are never
    candidates. "Engine leads by" is the engine minus the model, with the paired 95% bootstrap interval over learners.
    """
    from benchmarks.machine import describe
    from benchmarks.ranking.models import NAMES
    from benchmarks.ranking.table import write_csv
    from training.cli_common import parse_moment

    screen = Console(highlight=False)
    screen = Console(highlight=False, width=max(screen.width, WIDTH))
    if listed:
        for name, meaning in NAMES.items():
            screen.print(f"{name:18} {meaning}")
        return
    began = time.perf_counter()
    bench = _bench(config, models or [], threads or os.cpu_count() or 1, seed, draws, ease_limit, screen)
    screen.print(describe(bench.threads))
    moment = parse_moment(at, "--at")
    tables = [bench.folder(path, split, moment) for path in _folders(folder, world, screen)]
    for name in _worlds(world, folder):
        tables += bench.world(name, learners)
    if out is not None:
        write_csv(out, tables)
        screen.print(f"Wrote {out}.")
    screen.print(f"All in {time.perf_counter() - began:.0f} seconds.")


def _bench(
    config: Path | None, models: Sequence[str], threads: int, seed: int, draws: int, ease_limit: int, screen: Console
) -> Bench:
    from dataclasses import replace

    from benchmarks.ranking.bench import Bench
    from training.config import load_config

    settings = replace(load_config(config), seed=seed, threads=threads)
    return Bench(settings, tuple(models), threads, draws, ease_limit, screen)


def _folders(folder: Sequence[str] | None, world: Sequence[str] | None, screen: Console) -> list[Path]:
    from benchmarks.machine import shared_data

    if world and not folder:
        return []
    try:
        root = shared_data() / "ranking"
    except BadInput as error:
        if folder:
            raise
        screen.print(f"Public data sets are left out: {error}", markup=False)
        return []
    there = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    for name in folder or ():
        if name not in there:
            raise BadInput(f"--folder: no {name!r} in {root}; there are {', '.join(there)}")
    return [root / name for name in folder or there]


def _worlds(world: Sequence[str] | None, folder: Sequence[str] | None) -> list[str]:
    from benchmarks.ranking.worlds import WORLDS

    for name in world or ():
        if name not in WORLDS:
            raise BadInput(f"--world: {name!r} is none of {', '.join(WORLDS)}")
    return list(world or ([] if folder else WORLDS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the tables were printed, 2 when the question was wrong."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command(epilog=EPILOG)(ranking)
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="python -m benchmarks.ranking")
    except SystemExit as done:
        return int(done.code or 0)
    except LeerlijnError as error:
        Console(stderr=True, soft_wrap=True).print(f"Stopped. {error}", markup=False, highlight=False)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
