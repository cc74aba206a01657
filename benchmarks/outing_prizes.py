"""What should a visit be worth? Ways to make prizes of scores, by how many visits of the route learners would enjoy.

    python -m benchmarks.outing_prizes

In simulated towns, where enjoyment is known. Look at other towns (`--seeds`) than those on which routes are reported.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.machine import describe
from benchmarks.outings import Planner, days_after
from benchmarks.towns import DRAWS, said
from data.columns import LEARNER
from data.passports import passports_from
from data.simulation import SimulationConfig, simulate
from data.translate import catalogue_from
from recommender.city import Float64
from recommender.passport import Passport, Request
from recommender.routing.outing import DEFAULT_STOP, OutingWish
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import pose
from recommender.routing.outing.searching import best_of
from recommender.routing.outing.units import as_tuned, back
from recommender.routing.outing.visits import Visits, visits_of
from recommender.routing.problem import Problem, Solution
from recommender.routing.solve import solve, warm_up
from recommender.travel import GreatCircle
from training.config import Config
from training.evaluation.cut import known_at
from training.evaluation.uncertainty import intervals
from training.fit import fit

Prize = Callable[[Float64], Float64]
SHIPPED = "log(1 + exp(score + 2))"


def _soft(above: float) -> Prize:
    return lambda score: np.logaddexp(0.0, score + above)


def _logistic(middle: float, width: float) -> Prize:
    return lambda score: 1 / (1 + np.exp(-(score - middle) / width))


def _choice(heat: float) -> Prize:
    return lambda score: np.exp((score - score.max(initial=-np.inf)) / heat)


WAYS: dict[str, tuple[bool, Prize]] = {
    SHIPPED: (False, _soft(2.0)),
    "the same, way and wait counted again": (True, _soft(2.0)),
    "log(1 + exp(score))": (False, _soft(0.0)),
    "log(1 + exp(score + 4))": (False, _soft(4.0)),
    "log(1 + exp(score + 2)) squared": (False, lambda score: _soft(2.0)(score) ** 2),
    "logistic, middle 3, width 1": (False, _logistic(3.0, 1.0)),
    "logistic, middle 1, width 2": (False, _logistic(1.0, 2.0)),
    "exp(score)": (False, _choice(1.0)),
    "exp(score / 2)": (False, _choice(2.0)),
    "score above the lowest": (False, lambda score: score - score.min(initial=np.inf)),
    "all alike": (False, np.ones_like),
}
"""Whether the way and the wait stay in the score, and what is made of it."""


def search(problem: Problem) -> Solution:
    """The search of a request, without a seed of its own."""
    tuned, *factors = as_tuned(problem)
    return back(solve(tuned, DEFAULT_STOP), *factors)


def with_prizes(visits: Visits, name: str) -> Visits:
    """The same visits, worth what one of ``WAYS`` makes of their scores."""
    whole, prize = WAYS[name]
    score = visits.score
    if not whole and visits.context is not None:
        score = score - visits.context.parts["minutes"] - visits.context.parts["days"]
    return replace(visits, prize=np.maximum(prize(score), 1e-6))


def measure(config: SimulationConfig, learners: int) -> dict[str, Float64]:
    """Visits of the route that each learner would enjoy, and stops, for every way. Shape (n_learners, 2)."""
    made = simulate(config)
    truth, tables = made.truth, known_at(made.tables, made.truth.as_of)
    catalogue = catalogue_from(tables)
    release = fit(tables, Config()).extended(catalogue)
    planner = Planner(truth, catalogue, release, days_after(catalogue, truth.as_of, 1))
    at_home = tables.passports[tables.passports["home_lat"].notna()][LEARNER].tolist()
    stamped = set(tables.stamps[LEARNER])
    names = np.random.default_rng(config.seed).permutation([name for name in at_home if name in stamped])[:learners]
    row = {name: place for place, name in enumerate(truth.people.ids)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for name, passport in passports_from(tables, catalogue, names.tolist()):
        for way, stops in _stops(planner, passport).items():
            found[way].append((planner.enjoyed(row[name], stops), len(stops)))
    return {way: np.array(values) for way, values in found.items()}


def _stops(planner: Planner, passport: Passport) -> dict[str, list[int]]:
    """Activities of the best route by every way."""
    request, wish = Request(at=planner.truth.as_of, explain=False), OutingWish(days=planner.days)
    travel = GreatCircle(planner.catalogue.travel)
    asked = Asked(passport, planner.catalogue, planner.release, request, wish, travel, None).checked()
    visits = visits_of(asked)
    found = {}
    for name in WAYS:
        posed = pose(asked, with_prizes(visits, name))
        route = best_of(asked, posed, search)
        found[name] = posed.visits.activity[posed.kept[list(route.made)]].tolist()
    return found


def main(given: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outing_prizes", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103], metavar="N", help="of the towns")
    parser.add_argument(
        "--programme", type=int, nargs="+", default=[250, 1000], metavar="N", help="a season's activities"
    )
    parser.add_argument("--learners", type=int, default=150, metavar="N", help="per town (default: 150)")
    arguments, console, began = parser.parse_args(given), Console(), time.perf_counter()
    warm_up()
    for programme in arguments.programme:
        parts = [
            measure(SimulationConfig(seed=seed, activities_per_season=programme), arguments.learners)
            for seed in arguments.seeds
        ]
        figures = {name: np.concatenate([part[name] for part in parts]) for name in WAYS}
        grid = Grid(title=f"{programme} activities a season, one Saturday", title_justify="left")
        for column in ("prize", "visits enjoyed", "against the shipped one", "stops"):
            grid.add_column(column, justify="left" if column == "prize" else "right", no_wrap=True)
        for name, values in figures.items():
            gain = values[:, :1] - figures[SHIPPED][:, :1]
            enjoyed, stops, more = intervals(np.hstack([values, gain]), DRAWS, 1)
            grid.add_row(name, f"{enjoyed.value:.3f}", said(more, "{:+.3f}"), f"{stops.value:.2f}")
        console.print(grid)
    console.print(f"95% intervals: paired bootstrap over learners, {DRAWS} draws, towns {arguments.seeds}.")
    console.print(f"{time.perf_counter() - began:.0f} seconds. {describe(os.cpu_count() or 1)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
