"""Commands that measure: evaluate, compare; and how their figures are printed.

What is heavy to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table as Grid

from training.cli_common import (
    CityOption,
    ConfigOption,
    DataOption,
    home,
    open_store,
    out,
    parse_moment,
    progress_bar,
    read_city,
)
from training.config import Config, load_config

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress

    from data.tables import Tables
    from recommender.release import Release

CutOption = Annotated[
    str | None,
    typer.Option(
        "--cut",
        metavar="ISO",
        help="One moment with offset: learn before it, test after it. Default: the starts of the last seasons.",
    ),
]


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
    cut: CutOption = None,
    release: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which release to judge. Default: the newest of the city.")
    ] = None,
    pages: Annotated[bool, typer.Option(help="Also draw the pages; figures alone are there sooner.")] = True,
) -> None:
    """Measure how well the model predicts, beside simple lists, judge whether it may go live, and write figures and pages.

    The model is fitted anew on what was known before the start of each of the last seasons. Then everybody who did
    something new after it gets a list through the same recipe that is served, and the lists are compared with what they
    went on to do. Without --config the settings are those of the release. What was measured before is not measured again.
    """
    from recommender.release import load_release
    from training.assess import Candidates, assess, config_of
    from training.evaluation.truth import truth_of

    tables = read_city(data, city)
    where, started = tables.city.id, time.perf_counter()
    new, current = _to_judge(where, release), home().current(where)
    newest = None if new is None else load_release(new)
    settings = load_config(config) if config or newest is None else config_of(newest)
    moment = parse_moment(cut, "--cut") if cut else None
    with progress_bar() as bars:
        results = assess(
            tables,
            settings,
            Candidates(newest, None if current is None else load_release(current)),
            int(time.time()),
            moment,
            _told(bars, "Fitting and ranking"),
            home().measured(where),
            truth_of(tables),
            _drawn_places(where) if data is None else None,
        )
        opportunity = _opportunity(tables, settings, newest, _told(bars, "Who can reach what"))
    written = _write(results, opportunity, tables, target or home().reports(where), pages)
    show_results(results)
    out().print(f"\nIn {time.perf_counter() - started:.1f} seconds. Written:")
    for path in written:
        out().print(f"  {path}")


def _to_judge(city: str, name: str | None) -> Path | None:
    """The folder of the release that is meant; None when the city has none and none is named."""
    from training.publish import find_release

    folder = home().releases(city)
    if name is None and not any(folder.glob("*/manifest.json")):
        return None
    return find_release(folder / name if name else folder)


def _told(bars: Progress, what: str) -> Callable[[str, int, int], None]:
    """A bar that follows what it is told."""
    task = bars.add_task(what, total=None)
    return lambda step, done, total: bars.update(task, completed=done, total=total)


def _drawn_places(city: str) -> pd.DataFrame:
    from data.store.drawn import drawn_places

    with open_store() as store, store.snapshot() as connection:
        return drawn_places(connection, city)


def _opportunity(
    tables: Tables, settings: Config, release: Release | None, progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    from training.opportunity import opportunity

    now = int(time.time()) if tables.city.as_of is None else tables.city.as_of
    return opportunity(tables, settings, release, now, progress)


def _write(
    results: dict[str, Any], opportunity: dict[str, Any], tables: Tables, folder: Path, pages: bool
) -> list[Path]:
    from data.home import replace_file
    from training.report.facts import facts
    from training.report.page import FACTS, JSON, OPPORTUNITY, as_json, write

    folder.mkdir(parents=True, exist_ok=True)
    known = facts(tables, home())
    parts = {JSON: results, OPPORTUNITY: opportunity, FACTS: known}
    for name, part in parts.items():
        replace_file(folder / name, as_json(part))
    drawn = write(results, folder, opportunity, known)[1:] if pages else []
    return [*(folder / name for name in parts), *drawn]


def compare(
    a: Annotated[
        str, typer.Argument(metavar="A", help="A release, a TOML file with settings, 'current' or 'shipped'.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    data: DataOption = None,
    city: CityOption = None,
    cut: CutOption = None,
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where the figures go. Default: compare.json in the reports."),
    ] = None,
) -> None:
    """Compare two releases or two sets of settings, on the same learners at the same moments.

    Of releases the settings are compared, each fitted anew behind the same cuts.
    """
    from data.home import replace_file
    from training.compare import compare as compared
    from training.compare import named
    from training.report.page import as_json

    tables = read_city(data, city)
    where = tables.city.id
    one, other = (named(what, home(), where) for what in (a, b))
    moment = parse_moment(cut, "--cut") if cut else None
    with progress_bar() as bars:
        found = compared(tables, one, other, (a, b), moment, _told(bars, "Fitting and ranking"), home().measured(where))
    path = target or home().reports(where) / "compare.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, as_json(found))
    show_comparison(found)
    out().print(f"Every figure: {path}")


def show_results(results: Mapping[str, Any]) -> None:
    """Print the verdict, the main figures and what the gate says."""
    from data.pages.report import Words
    from training.gate import sentences

    words, console = Words("en"), out()
    console.print(f"[bold]{words.lead(results)}[/]")
    if "models" in results:
        plain = ("recall@20", "ndcg@10", "hit_rate@10", "new_theme_recall@10")
        console.print(_grid(results["models"], ("recall@20", "NDCG@10", "hit@10", "new themes"), plain))
        protocol, zone = results["protocol"], results["city"]["time_zone"]
        starts = ", ".join(words.day(one["cut"], zone) for one in protocol["cuts"])
        console.print(
            f"About {protocol['learners']} learners; learned from before {starts}, tested on what was new to them "
            f"until {words.day(protocol['until'], zone)}. Between brackets: 95% interval over learners."
        )
        if results["p"]:
            highest = max(one["holm"] for one in results["p"].values() if one["holm"] is not None)
            console.print(f"Highest p of a difference with a simple list, Holm over all of them: {highest:.4f}.")
    for sentence in sentences(results["gate"], "en"):
        console.print(sentence, markup=False)


def show_comparison(found: Mapping[str, Any]) -> None:
    """Print both sides and the paired difference of the main figures."""
    from data.pages.report import Words

    console = out()
    grid = Grid("figure", found["a"]["name"], found["b"]["name"], "difference (95%)")
    for column in grid.columns[1:]:
        column.no_wrap, column.justify = True, "right"
    for name, differences in found["differences"].items():
        for figure in ("recall@10", "recall@20", "ndcg@10", "new_theme_recall@10", "domains@10", "reach@10"):
            sides = [found["models"][side][name][figure] for side in ("a", "b")]
            grid.add_row(f"{name.replace('_', ' ')}, {figure}", *map(_value, sides), _sure(differences[figure], "+"))
    console.print(grid)
    words, zone = Words("en"), found["city"]["time_zone"]
    starts = ", ".join(words.day(one["cut"], zone) for one in found["cuts"])
    console.print(f"About {found['learners']} learners; learned from before {starts}.")


def _grid(models: Mapping[str, Any], heads: tuple[str, ...], figures: tuple[str, ...]) -> Grid:
    grid = Grid("list", "recall@10", *heads)
    for column in grid.columns[1:]:
        column.no_wrap, column.justify = True, "right"
    for name, cells in models.items():
        others = (_value(cells[figure]) for figure in figures)
        grid.add_row(name.replace("_", " "), _sure(cells["recall@10"]), *others)
    return grid


def _value(cell: Mapping[str, Any]) -> str:
    return "–" if cell["value"] is None else f"{cell['value']:.3f}"


def _sure(cell: Mapping[str, Any], sign: str = "") -> str:
    if cell["value"] is None:
        return "–"
    return f"{cell['value']:{sign}.3f} ({cell['low']:{sign}.3f} – {cell['high']:{sign}.3f})"
