"""Instances are read as their format says, and the checker lets no wrong route pass."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.machine import shared_data
from benchmarks.routes.__main__ import main
from benchmarks.routes.check import distance, score_of
from benchmarks.routes.instances import Instance, problem_of, read_folder, read_known, read_mctopmtw, read_optw
from benchmarks.routes.peers import ortools, poseable, pyvrp
from benchmarks.routes.run import Outcome, mean_gap, outcomes
from benchmarks.routes.unseen import make
from recommender.errors import BadInput

# A start at (0, 0) that is open until 30; three places five apart on a line, a minute each; the last is open at 20 only.
OPTW = """4 1 3 1
0 0
0 0.00 0.00 0 0 0 0 0 0 30
1 3.00 4.00 1 5 0 0 0 0 30
2 6.00 8.00 1 7 0 0 0 0 30
3 9.00 12.00 1 9 0 0 0 20 20
"""
# Two tours and a budget of 10; at most one of the first kind. Place 2 has its first and third window in tour 1.
MCTOPMTW = """2 2 10 1 9 9 9 9 9 9 9 9 9
0 0.0 0.0 0.0 0.0 0 100
2 3.0 4.0 1.0 5.0 10 20 30 40 50 1 6 1 0 0 0 0 0 0 0 0 0
3 6.0 8.0 1.0 7.0 10 20 30 40 50 0 4 1 0 0 0 0 0 0 0 0 0
"""


@pytest.fixture
def optw(tmp_path: Path) -> Path:
    (tmp_path / "r1.txt").write_text(OPTW, encoding="utf-8")
    return tmp_path


def instance(optw: Path, days: int = 1) -> Instance:
    return read_optw(optw / "r1.txt", days)


def test_a_toptw_file_is_read_in_whole_units_of_its_decimal(optw):
    one = instance(optw, days=2)
    assert (one.scale, one.days) == (10, 2)
    assert one.closes[1, :, 0].tolist() == [300, 300, 300, 200]
    problem = problem_of(one)
    assert problem.travel[0].tolist() == [0, 50, 100, 50, 50]
    assert problem.service.tolist() == [10, 10, 10]
    assert problem.day_closes.tolist() == [300, 300]


def test_an_mctopmtw_file_gives_each_tour_its_windows(tmp_path):
    path = tmp_path / "MCTOPMTW-2-pr01.txt"
    path.write_text(MCTOPMTW, encoding="utf-8")
    one = read_mctopmtw(path)
    assert (one.scale, one.days, one.node.tolist()) == (100, 2, [0, 2, 3])
    assert one.opens[0, 1].tolist() == [1000, 3000]
    assert one.closes[0, 1].tolist() == [2000, 4000]
    assert one.opens[1, 1].tolist() == [2000, 4000]
    assert one.opens[0, 2].tolist() == [2000, 4000]
    assert one.limit.tolist() == [10, 1, *[9] * 9]
    with pytest.raises(BadInput, match="budget 1"):
        score_of(one, [[1], [2]])
    assert score_of(one, [[1], []]) == 5


def test_the_checker_adds_up_what_is_right(optw):
    assert score_of(instance(optw), [[1, 2]]) == 12
    assert score_of(instance(optw), [[]]) == 0
    assert score_of(instance(optw, days=2), [[1], [2]]) == 12


@pytest.mark.parametrize(
    ("route", "why"),
    [
        ([[1, 1]], "twice"),
        ([[0]], "place 0"),
        ([[4]], "place 4"),
        ([[1], [2]], "2 days"),
        ([[3]], "ends too late"),
        ([[2, 1, 3]], "after it closed"),
    ],
)
def test_the_checker_says_what_is_wrong(optw, route, why):
    with pytest.raises(BadInput, match=why):
        score_of(instance(optw), route)


def test_both_ways_to_truncate_a_distance_agree(tmp_path):
    for path in make(tmp_path, seed=3)[::5]:
        one = read_optw(path, 1)
        travel = problem_of(one).travel
        rng = np.random.default_rng(0)
        for a, b in rng.integers(1, len(one.node), (300, 2)):
            assert travel[a - 1, b - 1] == distance(one, int(a), int(b))


def test_a_distance_that_is_just_whole_is_not_truncated_once_more():
    x = np.array([0.0, 3.6, 0.1])
    one = Instance("r", 10, np.arange(3, dtype=np.int32), x, np.zeros(3), *[np.zeros(3)] * 2,
                   *[np.zeros((1, 3, 1))] * 2, np.zeros((0, 3)), np.zeros(0))  # fmt: skip
    assert problem_of(one).travel[0].tolist() == [0, 35, 36, 36]
    assert distance(one, 0, 1) == 36
    assert distance(replace(one, scale=100), 1, 2) == 350


def test_the_command_writes_checked_routes(optw, tmp_path, capsys):
    known, out = tmp_path / "known.csv", tmp_path / "out.csv"
    known.write_text("instance,days,best_known\nr1,1,12\n", encoding="utf-8")
    wish = ["--instances", str(optw), "--best-known", str(known), "--days", "1", "--cpu-ms", "5", "--out", str(out)]
    assert main(wish) == 0
    assert "0.00%" in capsys.readouterr().out
    with out.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert list(row) == ["instance", "days", "score", "best_known", "gap", "cpu_ms", "visits"]
    assert (row["instance"], row["days"], row["score"], row["gap"]) == ("r1", "1", "12", "0.000000")
    assert score_of(instance(optw), [[int(node) for node in row["visits"].split()]]) == 12
    # What was written can be the measure of the next run.
    assert read_known(out) == {("r1", 1): 12.0}


def test_wrong_folders_and_files_are_named(tmp_path, capsys):
    assert main(["--instances", str(tmp_path)]) == 2
    assert "no instance" in capsys.readouterr().out
    (tmp_path / "r1.txt").write_text("4 1 3 1\n0 0\n0 zero\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"r1\.txt.*zero"):
        read_folder(tmp_path, "optw", 1)
    (tmp_path / "r1.txt").write_text(OPTW, encoding="utf-8")
    with pytest.raises(BadInput, match=r"r1\.txt.*values"):
        read_folder(tmp_path, "mctopmtw", 1)
    (tmp_path / "known.csv").write_text("instance,days\nr1,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="r1"):
        read_known(tmp_path / "known.csv")


def test_a_gap_is_a_share_of_what_is_known():
    one = Outcome("r1", 1, 9.0, 10.0, 1.0, "1")
    assert one.gap == pytest.approx(0.1)
    assert mean_gap([one, replace(one, best_known=None)]) == pytest.approx(0.1)
    assert mean_gap([]) is None


@pytest.mark.parametrize("way", [pyvrp, ortools])
def test_the_peers_answer_with_routes_that_pass_the_checker(optw, way):
    one = instance(optw)
    assert poseable(problem_of(one))
    (done,) = outcomes([one], {}, 50, way)
    assert done.score == 12


def test_what_was_made_is_wide_and_can_be_read(tmp_path):
    paths = make(tmp_path)
    made = read_folder(tmp_path, "optw", 1)
    assert len(paths) == len(made) == 28
    assert {len(one.node) - 1 for one in made} >= {48, 100, 288}
    assert all((one.opens <= one.closes).all() for one in made)


def test_the_public_instances_are_read():
    try:
        folder = shared_data() / "routes"
    except BadInput as error:
        pytest.skip(str(error))
    assert len(read_folder(folder / "optw", "optw", 2)) == 39
    made = read_folder(folder / "mctopmtw", "mctopmtw", 1)
    assert len(made) == 74
    assert {one.days for one in made} == {1, 2, 3, 4}
    assert (np.diff([one.limit[0] for one in made]) != 0).any()
