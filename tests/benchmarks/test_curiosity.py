"""The game of rounds: same luck for every policy, nothing visited twice, and figures that can be counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.curiosity import GREEDY, RELEVANCE, main, outcome, policies
from benchmarks.rounds import Engine, Played, Simple, play
from benchmarks.scene import LIST, Rounds, build_scene, themes_of
from benchmarks.towns import ratio, switched
from data.simulation import SimulationConfig, interest_at
from recommender.city import UNKNOWN
from recommender.errors import BadInput
from training.config import config_from

SMALL = SimulationConfig(learners=150, venues=12, areas=6, activities_per_season=40, looks=12.0, school_trips=0.0)
GAME = Rounds(rounds=4, refit=2, learners=30)
QUICK = config_from({"threads": 1, "als": {"factors": 8, "iterations": 3}, "graph": {"rank": 8}})


@pytest.fixture(scope="module")
def scene():
    return build_scene(SMALL, GAME, QUICK)


@pytest.fixture(scope="module")
def greedy(scene):
    return play(scene, Engine(RELEVANCE, "relevance"))


def test_players_have_few_stamps_and_come_from_every_neighbourhood(scene):
    assert all(1 <= len(passport.stamps) <= 5 for passport in scene.passports)
    assert len(np.unique(scene.truth.people.area[scene.learners])) == 6
    assert max(stamp for passport in scene.passports for stamp in passport.stamps.at) < scene.moments[0]


def test_the_engine_is_fitted_as_often_as_the_game_says_and_never_on_what_players_do_later(scene):
    assert scene.releases[0] is scene.releases[1]
    assert scene.releases[1] is not scene.releases[2]
    as_of = [release.manifest["as_of"] for release in scene.releases]
    assert as_of == [scene.moments[0], scene.moments[0], scene.moments[2], scene.moments[2]]


def test_the_same_policy_meets_the_same_luck(scene, greedy):
    again = play(scene, Engine("another name", "relevance"))
    assert np.array_equal(again.activity, greedy.activity)
    assert np.array_equal(again.enjoyed, greedy.enjoyed)


def test_nobody_does_a_thing_twice_or_enjoys_what_they_did_not_do(scene, greedy):
    assert (greedy.activity != UNKNOWN).mean() > 0.5
    for passport, visits in zip(scene.passports, greedy.activity, strict=True):
        done = [*passport.stamps.activity.tolist(), *visits[visits != UNKNOWN].tolist()]
        assert len(done) - len(set(done)) == len(passport.stamps) - len(set(passport.stamps.activity.tolist()))
    assert not greedy.enjoyed[greedy.activity == UNKNOWN].any()


def test_visits_wake_interests_only_where_interests_spread(scene, greedy):
    start = interest_at(scene.truth, int(scene.moments[0]))[scene.learners]
    assert (greedy.interest > start).any()
    still = replace(scene, truth=replace(scene.truth, config=switched(scene.truth.config, ["interests_spread"])))
    assert np.array_equal(play(still, Engine(RELEVANCE, "relevance")).interest, start)


def test_lists_of_every_policy_are_made_of_the_same_offer(scene):
    interest = interest_at(scene.truth, int(scene.moments[0]))[scene.learners]
    everything, _ = Simple("all", "random").lists(scene, 0, scene.passports, interest)
    for policy in policies([0.5], strong=1.0):
        shown, session = policy.lists(scene, 0, scene.passports, interest)
        assert shown.shape == (len(scene.learners), LIST)
        assert np.array_equal((shown == UNKNOWN).sum(axis=1), (everything == UNKNOWN).sum(axis=1))
        there = shown != UNKNOWN
        assert np.array_equal(scene.catalogue.sessions.activity[session[there]], shown[there])
        assert (scene.catalogue.sessions.start[session[there]] < scene.moments[1]).all()


def test_who_knows_the_truth_about_enjoyment_brings_more_of_it(scene, greedy):
    oracle = play(scene, Simple("oracle", "enjoyment"))
    assert oracle.enjoyed.sum() > greedy.enjoyed.sum()


def test_a_profile_of_own_themes_shows_those_first(scene):
    shown, _ = Simple("own", "profile").lists(scene, 0, scene.passports, np.zeros((0, 0)))
    known, weights = themes_of(scene, scene.passports), scene.truth.offer.weights
    share = np.einsum("lt,lkt->lk", known, weights[np.maximum(shown, 0)])
    assert share[:, 0].mean() > share[:, -1].mean() + 0.2
    stamped_most = [weights[passport.stamps.activity].sum(axis=0) for passport in scene.passports]
    liking = np.einsum("lt,lkt->lk", np.array(stamped_most), weights[np.maximum(shown, 0)])
    assert (np.diff(liking, axis=1)[shown[:, 1:] != UNKNOWN] < 0.1).all()


def test_the_greedy_profile_believes_in_own_stamps_alone(scene):
    """Below everything somebody has been to, the order is the same for everybody: nothing was learned from neighbours."""
    values = Simple(GREEDY, "greedy")._values(scene, 0, scene.passports, np.zeros((0, 0)))
    linked = Simple("adjacent profile", "adjacent")._values(scene, 0, scene.passports, np.zeros((0, 0)))
    shares = scene.releases[0].model.theme_shares.toarray()
    done = [shares[passport.stamps.activity].sum(axis=0) > 0 for passport in scene.passports]
    same = differ = 0
    for one, first in enumerate(done):
        for other, second in enumerate(done[:one]):
            strange = ~(shares[:, first | second] > 0).any(axis=1)
            same += np.allclose(values[one, strange], values[other, strange], atol=2e-3)
            differ += not np.allclose(linked[one, strange], linked[other, strange], atol=2e-3)
    pairs = len(done) * (len(done) - 1) // 2
    assert same == pairs
    assert differ > pairs / 2


def test_figures_as_counted_by_hand(scene):
    n, themes = len(scene.learners), len(scene.truth.offer.themes)
    known = themes_of(scene, scene.passports)
    peak = np.full((n, themes), -np.inf)
    new = [int(np.flatnonzero(~row)[0]) for row in known]
    peak[np.arange(n), new] = 1.2
    peak[0] = -np.inf
    peak[0, np.flatnonzero(known[0])[0]] = 2.0
    activity = np.full((n, 3), UNKNOWN, dtype=np.int32)
    activity[1, :2] = 5, 6
    enjoyed = np.zeros((n, 3), dtype=bool)
    enjoyed[1, 0] = True
    found = outcome(scene, Played(activity, enjoyed, peak, peak), strong=1.0).figures
    assert found["found"].tolist() == [0, *[1] * (n - 1)]
    assert found["visits"].tolist() == [0, 2, *[0] * (n - 2)]
    assert found["enjoyed"][1] == 0.5
    assert np.isnan(found["enjoyed"][0])
    domain = scene.catalogue.activities.domain
    assert found["domains"].tolist() == [0, len({domain[5], domain[6]}), *[0] * (n - 2)]
    weights = scene.truth.offer.weights
    assert found["tried"][1] == (((weights[5] > 0) | (weights[6] > 0)) & ~known[1]).sum()
    assert outcome(scene, Played(activity, enjoyed, peak, peak), strong=1.3).figures["found"].sum() == 0


def test_a_ratio_is_paired_and_leaves_out_who_has_no_figure():
    base = np.array([1.0, 2.0, 3.0, np.nan])
    found = ratio(2 * base, base, seed=0)
    assert (found.value, found.low, found.high, found.n) == (2.0, 2.0, 2.0, 3)
    assert np.isnan(ratio(base, np.zeros(4), seed=0).value)


def test_wrong_settings_say_what_to_do(capsys):
    with pytest.raises(BadInput, match=r"'winter' is none of interests_spread, exposure_bias"):
        switched(SMALL, ["winter"])
    assert main(["--off", "winter", "--towns", "1"]) == 2
    assert "'winter'" in capsys.readouterr().err
    with pytest.raises(BadInput, match="nobody has 400 to 500 of them"):
        build_scene(SMALL, replace(GAME, stamps=(400, 500)), QUICK)


def test_the_command_teaches_and_prints_a_table(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "examples:" in capsys.readouterr().out
    small = ["--towns", "1", "--population", "120", "--learners", "12", "--rounds", "2", "--programme", "40"]
    assert main([*small, "--worlds", "still", "--curiosity", "0.5"]) == 0
    printed = capsys.readouterr().out
    assert "visits change no interest" in printed
    assert all(name in printed for name in (GREEDY, "relevance", "served at 0.5", "oracle of discovery", "cores"))
