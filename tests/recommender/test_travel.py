import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.city import DEFAULT_TRAVEL, Place, TravelMode
from recommender.travel import EARTH_KM, great_circle_km, travel_minutes

DEGREE = np.pi * EARTH_KM / 180
LAT, LON = st.floats(-90, 90), st.floats(-180, 180)


def km(lat, lon, to_lat, to_lon):
    return float(great_circle_km(np.array([lat]), np.array([lon]), to_lat, to_lon)[0])


def test_distances_on_the_globe_that_are_known():
    assert km(0, 0, 1, 0) == pytest.approx(DEGREE)
    assert km(0, 0, 0, 90) == pytest.approx(90 * DEGREE)
    assert km(90, 17, -90, -40) == pytest.approx(180 * DEGREE)
    assert km(60, 0, 60, 1) == pytest.approx(DEGREE / 2, rel=1e-4)  # a degree of longitude is half as long there
    assert km(51.9851, 179.5, 51.9851, -179.5) == pytest.approx(km(51.9851, 0, 51.9851, 1))  # over the date line
    assert km(52.3791, 4.9003, 51.7650, 5.5180) == pytest.approx(80.3, abs=0.5)  # Amsterdam to Oss


@given(LAT, LON, LAT, LON)
def test_there_is_as_far_as_back_and_nothing_is_farther_than_the_other_side(lat, lon, to_lat, to_lon):
    there = km(lat, lon, to_lat, to_lon)
    assert 0 <= there <= 180 * DEGREE + 1e-6
    assert there == pytest.approx(km(to_lat, to_lon, lat, lon), abs=1e-6)
    assert km(lat, lon, lat, lon) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("mode", "minutes"), [("walk", 162.5), ("bike", 52.0), ("transit", 50.0), ("car", 33.0)])
def test_ten_kilometres_take_each_mode_its_own_time(mode, minutes):
    lat = np.array([51 + 10 / DEGREE])
    assert travel_minutes(Place(51, 5), lat, np.array([5.0]), DEFAULT_TRAVEL[mode]) == pytest.approx([minutes])


def test_who_is_there_already_still_needs_the_fixed_minutes():
    here = np.array([51.0]), np.array([5.0])
    assert travel_minutes(Place(51, 5), *here, TravelMode(20.0, 1.4, 8.0)).tolist() == [8.0]


def test_what_is_not_known_takes_nobody_knows_how_long():
    lat, lon = np.array([51.0, np.nan, 51.0]), np.array([5.0, 5.0, np.nan])
    walk = DEFAULT_TRAVEL["walk"]
    assert np.isnan(travel_minutes(Place(51, 5), lat, lon, walk)).tolist() == [False, True, True]
    assert np.isnan(travel_minutes(None, lat, lon, walk)).all()
    assert travel_minutes(Place(51, 5), lat[:0], lon[:0], walk).shape == (0,)
