"""Commands for the model: search, train, publish, rollback.

What is heavy to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

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
    read_city,
    the_city,
)
from training.cli_privacy import PrivacyOption, with_privacy
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
    privacy_epsilon: PrivacyOption = None,
) -> None:
    """Fit a release on everything the city knows and write it. It is not in service until published."""
    from data.store.digest import digest
    from recommender.release import save_release
    from training.evaluation.kept import Kept

    settings = with_privacy(load_config(config), privacy_epsilon)
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
        # What was measured on other data than today's may know somebody who was erased.
        Kept(home().measured(tables.city.id), digest(tables), "").prune()
        if old := home().forget(tables.city.id, erased_from(tables.city.id)):
            out().print(f"Removed, because they knew somebody who was erased: {', '.join(old)}")
        where = f"--data {data}" if data else f"--city {tables.city.id}"
        out().print(
            f"Next: python -m training evaluate {where}, then: python -m training publish --city {tables.city.id}"
        )


def publish(
    release: Annotated[
        str | None, typer.Argument(metavar="[RELEASE]", help="Name of the release. Default: the newest.")
    ] = None,
    city: CityOption = None,
    unjudged: Annotated[
        bool, typer.Option("--unjudged", help="Without an evaluation, for a city with too few stamps to make one.")
    ] = False,
) -> None:
    """Put a release in service, when it is whole and its evaluation allows it.

    Where the evaluation does not, and nothing better is in service, the simplest model is fitted and goes live instead.
    """
    from training.publish import publish as published

    place = home()
    where = _city_here(city)
    name, sentence = published(
        place, where, release, unjudged, erased_from(where), lambda config: _fit_simple(where, config)
    )
    out().print(f"[bold]In service for {where}: {name}[/]\n{sentence}")


def _fit_simple(city: str, config: Mapping[str, Any]) -> str:
    """Fit and save the simplest model of a city; gives its name."""
    from recommender.release import save_release
    from training.config import config_from, simplest

    erased = _erased(city)
    fitted, seconds = fit_with_bar(read_city(None, city), simplest(config_from(config)))
    created = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    times = {"created": created, "began_after_seconds": seconds} | erased
    return save_release(fitted, home().releases(city), created, times).name


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
