from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.translate import catalogue_from
from recommender.encoder import BLOCKS, PARENT_SHARE, Encoder, describe, scaled_rows, with_parents, words
from recommender.model import AGE_BANDS
from tests.recommender.towns import town
from training.config import Encoder as Settings
from training.sources.content import fit_encoder


@pytest.fixture(scope="module")
def encoder(crowd_catalogue) -> Encoder:
    return fit_encoder(crowd_catalogue, Settings())


def columns(encoder: Encoder, block: str) -> slice:
    """Where a block stands in the feature vector."""
    widths = dict.fromkeys(BLOCKS, 0) | {
        "words": len(encoder.words),
        "grams": len(encoder.grams),
        "themes": len(encoder.themes),
        "venue": len(encoder.venues),
        "organiser": len(encoder.organisers),
        "domain": 7,
        "form": 3,
        "stage": 3,
        "ages": len(AGE_BANDS),
    }
    begin = sum(widths[name] for name in BLOCKS[: BLOCKS.index(block)])
    return slice(begin, begin + widths[block])


def encoded(tables, *rows, encoder=None):
    catalogue = catalogue_from(tables)
    encoder = encoder or fit_encoder(catalogue, Settings())
    return encoder.encode(catalogue, np.array(rows, dtype=np.int32)).toarray()


def test_a_compound_also_gives_its_pieces():
    assert list(words("Het Weer-station van 3D_printers")) == [
        "het", "weer-station", "weer", "station", "van", "3d_printers", "3d", "printers",
    ]  # fmt: skip
    assert list(words("één ijsje, géén -streepje- ")) == ["één", "ijsje", "géén", "streepje"]
    assert list(words(" ,.- ")) == []


@given(st.text())
def test_words_are_lower_case_and_never_empty(text):
    assert all(word and word == word.lower() for word in words(text.lower()))


def test_the_title_says_most(tiny_catalogue):
    stars = tiny_catalogue.activities.ids.row("stars")
    text = next(describe(tiny_catalogue, [stars]))
    assert (text.count("Sterren kijken"), text.count("telescoop")) == (2, 1)


def test_parts_of_words_make_relatives_alike():
    tables = town([{"activity_id": name, "title": name} for name in ("robotica", "robots", "vogels", "vogelaar")])
    likeness = (vectors := encoded(tables, 0, 1, 2, 3)) @ vectors.T
    assert likeness[0, 1] > 0.2
    assert likeness[2, 3] > 0.2
    assert likeness[0, 2] == likeness[1, 3] == 0


def test_without_parts_of_words_only_whole_words_count(crowd_catalogue):
    encoder = fit_encoder(crowd_catalogue, Settings(characters=False))
    assert encoder.grams == ()
    assert len(encoder.words) > 5


def test_a_word_counts_by_the_logarithm_of_how_often_and_how_rare():
    tables = town([{"activity_id": "a", "title": "ster", "description": "ster vogel"},
                   {"activity_id": "b", "title": "vogel", "description": "ster"},
                   {"activity_id": "c", "title": "vogel"}])  # fmt: skip
    catalogue = catalogue_from(tables)
    encoder = fit_encoder(catalogue, Settings(characters=False))
    star, bird = encoder.encode(catalogue, np.zeros(1, dtype=np.int32)).toarray()[0, :2]
    rarity = (np.log(4 / 3) + 1) / (np.log(4 / 4) + 1)
    assert star / bird == pytest.approx(np.log(1 + 3) / np.log(1 + 1) * rarity)


def test_a_broader_theme_gets_its_share_of_a_narrower_one(tiny_catalogue):
    shares = with_parents(tiny_catalogue).toarray()
    theme, activity = tiny_catalogue.themes.ids.row, tiny_catalogue.activities.ids.row
    code = shares[activity("robot-code")]
    assert code[theme("robots")] == pytest.approx(0.8)
    assert code[theme("tech")] == pytest.approx(0.2 + PARENT_SHARE * 0.8)
    assert code[theme("space")] == code[theme("animals")] == 0


def test_a_grandparent_gets_a_share_of_the_share_and_a_circle_comes_to_an_end():
    themes = [{"theme_id": "a", "parent": "b"}, {"theme_id": "b", "parent": "c"}, {"theme_id": "c"}]
    activities = [{"activity_id": "x", "title": "x", "themes": "a:1"}]
    assert with_parents(catalogue_from(town(activities, themes=themes))).toarray() == pytest.approx(
        np.array([[1, PARENT_SHARE, PARENT_SHARE**2]])
    )
    circle = [{"theme_id": "a", "parent": "b"}, {"theme_id": "b", "parent": "a"}]
    assert np.isfinite(with_parents(catalogue_from(town(activities, themes=circle))).toarray()).all()


def test_activities_of_sister_themes_are_more_alike_than_those_of_strange_ones(tiny, tiny_catalogue):
    plain = tiny.activities.assign(title="", description="", organiser="", venue_id="", form="", stage="", domain="")
    plain["age_min"] = plain["age_max"] = np.nan
    vectors = encoded(replace(tiny, activities=plain), *range(8))
    row = tiny_catalogue.activities.ids.row
    assert vectors[row("stars")] @ vectors[row("robot-start")] == pytest.approx(0.2)  # share ½ each of length √1.25
    assert vectors[row("stars")] @ vectors[row("birds")] == 0


def test_rows_are_float32_of_length_one_and_the_same_in_every_batch(encoder, crowd_catalogue):
    everything = np.arange(len(crowd_catalogue.activities), dtype=np.int32)
    whole = encoder.encode(crowd_catalogue, everything)
    assert whole.dtype == np.float32
    assert np.sqrt((whole.toarray().astype(float) ** 2).sum(axis=1)) == pytest.approx(np.ones(len(everything)))
    shuffled = np.random.default_rng(1).permutation(everything)
    for batch in (everything[:1], everything[7:9], shuffled):
        assert (encoder.encode(crowd_catalogue, batch) != whole[batch]).nnz == 0


def test_no_rows_give_a_matrix_without_rows(encoder, crowd_catalogue):
    none = encoder.encode(crowd_catalogue, np.empty(0, dtype=np.int32))
    assert none.shape == (0, encoder.encode(crowd_catalogue, np.zeros(1, dtype=np.int32)).shape[1])


def test_an_activity_of_which_nothing_is_known_has_a_row_of_zeros():
    vectors = encoded(town([{"activity_id": name, "title": ""} for name in "ab"]), 0, 1)
    assert vectors.shape[0] == 2
    assert not vectors.any()


def test_words_nobody_used_before_a_new_venue_and_a_new_theme_add_nothing(encoder, crowded):
    words = {"title": "xylofoon", "description": "qqq"}
    strange = {"activity_id": "new", **words, "themes": "t-new:1", "venue_id": "v-new", "organiser": "o-new"}
    tables = town(
        [strange, {"activity_id": "bare", **words}],
        themes=[{"theme_id": "t-new"}, {"theme_id": "t-1"}],
        venues=[{"venue_id": "v-new"}, {"venue_id": "v-0"}],
    )
    vectors = encoded(tables, 0, 1, encoder=encoder)
    assert not vectors.any()


def test_what_was_known_is_found_again_in_whatever_order_the_city_names_it(encoder):
    tables = town(
        [{"activity_id": "new", "title": "", "themes": "t-1:1", "venue_id": "v-2", "organiser": "o-1"}],
        themes=[{"theme_id": "t-9"}, {"theme_id": "t-1"}],
        venues=[{"venue_id": "v-9"}, {"venue_id": "v-2"}],
    )
    vector = encoded(tables, 0, encoder=encoder)[0]
    for block, ids, name in (
        ("themes", encoder.themes, "t-1"), ("venue", encoder.venues, "v-2"), ("organiser", encoder.organisers, "o-1"),
    ):  # fmt: skip
        assert np.flatnonzero(vector[columns(encoder, block)]).tolist() == [ids.row(name)]


@pytest.mark.parametrize(
    ("low", "high", "bands"),
    [
        (6.0, 7.0, [6.0]),
        (6.0, 8.0, [6.0, 8.0]),  # eight years old all year
        (None, 3.0, [0.0]),
        (70.0, None, [65.0]),
        (None, None, []),
    ],
)
def test_an_activity_is_in_every_age_band_that_it_touches(encoder, low, high, bands):
    vector = encoded(town([{"activity_id": "a", "title": "", "age_min": low, "age_max": high}]), 0, encoder=encoder)[0]
    assert [AGE_BANDS[band] for band in np.flatnonzero(vector[columns(encoder, "ages")])] == bands


def test_scaled_rows_sum_to_one_or_stay_zero():
    from scipy import sparse

    matrix = sparse.csr_array(np.array([[3, 4], [0, 0]], dtype=np.float32))
    assert scaled_rows(matrix).toarray() == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))
    assert scaled_rows(matrix, power=1).toarray() == pytest.approx(np.array([[3 / 7, 4 / 7], [0, 0]]))
