"""Do routes follow curiosity? Two neighbours with opposite tastes, one Saturday or one week: how much do their outings share, and who
enjoys whose more?

    python -m benchmarks.outings

The tastes and what each learner would enjoy are the simulated town's own truth; the outings are planned from passports alone.
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
from benchmarks.towns import DRAWS, said
from data.columns import LEARNER
from data.passports import passports_from
from data.simulation import SimulationConfig, Truth, enjoyment, simulate
from data.translate import catalogue_from
from recommender.city import Catalogue, Float64, Int32
from recommender.passport import Passport, Request, Stamps
from recommender.release import Release
from recommender.routing.outing import OutingWish, plan_outing
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import pose
from recommender.routing.outing.visits import visits_of
from recommender.routing.solve import warm_up
from recommender.travel import GreatCircle
from training.config import Config
from training.evaluation.cut import known_at
from training.evaluation.uncertainty import intervals
from training.fit import fit

DAY, HOUR = 86_400, 3_600
SATURDAY = 5
LEAVE, HOME = 10, 18
YEARS_APART = 1.0
FIGURES = ("shared", "under a third", "gain", "gain per stop", "over nobody", "choice", "stops")


@dataclass(frozen=True, eq=False)
class Met:
    """Figures of the pairs of one town, one row each, columns ``FIGURES``; and how alike their tastes are.

    ``shared`` stops ÷ those of the shorter route; whether that is ``under a third``; the ``gain`` in visits that each of
    the two enjoys more, by their true chance, on the own route than on the other's, mean of the two, in all and per stop;
    the same ``over nobody``'s route, planned from the same home for somebody of whom nothing is known but age, languages and
    what they have done before; the ``choice``, activities that each of the two could go to.
    """

    figures: Float64
    likeness: Float64
    without_route: int


def pairs_of(truth: Truth, learners: Int32, most: float) -> list[tuple[int, int, float]]:
    """Neighbours of about one age with opposite interests, each learner once, most opposite first.

    Parameters
    ----------
    learners : int32
        Rows of the truth to choose from.
    most : float
        Correlation of the two interests over the themes that nothing is narrower than, at most.

    Returns
    -------
    list of (learner, learner, correlation)
    """
    leaf = ~np.isin(np.arange(len(truth.parent)), truth.parent)
    people, found = truth.people, list[tuple[float, int, int]]()
    for area in np.unique(people.area[learners]):
        here = learners[people.area[learners] == area]
        if len(here) < 2:
            continue
        alike = np.corrcoef(truth.interest[here][:, leaf])
        near = np.abs(people.age[here][:, None] - people.age[here][None, :]) <= YEARS_APART
        a, b = np.nonzero(np.triu(near & (alike <= most), k=1))
        found += zip(alike[a, b].tolist(), here[a].tolist(), here[b].tolist(), strict=True)
    paired: set[int] = set()
    pairs = []
    for likeness, one, other in sorted(found):
        if one not in paired and other not in paired:
            paired |= {one, other}
            pairs.append((one, other, likeness))
    return pairs


def days_after(catalogue: Catalogue, at: int, n: int) -> tuple[tuple[int, int], ...]:
    """Days from the first Saturday on that begins after a moment, ``LEAVE`` to ``HOME`` on the city's own clocks."""
    local = int(catalogue.clock.local(np.array([at], dtype=np.int64))[0])
    day = local // DAY + 1
    while (day + 3) % 7 != SATURDAY:
        day += 1
    midnights = [(day + later) * DAY - (local - at) for later in range(n)]
    return tuple((midnight + LEAVE * HOUR, midnight + HOME * HOUR) for midnight in midnights)


@dataclass(frozen=True, eq=False)
class Planner:
    """One town's engine and one day: plans outings, and knows what each would be worth to whom."""

    truth: Truth
    catalogue: Catalogue
    release: Release
    days: tuple[tuple[int, int], ...]

    def stops(self, passport: Passport, done: Stamps | None = None) -> list[int]:
        """Rows, in the catalogue, of what the best outing visits; empty when there is none. ``done``: not these again."""
        request = Request(at=self.truth.as_of, explain=False)
        again = np.unique((done or Stamps()).activity)
        wish, travel = OutingWish(days=self.days, alternatives=1, excluded=again), GreatCircle(self.catalogue.travel)
        found = plan_outing(passport, self.catalogue, self.release, request, wish, travel)
        return [stop.activity for route in found.routes for stop in route.stops]

    def choice(self, passport: Passport) -> int:
        """How many activities a learner could go to on these days."""
        request, wish = Request(at=self.truth.as_of, explain=False), OutingWish(days=self.days)
        travel = GreatCircle(self.catalogue.travel)
        asked = Asked(passport, self.catalogue, self.release, request, wish, travel, None)
        posed = pose(asked, visits_of(asked), most=100_000)
        return len(np.unique(posed.visits.activity[posed.kept]))

    def enjoyed(self, learner: int, activities: Sequence[int]) -> float:
        """How many of some visits a learner would enjoy, by their true chance."""
        row = {name: place for place, name in enumerate(self.truth.offer.activities)}
        rows = np.array([row[self.catalogue.activities.ids.names[one]] for one in activities], dtype=np.int32)
        return float(enjoyment(self.truth, np.array([learner], dtype=np.int32), rows).sum())


def measure(
    config: SimulationConfig, fitting: Config, days: Sequence[int], stamps: int, pairs: int, most: float
) -> list[Met]:
    """Let a town live, fit the engine, and send the pairs out.

    Parameters
    ----------
    days : sequence of int
        How many days an outing may be spread over: one answer for each.
    stamps : int
        So many at least has everybody who takes part.
    pairs : int
        At most so many, the most opposite ones.
    most : float
        As for ``pairs_of``.
    """
    made = simulate(config)
    truth, tables = made.truth, known_at(made.tables, made.truth.as_of)
    catalogue = catalogue_from(tables)
    release = fit(tables, fitting).extended(catalogue)
    before = np.bincount(truth.visits.learner[truth.visits.at < truth.as_of], minlength=len(truth.people))
    at_home = tables.passports[LEARNER][tables.passports["home_lat"].notna()]
    known = np.isin(truth.people.ids, at_home)
    chosen = pairs_of(truth, np.flatnonzero((before >= stamps) & known).astype(np.int32), most)[:pairs]
    names = [truth.people.ids[row] for pair in chosen for row in pair[:2]]
    passport = dict(passports_from(tables, catalogue, names))
    spans = [days_after(catalogue, truth.as_of, n) for n in days]
    return [_met(Planner(truth, catalogue, release, span), chosen, passport) for span in spans]


def _met(planner: Planner, pairs: Sequence[tuple[int, int, float]], passport: dict[str, Passport]) -> Met:
    figures, likeness, missing = [], [], 0
    for one, other, alike in pairs:
        own = [(row, passport[planner.truth.people.ids[row]]) for row in (one, other)]
        routes = [planner.stops(theirs) for _, theirs in own]
        if not all(routes):
            missing += 1
            continue
        figures.append(_figures(planner, own, routes))
        likeness.append(alike)
    return Met(np.array(figures).reshape(-1, len(FIGURES)), np.array(likeness), missing)


def _figures(planner: Planner, own: Sequence[tuple[int, Passport]], routes: Sequence[list[int]]) -> list[float]:
    shared = len(set(routes[0]) & set(routes[1])) / min(len(route) for route in routes)
    gain, per_stop, over_nobody = [], [], []
    for (learner, passport), mine, others in zip(own, routes, routes[::-1], strict=True):
        silent = Passport(passport.age_low, passport.age_high, passport.home, passport.languages)
        enjoyed, there = planner.enjoyed(learner, mine), planner.enjoyed(learner, others)
        gain.append(enjoyed - there)
        per_stop.append(enjoyed / len(mine) - there / len(others))
        over_nobody.append(enjoyed - planner.enjoyed(learner, planner.stops(silent, passport.stamps)))
    stops = float(np.mean([len(route) for route in routes]))
    means = [float(np.mean(values)) for values in (gain, per_stop, over_nobody)]
    choice = float(np.mean([planner.choice(passport) for _, passport in own]))
    return [shared, float(shared < 1 / 3), *means, choice, stops]


def table_of(title: str, towns: dict[str, Met], seed: int) -> Grid:
    """One row for each town, and one for all pairs together; every figure with its 95% interval."""
    grid = Grid(title=title, title_justify="left", caption_justify="left")
    for name in ("town", "pairs", "likeness", *FIGURES):
        grid.add_column(name, justify="left" if name == "town" else "right", no_wrap=True)
    together = Met(
        np.concatenate([met.figures for met in towns.values()]),
        np.concatenate([met.likeness for met in towns.values()]),
        sum(met.without_route for met in towns.values()),
    )
    for name, met in {**towns, "all": together}.items():
        means = intervals(met.figures, DRAWS, seed)
        grid.add_row(
            name,
            f"{len(met.figures)}" + f" (+{met.without_route})" * bool(met.without_route),
            f"{met.likeness.mean():+.2f}" if len(met.likeness) else "–",
            *(said(mean) for mean in means),
        )
    return grid


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outings",
        description="Plan one Saturday for pairs of neighbours with opposite tastes in simulated towns: what the two routes "
        "share, and how much more each of the two enjoys the own one.",
        epilog="examples:\n"
        "  python -m benchmarks.outings                              three towns, a small and a large programme\n"
        "  python -m benchmarks.outings --programme 250 --pairs 20   a quick look\n"
        "  python -m benchmarks.outings --stamps 2                   people of whom little is known",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="N", help="of the towns (default: 1 2 3)"
    )
    parser.add_argument("--programme", type=int, nargs="+", default=[250, 1000], metavar="N",
                        help="activities in a season: the more, the more there is to choose (default: 250 and 1000)")  # fmt: skip
    parser.add_argument(
        "--days",
        type=int,
        nargs="+",
        default=[1, 7],
        metavar="N",
        help="that one outing of four stops may be spread over, from a Saturday on (default: 1 and 7)",
    )
    parser.add_argument(
        "--pairs", type=int, default=40, metavar="N", help="per town, most opposite first (default: 40)"
    )
    parser.add_argument("--stamps", type=int, default=5, metavar="N",
                        help="that everybody has at least (default: 5)")  # fmt: skip
    parser.add_argument("--likeness", type=float, default=-0.5, metavar="X",
                        help="correlation of two tastes that counts as opposite, at most (default: -0.5)")  # fmt: skip
    parser.add_argument("--population", type=int, default=SimulationConfig().learners, metavar="N",
                        help="people in each town (default: 2000)")  # fmt: skip
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments, console, began = _arguments(given), Console(), time.perf_counter()
    warm_up()
    for programme in arguments.programme:
        towns: dict[str, list[Met]] = {}
        for seed in arguments.seeds:
            console.print(f"[dim]{programme} activities a season, town {seed} …[/dim]")
            config = SimulationConfig(seed=seed, learners=arguments.population, activities_per_season=programme)
            towns[f"town {seed}"] = measure(
                config, Config(), arguments.days, arguments.stamps, arguments.pairs, arguments.likeness
            )
        for place, days in enumerate(arguments.days):
            when = "one Saturday" if days == 1 else f"{days} days from Saturday on"
            title = f"{programme} activities a season, {when}, {LEAVE}–{HOME} h"
            console.print(table_of(title, {name: met[place] for name, met in towns.items()}, 1))
    console.print(f"95% intervals: bootstrap over pairs, {DRAWS} draws; in brackets pairs of which one has no route.")
    console.print(f"{time.perf_counter() - began:.0f} seconds. {describe(os.cpu_count() or 1)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
