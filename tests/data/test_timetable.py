"""Timetables: what a feed means, when one arrives, and what becomes of broken feeds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.travel.arrays import AGAIN
from data.travel.city import CityTravel
from data.travel.days import start_of
from data.travel.feed import files_of, parse_feed
from data.travel.gtfs import read_timetable, timetable_from
from data.travel.timetable import NOT_POSSIBLE, Timetable
from data.travel.transit import Transit
from recommender.city import DEFAULT_TRAVEL
from recommender.errors import BadInput
from tests.data.gtfs_feeds import CALENDAR, STOP_TIMES, STOPS, TRIPS, feed, slow_minutes, zipped

ZONE = "Europe/Amsterdam"
MONDAY = "2026-03-02"
STOP = {"a": (51.700, 5.500), "b": (51.700, 5.550), "c": (51.700, 5.600), "d": (51.750, 5.600)}


def at(text, zone=ZONE):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def read(**texts):
    return timetable_from(parse_feed(feed(**texts), "feed"), "feed", ZONE)


def travel(**texts):
    return CityTravel(DEFAULT_TRAVEL, timetable=read(**texts)[0])


def minutes(found, begin, end, moment):
    (lat, lon), (to_lat, to_lon) = (STOP.get(place, place) for place in (begin, end))
    whole = found.between(np.array([lat]), np.array([lon]), np.array([to_lat]), np.array([to_lon]), "transit", moment)
    return whole[0, 0]


def test_one_rides_changes_and_arrives():
    found = travel()
    assert minutes(found, "a", "c", at(f"{MONDAY}T08:00")) == 20
    assert minutes(found, "a", "b", at(f"{MONDAY}T07:50")) == 20
    assert minutes(found, "a", "d", at(f"{MONDAY}T08:00")) == 45
    # Too late for the first bus: the next one goes at nine, and the one to the village has gone.
    assert minutes(found, "a", "c", at(f"{MONDAY}T08:00") + 1) == pytest.approx(80 - 1 / 60)


def test_walking_all_the_way_is_always_possible():
    found = travel()
    on_foot = found.globe.between(*(np.array([x]) for x in (*STOP["a"], *STOP["b"])), "walk", 0)[0, 0]
    assert minutes(found, "a", "b", at(f"{MONDAY}T10:00")) == on_foot
    assert minutes(found, "b", "a", at(f"{MONDAY}T08:00")) == on_foot
    assert minutes(found, "a", "a", at(f"{MONDAY}T08:00")) == 0
    assert minutes(found, (51.7001, 5.5), (51.7002, 5.5), at(f"{MONDAY}T08:00")) < 1


def test_a_place_near_a_stop_walks_to_it_first():
    close = (51.7027, 5.500)  # 300 m from the stop: five minutes on foot with the detour
    found = travel()
    assert minutes(found, close, "c", at(f"{MONDAY}T07:54")) == 26
    assert minutes(found, close, "c", at(f"{MONDAY}T07:58")) == 82


def test_a_place_that_is_not_known_is_not_known_and_one_outside_the_region_goes_over_the_globe():
    found = travel()
    assert np.isnan(minutes(found, "a", (np.nan, 5.5), at(f"{MONDAY}T08:00")))
    far = (52.3, 4.9)
    expected = found.globe.between(*(np.array([x]) for x in (*STOP["a"], *far)), "transit", 0)[0, 0]
    assert minutes(found, "a", far, at(f"{MONDAY}T08:00")) == expected


def test_on_days_that_the_timetable_does_not_cover_it_goes_over_the_globe():
    found = travel()
    moment = at("2027-03-01T08:00")
    expected = found.globe.between(*(np.array([x]) for x in (*STOP["a"], *STOP["c"])), "transit", 0)[0, 0]
    assert (found.basis("transit", moment), minutes(found, "a", "c", moment)) == ("distance", expected)
    assert found.basis("transit", at(f"{MONDAY}T08:00")) == "timetable"
    assert (found.basis("walk", moment), found.basis("car", moment)) == ("distance", "distance")


def test_nothing_nobody_and_the_end_of_time():
    found = travel()
    nothing, here, nowhere = np.empty(0), np.array([51.7]), np.array([np.nan])
    moment = at(f"{MONDAY}T08:00")
    assert found.between(nothing, nothing, here, here, "transit", moment).shape == (0, 1)
    assert found.between(here, here, nothing, nothing, "transit", moment).shape == (1, 0)
    assert np.isnan(found.between(nowhere, nowhere, nowhere, nowhere, "transit", moment)).all()
    assert [found.basis("transit", some) for some in (-(1 << 62), 0, 1 << 62)] == ["distance"] * 3


def test_cars_and_bicycles_do_not_look_at_the_timetable():
    found = travel()
    place = [np.array([x]) for x in (*STOP["a"], *STOP["c"])]
    for mode in ("walk", "bike", "car"):
        moment = at(f"{MONDAY}T08:00")
        assert found.between(*place, mode, moment) == found.globe.between(*place, mode, moment)


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-02", 20),  # a Monday
        ("2026-03-01", None),  # a Sunday
        ("2026-03-07", 20),  # a Saturday on which it runs after all
        ("2026-03-04", None),  # a Wednesday on which it does not
        ("2026-01-01", 20),  # first and last day count
        ("2026-12-31", 20),
    ],
)  # fmt: skip
def test_week_days_and_exceptions(day, expected):
    dates = "service_id,date,exception_type\nweek,20260307,1\nweek,20260304,2\n"
    found = minutes(travel(calendar_dates=dates), "a", "c", at(f"{day}T08:00"))
    assert (found if found < 60 else None) == expected


def test_a_service_may_stand_in_calendar_dates_alone():
    dates = "service_id,date,exception_type\nweek,20260302,1\n"
    found, summary = read(calendar=None, calendar_dates=dates)
    assert found.day.tolist() == [int(np.datetime64(MONDAY, "D").astype(int))]
    assert (summary.first_day, summary.last_day) == (MONDAY, MONDAY)


def test_times_past_midnight_belong_to_the_day_before():
    late = STOP_TIMES.replace("two,09:00:00,09:00:00", "two,24:30:00,24:30:00").replace(
        "two,09:20:00,09:20:00", "two,25:10:00,25:10:00"
    )
    found = travel(stop_times=late)
    assert minutes(found, "a", "c", at("2026-03-03T00:30")) == 40  # Monday's, on Tuesday
    assert minutes(found, "a", "c", at("2026-03-07T00:30")) == 40  # Friday's, on Saturday
    assert minutes(found, "a", "c", at("2026-03-02T00:30")) > 60  # Sunday has none
    assert minutes(found, "a", "c", at("2026-03-06T23:55")) == 75  # waiting past midnight


def test_a_journey_goes_on_into_the_next_day():
    late = """trip_id,arrival_time,departure_time,stop_id,stop_sequence
one,23:50:00,23:50:00,a,1
one,24:10:00,24:10:00,c,2
three,00:20:00,00:20:00,c,1
three,00:40:00,00:40:00,d,2
"""
    assert minutes(travel(stop_times=late), "a", "d", at(f"{MONDAY}T23:50")) == 50


@pytest.mark.parametrize(
    ("day", "wall"),
    [("2026-03-29", "09:00"), ("2026-10-25", "09:00"), ("2026-03-30", "09:00"), ("2026-10-24", "09:00")],
)
def test_times_after_the_clock_changed_are_the_wall_clocks(day, wall):
    daily = CALENDAR.replace("0,0,2026", "1,1,2026")
    assert minutes(travel(calendar=daily), "a", "c", at(f"{day}T{wall}")) == 20


def test_a_service_day_begins_twelve_hours_before_noon():
    spring = int(np.datetime64("2026-03-29", "D").astype(int))
    assert start_of(spring, ZONE) == at("2026-03-28T23:00")
    assert start_of(spring - 1, ZONE) == at("2026-03-28T00:00")
    autumn = int(np.datetime64("2026-10-25", "D").astype(int))
    assert start_of(autumn, ZONE) == at("2026-10-25T00:00") + 3600
    # 01:00 of that service day in spring: one hour before the clock jumps is 00:00 on the wall.
    night = STOP_TIMES.replace("two,09:00:00,09:00:00", "two,01:00:00,01:00:00").replace(
        "two,09:20:00,09:20:00", "two,01:20:00,01:20:00"
    )
    found = travel(stop_times=night, calendar=CALENDAR.replace("0,0,2026", "1,1,2026"))
    assert minutes(found, "a", "c", at("2026-03-29T00:00")) == 20


def test_the_agencys_zone_counts_and_the_citys_where_it_names_none():
    moment = at(f"{MONDAY}T08:00", "Asia/Jerusalem")
    agency = "agency_name,agency_timezone\nBus,Asia/Jerusalem\n"
    assert minutes(travel(agency=agency), "a", "c", moment) == 20
    assert minutes(travel(agency=None), "a", "c", at(f"{MONDAY}T08:00")) == 20


# --- what a feed may say ----------------------------------------------------------------------------------------------


def test_where_nobody_gets_on_or_off():
    head, *rows = STOP_TIMES.splitlines()
    no_boarding = "\n".join(
        [f"{head},pickup_type,drop_off_type", *(f"{row},{1 if ',b,' in row else 0},0" for row in rows)]
    )
    no_alighting = "\n".join(
        [f"{head},pickup_type,drop_off_type", *(f"{row},0,{1 if ',b,' in row else ''}" for row in rows)]
    )
    moment = at(f"{MONDAY}T08:00")
    assert minutes(travel(stop_times=no_boarding), "a", "b", moment) == 10
    assert minutes(travel(stop_times=no_boarding), "b", "c", moment) > 30
    assert minutes(travel(stop_times=no_alighting), "a", "b", moment) > 30
    assert minutes(travel(stop_times=no_alighting), "b", "c", moment) == 20


def test_calls_without_a_time_lie_evenly_between_those_with_one():
    gaps = STOP_TIMES.replace("one,08:10:00,08:11:00", "one,,")
    assert minutes(travel(stop_times=gaps), "a", "b", at(f"{MONDAY}T08:00")) == 10
    ends = STOP_TIMES.replace("one,08:00:00,08:00:00", "one,,")
    found, summary = read(stop_times=ends)
    assert summary.dropped == {"calls without a time, before the first or after the last one that has one": 1}
    assert len(found.stop) == 6


def test_one_time_stands_for_both():
    half = STOP_TIMES.replace("one,08:10:00,08:11:00", "one,,08:11:00")
    assert minutes(travel(stop_times=half), "a", "b", at(f"{MONDAY}T08:00")) == 11


def test_a_trip_that_goes_back_in_time_loses_that_call():
    back = STOP_TIMES.replace("one,08:10:00,08:11:00", "one,07:10:00,07:11:00")
    more = back + "".join(f"x{i},10:00:00,10:00:00,a,1\nx{i},10:10:00,10:10:00,b,2\n" for i in range(10))
    trips = TRIPS + "".join(f"1,week,x{i}\n" for i in range(10))
    _, summary = read(stop_times=more, trips=trips)
    line = summary.rejected.iloc[0]
    assert (line["source"], line["row"], line["field"], line["value"]) == (
        "feed/stop_times.txt", "3", "departure_time", "07:11:00",
    )  # fmt: skip
    assert "not before the one before it" in line["expected"]


def test_a_trip_by_frequency_departs_again_and_again():
    every = "trip_id,start_time,end_time,headway_secs\none,10:00:00,11:00:00,600\n"
    found = travel(frequencies=every)
    assert minutes(found, "a", "c", at(f"{MONDAY}T10:31")) == 29
    assert minutes(found, "a", "c", at(f"{MONDAY}T10:51")) > 60  # the last one has gone
    assert minutes(found, "a", "c", at(f"{MONDAY}T08:00")) == 80  # not at its own time, but the other at nine
    assert len(found.transit.timetable.first) - 1 == 2 + 6


def test_a_change_takes_time_and_a_feed_may_say_how_much():
    tight = STOP_TIMES.replace("three,08:30:00,08:30:00", "three,08:21:00,08:21:00")
    moment = at(f"{MONDAY}T08:00")
    assert minutes(travel(stop_times=tight), "a", "d", moment) == 45
    tighter = tight.replace("08:21:00", "08:20:59")
    assert minutes(travel(stop_times=tighter), "a", "d", moment) > 60
    told = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,c,2,59\n"
    assert minutes(travel(stop_times=tighter, transfers=told), "a", "d", moment) == 45
    slow = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,c,2,601\n"
    assert minutes(travel(transfers=slow), "a", "d", moment) > 60
    never = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,c,3,\n"
    assert minutes(travel(transfers=never), "a", "d", moment) > 60


def test_one_walks_between_stops_that_are_near_or_that_the_feed_joins():
    stops = STOPS + "e,Einde,51.702,5.600\nf,Ver weg,51.715,5.600\n"
    moment = at(f"{MONDAY}T08:00")
    near = STOP_TIMES.replace("three,08:30:00,08:30:00,c", "three,08:30:00,08:30:00,e")
    assert minutes(travel(stops=stops, stop_times=near), "a", "d", moment) == 45
    far = STOP_TIMES.replace("three,08:30:00,08:30:00,c", "three,08:50:00,08:50:00,f").replace(
        "three,08:45:00,08:45:00", "three,09:00:00,09:00:00"
    )
    assert minutes(travel(stops=stops, stop_times=far), "a", "d", moment) > 60
    joined = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,f,2,1800\n"
    assert minutes(travel(stops=stops, stop_times=far, transfers=joined), "a", "d", moment) == 60
    forbidden = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,e,3,\n"
    assert minutes(travel(stops=stops, stop_times=near, transfers=forbidden), "a", "d", moment) > 60


def test_who_rides_to_a_stop_may_walk_on_though_another_could_walk_there_sooner():
    """From p one walks to q but not on to r, which is too far; who comes to q by the later bus walks to r in time."""
    stops = STOPS + "p,P,51.7000,5.580\nq,Q,51.7027,5.580\nr,R,51.7054,5.580\n"
    trips = "service_id,trip_id\nweek,early\nweek,late\nweek,on\n"
    calls = """trip_id,arrival_time,departure_time,stop_id,stop_sequence
early,08:00:00,08:00:00,a,1
early,08:10:00,08:10:00,p,2
late,08:00:00,08:00:00,a,1
late,08:17:00,08:17:00,q,2
on,08:23:00,08:23:00,r,1
on,08:30:00,08:30:00,d,2
"""
    found = travel(stops=stops, trips=trips, stop_times=calls)
    assert minutes(found, "a", "d", at(f"{MONDAY}T08:00")) == 30
    without = travel(
        stops=stops, trips=trips, stop_times=calls.replace("late,08:17:00,08:17:00", "late,08:19:00,08:19:00")
    )
    assert minutes(without, "a", "d", at(f"{MONDAY}T08:00")) > 60


def test_a_change_within_a_station_holds_for_its_platforms():
    stops = "stop_id,stop_lat,stop_lon,location_type,parent_station\n" + "".join(
        f"{name},{lat},{lon},0,{'s' if name == 'c' else ''}\n" for name, (lat, lon) in STOP.items()
    )
    stops += "s,51.7,5.6,1,\n"
    told = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\ns,s,2,601\n"
    found, _ = read(stops=stops, transfers=told)
    assert found.change.tolist() == [601]
    both = told + "c,c,2,5\n"
    found, _ = read(stops=stops, transfers=both)
    assert found.change.tolist() == [5]


def test_transfers_for_certain_trips_are_counted_and_left_out():
    told = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id\nc,c,3,,one\n"
    found, summary = read(transfers=told)
    assert len(found.change) == 0
    assert summary.dropped == {"transfers for certain routes or trips only": 1}


# --- broken feeds -----------------------------------------------------------------------------------------------------

MANY = "".join(f"one,08:{30 + i}:00,08:{30 + i}:00,c,{10 + i}\n" for i in range(20))


@pytest.mark.parametrize(
    ("row", "field", "value", "expected"),
    [
        ("two,25:70:00,25:70:00,b,2\n", "arrival_time", "25:70:00", "25:10:00 after midnight"),
        ("two,9 uur,09:10:00,b,2\n", "arrival_time", "9 uur", "08:05:00"),
        ("two,09:10:00,999:10:00,b,2\n", "departure_time", "999:10:00", "08:05:00"),
        ("two,09:10:00,09:10:00,nowhere,2\n", "stop_id", "nowhere", "an id that stands in stops"),
        ("ghost,09:10:00,09:10:00,b,2\n", "trip_id", "ghost", "an id that stands in trips"),
        ("two,09:10:00,09:10:00,b,second\n", "stop_sequence", "second", "a whole number"),
        ("two,09:10:00,09:10:00,b,1\n", "trip_id", "two", "only once"),
    ],
)
def test_a_bad_row_is_left_out_and_told_with_file_row_field_and_value(row, field, value, expected):
    found, summary = read(stop_times=STOP_TIMES + row + MANY)
    line = summary.rejected.iloc[0]
    assert len(summary.rejected) == 1
    assert (line["source"], line["row"], line["field"], line["value"]) == ("feed/stop_times.txt", "9", field, value)
    assert expected in line["expected"]
    assert len(found.stop) == len(read(stop_times=STOP_TIMES + MANY)[0].stop)


def test_a_feed_of_which_more_than_a_tenth_is_bad_is_refused():
    with pytest.raises(BadInput, match=r"2 of 9 rows cannot be used; the first is line 9, stop_id = 'x', where an id"):
        read(stop_times=STOP_TIMES + "two,09:10:00,09:10:00,x,2\ntwo,09:11:00,09:11:00,y,4\n")


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"stops": None}, r"feed: stops\.txt is missing; is this a GTFS feed"),
        ({"stop_times": None}, r"stop_times\.txt is missing"),
        ({"calendar": None}, r"neither calendar\.txt nor calendar_dates\.txt"),
        ({"stops": "stop_id,stop_lat,stop_lon\n"}, r"rows cannot be used"),
        ({"stops": "naam,lat\nx,1\n"}, r"feed/stops\.txt: column 'stop_id' is missing"),
        ({"stop_times": STOP_TIMES.splitlines()[0]}, r"no trip runs on any day"),
        ({"trips": TRIPS.replace("week", "never")}, r"no trip runs on any day"),
        ({"agency": "agency_timezone\nMars/Olympus\n"}, r"agency_timezone 'Mars/Olympus' is no zone"),
        ({"agency": "agency_timezone\nEurope/Paris\nEurope/Oslo\n"}, r"several time zones, Europe/Paris, Europe/Oslo"),
        ({"stops": 'stop_id,stop_lat,stop_lon\n"a,51.7,5.5\nb,51.7,5.6\n'}, r"quote"),
    ],
)
def test_a_feed_without_what_it_needs_is_refused_by_name(texts, told):
    with pytest.raises(BadInput, match=told):
        read(**texts)


def test_bad_days_are_told():
    dates = "service_id,date,exception_type\nweek,20261301,1\nweek,2026-3-4,2\nweek,20260304,9\n"
    _, summary = read(calendar_dates=dates)
    assert [tuple(row) for row in summary.rejected[["row", "field", "value"]].to_numpy()] == [
        ("2", "date", "20261301"),
        ("3", "date", "2026-3-4"),
        ("4", "exception_type", "9"),
    ]


def test_stops_without_a_place_are_counted():
    stops = STOPS.replace("b,Brug,51.700,5.550", "b,Brug,,")
    found, summary = read(stops=stops)
    assert summary.dropped == {"calls at a stop whose place is not known": 1}
    assert len(found.lat) == 3


def test_marks_spaces_and_other_alphabets_are_read(tmp_path):
    files = feed(stops=STOPS.replace("Brug", "Brüg").replace("stop_id,", " stop_id ,"))
    files["stops.txt"] = b"\xef\xbb\xbf" + files["stops.txt"]
    files["trips.txt"] = (
        files["trips.txt"].replace(b"route_id", b"headsign").replace(b"1,week,two", "é,week,two".encode("latin-1"))
    )
    found, summary = read_timetable(zipped(tmp_path / "bus.zip", files), ZONE)
    assert len(found.lat) == 4
    assert summary.remarks == ("bus.zip/trips.txt is not UTF-8 and was read as latin-1",)


def test_a_folder_inside_the_zip_will_do_and_two_feeds_will_not(tmp_path):
    inside = {f"gtfs/{name}": text for name, text in feed().items()}
    assert len(read_timetable(zipped(tmp_path / "one.zip", inside), ZONE)[0].lat) == 4
    with pytest.raises(BadInput, match=r"two\.zip: holds several feeds"):
        read_timetable(zipped(tmp_path / "two.zip", {**inside, **feed()}), ZONE)


@pytest.mark.parametrize("name", ["../stops.txt", "/etc/stops.txt", "a/../../stops.txt", "..\\stops.txt"])
def test_a_zip_that_names_a_path_outside_of_itself_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match=r"bad\.zip: names .* a path outside of the zip"):
        files_of(zipped(tmp_path / "bad.zip", {**feed(), name: b"x"}))


@pytest.mark.parametrize("cut", [0, 10, 400, -30])
def test_a_zip_that_is_cut_off_is_refused(tmp_path, cut):
    whole = zipped(tmp_path / "bus.zip", feed()).read_bytes()
    (tmp_path / "bus.zip").write_bytes(whole[:cut])
    with pytest.raises(BadInput, match=r"bus\.zip: cannot be read as a zip; was the download cut off"):
        files_of(tmp_path / "bus.zip")


def test_a_flipped_byte_in_a_zip_is_noticed(tmp_path):
    path = zipped(tmp_path / "bus.zip", feed())
    content = bytearray(path.read_bytes())
    content[content.index(b"Brug")] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match="cannot be read as a zip"):
        files_of(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"bus\.zip: no such file; a GTFS feed"):
        files_of(tmp_path / "bus.zip")


# --- on disk ----------------------------------------------------------------------------------------------------------


def test_what_is_written_reads_back_equal_and_equal_feeds_give_equal_bytes(tmp_path):
    found, _ = read()
    for name in ("one", "two"):
        found.save(tmp_path / name / "timetable.npz")
    again = Timetable.load(tmp_path / "one" / "timetable.npz")
    for field, value in vars(found).items():
        np.testing.assert_array_equal(getattr(again, field), value)
    assert (tmp_path / "one" / "timetable.npz").read_bytes() == (tmp_path / "two" / "timetable.npz").read_bytes()
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["timetable.npz"]


@pytest.mark.parametrize("harm", ["cut", "empty", "text", "other"])
def test_a_file_that_cannot_be_trusted_is_refused_by_name(tmp_path, harm):
    path = tmp_path / "timetable.npz"
    read()[0].save(path)
    content = path.read_bytes()
    if harm == "other":
        np.savez(path, allow_pickle=False, lat=np.zeros(3))
    else:
        path.write_bytes({"cut": content[:-40], "empty": b"", "text": b"hello"}[harm])
    with pytest.raises(BadInput, match=r"timetable\.npz") as refused:
        Timetable.load(path)
    assert AGAIN in str(refused.value)


def test_whatever_byte_is_flipped_a_file_is_refused_or_still_says_the_same(tmp_path):
    path = tmp_path / "timetable.npz"
    found, _ = read()
    found.save(path)
    content, refused = path.read_bytes(), 0
    for place in range(0, len(content), 37):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        try:
            again = Timetable.load(path)
        except BadInput:
            refused += 1
        else:
            assert all(np.array_equal(getattr(again, field), value) for field, value in vars(found).items())
    assert refused > 10


# --- against the slow answer ------------------------------------------------------------------------------------------


@st.composite
def networks(draw):
    """A random little region: stops close enough to walk between some, trips that overtake, loop and stand still."""
    n_stops = draw(st.integers(2, 7))
    spots = st.tuples(st.integers(0, 12), st.integers(0, 12))
    stops = draw(st.lists(spots, min_size=n_stops, max_size=n_stops))
    n_trips = draw(st.integers(1, 8))
    first, stop, arrive, depart = [0], [], [], []
    for _ in range(n_trips):
        calls = draw(st.lists(st.integers(0, n_stops - 1), min_size=2, max_size=5))
        moment = draw(st.sampled_from([0, 6 * 3600, 8 * 3600, 23 * 3600, 24 * 3600, 30 * 3600]))
        for call in calls:
            moment += draw(st.sampled_from([0, 30, 60, 300, 900]))
            arrive.append(moment)
            moment += draw(st.sampled_from([0, 0, 60]))
            depart.append(moment)
            stop.append(call)
        first.append(len(stop))
    flags = st.lists(st.sampled_from([True, True, True, False]), min_size=len(stop), max_size=len(stop))
    day = 20_513
    changes = draw(
        st.lists(
            st.tuples(
                st.integers(0, n_stops - 1), st.integers(0, n_stops - 1), st.sampled_from([NOT_POSSIBLE, 0, 1, 400])
            ),
            max_size=4,
            unique_by=lambda change: change[:2],
        )
    )
    pairs = np.array(changes, dtype=np.int32).reshape(-1, 3)
    return Timetable(
        zone=np.array(ZONE),
        lat=np.array([51.7 + 0.004 * y for y, _ in stops]),
        lon=np.array([5.5 + 0.006 * x for _, x in stops]),
        first=np.array(first, dtype=np.int64),
        stop=np.array(stop, dtype=np.int32),
        arrive=np.array(arrive, dtype=np.int32),
        depart=np.array(depart, dtype=np.int32),
        board=np.array(draw(flags)),
        alight=np.array(draw(flags)),
        service=np.array(draw(st.lists(st.integers(0, 1), min_size=n_trips, max_size=n_trips)), dtype=np.int32),
        day_first=np.array([0, 3, 5], dtype=np.int64),
        day=np.array([day - 1, day, day + 1, day, day + 2], dtype=np.int32),
        change_from=pairs[:, 0],
        change_to=pairs[:, 1],
        change=pairs[:, 2],
    )


@given(networks(), st.integers(0, 30 * 60))
@settings(max_examples=150)
def test_random_networks_agree_with_the_slow_answer(table, minute):
    found = CityTravel(DEFAULT_TRAVEL, timetable=table)
    moment = start_of(20_513, ZONE) + minute * 60 - 3 * 3600
    places = np.array([51.7, 51.712, 51.73]), np.array([5.5, 5.53, 5.56])
    on_foot = found.between(*places, *places, "walk", moment)
    ours = found.transit.minutes(found.transit.to_stops(*places), found.transit.to_stops(*places), on_foot, moment)
    slow = slow_minutes(found.transit, *places, *places, on_foot, moment)
    np.testing.assert_allclose(ours, slow, atol=1e-9)


REAL = {
    "seattle-area-2017-11-16": ("2017-12-05T08:00", 259, 3_888),
    "trimet-vermont-2018-02-06": ("2018-02-06T08:00", 102, 78),
    "region-nord-v2": ("2019-01-08T07:30", 3_693, 1_098),
    "israel-public-transportation-route-2126": ("2018-02-25T05:05", 18, 4),
}


@pytest.fixture(scope="module")
def real(shared_data):
    return {name: read_timetable(Path(shared_data) / "feeds" / "gtfs" / name, ZONE) for name in REAL}


@pytest.mark.parametrize("name", REAL)
def test_real_feeds_are_read_whole(real, name):
    found, summary = real[name]
    _, stops, trips = REAL[name]
    assert (summary.stops, summary.trips, summary.dropped) == (stops, trips, {})
    assert len(summary.rejected) == 0
    assert np.isfinite(found.lat).all()


def test_the_latin_feed_is_said_to_be_latin(real):
    assert real["region-nord-v2"][1].remarks == ("region-nord-v2/stops.txt is not UTF-8 and was read as latin-1",)


@pytest.mark.parametrize("name", REAL)
def test_real_feeds_agree_with_the_slow_answer(real, name):
    table, moment = real[name][0], at(REAL[name][0], str(real[name][0].zone))
    found = CityTravel(DEFAULT_TRAVEL, timetable=table)
    random = np.random.default_rng(7)
    # The first call of the first trips that run, and places near other stops.
    near = np.append(table.stop[table.first[:2]], random.integers(0, len(table.lat), 10))
    lat, lon = (places[near] + random.normal(0, 0.0005, 12) for places in (table.lat, table.lon))
    on_foot = found.between(lat[:2], lon[:2], lat, lon, "walk", moment)
    ours = found.between(lat[:2], lon[:2], lat, lon, "transit", moment)
    slow = slow_minutes(found.transit, lat[:2], lon[:2], lat, lon, on_foot, moment)
    np.testing.assert_allclose(ours, slow, atol=1e-9)
    assert (ours < on_foot - 1e-9).any()


def test_walks_are_looked_up_once_for_the_citys_own_places_and_give_the_same_answer():
    table, _ = read()
    lat, lon = (np.array([STOP[name][i] for name in "abcd"]) + 0.001 for i in (0, 1))
    prepared, plain = (CityTravel(DEFAULT_TRAVEL, timetable=table, lat=lat, lon=lon) for _ in range(2))
    prepared.prepare()
    assert isinstance(prepared.transit, Transit)
    moment = at(f"{MONDAY}T07:40")
    np.testing.assert_array_equal(
        prepared.between(lat, lon, lat, lon, "transit", moment), plain.between(lat, lon, lat, lon, "transit", moment)
    )


def test_of_a_whole_country_only_what_lies_around_the_city_is_kept():
    country = STOPS + "x,Ver,53.2,6.5\ny,Verder,53.3,6.6\n"
    calls = (
        STOP_TIMES
        + "far,08:00:00,08:00:00,x,1\nfar,09:00:00,09:00:00,y,2\nin,07:00:00,07:00:00,x,1\nin,09:00:00,09:00:00,a,2\n"
    )
    trips = TRIPS + "1,week,far\n1,week,in\n"
    files = feed(stops=country, stop_times=calls, trips=trips)
    around = np.array([51.70, 51.75]), np.array([5.50, 5.60])
    found, summary = timetable_from(parse_feed(files, "land", around), "land", ZONE)
    assert len(found.lat) == 4
    assert summary.dropped == {
        "calls more than 40 km from every place of the city": 3,
        "trips with fewer than two calls": 1,
    }
    whole, _ = timetable_from(parse_feed(files, "land"), "land", ZONE)
    assert len(whole.lat) == 6
    with pytest.raises(BadInput, match=r"land/stops\.txt: no stop lies within 40 km of a place of the city"):
        parse_feed(files, "land", (np.array([40.0]), np.array([3.0])))
    nowhere = np.empty(0), np.empty(0)
    assert len(parse_feed(files, "land", nowhere).frames["stop_times"]) == len(whole.stop)


def test_many_at_once_get_the_answer_that_each_would_get_alone():
    dates = "service_id,date,exception_type\nweek,20260307,1\n"
    found = travel(calendar_dates=dates)
    lat, lon = (np.array([STOP[name][i] for name in "abcd"]) for i in (0, 1))
    moments = [at(f"2026-03-{day:02d}T0{hour}:30") for day in range(2, 12) for hour in (5, 7, 8)]

    def ask(moment):
        return found.between(lat, lon, lat, lon, "transit", moment)

    alone = [ask(moment) for moment in moments]
    with ThreadPoolExecutor(8) as together:
        for one, other in zip(together.map(ask, moments * 3), alone * 3, strict=True):
            np.testing.assert_array_equal(one, other)
