"""How soon a journey is proven, and how soon a request for one is answered: ``python -m benchmarks.journeys``."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from benchmarks.cities import MONDAY, ORDINARY, random_city, random_passport
from data.passports import passports_from
from data.simulation import SimulationConfig, simulate
from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.passport import NOBODY, Request
from recommender.routing.journey import JourneyWish, SolveLimit, plan_journey, solutions
from recommender.routing.journey.ask import ask
from recommender.routing.journey.pose import pose
from recommender.routing.journey.solve import Work
from recommender.travel import GreatCircle
from training.config import Config
from training.fit import fit

WEEKS = 10
PROGRAMME = 430
"""Activities in a season of the simulated town, of which some 300 are still to come at its own "now"."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cities", type=int, default=60, help="of each size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[60, 250], help="activities")
    parser.add_argument("--deterministic", type=float, default=SolveLimit().deterministic, help="work per journey")
    parser.add_argument("--requests", type=int, default=200, help="over the simulated town; 0 for none")
    asked = parser.parse_args()
    print("One journey, without alternatives; CPU of posing and solving.")
    print("activities  a week  visits  journeys  impossible  proven  worst gap      p50    p90    max ms")
    for size in asked.sizes:
        for per_week in (1, 2):
            _random_cities(size, per_week, asked.cities, asked.deterministic)
    if asked.requests:
        _requests(asked.requests)


def wish_for(rng: np.random.Generator, catalogue: Catalogue, per_week: int) -> JourneyWish:
    """A wish with a goal two times in three, a budget every second time, a rest week, and up to three domains."""
    goal = rng.integers(4)
    awarded = sorted({badge for badges in catalogue.activities.awards for badge in badges} | set(catalogue.lines.badge))
    return JourneyWish(
        begins=MONDAY,
        weeks=WEEKS,
        sessions_per_week=per_week,
        min_domains=int(rng.integers(1, 4)),
        theme=int(rng.integers(len(catalogue.themes.ids))) if goal == 1 else None,
        line=int(rng.integers(len(catalogue.lines.ids))) if goal == 2 else None,
        badge=str(rng.choice([name for name in awarded if name])) if goal == 3 else "",
        rest_weeks=(int(rng.integers(WEEKS)),),
        max_price=20.0 if rng.random() < 0.5 else None,
        alternatives=1,
    )


def _random_cities(size: int, per_week: int, cities: int, deterministic: float) -> None:
    took, visits = [], []
    impossible = proven = found = 0
    worst = 0.0
    for seed in range(cities):
        rng = np.random.default_rng([size, per_week, seed])
        catalogue = random_city(rng, size, WEEKS, ORDINARY)
        passport = random_passport(rng, catalogue) if seed % 2 else NOBODY
        # Everybody's age and language suit, so that as many activities are weighed as the table says.
        passport = replace(passport, age_low=float("nan"), age_high=float("nan"), languages=(), avoid=NOBODY.avoid)
        travel = GreatCircle(catalogue.travel)
        wish = wish_for(rng, catalogue, per_week)
        told = ask(passport, catalogue, None, Request(at=MONDAY), wish, travel, None)
        told = replace(told, prize=np.logaddexp(0, rng.normal(0, 1.5, len(told.prize))) + 1e-3)
        began = time.process_time()
        posed = pose(told)
        routes = solutions(posed, Work(SolveLimit(deterministic)), 1)
        took.append((time.process_time() - began) * 1000)
        visits.append(len(posed.problem.activity))
        impossible += not routes
        found += bool(routes)
        for route in routes:
            proven += route.proven
            worst = max(worst, 1 - route.value / route.bound)
    p50, p90 = np.quantile(took, [0.5, 0.9])
    counts = f"{size:10d}  {per_week:6d}  {int(np.median(visits)):6d}  {found:8d}  {impossible:10d}  {proven:6d}"
    print(f"{counts}  {100 * worst:8.2f}%  {p50:7.0f}  {p90:5.0f}  {max(took):5.0f}", flush=True)


def _requests(number: int) -> None:
    tables = simulate(SimulationConfig(seed=3, activities_per_season=PROGRAMME)).tables
    catalogue = catalogue_from(tables)
    release = fit(tables, Config()).extended(catalogue)
    travel, at = GreatCircle(catalogue.travel), catalogue.as_of
    assert at is not None
    upcoming = catalogue.sessions.start >= at
    current = len(np.unique(catalogue.sessions.activity[upcoming]))
    print(
        f"\nWhole journeys with one alternative and reasons, {current} activities on offer in the simulated town; wall time."
    )
    took, stops, routes = [], [], []
    for row, (_, passport) in enumerate(passports_from(tables, catalogue)):
        if row == number:
            break
        began = time.perf_counter()
        wish = JourneyWish(begins=at, sessions_per_week=1 + row % 2)
        answer = plan_journey(passport, catalogue, release, Request(at=at), wish, travel)
        took.append((time.perf_counter() - began) * 1000)
        routes.append(len(answer.routes))
        stops += [len(route.stops) for route in answer.routes[:1]]
    p50, p90 = np.quantile(took, [0.5, 0.9])
    print(f"{len(took)} requests: p50 {p50:.0f} ms, p90 {p90:.0f} ms, max {max(took):.0f} ms;", end=" ")
    print(f"{np.mean(routes):.2f} routes and {np.mean(stops):.1f} stops on average")


if __name__ == "__main__":
    main()
