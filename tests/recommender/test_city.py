from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clock import clock_of
from recommender.city import MODES, UNKNOWN, Clock, Ids, always_open
from recommender.errors import BadInput, UnknownName


@given(st.lists(st.text(), unique=True), st.lists(st.text()))
def test_ids_find_the_row_of_a_name_and_nothing_else(names, others):
    ids = Ids(names)
    assert ids.find(names).tolist() == list(range(len(names)))
    assert ids.find(names).dtype == np.int32
    for name, row in zip(others, ids.find(others).tolist(), strict=True):
        assert (row == UNKNOWN) == (name not in names) == (name not in ids)
        assert row == UNKNOWN or ids.names[row] == name == names[ids.row(name)]


def test_a_name_that_is_not_there_is_named_with_its_kind():
    with pytest.raises(UnknownName, match="no theme 'ruimte' in this city") as error:
        Ids(["space"], "theme").row("ruimte")
    assert (error.value.kind, error.value.name) == ("theme", "ruimte")


def test_a_name_that_stands_there_twice_is_refused():
    with pytest.raises(BadInput, match="theme 'b' stands in the catalogue twice"):
        Ids(["a", "b", "c", "b"], "theme")


def test_no_ids_are_ids_too():
    assert len(Ids([])) == 0
    assert Ids([]).find(["a"]).tolist() == [UNKNOWN]
    assert Ids(["a"]).find([]).shape == (0,)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)), st.sampled_from(["Europe/Amsterdam", "Asia/Kolkata"])
)
def test_the_citys_clock_says_what_its_clocks_say(moment, zone):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    at = np.array([int(moment.timestamp())])
    assert clock_of(zone).local(at).tolist() == [int(local.timestamp())]


def test_the_clock_jumps_in_the_second_in_which_summer_begins_and_ends():
    spring = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp())
    autumn = int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp())
    at = np.array([[spring - 1, spring], [autumn - 1, autumn]])
    ahead = clock_of("Europe/Amsterdam").local(at) - at
    assert ahead.tolist() == [[3600, 7200], [7200, 3600]]


def test_before_the_first_change_the_first_offset_holds():
    clock = Clock(np.array([1000, 2000]), np.array([60, 120]))
    assert clock.local(np.array([-5, 999, 1000, 1999, 2000])).tolist() == [55, 1059, 1060, 2059, 2120]


def test_a_city_without_sessions_is_always_open_where_its_activities_are(tiny_catalogue):
    venues = tiny_catalogue.venues
    sessions = always_open(np.array([0, UNKNOWN, 4], dtype=np.int32), venues)
    assert sessions.always
    assert sessions.activity.tolist() == [0, 1, 2]
    assert sessions.lat[0] == venues.lat[0]
    assert np.isnan(sessions.lat[1:]).all()  # without a venue, and at one whose place is not known
    assert sessions.drop_in.all()


def test_languages_and_organisers_are_told_apart_and_nobody_is_nobodys(tiny_catalogue):
    activities = tiny_catalogue.activities
    named = [activities.languages.names[row] for row in activities.language_row]
    assert named == list(activities.language)
    row = dict(zip(activities.ids.names, activities.organiser_row.tolist(), strict=True))
    assert row["paint"] == UNKNOWN
    assert row["birds"] == row["pond"] == row["farm"] != row["robot-start"] == row["robot-match"]


def test_every_city_knows_how_fast_each_mode_is(tiny_catalogue):
    assert set(tiny_catalogue.travel) == set(MODES)
