"""Commands for the model: train, evaluate, publish, rollback.

What is heavy to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from data.home import ERASURES
from training.cli_common import (
    CityOption,
    ConfigOption,
    DataOption,
    erased_from,
    fit_with_bar,
    home,
    open_store,
    out,
    parse_moment,
    progress_bar,
    read_city,
    the_city,
)
from training.config import load_config


def search(
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the settings go, as TOML.")],
    data: DataOption = None,
    city: CityOption = None,
    seconds: Annotated[float, typer.Option(help="How long to look; the trial under way is finished.", min=1)] = 60,
    config: ConfigOption = None,
) -> None:
    """Look for settings that suit a city, on stamps from before the evaluation's cut.

    Then use them: python -m training train --config FILE, and the same with evaluate.
    """
    from training.search import as_toml, search

    settings, tables = load_config(config), read_city(data, city)
    ends = time.monotonic() + seconds
    for best, trial in search(tables, settings, lambda: time.monotonic() < ends):
        settings = best
        kept = "kept" if trial.kept else "worse"
        out().print(f"{trial.setting} {trial.value:g}: {trial.likelihood:.4f} per held-out choice, {kept}")
    target.write_text(as_toml(settings), encoding="utf-8")
    out().print(f"Settings: {target}\nNext: python -m training train --config {target}")


def train(
    data: DataOption = None,
    city: CityOption = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Where the release goes. Default: the city's releases in LEERLIJN_HOME."
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Fit a release on everything the city knows and write it. It is not in service until published."""
    from recommender.release import save_release

    settings = load_config(config)
    # Counted before the data is read: whoever is erased meanwhile makes this release an old one.
    erased = _erased(city) if data is None else {}
    tables = read_city(data, city)
    started = time.perf_counter()
    release, seconds = fit_with_bar(tables, settings)
    created = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = target or home().releases(tables.city.id)
    saved = save_release(release, directory, created, {"created": created, "began_after_seconds": seconds} | erased)
    out().print(
        f"Fitted {tables.city.name or tables.city.id}: {len(tables.activities):,} activities, "
        f"{len(tables.stamps):,} stamps, in {time.perf_counter() - started:.1f} seconds.\n"
        f"Release: {directory / saved.name}"
    )
    if target is None:
        if old := home().forget(tables.city.id, erased_from(tables.city.id)):
            out().print(f"Removed, because they knew somebody who was erased: {', '.join(old)}")
        where = f"--data {data}" if data else f"--city {tables.city.id}"
        out().print(
            f"Next: python -m training evaluate {where}, then: python -m training publish --city {tables.city.id}"
        )


def evaluate(
    data: DataOption = None,
    city: CityOption = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Where figures and pages go. Default: the city's reports in LEERLIJN_HOME."
        ),
    ] = None,
    config: ConfigOption = None,
    cut: Annotated[
        str | None,
        typer.Option(
            metavar="ISO",
            help="Moment with offset: learn before it, test after it. Default: leaves the last quarter of the stamps.",
        ),
    ] = None,
) -> None:
    """Measure how well the model predicts, beside simple lists, and write figures and a page.

    The model is fitted anew on what was known before one moment. Then everybody who did something new after it gets
    a list through the same recipe that is served, and the lists are compared with what they went on to do.
    """
    from training.evaluation.run import evaluate as evaluated
    from training.report.page import write

    settings = load_config(config)
    moment = parse_moment(cut, "--cut") if cut else None
    tables = read_city(data, city)
    started = time.perf_counter()
    with progress_bar() as bars:
        task = bars.add_task("Fitting and ranking", total=None)
        results = evaluated(
            tables, settings, moment, lambda step, done, total: bars.update(task, completed=done, total=total)
        )
    written = write(results, target or home().reports(tables.city.id))
    show_results(results)
    out().print(f"\nIn {time.perf_counter() - started:.1f} seconds. Written:")
    for path in written:
        out().print(f"  {path}")


def publish(
    release: Annotated[
        str | None, typer.Argument(metavar="[RELEASE]", help="Name of the release. Default: the newest.")
    ] = None,
    city: CityOption = None,
    unjudged: Annotated[
        bool, typer.Option("--unjudged", help="Without an evaluation, for a city with too few stamps to make one.")
    ] = False,
) -> None:
    """Put a release in service, when it is whole and its evaluation allows it."""
    from training.publish import publish as published

    place = home()
    where = _city_here(city)
    name, sentence = published(place, where, release, unjudged, erased_from(where))
    out().print(f"[bold]In service for {where}: {name}[/]\n{sentence}")


def rollback(city: CityOption = None) -> None:
    """Put the release that was in service before back, when it still is whole."""
    from training.publish import rollback as rolled_back

    where = _city_here(city)
    out().print(f"[bold]Back in service for {where}: {rolled_back(home(), where, erased_from(where))}[/]")


def _erased(city: str | None) -> dict[str, int]:
    return {ERASURES: erased_from(_city_here(city))}


def _city_here(city: str | None) -> str:
    """The city named, else the store's only one."""
    if city:
        return city
    with open_store() as store:
        return the_city(store, None)


def show_results(results: dict) -> None:  # type: ignore[type-arg]
    """Print the verdict and the main figures."""
    from training.report.words import Words

    words, console = Words("en"), out()
    console.print(f"[bold]{words.lead(results)}[/]")
    if "models" not in results:
        return
    plain = ("recall@20", "ndcg@10", "hit_rate@10", "new_theme_recall@10")
    grid = Grid("list", "recall@10", "recall@20", "NDCG@10", "hit@10", "new themes")
    for column in grid.columns[1:]:
        column.no_wrap, column.justify = True, "right"
    for name, cells in results["models"].items():
        main = cells["recall@10"]
        sure = f"{main['value']:.3f} ({main['low']:.3f}–{main['high']:.3f})" if main["value"] is not None else "–"
        others = ("–" if cells[figure]["value"] is None else f"{cells[figure]['value']:.3f}" for figure in plain)
        grid.add_row(name.replace("_", " "), sure, *others)
    console.print(grid)
    protocol, zone = results["protocol"], results["city"]["time_zone"]
    console.print(
        f"About {protocol['learners']} learners; learned from before {words.day(protocol['cut'], zone)}, tested on what "
        f"was new to them until {words.day(protocol['until'], zone)}. Between brackets: 95% interval over learners."
    )
