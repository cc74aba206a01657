"""Orienteering instances through the engine's own ``solve``, checked, with the gap to the best known.

python -m benchmarks.routes --instances ../shared/data/routes/optw --best-known ../shared/data/routes/optw/best_known.csv \
        --days 1 --cpu-ms 50 --out routes.csv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.routes.instances import FORMATS, problem_of, read_folder, read_known
from benchmarks.routes.run import Outcome, engine, mean_gap, outcomes, write
from recommender.errors import BadInput
from recommender.routing.solve import warm_up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 2 when the input is wrong or a route breaks a rule."""
    wish = _parser().parse_args(arguments)
    console = Console()
    try:
        instances = read_folder(wish.instances, wish.format, wish.days)
        known = read_known(wish.best_known)
        warm_up()
        done = outcomes(instances, known, wish.cpu_ms, engine(wish.seed))
        if wish.out:
            write(wish.out, done)
        console.print(describe(1))
        console.print(_table({"the engine": done} | (_beside(instances, known, wish.cpu_ms) if wish.beside else {})))
    except BadInput as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        return 2
    return 0


def _beside(instances: list, known: dict[tuple[str, int], float], milliseconds: float) -> dict[str, list[Outcome]]:  # type: ignore[type-arg]
    # Only for those who ask: neither is needed to measure the engine.
    from benchmarks.routes import peers

    able = [one for one in instances if peers.poseable(problem_of(one))]
    return {
        "PyVRP": outcomes(able, known, milliseconds, peers.pyvrp),
        "OR-Tools routing": outcomes(able, known, milliseconds, peers.ortools),
    }


def _table(ways: dict[str, list[Outcome]]) -> Table:
    table = Table(title="Prizes, and the mean gap to the best known")
    table.add_column("instance")
    for name in ways:
        table.add_column(name, justify="right")
    table.add_column("best known", justify="right")
    mine = next(iter(ways.values()))
    scores = {name: {one.instance: one.score for one in done} for name, done in ways.items()}
    for one in mine:
        cells = [f"{scores[name][one.instance]:g}" if one.instance in scores[name] else "–" for name in ways]
        table.add_row(one.instance, *cells, "–" if one.best_known is None else f"{one.best_known:g}")
    gaps = [mean_gap(done) for done in ways.values()]
    table.add_section()
    table.add_row("mean gap", *("–" if gap is None else f"{gap:.2%}" for gap in gaps), "")
    times = [sum(one.cpu_ms for one in done) / len(done) if done else 0.0 for done in ways.values()]
    table.add_row("mean CPU ms", *(f"{spent:.1f}" for spent in times), "")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes", description=__doc__)
    parser.add_argument("--instances", type=Path, required=True, help="folder of instances")
    parser.add_argument("--format", choices=FORMATS, default="optw")
    parser.add_argument(
        "--best-known", type=Path, help="CSV with instance, days and best_known (or published, or score)"
    )
    parser.add_argument("--days", type=int, default=1, help="tours; mctopmtw files say it themselves")
    parser.add_argument("--cpu-ms", type=float, default=50.0, help="processor time for each instance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="CSV to write")
    parser.add_argument("--beside", action="store_true", help="PyVRP and OR-Tools routing on the same instances too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
