from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.columns import ACTIVITIES
from data.passports import passports_from
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.city import UNKNOWN, Place
from recommender.passport import NOBODY, POLICIES, Passport, Stamps
from recommender.recommend import recommend, recommend_many
from tests.conftest import moment
from tests.recommender.test_eligibility import REQUESTS, passports
from tests.recommender.towns import (
    DAY,
    NOW,
    QUICK,
    ask,
    checkerboard,
    left_out,
    listed,
    own_passport,
    themes,
    visits,
)
from training.fit import fit

HOME = Place(51.76, 5.52)


def as_bytes(answer) -> bytes:
    return repr(answer).encode()


def scores(answer):
    return [entry.score for entry in answer.recommendations]


# --- the answer one can see by eye ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("learner", "first"), [("r-1", "robot-match"), ("a-1", "farm"), ("n-1", "stars")])
def test_what_comes_next_in_klein_oss(tiny, tiny_catalogue, tiny_release, learner, first):
    answer = recommend(own_passport(tiny, tiny_catalogue, learner), tiny_catalogue, tiny_release, ask())
    assert listed(answer, tiny_catalogue)[0] == first


def test_on_a_checkerboard_the_one_left_out_comes_first():
    tables = checkerboard()
    catalogue, release = catalogue_from(tables), fit(tables, QUICK)
    for name, passport in passports_from(tables, catalogue):
        first = listed(recommend(passport, catalogue, release, ask()), catalogue)[0]
        assert first == f"a-{left_out(int(name[2:])):02d}"


# --- nothing is retrained -------------------------------------------------------------------------------------------


def test_a_new_stamp_changes_the_answer_at_once(tiny_catalogue, tiny_release):
    before = recommend(Passport(stamps=visits(tiny_catalogue, "paint")), tiny_catalogue, tiny_release, ask())
    after = recommend(Passport(stamps=visits(tiny_catalogue, "paint", "birds")), tiny_catalogue, tiny_release, ask())
    assert listed(before, tiny_catalogue)[0] not in ("pond", "farm")
    assert set(listed(after, tiny_catalogue)[:2]) == {"pond", "farm"}
    assert "birds" not in listed(after, tiny_catalogue)


def test_a_new_activity_is_recommended_at_once(tiny, tiny_release):
    new = {"activity_id": "owls", "title": "Uilen spotten met de boswachter", "themes": "animals:1", "language": "nl"}
    activities = pd.concat([tiny.activities, frame_of(ACTIVITIES, [new])], ignore_index=True)
    catalogue = catalogue_from(replace(tiny, activities=activities, has_sessions=False))
    passport = Passport(stamps=visits(catalogue, "birds", "pond"))
    request = ask(include_stamped=False, count=3)
    answer = recommend(passport, catalogue, tiny_release.extended(catalogue), request)
    assert "owls" in listed(answer, catalogue)
    on_the_way = recommend(passport, catalogue, tiny_release, request)  # extended then, as nobody did before
    assert as_bytes(on_the_way) == as_bytes(answer)


# --- the same again -------------------------------------------------------------------------------------------------


def test_the_same_question_gets_the_same_bytes(tiny, tiny_catalogue, tiny_release):
    for policy in ("relevance", "served"):
        request = ask(policy=policy, count=5, start=HOME, max_minutes=60)
        passport = own_passport(tiny, tiny_catalogue, "r-3")
        answers = [recommend(passport, tiny_catalogue, tiny_release, request) for _ in range(2)]
        answers.append(
            recommend(own_passport(tiny, tiny_catalogue, "r-3"), catalogue_from(tiny), fit(tiny, QUICK), request)
        )
        assert answers[0] == answers[1] == answers[2]
        assert len({as_bytes(answer) for answer in answers}) == 1


def test_without_a_profile_everybody_of_the_same_place_gets_the_same(tiny_catalogue, tiny_release):
    from_home = recommend(Passport(home=HOME), tiny_catalogue, tiny_release, ask())
    strangers = [NOBODY, Passport(badges=frozenset({"b"})), Passport(stamps=Stamps(not_found=3))]
    for stranger in strangers:
        answer = recommend(stranger, tiny_catalogue, tiny_release, ask(start=HOME))
        assert as_bytes(answer) == as_bytes(from_home)
        assert (answer.basis, answer.fallback) == ("none", "popular_nearby")
    assert all(
        entry.parts.get(part, 0) == 0
        for entry in from_home.recommendations
        for part in ("als", "graph", "metadata", "similar", "wishes", "places")
    )


def everybody(tables, catalogue):
    found = [passport for _, passport in passports_from(tables, catalogue)]
    return [
        *found,
        NOBODY,
        Passport(wishes=themes(catalogue, "t-1"), languages=("ar",)),
        Passport(age_low=5, age_high=5),
    ]


def test_the_size_of_the_block_does_not_change_the_answer(crowded, crowd_catalogue, crowd_release):
    passports, request = everybody(crowded, crowd_catalogue), ask(count=10)
    together = list(recommend_many(passports, crowd_catalogue, crowd_release, request))
    assert len(together) == len(passports) > 60
    for passport, answer in zip(passports, together, strict=True):
        alone = recommend(passport, crowd_catalogue, crowd_release, request)
        assert listed(alone, crowd_catalogue) == listed(answer, crowd_catalogue)
        assert scores(alone) == pytest.approx(scores(answer), abs=1e-5)
        assert (alone.funnel, alone.relax, alone.basis) == (answer.funnel, answer.relax, answer.basis)


def test_a_block_larger_than_a_block_is_answered_to_the_end(tiny_catalogue, tiny_release):
    passports = (NOBODY for _ in range(600))
    answers = list(recommend_many(passports, tiny_catalogue, tiny_release, ask(count=1)))
    assert len(answers) == 600
    assert len(set(map(as_bytes, answers))) == 1
    assert list(recommend_many([], tiny_catalogue, tiny_release, ask())) == []


def test_each_may_ask_something_else(tiny_catalogue, tiny_release):
    requests = [ask(free_only=True), ask(at=NOW + 5 * DAY), ask(line=0, count=1)]
    answers = recommend_many([NOBODY] * 3, tiny_catalogue, tiny_release, iter(requests))
    for request, answer in zip(requests, answers, strict=True):
        alone = recommend(NOBODY, tiny_catalogue, tiny_release, request)
        assert listed(answer, tiny_catalogue) == listed(alone, tiny_catalogue)
        assert answer.funnel == alone.funnel


@pytest.mark.parametrize(("learners", "questions"), [(2, 1), (1, 2)])
def test_as_many_questions_as_learners_or_one_for_all(tiny_catalogue, tiny_release, learners, questions):
    with pytest.raises(ValueError, match="zip"):
        list(recommend_many([NOBODY] * learners, tiny_catalogue, tiny_release, [ask()] * questions))


# --- what was asked -------------------------------------------------------------------------------------------------


def test_candidates_restrict_and_stamped_ones_come_back_on_request(tiny_catalogue, tiny_release):
    rows = tiny_catalogue.activities.ids.find(["farm", "pond", "paint"])
    passport = Passport(stamps=visits(tiny_catalogue, "pond"))
    answer = recommend(passport, tiny_catalogue, tiny_release, ask(candidates=rows))
    assert set(listed(answer, tiny_catalogue)) == {"farm", "paint"}
    answer = recommend(passport, tiny_catalogue, tiny_release, ask(candidates=rows, include_stamped=True))
    assert set(listed(answer, tiny_catalogue)) == {"farm", "pond", "paint"}


@pytest.mark.parametrize("count", [1, 3, 8, 9, 1000])
def test_a_list_is_as_long_as_asked_or_as_there_is(tiny_catalogue, tiny_release, count):
    whole = listed(recommend(NOBODY, tiny_catalogue, tiny_release, ask()), tiny_catalogue)
    for release in (tiny_release, None):
        answer = recommend(NOBODY, tiny_catalogue, release, ask(count=count))
        assert [entry.rank for entry in answer.recommendations] == list(range(1, min(count, 8) + 1))
        if release:
            assert listed(answer, tiny_catalogue) == whole[:count]


def test_where_nothing_is_left_the_answer_says_what_to_give_up(tiny_catalogue, tiny_release):
    for release in (tiny_release, None):
        request = ask(free_only=True, themes=themes(tiny_catalogue, "art"))
        answer = recommend(NOBODY, tiny_catalogue, release, request)
        assert answer.recommendations == ()
        assert answer.funnel[-1].left == 0
        assert (answer.relax.step, answer.relax.gains) == ("themes", 5)


def test_without_a_release_there_is_the_agenda_soonest_first(tiny, tiny_catalogue):
    answer = recommend(own_passport(tiny, tiny_catalogue, "r-1"), tiny_catalogue, None, ask())
    assert (answer.basis, answer.fallback) == ("stamps", "agenda")
    assert listed(answer, tiny_catalogue) == ["paint", "stars", "pond", "birds", "farm", "robot-match"]
    starts = [tiny_catalogue.sessions.start[entry.session] for entry in answer.recommendations]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("stamped", "wished", "basis", "fallback"),
    [
        ((), (), "none", "popular_nearby"),
        ((), ("space",), "wishes", "wishes"),
        (("birds",), ("space",), "stamps", "personalised"),
    ],
)
def test_the_answer_says_what_it_was_made_with(tiny_catalogue, tiny_release, stamped, wished, basis, fallback):
    passport = Passport(stamps=visits(tiny_catalogue, *stamped), wishes=themes(tiny_catalogue, *wished))
    answer = recommend(passport, tiny_catalogue, tiny_release, ask())
    assert (answer.basis, answer.fallback) == (basis, fallback)


def test_relevance_is_in_order_of_the_score_and_the_score_is_the_sum_of_its_parts(
    crowded, crowd_catalogue, crowd_release
):
    for passport in everybody(crowded, crowd_catalogue):
        answer = recommend(passport, crowd_catalogue, crowd_release, ask(start=HOME))
        assert scores(answer) == sorted(scores(answer), reverse=True)
        assert len(set(listed(answer, crowd_catalogue))) == len(answer.recommendations)
        for entry in answer.recommendations:
            assert entry.score == pytest.approx(sum(entry.parts.values()), abs=1e-4)
            assert entry.probability == 1.0


def test_leaving_the_reasons_out_changes_nothing_else(crowded, crowd_catalogue, crowd_release):
    for passport in everybody(crowded, crowd_catalogue)[::7]:
        answer = recommend(passport, crowd_catalogue, crowd_release, ask(count=5))
        bare = recommend(passport, crowd_catalogue, crowd_release, ask(count=5, explain=False))
        assert scores(answer) == scores(bare)
        assert listed(answer, crowd_catalogue) == listed(bare, crowd_catalogue)
        assert all(entry.reasons == () for entry in bare.recommendations)


@settings(max_examples=100, deadline=None)
@given(passports(), REQUESTS, st.sampled_from(POLICIES), st.sampled_from([0.0, 1.0]))
def test_whatever_is_asked_the_answer_is_whole(tiny_catalogue, tiny_release, passport, request, policy, curiosity):
    request = replace(request, policy=policy, curiosity=curiosity, seed=1)
    answer = recommend(passport, tiny_catalogue, tiny_release, request)
    assert len(answer.recommendations) == min(request.count, answer.funnel[-1].left)
    assert np.isfinite(scores(answer)).all()
    assert as_bytes(recommend(passport, tiny_catalogue, tiny_release, request)) == as_bytes(answer)


# --- reasons --------------------------------------------------------------------------------------------------------

PARTS = {
    "like_stamp": ("similar",),
    "together_with": ("als", "graph"),
    "wish": ("wishes",),
    "theme": ("metadata",),
    "popular": ("popular",),
    "next_station": ("station",),
    "near": ("minutes",),
    "known_venue": ("venue",),
    "free": ("price",),
    "soon": ("days",),
}
"""Which parts of the score a reason speaks for."""


def test_taking_a_reasons_part_away_lowers_the_score_by_its_gain(
    crowded, crowd_catalogue, crowd_release, tiny, tiny_catalogue, tiny_release
):
    seen = set()
    towns = [(crowded, crowd_catalogue, crowd_release), (tiny, tiny_catalogue, tiny_release)]
    for tables, catalogue, release in towns:
        wish = Passport(wishes=np.array([1], dtype=np.int32))
        for passport in [*(passport for _, passport in passports_from(tables, catalogue)), wish]:
            for entry in recommend(passport, catalogue, release, ask(start=HOME)).recommendations:
                gains = [reason.gain for reason in entry.reasons]
                assert gains == sorted(gains, reverse=True)
                assert len(gains) <= 3
                for reason in entry.reasons:
                    if reason.code not in PARTS:
                        continue
                    rest = sum(value for name, value in entry.parts.items() if name not in PARTS[reason.code])
                    assert reason.gain > 0
                    assert entry.score - rest == pytest.approx(reason.gain, abs=1e-4)
                    seen.add(reason.code)
    assert seen >= {"like_stamp", "together_with", "wish", "popular", "near", "known_venue", "free", "soon"}


def test_a_reason_points_at_what_it_speaks_of(tiny, tiny_catalogue, tiny_release):
    passport = own_passport(tiny, tiny_catalogue, "r-1")
    stamped = set(passport.stamps.activity.tolist())
    answer = recommend(passport, tiny_catalogue, tiny_release, ask())
    found = [reason for entry in answer.recommendations for reason in entry.reasons]
    assert all(reason.activity in stamped for reason in found if reason.code in ("like_stamp", "together_with"))
    match = answer.recommendations[0]
    station = next(reason for reason in match.reasons if reason.code == "next_station")
    assert tiny_catalogue.lines.ids.names[station.line] == "robot-line"
    newcomer = recommend(own_passport(tiny, tiny_catalogue, "n-1"), tiny_catalogue, tiny_release, ask())
    wish = newcomer.recommendations[0].reasons[0]
    assert (wish.code, tiny_catalogue.themes.ids.names[wish.theme]) == ("wish", "space")


def test_nobody_is_told_it_is_free_or_near_when_the_city_does_not_know(tiny_catalogue, tiny_release):
    answer = recommend(Passport(wishes=themes(tiny_catalogue, "art")), tiny_catalogue, tiny_release, ask())
    codes = {
        tiny_catalogue.activities.ids.names[entry.activity]: {reason.code for reason in entry.reasons}
        for entry in answer.recommendations
    }
    assert "wish" in codes["paint"]
    assert not {"free", "near"} & codes["paint"]
    assert not any("near" in of_one for of_one in codes.values())  # nobody said where from


# --- entries --------------------------------------------------------------------------------------------------------


def test_what_the_city_does_not_know_is_marked(tiny, tiny_catalogue, tiny_release):
    passport = Passport(age_low=9, age_high=9, languages=("nl",), home=HOME)
    answer = recommend(passport, tiny_catalogue, tiny_release, ask())
    marks = {
        listed(answer, tiny_catalogue)[place]: entry.not_known for place, entry in enumerate(answer.recommendations)
    }
    assert set(marks.pop("paint")) == {"age", "language", "price"}
    assert set(marks.values()) == {()}
    nowhere = catalogue_from(replace(tiny, venues=tiny.venues.assign(lat=float("nan"), lon=float("nan"))))
    answer = recommend(passport, nowhere, tiny_release.extended(nowhere), ask())
    unplaced = [entry for entry in answer.recommendations if "place" in entry.not_known]
    assert len(unplaced) == 7  # all but the stars, whose session has a place of its own
    assert all(np.isnan(entry.travel_minutes) for entry in unplaced)


def test_an_entry_names_the_session_its_venue_and_the_way_there(tiny_catalogue, tiny_release):
    answer = recommend(Passport(home=HOME), tiny_catalogue, tiny_release, ask())
    for entry in answer.recommendations:
        sessions = tiny_catalogue.sessions
        assert sessions.activity[entry.session] == entry.activity
        assert sessions.venue[entry.session] == entry.venue
        assert (entry.venue != UNKNOWN) == (entry.travel_minutes == entry.travel_minutes)


def test_of_several_sessions_the_sooner_and_nearer_one_is_named(tiny, tiny_release):
    rows = tiny.sessions[tiny.sessions.session_id == "s-pond"]
    soon, later = moment("2026-03-04 10:00"), moment("2026-03-25 10:00")
    both = pd.concat(
        [
            rows.assign(session_id="far-soon", start=soon, end=soon + 3600),
            rows.assign(session_id="near-later", start=later, end=later + 3600, venue_id="lib"),
            rows.assign(session_id="near-soon", start=soon + 60, end=soon + 3600, venue_id="lib"),
        ]
    )
    catalogue = catalogue_from(replace(tiny, sessions=both))
    entry = recommend(Passport(home=HOME), catalogue, tiny_release, ask()).recommendations[0]
    assert catalogue.sessions.ids[entry.session] == "near-soon"
    assert entry.travel_minutes < 5


def test_the_next_station_of_a_line_begun_has_a_slot_of_its_own(tiny, tiny_catalogue, tiny_release):
    answer = recommend(own_passport(tiny, tiny_catalogue, "r-1"), tiny_catalogue, tiny_release, ask())
    slots = {listed(answer, tiny_catalogue)[place]: entry.slot for place, entry in enumerate(answer.recommendations)}
    assert slots.pop("robot-match") == "next_station"
    assert set(slots.values()) == {"interest"}
    finished = Passport(stamps=visits(tiny_catalogue, "robot-start", "robot-code", "robot-match"))
    answer = recommend(finished, tiny_catalogue, tiny_release, ask(include_stamped=True))
    assert {entry.slot for entry in answer.recommendations} == {"interest"}
