"""Each filter by name on Klein-Oss; all of them together against a slow, plain reading of the same rules."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.columns import SESSIONS
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.answer import Relaxation
from recommender.city import COMPANY, DOMAINS, Place
from recommender.eligibility import TRAVEL_LADDER, WISHES, Eligible, eligible, open_pool
from recommender.passport import NOBODY, Passport, Stamps
from recommender.travel import travel_minutes
from tests.conftest import moment
from tests.recommender.towns import DAY, NOW, ask, themes, visits

CENTRE = Place(51.765, 5.518)
"""The door of the library."""

ALL = {"robot-start", "robot-code", "robot-match", "stars", "birds", "pond", "farm", "paint"}


def passing(catalogue, passport=NOBODY, request=None) -> Eligible:
    request = request or ask()
    return eligible(passport, catalogue, request, open_pool(catalogue, request))


def names(catalogue, passport=NOBODY, **wanted) -> set[str]:
    can = passing(catalogue, passport, ask(**wanted))
    return {catalogue.activities.ids.names[row] for row in can.activities}


def marked(catalogue, what, passport=NOBODY, **wanted) -> set[str]:
    """The eligible activities of which the city does not say something."""
    can = passing(catalogue, passport, ask(**wanted))
    return {catalogue.activities.ids.names[row] for row in can.activities[can.not_known[what]]}


def aged(low, high=None) -> Passport:
    return Passport(age_low=low, age_high=low if high is None else high)


def with_sessions(tiny, *rows):
    """Klein-Oss with these sessions alone; each is (activity, start, end, more)."""
    records = [
        {"session_id": f"s-{number}", "activity_id": activity, "start": start, "end": end, **more}
        for number, (activity, start, end, more) in enumerate(rows)
    ]
    return catalogue_from(replace(tiny, sessions=frame_of(SESSIONS, records)))


# --- when -----------------------------------------------------------------------------------------------------------


def test_nobody_in_particular_may_go_to_everything_that_is_on(tiny_catalogue):
    assert names(tiny_catalogue) == ALL


def test_what_has_begun_is_over_but_a_drop_in_only_when_it_closes(tiny):
    at = moment("2026-03-03 12:00")
    catalogue = with_sessions(
        tiny,
        ("stars", at - 60, at + 3600, {}),
        ("birds", at, at + 3600, {}),
        ("paint", at - 3600, at + 1, {"drop_in": 1.0}),
        ("pond", at - 3600, at, {"drop_in": 1.0}),
    )
    assert names(catalogue, at=at) == {"birds", "paint"}


def test_cancelled_full_and_sold_out_sessions_do_not_count(tiny):
    later = NOW + DAY, NOW + DAY + 3600
    catalogue = with_sessions(
        tiny,
        ("stars", *later, {"status": "cancelled"}),
        ("birds", *later, {"status": "full"}),
        ("pond", *later, {"capacity_left": 0.0}),
        ("farm", *later, {"capacity_left": 1.0}),
        ("paint", *later, {}),
        ("paint", *later, {"status": "cancelled"}),
    )
    assert names(catalogue) == {"farm", "paint"}
    can = passing(catalogue)
    assert [catalogue.sessions.ids[row] for row in can.sessions] == ["s-3", "s-4"]


def test_a_session_lies_in_the_window_and_a_drop_in_touches_it(tiny):
    opens, closes = NOW + DAY, NOW + DAY + 7200
    catalogue = with_sessions(
        tiny,
        ("stars", opens, closes, {}),
        ("birds", opens - 1, closes, {}),
        ("pond", opens, closes + 1, {}),
        ("farm", opens - 9000, opens, {"drop_in": 1.0}),
        ("paint", opens - 9000, opens + 1, {"drop_in": 1.0}),
        ("robot-code", closes - 1, closes + 9000, {"drop_in": 1.0}),
        ("robot-start", closes, closes + 9000, {"drop_in": 1.0}),
    )
    assert names(catalogue, opens=opens, closes=closes) == {"stars", "paint", "robot-code"}


def test_a_window_that_is_past_holds_nothing_however_long_a_door_stays_open(tiny):
    catalogue = with_sessions(tiny, ("paint", NOW - DAY, NOW + DAY, {"drop_in": 1.0}))
    assert names(catalogue) == {"paint"}
    assert names(catalogue, opens=NOW - 7200, closes=NOW - 3600) == set()


def test_a_window_that_has_begun_counts_from_now(tiny):
    catalogue = with_sessions(tiny, ("stars", NOW - 600, NOW + 600, {}), ("birds", NOW + 600, NOW + 900, {}))
    assert names(catalogue, opens=NOW - 3600, closes=NOW + 3600) == {"birds"}


def test_a_city_without_sessions_is_open_whenever_somebody_asks(tiny):
    catalogue = catalogue_from(replace(tiny, has_sessions=False))
    for at in (0, NOW, NOW + 10_000 * DAY):
        assert names(catalogue, at=at) == ALL
    assert names(catalogue, opens=NOW + DAY, closes=NOW + 2 * DAY) == ALL
    assert "s-paint" not in catalogue.sessions.ids


def test_candidates_restrict_the_pool(tiny_catalogue):
    rows = tiny_catalogue.activities.ids.find(["stars", "farm"])
    assert names(tiny_catalogue, candidates=rows) == {"stars", "farm"}
    assert names(tiny_catalogue, candidates=rows[:0]) == set()


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "may"),
    [
        (3.9, {"paint"}),
        (4.0, {"birds", "pond", "farm", "paint"}),
        (10.99, ALL),
        (11.0, ALL - {"pond"}),
        (13.0, {"robot-match", "stars", "birds", "paint"}),
        (15.0, {"stars", "birds", "paint"}),
    ],
)
def test_an_age_fits_until_the_day_before_the_birthday_after_the_last_year(tiny_catalogue, age, may):
    assert names(tiny_catalogue, aged(age)) == may


def test_an_unknown_age_range_stays_but_is_marked(tiny_catalogue):
    assert marked(tiny_catalogue, "age", aged(9)) == {"paint"}
    steps = {step.step: step for step in passing(tiny_catalogue, aged(9)).funnel}
    assert (steps["age"].left, steps["age"].not_known) == (8, 1)
    assert marked(tiny_catalogue, "age", NOBODY) == set()  # nobody asked


def test_half_a_range_is_known_as_far_as_it_goes(tiny_catalogue):
    assert "stars" in names(tiny_catalogue, aged(80))  # from 5, no end named
    assert "stars" not in names(tiny_catalogue, aged(4.99))
    assert "stars" not in marked(tiny_catalogue, "age", aged(9))


def test_a_band_fits_when_any_of_its_ages_does(tiny_catalogue):
    assert "pond" in names(tiny_catalogue, aged(10.0, 12.99))
    assert "pond" not in names(tiny_catalogue, aged(11.0, 12.99))
    assert "robot-match" in names(tiny_catalogue, aged(6.0, 8.99))
    assert "robot-match" not in names(tiny_catalogue, aged(6.0, 7.99))


def test_an_adult_comes_along_where_the_company_says_so(tiny_catalogue):
    together = names(tiny_catalogue, aged(8), company=(38.0,))
    assert together == {"robot-start", "stars", "birds", "paint"}
    assert "robot-start" not in names(tiny_catalogue, aged(8), company=(17.9,))
    assert "robot-start" in names(tiny_catalogue, NOBODY, company=(38.0,))  # nobody says that the other is no child


def test_an_adult_who_comes_alone_is_no_child(tiny_catalogue):
    assert "robot-start" not in names(tiny_catalogue, aged(38))
    assert "robot-start" not in names(tiny_catalogue, aged(38), company=(40.0,))
    assert "robot-start" in names(tiny_catalogue, aged(38), company=(8.0,))


def test_everybody_who_comes_along_must_fit(tiny_catalogue):
    assert names(tiny_catalogue, aged(9), company=(5.0,)) == {"stars", "birds", "pond", "farm", "paint"}
    assert names(tiny_catalogue, aged(9), company=(5.0, 38.0)) == {"stars", "birds", "paint"}
    assert names(tiny_catalogue, NOBODY, company=(13.0,)) == {"robot-match", "stars", "birds", "paint"}


def test_an_unknown_language_stays_but_is_marked(tiny_catalogue):
    assert names(tiny_catalogue, Passport(languages=("ar", "en"))) == {"paint"}
    assert names(tiny_catalogue, Passport(languages=("ar", "nl"))) == ALL
    assert marked(tiny_catalogue, "language", Passport(languages=("nl",))) == {"paint"}
    assert marked(tiny_catalogue, "language") == set()


def test_what_is_done_is_done_unless_it_is_asked_for(tiny_catalogue):
    been = Passport(stamps=visits(tiny_catalogue, "birds", "pond"))
    assert names(tiny_catalogue, been) == ALL - {"birds", "pond"}
    assert names(tiny_catalogue, been, include_stamped=True) == ALL


# --- what was asked for ---------------------------------------------------------------------------------------------


def test_an_unknown_price_is_not_free(tiny_catalogue):
    assert names(tiny_catalogue, free_only=True) == ALL - {"robot-match", "farm", "paint"}
    assert marked(tiny_catalogue, "price") == {"paint"}


def test_a_need_is_met_only_where_somebody_says_so(tiny_catalogue):
    assert names(tiny_catalogue, access=("wheelchair",)) == {"robot-start", "robot-code", "robot-match"}
    assert names(tiny_catalogue, access=("low_stimulus", "wheelchair")) == {"robot-code"}
    assert names(tiny_catalogue, access=("sign_language",)) == set()
    steps = {step.step: step for step in passing(tiny_catalogue, request=ask(access=("wheelchair",))).funnel}
    assert steps["access"].left == 3


def test_a_broader_theme_takes_its_narrower_ones_along_and_not_the_reverse(tiny_catalogue):
    asked = {name: names(tiny_catalogue, themes=themes(tiny_catalogue, name)) for name in ("tech", "robots", "animals")}
    assert asked["robots"] == {"robot-start", "robot-code", "robot-match"}
    assert asked["tech"] == asked["robots"] | {"stars"}
    assert asked["animals"] == {"birds", "pond", "farm"}
    assert names(tiny_catalogue, themes=themes(tiny_catalogue, "art", "space")) == {"paint", "stars"}


def test_without_a_known_theme_an_activity_has_none_of_those_asked_for(tiny):
    activities = tiny.activities.copy()
    activities.loc[activities.activity_id == "stars", "themes"] = ""
    catalogue = catalogue_from(replace(tiny, activities=activities))
    assert "stars" not in names(catalogue, themes=themes(catalogue, "tech"))
    avoiding = Passport(avoid=themes(catalogue, "tech"))
    assert names(catalogue, avoiding) == {"stars", "birds", "pond", "farm", "paint"}
    assert passing(catalogue, avoiding).funnel[-1].not_known == 1


def test_a_domain_that_is_not_known_is_not_the_one_asked_for(tiny, tiny_catalogue):
    nature = np.array([DOMAINS.index("nature")], dtype=np.int8)
    assert names(tiny_catalogue, domains=nature) == {"birds", "pond", "farm"}
    activities = tiny.activities.copy()
    activities.loc[activities.activity_id == "farm", "venue_id"] = ""
    assert names(catalogue_from(replace(tiny, activities=activities)), domains=nature) == {"birds", "pond"}


def test_a_line_has_its_stations(tiny_catalogue):
    assert names(tiny_catalogue, line=0) == {"robot-start", "robot-code", "robot-match"}


def test_a_place_that_is_not_known_does_not_meet_a_travel_limit(tiny):
    catalogue = with_sessions(
        tiny,
        ("stars", NOW + DAY, NOW + 2 * DAY, {}),  # the travelling lab: nobody knows where
        ("robot-code", NOW + DAY, NOW + 2 * DAY, {}),
    )
    assert names(catalogue, start=CENTRE) == {"stars", "robot-code"}
    assert marked(catalogue, "place", start=CENTRE) == {"stars"}
    assert names(catalogue, start=CENTRE, max_minutes=10_000) == {"robot-code"}
    assert marked(catalogue, "place") == set()  # nobody said where from


def test_who_does_not_say_where_from_cannot_be_near(tiny_catalogue):
    can = passing(tiny_catalogue, request=ask(max_minutes=60))
    assert not len(can.activities)
    assert can.relax == Relaxation("travel", None, 8)


def test_a_travel_limit_goes_by_mode_and_from_the_start_rather_than_home(tiny_catalogue):
    far = Passport(home=Place(52.5, 5.5))
    assert names(tiny_catalogue, far, max_minutes=30) == set()
    assert names(tiny_catalogue, far, max_minutes=30, start=CENTRE) == ALL - {"birds", "pond"}
    assert "pond" not in names(tiny_catalogue, start=CENTRE, max_minutes=30, mode="walk")
    assert "pond" in names(tiny_catalogue, start=CENTRE, max_minutes=30, mode="car")


def test_of_an_activity_only_the_sessions_near_enough_remain(tiny):
    later = NOW + DAY, NOW + DAY + 3600
    catalogue = with_sessions(tiny, ("pond", *later, {}), ("pond", *later, {"venue_id": "lib"}), ("birds", *later, {}))
    can = passing(catalogue, request=ask(start=CENTRE, max_minutes=10))
    assert [catalogue.sessions.ids[row] for row in can.sessions] == ["s-1"]
    assert can.minutes == pytest.approx([0.0], abs=1e-4)
    assert can.first.tolist() == [0]


# --- what to relax --------------------------------------------------------------------------------------------------


def test_a_full_list_needs_nothing_relaxed(tiny_catalogue):
    assert passing(tiny_catalogue, request=ask(free_only=True, count=5)).relax is None
    assert passing(tiny_catalogue, request=ask(free_only=True, count=6)).relax == Relaxation("price", None, 3)


def test_nobody_is_asked_to_be_older_to_need_less_or_to_speak_another_language(tiny_catalogue):
    hard = Passport(age_low=3, age_high=3, languages=("ar",))
    can = passing(tiny_catalogue, hard, ask(access=("wheelchair",), free_only=True))
    assert not len(can.activities)
    assert can.relax is None
    assert {"age", "language", "access", "not done yet"}.isdisjoint(WISHES)


def test_travel_is_stretched_to_the_first_rung_that_brings_half_of_what_there_is(tiny):
    # By bike, from the library: the museum 4, the maker place 4, the forest 31 minutes.
    later = NOW + DAY, NOW + DAY + 3600
    near, far = [(name, *later, {}) for name in ("robot-match", "paint")], [("birds", *later, {})]
    asked = ask(start=CENTRE, max_minutes=2)
    assert passing(with_sessions(tiny, *near, *far), request=asked).relax == Relaxation("travel", 15.0, 2)
    assert passing(with_sessions(tiny, *far), request=asked).relax == Relaxation("travel", 45.0, 1)


def test_beyond_the_last_rung_only_going_without_a_limit_helps(tiny_catalogue):
    can = passing(tiny_catalogue, request=ask(start=Place(40.4, -3.7), max_minutes=30))
    assert can.relax == Relaxation("travel", None, 8)
    assert passing(tiny_catalogue, request=ask(start=Place(40.4, -3.7), max_minutes=500)).relax.to is None


def test_another_day_may_bring_more(tiny_catalogue):
    can = passing(tiny_catalogue, request=ask(opens=moment("2026-03-07 08:00"), closes=moment("2026-03-07 20:00")))
    assert len(can.activities) == 2
    assert can.relax == Relaxation("open in window", None, 6)


# --- all together ---------------------------------------------------------------------------------------------------

AGES = st.one_of(st.just(float("nan")), st.sampled_from([3.0, 4.0, 6.5, 8.0, 9.99, 11.0, 13.0, 15.0, 18.0, 40.0]))
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "at": st.sampled_from([NOW, NOW + DAY, NOW + 4 * DAY, NOW + 20 * DAY]),
        "opens": st.just(NOW + 2 * DAY),
        "closes": st.sampled_from([NOW + 5 * DAY, NOW + 6 * DAY]),
        "count": st.integers(1, 10),
        "mode": st.sampled_from(["", "walk", "car"]),
        "max_minutes": st.sampled_from([3.0, 15.0, 40.0, 100.0]),
        "start": st.just(CENTRE),
        "company": st.lists(st.sampled_from([3.0, 7.0, 12.0, 38.0]), max_size=3).map(tuple),
        "free_only": st.booleans(),
        "access": st.sampled_from([(), ("wheelchair",), ("wheelchair", "low_stimulus"), ("braille",)]),
        "themes": st.lists(st.integers(0, 5), max_size=2).map(lambda rows: np.array(rows, dtype=np.int32)),
        "domains": st.lists(st.integers(0, 6), max_size=4).map(lambda rows: np.array(rows, dtype=np.int8)),
        "line": st.none() | st.just(0),
        "candidates": st.none() | st.lists(st.integers(0, 7)).map(lambda rows: np.array(rows, dtype=np.int32)),
        "include_stamped": st.booleans(),
    },
).map(lambda wanted: ask(**wanted))


@st.composite
def passports(draw):
    low = draw(AGES)
    stamped = np.array(sorted(draw(st.sets(st.integers(0, 7), max_size=3))), dtype=np.int32)
    return Passport(
        age_low=low,
        age_high=low + draw(st.sampled_from([0.0, 2.99])),
        home=draw(st.none() | st.just(Place(51.75, 5.55))),
        languages=draw(st.sampled_from([(), ("nl",), ("ar",), ("ar", "nl")])),
        avoid=np.array(draw(st.lists(st.integers(0, 5), max_size=2)), dtype=np.int32),
        stamps=Stamps(stamped, np.full(len(stamped), NOW - DAY), np.zeros(len(stamped), dtype=np.int8)),
    )


def plain_sessions(catalogue, passport, request, activity) -> list[int]:
    """The sessions of an activity that a learner may go to, by the rules as one would tell them."""
    known, sessions = catalogue.activities, catalogue.sessions
    own = {catalogue.themes.ids.names[theme] for theme in np.flatnonzero(known.themes.toarray()[activity])}
    parent = {"robots": "tech", "space": "tech", "animals": "outdoors"}
    own |= {parent[theme] for theme in own if theme in parent}
    wanted, avoided = ({catalogue.themes.ids.names[row] for row in rows} for rows in (request.themes, passport.avoid))

    child = any(not age >= 18 for age in (passport.age_low, *request.company))

    def fits(low, high):
        adults_too = {"with_adult", "family"} & {
            name for bit, name in enumerate(COMPANY) if known.company[activity] >> bit & 1
        }
        too_old, too_young = low >= known.age_max[activity] + 1, high < known.age_min[activity]
        return not (too_old or too_young) or (low >= 18 and child and bool(adults_too))

    terms = {name for bit, name in enumerate(known.access_terms) if known.access[activity] >> bit & 1}
    whole = (
        (request.candidates is None or activity in request.candidates)
        and (request.include_stamped or activity not in passport.stamps.activity)
        and (np.isnan(passport.age_low) or fits(passport.age_low, passport.age_high))
        and all(fits(age, age) for age in request.company)
        and (not passport.languages or known.language[activity] in ("", *passport.languages))
        and (not request.free_only or known.price[activity] == 0)
        and set(request.access) <= terms
        and (not wanted or bool(own & wanted))
        and not own & avoided
        and (not len(request.domains) or known.domain[activity] in request.domains)
        and (request.line is None or activity in catalogue.lines.stations[request.line])
    )
    start, opens = request.start or passport.home, max(request.opens or 0, request.at)
    found = []
    for row in np.flatnonzero(sessions.activity == activity) if whole else []:
        minutes = travel_minutes(
            start, sessions.lat[[row]], sessions.lon[[row]], catalogue.travel[request.mode or "bike"]
        )[0]
        begin, end, closes = sessions.start[row], sessions.end[row], request.closes or np.inf
        in_time = (end > opens and begin < closes) if sessions.drop_in[row] else (begin >= opens and end <= closes)
        places = sessions.status[row] == 0 and sessions.capacity_left[row] != 0
        if in_time and closes > opens and places and (request.max_minutes is None or minutes <= request.max_minutes):
            found.append(int(row))
    return found


@settings(max_examples=150, deadline=None)
@given(passports(), REQUESTS)
def test_the_filters_together_let_through_what_the_rules_say(tiny_catalogue, passport, request):
    can = passing(tiny_catalogue, passport, request)
    plain = {row: found for row in range(8) if (found := plain_sessions(tiny_catalogue, passport, request, row))}
    assert can.activities.tolist() == list(plain)
    assert can.sessions.tolist() == [session for found in plain.values() for session in found]
    ends = [*can.first[1:].tolist(), len(can.sessions)] if len(can.first) else []
    runs = [can.sessions[begin:end].tolist() for begin, end in zip(can.first.tolist(), ends, strict=True)]
    assert runs == list(plain.values())
    assert can.minutes.shape == can.sessions.shape
    assert all(unsure.shape == can.activities.shape for unsure in can.not_known.values())


@settings(max_examples=150, deadline=None)
@given(passports(), REQUESTS)
def test_the_funnel_only_narrows_and_ends_at_what_is_left(tiny_catalogue, passport, request):
    can = passing(tiny_catalogue, passport, request)
    left = [step.left for step in can.funnel]
    assert can.funnel[0].step == "open in window"
    assert left == sorted(left, reverse=True)
    assert left[-1] == len(can.activities)
    assert all(0 <= step.not_known <= step.left for step in can.funnel)


def relaxed(passport, request, relax):
    """The same question without the wish, or with the travel limit stretched."""
    nothing = np.empty(0, dtype=np.int32)
    if relax.step == "avoid":
        return replace(passport, avoid=nothing), request
    without = {
        "price": {"free_only": False},
        "travel": {"max_minutes": relax.to},
        "themes": {"themes": nothing},
        "domains": {"domains": nothing},
        "line": {"line": None},
        "company": {"company": ()},
        "open in window": {"opens": None, "closes": None},
    }
    return passport, replace(request, **without[relax.step])


@settings(max_examples=150, deadline=None)
@given(passports(), REQUESTS)
def test_what_relaxing_promises_it_gives_and_no_other_single_wish_gives_more(tiny_catalogue, passport, request):
    can = passing(tiny_catalogue, passport, request)
    if len(can.activities) >= request.count:
        assert can.relax is None
        return
    gains = {}
    for step in (*WISHES, "open in window"):
        after = passing(tiny_catalogue, *relaxed(passport, request, Relaxation(step, None, 0)))
        gains[step] = len(after.activities) - len(can.activities)
    if can.relax is None:
        assert not any(gains.values())
        return
    after = passing(tiny_catalogue, *relaxed(passport, request, can.relax))
    assert len(after.activities) - len(can.activities) == can.relax.gains > 0
    assert can.relax.step == "travel" or can.relax.gains == max(gains[step] for step in gains if step != "travel")
    assert can.relax.to is None or can.relax.to in TRAVEL_LADDER
