"""The measurement itself: a public data set or a simulated town in, tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.ranking.models import ENGINE, SIMPLE, contestants
from benchmarks.ranking.peers import Contestant
from benchmarks.ranking.run import Measured, Row, measure, summarise
from benchmarks.ranking.split import SPLITS, Split, read_split
from benchmarks.ranking.table import table_of
from benchmarks.ranking.worlds import FEW, build_world, season_splits
from data.simulation import Truth
from recommender.errors import BadInput
from training.config import Config

FOLDER_METRICS = ("recall@20", "ndcg@20")
WORLD_METRICS = ("recall@10", "ndcg@10")


@dataclass(frozen=True)
class Bench:
    """How to measure, and where to print it."""

    config: Config
    models: tuple[str, ...]
    threads: int
    draws: int
    ease_limit: int
    screen: Console

    def folder(self, path: Path, split: str, at: int) -> tuple[str, list[Row]]:
        """Measure on one public data set and print its table; gives its name and rows."""
        if split not in SPLITS:
            raise BadInput(f"--split: {split!r} is none of {', '.join(SPLITS)}")
        asked = read_split(path, split, at)
        models = self._taking_part(asked, None)
        measured = self._measure(asked, models, FOLDER_METRICS)
        rows = summarise([asked], [measured], models[ENGINE].name, self.draws, self.config.seed)
        title = f"{asked.name}: {len(asked.learners):,} learners, {len(asked.candidates):,} candidates"
        self.screen.print()
        self.screen.print(table_of(title, rows, FOLDER_METRICS, splits=1))
        self._remarks(rows, [measured], models[ENGINE].name)
        return asked.name, rows

    def world(self, name: str, learners: int) -> list[tuple[str, list[Row]]]:
        """Measure on one simulated town, with all its stamps and with few; gives two named lists of rows."""
        with self.screen.status(f"building the {name} world"):
            made = build_world(name, self.config.seed, learners)
        tables = []
        for few, said in ((None, "all stamps"), (FEW, f"{FEW} stamps in all")):
            splits = season_splits(made, name, few)
            models = self._taking_part(splits[0], made.truth)
            measured = [self._measure(split, models, WORLD_METRICS) for split in splits]
            engine = models[ENGINE].name
            rows = summarise(splits, measured, engine, self.draws, self.config.seed)
            asked = {learner for split in splits for learner in split.learners}
            title = f"{name}, {said}: {len(asked):,} learners at {len(splits)} season starts"
            best = models["oracle"].name if "oracle" in models else None
            self.screen.print()
            self.screen.print(table_of(title, rows, WORLD_METRICS, len(splits), best))
            self._remarks(rows, measured, engine)
            simple = {models[key].name for key in SIMPLE if key in models}
            others = {model.name for key, model in models.items() if key not in (ENGINE, "served", "oracle")}
            self.screen.print(standing(rows, simple, others, WORLD_METRICS[-1]), markup=False)
            tables.append((f"{name}, {said}", rows))
        return tables

    def _taking_part(self, split: Split, truth: Truth | None) -> dict[str, Contestant]:
        models = contestants(self.models, self.config, self.threads, truth)
        if "ease" in models and split.n_activities > self.ease_limit and not split.cold:
            models.pop("ease")
            self.screen.print(
                f"{split.name}: EASE is left out, it would invert a square of {split.n_activities:,} activities; "
                f"--ease-limit {split.n_activities} includes it, at minutes and gigabytes.",
                markup=False,
            )
        return models

    def _measure(self, split: Split, models: Mapping[str, Contestant], metrics: Sequence[str]) -> dict[str, Measured]:
        with self.screen.status(split.name) as status:
            return measure(split, list(models.values()), metrics, self.threads, status.update)

    def _remarks(self, rows: Sequence[Row], measured: Sequence[Mapping[str, Measured]], engine: str) -> None:
        steps = measured[-1][engine].steps
        said = ", ".join(f"{step} {seconds:.1f}" for step, seconds in steps.items())
        self.screen.print(f"Steps of the engine's fit, seconds: {said}.", markup=False)
        for reason in dict.fromkeys(row.left_out for row in rows if row.left_out):
            names = ", ".join(row.name for row in rows if row.left_out == reason)
            self.screen.print(f"–: {names}: {reason}.", markup=False)


def standing(rows: Sequence[Row], simple: set[str], others: set[str], metric: str) -> str:
    """Where the engine stands beside the simple baselines and beside everybody, in a sentence."""
    said = []
    for names, kind in ((simple, "simple baseline"), (others, "row")):
        leads = {row.name: row.lead[metric] for row in rows if row.name in names and metric in row.lead}
        level = [name for name, lead in leads.items() if lead.low <= 0 <= lead.high]
        below = [name for name, lead in leads.items() if lead.high < 0]
        if not level and not below:
            said.append(f"above every {kind} ({len(leads)}), each interval above 0")
        else:
            parts = [f"level with {', '.join(level)}"] * bool(level) + [f"below {', '.join(below)}"] * bool(below)
            said.append(f"above {len(leads) - len(level) - len(below)} of {len(leads)} {kind}s; {'; '.join(parts)}")
    return f"{metric.replace('ndcg', 'NDCG')}: the engine is {said[0]}; {said[1]}."
