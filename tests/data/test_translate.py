import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, SESSIONS, STAMPS, THEMES, VENUES
from data.tables import Tables, frame_of
from data.translate import catalogue_from, passport_from, passports_from, rows_of, stamp_arrays
from data.words import age_span, split, weights
from recommender.city import DOMAINS, STATUSES, UNKNOWN, Ids, Place
from recommender.errors import BadInput, UnknownName


def names(ids, rows):
    return [ids.names[row] for row in rows]


def test_themes_know_their_broader_theme_and_their_names(tiny_catalogue):
    themes = tiny_catalogue.themes
    robots = themes.ids.row("robots")
    assert themes.ids.names[themes.parent[robots]] == "tech"
    assert themes.parent[themes.ids.row("tech")] == UNKNOWN
    assert themes.labels["en"][robots] == "Robots"
    assert themes.labels["nl"][themes.ids.row("space")] == "Ruimte"


def test_activities_carry_weighted_themes_and_their_venues_domain(tiny_catalogue):
    activities, themes = tiny_catalogue.activities, tiny_catalogue.themes.ids
    code = activities.ids.row("robot-code")
    dense = activities.themes.toarray()
    assert dense.dtype == np.float32
    assert dense.shape == (8, 6)
    assert dense[code, themes.row("robots")] == np.float32(0.8)
    assert dense[code].sum() == pytest.approx(1.0)
    assert DOMAINS[activities.domain[code]] == "library"
    paint = activities.ids.row("paint")
    assert np.isnan([activities.price[paint], activities.age_min[paint], activities.age_max[paint]]).all()
    assert activities.stage[paint] == UNKNOWN
    assert activities.company[paint] == 0
    assert activities.awards[activities.ids.row("robot-match")] == ("robot-builder",)
    assert activities.company[activities.ids.row("birds")] == 0b110


def test_an_activitys_own_domain_wins(tiny):
    activities = tiny.activities.copy()
    activities.loc[0, "domain"] = "social"
    found = catalogue_from(replace(tiny, activities=activities)).activities
    assert DOMAINS[found.domain[0]] == "social"


def test_access_is_the_activitys_own_else_its_venues(tiny_catalogue):
    activities = tiny_catalogue.activities
    bit = {term: 1 << place for place, term in enumerate(activities.access_terms)}
    access = dict(zip(activities.ids.names, activities.access.tolist(), strict=True))
    known = dict(zip(activities.ids.names, activities.access_known.tolist(), strict=True))
    assert access["robot-code"] == bit["wheelchair"] | bit["low_stimulus"]
    assert (access["robot-match"], known["robot-match"]) == (bit["wheelchair"], True)
    assert (access["birds"], known["birds"]) == (0, True)
    assert not known["paint"]
    assert not known["stars"]


def test_a_session_takes_place_at_its_own_point_else_its_venue_else_its_activitys(tiny_catalogue):
    sessions, venues = tiny_catalogue.sessions, tiny_catalogue.venues.ids
    where = {
        name: (float(lat), float(lon), int(venue))
        for name, lat, lon, venue in zip(sessions.ids, sessions.lat, sessions.lon, sessions.venue, strict=True)
    }
    assert where["s-stars"] == (51.79, 5.54, venues.row("lab"))
    assert where["s-farm"] == (51.765, 5.518, venues.row("lib"))
    assert where["s-pond"] == (51.735, 5.59, venues.row("forest"))


def test_sessions_stand_by_activity_and_start_whatever_the_order_of_the_rows(tiny, tiny_catalogue):
    sessions = tiny_catalogue.sessions
    assert (np.diff(sessions.activity) >= 0).all()
    assert [name for name in sessions.ids if "birds" in name] == ["s-birds", "s-birds-off"]
    turned = catalogue_from(replace(tiny, sessions=tiny.sessions[::-1])).sessions
    assert turned.ids == sessions.ids
    np.testing.assert_array_equal(turned.lat, sessions.lat)


def test_the_citys_clock_knows_summer_time(tiny_catalogue):
    winter, summer = 1_772_438_400, 1_782_892_800  # 2026-03-02T08:00Z, 2026-07-01T08:00Z
    local = tiny_catalogue.clock.local(np.array([winter, summer]))
    assert (local - [winter, summer]).tolist() == [3600, 7200]


def test_what_became_of_a_session(tiny, tiny_catalogue):
    sessions = tiny_catalogue.sessions
    at = {name: row for row, name in enumerate(sessions.ids)}
    assert STATUSES[sessions.status[at["s-birds-off"]]] == "cancelled"
    assert STATUSES[sessions.status[at["s-paint-full"]]] == "full"
    assert sessions.drop_in[at["s-paint"]]
    assert not sessions.drop_in[at["s-pond"]]
    assert sessions.capacity_left[at["s-start"]] == 8
    assert sessions.capacity_left[at["s-pond"]] == UNKNOWN
    silent = replace(tiny, sessions=tiny.sessions.assign(status=pd.Series([""] * 11, dtype="str")))
    assert (catalogue_from(silent).sessions.status == STATUSES.index("scheduled")).all()


def test_a_city_without_sessions_is_always_open(tiny):
    sessions = catalogue_from(replace(tiny, has_sessions=False, sessions=tiny.sessions[:0])).sessions
    assert sessions.always
    assert len(sessions) == 8
    none = catalogue_from(replace(tiny, sessions=tiny.sessions[:0])).sessions
    assert not none.always
    assert len(none) == 0


def test_lines_hold_their_stations_in_order(tiny, tiny_catalogue):
    for catalogue in (tiny_catalogue, catalogue_from(replace(tiny, lines=tiny.lines[::-1]))):
        (stations,) = catalogue.lines.stations
        assert names(catalogue.activities.ids, stations) == ["robot-start", "robot-code", "robot-match"]
        assert catalogue.lines.badge == ("robot-builder",)
        assert names(catalogue.themes.ids, catalogue.lines.theme) == ["robots"]


def test_an_empty_city_has_an_empty_catalogue():
    catalogue = catalogue_from(Tables())
    assert (len(catalogue.activities), len(catalogue.sessions), len(catalogue.lines.ids)) == (0, 0, 0)
    assert catalogue.activities.themes.shape == (0, 0)
    assert list(passports_from(Tables(), catalogue)) == []
    assert [len(part) for part in stamp_arrays(Tables(), catalogue)] == [0, 0, 0, 0, 0]


def test_what_is_not_there_is_named(tiny):
    lost = tiny.sessions.assign(activity_id=pd.Series(["ghost"] * 11, dtype="str"))
    with pytest.raises(UnknownName, match="no activity 'ghost'"):
        catalogue_from(replace(tiny, sessions=lost))
    with pytest.raises(BadInput, match="activity 'robot-start' stands in the catalogue twice"):
        catalogue_from(replace(tiny, activities=pd.concat([tiny.activities, tiny.activities])))
    many = tiny.activities.assign(access=pd.Series([";".join(f"need-{i}" for i in range(40))] * 8, dtype="str"))
    with pytest.raises(BadInput, match="at most 32"):
        catalogue_from(replace(tiny, activities=many))


@pytest.mark.parametrize(
    ("text", "low", "high"), [("8.5", 8.5, 8.5), ("8", 8.0, 8.0), ("6-8", 6.0, 8.99), ("6-8.5", 6.0, 8.5)]
)
def test_ages_and_bands(text, low, high):
    assert age_span(text) == (low, high)


def test_an_age_that_is_not_known():
    assert np.isnan(age_span("")).all()


def test_lists_and_weights():
    assert split("a;b") == ("a", "b")
    assert split("") == ()
    assert weights("space:0.7;making") == (("space", 0.7), ("making", 1.0))
    assert weights("") == ()


def test_rows_of_ids():
    found = rows_of(pd.Series(["b", "", "a", "b", "z"], dtype="str"), Ids(["a", "b"]))
    assert found.tolist() == [1, UNKNOWN, 0, 1, UNKNOWN]
    assert found.dtype == np.int32


def test_passports_of_everybody(tiny, tiny_catalogue):
    passports = dict(passports_from(tiny, tiny_catalogue))
    assert list(passports) == ["a-1", "a-2", "n-1", "r-1", "r-2", "r-3"]
    ids = tiny_catalogue.activities.ids
    r1 = passports["r-1"]
    assert names(ids, r1.stamps.activity) == ["robot-start", "robot-code"]
    assert (np.diff(r1.stamps.at) > 0).all()
    assert r1.stamps.chosen_by.tolist() == [0, 0]
    assert (r1.age_low, r1.age_high, r1.home, r1.languages) == (9.5, 9.5, Place(51.76, 5.52), ("nl",))
    assert names(tiny_catalogue.themes.ids, passports["n-1"].wishes) == ["space"]
    assert (passports["n-1"].basis, r1.basis) == ("wishes", "stamps")
    assert names(tiny_catalogue.themes.ids, passports["a-1"].avoid) == ["robots"]
    only_stamps = passports["a-2"]
    assert np.isnan(only_stamps.age_low)
    assert only_stamps.home is None
    assert only_stamps.stamps.chosen_by.tolist() == [0, UNKNOWN]


def test_passports_in_the_order_asked_for(tiny, tiny_catalogue):
    asked = ["r-2", "a-1", "r-2"]
    assert [name for name, _ in passports_from(tiny, tiny_catalogue, asked)] == asked
    with pytest.raises(UnknownName, match="no learner 'nobody'"):
        passports_from(tiny, tiny_catalogue, ["r-2", "nobody"])


def same(left, right):
    for name in ("activity", "at", "chosen_by"):
        np.testing.assert_array_equal(getattr(left.stamps, name), getattr(right.stamps, name))
    np.testing.assert_array_equal([left.age_low, left.age_high], [right.age_low, right.age_high])
    np.testing.assert_array_equal(left.wishes, right.wishes)
    np.testing.assert_array_equal(left.avoid, right.avoid)
    assert (left.home, left.languages, left.badges) == (right.home, right.languages, right.badges)
    assert left.stamps.not_found == right.stamps.not_found
    return True


def test_one_passport_equals_the_same_one_among_many_whatever_the_order_of_the_rows(tiny, tiny_catalogue):
    shuffled = replace(tiny, stamps=tiny.stamps.sample(frac=1, random_state=5))
    shuffled_passports = dict(passports_from(shuffled, tiny_catalogue))
    for name, passport in passports_from(tiny, tiny_catalogue):
        found = tiny.passports[tiny.passports["learner_id"] == name]
        record = found.iloc[0].to_dict() if len(found) else {}
        stamps = tiny.stamps[tiny.stamps["learner_id"] == name]
        assert same(passport_from(record, stamps, tiny_catalogue), passport)
        assert same(shuffled_passports[name], passport)


def test_a_stamp_or_wish_that_the_catalogue_does_not_hold_is_left_out_and_counted(tiny_catalogue):
    stamps = {"activity_id": ["birds", "gone"], "at": [200, 100]}
    passport = passport_from({"wishes": "dragons;art", "home_lat": 51.7654, "home_lon": 5.5}, stamps, tiny_catalogue)
    assert names(tiny_catalogue.activities.ids, passport.stamps.activity) == ["birds"]
    assert passport.stamps.not_found == 1
    assert passport.stamps.chosen_by.tolist() == [UNKNOWN]
    assert names(tiny_catalogue.themes.ids, passport.wishes) == ["art"]
    assert passport.home == Place(51.77, 5.5)


def test_stamp_arrays_do_not_depend_on_the_order_of_the_rows(tiny, tiny_catalogue):
    learner, activity, at, chosen_by, learners = stamp_arrays(tiny, tiny_catalogue)
    assert learners.names == ("a-1", "a-2", "n-1", "r-1", "r-2", "r-3")
    assert [part.dtype for part in (learner, activity, at, chosen_by)] == [np.int32, np.int32, np.int64, np.int8]
    assert len(learner) == 10
    assert names(learners, learner[:2]) == ["a-1", "a-1"]
    assert names(tiny_catalogue.activities.ids, activity[:2]) == ["birds", "pond"]
    turned = replace(tiny, stamps=tiny.stamps[::-1], passports=tiny.passports[::-1])
    for left, right in zip(stamp_arrays(turned, tiny_catalogue)[:4], (learner, activity, at, chosen_by), strict=True):
        np.testing.assert_array_equal(left, right)


def _large(activities, sessions, learners, stamps):
    rng = np.random.default_rng(3)

    def ids(prefix, rows):
        return pd.Series(prefix + rows.astype(str).astype(object), dtype="str")

    def table(definition, columns):
        one = frame_of(definition, [{name: values.iloc[0] for name, values in columns.items()}])
        n = len(next(iter(columns.values())))
        return pd.DataFrame(
            {
                name: columns.get(name, pd.Series(np.full(n, one[name].iloc[0]), dtype=one[name].dtype))
                for name in one.columns
            }
        )

    start = pd.Series(rng.integers(1_700_000_000, 1_760_000_000, sessions))
    return Tables(
        themes=frame_of(THEMES, [{"theme_id": f"t-{i}"} for i in range(40)]),
        venues=frame_of(VENUES, [{"venue_id": f"v-{i}", "lat": 51.0, "lon": 5.0} for i in range(100)]),
        activities=table(
            ACTIVITIES,
            {
                "activity_id": ids("a-", np.arange(activities)),
                "title": ids("Activity ", np.arange(activities)),
                "themes": "t-" + pd.Series(rng.integers(0, 40, activities)).astype("str") + ":0.5",
                "venue_id": ids("v-", rng.integers(0, 100, activities)),
            },
        ),
        sessions=table(
            SESSIONS,
            {
                "session_id": ids("s-", np.arange(sessions)),
                "activity_id": ids("a-", rng.integers(0, activities, sessions)),
                "start": start,
                "end": start + 3600,
            },
        ),
        stamps=table(
            STAMPS,
            {
                "learner_id": ids("p-", rng.integers(0, learners, stamps)),
                "activity_id": ids("a-", rng.integers(0, activities, stamps)),
                "at": pd.Series(rng.integers(1_600_000_000, 1_700_000_000, stamps)),
            },
        ),
    )


@pytest.mark.prove
def test_a_large_city_is_translated_in_seconds():
    tables = _large(100_000, 1_000_000, 200_000, 5_000_000)
    start = time.perf_counter()
    catalogue = catalogue_from(tables)
    translated = time.perf_counter()
    arrays = stamp_arrays(tables, catalogue)
    sorted_out = time.perf_counter()
    count = sum(len(passport.stamps) for _, passport in passports_from(tables, catalogue))
    walked = time.perf_counter()
    assert len(catalogue.sessions) == 1_000_000
    assert len(arrays[0]) == count == 5_000_000
    assert translated - start < 30
    assert sorted_out - translated < 30
    assert walked - sorted_out < 60
