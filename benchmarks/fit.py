"""How long a fit takes and how much memory, beside plain ``implicit`` ALS on the same stamps.

python -m benchmarks.fit                                                    the town of 2,000 learners
python -m benchmarks.fit --learners 100000 --activities 20000 --stamps 5000000
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from data.columns import ACTIVITIES, AT, STAMPS, THEME, THEMES
from data.simulation import SimulationConfig, simulate
from data.tables import CitySettings, Tables, empty
from data.translate import catalogue_from
from training.config import Config
from training.fit import STEPS, fit
from training.interactions import interactions_of

DAY = 86_400
THEME_COUNT, WORDS, TITLE, TEXT = 60, 20_000, 6, 20
Result = TypeVar("Result")


def invented(learners: int, activities: int, stamps: int, seed: int) -> Tables:
    """A city of any size: themes that people like, titles made of theme words, visits spread over a year."""
    rng = np.random.default_rng(seed)
    of_activity = rng.integers(THEME_COUNT, size=activities)
    per_theme = WORDS // THEME_COUNT
    words = of_activity[:, None] * per_theme + rng.zipf(1.5, size=(activities, TITLE + TEXT)) % per_theme
    # In letters: words that differ in numbers alone would describe nothing.
    letters = str.maketrans("0123456789", "aeioubdfgk")
    text = [[f"w{number}".translate(letters) for number in row] for row in words.tolist()]
    likes = rng.integers(THEME_COUNT, size=(learners, 3))
    learner = np.sort(rng.integers(learners, size=stamps))
    liked = np.where(rng.random(stamps) < 0.7, likes[learner, rng.integers(3, size=stamps)], rng.integers(THEME_COUNT))
    order = np.argsort(of_activity, kind="stable")
    count = np.bincount(of_activity, minlength=THEME_COUNT)
    start = np.cumsum(count) - count
    popularity = (rng.pareto(1.2, size=stamps) * count[liked] * 0.05).astype(np.int64)
    activity = order[start[liked] + np.minimum(popularity, count[liked] - 1)]
    names = [f"t{number}" for number in range(THEME_COUNT)]
    frames = {
        "themes": pd.DataFrame({THEME: names}),
        "activities": pd.DataFrame(
            {
                "activity_id": [f"a{number}" for number in range(activities)],
                "title": [" ".join(row[:TITLE]) for row in text],
                "description": [" ".join(row[TITLE:]) for row in text],
                "themes": [f"t{theme}:1" for theme in of_activity],
            }
        ),
        "stamps": pd.DataFrame(
            {
                "learner_id": pd.Series([f"p{number}" for number in range(learners)])[learner].to_numpy(),
                "activity_id": pd.Series([f"a{number}" for number in range(activities)])[activity].to_numpy(),
                AT: 1_700_000_000 + rng.integers(365, size=stamps) * DAY + 36_000,
                "chosen_by": "self",
            }
        ),
    }
    whole = {table.name: _completed(frames[table.name], empty(table)) for table in (THEMES, ACTIVITIES, STAMPS)}
    stamped = whole["stamps"].drop_duplicates([*STAMPS.key]).reset_index(drop=True)
    return Tables(
        city=CitySettings(id="invented", origin="simulated"), has_sessions=False, **{**whole, "stamps": stamped}
    )


def _completed(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    missing = {name: "" if kind == "str" else np.nan for name, kind in like.dtypes.items() if name not in frame}
    return frame.assign(**missing)[list(like.columns)].astype(like.dtypes.to_dict())


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """A result, the seconds it took, and the process's peak memory so far in GiB."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Fit the engine and plain ALS on the same stamps, and print both."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fit", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=0, help="0: the simulated town")
    parser.add_argument("--activities", type=int, default=20_000)
    parser.add_argument("--stamps", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    console, config, threads = Console(), Config(), os.cpu_count() or 1
    if given.learners:
        tables = invented(given.learners, given.activities, given.stamps, given.seed)
    else:
        tables = simulate(SimulationConfig()).tables
    console.print(describe(threads))
    console.print(
        f"{tables.stamps['learner_id'].nunique():,} learners, {len(tables.activities):,} activities, ", end=""
    )
    console.print(f"{len(tables.stamps):,} stamps; {timed(lambda: None)[2]:.2f} GiB with the tables in memory")
    matrix = sparse.csr_matrix(interactions_of(tables, catalogue_from(tables)).matrix)
    with threadpool_limits(1, "blas"):
        plain = AlternatingLeastSquares(factors=config.als.factors, iterations=config.als.iterations, random_state=0)
        _, als_seconds, als_peak = timed(lambda: plain.fit(matrix, show_progress=False))
    begins: list[tuple[str, float]] = []
    with Progress(console=console) as progress:
        bar = progress.add_task("fit", total=len(STEPS))

        def tell(step: str) -> None:
            begins.append((step, time.perf_counter()))
            progress.update(bar, description=step, completed=len(begins) - 1)

        _, seconds, peak = timed(lambda: fit(tables, config, tell))
    ends = [*(begin for _, begin in begins[1:]), time.perf_counter()]
    table = Table("what", "seconds", "peak memory so far, GiB", title="Fitting")
    table.add_row("implicit ALS alone", f"{als_seconds:.1f}", f"{als_peak:.2f}")
    table.add_row("the engine, all of it", f"{seconds:.1f}", f"{peak:.2f}")
    for (step, begin), end in zip(begins, ends, strict=True):
        table.add_row(f"  {step}", f"{end - begin:.1f}", "")
    console.print(table)


if __name__ == "__main__":
    main()
