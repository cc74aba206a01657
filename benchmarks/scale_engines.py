"""The same ALS on the same stamps: implicit alone, the engine in one process, on a Dask cluster, and Spark's beside it.

python -m benchmarks.scale_engines --learners 10000 --activities 4000 --stamps 500000     small, a minute
python -m benchmarks.scale_engines --only implicit one dask                               5 million stamps
python -m benchmarks.scale_engines --only one dask --again 3                              the two in turn, and medians
python -m benchmarks.scale_engines --only spark                                           needs the extra spark, and Java 17

Every engine has all cores: Dask two workers of half the cores each, Spark its local master. What is asked is the same: factors,
confidence, rounds, and regularisation (for the mean learner: Spark's goes with a learner's stamps). Processes are there, and have imported what they need, before the
clock runs; stamps and factors have not been sent. Processor seconds and memory are those of all processes that worked.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from implicit.als import AlternatingLeastSquares
from rich.console import Console
from rich.table import Table
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from benchmarks.scale_data import Large, recall
from training.config import Als
from training.scale.als import alternate
from training.scale.engine import Threads, open_engine

LATE, ASKED = 36, 20_000
"""Days held out, and learners whose recall is looked at."""


class Watch:
    """Peak memory (sum of what each process has to itself) and processor seconds of this process and its children."""

    def __enter__(self) -> Watch:
        self._own = psutil.Process()
        self._before, self.peak, self._over = self._spent(), 0.0, threading.Event()
        self._most = self._before
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._began = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._began
        self.cpu = max(self._most, self._spent()) - self._before
        self._over.set()
        self._thread.join()

    def _processes(self) -> list[psutil.Process]:
        return [self._own, *self._own.children(recursive=True)]

    def _spent(self) -> float:
        total = 0.0
        for process in self._processes():
            try:
                times = process.cpu_times()
                total += times.user + times.system
            except psutil.Error:
                continue
        return total

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self._most = max(self._most, self._spent())  # of processes that are gone by the end, too
            total = 0
            for process in self._processes():
                try:
                    total += process.memory_info().rss - process.memory_info().shared
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total / 2**30)


def vectors_of(seen: sparse.csr_matrix, activities: np.ndarray, settings: Als) -> np.ndarray:
    """Learners' factors for the activities', folded in exactly; the same for every engine."""
    rows = sparse.csr_matrix(seen[:ASKED] * settings.alpha)
    model = AlternatingLeastSquares(factors=activities.shape[1], regularization=settings.regularisation, num_threads=0)
    model.item_factors = np.ascontiguousarray(activities, dtype=np.float32)
    return model.recalculate_user(np.arange(rows.shape[0]), rows)


def with_implicit(seen: sparse.csr_matrix, settings: Als) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=settings.factors,
                alpha=settings.alpha,
                regularization=settings.regularisation,
                iterations=settings.iterations,
                random_state=0,
            )
            model.fit(seen, show_progress=False)
        return model.item_factors

    return run


def with_engine(seen: sparse.csr_matrix, settings: Als, engine: Any) -> Callable[[], np.ndarray]:
    confidence = sparse.csr_matrix(seen * np.float32(settings.alpha))

    def run() -> np.ndarray:
        with threadpool_limits(1, "blas"):
            return alternate(confidence, settings.factors, settings.regularisation, settings.iterations, 0, engine)

    return run


def with_spark(seen: sparse.csr_matrix, settings: Als, cores: int, memory: str) -> Callable[[], np.ndarray]:
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.driver.memory", memory)
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(2 * cores))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    rows = seen.tocoo()
    frame = pd.DataFrame({"user": rows.row, "item": rows.col, "rating": rows.data})
    file = Path(tempfile.mkdtemp()) / "stamps.parquet"
    frame.to_parquet(file)

    def run() -> np.ndarray:
        stamps = spark.read.parquet(str(file))
        model = ALS(
            rank=settings.factors,
            maxIter=settings.iterations,
            # Spark multiplies by the number of a row's stamps: this is the same for the mean learner.
            regParam=settings.regularisation * seen.shape[0] / seen.nnz,
            implicitPrefs=True,
            alpha=settings.alpha,
            seed=0,
        ).fit(stamps)
        found = model.itemFactors.toPandas()
        factors = np.zeros((seen.shape[1], settings.factors), dtype=np.float32)
        factors[found["id"].to_numpy()] = np.stack(found["features"].to_list())
        return factors

    return run


def main() -> None:
    """Run each engine once, and print what it took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale_engines", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--activities", type=int, default=20_000)
    parser.add_argument("--stamps", type=int, default=5_000_000)
    parser.add_argument("--factors", type=int, default=Als().factors)
    parser.add_argument("--iterations", type=int, default=Als().iterations)
    parser.add_argument(
        "--only", nargs="+", default=["implicit", "one", "dask"], choices=["implicit", "one", "dask", "spark"]
    )
    parser.add_argument("--spark-memory", default="8g")
    parser.add_argument("--regularisation", type=float, default=Als().regularisation)
    parser.add_argument("--again", type=int, default=1, help="as often, one after another, and medians")
    given = parser.parse_args()
    settings = Als(factors=given.factors, iterations=given.iterations, regularisation=given.regularisation)
    console, cores = Console(soft_wrap=True), os.cpu_count() or 1
    seen, later = Large(given.learners, given.activities, given.stamps).matrix(LATE)
    console.print(describe(cores))
    console.print(
        f"{seen.shape[0]:,} × {seen.shape[1]:,}, {int(seen.sum()):,} stamps, {seen.nnz:,} different; {settings}"
    )
    table = Table("ALS of", "seconds", "processor seconds", "peak GiB, all processes", "recall@20")
    seconds: dict[str, list[float]] = {name: [] for name in given.only}
    for name in given.only * given.again:
        if name == "dask":
            from distributed import LocalCluster

            with (
                LocalCluster(n_workers=2, threads_per_worker=max(cores // 2, 1), dashboard_address=":0") as cluster,
                open_engine(cluster.scheduler_address.replace("tcp://", "dask://")) as engine,
            ):
                row = measured(with_engine(seen, settings, engine))
        elif name == "spark":
            row = measured(with_spark(seen, settings, cores, given.spark_memory))
        elif name == "one":
            row = measured(with_engine(seen, settings, Threads(cores)))
        else:
            row = measured(with_implicit(seen, settings))
        factors, watch = row
        seconds[name].append(watch.wall)
        found = recall(factors, seen, later, vectors_of(seen, factors, settings))
        figures = (name, f"{watch.wall:.1f}", f"{watch.cpu:.1f}", f"{watch.peak:.2f}", f"{found:.4f}")
        Console(stderr=True).print(" · ".join(figures))
        table.add_row(*figures)
    console.print(table)
    medians = {name: float(np.median(found)) for name, found in seconds.items()}
    if {"one", "dask"} <= medians.keys():
        console.print(
            f"dask takes {medians['dask'] / medians['one']:.2f} times one process's seconds, medians of {given.again}"
        )
    console.print(
        f"load {os.getloadavg()[0]:.1f}; this process at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"
    )


def measured(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, Watch]:
    """What the work gives, and what it took."""
    with Watch() as watch:
        result = work()
    return result, watch


if __name__ == "__main__":
    main()
