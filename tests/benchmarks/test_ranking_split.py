"""What is asked: the right visits held back, nothing asked that was already done."""

import numpy as np
import pytest

from benchmarks.ranking.split import read_split, visits_of
from recommender.errors import BadInput
from tests.benchmarks.conftest import PER_TASTE, TASTES, write, write_ranking_set

NOW = 1_580_515_200


def pairs(split):
    names = split.catalogue.activities.ids.names
    return {(split.learners[row], names[one]) for row, one in zip(split.learner, split.activity, strict=True)}


def test_without_a_validation_file_the_last_visits_are_held_back_and_not_learned_from(ranking_set):
    split = read_split(ranking_set, "validation", NOW)
    assert pairs(split) == {(f"{t}-fan-{n}", f"{t}-{n}") for t in TASTES for n in range(PER_TASTE)}
    assert len(split.tables.stamps) == len(TASTES) * PER_TASTE * (PER_TASTE - 2)
    assert not (
        set(zip(split.tables.stamps["learner_id"], split.tables.stamps["activity_id"], strict=True)) & pairs(split)
    )


def test_the_test_learns_from_all_stamps_and_asks_nothing_that_stands_in_them(ranking_set):
    split = read_split(ranking_set, "test", NOW)
    assert len(split.tables.stamps) == len(TASTES) * PER_TASTE * (PER_TASTE - 1)
    assert pairs(split) == {(f"{t}-fan-{n}", f"{t}-{(n + 1) % PER_TASTE}") for t in TASTES for n in range(PER_TASTE)}
    assert split.n_relevant.tolist() == [1] * len(split.learners)
    assert not split.cold


def test_candidates_come_from_their_file_and_make_a_set_cold(cold_set):
    split = read_split(cold_set, "validation", NOW)
    names = np.array(split.catalogue.activities.ids.names)
    assert set(names[split.candidates]) == {"robots-new", "animals-new"} == set(names[split.request.candidates])
    assert split.cold
    assert not split.visited[split.candidates].any()


def test_what_a_learner_has_been_to_is_barred_for_them_alone(ranking_set):
    split = read_split(ranking_set, "test", NOW)
    names = np.array(split.catalogue.activities.ids.names)
    row = split.learners.index("robots-fan-0")
    barred = set(names[split.barred[row].indices])
    assert barred == {f"robots-{n}" for n in range(PER_TASTE) if n != 1}
    assert set(split.visits[split.rows[row]].indices) == set(split.barred[row].indices)


def test_a_learner_with_nothing_left_to_find_is_not_asked(tmp_path):
    folder = write_ranking_set(tmp_path / "set")
    write(folder / "test.csv", "learner_id,activity_id", ["robots-fan-0,robots-0", "robots-fan-1,robots-2"])
    split = read_split(folder, "test", NOW)
    assert split.learners == ("robots-fan-1",)
    assert split.barred.shape[0] == 1


def test_somebody_without_stamps_has_an_empty_row(tmp_path):
    folder = write_ranking_set(tmp_path / "set")
    write(folder / "test.csv", "learner_id,activity_id", ["a-stranger,robots-0"])
    split = read_split(folder, "test", NOW)
    assert split.visits[split.rows].nnz == 0
    assert visits_of(split.tables, split.catalogue, ())[0].shape[0] == split.visits.shape[0] - 1


@pytest.mark.parametrize(
    ("file", "rows", "says"),
    [
        ("test.csv", ["robots-fan-0,gardening"], "gardening"),
        ("test_candidates.csv", [], "activity_id"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path, file, rows, says):
    folder = write_ranking_set(tmp_path / "set")
    header = "learner_id,activity_id" if file == "test.csv" else "somebody"
    write(folder / file, header, rows)
    with pytest.raises(BadInput, match=says) as error:
        read_split(folder, "test", NOW)
    assert file in str(error.value)


def test_stamps_of_one_moment_cannot_be_divided(tmp_path):
    folder = write_ranking_set(tmp_path / "set")
    write(folder / "stamps.csv", "learner_id,activity_id,at", ["robots-fan-0,robots-1,2020-01-01T00:00:00Z"])
    with pytest.raises(BadInput, match="nothing can be held out"):
        read_split(folder, "validation", NOW)
