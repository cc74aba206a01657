"""The whole evaluation on a town whose answer is known, and what must never leak into it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.columns import STAMPS
from data.passports import passports_from
from data.simulation import preset, simulate
from data.tables import empty, frame_of
from data.translate import catalogue_from
from recommender.eligibility import eligible, open_pool
from recommender.errors import BadInput
from recommender.guarantee import claim_of
from recommender.passport import Request
from recommender.scoring import score_block
from tests.training.conftest import DAY, FIRST_DAY, two_tastes_town
from training.evaluation.baselines import Random
from training.evaluation.circumstances import circumstances
from training.evaluation.cut import choose_cuts, draw_test, known_at
from training.evaluation.gap import gap_draws, sides
from training.evaluation.ranking import rank
from training.evaluation.resample import counts_of
from training.evaluation.run import evaluate, measurements
from training.evaluation.truth import truth_of
from training.evaluation.verdict import ENGINE, verdict
from training.fit import fit

CUT = FIRST_DAY + 14 * 7 * DAY - 10 * 3600


@pytest.fixture(scope="module")
def results(two_tastes, quick):
    return evaluate(two_tastes, quick, CUT)


def test_it_finds_the_two_tastes(results):
    models = results["models"]
    assert results["protocol"]["learners"] == 80
    assert models["leerlijn"]["recall@10"]["low"] > models["random"]["recall@10"]["high"] + 0.2
    assert models["content"]["recall@10"]["low"] > models["random"]["recall@10"]["high"]
    assert results["differences"]["random"]["recall@10"]["low"] > 0
    assert "random" in results["verdict"]["beats"]


def test_what_is_new_is_new(results):
    assert results["protocol"]["new_activities"] == 1.0
    assert results["protocol"]["reachable"] == 1.0
    assert results["protocol"]["new_learners"] == 0.0
    assert results["models"]["popular"]["recall@10"]["value"] == pytest.approx(
        results["models"]["random"]["recall@10"]["value"], abs=0.12
    ), "nobody can have visited what is still to come, so popularity is lots"


def test_two_domains_at_most(results):
    assert 1 <= results["models"]["leerlijn"]["domains@10"]["value"] <= 2
    assert results["models"]["random"]["domains@10"]["value"] == pytest.approx(2, abs=0.1)


def test_equal_input_gives_equal_bytes(results, two_tastes, quick):
    again = evaluate(two_tastes, quick, CUT)
    assert json.dumps(again) == json.dumps(results)


def test_intervals_hold_their_value_and_counts_are_rounded(results):
    for figures in results["models"].values():
        for cell in figures.values():
            if "low" in cell and cell["value"] is not None:
                assert cell["low"] <= cell["value"] <= cell["high"]
                assert cell["n"] % 5 == 0


def test_nothing_after_the_cut_changes_what_is_shown(two_tastes, quick):
    """Plant a future: everybody turns their taste around after the cut. No list may move."""

    def lists(tables):
        known = known_at(tables, CUT)
        catalogue = catalogue_from(known)
        trial = draw_test(two_tastes, catalogue, CUT, 90, 0, 0)
        release = fit(known, quick)
        return rank(trial, known, catalogue, release, [Random(len(catalogue.activities))], 0).lists

    after = two_tastes.stamps["at"] >= CUT
    turned = two_tastes.stamps["activity_id"].str.replace("robots", "x").str.replace("animals", "robots")
    turned = turned.str.replace("x", "animals")
    planted = two_tastes.stamps.assign(activity_id=two_tastes.stamps["activity_id"].where(~after, turned))
    assert not planted.equals(two_tastes.stamps)
    before, now = lists(two_tastes), lists(replace(two_tastes, stamps=planted))
    assert all(np.array_equal(before[name], now[name]) for name in before)


def test_lists_hold_only_what_is_still_to_come(two_tastes, quick):
    known = known_at(two_tastes, CUT)
    catalogue = catalogue_from(known)
    trial = draw_test(two_tastes, catalogue, CUT, 90, 0, 0)
    ranked = rank(trial, known, catalogue, fit(known, quick), [Random(len(catalogue.activities))], 0)
    start = np.zeros(len(catalogue.activities))
    start[catalogue.sessions.activity] = catalogue.sessions.start
    for name, lists in ranked.lists.items():
        shown = np.where(lists >= 0, start[lists], np.inf)
        assert (shown >= trial.at[:, None]).all(), name
        assert (lists >= 0).any()
    assert ranked.candidates.max() <= 6 * 4


def test_blocks_do_not_change_the_lists(two_tastes, quick, monkeypatch):
    known = known_at(two_tastes, CUT)
    catalogue = catalogue_from(known)
    trial = draw_test(two_tastes, catalogue, CUT, 90, 0, 0)
    release = fit(known, quick)
    whole = rank(trial, known, catalogue, release, [], 0)
    monkeypatch.setattr("training.evaluation.ranking._BLOCK_CELLS", 7 * len(catalogue.activities))
    done = []
    blocks = rank(trial, known, catalogue, release, [], 0, done.append)
    assert len(done) > 5
    assert sum(done) == len(trial.learners)
    assert np.array_equal(whole.lists[ENGINE], blocks.lists[ENGINE])
    assert np.array_equal(whole.candidates, blocks.candidates)
    assert np.array_equal(whole.reachable, blocks.reachable)


def test_learners_unknown_before_the_cut_are_tested_too(two_tastes, quick):
    newcomers = [
        {"learner_id": f"new-{number}", "activity_id": "robots-15-0", "at": FIRST_DAY + (7 * 15) * DAY + 3600}
        for number in range(20)
    ]
    tables = replace(two_tastes, stamps=pd.concat([two_tastes.stamps, frame_of(STAMPS, newcomers)], ignore_index=True))
    found = evaluate(tables, quick, CUT)
    assert found["protocol"]["learners"] == 100
    assert found["protocol"]["new_learners"] == pytest.approx(0.2)


def test_fewer_than_ten_learners_are_never_shown(two_tastes, quick):
    few = two_tastes.stamps[(two_tastes.stamps["at"] < CUT) | (two_tastes.stamps["learner_id"].str[-2:] < "09")]
    found = evaluate(replace(two_tastes, stamps=few.reset_index(drop=True)), quick, CUT)
    assert found["verdict"] == {"code": "too_few", "figure": "recall@10", "needed": 10}
    assert "models" not in found


def test_new_themes_of_few_learners_are_hidden(results):
    cell = results["models"]["leerlijn"]["new_theme_recall@10"]
    assert cell["n"] is None or cell["n"] >= 10


def test_no_stamps_before_the_cut(two_tastes, quick):
    with pytest.raises(BadInput, match=r"choose a later --cut"):
        evaluate(two_tastes, quick, FIRST_DAY - DAY)
    with pytest.raises(BadInput, match="there are none"):
        evaluate(replace(two_tastes, stamps=empty(STAMPS)), quick)


def test_without_a_season_start_the_last_quarter_is_kept_back(two_tastes, quick):
    winter = two_tastes.stamps["at"] < FIRST_DAY + 7 * 7 * DAY
    short = replace(two_tastes, stamps=two_tastes.stamps[winter].reset_index(drop=True))
    short = replace(short, city=replace(short.city, as_of=FIRST_DAY + 7 * 7 * DAY))
    found = evaluate(short, quick)
    assert found["protocol"]["why_fewer"] == {"code": "span", "wanted": 3, "found": 1, "days": 49}
    city = found["city"]
    share = city["stamps_after"] / (city["stamps_after"] + city["stamps_before"])
    assert 0.2 < share < 0.32


def test_a_city_that_knows_neither_themes_nor_sessions(two_tastes, quick):
    bare = replace(
        two_tastes,
        themes=two_tastes.themes[:0],
        activities=two_tastes.activities.assign(themes="", venue_id=""),
        venues=two_tastes.venues[:0],
        passports=two_tastes.passports[:0],
        sessions=two_tastes.sessions[:0],
        has_sessions=False,
    )
    found = evaluate(bare, quick, CUT)
    figures = found["models"]["leerlijn"]
    hidden = {"value": None, "low": None, "high": None, "n": None}
    assert figures["known_theme_recall@10"] == figures["new_theme_recall@10"] == hidden
    assert figures["domains@10"]["value"] == 0
    assert found["protocol"]["reachable"] == 1.0


def test_a_cut_after_everything_tests_nobody(two_tastes, quick):
    assert evaluate(two_tastes, quick, FIRST_DAY + 400 * DAY)["verdict"]["code"] == "too_few"


def test_the_test_ends_when_the_horizon_or_the_data_does(results, two_tastes, quick):
    as_of = datetime.fromtimestamp(two_tastes.city.as_of, UTC)
    assert datetime.fromisoformat(results["protocol"]["until"]) == as_of
    short = replace(quick, evaluation=replace(quick.evaluation, horizon_days=14.0))
    found = evaluate(two_tastes, short, CUT)["protocol"]
    assert datetime.fromisoformat(found["until"]) - datetime.fromisoformat(found["cut"]) == timedelta(days=14)


@pytest.mark.parametrize(
    ("low", "high", "code", "where"),
    [(0.01, 0.1, "better", "beats"), (-0.01, 0.1, "level", "level_with"), (-0.2, -0.1, "worse", "beaten_by")],
)
def test_the_verdict_follows_the_interval(low, high, code, where):
    lead = {"value": 0.05, "low": low, "high": high}
    sure = {"value": 0.05, "low": 0.04, "high": 0.06}
    found = verdict({"popular": {"recall@10": lead}, "random": {"recall@10": sure}}, "recall@10")
    assert found["code"] == code
    assert "popular" in found[where]


def test_the_list_as_shown_is_no_baseline():
    worse = {"value": -0.05, "low": -0.1, "high": -0.01}
    assert verdict({"leerlijn_served": {"recall@10": worse}}, "recall@10")["code"] == "better"


def test_another_town_of_the_same_kind_gives_another_figure(quick, results):
    other = evaluate(two_tastes_town(seed=1), quick, CUT)
    assert other["models"]["leerlijn"]["recall@10"]["value"] != results["models"]["leerlijn"]["recall@10"]["value"]


# Several cuts


@pytest.fixture(scope="module")
def year(quick):
    return simulate(replace(preset("small"), learners=120)).tables


@pytest.fixture(scope="module")
def seasons(year, quick):
    return evaluate(year, quick)


def test_it_cuts_at_the_last_season_starts(seasons):
    protocol = seasons["protocol"]
    assert [one["season"] for one in protocol["cuts"]] == ["autumn", "winter", "spring"]
    assert protocol["why_fewer"] is None
    assert all(one["until"] <= other["cut"] for one, other in pairwise(protocol["cuts"])), "no visit counts twice"
    assert protocol["learners"] < protocol["lists"], "somebody who is tested at several cuts counts once"
    assert protocol["lists"] == pytest.approx(sum(one["learners"] for one in protocol["cuts"]), abs=10)


def test_every_list_has_every_figure(seasons):
    names = {"leerlijn", "leerlijn_served", "random", "popular", "popular_30_days", "nearest_and_free", "newest"}
    names |= {"content", "item_knn", "als", "ease"}
    assert set(seasons["models"]) == names
    assert set(seasons["differences"]) == names - {"leerlijn"}
    assert seasons["protocol"]["left_out"] == {"oracle": {"code": "no_truth"}}
    (figures,) = {frozenset(cells) for cells in seasons["models"].values()}
    several = {
        f"{name}@{k}" for name in ("recall", "ndcg", "hit_rate", "mrr", "domains", "novelty") for k in (5, 10, 20)
    }
    several |= {f"{name}@{k}" for name in ("coverage", "gini", "new_activities") for k in (5, 10, 20)}
    several |= {f"{part}_recall@{k}" for part in ("known_theme", "new_theme", "new_activity") for k in (5, 10, 20)}
    assert figures == several | {"reach@10"}
    assert all(one["low"] <= one["value"] <= one["high"] for one in seasons["models"]["leerlijn"].values())
    assert set(seasons["p"]) == names - {"leerlijn", "leerlijn_served"}


def test_a_pooled_figure_lies_between_those_of_its_cuts(seasons):
    each = [one["models"]["popular"]["recall@10"]["value"] for one in seasons["by_cut"]]
    assert min(each) <= seasons["models"]["popular"]["recall@10"]["value"] <= max(each)
    assert len(each) == 3


def test_processes_change_nothing(year, quick, seasons, monkeypatch):
    monkeypatch.setattr("training.evaluation.run.ALONE_BELOW", 0)
    apart = evaluate(year, replace(quick, threads=2))
    assert json.dumps(apart["models"]) == json.dumps(seasons["models"])
    assert apart["venues"] == seasons["venues"]


def test_what_was_measured_is_not_measured_again(year, quick, seasons, tmp_path, monkeypatch):
    assert json.dumps(evaluate(year, quick, kept=tmp_path)) == json.dumps(seasons)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 6
    names = {name.encode() for name in year.stamps["learner_id"]}
    assert not any(name in path.read_bytes() for path in files for name in names), "nobody's name is kept"
    monkeypatch.setattr("training.evaluation.run.measure_engine", lambda *_: pytest.fail("fitted twice"))
    monkeypatch.setattr("training.evaluation.run.measure_simple", lambda *_: pytest.fail("ranked twice"))
    assert json.dumps(evaluate(year, quick, kept=tmp_path)) == json.dumps(seasons)


def test_what_was_measured_on_other_data_goes(year, quick, tmp_path):
    (tmp_path / "0123abcd-0123456789abcdef.npz").write_bytes(b"of somebody who was erased")
    work = measurements(year, quick, kept=tmp_path)
    assert not list(tmp_path.iterdir())
    path = tmp_path / f"{work.kept.data[:8]}-0.npz"
    path.write_bytes(b"cut short")
    measurements(year, quick, kept=tmp_path)
    assert path.exists()


def test_a_damaged_measurement_is_made_again(year, quick, seasons, tmp_path):
    evaluate(year, quick, kept=tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:500])
    assert json.dumps(evaluate(year, quick, kept=tmp_path)["models"]) == json.dumps(seasons["models"])


def test_the_oracle_is_ahead_of_everybody_and_decides_nothing(quick):
    made = simulate(replace(preset("small"), learners=120))
    found = evaluate(made.tables, quick, truth=made.truth)
    best = max(cells["ndcg@10"]["value"] for name, cells in found["models"].items() if name != "oracle")
    assert found["models"]["oracle"]["ndcg@10"]["value"] > best
    verdict = found["verdict"]
    assert "oracle" not in {*verdict["beats"], *verdict["beaten_by"], *verdict["level_with"]}


def test_the_truth_is_found_again_where_it_can_be(year):
    sample = simulate(preset("small"))
    assert truth_of(sample.tables) is not None
    changed = replace(sample.tables, stamps=sample.tables.stamps[:-1])
    assert truth_of(changed) is None
    assert truth_of(replace(sample.tables, city=replace(sample.tables.city, origin="own"))) is None
    assert truth_of(year) is None, "made with other settings than the shipped ones"


def test_what_is_within_reach_is_what_the_guarantee_speaks_of(year, quick):
    """Worked out apart from any list, and the same as in the recipe."""
    known = known_at(year, year.city.as_of)
    catalogue, release = catalogue_from(known), fit(known, quick)
    passports = [passport for _, passport in passports_from(known, catalogue)]
    at = np.full(len(passports), known.city.as_of)
    found = circumstances(passports, catalogue, at, {})
    request = Request(at=known.city.as_of, explain=False)
    block = [(passport, request) for passport in passports]
    can = [eligible(passport, catalogue, request, open_pool(catalogue, request)) for passport in passports]
    some = 0
    for row, one in enumerate(score_block(block, can, catalogue, release.extended(catalogue).model)):
        claim = claim_of(one, catalogue)
        assert np.array_equal(found.within[row, one.can.activities], claim.qualifies)
        assert found.allowed[row].sum() == len(one.can.activities)
        some += claim.exist
    assert some > 100


def test_venues_share_places_and_offer(seasons):
    assert sum(one["exposure"] for one in seasons["venues"]) == pytest.approx(1, abs=1e-3)
    assert sum(one["offer"] for one in seasons["venues"]) == pytest.approx(1, abs=1e-3)
    for one in seasons["venues"]:
        assert one["low"] <= one["ratio"] <= one["high"]
        assert one["ratio"] == pytest.approx(one["exposure"] / one["offer"], abs=1e-3)


@pytest.mark.parametrize("wanted", [1, 2, 3, 12])
def test_how_many_cuts(year, wanted):
    found = choose_cuts(year, wanted, 90, 0.25, 10)
    assert len(found.cuts) == min(wanted, 3)
    assert found.why == ("span" if wanted > 3 else "")


def test_too_few_learners_before_a_season_start(year):
    found = choose_cuts(year, 3, 90, 0.25, 80)
    assert len(found.cuts) < 3
    assert found.why == "learners"


def test_everybody_counts_once_on_average_and_the_same_in_every_process():
    names = [f"p-{number}" for number in range(4000)]
    counts = counts_of(names, 100, 0)
    assert counts.mean() == pytest.approx(1, abs=0.01)
    assert counts.var() == pytest.approx(1, abs=0.02)
    assert np.array_equal(counts[:, 10:20], counts_of(names[10:20], 100, 0))
    assert not np.array_equal(counts, counts_of(names, 100, 1))
    assert counts_of([], 5, 0).shape == (5, 0)


def test_a_city_is_divided_by_what_there_is_near():
    places = ["Rich"] * 60 + ["Poor"] * 40 + [""] * 5 + ["Rich"] * 5
    supply = np.array([9.0] * 60 + [1.0] * 40 + [0.0] * 5 + [np.nan] * 5)
    of = sides(places, supply)
    assert of.areas == ("Poor",)
    assert (of.least.sum(), of.others.sum()) == (40, 60)
    values = np.where(of.least, 0.2, 0.7)
    assert gap_draws(values, of, 50, 0) == pytest.approx(0.5)
    assert sides(["Rich"] * 60, np.ones(60)).areas == ()
    assert np.isnan(gap_draws(values[:60], sides(["Rich"] * 60, np.ones(60)), 50, 0)[0])
