"""Figures per group, the largest gap, and what chance makes of it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.insight.asked import BANDS
from tests.training.subtraction import fewest_behind_a_sum
from training.evaluation.cells import members
from training.evaluation.chance import gap_between, gap_within
from training.evaluation.groups import HISTORY_FROM, by_age, by_area, by_history, grouped, recall_by_domain, sentences


def sizes(grouping) -> list[int]:
    return [int((grouping.group == row).sum()) for row in range(len(grouping.labels))]


# --- grouping


def test_thin_neighbourhoods_join_the_next_larger_one():
    area = ["Noord"] * 100 + ["Zuid"] * 40 + ["Oost"] * 12 + ["West"] * 9 + [""] * 3
    found = by_area(area)
    assert found.labels == (("", "West", "Oost", "Zuid"), ("Noord",))
    assert sizes(found) == [64, 100]
    found = by_area(["Noord"] * 100 + ["Zuid"] * 40 + ["Oost"] * 20 + ["West"] * 12)
    assert found.labels == (("West", "Oost"), ("Zuid",), ("Noord",))


def test_age_bands_are_those_of_the_opportunity_figures_and_join_their_neighbours():
    age = np.array([4.0] * 40 + [6.0, 8.9] * 20 + [9.0] * 5 + [11.5] * 40 + [12.0] * 4 + [40.0] * 50)
    found = by_age(age)
    assert found.labels == (([0, 5],), ([6, 8],), ([9, 11], [12, 17]), ([18, 64],))
    assert sizes(found) == [40, 40, 49, 50]
    assert [label for parts in by_age(np.repeat([low for low, _ in BANDS], 30)).labels for label in parts] == [
        list(band) for band in BANDS
    ]


def test_an_age_that_is_not_known_is_a_group_of_its_own_or_joins_the_oldest():
    age = np.array([4.0] * 40 + [70.0] * 40 + [np.nan] * 40)
    assert by_age(age).labels == (([0, 5],), ([65, 120],), (None,))
    assert by_age(age[:90]).labels == (([0, 5],), ([65, 120], None))


def test_history_groups_name_their_ends():
    found = by_history(np.repeat([0, 1, 2, 3, 5, 6, 10, 11, 400], 30))
    assert found.labels == (([0, 0],), ([1, 2],), ([3, 5],), ([6, 10],), ([11, None],))
    assert sizes(found) == [30, 60, 60, 60, 60]
    assert len(HISTORY_FROM) == 5


@pytest.mark.parametrize("n", [0, 1, 9])
def test_too_few_to_group(n):
    for found in (by_area(["A"] * n), by_age(np.full(n, 8.0)), by_history(np.zeros(n, dtype=int))):
        assert found.labels == ()
        assert (found.group == -1).all()


def test_recall_in_each_domain():
    lists = np.array([[0, 1, 2], [3, 4, 5]], dtype=np.int32)
    domain = np.array([0, 0, 1, 1, 6, -1], dtype=np.int8)
    learner, activity = np.array([0, 0, 0, 1], dtype=np.int32), np.array([0, 3, 4, 5], dtype=np.int32)
    found = recall_by_domain(lists, learner, activity, domain, 3)
    assert found.shape == (2, 7)
    assert found[0, [0, 1, 6]].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(found[0, 2:6]).all()
    assert np.isnan(found[1]).all(), "a domain that is not known is none"


# --- the gap


def test_a_gap_that_anybody_sees_is_found_and_named():
    group = np.repeat([0, 1, 2], 50).astype(np.int32)
    values = np.where(group == 1, 0.2, 0.8) + np.random.default_rng(0).normal(0, 0.05, 150)
    found = gap_between(values, group, 999, 0)
    assert found.worst == 1
    assert found.best in (0, 2)
    assert found.gap == pytest.approx(0.6, abs=0.03)
    assert found.p == 1 / 1000
    assert found.by_chance < 0.2


def test_a_gap_among_people_who_are_alike_is_chance():
    values = np.random.default_rng(1).random(360)
    found = gap_between(values, np.repeat(np.arange(12), 30).astype(np.int32), 999, 0)
    assert found.p > 0.05
    assert found.gap == pytest.approx(found.by_chance, abs=0.08)
    assert found.by_chance > 0.1, "twelve groups of thirty never look alike"


def test_everybody_equal_has_no_gap():
    found = gap_between(np.full(90, 0.5), np.repeat([0, 1, 2], 30).astype(np.int32), 199, 0)
    assert (found.gap, found.p) == (0.0, 1.0)
    within = gap_within(np.full((40, 3), 0.5), 199, 0)
    assert (within.gap, within.p) == (0.0, 1.0)


def test_the_clearest_gap_is_named_and_not_one_of_a_few_people():
    """A group of 30 that is off by luck has a larger raw gap than one of 3,000 that is off in truth."""
    rng = np.random.default_rng(5)
    small = np.concatenate([np.zeros(22), np.ones(8)])
    large, usual = (rng.random(3000) < 0.45).astype(float), (rng.random(3000) < 0.52).astype(float)
    values = np.concatenate([small * 1.0, large, usual])
    group = np.repeat([0, 1, 2], [30, 3000, 3000]).astype(np.int32)
    found = gap_between(values, group, 499, 0)
    assert usual.mean() - small.mean() > found.gap
    assert (found.worst, found.best) == (1, 2)
    assert found.p <= 0.01


def test_one_group_or_none_has_no_gap():
    assert gap_between(np.ones(40), np.zeros(40, dtype=np.int32), 99, 0) is None
    assert gap_between(np.empty(0), np.empty(0, dtype=np.int32), 99, 0) is None
    assert gap_within(np.ones((50, 1)), 99, 0) is None
    assert gap_within(np.ones((29, 2)), 99, 0) is None
    assert gap_within(np.empty((0, 7)), 99, 0) is None
    alone = np.full((80, 2), np.nan)
    alone[:40, 0], alone[40:, 1] = 1.0, 0.0
    assert gap_within(alone, 99, 0) is None, "nobody can be compared with themselves"


def test_columns_of_a_few_people_do_not_count():
    values = np.full((60, 3), np.nan)
    values[:, 0], values[:40, 2] = 0.4, 0.5
    values[:5, 1] = 1.0
    found = gap_within(values, 199, 0)
    assert (found.best, found.worst) == (2, 0)
    assert found.p < 0.01


def test_the_order_of_people_does_not_change_the_gap():
    rng = np.random.default_rng(2)
    values, group = rng.random(200), rng.integers(0, 4, 200).astype(np.int32)
    mixed = rng.permutation(200)
    one, other = gap_between(values, group, 999, 7), gap_between(values[mixed], group[mixed], 999, 7)
    assert (one.best, one.worst) == (other.best, other.worst)
    assert one.gap == pytest.approx(other.gap)
    assert one.p == pytest.approx(other.p, abs=0.05)


def test_the_same_people_in_several_domains_are_compared_with_themselves():
    """Half do well everywhere and half do badly, and they go to other domains. Between people that is a gap, within nobody."""
    between, within, planted = 0, 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        level = np.where(np.arange(200) < 100, 0.9, 0.1)
        first, second = np.where(level > 0.5, 0.9, 0.3), np.where(level > 0.5, 0.3, 0.9)
        there = np.stack([rng.random(200) < first, rng.random(200) < second], axis=1)
        values = np.where(there, level[:, None] + rng.normal(0, 0.02, (200, 2)), np.nan)
        row, column = np.nonzero(there)
        between += gap_between(values[row, column], column.astype(np.int32), 99, seed).p < 0.05
        found = gap_within(values, 99, seed)
        within += found.p < 0.05
        assert abs(found.gap) < 0.02
        values[:, 1] -= 0.05
        found = gap_within(values, 99, seed)
        planted += found.p < 0.05
        assert found.gap == pytest.approx(0.05, abs=0.02)
    assert between == planted == 60
    assert within <= 8


# --- together


def town(n: int = 600, seed: int = 0, poor: float = 1.0):
    rng = np.random.default_rng(seed)
    area = rng.choice(["A", "B", "C", "D"], n, p=[0.4, 0.3, 0.2, 0.1])
    values = rng.random(n) * np.where(area == "C", poor, 1.0)
    age = rng.choice([4.0, 7.0, 10.0, 30.0, np.nan], n)
    history = rng.integers(0, 14, n)
    domains = np.where(rng.random((n, 7)) < 0.3, rng.random((n, 7)), np.nan)
    return values, [by_area(area.tolist()), by_age(age), by_history(history)], domains


def test_a_planted_gap_rings_and_says_where():
    values, groupings, domains = town(poor=0.3)
    found = grouped(values, groupings, 499, 0, domains)
    area = found["dimensions"][0]
    assert [one["dimension"] for one in found["dimensions"]] == ["area", "age", "history", "domain"]
    assert area["gap"]["alarm"]
    assert area["gap"]["worst"] == ["C"]
    assert area["gap"]["holm"] >= area["gap"]["p"]
    cells = {tuple(cell["groups"]): cell for cell in area["cells"]}
    assert cells[("C",)]["high"] < cells[("A",)]["low"]
    for lang in ("nl", "en"):
        text = sentences(found, lang)
        assert len(text) == 1
        assert " C " in text[0]


def test_without_a_gap_one_sentence_says_so():
    values, groupings, domains = town(poor=1.0)
    found = grouped(values, groupings, 499, 0, domains)
    assert not any(one["gap"]["alarm"] for one in found["dimensions"])
    for lang in ("nl", "en"):
        assert len(sentences(found, lang)) == 1


def test_it_is_plain_json_and_the_same_every_time():
    values, groupings, domains = town()
    one = json.dumps(grouped(values, groupings, 199, 3, domains), allow_nan=False)
    assert one == json.dumps(grouped(values, groupings, 199, 3, domains), allow_nan=False)


def test_with_too_few_nothing_is_shown_and_it_says_so():
    found = grouped(np.ones(25), [by_area(["A", "B"] * 12 + ["A"]), by_age(np.full(25, 8.0))], 99, 0, np.ones((25, 7)))
    assert [(one["cells"], one["why_none"], one["gap"]) for one in found["dimensions"]] == [([], "few", None)] * 3
    for lang in ("nl", "en"):
        assert sentences(found, lang)


def test_every_kind_of_group_has_a_name_in_both_languages():
    for dimension, labels in (
        ("area", ["Noord", ""]),
        ("age", [[6, 8], [7, 7], None]),
        ("history", [[0, 0], [1, 2], [11, None]]),
        ("domain", ["nature"]),
    ):
        gap = {"best": labels, "worst": labels, "gap": 0.004, "by_chance": 0.1, "alarm": True}
        found = {"dimensions": [{"dimension": dimension, "gap": gap}]}
        for lang in ("nl", "en"):
            text = sentences(found, lang)[0]
            assert "{" not in text
            assert "None" not in text
            assert " 0 " not in text.replace(" 0 activit", ""), "a gap is never said as nothing"


def test_a_grouping_that_would_undo_histories_is_left_out():
    """A neighbourhood that holds all newcomers but three: the results show histories elsewhere too, so the neighbourhoods go."""
    history = np.repeat([0, 4], [100, 300])
    area = ["A"] * 97 + ["B"] * 303
    found = grouped(np.linspace(0, 1, 400), [by_area(area), by_history(history)], 20, 0)
    assert [one["why_none"] for one in found["dimensions"]] == ["few", None]
    alone = grouped(np.linspace(0, 1, 400), [by_area(area)], 20, 0)
    assert alone["dimensions"][0]["why_none"] is None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 160), st.integers(0, 10**6), st.floats(0.1, 4.0), st.booleans())
def test_no_cell_is_small_and_nothing_can_be_subtracted(n, seed, skew, entangled):
    """However people are spread, and also when one grouping nearly repeats another."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(7, skew))
    row = rng.choice(7, n, p=shares)
    area = np.array(["A", "B", "C", "D", "E", "", "F"])[row]
    age = np.array([4.0, 7.0, 10.0, 14.0, 30.0, 70.0, np.nan])[row if entangled else rng.integers(0, 7, n)]
    few = rng.random(n) < 0.03
    age[few] = 30.0
    history = np.where(rng.random(n) < 0.9, row, rng.integers(0, 14, n))
    values = rng.random(n)
    values[rng.random(n) < 0.05] = np.nan
    groupings = [by_area(area.tolist()), by_age(age), by_history(history)]
    domains = np.where(rng.random((n, 7)) < 0.4, rng.random((n, 7)), np.nan)
    found = grouped(values, groupings, 20, 0, domains)
    there = ~np.isnan(values)
    lookup = {
        "area": [str(one) for one in area],
        "age": [None if np.isnan(one) else one for one in age],
        "history": history.tolist(),
    }
    published = []
    for one in found["dimensions"]:
        assert (one["why_none"] is None) == bool(one["cells"])
        for cell in one["cells"]:
            assert cell["n"] >= 30
            assert cell["n"] % 5 == 0
            assert cell["status"] in ("interval", "comparable")
            assert cell["low"] <= cell["value"] <= cell["high"]
        if not one["cells"] or one["dimension"] == "domain":
            continue
        member = np.full(n, -1)
        for place, cell in enumerate(one["cells"]):
            inside = [_belongs(value, cell["groups"]) for value in lookup[one["dimension"]]]
            member[np.array(inside) & there] = place
            assert (member[there] == place).sum() >= 28, "rounded to five, and thirty at least"
        assert (member[there] >= 0).all(), "everybody stands in one of the groups, so none is left to be worked out"
        published.append(member[there])
    if published:
        sums = np.hstack([members(one.astype(np.int32)) for one in published])
        fewest = fewest_behind_a_sum(sums, np.arange(len(sums)), np.ones(len(sums), dtype=np.int64))
        assert fewest is None or fewest >= 10


def _belongs(value, labels) -> bool:
    for label in labels:
        if isinstance(label, list):
            low, high = label
            if value is not None and low <= value < (np.inf if high is None else high + 1):
                return True
        elif value == label:
            return True
    return False
