"""The whole of the results, attacked: whatever figures are added and subtracted, ten people or more stand behind what is left."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.translate import catalogue_from
from recommender.city import DOMAINS
from tests.training.subtraction import fewest_behind_a_sum
from training.config import config_from
from training.evaluation.beside import beside
from training.evaluation.cut import Cut
from training.evaluation.groups import by_history
from training.evaluation.history import present_lengths
from training.evaluation.measured import BY_DOMAIN, PARTS, RELEVANT, SETTING, Measured
from training.evaluation.metrics import CUTOFFS
from training.evaluation.pooled import People, pooled
from training.evaluation.results import BY_CUT, summarise
from training.evaluation.verdict import ENGINE, SERVED

CONFIG = config_from({"evaluation": {"bootstrap": 100}})
LISTS = (ENGINE, SERVED, "popular_30_days")
LABELS = (*BY_CUT, "reach@10", *(f"{part}_recall@10" for part in PARTS))
BANDS = (0, 1, 3, 6, 11)


def city(rng: np.random.Generator, n: int, n_cuts: int, again: float, mixed: float):
    """Learners at cuts: ``again`` is the chance to be tested at one more, ``mixed`` to do more than one kind of thing."""
    tested = np.zeros((n, n_cuts), dtype=bool)
    tested[np.arange(n), rng.integers(n_cuts, size=n)] = True
    tested |= rng.random((n, n_cuts)) < again
    measured, names = [], []
    for cut in range(n_cuts):
        rows = np.flatnonzero(tested[:, cut])
        names.append([f"p{row:03}" for row in rows])
        many = 1 + (rng.random(len(rows)) < mixed)
        kinds = {}
        for group in (DOMAINS[:3], PARTS[:2]):
            first, second = (rng.integers(len(group), size=len(rows)) for _ in range(2))
            for place, name in enumerate(group):
                kinds[name] = (first == place) + ((second == place) & (many > 1)).astype(float)
        kinds["new_activity"] = np.where(rng.random(len(rows)) < 0.5, 0.0, many)
        kinds |= dict.fromkeys(DOMAINS[3:], np.zeros(len(rows)))

        def over(name, values, kinds=kinds, many=many):
            """A figure over a part: not defined, something of its own, or that of the whole."""
            own = np.where(kinds[name] == many, values, rng.random(len(values)))
            return np.where(kinds[name] == 0, np.nan, own)

        figures = {}
        for one in LISTS:
            recall = rng.random(len(rows))
            figures[one] = {label: rng.random(len(rows)) for label in LABELS[:3]} | {"recall@10": recall}
            figures[one] |= {f"{part}_recall@10": over(part, recall) for part in PARTS}
        figures[BY_DOMAIN] = {name: over(name, figures[ENGINE]["recall@10"]) for name in DOMAINS}
        figures[RELEVANT] = kinds
        figures[SETTING] = {
            "history": rng.choice([0, 1, 2, 4, 8, 20], size=len(rows)).astype(float),
            "relevant": many.astype(float),
            "supply": np.full(len(rows), np.nan),
        }
        nothing = {f"{kind}@{k}": np.full(3, np.nan) for kind in ("coverage", "gini") for k in CUTOFFS}
        measured.append(Measured(figures, dict.fromkeys(LISTS, nothing)))
    everybody = pooled(names, measured)
    areas = rng.choice(["noord", "zuid", "oost", ""], p=[0.5, 0.3, 0.15, 0.05], size=len(everybody.learners))
    ages = rng.choice([5.0, 9.0, 30.0, np.nan], p=[0.5, 0.3, 0.18, 0.02], size=len(everybody.learners))
    return everybody, People(tuple(areas.tolist()), tuple(areas.tolist()), ages)


@pytest.fixture(scope="module")
def catalogue(two_tastes):
    return catalogue_from(two_tastes)


def results(everybody, people, catalogue):
    cuts = [Cut(1_700_000_000 + 86_400 * 90 * place, 1_700_000_000 + 86_400 * 90 * (place + 1)) for place in range(9)]
    found = summarise(everybody, cuts[: len(everybody.rows)], catalogue, people, CONFIG)
    json.dumps(found, allow_nan=False)
    return found


def published(found, everybody, people):
    """Every mean of recall@10 that the results show, as weights over the values of people at cuts; read off the JSON alone."""
    n = len(everybody.learners)
    whose = np.concatenate(everybody.rows)
    cut = np.repeat(np.arange(len(everybody.rows)), [len(rows) for rows in everybody.rows])
    length = np.concatenate([one.figures[SETTING]["history"] for one in everybody.measured])
    last = present_lengths(everybody)
    # Parts that are neither nothing nor everything are values of their own, one for each person.
    own = [(name, np.arange(n)) for name in (*DOMAINS, *PARTS)]
    kind = np.concatenate([whose, *(rows for _, rows in own)])
    sums = []

    def mean(inside, beside=None):
        """Of people, each counting with the mean over their cuts where ``inside`` holds."""
        times = np.bincount(whose[inside], minlength=n)
        weights = np.where(inside, 1 / np.maximum(times[whose], 1), 0)
        sums.append(np.concatenate([weights, np.zeros(len(own) * n) if beside is None else beside]))

    def over(name):
        of_part, of_all = everybody.total(RELEVANT, name), everybody.total(SETTING, "relevant")
        whole, some = of_part == of_all, (of_part > 0) & (of_part < of_all)
        beside = np.concatenate([some * (name == other) for other, _ in own]).astype(float)
        mean(whole[whose], beside)

    models = found["models"][ENGINE]
    if models["recall@10"]["value"] is not None:
        mean(np.ones(len(whose), dtype=bool))
    for part in PARTS:
        if models[f"{part}_recall@10"]["value"] is not None:
            over(part)
    for one in found["by_cut"]:
        if one["models"][ENGINE]["recall@10"]["value"] is not None:
            mean(cut == found["by_cut"].index(one))
    for one in found["history"]:
        mean(((last >= one["from"]) & (last <= (np.inf if one["to"] is None else one["to"])))[whose])
    for one in found["learning"]["groups"]:
        if one["own"]["value"] is not None:
            mean((length >= one["from"]) & (length <= (np.inf if one["to"] is None else one["to"])))
    for one in found["groups"]["dimensions"]:
        for cell in one["cells"]:
            if one["dimension"] == "domain":
                over(cell["groups"][0])
            elif one["dimension"] == "area":
                mean(np.isin(people.area, cell["groups"])[whose])
            else:
                values = people.age if one["dimension"] == "age" else last
                inside = np.zeros(n, dtype=bool)
                for label in cell["groups"]:
                    low, high = label or (np.nan, np.nan)
                    high = np.inf if high is None else high + 1
                    inside |= np.isnan(values) if label is None else (values >= low) & (values < high)
                mean(inside[whose])
    return np.column_stack(sums), kind, np.ones(n, dtype=np.int64)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(40, 160), st.integers(1, 3), st.sampled_from([0.0, 0.03, 0.5]), st.booleans())
def test_no_sum_of_figures_in_the_results_is_about_a_few(catalogue, seed, n, n_cuts, again, mixed):
    everybody, people = city(np.random.default_rng(seed), n, n_cuts, again, 0.5 if mixed else 0.03)
    found = results(everybody, people, catalogue)
    fewest = fewest_behind_a_sum(*published(found, everybody, people))
    assert fewest is None or fewest >= 10


@pytest.mark.parametrize(("again", "shown"), [(0.01, False), (0.5, True)])
def test_cuts_are_shown_one_by_one_only_where_enough_people_stand_in_several(catalogue, again, shown):
    everybody, people = city(np.random.default_rng(1), 400, 2, again, 0.5)
    several = sum(len(rows) for rows in everybody.rows) - len(everybody.learners)
    assert (several >= 10) == shown
    found = results(everybody, people, catalogue)
    assert bool(found["by_cut"]) == shown


def test_the_attack_finds_what_would_be_given_away(catalogue):
    """The same results with the figures of every cut put back."""
    everybody, people = city(np.random.default_rng(1), 400, 2, 0.01, 0.5)
    found = results(everybody, people, catalogue)
    several = sum(len(rows) for rows in everybody.rows) - len(everybody.learners)
    shown = {"value": 0.5}
    found["by_cut"] = [{"cut": place, "models": {ENGINE: {"recall@10": shown}}} for place in range(2)]
    assert fewest_behind_a_sum(*published(found, everybody, people)) <= several < 10


def test_parts_that_leave_out_a_few_are_not_shown(catalogue):
    everybody, people = city(np.random.default_rng(2), 400, 1, 0.0, 0.004)
    few = (everybody.total(SETTING, "relevant") > 1).sum()
    assert 0 < few < 10
    by_length = by_history(present_lengths(everybody))
    assert not beside(everybody, [by_length], by_length).parts
    models = results(everybody, people, catalogue)["models"]
    assert all(models[name][f"{part}_recall@10"]["value"] is None for name in LISTS for part in PARTS)
    assert models[ENGINE]["recall@10"]["value"] is not None
