"""What a private release costs and what it hides: NDCG@20 of the whole blend, a membership attack, the noise, and the ledger.

python -m benchmarks.privacy                                 towns of 2,000 and 8,000 learners, epsilon 4
python -m benchmarks.privacy --learners 2000 --seeds 21 --epsilon 1 2 4 8
python -m benchmarks.privacy --co-visits --seeds 11 12 13 14 --tested 600      what the co-visits add: how [privacy] enough was chosen
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import integrate, stats

from benchmarks.machine import describe
from benchmarks.towns import ratio, said, switched
from data.home import Home
from data.simulation import SimulationConfig, simulate
from data.tables import Tables
from recommender.city import Float64
from training.config import Choices, Config, Privacy
from training.evaluation.attack import Told, attack
from training.evaluation.run import measurements
from training.evaluation.tasks import measure_engine, measure_simple
from training.evaluation.uncertainty import Interval, intervals
from training.evaluation.verdict import ENGINE
from training.privacy.asking import ledger_of, paid
from training.privacy.gaussian import noise_for
from training.privacy.ledger import OverspentError, read

FIGURE = "ndcg@20"
WORLDS = {"as shipped": (), "seen alike": ("exposure_bias", "group_gap")}
SIMPLE = "popular_30_days"
NOW = 1_780_000_000
ROWS = (
    f"{FIGURE}, private",
    "÷ the usual model's",
    "÷ the usual model's with the shipped weights",
    f"{FIGURE}, {SIMPLE}",
    "attack on it: area under the curve",
    "found at 1% false positives",
    "attack on the usual model: area",
    "found at 1% false positives",
    "seconds",
)


@dataclass(frozen=True, eq=False)
class Found:
    """Figures per tested learner, behind all cuts of some towns."""

    own: Float64
    learned: Float64
    shipped: Float64
    simple: Float64


def quality(towns: Sequence[Tables], config: Config, private: Config, threads: int) -> Found:
    """NDCG@20 of the private model, of the usual one, of the usual one with the shipped weights, and of what is popular."""
    shipped = replace(config, choices=Choices(least=1_000_000))
    parts: list[list[Float64]] = [[], [], [], []]
    for tables in towns:
        work = measurements(tables, config)
        for cut in work.cuts.cuts:
            for place, one in enumerate((private, config, shipped)):
                parts[place].append(measure_engine(work.behind(cut, one), threads).figures[ENGINE][FIGURE])
            parts[3].append(measure_simple(work.behind(cut, config), None, threads).figures[SIMPLE][FIGURE])
    return Found(*(np.concatenate(part).astype(np.float64) for part in parts))


def of_co_visits(towns: Sequence[Tables], config: Config, epsilon: float, threads: int) -> Interval:
    """NDCG@20 with the co-visits minus without them, the same noise in both, with its interval over learners."""
    found: list[Float64] = []
    for tables in towns:
        work = measurements(tables, config)
        for cut in work.cuts.cuts:
            own, other = (
                measure_engine(
                    work.behind(cut, replace(config, privacy=Privacy(epsilon=epsilon, enough=enough))), threads
                )
                for enough in (0, 1_000_000_000)
            )
            found.append(own.figures[ENGINE][FIGURE].astype(np.float64) - other.figures[ENGINE][FIGURE])
    return intervals(np.concatenate(found)[:, None], 2000, 0, bounds=(-1.0, 1.0))[0]


def attacked(towns: Sequence[Tables], config: Config, models: int, threads: int) -> Told:
    """The attack on several towns, their targets together."""
    every = [attack(tables, config, models, threads) for tables in towns]
    found = [told for told in every if told is not None]
    return Told(
        np.concatenate([told.auc for told in found]),
        np.concatenate([told.caught for told in found]),
        sum(told.learners for told in found),
    )


def delta_by_integral(noise: float, epsilon: float) -> float:
    """δ by its definition: where one outcome's density is more than e^ε times the other's, the difference, by quadrature."""
    begins = 0.5 + epsilon * noise**2
    found, _ = integrate.quad(
        lambda x: stats.norm.pdf(x, 1, noise) - math.exp(epsilon) * stats.norm.pdf(x, 0, noise),
        begins,
        begins + 12 * noise,
        epsabs=1e-16,
        epsrel=1e-10,
    )
    return float(found)


def show_noise(console: Console) -> None:
    """The calibration beside the definition, and beside what zero-concentrated privacy would promise for the same noise."""
    table = Table("epsilon", "delta", "noise", "delta by quadrature", "epsilon by zCDP (looser)", title="Noise")
    for epsilon in (0.5, 1.0, 2.0, 4.0, 8.0):
        for delta in (1e-5, 1e-7):
            noise = noise_for(epsilon, delta)
            rho = 0.5 / noise**2
            loose = rho + 2 * math.sqrt(rho * math.log(1 / delta))
            table.add_row(
                f"{epsilon:g}", f"{delta:g}", f"{noise:.4f}", f"{delta_by_integral(noise, epsilon):.3e}", f"{loose:.2f}"
            )
    console.print(table)


def killed_in_the_middle(console: Console) -> None:
    """Kill a training run once its line is written, then ask for a release that the year no longer allows."""
    tables = simulate(replace(SimulationConfig(seed=5), learners=200)).tables
    settings = Config(privacy=Privacy(epsilon=4.0, budget=8.0))
    with tempfile.TemporaryDirectory() as place:
        home = Home(place)
        ledger = ledger_of(home, tables.city.id)
        paid(home, tables, settings, NOW)
        script = (
            "import sys, time; from pathlib import Path; from training.privacy.ledger import spend\n"
            f"spend(Path(sys.argv[1]), 4.0, 1e-4, 8.0, {NOW}); print('drawing', flush=True); time.sleep(600)"
        )
        with subprocess.Popen([sys.executable, "-c", script, str(ledger)], stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            run.stdout.readline()
            os.kill(run.pid, signal.SIGKILL)
        try:
            paid(home, tables, settings, NOW)
            console.print("[bold red]The third release was allowed.[/]")
        except OverspentError as error:
            console.print(
                f"Ledger: {len(read(ledger))} of 2 releases stand in it, the second killed before it was done."
            )
            console.print(f"The third was refused: {str(error).replace(place, '…')}")


def main() -> None:
    """Measure all of it and print one table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.privacy", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learners", type=int, nargs="+", default=[2000, 8000])
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[21, 22], help="of the towns; settings were chosen on 11 to 14"
    )
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--epsilon", type=float, nargs="+", default=[4.0])
    parser.add_argument("--tested", type=int, default=1000, help="learners tested behind each cut, drawn")
    parser.add_argument("--models", type=int, default=16, help="models attacked for each town; 0 attacks none")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--co-visits", action="store_true", help="only what the co-visits add")
    given = parser.parse_args()
    console, base = Console(width=160), Config()
    config = replace(base, threads=given.threads, evaluation=replace(base.evaluation, learners=given.tested))
    console.print(describe(given.threads))
    if given.co_visits:
        for learners in given.learners:
            for name in given.worlds:
                towns = _towns(given.seeds, learners, name)
                added = of_co_visits(towns, config, given.epsilon[0], given.threads)
                console.print(f"{learners:,}, {name}: {FIGURE} with co-visits minus without {said(added, '{:+.4f}')}")
        return
    show_noise(console)
    killed_in_the_middle(console)
    heads, columns = [], list[list[str]]()
    for learners in given.learners:
        for name in given.worlds:
            began = time.perf_counter()
            towns = _towns(given.seeds, learners, name)
            usual = attacked(towns, config, given.models, given.threads) if given.models else None
            for epsilon in given.epsilon:
                private = replace(config, privacy=Privacy(epsilon=epsilon))
                found = quality(towns, config, private, given.threads)
                told = attacked(towns, private, given.models, given.threads) if given.models else None
                seconds = f"{time.perf_counter() - began:.0f}"
                heads.append(f"{learners:,}, {name}, ε = {epsilon:g}")
                columns.append([*_figures(found), *_told(told), *_told(usual), seconds])
                console.print(f"{heads[-1]}: {seconds} seconds")
    table = Table("", *heads, title=f"{len(given.seeds)} towns each, {given.tested} learners behind each cut")
    for row in zip(ROWS, *columns, strict=True):
        table.add_row(*row)
    console.print(table)


def _towns(seeds: Sequence[int], learners: int, world: str) -> list[Tables]:
    settings = [switched(SimulationConfig(seed=seed, learners=learners), WORLDS[world]) for seed in seeds]
    return [simulate(one).tables for one in settings]


def _figures(found: Found) -> list[str]:
    usual = (ratio(found.own, other, 0) for other in (found.learned, found.shipped))
    shares = [said(one, "{:.3f}") for one in usual]
    return [f"{np.nanmean(found.own):.3f}", *shares, f"{np.nanmean(found.simple):.3f}"]


def _told(told: Told | None) -> tuple[str, str]:
    if told is None:
        return "–", "–"
    plain = told.plain()
    return f"{plain['auc']:.3f} ± {plain['auc_error']:.3f}", f"{plain['caught']:.3f} ± {plain['caught_error']:.3f}"


if __name__ == "__main__":
    main()
