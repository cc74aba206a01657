"""Borrowed strength: what a city shares, what cities together say, and how a fit starts from it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recommender.errors import BadConfig, BadInput
from recommender.release import SUMS, TIMES, load_release, save_release
from tests.training.conftest import coming
from training.borrowing.coefficients import Coefficients, Rung, coefficients_from
from training.borrowing.estimate import estimate
from training.borrowing.files import read_coefficients, write_json
from training.borrowing.learn import learn, settings_digest
from training.borrowing.pool import between_cities, pool, random_effects
from training.borrowing.prior import Belief, Prior, PriorRung, prior_from
from training.config import Borrow, Config, load_config, parse_config
from training.fit import CONTEXT_WEIGHTS, fit, learn_weights
from training.search import as_toml
from training.weights import LEARNED, Choices, borrowed, fit_weights

N = len(LEARNED)
DEFAULTS = dict.fromkeys(LEARNED, 1.0)


def city(name, values=(1.0, 2.0), information=((4.0, 1.0), (1.0, 9.0)), stamps=200, version="1.0", settings="0"):
    rung = Rung(stamps, 400, 90, ("popular", "minutes"), np.array(values), np.array(information))
    return Coefficients(name, version, settings, (rung,))


def prior(**more):
    low = PriorRung(200, 3, {"popular": 0.2, "minutes": 0.04}, {"popular": 0.1, "minutes": 0.01})
    high = PriorRung(800, 3, {"popular": 0.4, "minutes": 0.02}, {"popular": 0.1, "minutes": 0.01})
    return replace(Prior(("a", "b", "c"), (low, high)), **more)


def chosen(n, weights, seed=0, alternatives=12, per_learner=1):
    """Choices made by a conditional logit with known weights; of everything else there is nothing."""
    rng = np.random.default_rng(seed)
    truth = np.array([weights.get(name, 0.0) for name in LEARNED])
    features = rng.normal(size=(n, alternatives, N)) * (truth != 0)
    picked = (features @ truth + rng.gumbel(size=(n, alternatives))).argmax(axis=1)
    features[np.arange(n), [0] * n], features[np.arange(n), picked] = (
        features[np.arange(n), picked],
        features[np.arange(n), [0] * n].copy(),
    )
    learner = np.arange(n, dtype=np.int32) // per_learner
    return Choices(features.astype(np.float32), np.ones((n, alternatives), dtype=np.bool_), np.arange(n), learner)


# --- what cities together say ---------------------------------------------------------------------------------------


def test_with_equally_sure_cities_the_spread_is_what_a_textbook_says():
    values = np.array([[1.0], [2.0], [6.0]])
    mean, spread = random_effects(values, np.full((3, 1, 1), 0.5))
    # DerSimonian & Laird with equal variances v: τ² = s² − v = 7 − 0.5, and the variance of the mean (τ² + v) ÷ 3.
    assert between_cities(values, np.full((3, 1), 0.5)) == pytest.approx(6.5)
    assert mean == pytest.approx(3.0)
    assert spread == pytest.approx(np.sqrt(6.5 + 7 / 3))


def test_cities_that_agree_do_not_differ_and_the_surest_counts_most():
    values, variance = np.array([[1.0], [1.1], [0.9]]), np.array([[0.01], [1.0], [4.0]])
    mean, spread = random_effects(values, variance[:, :, None])
    assert between_cities(values, variance) == 0
    share = np.array([100, 1, 0.25])
    assert mean == pytest.approx(share @ values[:, 0] / share.sum())
    assert spread == pytest.approx(share.sum() ** -0.5)


def test_planted_means_and_spreads_are_recovered():
    rng = np.random.default_rng(0)
    mean, spread = np.array([0.3, 1.5]), np.array([0.1, 0.5])
    error = np.array([[0.04, -0.03], [-0.03, 0.09]])
    values = np.array([rng.multivariate_normal(rng.normal(mean, spread), error) for _ in range(500)])
    found, wide = random_effects(values, np.broadcast_to(error, (500, 2, 2)))
    np.testing.assert_allclose(found, mean, atol=0.08)
    np.testing.assert_allclose(wide, spread, atol=0.06)


def test_two_weights_that_no_city_can_tell_apart_are_told_apart_by_all_of_them():
    """Each city knows one direction only; a mean of each weight for itself would be far off."""
    truth = np.array([1.0, 3.0])
    errors, values = [], []
    for way in ([1.0, 1.0], [1.0, -1.0], [1.0, 0.2], [0.2, 1.0]):
        known = np.outer(way, way)
        information = 1e4 * known + 1e-2 * np.eye(2)
        errors.append(np.linalg.inv(information))
        values.append(errors[-1] @ (1e4 * known @ truth + 1e-2 * np.zeros(2)))
    mean, _ = random_effects(np.array(values), np.array(errors))
    np.testing.assert_allclose(mean, truth, atol=0.1)


def test_the_order_of_the_cities_changes_nothing_and_every_city_does():
    cities = [city("a"), city("b", (2.0, 2.5)), city("c", (0.5, 1.0))]
    assert pool(cities).digest == pool(cities[::-1]).digest
    assert pool([*cities[:2], city("c", (0.6, 1.0))]).digest != pool(cities).digest
    assert pool(cities).cities == ("a", "b", "c")


def test_a_size_of_history_needs_three_cities():
    cities = [city("a"), city("b"), city("c"), city("d", stamps=800)]
    found = pool(cities)
    assert [rung.stamps for rung in found.rungs] == [200]
    assert found.cities == ("a", "b", "c")


@pytest.mark.parametrize(
    ("cities", "told"),
    [
        ([city("a"), city("b")], "2 cities: 3 or more"),
        ([city("a"), city("b"), city("b")], "city 'b' is there twice"),
        ([city("a"), city("b"), city("c", version="2.0")], "different versions: 1.0, 2.0"),
        ([city("a"), city("b"), city("c", settings="1")], "different settings of the model: a 0, b 0, c 1"),
        ([], "0 cities"),
    ],
)
def test_cities_that_cannot_be_put_together(cities, told):
    with pytest.raises(BadInput, match=told):
        pool(cities)


# --- what choices say by themselves ---------------------------------------------------------------------------------


def test_the_estimate_finds_planted_weights_also_negative_ones():
    truth = {"popular": 0.6, "minutes": -0.4, "wishes": 1.2}
    values, information = estimate(chosen(3000, truth), np.ones(N))
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    for name, weight in truth.items():
        place = LEARNED.index(name)
        assert error[place] < 0.1
        assert abs(values[place] - weight) < 3 * error[place]


def test_what_nobody_could_choose_by_stays_at_its_default_and_counts_for_nothing():
    values, information = estimate(chosen(300, {"popular": 0.6}), np.ones(N))
    silent, heard = LEARNED.index("places"), LEARNED.index("popular")
    error = np.diag(np.linalg.inv(information))
    assert values[silent] == pytest.approx(1.0)
    assert error[silent] > 1000 * error[heard]


def test_the_same_choice_looked_at_twice_is_one_piece_of_evidence():
    once = chosen(600, {"popular": 0.6, "minutes": 0.4})
    twice = once.some(np.repeat(np.arange(600), 2))
    strangers = replace(twice, learner=np.arange(1200, dtype=np.int32))
    place = LEARNED.index("popular")
    error = [np.linalg.inv(estimate(one, np.ones(N))[1])[place, place] for one in (once, twice, strangers)]
    assert error[1] == pytest.approx(error[0], rel=0.02)
    assert error[2] == pytest.approx(error[0] / 2, rel=0.02)


# --- the prior ------------------------------------------------------------------------------------------------------


def test_between_two_sizes_of_history_the_belief_lies_between_and_beyond_them_it_stays():
    belief = prior().at(400)
    assert belief.mean["popular"] == pytest.approx(0.3)
    assert belief.mean["minutes"] == pytest.approx(0.03)
    assert belief.spread["popular"] == pytest.approx(0.1)
    for stamps, place in ((0, 0), (1, 0), (200, 0), (800, 1), (10**6, 1)):
        assert prior().at(stamps).mean == prior().rungs[place].mean


def test_files_come_back_as_they_were_and_equal_content_has_an_equal_digest(tmp_path):
    write_json(tmp_path / "prior.json", prior().as_dict())
    back = prior_from(json.loads((tmp_path / "prior.json").read_text()))
    assert back == prior()
    assert back.digest == prior().digest != prior(cities=("a", "b", "d")).digest
    write_json(tmp_path / "cities" / "a.json", city("a").as_dict())
    write_json(tmp_path / "cities" / "prior.json", prior().as_dict())
    (found,) = read_coefficients([tmp_path / "cities"])
    assert found.as_dict() == city("a").as_dict()


def broken(content, path, value):
    content = json.loads(json.dumps(content))
    *way, last = path
    target = content
    for step in way:
        target = target[step]
    target[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("kind",), "recipe", "not a leerlijn-prior file of schema 1"),
        (("schema",), 2, "not a leerlijn-prior file of schema 1"),
        (("cities",), [], "cities: empty"),
        (("cities",), [3], "cities: not all of them are names"),
        (("rungs",), [], "the smallest first"),
        (("rungs", 0, "stamps"), 800, "the smallest first"),
        (("rungs", 0, "stamps"), "many", "rungs\\[0\\]: stamps: 'many'"),
        (("rungs", 0, "mean", "popular"), float("nan"), "mean.popular: nan is not a number"),
        (("rungs", 0, "mean", "fame"), 1.0, "'fame' is no weight"),
        (("rungs", 1, "mean"), {"popular": 1.0}, "rungs\\[1\\]: mean and spread name different weights"),
        (("rungs", 1, "spread", "minutes"), 0.0, "rungs\\[1\\]: spread.minutes: 0.0 is not above 0"),
    ],
)
def test_a_broken_prior_is_told_where(path, value, told):
    with pytest.raises(BadInput, match=f"^here.*{told}"):
        prior_from(broken(prior().as_dict(), path, value), "here")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("kind",), "leerlijn-prior", "not a leerlijn-coefficients file"),
        (("city",), 4, "city: 4"),
        (("rungs", 0, "learners"), 0, "learners: 0 where at least 1"),
        (("rungs", 0, "information"), [[1.0]], "a symmetric square of 2 × 2"),
        (("rungs", 0, "information"), [[1.0, 2.0], [3.0, 4.0]], "a symmetric square"),
        (("rungs", 0, "information"), [[1.0, "x"], [3.0, 4.0]], "a symmetric square"),
        (("rungs", 0, "information"), [[1.0, 2.0], [2.0, 1.0]], "not positive definite"),
    ],
)
def test_broken_coefficients_are_told_where(path, value, told):
    with pytest.raises(BadInput, match=f"^here.*{told}"):
        coefficients_from(broken(city("a").as_dict(), path, value), "here")


def test_weights_in_another_order_are_the_same_weights():
    content = city("a").as_dict()
    content["rungs"][0]["values"] = dict(reversed(content["rungs"][0]["values"].items()))
    content["rungs"][0]["information"] = [[9.0, 1.0], [1.0, 4.0]]
    assert coefficients_from(content).as_dict() == city("a").as_dict()


# --- settings -------------------------------------------------------------------------------------------------------


def test_the_path_of_a_prior_starts_where_the_settings_lie(tmp_path):
    write_json(tmp_path / "prior.json", prior().as_dict())
    (tmp_path / "settings.toml").write_text('[borrow]\nprior = "prior.json"\n')
    config = load_config(tmp_path / "settings.toml")
    assert config.borrow.known() == prior()
    assert parse_config(as_toml(config)) == config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[borrow]\nprior = "none.json"', r"borrow\.prior: .*none\.json cannot be read"),
        ('[borrow]\nprior = "settings.toml"', r"borrow\.prior: .*settings\.toml is not JSON"),
        ('[borrow]\nprior = "list.json"', r"borrow\.prior: not a leerlijn-prior file"),
        ("[borrow]\nprior = 3", r"borrow\.prior: not a leerlijn-prior file"),
        ("[share]\nleast = 5", r"share\.least: 5 is outside 10"),
    ],
)
def test_settings_that_name_no_prior(tmp_path, text, told):
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(BadConfig, match=told):
        load_config(tmp_path / "settings.toml")


def test_a_private_release_borrows_nothing():
    with pytest.raises(BadConfig, match=r"borrow\.prior: .*private"):
        replace(Config(), borrow=Borrow(prior().as_dict()), privacy=replace(Config().privacy, epsilon=4.0))


# --- the fit --------------------------------------------------------------------------------------------------------


def test_own_choices_move_the_weights_away_from_what_is_borrowed_as_far_as_they_are_many():
    belief = Belief({"popular": 0.2}, {"popular": 0.1})
    found = [
        fit_weights(chosen(n, {"popular": 0.8}), borrowed(DEFAULTS, belief), belief).weights["popular"]
        for n in (2, 50, 5000)
    ]
    assert 0.2 <= found[0] < found[1] < found[2]
    assert found[0] == pytest.approx(0.2, abs=0.05)
    assert found[2] == pytest.approx(0.8, abs=0.1)


def test_where_cities_hardly_differ_a_city_is_taken_to_be_like_them():
    choices = chosen(200, {"popular": 0.8})
    sure, unsure = (
        fit_weights(choices, DEFAULTS, Belief({"popular": 0.2}, {"popular": spread})).weights["popular"]
        for spread in (0.001, 1.0)
    )
    assert sure == pytest.approx(0.2, abs=0.01)
    assert unsure > 0.6


def test_no_weight_is_below_0_and_a_source_left_out_stays_out():
    belief = Belief({"popular": -0.5, "als": 1.0}, {"popular": 0.1, "als": 0.1})
    assert borrowed(DEFAULTS, belief)["popular"] == 0.0
    found = fit_weights(chosen(60, {"minutes": 0.5}), {**DEFAULTS, "als": float("nan")}, belief)
    assert found.weights["popular"] == 0.0
    assert found.weights["als"] == 0.0


def test_a_city_with_too_few_stamps_to_learn_from_takes_what_is_usual(two_tastes, quick):
    begun = two_tastes.before(int(np.sort(two_tastes.stamps["at"])[40]))
    plain, lent = learn_weights(begun, quick), learn_weights(begun, replace(quick, borrow=Borrow(prior().as_dict())))
    assert plain.weights["popular"] == quick.weights.popular
    assert lent.weights["popular"] == 0.2
    assert lent.weights["minutes"] == 0.04
    assert lent.weights["days"] == CONTEXT_WEIGHTS["days"]


def test_the_simple_blend_borrows_and_stays_simple(two_tastes, quick):
    lender = prior(rungs=(PriorRung(200, 3, {"popular": 0.2, "als": 2.0}, {"popular": 0.1, "als": 0.1}),))
    settings = replace(quick, borrow=Borrow(lender.as_dict()), blend=replace(quick.blend, simple=True))
    for tables in (two_tastes, two_tastes.before(int(np.sort(two_tastes.stamps["at"])[40]))):
        assert learn_weights(tables, settings).weights["als"] == 0.0


def test_the_release_names_whose_experience_it_starts_from_and_is_the_same_again(two_tastes, quick, tmp_path):
    settings = replace(quick, borrow=Borrow(prior().as_dict()))
    saved = [tmp_path / name / save_release(fit(two_tastes, settings), tmp_path / name).name for name in "ab"]
    one, another = (
        {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in (TIMES, SUMS)}
        for folder in saved
    )
    assert one == another
    manifest = load_release(saved[0]).manifest
    assert manifest["borrowed"] == {"prior": prior().digest, "cities": ["a", "b", "c"]}
    assert prior_from(manifest["config"]["borrow"]["prior"]) == prior()
    assert "borrowed" not in fit(two_tastes, quick).manifest


# --- what leaves a city ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(two_tastes, quick):
    return learn(two_tastes, quick, wanted=(200,))


def test_a_city_tells_about_the_sizes_of_history_that_it_has(two_tastes, quick, shared):
    (rung,) = shared.rungs
    assert (rung.stamps, rung.names) == (200, LEARNED)
    assert 30 <= rung.learners <= 80
    # Who loves robots goes to new robots: descriptions must be found to count. Nobody had been there: visits must not.
    error = np.sqrt(np.diag(np.linalg.inv(rung.information)))
    metadata, als = LEARNED.index("metadata"), LEARNED.index("als")
    assert rung.values[metadata] > 5 * error[metadata]
    assert error[als] > 5
    with pytest.raises(BadInput, match="nothing to share: 3200 stamps"):
        learn(two_tastes, quick, wanted=(3200,))


def test_a_city_tells_the_same_again(two_tastes, quick, shared):
    again = replace(two_tastes, stamps=two_tastes.stamps.sample(frac=1, random_state=1).reset_index(drop=True))
    assert learn(again, quick, wanted=(200,)).as_dict() == shared.as_dict()


def test_nothing_leaves_but_numbers_for_the_weights(two_tastes, shared):
    text = json.dumps(shared.as_dict())
    frames = (two_tastes.stamps, two_tastes.activities, two_tastes.sessions, two_tastes.venues, two_tastes.themes)
    names = {
        str(word)
        for frame in frames
        for column in frame
        for word in frame[column].dropna().unique()
        if len(str(word)) > 3
    }
    assert {"r-00", "animals-19-1", "s-robots-00-0", "education"} <= names
    assert not {name for name in names if name in text.replace("two-tastes", "")}
    given = json.loads(text)
    assert set(given) == {"kind", "schema", "city", "version", "settings", "rungs"}
    assert set(given["rungs"][0]) == {"stamps", "choices", "learners", "values", "information"}
    assert set(given["rungs"][0]["values"]) == set(LEARNED)
    numbers = [*given["rungs"][0]["values"].values(), *np.ravel(given["rungs"][0]["information"])]
    assert all(value == float(f"{value:.6g}") for value in numbers)


def test_settings_that_shape_the_sources_tell_cities_apart_and_others_do_not(quick):
    assert settings_digest(replace(quick, als=replace(quick.als, factors=9))) != settings_digest(quick)
    assert settings_digest(replace(quick, seed=9, threads=2)) == settings_digest(quick)


def test_what_too_few_learners_speak_of_stays(two_tastes, quick):
    young = two_tastes.before(int(np.sort(two_tastes.stamps["at"])[150]))
    assert learn(young, replace(quick, share=replace(quick.share, least=20)), wanted=(80,)).rungs
    with pytest.raises(BadInput, match="choices by 100 learners"):
        learn(young, replace(quick, share=replace(quick.share, least=100)), wanted=(80,))


def test_a_city_without_stamps_has_nothing_to_share(two_tastes, quick):
    with pytest.raises(BadInput, match="nothing to share"):
        learn(coming(two_tastes).before(0), quick)
