"""A public data set in small: two tastes, one activity of each that nobody has been to."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.columns import ACTIVITY, AT, LEARNER
from training.config import Config, config_from

AT_ONCE, LATER = "2020-01-01T00:00:00Z", "2020-01-20T00:00:00Z"
TASTES = ("robots", "animals")
PER_TASTE = 12


def write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def write_ranking_set(folder: Path) -> Path:
    """Learner i of a taste has been to all its activities but i and i+1; i is a later stamp, i+1 the test."""
    folder.mkdir(parents=True)
    activities, stamps, test, cold = [], [], [], []
    for taste in TASTES:
        names = [f"{taste}-{number}" for number in range(PER_TASTE)]
        activities += [f"{name},{taste} together,{taste} {taste} build" for name in [*names, f"{taste}-new"]]
        for number in range(PER_TASTE):
            learner, later, asked = f"{taste}-fan-{number}", names[number], names[(number + 1) % PER_TASTE]
            stamps += [f"{learner},{name},{AT_ONCE}" for name in names if name not in (later, asked)]
            stamps.append(f"{learner},{later},{LATER}")
            test += [f"{learner},{asked}", f"{learner},{later}"]
            cold.append(f"{learner},{taste}-new")
    write(folder / "activities.csv", f"{ACTIVITY},title,description", activities)
    write(folder / "stamps.csv", f"{LEARNER},{ACTIVITY},{AT}", stamps)
    write(folder / "test.csv", f"{LEARNER},{ACTIVITY}", test)
    write(folder / "cold.csv", f"{LEARNER},{ACTIVITY}", cold)
    return folder


@pytest.fixture(scope="session")
def ranking_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ranking_set(tmp_path_factory.mktemp("shared") / "ranking" / "tastes")


@pytest.fixture(scope="session")
def cold_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, asked for what nobody has been to."""
    folder = write_ranking_set(tmp_path_factory.mktemp("shared") / "ranking" / "tastes-cold")
    (folder / "cold.csv").rename(folder / "validation.csv")
    write(folder / "validation_candidates.csv", ACTIVITY, [f"{taste}-new" for taste in TASTES])
    return folder


@pytest.fixture(scope="session")
def quick() -> Config:
    """Settings that fit in a blink."""
    return config_from(
        {
            "threads": 1,
            "als": {"factors": 4, "iterations": 5, "regularisation": 1.0},
            "graph": {"rank": 4, "neighbours": 20},
            "similar": {"neighbours": 20},
        }
    )
