"""Timetables against the slow answer, on very many random regions and on many moments of the real feeds."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.travel.city import CityTravel
from data.travel.days import day_of, start_of
from data.travel.gtfs import read_timetable
from recommender.city import DEFAULT_TRAVEL
from tests.data.gtfs_feeds import slow_minutes
from tests.data.test_timetable import REAL, ZONE, networks

pytestmark = pytest.mark.prove


@given(networks(), st.integers(0, 30 * 60), st.integers(0, 2**32 - 1))
@settings(max_examples=5_000)
def test_random_regions_agree_with_the_slow_answer(table, minute, seed):
    found = CityTravel(DEFAULT_TRAVEL, timetable=table)
    moment = start_of(20_513, ZONE) + minute * 60 - 3 * 3600
    random = np.random.default_rng(seed)
    lat, lon = random.uniform(51.695, 51.75, 4), random.uniform(5.49, 5.58, 4)
    on_foot = found.between(lat, lon, lat, lon, "walk", moment)
    walks = found.transit.to_stops(lat, lon)
    ours = found.transit.minutes(walks, walks, on_foot, moment)
    np.testing.assert_allclose(ours, slow_minutes(found.transit, lat, lon, lat, lon, on_foot, moment), atol=1e-9)


@pytest.mark.parametrize("name", REAL)
def test_real_feeds_agree_with_the_slow_answer_all_day(shared_data, name):
    table, _ = read_timetable(Path(shared_data) / "feeds" / "gtfs" / name, ZONE)
    found = CityTravel(DEFAULT_TRAVEL, timetable=table)
    noon = datetime.fromisoformat(REAL[name][0]).replace(tzinfo=ZoneInfo(str(table.zone)), hour=12)
    day = found.transit.connections(day_of(int(noon.timestamp()), found.transit.zone))
    random = np.random.default_rng(11)
    better = 0
    for ride in random.integers(0, len(day.depart), 9):
        # Five minutes before something leaves, from near where it leaves and from two other places.
        moment = int(day.depart[ride]) - 300
        some = np.append(day.from_stop[ride], random.integers(0, len(table.lat), 29))
        lat, lon = (places[some] + random.normal(0, 0.001, 30) for places in (table.lat, table.lon))
        on_foot = found.between(lat[:3], lon[:3], lat, lon, "walk", moment)
        walks = found.transit.to_stops(lat[:3], lon[:3]), found.transit.to_stops(lat, lon)
        ours = found.transit.minutes(*walks, on_foot, moment)
        slow = slow_minutes(found.transit, lat[:3], lon[:3], lat, lon, on_foot, moment)
        np.testing.assert_allclose(ours, slow, atol=1e-9)
        better += int((ours < on_foot - 1e-9).sum())
    assert better > 0
