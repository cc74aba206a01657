"""Hand-written lines of Toronto's drop-ins, and the real file where at hand."""

import gzip
import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.feeds import toronto
from data.feeds.registry import FEEDS, reader
from data.translate import catalogue_from
from recommender.errors import BadInput

ZONE = ZoneInfo("America/Toronto")
HEADER = "_id,Location ID,Course_ID,Course Title,Section,Age Min,Age Max,Date Range,Start Hour,Start Minute,End Hour,End Min,First Date,Last Date,DayOftheWeek"
LINE = "1,189,500,Lane Swim,Swim - Drop-In,13,None,x,9,30,10,30,2026-03-07,2026-03-07,Saturday"


@pytest.fixture
def read(tmp_path):
    def read_lines(*lines, header=HEADER):
        (tmp_path / "drop-in.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return toronto.read(tmp_path / "drop-in.csv")

    return read_lines


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def test_one_session_and_its_venue_that_lies_nobody_knows_where(read):
    tables = read(LINE)
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["activity_id"], activity["themes"], activity["form"]) == ("500", "swimming:1", "informal")
    assert activity["age_min"] == 13
    assert math.isnan(activity["age_max"])
    assert math.isnan(activity["price"])
    assert (venue["venue_id"], venue["name"], venue["domain"]) == ("189", "", "recreation")
    assert math.isnan(venue["lat"])
    assert datetime.fromtimestamp(int(session["start"]), ZONE) == datetime(2026, 3, 7, 9, 30, tzinfo=ZONE)
    assert session["end"] - session["start"] == 3600
    assert set(tables.origins["origin"]) == {"drop-in.csv, 2", toronto.BY_DEPARTMENT, "words in its title"}


def test_lines_of_a_course_are_its_sessions(read):
    tables = read(
        LINE,
        LINE.replace("1,189", "2,189").replace("03-07", "03-14"),
        LINE.replace("1,189", "3,58").replace("03-07", "03-15"),
    )
    assert len(tables.activities) == 1
    assert tables.sessions["session_id"].tolist() == ["500-1", "500-2", "500-3"]
    assert tables.sessions["venue_id"].tolist() == ["", "", "58"]


def test_the_night_and_the_title(read):
    night = LINE.replace("9,30,10,30", "23,30,1,0").replace("Lane Swim", "Shinny: Child with Caregiver")
    tables = read(night)
    assert only(tables.sessions)["end"] - only(tables.sessions)["start"] == 90 * 60
    assert only(tables.activities)[["company", "themes"]].tolist() == ["with_adult", "ice:1;ball-sports:0.5"]
    dated = read(night.replace("2026-03-07,Saturday", "2026-03-08,Saturday"))
    assert only(dated.sessions)["end"] - only(dated.sessions)["start"] == 90 * 60


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (LINE.replace("500", ""), "Course_ID"),
        (LINE.replace("Lane Swim", ""), "Course Title"),
        (LINE.replace("9,30,10", "25,30,10"), "Start Hour"),
        (LINE.replace("9,30,10", "nine,30,10"), "Start Hour"),
        (LINE.replace("2026-03-07,2026-03-07", "2026-02-30,2026-03-07"), "First Date"),
        (LINE.replace("2026-03-07,2026-03-07", "2026-03-07,2027-03-07"), "Last Date"),
        ("1,2,3", ""),
    ],
)
def test_a_line_that_cannot_be_used_goes_to_quarantine(read, bad, field):
    tables = read(LINE.replace("1,189,500", "9,189,900"), bad)
    line = only(tables.quarantine)
    assert (line["source"], line["row"], line["field"]) == ("drop-in.csv", "3", field)
    assert tables.activities["activity_id"].tolist() == ["900"]
    assert tables.records == 2


def test_an_age_that_cannot_be_read_costs_only_itself(read):
    tables = read(LINE.replace("13,None", "13,7"))
    assert math.isnan(only(tables.activities)["age_min"])
    assert only(tables.quarantine)["field"] == "Age Min"


def test_what_is_no_drop_in_is_refused(read, tmp_path):
    with pytest.raises(BadInput, match="column '_id' is missing"):
        read("1", header="a")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress("\n".join([HEADER, *[LINE] * 100]).encode())[:-30])
    with pytest.raises(BadInput, match="cut off"):
        toronto.read(cut)


def test_every_feed_has_a_reader():
    for name in FEEDS:
        assert callable(reader(name))
    with pytest.raises(BadInput, match="'utrecht' is none of folder, madrid"):
        reader("utrecht")


def test_all_of_the_real_file(shared_data):
    tables = toronto.read(shared_data / "feeds" / "toronto")
    assert (tables.records, len(tables.sessions), len(tables.venues), len(tables.quarantine)) == (32069, 32069, 226, 0)
    assert len(tables.activities) == 6159
    assert tables.venues["lat"].isna().all()
    assert tables.activities["age_min"].notna().all()
    assert (tables.activities["themes"] != "").mean() > 0.95
    assert len(catalogue_from(tables).sessions) == 32069
