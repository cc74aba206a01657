"""The command: it teaches, it refuses by name, it prints one table and writes every figure."""

import csv

import pytest

from benchmarks.machine import SHARED_DATA, describe
from benchmarks.ranking.__main__ import main
from benchmarks.ranking.bench import standing
from benchmarks.ranking.run import Row
from training.evaluation.uncertainty import Interval


def test_help_teaches(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for word in ("--folder", "--world", "--split", "--models", "--out", "Examples", "validation"):
        assert word in said


def test_models_are_listed_with_what_they_are(capsys):
    assert main(["--list"]) == 0
    assert "implicit-als-ours  implicit's ALS with the settings that Leerlijn ships" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--world", "round"], "'round' is none of spread, flat, biased"),
        (["--folder", "movies"], "no 'movies' in"),
        (["--folder", "tastes", "--split", "train"], "'train' is none of validation, test"),
        (["--folder", "tastes", "--models", "svd"], "'svd' is none of engine"),
        (["--folder", "tastes", "--at", "yesterday"], "--at"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(ranking_set, monkeypatch, capsys, arguments, says):
    monkeypatch.setenv(SHARED_DATA, str(ranking_set.parents[1]))
    assert main(arguments) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_public_data_that_is_not_there_is_named_with_the_way_to_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(SHARED_DATA, str(tmp_path / "nowhere"))
    assert main(["--folder", "tastes"]) == 2
    assert SHARED_DATA in capsys.readouterr().err


def test_one_run_gives_one_table_and_every_figure(ranking_set, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(SHARED_DATA, str(ranking_set.parents[1]))
    settings = tmp_path / "quick.toml"
    settings.write_text("[als]\nfactors = 4\niterations = 3\n", encoding="utf-8")
    out = tmp_path / "sub" / "figures.csv"
    given = ["--folder", "tastes", "--config", str(settings), "--threads", "1", "--draws", "100", "--out", str(out)]
    for name in ("popular", "implicit-als", "similar", "ease"):
        given += ["--models", name]
    assert main([*given, "--ease-limit", "5"]) == 0
    said = capsys.readouterr().out
    assert describe(1) in said
    assert "tastes, validation: 24 learners, 26 candidates" in said
    assert "EASE is left out" in said
    assert "Steps of the engine's fit, seconds:" in said
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {
        "leerlijn", "similar alone (content k-nearest)", "implicit ALS, its own defaults", "popular",
    }  # fmt: skip
    assert {row["metric"] for row in rows} == {"recall@20", "ndcg@20"}
    engine, popular = (
        next(row for row in rows if row["model"] == name and row["metric"] == "ndcg@20")
        for name in ("leerlijn", "popular")
    )
    assert float(popular["lead"]) == pytest.approx(float(engine["value"]) - float(popular["value"]), abs=1e-5)
    assert float(popular["lead_low"]) <= float(popular["lead"]) <= float(popular["lead_high"])
    assert float(engine["fit_seconds"]) > 0
    assert float(engine["ms_per_thousand_learners"]) > 0


def row_of(name, low, high):
    lead = Interval((low + high) / 2, low, high, 100)
    return Row(name, {"ndcg@10": lead}, {"ndcg@10": lead}, {}, 0.0, 0.0)


def test_where_the_engine_stands_is_said_in_words():
    rows = [row_of("engine", 0, 0), row_of("popular", 0.1, 0.2), row_of("random", 0.3, 0.4), row_of("als", -0.1, 0.1)]
    said = standing(rows, {"popular", "random"}, {"popular", "random", "als"}, "ndcg@10")
    assert "above every simple baseline (2)" in said
    assert "above 2 of 3 rows; level with als" in said
    worse = [*rows[:3], row_of("als", -0.2, -0.1)]
    assert "below als" in standing(worse, {"popular", "random"}, {"popular", "random", "als"}, "ndcg@10")
