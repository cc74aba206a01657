"""How long an evaluation takes, and how much memory: everything besides the fits, and the fits beside it.

python -m benchmarks.evaluation
python -m benchmarks.evaluation --learners 100000
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from rich.console import Console

from benchmarks.machine import describe
from data.simulation import preset, simulate
from recommender.errors import BadInput
from training.config import Config
from training.evaluation.run import Measurements, measurements, results_of
from training.evaluation.tasks import measure_engine, measure_simple
from training.fit import fit

LEARNERS = (2_000, 100_000)


def measure(learners: int, activities: int, threads: int, console: Console) -> None:
    """Simulate a town, evaluate it, and print what took how long."""
    settings = replace(preset("town"), learners=learners, activities_per_season=activities)
    with console.status(f"inventing {learners:,} learners"):
        tables = simulate(settings).tables
    work = measurements(tables, replace(Config(), threads=threads))
    stamps, cuts = len(tables.stamps), len(work.cuts.cuts)
    console.print(f"{learners:,} learners, {len(tables.activities):,} activities, {stamps:,} stamps, {cuts} cuts")
    with console.status("fitting"):
        began = time.perf_counter()
        behind = [work.behind(cut, work.config) for cut in work.cuts.cuts]
        releases = [fit(one.known, work.config) for one in behind]
        fitting = time.perf_counter() - began
    before = _cpu()
    with console.status("ranking and counting"):
        rest, counted, tested = _rest(work, behind, releases, threads)
    get_reusable_executor().shutdown(wait=True)  # what the others took is told when they have ended
    console.print(
        f"  besides the fits {rest:.0f} s ({_cpu() - before:.0f} s of processors; figures and intervals {counted:.0f} s), "
        f"{tested:,} lists of each kind"
    )
    console.print(f"  {cuts} fits, one after the other, {fitting:.0f} s")
    own, children = (
        resource.getrusage(who).ru_maxrss / 2**20 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    console.print(f"  peak memory {own:.1f} GiB here, {children:.1f} GiB in the largest of the other processes")


def _cpu() -> float:
    """Seconds of processors that this process and those it started and ended have taken."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def _rest(work: Measurements, behind: list, releases: list, threads: int) -> tuple[float, float, int]:  # type: ignore[type-arg]
    """Seconds of everything that is not fitting, of the figures in it, and how many people were ranked for."""
    began = time.perf_counter()
    jobs = [delayed(measure_engine)(one, 1, release) for one, release in zip(behind, releases, strict=True)]
    jobs += [delayed(measure_simple)(one, None, 1) for one in behind]
    found = Parallel(n_jobs=min(threads, len(jobs)), pre_dispatch="n_jobs")(jobs)
    ranked = time.perf_counter()
    engine, simple = found[: len(behind)], found[len(behind) :]
    results_of(work, simple, engine)
    ended = time.perf_counter()
    return ended - began, ended - ranked, sum(len(rows) for rows in work.together(engine, simple).rows)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.evaluation",
        description="Measure the evaluation of simulated towns: seconds besides the fits, and memory.",
        epilog="examples:\n"
        "  python -m benchmarks.evaluation                      a town of 2,000 learners and a city of 100,000\n"
        "  python -m benchmarks.evaluation --learners 2000      the town alone",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--learners", type=int, nargs="*", default=list(LEARNERS), metavar="N",
                        help="sizes (default: 2000 100000)")  # fmt: skip
    parser.add_argument("--activities", type=int, default=250, metavar="N", help="a season (default: 250)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N", help="default: all cores")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; 0 when everything was measured, 2 when a setting is wrong."""
    arguments = _arguments(given)
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        for learners in arguments.learners:
            measure(learners, arguments.activities, arguments.threads, console)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    console.print(describe(arguments.threads))
    return 0


if __name__ == "__main__":
    sys.exit(main())
