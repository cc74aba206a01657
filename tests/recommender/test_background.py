"""Interest never sees background: where somebody lives and what they speak moves filters, never interest."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.city import Place
from recommender.model import SOURCES, Factors, moments_of
from recommender.passport import Passport, Stamps
from recommender.recommend import recommend, recommend_many
from tests.recommender.towns import DAY, NOW, ask

INTEREST = set(SOURCES) - {"popular", "places", "context"}

BACKGROUND = st.fixed_dictionaries(
    {
        "home": st.none() | st.builds(Place, st.floats(51.5, 52), st.floats(5.3, 5.8)),
        "languages": st.sampled_from([(), ("nl",), ("ar",), ("en", "ar"), ("zz",)]),
        "badges": st.sampled_from([frozenset(), frozenset({"b"})]),
    }
)


@st.composite
def curious(draw):
    rows = np.array(sorted(draw(st.sets(st.integers(0, 119), max_size=15))), dtype=np.int32)
    return Passport(
        wishes=np.array(sorted(draw(st.sets(st.integers(0, 3), max_size=2))), dtype=np.int32),
        stamps=Stamps(rows, np.full(len(rows), NOW - DAY), np.zeros(len(rows), dtype=np.int8)),
    )


def interest_of(answer):
    return {
        entry.activity: {part: value for part, value in entry.parts.items() if part in INTEREST}
        for entry in answer.recommendations
    }


@settings(max_examples=60, deadline=None)
@given(curious(), BACKGROUND, BACKGROUND, st.sampled_from([None, 20.0, 60.0]))
def test_interest_is_the_same_to_the_last_bit_whoever_asks(
    crowd_catalogue, crowd_release, passport, one, another, max_minutes
):
    request = ask(max_minutes=max_minutes)
    found = [
        interest_of(recommend(replace(passport, **background), crowd_catalogue, crowd_release, request))
        for background in (one, another)
    ]
    for activity in found[0].keys() & found[1].keys():
        assert set(found[0][activity]) == INTEREST >= {"als", "graph", "metadata", "similar", "wishes"}
        assert found[0][activity] == found[1][activity]


def test_with_as_many_factors_as_a_city_has_it_still_is(crowd_catalogue, crowd_release):
    """Wide factors are where BLAS would let the last bits depend on what else is scored."""
    rng = np.random.default_rng(0)
    model = crowd_release.model
    wide = rng.normal(size=(model.n_activities, 256)).astype(np.float32)
    factors = Factors(wide, moments_of(wide))
    model = replace(
        model,
        als=factors,
        metadata=factors,
        low_pass=factors,
        als_inverse=np.linalg.inv(wide.T @ wide + 50 * np.eye(256)),
    )
    release = replace(crowd_release, model=model)
    stamps = Stamps(np.arange(0, 30, 2, dtype=np.int32), np.full(15, NOW - DAY), np.zeros(15, dtype=np.int8))
    found = [
        interest_of(recommend(Passport(stamps=stamps, languages=spoken), crowd_catalogue, release, ask(count=1000)))
        for spoken in ((), ("nl",), ("ar",), ("en",))
    ]
    assert len(found[0]) > len(found[1]) > 10
    for others in found[1:]:
        assert all(found[0][activity] == parts for activity, parts in others.items())


def test_interest_does_move_with_what_somebody_does(crowd_catalogue, crowd_release):
    """So that the tests above can fail."""
    stamps = [
        Stamps(np.array([row], dtype=np.int32), np.array([NOW - DAY]), np.zeros(1, dtype=np.int8)) for row in (2, 9)
    ]
    passports = [Passport(stamps=own) for own in stamps]
    one, another = map(interest_of, recommend_many(passports, crowd_catalogue, crowd_release, ask()))
    assert one != another
