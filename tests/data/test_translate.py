from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.passports import passports_from, stamp_arrays
from data.tables import Tables
from data.translate import catalogue_from
from data.words import age_span, split, weights
from recommender.city import DOMAINS, STATUSES, UNKNOWN
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
