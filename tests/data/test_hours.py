"""Opening hours: which moments they mean, what is not known, and what happens to what cannot be read."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from data.columns import VENUES
from data.hours import EXAMPLE, Doors, is_hours
from data.validation import KEPT_WITHOUT, validate
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/Amsterdam")


def at(text, zone=ZONE):
    """Seconds of a wall time, or of a time with its own offset."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


@pytest.fixture
def opened(tiny_catalogue):
    """Intervals of one venue with these hours, as local texts; None where they are not known."""

    def ask(hours, since, until, lat=51.765, lon=5.518, time_zone="Europe/Amsterdam"):
        zone = ZoneInfo(time_zone)
        venues = tiny_catalogue.venues
        n = len(venues.ids)
        every = np.full(n, np.nan)
        place = replace(
            venues,
            opening_hours=("", hours, *[""] * (n - 2)),
            lat=np.where(np.arange(n) == 1, lat, every),
            lon=np.where(np.arange(n) == 1, lon, every),
        )
        found = Doors(replace(tiny_catalogue, venues=place, time_zone=time_zone)).open(at(since, zone), at(until, zone))
        assert not found.known[np.arange(n) != 1].any()
        assert set(found.venue.tolist()) <= {1}
        if not found.known[1]:
            return None
        pairs = zip(found.opens.tolist(), found.closes.tolist(), strict=True)
        return [tuple(datetime.fromtimestamp(x, zone).isoformat()[5:16] for x in pair) for pair in pairs]

    return ask


@pytest.mark.parametrize(
    ("hours", "since", "until", "expected"),
    [
        ("Mo-Fr 10:00-17:30; Sa 10:00-16:00", "2026-03-02", "2026-03-03", [("03-02T10:00", "03-02T17:30")]),
        ("Mo-Fr 10:00-17:30; Sa 10:00-16:00", "2026-03-08", "2026-03-09", []),
        ("Mo 10:00-12:00,13:00-17:00", "2026-03-02", "2026-03-03",
         [("03-02T10:00", "03-02T12:00"), ("03-02T13:00", "03-02T17:00")]),
        ("Mo-Su 10:00-18:00; Jul-Aug off", "2026-07-14", "2026-07-15", []),
        ("Mo-Su 10:00-18:00; Dec 25 off", "2026-12-25", "2026-12-27", [("12-26T10:00", "12-26T18:00")]),
        ("off", "2026-03-02", "2026-03-05", []),
        ("24/7", "2026-03-02", "2026-03-05", [("03-02T00:00", "03-05T00:00")]),
        ("Mo[1] 10:00-12:00", "2026-03-02", "2026-03-10", [("03-02T10:00", "03-02T12:00")]),
    ],
)  # fmt: skip
def test_hours_mean_these_moments(opened, hours, since, until, expected):
    assert opened(hours, since, until) == expected


def test_a_night_that_began_the_day_before_still_counts_and_is_cut_at_both_ends(opened):
    assert opened("Fr-Sa 20:00-02:00", "2026-03-07T01:00", "2026-03-07T21:00") == [
        ("03-07T01:00", "03-07T02:00"),
        ("03-07T20:00", "03-07T21:00"),
    ]


def test_days_that_touch_are_one_interval(opened):
    assert opened("Mo-Tu 00:00-24:00", "2026-03-01", "2026-03-05") == [("03-02T00:00", "03-04T00:00")]


@pytest.mark.parametrize(
    ("day", "after", "hours"),
    [("2026-03-28", "2026-03-30", 5), ("2026-10-24", "2026-10-26", 7), ("2026-11-07", "2026-11-09", 6)],
)
def test_a_night_is_an_hour_shorter_or_longer_when_the_clock_changes(tiny_catalogue, day, after, hours):
    venues = replace(tiny_catalogue.venues, opening_hours=("Sa 22:00-04:00", "", "", "", ""))
    found = Doors(replace(tiny_catalogue, venues=venues)).open(at(day), at(after))
    assert (found.closes - found.opens).tolist() == [hours * 3600]


def test_the_hour_that_does_not_exist_is_never_open(opened):
    assert opened("Su 02:15-02:45", "2026-03-29", "2026-03-30") == []


def test_public_holidays_are_those_of_the_country_where_the_venue_lies(opened):
    week = ("Mo-Fr 09:00-17:00; PH off", "2026-04-27", "2026-04-28")  # the Dutch king's birthday, a Monday
    assert opened(*week) == []
    assert opened(*week, lat=50.85, lon=4.35) == [("04-27T09:00", "04-27T17:00")]  # Brussels works


def test_a_venue_without_a_place_has_the_holidays_of_its_town(tiny_catalogue):
    hours = Doors(
        replace(
            tiny_catalogue, venues=replace(tiny_catalogue.venues, opening_hours=("", "", "", "", "PH off; 09:00-17:00"))
        )
    )
    found = hours.open(at("2026-04-28"), at("2026-04-29"))
    assert found.known.tolist() == [False] * 4 + [True]
    assert np.isnan(tiny_catalogue.venues.lat[4])


@pytest.mark.parametrize(
    "hours",
    ["", "bogus", '"by appointment"', "Mo-Fr 09:00-17:00 unknown", "Mo-Fr 10:00-17:00; SH off", "Mon 9-5"],
)
def test_what_cannot_be_known_is_not_known(opened, hours):
    assert opened(hours, "2026-03-02", "2026-03-03") is None


def test_holidays_and_daylight_are_not_known_where_no_place_is(opened):
    nowhere = {"lat": np.nan, "lon": np.nan}
    for hours in ("Mo-Fr 09:00-17:00; PH off", "sunrise-sunset"):
        assert opened(hours, "2026-03-02", "2026-03-03", **nowhere) is None
    assert opened("Mo-Fr 09:00-17:00", "2026-03-02", "2026-03-03", **nowhere) == [("03-02T09:00", "03-02T17:00")]
    assert opened('Mo 09:00-17:00 "ask for PH Jansen"', "2026-03-02", "2026-03-03", **nowhere)


def test_hours_unknown_on_another_day_do_not_matter(opened):
    hours = "Mo-Fr 09:00-17:00; Sa unknown"
    assert opened(hours, "2026-03-02", "2026-03-03") == [("03-02T09:00", "03-02T17:00")]
    assert opened(hours, "2026-03-07", "2026-03-08") is None


def test_another_time_zone_means_other_moments(tiny_catalogue):
    venues = replace(tiny_catalogue.venues, opening_hours=("Mo 09:00-17:00", "", "", "", ""))
    found = Doors(replace(tiny_catalogue, venues=venues, time_zone="America/New_York")).open(
        at("2026-03-02T00:00+00:00"), at("2026-03-04T00:00+00:00")
    )
    assert found.opens.tolist() == [at("2026-03-02T14:00+00:00")]


def test_no_time_at_all_is_refused(tiny_catalogue):
    with pytest.raises(BadInput, match="until 5 is not after since 5"):
        Doors(tiny_catalogue).open(5, 5)


@pytest.mark.parametrize("since", [-(1 << 62), 253_402_200_000, 1 << 62])
def test_days_that_no_calendar_has_are_refused(tiny_catalogue, since):
    with pytest.raises(BadInput, match=f"the calendar has no days from {since}"):
        Doors(tiny_catalogue).open(since, since + 86_400)


def test_hours_that_nobody_can_read_go_to_quarantine_and_the_venue_stays():
    frame = pd.DataFrame(
        [
            {"venue_id": "lib", "opening_hours": "Mo-Fr 09:00-17:00"},
            {"venue_id": "lab", "opening_hours": "ma-vr 9-17u"},
            {"venue_id": "zoo", "opening_hours": ""},
        ],
        dtype="str",
    )
    kept, rejected = validate(VENUES, frame, "venues.csv", {})
    assert kept["venue_id"].tolist() == ["lib", "lab", "zoo"]
    assert kept["opening_hours"].tolist() == ["Mo-Fr 09:00-17:00", "", ""]
    line = rejected.iloc[0]
    assert len(rejected) == 1
    assert (line["source"], line["row"], line["field"], line["value"]) == (
        "venues.csv", "3", "opening_hours", "ma-vr 9-17u",
    )  # fmt: skip
    assert EXAMPLE in line["expected"]
    assert line["expected"].endswith(KEPT_WITHOUT)
    assert '"venue_id": "lab"' in line["record"]


def test_the_example_in_the_message_can_be_read():
    assert is_hours(EXAMPLE)
