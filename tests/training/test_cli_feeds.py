"""Feeds on the command line: checked, loaded, and where values come from kept."""

import pytest
from typer.testing import CliRunner

from data.store import Store
from training.cli import build

ICS = """BEGIN:VEVENT
UID:1
SUMMARY:Samen schaken
DTSTART:20260307T130000Z
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20260307T130000Z
END:VEVENT
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    (tmp_path / "school.ics").write_text(ICS)

    def command(*words):
        result = CliRunner().invoke(build(), [str(word) for word in words])
        return result.exit_code, result.output

    return command


def test_check_says_what_a_feed_held_and_what_was_assumed(run, tmp_path):
    code, out = run("check", tmp_path / "school.ics", "--feed", "ical")
    assert code == 0
    assert "2 records in the feed, 1 of them in quarantine" in out
    assert "themes from words in title: 1" in out
    assert "SUMMARY" in out


def test_load_keeps_where_values_come_from(run, tmp_path):
    code, out = run("load", tmp_path / "school.ics", "--feed", "ical", "--city", "school")
    assert code == 0, out
    origins = tmp_path / "home" / "school" / "reports" / "origins.csv"
    assert str(origins) in out
    assert 'activities,1,,"school.ics, 1"' in origins.read_text()
    assert "no end is given: two hours are assumed" in origins.read_text()
    with Store(f"sqlite:///{tmp_path / 'home' / 'leerlijn.sqlite'}") as store:
        kept = store.load("school")
    assert kept.activities["title"].tolist() == ["Samen schaken"]
    assert kept.quarantine["field"].tolist() == ["SUMMARY"]


def test_a_feed_that_cannot_be_read_is_refused_in_plain_words(run, tmp_path):
    (tmp_path / "school.ics").write_bytes(b"\x1f\x8b\x08broken")
    code, out = run("check", tmp_path / "school.ics", "--feed", "ical")
    assert code == 1
    assert "damaged gzip" in out or "cut off" in out
    assert "Traceback" not in out
