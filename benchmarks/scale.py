"""A city too large for memory: what its fit takes, step by step, beside ``implicit`` on the same stamps.

python -m benchmarks.scale --learners 100000 --activities 20000 --stamps 5000000 --factors 64     some minutes
python -m benchmarks.scale --seconds 3600                        1 million learners, 100,000 activities, 50 million stamps
python -m benchmarks.scale --parts data implicit als             some of it alone

The data is written as Parquet, block by block, into ``--folder`` (about 6 bytes a stamp), and stays there for the next run. The
fit reads it as ``make train-all`` does. A step that would not end within ``--seconds`` in all is not begun; of ALS fewer rounds
can be asked (``--iterations``), and what all 15 would take is said beside it. Memory is this process's peak during the step.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
from implicit.als import AlternatingLeastSquares
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from benchmarks.scale_data import Large
from data.folder import read_folder
from data.tables import Tables
from data.translate import catalogue_from
from recommender.encoder import scaled_rows, with_parents
from training.config import Config
from training.fit import learn_weights
from training.scale.history import OnDisk
from training.scale.reading import chunks_of
from training.scale.spool import Spool, spool
from training.sources.adjacency import fit_adjacency
from training.sources.collaborative import fit_als, fit_graph
from training.sources.content import fit_encoder, fit_metadata, fit_similar
from training.sources.popular import fit_popular

Result = TypeVar("Result")
PARTS = (
    "data",
    "implicit",
    "read",
    "weights",
    "stamps",
    "descriptions",
    "als",
    "graph",
    "metadata",
    "similar",
    "popular",
    "digest",
)


@dataclass
class Took:
    """Seconds, processor seconds and peak memory of steps, and which were not begun."""

    limit: float
    rows: list[tuple[str, ...]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def step(self, name: str, work: Callable[[], Result], note: str = "") -> Result | None:
        """Do it when there is time left, and keep what it took."""
        if time.perf_counter() - self.began > self.limit:
            self.rows.append((name, "not begun", "", "", note))
            return None
        process, peak = psutil.Process(), [0.0]
        before, started = process.cpu_times(), time.perf_counter()
        with watched(process, peak):
            result = work()
        after = process.cpu_times()
        cpu = after.user + after.system - before.user - before.system
        self.rows.append((name, f"{time.perf_counter() - started:.0f}", f"{cpu:.0f}", f"{peak[0]:.2f}", note))
        Console(stderr=True).print(" · ".join(self.rows[-1]))
        return result


@contextmanager
def watched(process: psutil.Process, peak: list[float]) -> Iterator[None]:
    """Look ten times a second what the process has in memory that is its own."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            memory = process.memory_info()
            peak[0] = max(peak[0], (memory.rss - memory.shared) / 2**30)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


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


def fitted(
    folder: Path, aside: Path, config: Config, took: Took, parts: list[str], large: Large, straight: bool
) -> None:
    """The steps of ``training.fit`` one by one, on stamps that stay on disk."""
    threads = config.threads or os.cpu_count() or 1
    found_city = opened(folder, aside, took, large, straight)
    if found_city is None:
        return
    tables, history = found_city
    with threadpool_limits(1, "blas"):
        if "weights" in parts:
            took.step("weights, from a sample", lambda: learn_weights(history.sample(), config))
        catalogue = catalogue_from(tables)
        stamps = took.step("stamps", lambda: history.interactions(catalogue, config.popular.days))
        if stamps is None:
            return
        visited = np.asarray(stamps.matrix.sum(axis=0)).ravel() > 0
        everything = np.arange(len(catalogue.activities), dtype=np.int32)
        encoder = took.step("descriptions", lambda: fit_encoder(catalogue, config.encoder))
        features = encoder.encode(catalogue, everything) if encoder else None
        factors = np.zeros((len(everything), config.als.factors), dtype=np.float32)
        if "als" in parts:
            rounds = config.als.iterations
            found = took.step(f"als, {rounds} rounds", lambda: fit_als(stamps.matrix, config.als, config.seed, threads))
            factors = factors if found is None else found[0]
            if rounds < Config().als.iterations and found is not None:
                whole = float(took.rows[-1][1]) * Config().als.iterations / rounds
                took.rows[-1] = (*took.rows[-1][:4], f"about {whole:.0f} s for {Config().als.iterations} rounds")
        if "graph" in parts:
            took.step("graph", lambda: fit_graph(stamps.matrix, config.graph, config.seed, threads))
        if "metadata" in parts and features is not None:
            took.step("metadata", lambda: fit_metadata(features, factors, visited, config.metadata.ridge, threads))
        if "similar" in parts and features is not None:
            took.step("similar", lambda: fit_similar(features, visited, config.similar.neighbours, threads))
        if "popular" in parts:
            shares = scaled_rows(with_parents(catalogue), power=1)
            took.step(
                "popular, links of themes",
                lambda: (fit_popular(stamps, len(everything), config.popular), fit_adjacency(stamps, shares)),
            )
        if "digest" in parts:
            took.step("digest of the data", history.digest)


def opened(folder: Path, aside: Path, took: Took, large: Large, straight: bool) -> tuple[Tables, OnDisk] | None:
    """The city, its stamps read in parts and in order onto disk, where the next run finds them."""
    tables, done = read_folder(folder, without={"stamps"}), aside / "done.json"

    def read() -> None:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        found = spool(large.frames if straight else lambda: chunks_of(folder, tables), aside)
        done.write_text(json.dumps({"rows": found.rows, "learners": found.learners}))

    if not done.exists():
        took.step("in order onto disk, straight" if straight else "reading, in order onto disk", read)
    if not done.exists():
        return None
    known = json.loads(done.read_text())
    return tables, OnDisk(tables, Spool(tuple(sorted(aside.glob("part-*"))), known["rows"], known["learners"]))


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
    if "data" in given.parts and not (folder / "done").exists():
        took.step("inventing the data", lambda: large.write(folder))
        (folder / "done").touch()
    if "implicit" in given.parts:
        took.step(f"implicit alone, {given.iterations} rounds", beside(large, config))
    if set(given.parts) - {"data", "implicit"}:
        fitted(folder, folder / "in-order", config, took, given.parts, large, given.straight)
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


if __name__ == "__main__":
    main()
