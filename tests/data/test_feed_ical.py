"""Hand-written calendars with what calendars do, and the published oddities where at hand."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.feeds import ical
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = int(datetime(2026, 3, 2, 7, tzinfo=ZONE).timestamp())


def event(*lines, uid="1", title="Schaken in het park", start="DTSTART;TZID=Europe/Amsterdam:20260307T140000"):
    head = ["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), f"SUMMARY:{title}", *([start] if start else [])]
    return "\r\n".join([*head, *lines, "END:VEVENT"])


def calendar(*parts, head=()):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//", *head, *parts, "END:VCALENDAR", ""])


@pytest.fixture
def read(tmp_path):
    def read_text(text, now=NOW):
        (tmp_path / "events.ics").write_bytes(text if isinstance(text, bytes) else text.encode())
        return ical.read(tmp_path / "events.ics", now)

    return read_text


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def starts(tables):
    return [datetime.fromtimestamp(int(at), ZONE).strftime("%d/%m %H:%M") for at in tables.sessions["start"]]


def test_one_event(read):
    text = event(
        "DTEND;TZID=Europe/Amsterdam:20260307T160000",
        "LOCATION:Bibliotheek Oss",
        "GEO:51.76;5.52",
        "CATEGORIES:Spel,Buiten",
        "DESCRIPTION:Iedereen mag meedoen\\, ook beginners.",
        'ORGANIZER;CN="Schaakclub Oss":mailto:club@example.org',
    )
    tables = read(calendar(text))
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["activity_id"], activity["title"], activity["themes"]) == ("1", "Schaken in het park", "games:1")
    assert (activity["organiser"], activity["description"]) == (
        "Schaakclub Oss",
        "Iedereen mag meedoen, ook beginners.",
    )
    assert (venue["venue_id"], venue["domain"], venue["lat"], venue["lon"]) == (
        "bibliotheek-oss",
        "library",
        51.76,
        5.52,
    )
    assert (starts(tables), session["end"] - session["start"]) == (["07/03 14:00"], 7200)
    assert math.isnan(activity["age_min"])
    assert len(tables.quarantine) == 0


def test_an_event_without_a_calendar_around_it_and_without_uid(read):
    tables = read(event(uid=""))
    assert only(tables.activities)["activity_id"] == "schaken-in-het-park-20260307t140000"
    assert len(read(event(uid="") + "\r\n" + event(uid="", title="Dammen")).activities) == 2


def test_recurrences_with_exceptions_additions_and_moved_ones(read):
    weekly = event(
        "DTEND;TZID=Europe/Amsterdam:20260307T160000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Amsterdam:20260314T140000",
        "RDATE;TZID=Europe/Amsterdam:20260318T100000",
    )
    moved = event(
        "DTEND;TZID=Europe/Amsterdam:20260322T130000",
        "RECURRENCE-ID;TZID=Europe/Amsterdam:20260321T140000",
        start="DTSTART;TZID=Europe/Amsterdam:20260322T110000",
    )
    off = event(
        "DTEND;TZID=Europe/Amsterdam:20260328T160000",
        "RECURRENCE-ID;TZID=Europe/Amsterdam:20260328T140000",
        "STATUS:CANCELLED",
        start="DTSTART;TZID=Europe/Amsterdam:20260328T140000",
    )
    tables = read(calendar(weekly, moved, off))
    assert len(tables.activities) == 1
    # The clock changes on 29 March: two in the afternoon stays two in the afternoon.
    assert starts(tables) == ["07/03 14:00", "18/03 10:00", "22/03 11:00", "28/03 14:00", "04/04 14:00"]
    assert tables.sessions["status"].tolist() == ["scheduled"] * 3 + ["cancelled", "scheduled"]


def test_a_recurrence_without_end_is_bounded(read):
    tables = read(calendar(event("RRULE:FREQ=DAILY", start="DTSTART:20100101T090000Z")))
    assert len(tables.sessions) == 200
    assert tables.sessions["end"].min() >= NOW
    assert (
        len(
            read(calendar(event("RRULE:FREQ=WEEKLY;UNTIL=20120101T000000Z", start="DTSTART:20110601T090000Z"))).sessions
        )
        == 31
    )


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=9", "FREQ=HOURLY", "FREQ=DAILY;BYSECOND=1,2,3"])
def test_a_bomb_of_occurrences_goes_to_quarantine(read, rule):
    tables = read(calendar(event(f"RRULE:{rule}"), event(uid="2")))
    assert only(tables.activities)["activity_id"] == "2"
    assert only(tables.quarantine)["field"] == "RRULE"


def test_floating_times_are_on_the_calendars_own_clocks(read):
    floating = event("DURATION:PT1H", start="DTSTART:20260307T140000")
    assert starts(read(calendar(floating))) == ["07/03 14:00"]
    assert starts(read(calendar(floating, head=["X-WR-TIMEZONE:America/New_York"]))) == ["07/03 20:00"]
    odd = read(calendar(floating, head=["X-WR-TIMEZONE:Nowhere/Land"]))
    assert starts(odd) == ["07/03 14:00"]
    assert any("Nowhere/Land" in note for note in odd.notes)
    assert starts(read(calendar(event("DURATION:PT1H", start="DTSTART;TZID=Middle-earth:20260307T140000")))) == [
        "07/03 14:00"
    ]


ZONE_TEXT = """BEGIN:VTIMEZONE
TZID:My own zone
BEGIN:STANDARD
TZOFFSETFROM:+0300
TZOFFSETTO:+0300
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE""".replace("\n", "\r\n")


def test_a_zone_of_its_own(read):
    own = event("DURATION:PT1H", start='DTSTART;TZID="My own zone":20260307T140000')
    assert starts(read(calendar(ZONE_TEXT, own))) == ["07/03 12:00"]


def test_whole_days_and_missing_ends(read):
    day = only(read(calendar(event("DTEND;VALUE=DATE:20260308", start="DTSTART;VALUE=DATE:20260307"))).sessions)
    assert (day["end"] - day["start"], day["drop_in"]) == (10 * 3600, 1)
    tables = read(calendar(event()))
    assert only(tables.sessions)["end"] - only(tables.sessions)["start"] == 7200
    assert "no end is given: two hours are assumed" in tables.origins["origin"].tolist()


def test_what_cannot_be_used_costs_only_its_event(read):
    tables = read(
        calendar(
            event(),
            event(uid="2", title=""),
            event(uid="3", start=""),
            event(uid="4", start="DTSTART:tomorrow"),
            event("CLASS:PRIVATE", uid="5"),
            event("DTEND;TZID=Europe/Amsterdam:20260306T140000", uid="6"),
            event("RRULE:FREQ=FORTNIGHTLY", uid="7"),
            "BEGIN:VEVENT\r\nUID:8\r\nthis is no property\r\nEND:VEVENT",
        )
    )
    assert tables.activities["activity_id"].tolist() == ["1", "6"]
    assert tables.quarantine["row"].tolist() == ["2", "3", "4", "5", "6", "7", "8"]
    assert tables.records == 8


def test_events_that_never_end_are_left_out_in_no_time(read):
    tables = read("BEGIN:VEVENT\n" * 100_000 + event())
    assert only(tables.activities)["activity_id"] == "1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no event in here"),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR", "no event in here"),
        (b"\x00\x01" * 50, "zero bytes"),
        (event()[:-5], "no event in here"),
    ],
)
def test_what_is_no_calendar_is_refused(read, text, told):
    with pytest.raises(BadInput, match=told):
        read(text)


def test_latin_1_is_understood(read):
    assert only(read(calendar(event(title="Café créatif")).encode("latin-1")).activities)["title"] == "Café créatif"


@pytest.mark.parametrize(
    ("name", "sessions", "first"),
    [
        ("event_with_recurrence_exdates_on_different_lines", 10, "27/03 10:00"),
        ("event_with_unicode_fields", 1, "10/10 12:00"),
        ("issue_112_missing_tzinfo_on_exdate", 11, "07/09 18:00"),
        ("issue_156_RDATE_with_PERIOD", 2, "30/12 03:00"),
        ("timezoned", 1, "13/02 10:00"),
    ],
)
def test_the_published_oddities(shared_data, name, sessions, first):
    tables = ical.read(shared_data / "feeds" / "icalendar" / f"{name}.ics", NOW)
    assert (tables.records, len(tables.activities), len(tables.quarantine)) == (1, 1, 0)
    assert (len(tables.sessions), starts(tables)[0]) == (sessions, first)
