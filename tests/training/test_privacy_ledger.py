"""What was spent stays spent: also after a kill, and when two spend at once."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from recommender.errors import BadInput
from training.privacy.ledger import YEAR, OverspentError, Spent, of_the_year, read, spend

NOW = 1_780_000_000


def test_the_first_line_makes_the_file_and_every_line_stays(tmp_path):
    path = tmp_path / "town" / "privacy.jsonl"
    assert read(path) == []
    spend(path, 4.0, 1e-5, 16.0, NOW)
    spend(path, 2.5, 1e-6, 16.0, NOW + 1)
    assert read(path) == [Spent(NOW, 4.0, 1e-5), Spent(NOW + 1, 2.5, 1e-6)]
    assert of_the_year(read(path), NOW + 2) == pytest.approx((6.5, 1.1e-5))


def test_what_would_overspend_is_refused_and_not_written(tmp_path):
    path = tmp_path / "privacy.jsonl"
    for day in range(4):
        spend(path, 4.0, 1e-5, 16.0, NOW + day * 86_400)
    before = path.read_bytes()
    with pytest.raises(OverspentError, match="16 are spent") as refused:
        spend(path, 0.5, 1e-5, 16.0, NOW + 4 * 86_400)
    assert "in 361 days" in str(refused.value)
    assert path.read_bytes() == before


def test_ten_times_a_tenth_is_one(tmp_path):
    for _ in range(10):
        spend(tmp_path / "privacy.jsonl", 0.1, 1e-6, 1.0, NOW)
    with pytest.raises(OverspentError):
        spend(tmp_path / "privacy.jsonl", 0.001, 1e-6, 1.0, NOW)


def test_more_than_a_year_allows_is_told_to_ask_for_less(tmp_path):
    with pytest.raises(OverspentError, match="Ask for less"):
        spend(tmp_path / "privacy.jsonl", 20.0, 1e-5, 16.0, NOW)


def test_after_a_year_a_line_no_longer_counts_but_one_from_the_future_does(tmp_path):
    path = tmp_path / "privacy.jsonl"
    spend(path, 16.0, 1e-5, 16.0, NOW)
    with pytest.raises(OverspentError):
        spend(path, 16.0, 1e-5, 16.0, NOW + YEAR - 1)
    spend(path, 16.0, 1e-5, 16.0, NOW + YEAR)
    with pytest.raises(OverspentError):  # the clock was set back
        spend(path, 1.0, 1e-5, 16.0, NOW - 10 * YEAR)


@pytest.mark.parametrize("line", ["{", '{"at": 1, "epsilon": 4', '{"at": 1, "epsilon": -4, "delta": 1e-5}', "", "[]"])
def test_a_line_that_cannot_be_read_stops_all_spending(tmp_path, line):
    path = tmp_path / "privacy.jsonl"
    spend(path, 1.0, 1e-5, 16.0, NOW)
    with path.open("a") as file:
        file.write(line + "\n")
    before = path.read_bytes()
    with pytest.raises(BadInput, match="line 2"):
        spend(path, 1.0, 1e-5, 16.0, NOW)
    assert path.read_bytes() == before


def _try(path, answers):
    try:
        spend(path, 1.0, 1e-6, 5.0, NOW)
        answers.put(True)
    except OverspentError:
        answers.put(False)


def test_of_many_at_once_no_more_come_through_than_the_budget_allows(tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    runs = [context.Process(target=_try, args=(tmp_path / "privacy.jsonl", answers)) for _ in range(8)]
    for run in runs:
        run.start()
    came = [answers.get(timeout=120) for _ in runs]
    for run in runs:
        run.join()
    assert sum(came) == len(read(tmp_path / "privacy.jsonl")) == 5


SPENDS_THEN_STOPS = """
import sys, time
from pathlib import Path
from training.privacy.ledger import spend
spend(Path(sys.argv[1]), 4.0, 1e-5, 4.0, int(sys.argv[2]))
print("spent", flush=True)
time.sleep(600)
"""


def test_a_run_killed_right_after_its_line_has_spent_it(tmp_path):
    path = tmp_path / "privacy.jsonl"
    run = subprocess.Popen(
        [sys.executable, "-c", SPENDS_THEN_STOPS, str(path), str(NOW)], stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout.readline() == "spent\n"
        os.kill(run.pid, signal.SIGKILL)
    assert [json.loads(line)["epsilon"] for line in path.read_text().splitlines()] == [4.0]
    with pytest.raises(OverspentError):
        spend(path, 4.0, 1e-5, 4.0, NOW)
