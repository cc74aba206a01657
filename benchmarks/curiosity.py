"""Does curiosity pay? Twenty rounds of list, visit and changed interest, under several policies, in two worlds.

    python -m benchmarks.curiosity

New interests are themes that no earlier stamp touched, in which the learner came to a true interest of at least
``--strong`` and enjoyed a visit. They are measured against the ``greedy profile``: the same beliefs about themes as the engine
has, from a learner's own stamps alone, without learned adjacency and without any step aside, always the best first.
``adjacent profile`` adds the learned adjacency and nothing else, ``own themes`` counts stamps, ``relevance`` is the engine's pure ranking.
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
from benchmarks.rounds import Engine, Played, Policy, Simple, play
from benchmarks.scene import Rounds, Scene, build_scene, themes_of
from benchmarks.towns import DRAWS, SWITCHES, ratio, said, switched
from data.simulation import SimulationConfig
from recommender.city import DOMAINS, UNKNOWN, Float64
from recommender.errors import BadInput
from training.evaluation.uncertainty import Interval, intervals

RELEVANCE, GREEDY = "relevance", "greedy profile"
FIGURES = ("found", "tried", "domains", "enjoyed", "visits")


@dataclass(frozen=True, eq=False)
class Outcome:
    """Figures of one policy, one row for each learner of every town; keys are ``FIGURES``.

    ``found`` new interests, ``tried`` new themes visited, ``domains`` met, ``enjoyed`` share of the visits (NaN without
    one), ``visits``.
    """

    figures: dict[str, Float64]


def outcome(scene: Scene, played: Played, strong: float) -> Outcome:
    """Figures of one game.

    Parameters
    ----------
    strong : float
        True interest from which a theme counts as an interest.
    """
    new = ~themes_of(scene, scene.passports)
    went = played.activity != UNKNOWN
    visits = went.sum(axis=1).astype(float)
    touched = (scene.truth.offer.weights > 0)[played.activity] & went[:, :, None]
    domain = np.where(went, scene.catalogue.activities.domain[played.activity], UNKNOWN)
    met = sum((domain == kind).any(axis=1).astype(float) for kind in range(len(DOMAINS)))
    with np.errstate(invalid="ignore"):
        enjoyed = played.enjoyed.sum(axis=1) / visits
    return Outcome(
        {
            "found": ((played.peak >= strong) & new).sum(axis=1).astype(float),
            "tried": (touched.any(axis=1) & new).sum(axis=1).astype(float),
            "domains": np.asarray(met),
            "enjoyed": enjoyed,
            "visits": visits,
        }
    )


def joined(parts: Sequence[Outcome]) -> Outcome:
    """The learners of several towns, one after the other."""
    return Outcome({name: np.concatenate([part.figures[name] for part in parts]) for name in FIGURES})


def policies(curiosities: Sequence[float], strong: float) -> list[Policy]:
    """What is measured against, the list as it is served, the engine's ranking, the simple ones and the oracles."""
    served = [Engine(f"served at {value:g}", "served", value) for value in curiosities]
    return [
        Simple(GREEDY, "greedy"),
        *served,
        Engine(RELEVANCE, "relevance"),
        Simple("adjacent profile", "adjacent"),
        Simple("own themes", "profile"),
        Simple("random", "random"),
        Simple("popular", "popular"),
        Simple("oracle of enjoyment", "enjoyment"),
        Simple("oracle of discovery", "discovery", strong),
    ]


def table_of(title: str, found: dict[str, Outcome], seed: int) -> Grid:
    """One row for each policy, every figure with its 95% interval, ratios paired by learner."""
    grid = Grid(title=title, title_justify="left", caption_justify="left")
    for name in (
        "policy",
        "new interests",
        f"÷ {GREEDY}",
        f"÷ {RELEVANCE}",
        "tried",
        "domains",
        "enjoyed",
        f"÷ {GREEDY}",
    ):
        grid.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    base, ranking = found[GREEDY].figures, found[RELEVANCE].figures
    for name, one in found.items():
        figures = one.figures
        means = dict(zip(FIGURES, intervals(np.column_stack([figures[f] for f in FIGURES]), DRAWS, seed), strict=True))
        joy = ratio(figures["enjoyed"], base["enjoyed"], seed)
        change = Interval(100 * (joy.value - 1), 100 * (joy.low - 1), 100 * (joy.high - 1), joy.n)
        same = name == GREEDY
        grid.add_row(
            name,
            said(means["found"]),
            "" if same else said(ratio(figures["found"], base["found"], seed)),
            "" if name == RELEVANCE else said(ratio(figures["found"], ranking["found"], seed)),
            f"{means['tried'].value:.1f}",
            said(means["domains"]),
            f"{means['enjoyed'].value:.1%}",
            "" if same else said(change, "{:+.1f}") + " %",
        )
    return grid


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.curiosity",
        description="Play rounds of list, visit and changed interest in simulated towns, and count what was found. "
        "Each world is played by every policy with the same people and the same luck.",
        epilog="examples:\n"
        "  python -m benchmarks.curiosity                           both worlds, two towns of 300 players\n"
        "  python -m benchmarks.curiosity --towns 1 --learners 100  a quick look\n"
        "  python -m benchmarks.curiosity --programme 1000          a city with four times as much to choose from\n"
        "  python -m benchmarks.curiosity --off drift exposure_bias other worlds\n"
        "  python -m benchmarks.curiosity --curiosity 0 0.25 0.5 1  more of the dial",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    game = Rounds()
    parser.add_argument("--worlds", choices=("spread", "still", "both"), default="both",
                        help="whether an enjoyed visit wakes a neighbouring interest (default: both worlds)")  # fmt: skip
    parser.add_argument("--off", nargs="*", default=[], metavar="SWITCH",
                        help=f"assumptions to turn off as well: {', '.join(SWITCHES[1:])}")  # fmt: skip
    parser.add_argument("--towns", type=int, default=2, metavar="N", help="towns per world, seeds 1 to N (default: 2)")
    parser.add_argument("--learners", type=int, default=game.learners, metavar="N",
                        help=f"players per town, from every neighbourhood (default: {game.learners})")  # fmt: skip
    parser.add_argument("--population", type=int, default=SimulationConfig().learners, metavar="N",
                        help="people in each town, whom the engine learns from (default: 2000)")  # fmt: skip
    parser.add_argument("--programme", type=int, default=SimulationConfig().activities_per_season, metavar="N",
                        help="activities in a season: the more there are, the more a list decides (default: 250)")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=game.rounds, metavar="N", help="default: 20")
    parser.add_argument("--stamps", type=int, nargs=2, default=game.stamps, metavar=("FEWEST", "MOST"),
                        help="stamps that a player has at the start (default: 1 5)")  # fmt: skip
    parser.add_argument("--curiosity", type=float, nargs="+", default=[0.5, 1.0], metavar="X",
                        help="the served list's curiosity, 0 to 1 (default: 0.5 and 1)")  # fmt: skip
    parser.add_argument("--strong", type=float, default=1.0, metavar="X",
                        help="true interest from which a theme is an interest; about one in eight is (default: 1)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of players and luck (default: 1)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the command; 0 when it was played to the end, 2 when a setting is wrong."""
    arguments = _arguments(given)
    console = console or Console(width=None if sys.stdout.isatty() else 160)
    began = time.perf_counter()
    worlds = {"spread": True, "still": False}
    chosen = [name for name in worlds if arguments.worlds in (name, "both")]
    try:
        for world in chosen:
            off = [*arguments.off, *([] if worlds[world] else ["interests_spread"])]
            parts: dict[str, list[Outcome]] = {}
            for town in range(1, arguments.towns + 1):
                where = f"{world}, town {town}"
                size = {"learners": arguments.population, "activities_per_season": arguments.programme}
                config = switched(SimulationConfig(seed=town, **size), off)
                game = Rounds(
                    rounds=arguments.rounds,
                    learners=arguments.learners,
                    stamps=tuple(arguments.stamps),
                    seed=arguments.seed,
                )
                with console.status(where) as status:
                    scene = build_scene(config, game, tell=status.update)
                    for policy in policies(arguments.curiosity, arguments.strong):
                        status.update(f"{where}: {policy.name}")
                        parts.setdefault(policy.name, []).append(outcome(scene, play(scene, policy), arguments.strong))
            found = {name: joined(several) for name, several in parts.items()}
            n = len(next(iter(found.values())).figures["found"])
            title = "interests spread to a neighbouring theme" if worlds[world] else "visits change no interest"
            title = f"World: {title}{', off: ' + ', '.join(arguments.off) if arguments.off else ''}"
            console.print(table_of(f"{title}. {n} players, {arguments.rounds} rounds", found, arguments.seed))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    console.print(f"95% intervals: bootstrap over players, {DRAWS} draws, paired. Seed {arguments.seed}.")
    console.print(f"{time.perf_counter() - began:.0f} seconds. {describe(os.cpu_count() or 1)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
