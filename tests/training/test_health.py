from dataclasses import replace

import pandas as pd
import pytest

from data.columns import ACTIVITIES, SESSIONS, STAMPS, VENUES
from data.folder import read_folder, write_folder
from data.tables import empty
from training.health import file_health, not_known, problems, remarks


def shares(tables):
    return {gap.what: (gap.of, gap.share) for gap in not_known(tables)}


def test_what_klein_oss_does_not_know(tiny):
    found = shares(tiny)
    assert found["activities without age"] == (8, 1 / 8)
    assert found["activities without price"] == (8, 1 / 8)
    assert found["activities without language"] == (8, 1 / 8)
    assert found["learners without passport"] == (5, 1 / 5)
    assert "activities without theme" not in found
    assert "activities without a session" not in found
    assert "activities without place" not in found, "the mobile lab's session carries its own point"


def test_a_place_is_known_by_the_venue_or_by_a_session(tiny):
    bare = replace(tiny, sessions=tiny.sessions.assign(lat=float("nan"), lon=float("nan"), venue_id=""))
    assert shares(bare)["activities without place"] == (8, 1 / 8)
    nowhere = replace(bare, venues=empty(VENUES))
    assert shares(nowhere)["activities without place"] == (8, 1.0)


def test_an_activity_that_is_never_open_is_counted(tiny):
    closed = replace(tiny, sessions=tiny.sessions[tiny.sessions["activity_id"] != "farm"])
    assert shares(closed)["activities without a session"] == (8, 1 / 8)
    always = replace(tiny, sessions=empty(SESSIONS), has_sessions=False)
    assert "activities without a session" not in shares(always)


@pytest.fixture
def rejected(tiny, tmp_path):
    path = write_folder(tiny, tmp_path)
    with (path / "stamps.csv").open("a") as file:
        file.write("r-1,no-such,2026-01-10T10:00:00+01:00,,,\n")
        file.write("r-1,nor-this,2026-01-10T10:00:00+01:00,,,\n")
        file.write("r-1,farm,2026-01-10T10:00:00+01:00,no-session,,\n")
        file.write("r-1,pond,not a time,,nobody,\n")
    return read_folder(path)


def test_rows_add_up_and_a_lost_reference_is_no_lost_row(rejected):
    health = file_health(rejected, STAMPS)
    assert (health.read, health.kept, health.rejected) == (14, 11, 3)
    assert health.reason.startswith("activity_id")
    assert health.reason.endswith("(2×)")
    assert file_health(rejected, ACTIVITIES).rejected == 0


def test_the_most_frequent_problem_comes_first_with_a_line_to_look_at(rejected):
    said = problems(rejected)
    assert said[0].startswith("stamps.csv, line 12, activity_id: 'no-such'")
    assert said[0].endswith("(and 1 more)")
    assert len(problems(rejected, most=1)) == 2
    assert "other kinds" in problems(rejected, most=1)[-1]


def test_a_file_that_is_not_there(tiny):
    without = replace(tiny, lines=tiny.lines[:0])
    from data.columns import LINES

    assert not file_health(without, LINES).there
    assert file_health(tiny, LINES).there


def test_remarks_say_what_to_expect(tiny, rejected):
    assert any("10 stamps of 5 learners" in line for line in remarks(tiny))
    assert any("a simple list may do as well" in line for line in remarks(tiny))
    assert any("Correct the lines" in line for line in remarks(rejected))
    assert not any("Correct the lines" in line for line in remarks(tiny))
    assert any("No stamps yet" in line for line in remarks(replace(tiny, stamps=empty(STAMPS))))
    many = replace(tiny, stamps=pd.concat([tiny.stamps] * 60, ignore_index=True))
    assert not any("a simple list may do as well" in line for line in remarks(many))
