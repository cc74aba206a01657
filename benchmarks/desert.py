"""Does the coordinator's page find what is really missing, and does "what if" say what really happens?

    python -m benchmarks.desert

In simulated towns in which one neighbourhood is a desert for children of 6 to 11, for one of three reasons: is it ranked
first for 8-year-olds, is the reason named, is what was left out the best suggestion? And: an activity is thought up, its
visits are predicted, then the same town is simulated again with that activity really in it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.machine import describe
from data.columns import LEARNER
from data.insight import insight_from
from data.simulation import Simulation, SimulationConfig, simulate
from data.simulation.added import Added
from data.simulation.config import DESERTS
from data.tables import Tables
from recommender.insight.addition import Addition, starts_of
from recommender.insight.asked import Asked
from recommender.insight.insight import Insight
from recommender.insight.shares import wilson
from recommender.insight.supply import Desert
from recommender.insight.whatif import Gain
from training.config import Config
from training.evaluation.cut import known_at
from training.fit import fit
from training.opportunity import calibration_of

EIGHT = 8
WEEKS = 6
SEATS = 15
_DAY = 86_400


@dataclass(frozen=True)
class Found:
    """One town with a planted desert, and what was said of it.

    ``place`` is the desert's place among the areas for 8-year-olds (1 is least), ``cause`` what is named, ``there``
    whether the suggestion lies in the desert, is free and for them.
    """

    seed: int
    planted: str
    place: int
    cause: str | None
    there: bool


@dataclass(frozen=True)
class Tried:
    """One addition: what was predicted, and how many came when it was really there."""

    seed: int
    what: str
    gain: Gain
    came: int

    @property
    def inside(self) -> bool:
        visits = self.gain.visits
        return visits is not None and visits.low <= self.came <= visits.high


def find(config: SimulationConfig) -> Found:
    """Ask a town with a planted desert for the area with least to choose from for 8-year-olds."""
    made = simulate(config)
    insight = insight_from(made.tables, None, Asked(at=made.truth.as_of))
    (area,) = made.truth.planted["desert_areas"]  # type: ignore[misc]
    band = next(row for row, (low, high) in enumerate(insight.asked.bands) if low <= EIGHT <= high)
    rows = [desert for desert in insight.deserts() if desert.band == band]
    place, row = next(
        (place, row) for place, row in enumerate(rows, start=1) if insight.people.areas.names[row.area] == area
    )
    return Found(config.seed, config.desert, place, row.cause, _there(insight, row, area))


def _there(insight: Insight, desert: Desert, area: str) -> bool:
    cell = (desert.area, desert.band)
    gain = insight.suggest(wanted=[cell]).cells.get(cell)
    if gain is None:
        return False
    one = gain.addition
    in_desert = insight.catalogue.venues.area[one.venue] == area
    return in_desert and one.price == 0 and one.age_min <= EIGHT <= one.age_max


def try_out(config: SimulationConfig, many: int, weeks: int = WEEKS, model: Config | None = None) -> list[Tried]:
    """Think up activities, predict their visits, and simulate the town again with each of them.

    Parameters
    ----------
    config : SimulationConfig
        The last ``weeks`` before its ``as_of`` are the test. School trips are switched off: a class may choose
        something else when there is more to choose from, long before anybody could know.
    many : int
        How many, the suggestion for the planted desert's 8-year-olds among them.
    """
    config, model = replace(config, school_trips=0.0, as_of_share=0.9), model or Config()
    made = simulate(config)
    at = made.truth.as_of - weeks * 7 * _DAY
    tables = joined_by(made, at)
    known, asked = known_at(tables, at), Asked(at=at, weeks=weeks)
    calibration = calibration_of(known, model, asked)
    insight = insight_from(known, fit(known, model), asked, calibration)
    additions = thought_up(insight, made, many, config.seed)
    gains = insight.what_ifs(additions)
    return [
        Tried(config.seed, said(insight, gain.addition), gain, really(config, insight, gain.addition, turn))
        for turn, gain in enumerate(gains)
    ]


def joined_by(made: Simulation, at: int) -> Tables:
    """The tables with the passports that had been handed out by a moment."""
    had = dict(zip(made.truth.people.ids, (made.truth.people.joined <= at).tolist(), strict=True))
    passports = made.tables.passports
    return replace(made.tables, passports=passports[passports[LEARNER].map(had)].reset_index(drop=True))


def thought_up(insight: Insight, made: Simulation, many: int, seed: int) -> list[Addition]:
    """What would help the desert most, and further ones drawn at random: venue, theme, age, hour and price."""
    rng = np.random.default_rng([seed, 8])
    band = next(row for row, (low, high) in enumerate(insight.asked.bands) if low <= EIGHT <= high)
    (area,) = made.truth.planted["desert_areas"]  # type: ignore[misc]
    cell = (insight.people.areas.row(str(area)), band)
    best = insight.suggest(wanted=[cell]).cells.get(cell)
    found = [] if best is None else [replace(best.addition, places=SEATS)]
    catalogue = insight.catalogue
    venues = np.flatnonzero(~np.isnan(catalogue.venues.lat))
    leaves = np.setdiff1d(np.arange(len(catalogue.themes.ids)), catalogue.themes.parent)
    while len(found) < many:
        low, high = insight.asked.bands[int(rng.integers(1, 5))]
        weekday = int(rng.choice([2, 4, 5]))
        found.append(
            Addition(
                themes=((int(rng.choice(leaves)), 1.0),),
                venue=int(rng.choice(venues)),
                weekday=weekday,
                minute=60 * int(rng.choice([10, 11, 14, 15] if weekday == 5 else [14, 15, 16])),
                price=float(rng.choice([0.0, 0.0, 5.0])),
                age_min=float(low),
                age_max=float(high),
                sessions=int(rng.integers(2, WEEKS)),
                places=SEATS,
            )
        )
    return found[:many]


def really(config: SimulationConfig, insight: Insight, addition: Addition, turn: int) -> int:
    """Visits to the addition when it is put into the town."""
    catalogue, at = insight.catalogue, insight.asked.at
    added = Added(
        themes=tuple((catalogue.themes.ids.names[theme], weight) for theme, weight in addition.themes),
        venue_id=catalogue.venues.ids.names[addition.venue],
        starts=tuple(int(start) for start in starts_of(addition, catalogue.clock, at)),
        minutes=addition.length,
        age_min=addition.age_min,
        age_max=addition.age_max,
        price=addition.price,
        seats=float(addition.places or SEATS),
        draw=turn,
    )
    visits = simulate(config, [added]).truth.visits
    return int(((visits.activity == len(catalogue.activities)) & (visits.at >= at)).sum())


def said(insight: Insight, addition: Addition) -> str:
    """An addition in a few words."""
    catalogue = insight.catalogue
    theme = " ".join(catalogue.themes.ids.names[theme] for theme, _ in addition.themes)
    venue = catalogue.venues.name[addition.venue]
    price = f"€{addition.price:g}" if addition.price else "free"
    return f"{theme}, {venue}, {addition.age_min:g}–{addition.age_max:g}, {price}, {addition.sessions}×"


def desert_table(rows: Sequence[Found]) -> Grid:
    """Every town with its planted desert, and what was said."""
    grid = Grid(title="The planted desert, asked for 8-year-olds", title_justify="left")
    for name in ("planted", "town", "place", "named", "suggestion lies there"):
        grid.add_column(name)
    for row in rows:
        grid.add_row(row.planted, str(row.seed), str(row.place), row.cause or "–", "yes" if row.there else "no")
    return grid


def visits_table(rows: Sequence[Tried]) -> Grid:
    """Every addition with what was predicted and what came of it."""
    grid = Grid(title="What if, and what really happens", title_justify="left")
    for name in ("town", "added", "expected", "95%", "came", "inside"):
        grid.add_column(name, justify="left" if name == "added" else "right")
    for row in rows:
        visits = row.gain.visits
        if visits is None:
            continue
        grid.add_row(
            str(row.seed),
            row.what,
            f"{visits.expected:.1f}",
            f"{visits.low:.0f}–{visits.high:.0f}",
            str(row.came),
            "yes" if row.inside else "no",
        )
    return grid


def summary(rows: Sequence[Tried]) -> str:
    """How often inside, with its own interval; and all visits together."""
    told = [row for row in rows if row.gain.visits is not None]
    inside = sum(row.inside for row in told)
    low, high = wilson(inside / len(told), len(told))
    expected = sum(row.gain.visits.expected for row in told if row.gain.visits)
    came = sum(row.came for row in told)
    return (
        f"Inside its interval: {inside} of {len(told)} ({inside / len(told):.0%} [{low:.0%}, {high:.0%}]). "
        f"Expected together {expected:.0f}, came {came}."
    )


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desert", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--towns", type=int, default=5, metavar="N", help="how many towns (default: 5)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="seed of the first one (default: 1)")
    parser.add_argument("--added", type=int, default=8, metavar="N", help="additions tried in each (default: 8)")
    parser.add_argument("--population", type=int, default=SimulationConfig().learners, metavar="N",
                        help="learners in each town (default: 2000)")  # fmt: skip
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the command."""
    arguments = _arguments(given)
    console = console or Console(width=None if sys.stdout.isatty() else 140)
    began = time.process_time()
    towns = [
        SimulationConfig(seed=seed, learners=arguments.population)
        for seed in range(arguments.first, arguments.first + arguments.towns)
    ]
    with console.status("deserts"):
        found = [find(replace(town, desert=cause)) for cause in DESERTS for town in towns]
    console.print(desert_table(found))
    with console.status("what if"):
        tried = [row for town in towns for row in try_out(town, arguments.added)] if arguments.added else []
    if tried:
        console.print(visits_table(tried))
        console.print(summary(tried))
    console.print(f"{time.process_time() - began:.0f} CPU seconds. {describe(os.cpu_count() or 1)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
