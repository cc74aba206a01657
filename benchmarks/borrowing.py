"""What a city with few stamps gains by borrowing: ``python -m benchmarks.borrowing``.

Towns of one world, each with planted coefficients of its own. Every town takes its turn as the one with few stamps; the prior it
borrows was learned in other towns, never in itself. Two kinds of towns have few stamps:

* one that has just begun: many learners, and nothing but the last 200 stamps before each season's start is known;
* small ones: 30 learners, and everything they did.

The same question as ``benchmarks.ranking`` asks in simulated towns: at each season's start but the first, what will every learner do in
the six weeks that follow? A learner's figure is paired with their own; the intervals are over towns.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table as Grid
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from benchmarks.ranking.engine import lists_of
from benchmarks.ranking.worlds import FEW, WORLDS, season_splits
from data.simulation import Coefficients, Simulation, SimulationConfig, simulate
from recommender.city import Float64, Int64
from recommender.release import Release
from training.borrowing.coefficients import Coefficients as Shared
from training.borrowing.learn import learn
from training.borrowing.pool import LEAST_CITIES, pool
from training.borrowing.prior import Prior
from training.config import Borrow, Choices, Config
from training.evaluation import metrics
from training.evaluation.uncertainty import Interval, intervals
from training.fit import fit, learn_weights
from training.weights import Learned

PLANTED = ("interest", "travel", "price", "age", "hour", "popularity", "next_station")
SMALL_LEARNERS, SMALL_EACH = 30, 1
"""How small a small town is, and how many of them there are for each large one."""
METRIC = "ndcg@10"
BASE = "training alone"


@dataclass(frozen=True)
class Towns:
    """Which towns there are.

    Attributes
    ----------
    first, count : int
        Seeds of the large ones.
    lenders : int
        How many of the others each borrows from: those that follow it, round and round.
    learners : int
    differ : float
        Standard deviation of the logarithm of each planted coefficient between towns; 0: all towns choose alike.
    """

    first: int
    count: int
    lenders: int
    learners: int
    differ: float

    def planted(self, seed: int) -> Coefficients:
        """A town's own coefficients."""
        usual, luck = Coefficients(), np.random.default_rng([seed, 1]).normal(0, self.differ, len(PLANTED))
        own = {name: getattr(usual, name) * float(np.exp(by)) for name, by in zip(PLANTED, luck, strict=True)}
        return replace(usual, **own)

    def build(self, world: str, seed: int, learners: int) -> Simulation:
        """A town of a world, with coefficients of its own."""
        switches = dict[str, Any](WORLDS[world])
        return simulate(SimulationConfig(seed=1 + seed, learners=learners, coefficients=self.planted(seed), **switches))

    def lends(self, place: int) -> list[int]:
        """The places of the towns that one borrows from."""
        return [(place + step) % self.count for step in range(1, self.lenders + 1)]


@dataclass(frozen=True, eq=False)
class Figures:
    """NDCG@10 of every model for every learner of a town, season after season. Shape (n_rows, n_models)."""

    values: Float64
    stamps: tuple[int, ...]


def lend(towns: Towns, world: str, seed: int, config: Config) -> Shared:
    """What a town shares about a history of ``FEW`` stamps."""
    made = towns.build(world, seed, towns.learners)
    tables = replace(made.tables, city=replace(made.tables.city, id=f"{world}-{seed}"))
    with threadpool_limits(1, "blas"):
        return learn(tables, config, wanted=(FEW,))


def measure(towns: Towns, world: str, seed: int, small: bool, models: Sequence[Config]) -> Figures:
    """Fit on what is known at each season's start, with the weights of every contestant, and see what each learner does next."""
    made = towns.build(world, seed, SMALL_LEARNERS if small else towns.learners)
    rows, stamps = [], []
    for split in season_splits(made, world, None if small else FEW):
        if not len(split.learners):
            continue
        columns, model = [], fit(split.tables, models[0])
        for config in models:
            with threadpool_limits(1, "blas"):
                learned = learn_weights(split.tables, config)
            lists, _ = lists_of(weighted(model, learned), split, "relevance")
            hits = metrics.hits(lists, split.learner, split.activity)
            columns.append(metrics.per_learner(hits, split.n_relevant)[METRIC])
        rows.append(np.column_stack(columns))
        stamps.append(len(split.tables.stamps))
    return Figures(np.concatenate(rows) if rows else np.empty((0, len(models))), tuple(stamps))


def weighted(release: Release, learned: Learned) -> Release:
    """A release with other weights: all else of the fit is the same with every contestant's settings."""
    source = {name: learned.weights.get(name, weight) for name, weight in release.model.source_weights.items()}
    context = {name: learned.weights.get(name, weight) for name, weight in release.model.context_weights.items()}
    return replace(release, model=replace(release.model, source_weights=source, context_weights=context))


def models_of(config: Config, own: Prior, other: Prior | None) -> dict[str, Config]:
    """The contestants: the same fit, its weights learned with other settings."""
    found = {
        "shipped weights": replace(config, choices=Choices(least=1_000_000)),
        BASE: config,
        "borrowed": replace(config, borrow=Borrow(own.as_dict())),
    }
    if other is not None:
        found["borrowed in another world"] = replace(config, borrow=Borrow(other.as_dict()))
    return found


def gains(figures: Sequence[Figures], names: Sequence[str]) -> dict[str, tuple[float, Interval]]:
    """Mean of each model, and how much more than training alone, paired by learner, the interval over towns."""
    values = np.concatenate([one.values for one in figures])
    town: Int64 = np.repeat(np.arange(len(figures)), [len(one.values) for one in figures])
    base = values[:, [names.index(BASE)]]
    leads = intervals(values - base, 1000, 0, cluster=town, bounds=(-1.0, 1.0))
    return {name: (float(values[:, place].mean()), leads[place]) for place, name in enumerate(names)}


def main(
    world: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="spread, flat or biased; may be repeated.")
    ] = None,
    towns: Annotated[int, typer.Option(metavar="N", min=LEAST_CITIES + 1, help="Large towns in each world.")] = 12,
    lenders: Annotated[int, typer.Option(metavar="N", min=LEAST_CITIES, help="Towns that each borrows from.")] = 8,
    learners: Annotated[int, typer.Option(metavar="N", min=100, help="In a large town.")] = 1_500,
    differ: Annotated[
        float, typer.Option(metavar="SD", min=0, help="How much towns' coefficients differ, in logarithm.")
    ] = 0.3,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the first town. Below 20 the design was chosen.")
    ] = 20,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Measure shipped weights, training alone and borrowing beside each other in towns with few stamps."""
    console, began = Console(), time.perf_counter()
    worlds = list(dict.fromkeys(world or ["spread", "biased"]))
    if unknown := [name for name in worlds if name not in WORLDS]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(WORLDS)}", param_hint="--world")
    asked = Towns(seed, towns, min(lenders, towns - 1), learners, differ)
    config = replace(Config(), threads=1)
    seeds = range(asked.first, asked.first + asked.count)
    with Parallel(jobs) as workers:
        shared = {name: workers(delayed(lend)(asked, name, one, config) for one in seeds) for name in worlds}
        for place, name in enumerate(worlds):
            other = worlds[place - 1] if len(worlds) > 1 else None
            models = [
                models_of(
                    config,
                    pool([shared[name][one] for one in asked.lends(turn)]),
                    pool([shared[other][one] for one in asked.lends(turn)]) if other else None,
                )
                for turn in range(asked.count)
            ]
            for small in (False, True):
                each = SMALL_EACH if small else 1
                figures = workers(
                    delayed(measure)(
                        asked, name, 1000 * (1 + number) + one if small else one, small, list(models[turn].values())
                    )
                    for turn, one in enumerate(seeds)
                    for number in range(each)
                )
                _show(console, name, small, figures, list(models[0]))
    console.print(f"{time.perf_counter() - began:.0f} seconds. {describe(jobs)}", markup=False)


def _show(console: Console, world: str, small: bool, figures: Sequence[Figures], names: Sequence[str]) -> None:
    kind = f"small towns of {SMALL_LEARNERS} learners" if small else "towns that have just begun"
    stamps = np.concatenate([one.stamps for one in figures])
    rows = sum(len(one.values) for one in figures)
    grid = Grid(
        "", "NDCG@10", f"over {BASE} [95%]", "towns that gain",
        title=f"{world}, {len(figures)} {kind}, {stamps.mean():.0f} stamps known on average, {rows:,} lists",
        title_justify="left",
    )  # fmt: skip
    base = names.index(BASE)
    for place, (name, (mean, lead)) in enumerate(gains(figures, names).items()):
        better = sum(
            float((one.values[:, place] - one.values[:, base]).mean()) > 0 for one in figures if len(one.values)
        )
        said = "" if name == BASE else f"{lead.value:+.4f} [{lead.low:+.4f}, {lead.high:+.4f}]"
        grid.add_row(name, f"{mean:.4f}", said, "" if name == BASE else f"{better} of {len(figures)}")
    console.print(grid)


if __name__ == "__main__":
    typer.run(main)
