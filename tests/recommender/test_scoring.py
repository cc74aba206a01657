"""What the circumstances and the crowd add to a score, each part by itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, SESSIONS, VENUES
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.city import Place
from recommender.model import AGE_BANDS, CONTEXT, SOURCES
from recommender.passport import NOBODY, Passport, Stamps
from recommender.recommend import recommend
from tests.conftest import moment
from tests.recommender.towns import NOW, ask, themes, visits


@pytest.fixture(scope="module")
def evenly(tiny_release):
    """A release in which every source and every circumstance counts once."""
    model = replace(
        tiny_release.model,
        source_weights=dict.fromkeys(SOURCES, 1.0),
        context_weights=dict.fromkeys(CONTEXT, 1.0),
    )
    return replace(tiny_release, model=model)


def parts(catalogue, release, passport=NOBODY, **wanted):
    """What each source added, by name of the activity."""
    answer = recommend(passport, catalogue, release, ask(include_stamped=True, **wanted))
    names = catalogue.activities.ids.names
    return {names[entry.activity]: entry.parts for entry in answer.recommendations}


def stamped(catalogue, activity, *at) -> Passport:
    row = catalogue.activities.ids.row(activity)
    moments = np.array([moment(text) for text in at], dtype=np.int64)
    return Passport(stamps=Stamps(np.full(len(at), row, np.int32), moments, np.zeros(len(at), np.int8)))


def with_sessions(tiny, **starts):
    rows = [
        {"session_id": f"s-{name}", "activity_id": name.replace("_", "-"), "start": start, "end": start + 3600}
        for name, start in starts.items()
    ]
    return catalogue_from(replace(tiny, sessions=frame_of(SESSIONS, rows)))


# --- circumstances --------------------------------------------------------------------------------------------------


def test_a_price_counts_from_what_is_usual_and_an_unknown_one_not_at_all(tiny, evenly):
    prices = {"robot-start": 0.0, "farm": 2.5, "robot-match": 5.0, "birds": 20.0, "pond": 50.0, "stars": 9000.0}
    activities = tiny.activities.copy()
    activities["price"] = activities["activity_id"].map(prices)
    found = parts(catalogue_from(replace(tiny, activities=activities)), evenly)
    said = {name: own["price"] for name, own in found.items()}
    assert said == {"robot-start": 5.0, "farm": 2.5, "robot-match": 0.0, "birds": -15.0, "pond": -45.0, "stars": -45.0,
                    "paint": 0.0, "robot-code": 0.0}  # fmt: skip


def test_travel_counts_from_what_is_usual_and_an_unknown_place_not_at_all(tiny_catalogue, evenly):
    library = Place(51.765, 5.518)
    near = parts(tiny_catalogue, evenly, start=library)
    assert near["robot-code"]["minutes"] == pytest.approx(30, abs=0.01)
    assert 20 < near["paint"]["minutes"] < 30
    assert near["birds"]["minutes"] < 0
    far = parts(tiny_catalogue, evenly, start=Place(40.4, -3.7))
    assert {own["minutes"] for own in far.values()} == {-60.0}
    assert {own["minutes"] for own in parts(tiny_catalogue, evenly).values()} == {0.0}


def test_the_sooner_the_better_within_bounds_and_what_is_open_now_is_now(tiny, evenly):
    day = 86_400
    rows = [
        {"session_id": "a", "activity_id": "paint", "start": NOW - 50 * day, "end": NOW + day, "drop_in": 1.0},
        {"session_id": "b", "activity_id": "stars", "start": NOW, "end": NOW + day},
        {"session_id": "c", "activity_id": "birds", "start": NOW + 7 * day, "end": NOW + 8 * day},
        {"session_id": "d", "activity_id": "pond", "start": NOW + 20 * day, "end": NOW + 21 * day},
        {"session_id": "e", "activity_id": "farm", "start": NOW + 400 * day, "end": NOW + 401 * day},
    ]
    found = parts(catalogue_from(replace(tiny, sessions=frame_of(SESSIONS, rows))), evenly)
    assert {name: own["days"] for name, own in found.items()} == pytest.approx(
        {"paint": 14.0, "stars": 14.0, "birds": 7.0, "pond": -6.0, "farm": -28.0}
    )


def test_the_hour_fits_who_always_comes_then_by_the_citys_own_clock(tiny, evenly):
    saturday, sunday = "2026-03-07", "2026-03-08"
    catalogue = with_sessions(
        tiny,
        stars=moment(f"{saturday} 18:30"),
        birds=moment(f"{sunday} 19:00"),
        pond=moment(f"{saturday} 17:30"),
        farm=moment(f"{saturday} 11:30"),
        robot_code=moment("2026-03-06 18:30"),  # a Friday
        robot_start=moment("2026-03-09 09:00"),  # a Monday
    )
    # 17:30 UTC, but evening in Klein-Oss.
    of_saturday_evenings = stamped(catalogue, "paint", *(f"2026-02-{day} 18:30" for day in ("07", "14", "21")))
    hour = {name: own["hour"] for name, own in parts(catalogue, evenly, of_saturday_evenings).items()}
    assert hour["stars"] == hour["birds"] == pytest.approx((3 + 4 / 6) / 7 - 1 / 6)
    others = {name: fit for name, fit in hour.items() if name not in ("stars", "birds")}
    assert list(others.values()) == pytest.approx([(4 / 6) / 7 - 1 / 6] * 4)
    assert {own["hour"] for own in parts(catalogue, evenly).values()} == {0.0}


def test_summer_time_does_not_move_a_habit(tiny, evenly):
    catalogue = with_sessions(tiny, stars=moment("2026-04-04 17:15"))  # 18:15 on summer clocks
    evenings = stamped(catalogue, "paint", "2026-02-07 18:30", "2026-02-14 18:30")
    assert parts(catalogue, evenly, evenings)["stars"]["hour"] > 0


def test_a_venue_and_an_organiser_are_known_when_somebody_was_there(tiny_catalogue, evenly):
    found = parts(tiny_catalogue, evenly, Passport(stamps=visits(tiny_catalogue, "pond")))
    assert {name for name, own in found.items() if own["organiser"]} == {"birds", "pond", "farm"}
    assert {name for name, own in found.items() if own["venue"]} == {"birds", "pond"}  # the farm is at the library now


def test_nobody_knows_a_venue_or_organiser_that_nobody_named(tiny, evenly):
    activities = tiny.activities.assign(venue_id="", organiser="")
    catalogue = catalogue_from(replace(tiny, activities=activities, has_sessions=False))
    found = parts(catalogue, evenly.extended(catalogue), Passport(stamps=visits(catalogue, "pond")))
    assert {own["organiser"] for own in found.values()} == {own["venue"] for own in found.values()} == {0.0}


def test_only_the_first_station_not_yet_done_of_a_line_begun_is_next(tiny_catalogue, evenly):
    def next_after(*names):
        found = parts(tiny_catalogue, evenly, Passport(stamps=visits(tiny_catalogue, *names)))
        return {name for name, own in found.items() if own["station"]}

    assert next_after() == set()
    assert next_after("birds") == set()
    assert next_after("robot-start") == {"robot-code"}
    assert next_after("robot-code") == {"robot-start"}
    assert next_after("robot-start", "robot-code") == {"robot-match"}
    assert next_after("robot-start", "robot-code", "robot-match") == set()


def test_what_is_not_known_of_age_and_language_costs(tiny_catalogue, evenly):
    found = parts(tiny_catalogue, evenly, Passport(age_low=9, age_high=9, languages=("nl",)))
    assert {name: own["age"] for name, own in found.items() if own["age"]} == {"paint": -10.0}
    assert not any(own["age"] for own in parts(tiny_catalogue, evenly).values())


@pytest.mark.parametrize(
    ("age", "company", "ends", "cost"),
    [
        (3, (), (np.nan, np.nan), 10), (12, (), (np.nan, np.nan), 10), (15, (), (np.nan, np.nan), 5.5),
        (18, (), (np.nan, np.nan), 1), (70, (), (np.nan, np.nan), 1), (np.nan, (), (np.nan, np.nan), 0),
        (8, (), (np.nan, 40), 10), (8, (), (np.nan, 12), 0), (8, (), (6, np.nan), 0), (38, (), (np.nan, 40), 0),
        (38, (5,), (np.nan, np.nan), 10), (np.nan, (5, 38), (np.nan, 99), 10), (8, (38,), (np.nan, np.nan), 10),
    ],
)  # fmt: skip
def test_not_knowing_an_age_costs_a_child_more_and_the_youngest_of_the_company_counts(
    tiny, evenly, age, company, ends, cost
):
    activities = tiny.activities.assign(age_min=ends[0], age_max=ends[1], company="alone;with_adult;family")
    catalogue = catalogue_from(replace(tiny, activities=activities))
    found = parts(catalogue, evenly, Passport(age_low=age, age_high=age), company=company)
    assert len(found) == 8
    assert {own["age"] for own in found.values()} == {-cost}


def test_a_child_sees_what_is_known_to_suit_it_before_what_is_popular_and_may_be_for_adults(tiny, evenly):
    activities = tiny.activities.assign(age_min=[6, *[np.nan] * 7], age_max=[9, *[np.nan] * 7])
    catalogue = catalogue_from(replace(tiny, activities=activities, has_sessions=False))
    popular = np.full((len(AGE_BANDS) + 1, 8), 2.0, dtype=np.float32)
    popular[:, 0] = -1.0
    context = dict.fromkeys(CONTEXT, 0.0) | {"age": 1.0}
    model = replace(evenly.model, popular=popular, context_weights=context)
    release = replace(evenly, model=model).extended(catalogue)
    order = {
        age: recommend(Passport(age_low=age, age_high=age), catalogue, release, ask()).recommendations[0].activity
        for age in (8, 40)
    }
    assert order[8] == 0 != order[40]


# --- the crowd and the places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [(0.5, 0.5, 0.0), (3.99, 3.99, 0.0), (4.0, 4.0, 4.0), (6.0, 8.99, 6.0), (17.9, 17.9, 14.0), (64.9, 64.9, 45.0),
     (65.0, 65.0, 65.0), (103.0, 103.0, 65.0), (np.nan, np.nan, None)],
)  # fmt: skip
def test_popular_is_what_is_popular_at_that_age(tiny, evenly, low, high, band):
    activities = tiny.activities.assign(age_min=np.nan, age_max=np.nan)
    catalogue = catalogue_from(replace(tiny, activities=activities))
    rows = len(AGE_BANDS) if band is None else AGE_BANDS.index(band)
    popular = np.arange((len(AGE_BANDS) + 1) * 8, dtype=np.float32).reshape(-1, 8)
    release = replace(evenly, model=replace(evenly.model, popular=popular)).extended(catalogue)
    found = parts(catalogue, release, Passport(age_low=low, age_high=high))
    assert {name: own["popular"] for name, own in found.items()} == dict(
        zip(catalogue.activities.ids.names, popular[rows].tolist(), strict=True)
    )


def test_places_near_where_somebody_went_are_above_those_far_away_and_unknown_ones_between(tiny, evenly):
    more = frame_of(VENUES, [{"venue_id": "next", "name": "Next door", "lat": 51.7655, "lon": 5.5185}])
    new = frame_of(ACTIVITIES, [{"activity_id": "next", "title": "x", "venue_id": "next"}])
    tables = replace(
        tiny,
        venues=pd.concat([tiny.venues, more], ignore_index=True),
        activities=pd.concat([tiny.activities, new], ignore_index=True),
        has_sessions=False,
    )
    catalogue = catalogue_from(tables)
    release = evenly.extended(catalogue)
    found = parts(catalogue, release, Passport(stamps=visits(catalogue, "robot-code")))  # at the library
    assert found["next"]["places"] > found["paint"]["places"] > found["birds"]["places"]
    assert found["stars"]["places"] == pytest.approx(0.0, abs=1e-6)  # the travelling lab
    assert found["birds"]["places"] < 0
    assert {own["places"] for own in parts(catalogue, release).values()} == {0.0}


def test_als_and_graph_are_silent_about_what_nobody_visited(tiny_catalogue, evenly):
    found = parts(tiny_catalogue, evenly, Passport(stamps=visits(tiny_catalogue, "birds", "robot-start")))
    for name in ("robot-match", "farm", "stars"):
        assert found[name]["als"] == found[name]["graph"] == 0
    assert found["pond"]["graph"] != 0
    assert found["farm"]["similar"] != 0 != found["farm"]["metadata"]


def test_a_weight_of_zero_silences_a_source(tiny_catalogue, evenly):
    passport = Passport(wishes=themes(tiny_catalogue, "art"), stamps=visits(tiny_catalogue, "birds"))
    for source in SOURCES:
        weights = dict.fromkeys(SOURCES, 1.0) | {source: 0.0}
        release = replace(evenly, model=replace(evenly.model, source_weights=weights))
        for own in parts(tiny_catalogue, release, passport, start=Place(51.76, 5.52)).values():
            assert not any(own[name] for name in (CONTEXT if source == "context" else (source,)))


def test_a_source_is_weighed_after_standardising(tiny_catalogue, evenly):
    passport = Passport(stamps=visits(tiny_catalogue, "birds"))
    once = parts(tiny_catalogue, evenly, passport)
    weights = dict.fromkeys(SOURCES, 3.0)
    thrice = parts(tiny_catalogue, replace(evenly, model=replace(evenly.model, source_weights=weights)), passport)
    for name, own in once.items():
        for source in ("als", "similar", "metadata", "places"):
            assert thrice[name][source] == pytest.approx(3 * own[source], rel=1e-5)


def test_a_low_price_is_not_called_free(tiny_catalogue, evenly):
    answer = recommend(NOBODY, tiny_catalogue, evenly, ask())
    farm = tiny_catalogue.activities.ids.row("farm")
    entry = next(entry for entry in answer.recommendations if entry.activity == farm)
    assert entry.parts["price"] == 2.5
    assert "free" not in {reason.code for reason in entry.reasons}
    assert "soon" in {reason.code for reason in entry.reasons}


def test_what_has_no_theme_is_neither_liked_nor_disliked_for_it(tiny, evenly):
    unknown = tiny.activities[tiny.activities["activity_id"] == "birds"].assign(activity_id="unknown", themes="")
    tables = replace(tiny, activities=pd.concat([tiny.activities, unknown], ignore_index=True))
    catalogue = with_sessions(tables, birds=NOW + 3600, unknown=NOW + 3600)
    found = parts(catalogue, evenly, stamped(catalogue, "robot-start", "2026-03-02 14:00"), count=50)
    assert found["unknown"]["themes"] == 0
    assert found["birds"]["themes"] < 0
