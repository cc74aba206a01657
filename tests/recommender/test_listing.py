"""The list as it is served, held to what it promises whatever the town, the learner and the request."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.passports import passports_from
from data.translate import catalogue_from
from recommender.beliefs import beliefs_of
from recommender.city import DEFAULT_TRAVEL, DOMAINS, Place
from recommender.passport import NOBODY, Passport, Request
from recommender.recommend import recommend
from recommender.travel import travel_minutes
from tests.recommender.towns import DAY, NOW, QUICK, ask, crowd, listed, themes, town, visits
from training.fit import fit

HOME = Place(51.765, 5.52)


@pytest.fixture(scope="module")
def lopsided():
    """A town where almost everything is a library's, and what is free stands at the bottom of every ranking."""
    tables, rng = crowd(seed=3), np.random.default_rng(0)
    domains = rng.choice(["", "library", "culture", "nature", "business"], 120, p=[0.1, 0.7, 0.1, 0.05, 0.05])
    tables = replace(tables, activities=tables.activities.assign(domain=domains, access="wheelchair"))
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    costly = dict(release.model.context_weights) | {"price": -1.0}
    release = replace(release, model=replace(release.model, context_weights=costly))
    return catalogue, release, [*(passport for _, passport in passports_from(tables, catalogue)), NOBODY]


def served(**wanted) -> Request:
    return ask(policy="served", **wanted)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 60),
    st.sampled_from([1, 2, 4, 5, 9, 10, 11, 20, 50, 100, 300]),
    st.none() | st.integers(0, 99),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([None, HOME]),
    st.sampled_from([np.nan, 9.0]),
)
def test_a_list_is_full_says_nothing_twice_and_keeps_its_promises(lopsided, who, count, seed, curiosity, start, age):
    catalogue, release, learners = lopsided
    passport = replace(learners[who], age_low=age, age_high=age)
    request = served(count=count, seed=seed, curiosity=curiosity, start=start)
    answer = recommend(passport, catalogue, release, request)
    entries = answer.recommendations
    assert len({entry.activity for entry in entries}) == len(entries) == min(count, answer.funnel[-1].left)
    assert [entry.rank for entry in entries] == list(range(1, len(entries) + 1))

    drawn = [entry for entry in entries if entry.slot == "drawn"]
    assert len(drawn) <= (seed is not None and count >= 5)
    assert all(0 < entry.probability <= 1 and "age" not in entry.not_known for entry in drawn)
    assert all(entry.probability == 1.0 for entry in entries if entry.slot != "drawn")
    assert all(entry.slot != "new_direction" for entry in entries if not curiosity or not len(passport.stamps))

    whole = recommend(passport, catalogue, release, replace(request, policy="relevance", count=1000)).recommendations
    free = {entry.activity for entry in whole if qualifies(catalogue, passport, entry.activity, start)}
    assert len(free & {entry.activity for entry in entries[:10]}) >= min(3, count, len(free))


def qualifies(catalogue, passport, row, start) -> bool:
    """Free, age known to fit, access known, and no more than twenty minutes on foot: by the words of the guarantee."""
    known, venue = catalogue.activities, catalogue.activities.venue[row]
    if start is None or np.isnan(passport.age_low) or venue < 0:
        return False
    age_known = not (np.isnan(known.age_min[row]) and np.isnan(known.age_max[row]))
    venues = catalogue.venues
    minutes = travel_minutes(start, venues.lat[[venue]], venues.lon[[venue]], DEFAULT_TRAVEL["walk"])[0]
    return bool(known.price[row] == 0 and age_known and known.access_known[row] and minutes <= 20)


NEAR, FAR = (51.766, 5.52), (51.9, 5.52)


def two_places(n_far: int):
    """Three free workshops, each tomorrow far away and the day after around the corner, and ``n_far`` that are only far away."""
    places = [(f"s-{number}", number, NEAR if number < 3 else FAR) for number in range(3 + n_far)]
    sessions = [
        (f"{name}-{day}", number, day, place if day == 2 else FAR) for name, number, place in places for day in (1, 2)
    ]
    return town(
        ({"activity_id": f"a{number}", "title": "x", "price": 0.0, "age_min": 6.0, "access": "wheelchair"}
         for number in range(3 + n_far)),
        sessions=(
            {"session_id": name, "activity_id": f"a{number}", "start": NOW + day * DAY, "end": NOW + day * DAY + 3600,
             "lat": lat, "lon": lon, "status": "scheduled"}
            for name, number, day, (lat, lon) in sessions
        ),
    )  # fmt: skip


@pytest.mark.parametrize("n_far", [0, 2, 20])
def test_what_the_guarantee_counts_is_the_session_that_is_shown(n_far):
    tables = two_places(n_far)
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    hurried = dict(release.model.context_weights) | {"minutes": 0.001, "days": 1.0}
    release = replace(release, model=replace(release.model, context_weights=hurried))
    passport = Passport(age_low=9.0, age_high=9.0)
    plain = recommend(passport, catalogue, release, ask(count=10, start=HOME, mode="walk")).recommendations
    assert all(entry.travel_minutes > 20 for entry in plain)
    for count in (1, 2, 10):
        answer = recommend(passport, catalogue, release, served(count=count, start=HOME, mode="walk"))
        near = [entry for entry in answer.recommendations if entry.travel_minutes <= 20]
        assert len(near) == min(3, count)
        for entry in near:
            assert catalogue.sessions.ids[entry.session].endswith("-2")
            assert sum(entry.parts.values()) == pytest.approx(entry.score, abs=1e-4)
            assert entry.score < max(one.score for one in plain if one.activity == entry.activity)
            assert [reason.minutes for reason in entry.reasons if reason.code == "near"] in ([], [entry.travel_minutes])


def test_the_guarantee_has_something_to_do_in_this_town(lopsided):
    catalogue, release, learners = lopsided
    short = 0
    for passport in learners:
        aged = replace(passport, age_low=9.0, age_high=9.0)
        plain = recommend(aged, catalogue, release, ask(count=10, start=HOME)).recommendations
        short += sum(qualifies(catalogue, aged, entry.activity, HOME) for entry in plain) < 3
    assert short > len(learners) / 2


def test_ten_places_hold_at_least_three_domains_where_there_are(lopsided):
    catalogue, release, learners = lopsided
    narrow = 0
    for passport in learners:
        for policy, curiosity in (("relevance", 0.0), ("served", 0.0), ("served", 1.0)):
            answer = recommend(passport, catalogue, release, ask(count=10, policy=policy, curiosity=curiosity))
            domains = {catalogue.activities.domain[entry.activity] for entry in answer.recommendations} - {-1}
            narrow += policy == "relevance" and len(domains) < 3
            assert policy == "relevance" or len(domains) >= 3
    assert narrow  # so that there was something to broaden
    assert len(DOMAINS) > 3


GALLERY = ("birds", "stars", "pots", "songs")


def gallery():
    """Forty activities about two known themes and two new ones; whoever likes birds finds songs, hardly ever pots."""
    rng = np.random.default_rng(4)
    kinds = [GALLERY[number % 4] for number in range(40)]
    stamps = []
    for learner in range(60):
        liked = ("birds", "songs") if learner % 2 else ("stars", "pots")
        choice = rng.choice([number for number, kind in enumerate(kinds) if kind in liked], 12, replace=False)
        stamps += [(f"l-{learner:02d}", f"a-{number:02d}", 40 - turn) for turn, number in enumerate(choice.tolist())]
    return town(
        ({"activity_id": f"a-{number:02d}", "title": kind, "themes": kind} for number, kind in enumerate(kinds)),
        stamps,
        themes=({"theme_id": kind, "parent": ""} for kind in GALLERY),
    )


def test_curiosity_brings_new_themes_and_first_those_that_follow_from_what_is_known():
    tables = gallery()
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    learner = Passport(stamps=visits(catalogue, "a-00", "a-04", "a-08"))
    new = {}
    for curiosity in (0.0, 0.5, 1.0):
        entries = recommend(learner, catalogue, release, served(count=8, curiosity=curiosity)).recommendations
        themes = [GALLERY[entry.activity % 4] for entry in entries]
        new[curiosity] = len(set(themes) - {"birds"})
        assert all(GALLERY[entry.activity % 4] != "birds" for entry in entries if entry.slot == "new_direction")
        assert [entry.score for entry in entries] == sorted((entry.score for entry in entries), reverse=True)
    assert new[0.0] <= new[0.5] <= new[1.0] == 3
    prior = beliefs_of([learner], [NOW], release.model).prior[0] / release.model.theme_base
    assert prior[GALLERY.index("songs")] > 1 > prior[GALLERY.index("pots")]


def test_less_of_a_theme_is_no_new_direction():
    tables = gallery()
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    learner = Passport(stamps=visits(catalogue, "a-00"))
    for aside in ("pots", "songs"):
        asked = replace(learner, less=themes(catalogue, aside))
        entries = recommend(asked, catalogue, release, served(count=2, curiosity=1.0)).recommendations
        new = {GALLERY[entry.activity % 4] for entry in entries if entry.slot == "new_direction"}
        assert new
        assert aside not in new


def test_the_drawn_place_is_drawn_with_the_chance_that_is_logged(lopsided):
    catalogue, release, learners = lopsided
    drawn: Counter[int] = Counter()
    chances = set()
    for seed in range(300):
        answer = recommend(learners[5], catalogue, release, served(count=10, seed=seed, explain=False))
        entry = next(entry for entry in answer.recommendations if entry.slot == "drawn")
        assert entry.rank == 10
        drawn[entry.activity] += 1
        chances.add(entry.probability)
    (chance,) = chances
    assert len(drawn) == round(1 / chance)
    expected = 300 * chance
    assert sum((seen - expected) ** 2 / expected for seen in drawn.values()) < 33  # χ², 9 degrees of freedom, p ≈ 1e-4


def test_the_same_seed_draws_the_same_and_no_seed_draws_nothing(lopsided):
    catalogue, release, learners = lopsided
    lists = [listed(recommend(learners[5], catalogue, release, served(count=10, seed=7)), catalogue) for _ in range(2)]
    assert lists[0] == lists[1]
    answer = recommend(learners[5], catalogue, release, served(count=10))
    assert all(entry.slot != "drawn" for entry in answer.recommendations)


def test_without_a_profile_the_list_is_the_ranking_but_for_breadth_and_guarantee(tiny_catalogue, tiny_release):
    plain = listed(recommend(NOBODY, tiny_catalogue, tiny_release, ask(count=3)), tiny_catalogue)
    assert listed(recommend(NOBODY, tiny_catalogue, tiny_release, served(count=3)), tiny_catalogue)[0] == plain[0]


@pytest.mark.parametrize("count", [1, 5, 50])
@pytest.mark.parametrize("n_activities", [0, 1, 2, 7])
def test_hardly_any_town_is_too_small_to_be_served(n_activities, count):
    tables = town(
        ({"activity_id": f"a{number}", "title": "x"} for number in range(n_activities)),
        [("l", "a0", 1)] if n_activities else [],
    )
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    for stamped in ((), catalogue.activities.ids.names[:1], catalogue.activities.ids.names):
        passport = Passport(stamps=visits(catalogue, *stamped))
        answer = recommend(passport, catalogue, release, served(at=NOW, count=count, seed=1, curiosity=1.0, start=HOME))
        assert len(answer.recommendations) == min(count, n_activities - len(stamped))
