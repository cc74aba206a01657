"""Does everybody for whom three free sessions are within reach get to see three? And what is simply not there?

    python -m benchmarks.opportunity

Who can get to what is worked out from the tables alone (``benchmarks.reach``), beside the engine and not with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.machine import describe
from benchmarks.reach import ENOUGH, MINUTES, Reach, reach_of
from benchmarks.towns import DRAWS, SWITCHES, lists_of, said, switched
from data.columns import LEARNER
from data.passports import passports_from
from data.simulation import Simulation, SimulationConfig, simulate
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import MODES, UNKNOWN, Bool, Catalogue, Float64, Int32
from recommender.eligibility import eligible, open_pool
from recommender.errors import BadInput
from recommender.guarantee import guaranteed
from recommender.listing import listed
from recommender.passport import NOBODY, Passport, Request
from recommender.release import Release
from recommender.scoring import score_block
from training.config import Config
from training.evaluation import metrics
from training.evaluation.cut import choose_cut, draw_test, known_at
from training.evaluation.uncertainty import Interval, intervals
from training.fit import fit

LIST = 10
HIDDEN_BELOW = 10
BANDS = ((0, 5), (6, 8), (9, 11), (12, 17), (18, 64), (65, 120))
LISTS = {"relevance": ("relevance", 0.5), "served": ("served", 0.5), "served at 0": ("served", 0.0)}
"""Name of a list → policy and curiosity."""
ALONE = "relevance and the guarantee"


@dataclass(frozen=True, eq=False)
class Seen:
    """One town: who could reach what, and what each list showed.

    Attributes
    ----------
    reach : Reach
    shown : mapping of list to int64, shape (n_learners,)
        How many of the ten shown sessions qualify.
    area : tuple of str
    poor : bool, shape (n_learners,)
    age : float64, shape (n_learners,)
        Lower end of a band; NaN where not known.
    """

    reach: Reach
    shown: dict[str, np.ndarray]
    area: tuple[str, ...]
    poor: Bool
    age: Float64


def look(made: Simulation, release: Release, mode: str, needs: tuple[str, ...]) -> Seen:
    """Ask for everybody's lists at the town's own "now", and count what qualifies."""
    tables, truth = made.tables, made.truth
    at = truth.as_of
    catalogue = catalogue_from(tables)
    reach = reach_of(tables, at, mode or "walk", needs)
    passports = [passport for _, passport in passports_from(tables, catalogue, reach.learners)]
    column = {name: place for place, name in enumerate(reach.sessions)}
    place = np.array([column.get(name, -1) for name in catalogue.sessions.ids])
    # One column more: what is shown and does not qualify for anybody, and the padding.
    qualifies = np.hstack([reach.qualifies, np.zeros((len(passports), 1), dtype=np.bool_)])
    shown = {}
    for name, (policy, curiosity) in LISTS.items():
        request = Request(at=at, count=LIST, policy=policy, curiosity=curiosity, mode=mode, access=needs, explain=False)
        _, session = lists_of(passports, catalogue, release, [request] * len(passports), LIST)
        columns = np.where(session == UNKNOWN, -1, place[session])
        shown[name] = np.take_along_axis(qualifies, columns, axis=1).sum(axis=1)
    hood = {hood.name: hood.poor for hood in truth.people.hoods}
    area = tuple(tables.passports["area"])
    return Seen(
        reach=reach,
        shown=shown,
        area=area,
        poor=np.array([hood[name] for name in area]),
        age=np.array([passport.age_low for passport in passports]),
    )


def ndcg_of(tables: Tables, config: Config) -> dict[str, Float64]:
    """NDCG@10 of each list behind the evaluation's own time cut, one value for each tested learner.

    Beside ``LISTS`` also ``ALONE``: the pure ranking with the engine's guarantee and nothing else.
    """
    cut = choose_cut(tables, config.evaluation.test_share)
    known = known_at(tables, cut)
    catalogue = catalogue_from(known)
    trial = draw_test(tables, catalogue, cut, config.evaluation.horizon_days, 0, config.seed)
    release = fit(known, config)
    heard = {*known.passports[LEARNER].tolist(), *known.stamps[LEARNER].tolist()}
    named = dict(passports_from(known, catalogue, [learner for learner in trial.learners if learner in heard]))
    passports = [named.get(learner, NOBODY) for learner in trial.learners]
    lists = {}
    for name, (policy, curiosity) in LISTS.items():
        requests = [
            Request(at=at, count=LIST, policy=policy, curiosity=curiosity, explain=False) for at in trial.at.tolist()
        ]
        lists[name] = lists_of(passports, catalogue, release, requests, LIST)[0]
        if policy == "relevance":
            lists[ALONE] = _guarantee_alone(passports, catalogue, release, requests)
    found = {}
    for name, shown in lists.items():
        hits = metrics.hits(shown, trial.learner, trial.activity)
        found[name] = metrics.ndcg(hits, trial.n_relevant(), LIST)
    return found


def _guarantee_alone(
    passports: Sequence[Passport], catalogue: Catalogue, release: Release, requests: Sequence[Request]
) -> Int32:
    """The engine's rooms one by one, because no request asks for the guarantee without the rest."""
    lists = np.full((len(passports), LIST), UNKNOWN, dtype=np.int32)
    for row, pair in enumerate(zip(passports, requests, strict=True)):
        can = eligible(pair[0], catalogue, pair[1], open_pool(catalogue, pair[1]))
        (scored,) = score_block([pair], [can], catalogue, release.model)
        best = guaranteed(listed(scored, catalogue, release.model), scored, catalogue).position[:LIST]
        lists[row, : len(best)] = can.activities[best]
    return lists


def shares_table(towns: Sequence[Seen], seed: int) -> Grid:
    """Of those for whom three exist, who gets three: per neighbourhood, per kind of neighbourhood, all."""
    grid = Grid(title=f"Three of ten qualify, of those for whom {ENOUGH} exist", title_justify="left")
    for name in ("where", "learners", *LISTS):
        grid.add_column(name, justify="left" if name == "where" else "right", no_wrap=True)
    area = np.concatenate([np.array(town.area) for town in towns])
    poor = np.concatenate([town.poor for town in towns])
    exist = np.concatenate([town.reach.claims & (town.reach.activities >= ENOUGH) for town in towns])
    got = {name: np.concatenate([town.shown[name] >= ENOUGH for town in towns]) for name in LISTS}
    groups = [(f"{name}{' (poor)' if poor[area == name].any() else ''}", area == name) for name in np.unique(area)]
    groups += [("poor neighbourhoods", poor), ("other neighbourhoods", ~poor), ("all", np.ones_like(poor))]
    for label, inside in groups:
        of = inside & exist
        grid.add_section() if label == "poor neighbourhoods" else None
        grid.add_row(label, _count(int(of.sum())), *(_share(got[name][of], seed) for name in LISTS))
    return grid


def _share(got: Bool, seed: int) -> str:
    if len(got) < HIDDEN_BELOW:
        return "hidden"
    return said(intervals(got.astype(float)[:, None], DRAWS, seed)[0], "{:.1%}")


def _count(n: int) -> str:
    return f"< {HIDDEN_BELOW}" if 0 < n < HIDDEN_BELOW else f"{n:,}"


def supply_table(towns: Sequence[Seen]) -> Grid:
    """Learners for whom fewer than three exist: no list can mend that, only a programme can."""
    grid = Grid(title=f"Supply: for how many do fewer than {ENOUGH} exist", title_justify="left")
    grid.add_column("neighbourhood")
    for low, high in BANDS:
        grid.add_column(f"{low}–{high}" if high < BANDS[-1][1] else f"{low}+", justify="right")
    area = np.concatenate([np.array(town.area) for town in towns])
    poor = np.concatenate([town.poor for town in towns])
    age = np.concatenate([town.age for town in towns])
    claims = np.concatenate([town.reach.claims for town in towns])
    short = np.concatenate([town.reach.activities < ENOUGH for town in towns])
    for name in np.unique(area):
        cells = []
        for low, high in BANDS:
            of = claims & (area == name) & (age >= low) & (age < high + 1)
            n, missing = int(of.sum()), int((of & short).sum())
            few = n < HIDDEN_BELOW
            cells.append("·" if few else f"{_count(missing)} of {n}")
        grid.add_row(f"{name}{' (poor)' if poor[area == name].any() else ''}", *cells)
    return grid


def cost_table(found: dict[str, Float64], seed: int) -> Grid:
    """NDCG@10 of each list and its paired difference to the pure ranking."""
    grid = Grid(title="What it costs: NDCG@10 behind the evaluation's time cut", title_justify="left")
    for name in ("list", "NDCG@10", "difference to relevance", "in %"):
        grid.add_column(name, justify="left" if name == "list" else "right", no_wrap=True)
    base = found["relevance"]
    for name, values in found.items():
        own, change = intervals(np.column_stack([values, values - base]), DRAWS, seed)
        whole = float(np.nanmean(base)) / 100
        part = Interval(change.value / whole, change.low / whole, change.high / whole, change.n)
        same = name == "relevance"
        grid.add_row(
            name,
            said(own, "{:.4f}"),
            "" if same else said(change, "{:+.4f}"),
            "" if same else said(part, "{:+.1f}"),
        )
    return grid


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.opportunity",
        description=f"Count, in simulated towns with poor neighbourhoods, who gets {ENOUGH} free sessions within "
        f"{MINUTES:g} minutes in the top ten, what that costs, and for whom they do not exist.",
        epilog="examples:\n"
        "  python -m benchmarks.opportunity                     three towns of 2,000 learners, on foot\n"
        "  python -m benchmarks.opportunity --mode bike         as far as a bicycle goes\n"
        "  python -m benchmarks.opportunity --needs wheelchair  everybody asks for step-free access\n"
        "  python -m benchmarks.opportunity --off group_gap     a town without planted gaps",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--towns", type=int, default=3, metavar="N", help="seeds 1 to N (default: 3)")
    parser.add_argument("--population", type=int, default=SimulationConfig().learners, metavar="N",
                        help="learners in each town (default: 2000)")  # fmt: skip
    parser.add_argument("--mode", choices=MODES, default="", help="mode asked for (default: none, so walking)")
    parser.add_argument("--needs", nargs="*", default=[], metavar="NEED", help="access needs that everybody asks for")
    parser.add_argument("--off", nargs="*", default=[], metavar="SWITCH",
                        help=f"assumptions to turn off: {', '.join(SWITCHES)}")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the bootstrap (default: 1)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the command; 0 when everything was counted, 2 when a setting is wrong."""
    arguments = _arguments(given)
    console = console or Console(width=None if sys.stdout.isatty() else 140)
    began = time.perf_counter()
    towns: list[Seen] = []
    cost: dict[str, list[Float64]] = {}
    try:
        for town in range(1, arguments.towns + 1):
            with console.status(f"town {town}"):
                config = switched(SimulationConfig(seed=town, learners=arguments.population), arguments.off)
                made = simulate(config)
                towns.append(look(made, fit(made.tables, Config()), arguments.mode, tuple(arguments.needs)))
                for name, values in ndcg_of(made.tables, Config()).items():
                    cost.setdefault(name, []).append(values)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    console.print(shares_table(towns, arguments.seed))
    silent = sum(int((~town.reach.claims).sum()) for town in towns)
    everybody = sum(len(town.reach.learners) for town in towns)
    short = sum(int((town.reach.claims & (town.reach.activities < ENOUGH)).sum()) for town in towns)
    console.print(f"No claim, because no home or age is known: {silent:,} of {everybody:,} learners.")
    console.print(cost_table({name: np.concatenate(values) for name, values in cost.items()}, arguments.seed))
    console.print(supply_table(towns))
    console.print(f"Together {short:,} of {everybody - silent:,}. Cells of fewer than {HIDDEN_BELOW} are hidden.")
    console.print(f"95% intervals: bootstrap over learners, {DRAWS} draws, paired. Towns 1 to {arguments.towns}.")
    console.print(f"{time.perf_counter() - began:.0f} seconds. {describe(os.cpu_count() or 1)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
