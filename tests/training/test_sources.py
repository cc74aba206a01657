"""What each source learns, against a slow computation of the same or an answer one can see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import Ridge

from data.translate import catalogue_from
from recommender.interest import CHOSEN_WEIGHT, fold_in, from_neighbours
from recommender.model import AGE_BANDS
from recommender.product import products
from tests.recommender.towns import DAY, NOW, town
from training.config import Als, Encoder, Graph, Popular
from training.interactions import Interactions, interactions_of
from training.sources.collaborative import SHARE_OF_ACTIVITIES, fit_als, fit_graph
from training.sources.content import conjugate_gradients, fit_encoder, fit_metadata, fit_similar
from training.sources.popular import fit_popular
from training.sources.stacking import stack


def random_visits(n_learners, n_activities, share=0.3, seed=0, never=0) -> sparse.csr_array:
    """Weighted visits; the last ``never`` activities have none."""
    rng = np.random.default_rng(seed)
    dense = (rng.random((n_learners, n_activities)) < share) * rng.choice([0.5, 1.0], (n_learners, n_activities))
    dense[:, n_activities - never :] = 0
    return sparse.csr_array(dense.astype(np.float32))


# --- interactions ---------------------------------------------------------------------------------------------------


def test_interactions_sum_the_weights_of_a_learners_stamps(tiny, tiny_catalogue):
    stamps = tiny.stamps.copy()
    again = stamps[(stamps.learner_id == "r-2") & (stamps.activity_id == "robot-code")].assign(at=NOW - DAY)
    found = interactions_of(replace(tiny, stamps=pd.concat([stamps, again])), tiny_catalogue)
    row = tiny_catalogue.activities.ids.row
    dense = found.matrix.toarray()
    assert dense.shape == (5, 8)  # n-1 has no stamp; a-2 has no passport
    assert found.matrix.dtype == np.float32
    assert dense[3, row("robot-code")] == 2 * CHOSEN_WEIGHT["family"]  # learners by name: a-1 a-2 r-1 r-2 r-3
    assert dense[1, row("pond")] == 1.0  # nobody said who chose
    assert found.age.tolist() == pytest.approx([7.0, np.nan, 9.5, 8.0, 10.0], nan_ok=True)
    assert len(found.at) == len(found.learner) == len(found.activity) == 11


def test_interactions_do_not_depend_on_the_order_of_rows(tiny, tiny_catalogue):
    one = interactions_of(tiny, tiny_catalogue)
    shuffled = replace(tiny, stamps=tiny.stamps.sample(frac=1, random_state=1))
    another = interactions_of(shuffled, tiny_catalogue)
    for name in ("learner", "activity", "at"):
        assert np.array_equal(getattr(one, name), getattr(another, name))
    assert (one.matrix != another.matrix).nnz == 0


def test_stamps_at_activities_that_are_gone_do_not_count(tiny):
    few = replace(tiny, activities=tiny.activities.head(2), lines=tiny.lines.head(0), sessions=tiny.sessions.head(2))
    found = interactions_of(few, catalogue_from(few))
    assert found.matrix.sum() == pytest.approx(4.5)
    assert found.matrix.shape == (3, 2)


# --- als ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "visited", "width"), [(64, 40, 10), (64, 43, 10), (3, 40, 3), (64, 3, 1), (64, 0, 1)]
)
def test_factors_are_at_most_a_quarter_of_the_visited_activities(asked, visited, width):
    matrix = random_visits(30, 50, never=50 - visited)
    factors, inverse = fit_als(matrix, Als(factors=asked, iterations=2), seed=0, threads=1)
    assert factors.shape == (50, width)
    assert inverse.shape == (width, width)
    assert width == max(1, min(asked, visited // SHARE_OF_ACTIVITIES))


def test_what_was_never_visited_has_no_factors_and_the_inverse_is_of_the_others():
    matrix = random_visits(30, 40, never=8)
    settings = Als(factors=6, regularisation=2.0, iterations=3)
    factors, inverse = fit_als(matrix, settings, seed=0, threads=1)
    assert factors.dtype == np.float32
    assert not factors[32:].any()
    assert np.abs(factors[:32]).sum(axis=1).min() > 0
    gram = factors.T.astype(float) @ factors + 2.0 * np.eye(6)
    assert inverse @ gram == pytest.approx(np.eye(6), abs=1e-9)


def test_als_is_the_same_on_any_number_of_threads_and_another_with_another_seed():
    matrix, few = random_visits(60, 40, seed=2), Als(factors=8, iterations=3)
    fitted = [fit_als(matrix, few, seed=5, threads=threads)[0] for threads in (1, 2, 4)]
    assert np.array_equal(fitted[0], fitted[1])
    assert np.array_equal(fitted[0], fitted[2])
    assert not np.array_equal(fitted[0], fit_als(matrix, few, seed=6, threads=1)[0])


def test_two_tastes_are_found():
    """Half of the learners go to the first ten activities, half to the last ten."""
    dense = np.zeros((40, 20), dtype=np.float32)
    dense[:20, :10] = dense[20:, 10:] = 1
    dense[np.arange(40), np.arange(40) % 20] = 0
    factors, _ = fit_als(sparse.csr_array(dense), Als(factors=4, regularisation=1.0), seed=0, threads=1)
    likeness = factors @ factors.T
    assert likeness[:10, :10].min() > 2 * np.abs(likeness[:10, 10:]).max()


# --- graph ----------------------------------------------------------------------------------------------------------


def plain_gf_cf(dense, rank):
    """GF-CF written out: the linear filter, and the ideal low-pass with D^-½ U Uᵀ D^½."""
    learners, activities = dense.sum(axis=1), dense.sum(axis=0)
    safe = np.where(activities > 0, activities, 1)
    normalised = dense / np.sqrt(learners)[:, None] / np.sqrt(safe)
    right = np.linalg.svd(normalised, full_matrices=False)[2][:rank].T
    low_pass = np.diag(safe**-0.5) @ right @ right.T @ np.diag(activities**0.5)
    return normalised.T @ normalised, low_pass


def three_tastes() -> sparse.csr_array:
    """A third of the learners to each third of the activities, and now and then to another: three clear directions."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.arange(3), 20)[:, None] == np.repeat(np.arange(3), 8)
    return sparse.csr_array((rng.random((60, 24)) < np.where(own, 0.7, 0.08)).astype(np.float32))


def test_the_graph_is_gf_cf():
    matrix = three_tastes()
    dense = matrix.toarray().astype(float)
    co_visits, factors, degree = fit_graph(matrix, Graph(rank=3, neighbours=1000, ease_limit=0), seed=0)
    linear, low_pass = plain_gf_cf(dense, 3)
    assert co_visits.weights.toarray() == pytest.approx(linear, abs=1e-5)
    assert degree == pytest.approx(dense.sum(axis=0))
    assert factors.activities.shape == (24, 3)
    ours = (matrix @ sparse.diags_array(1 / degree)) @ factors.activities @ factors.activities.T
    assert ours == pytest.approx(dense @ low_pass, abs=1e-4)


def test_the_engine_scores_by_the_same_graph():
    matrix = three_tastes()
    co_visits, factors, degree = fit_graph(matrix, Graph(rank=3, neighbours=1000, ease_limit=0), seed=0)
    linear, low_pass = plain_gf_cf(matrix.toarray().astype(float), 3)
    nobody_left_out = np.empty(0, dtype=bool)
    for learner in range(0, 60, 7):
        stamped = matrix.indices[matrix.indptr[learner] : matrix.indptr[learner + 1]]
        weights = matrix.data[matrix.indptr[learner] : matrix.indptr[learner + 1]]
        scores, *_ = from_neighbours(stamped, weights, co_visits.weights, nobody_left_out, 24)
        assert scores == pytest.approx(matrix.toarray()[learner] @ linear, abs=1e-4)
    vectors = ((matrix @ sparse.diags_array(1 / degree)) @ factors.activities).astype(np.float32)
    assert products(vectors, factors.activities, np.arange(24, dtype=np.int32)) == pytest.approx(
        matrix.toarray() @ low_pass, abs=1e-4
    )


def test_only_the_strongest_co_visits_are_kept_per_stamped_activity():
    matrix = random_visits(50, 24, seed=3)
    whole, *_ = fit_graph(matrix, Graph(rank=4, neighbours=1000, ease_limit=0), seed=0)
    few, *_ = fit_graph(matrix, Graph(rank=4, neighbours=5, ease_limit=0), seed=0)
    assert (np.diff(few.weights.indptr) <= 5).all()
    for row, kept in zip(whole.weights.toarray(), few.weights.toarray(), strict=True):
        assert kept[kept > 0].min() > np.max(row[(row > 0) & (kept == 0)], initial=0)


def test_the_graphs_rank_is_at_most_a_quarter_of_the_visited_activities_too():
    for visited, rank in ((40, 10), (3, 1)):
        matrix = random_visits(30, 50, never=50 - visited)
        factors = fit_graph(matrix, Graph(rank=64), seed=0)[1].activities
        assert factors.shape == (50, rank)
        assert not factors[visited:].any()


def test_rounding_does_not_choose_between_directions_that_are_level():
    groups = np.kron(
        np.eye(4), np.ones((6, 4))
    )  # nobody visits two groups: each is a direction as strong as the others
    rng = np.random.default_rng(5)
    found = []
    for _ in range(5):
        matrix = sparse.csr_array((groups * (1 + rng.normal(0, 1e-6, groups.shape))).astype(np.float32))
        factors = fit_graph(matrix, Graph(rank=2), seed=0)[1].activities
        found.append(factors @ factors.T)
    assert all(one == pytest.approx(found[0], abs=1e-3) for one in found)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 5), (5, 1), (1, 1), (3, 4)])
def test_hardly_any_visits_make_hardly_any_model(shape):
    matrix = sparse.csr_array(np.ones(shape, dtype=np.float32))
    co_visits, low_pass, degree = fit_graph(matrix, Graph(), seed=0)
    factors, inverse = fit_als(matrix, Als(iterations=2), seed=0, threads=1)
    assert co_visits.weights.shape == (shape[1], shape[1])
    assert len(low_pass.activities) == len(degree) == len(factors) == shape[1]
    for values in (co_visits.weights.data, low_pass.activities, low_pass.moments.covariance, factors, inverse):
        assert np.isfinite(values).all()
    assert stack([], 3).shape == (0, 3)


# --- metadata -------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.3, 1.0, 10.0]))
def test_conjugate_gradients_solve_what_numpy_solves(seed, n, ridge):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, 12)).astype(np.float32) / 3
    targets = rng.normal(size=(n, 3)).astype(np.float32)
    targets[:, 0] = 0
    found = conjugate_gradients(lambda columns: root @ (root.T @ columns), targets, ridge)
    exact = np.linalg.solve(root.astype(float) @ root.T + ridge * np.eye(n), targets)
    assert not found[:, 0].any()
    assert np.linalg.norm(found - exact) <= 2e-3 * np.linalg.norm(targets) / ridge


def test_every_column_is_solved_as_if_it_were_alone():
    rng = np.random.default_rng(0)
    root, targets = rng.normal(size=(30, 8)).astype(np.float32), rng.normal(size=(30, 4)).astype(np.float32)
    targets[:, 3] *= 1e4
    together = conjugate_gradients(lambda columns: root @ (root.T @ columns), targets, 1.0)
    for column in range(4):
        alone = conjugate_gradients(lambda columns: root @ (root.T @ columns), targets[:, [column]], 1.0)
        scale = np.abs(alone).max()
        assert together[:, column] / scale == pytest.approx(alone[:, 0] / scale, abs=5e-3)


@pytest.mark.parametrize("threads", [1, 3])
def test_metadata_weights_are_ridge_regression(threads):
    rng = np.random.default_rng(1)
    features = sparse.csr_array((rng.random((40, 15)) * (rng.random((40, 15)) < 0.4)).astype(np.float32))
    factors, visited = rng.normal(size=(40, 5)).astype(np.float32), rng.random(40) < 0.7
    ours = fit_metadata(features, factors, visited, 0.7, threads)
    theirs = Ridge(alpha=0.7, fit_intercept=False).fit(features.toarray()[visited], factors[visited]).coef_.T
    assert ours.shape == (15, 5)
    assert ours.dtype == np.float32
    assert ours == pytest.approx(theirs, abs=5e-3 * float(np.abs(theirs).max()))
    assert ours.tobytes() == fit_metadata(features, factors, visited, 0.7, 1).tobytes()


def test_metadata_learns_nothing_from_activities_that_nobody_visited():
    features = sparse.csr_array(np.eye(4, dtype=np.float32))
    factors = np.ones((4, 2), dtype=np.float32)
    visited = np.array([True, True, False, False])
    weights = fit_metadata(features, factors, visited, 1.0, 2)
    assert weights == pytest.approx(np.array([[0.5, 0.5]] * 2 + [[0, 0]] * 2), abs=1e-6)
    assert not fit_metadata(features, factors, ~visited & visited, 1.0, 2).any()


def test_a_description_leads_to_the_factors_of_its_like():
    titles = ["robots bouwen", "robots testen", "robots sturen", "vogels kijken", "vogels tellen", "vogels tekenen"]
    catalogue = catalogue_from(town({"activity_id": f"{place}", "title": title} for place, title in enumerate(titles)))
    features = fit_encoder(catalogue, Encoder()).encode(catalogue, np.arange(6, dtype=np.int32))
    factors = np.array([[1, 0]] * 3 + [[0, 1]] * 3, dtype=np.float32)
    visited = np.array([True, True, False, True, True, False])
    predicted = features @ fit_metadata(features, factors, visited, 1.0, 1)
    assert predicted[2, 0] > 0.2 > 5 * abs(predicted[2, 1])
    assert predicted[5, 1] > 0.2 > 5 * abs(predicted[5, 0])


# --- similar and the vocabulary -------------------------------------------------------------------------------------


def test_similar_is_the_same_in_one_block_or_many(crowd_features, monkeypatch):
    visited = np.arange(crowd_features.shape[0]) % 3 > 0
    whole, scale = fit_similar(crowd_features, visited, 10, threads=1)
    monkeypatch.setattr("recommender.likeness._BLOCK", 7)
    parts, same = fit_similar(crowd_features, visited, 10, threads=4)
    assert np.array_equal(whole.weights.toarray(), parts.weights.toarray())
    assert np.array_equal(scale, same)
    assert not whole.weights.toarray()[~visited].any()
    assert (np.diff(whole.weights.tocsc().indptr) <= 10).all()
    assert not whole.weights.diagonal().any()


@pytest.fixture(scope="module")
def crowd_features():
    from tests.recommender.towns import crowd

    catalogue = catalogue_from(crowd())
    return fit_encoder(catalogue, Encoder()).encode(catalogue, np.arange(120, dtype=np.int32))


def test_the_vocabulary_is_what_stands_in_two_texts():
    titles = ["robot lamp", "robot ster", "ster vogel", "vogel x"]
    catalogue = catalogue_from(town({"activity_id": title, "title": title} for title in titles))
    encoder = fit_encoder(catalogue, Encoder(characters=False))
    assert encoder.words == ("robot", "ster", "vogel")
    assert encoder.word_idf == pytest.approx(np.log(5 / 3) + 1)


def test_too_large_a_vocabulary_keeps_the_commonest_and_common_parts_of_words_go():
    titles = [f"alle {'veel' if place < 15 else ''} {'paar' if place < 3 else ''}" for place in range(40)]
    catalogue = catalogue_from(town({"activity_id": str(place), "title": title} for place, title in enumerate(titles)))
    assert fit_encoder(catalogue, Encoder(characters=False, max_features=2)).words == ("alle", "veel")
    grams = fit_encoder(catalogue, Encoder()).grams
    assert any("paa" in gram for gram in grams)
    assert not any("all" in gram or "eel" in gram for gram in grams)  # in more than a fifth


# --- popular --------------------------------------------------------------------------------------------------------


def stamps_of(*visits, ages=()) -> Interactions:
    """Visits as (learner, activity, days ago)."""
    learner, activity, days = (np.array(column) for column in zip(*visits, strict=True))
    ages = np.array([*ages, *[np.nan] * (learner.max() + 1 - len(ages))], dtype=float)
    matrix = sparse.csr_array(sparse.coo_array((np.ones(len(learner), np.float32), (learner, activity))))
    return Interactions(matrix, learner.astype(np.int32), activity.astype(np.int32), NOW - days * DAY, ages)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.5, 5.0]),
)
def test_popularity_has_mean_zero_and_spread_one_in_every_band(visits, prior):
    scores = fit_popular(stamps_of(*visits, ages=[3, 5, 7, 9, 30, 70]), 9, Popular(prior=prior))
    assert scores.shape == (len(AGE_BANDS) + 1, 9)
    assert scores.dtype == np.float32
    assert scores.mean(axis=1) == pytest.approx(np.zeros(len(scores)), abs=1e-5)
    spread = scores.std(axis=1)
    assert ((abs(spread - 1) < 1e-4) | (spread < 1e-4)).all()


def test_popular_now_is_above_popular_once_is_above_never():
    recent = [(learner, 0, 3) for learner in range(5)]
    once = [(learner, 1, 200) for learner in range(8)]
    everybody = fit_popular(stamps_of(*recent, *once), 3, Popular(days=30))[-1]
    assert everybody[0] > everybody[1] > everybody[2]
    ever = fit_popular(stamps_of(*recent, *once), 3, Popular(days=1000))[-1]
    assert ever[1] > ever[0] > ever[2]
    children = fit_popular(stamps_of(*recent, *once, ages=[9.0] * 8), 3, Popular(days=30))[AGE_BANDS.index(8.0)]
    assert children[0] > children[1] > children[2]


def test_who_comes_often_counts_once_and_nobody_stamps_an_activity_up_alone():
    many, often = [(learner, 0, 3) for learner in range(3)], [(9, 1, day) for day in range(1, 20)]
    scores = fit_popular(stamps_of(*many, *often), 3, Popular())[-1]
    assert scores[0] > scores[1] > scores[2]
    assert np.array_equal(scores, fit_popular(stamps_of(*many, *often[:1]), 3, Popular())[-1])


def test_a_band_with_few_visits_follows_everybody_and_one_with_many_its_own_taste():
    many_small = [(learner, 0, 1) for learner in range(40)]  # children of 5 go to the first
    many_old = [(40 + learner, 1, 1) for learner in range(60)]  # people of 70 to the second
    one_teen = [(100, 2, 1)]
    ages = [5.0] * 40 + [70.0] * 60 + [15.0]
    scores = fit_popular(stamps_of(*many_small, *many_old, *one_teen, ages=ages), 4, Popular(prior=5.0))
    band = {low: scores[place] for place, low in enumerate(AGE_BANDS)}
    assert band[4.0].argmax() == 0
    assert band[65.0].argmax() == 1
    assert band[14.0].argmax() == 1  # one visit does not outweigh what everybody does …
    assert band[14.0][2] > scores[-1][2]  # … but it counts
    assert np.array_equal(band[25.0], scores[-1])  # nobody of that age: everybody's


def test_an_unknown_age_counts_for_everybody_alone():
    known = stamps_of((0, 0, 1), (1, 1, 1), ages=[9.0, 9.0])
    unknown = stamps_of((0, 0, 1), (1, 1, 1), (2, 2, 1), (3, 2, 1), ages=[9.0, 9.0])
    before, after = (fit_popular(stamps, 4, Popular(prior=1e-6)) for stamps in (known, unknown))
    band = AGE_BANDS.index(8.0)
    assert after[-1][2] == after[-1].max()
    assert after[band][2] < after[band][0]
    assert before[band][0] == pytest.approx(before[band][1])


@pytest.mark.parametrize("n_activities", [0, 1, 4])
def test_without_stamps_nothing_is_popular(n_activities):
    none = Interactions(
        sparse.csr_array((0, n_activities), dtype=np.float32),
        np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0),
    )  # fmt: skip
    assert fit_popular(none, n_activities, Popular()).tolist() == [[0.0] * n_activities] * (len(AGE_BANDS) + 1)


def test_shrinking_moves_to_the_mean_by_so_many_visits():
    """Shares by hand: everything ever, then everybody now, both over three activities."""
    stamps = stamps_of((0, 0, 1), (1, 0, 1), (2, 1, 100))
    ever = (np.array([2, 1, 0]) + 3 / 3) / (3 + 3)
    now = (np.array([2, 0, 0]) + 4.0 * ever) / (2 + 4.0)
    expected = np.log(now)
    expected = (expected - expected.mean()) / expected.std()
    assert fit_popular(stamps, 3, Popular(days=30, prior=4.0))[-1] == pytest.approx(expected, abs=1e-6)


def test_folding_in_needs_no_more_than_what_als_hands_over():
    """The vector that als gave a learner at training is the one its stamps fold in to."""
    from recommender.model import Factors, moments_of

    matrix = random_visits(60, 40, seed=5)
    settings = Als(factors=8, iterations=15, regularisation=5.0)
    factors, inverse = fit_als(matrix, settings, seed=0, threads=1)

    class Fitted:
        als = metadata = Factors(factors, moments_of(factors))
        als_inverse, als_confidence, visited = inverse, settings.alpha, np.ones(40, dtype=bool)

    vectors = fold_in(matrix, Fitted)
    scores = vectors @ factors.T
    dense = matrix.toarray()
    assert np.mean(scores[dense > 0]) > np.mean(scores[dense == 0]) + 0.2
    confidence = 1 + (settings.alpha * dense[0] - 1) * (dense[0] > 0)
    gram = (factors * confidence[:, None]).T.astype(float) @ factors + 5.0 * np.eye(8)
    exact = np.linalg.solve(gram, factors.T.astype(float) @ (settings.alpha * dense[0]))
    assert vectors[0] == pytest.approx(exact, abs=1e-6)


def test_titles_that_only_number_the_activities_describe_nothing():
    def words(*titles):
        tables = town([{"activity_id": f"a-{row}", "title": title} for row, title in enumerate(titles)])
        encoder = fit_encoder(catalogue_from(tables), Encoder())
        return set(encoder.words), bool(encoder.grams)

    assert words(*(f"venue {number}" for number in range(30))) == (set(), False)
    assert words("robots 1", "robots 2", "birds 3", "birds 4")[0] == {"robots", "birds"}
    assert words("venue", "venue")[0] == {"venue"}
    assert words() == (set(), False)
