"""A city too large for memory: what its fit takes, step by step, beside ``implicit`` on the same stamps.

python -m benchmarks.scale --learners 100000 --activities 20000 --stamps 5000000 --factors 64     some minutes
python -m benchmarks.scale --seconds 3600                        1 million learners, 100,000 activities, 50 million stamps
python -m benchmarks.scale --parts data implicit                 some of it alone

The data is written as Parquet, block by block, into ``--folder`` (about 6 bytes a stamp), and stays there for the next run. The
fit is the one of ``make train-all``, whole: what a step makes is in memory during those that follow. A step that would not begin within
``--seconds`` in all is not begun; of ALS fewer rounds can be asked (``--iterations``), and what all 15 would take is said beside it. Memory is this
process's peak during the step.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil
from implicit.als import AlternatingLeastSquares
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from benchmarks.scale_data import Large
from data.folder import read_folder
from recommender.release import save_release
from training.config import Config
from training.fit import fit
from training.scale.history import OnDisk
from training.scale.reading import chunks_of
from training.scale.spool import Spool, spool

Result = TypeVar("Result")
PARTS = ("data", "implicit", "fit")
NOTES = {"weights": "a whole fit of a sample within", "popular": "and the links of themes, the digest of the data"}


class Over(Exception):
    """The time is up."""


class Took:
    """Seconds, processor seconds and peak memory of steps, and which were not begun.

    Memory is what this process has of its own: not what it shares with others, such as files that are mapped.
    """

    def __init__(self, limit: float) -> None:
        self.limit, self.rows = limit, list[tuple[str, ...]]()
        self._process, self._since, self._peak, self._step = psutil.Process(), time.perf_counter(), 0.0, ""
        self._began, self._before = 0.0, 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self, name: str) -> None:
        """End the step that went on, and begin another.

        Raises
        ------
        Over
            When there is no time left.
        """
        self.end()
        if time.perf_counter() - self._since > self.limit:
            self.rows.append((name, "not begun", "", "", ""))
            raise Over
        self._step, self._began, self._before, self._peak = name, time.perf_counter(), self._spent(), self._own()

    def end(self) -> None:
        """Keep what the step took that went on, if any."""
        if self._step:
            seconds, cpu = time.perf_counter() - self._began, self._spent() - self._before
            row = (self._step, f"{seconds:.0f}", f"{cpu:.0f}", f"{self._peak:.2f}", NOTES.get(self._step, ""))
            self.rows.append(row)
            Console(stderr=True).print(" · ".join(row))
            self._step = ""

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        """Do one step."""
        self.begin(name)
        result = work()
        self.end()
        return result

    def _spent(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _own(self) -> float:
        memory = self._process.memory_info()
        return float(memory.rss - memory.shared) / 2**30

    def _look(self) -> None:
        while True:
            time.sleep(0.1)
            self._peak = max(self._peak, self._own())


def beside(large: Large, config: Config) -> Callable[[], Any]:
    """Plain implicit on the same visits, which it wants as one matrix."""

    def run() -> Any:
        matrix, _ = large.matrix()
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=config.als.factors,
                iterations=config.als.iterations,
                alpha=config.als.alpha,
                regularization=config.als.regularisation,
                random_state=0,
            )
            model.fit(matrix, show_progress=False)

    return run


def fitted(folder: Path, aside: Path, config: Config, took: Took, large: Large, straight: bool) -> None:
    """The fit of ``training.fit``, of stamps that stay on disk; what it makes stays in memory until its end."""
    tables, done = read_folder(folder, without={"stamps"}), aside / "done.json"

    def read() -> None:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        found = spool(large.frames if straight else lambda: chunks_of(folder, tables), aside)
        done.write_text(json.dumps({"rows": found.rows, "learners": found.learners}))

    if not done.exists():
        took.step("in order onto disk, straight" if straight else "reading, in order onto disk", read)
    known = json.loads(done.read_text())
    stamps = Spool(tuple(sorted(aside.glob("part-*"))), known["rows"], known["learners"])
    release = fit(tables, config, took.begin, history=OnDisk(tables, stamps))
    took.step("written", lambda: save_release(release, folder / "releases"))
    shutil.rmtree(folder / "releases")


def main() -> None:
    """Write the data when it is not there, fit, and print what each step took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=1_000_000)
    parser.add_argument("--activities", type=int, default=100_000)
    parser.add_argument("--stamps", type=int, default=50_000_000)
    parser.add_argument("--factors", type=int, default=Config().als.factors)
    parser.add_argument("--iterations", type=int, default=Config().als.iterations)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/leerlijn-scale"))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing after so many")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--straight", action="store_true", help="leave out reading Parquet and judging each stamp")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    base = Config(threads=given.threads)
    config = replace(base, als=replace(base.als, factors=given.factors, iterations=given.iterations))
    large = Large(given.learners, given.activities, given.stamps)
    folder = given.folder / f"{given.learners}-{given.activities}-{given.stamps}"
    console, took = Console(soft_wrap=True), Took(given.seconds)
    console.print(describe(given.threads or os.cpu_count() or 1) + f"; load {os.getloadavg()[0]:.1f}")
    free = shutil.disk_usage(given.folder.parent).free
    if free < 40 * given.stamps:
        parser.error(
            f"{given.folder.parent} has {free / 2**30:.0f} GiB free, {40 * given.stamps / 2**30:.0f} are wanted"
        )
    with suppress(Over):
        if "data" in given.parts and not (folder / "done").exists():
            took.step("inventing the data", lambda: large.write(folder))
            (folder / "done").touch()
        if "implicit" in given.parts:
            took.step(f"implicit alone, {given.iterations} rounds", beside(large, config))
        if "fit" in given.parts:
            fitted(folder, folder / "in-order", config, took, large, given.straight)
    table = Table(
        "step",
        "seconds",
        "processor seconds",
        "peak GiB",
        "",
        title=f"{given.learners:,} × {given.activities:,} × {given.stamps:,}, {given.factors} factors",
    )
    for row in took.rows:
        table.add_row(*row)
    console.print(table)
    spent = {row[0]: row for row in took.rows}
    if given.iterations < Config().als.iterations and spent.get("als", ("", "not begun"))[1] != "not begun":
        often, whole = Config().als.iterations, Config().als.iterations / given.iterations
        console.print(
            f"als is {given.iterations} rounds; {often} would take about {float(spent['als'][1]) * whole:.0f} seconds, "
            f"{float(spent['als'][2]) * whole:.0f} processor seconds, and as much memory"
        )


if __name__ == "__main__":
    main()
