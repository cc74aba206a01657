"""Hand-written RPDE pages of OpenActive, and the published model examples where at hand."""

import json
import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.feeds import openactive
from data.feeds.mapping import coverage
from data.feeds.rows import Context
from data.feeds.rpde import Harvest, feed_of, harvest, parse_page
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/London")
NOW = int(datetime(2026, 3, 2, 7, tzinfo=ZONE).timestamp())
YOGA = "bf1a5e00-cdcf-465d-8c5a-6f57040b7f7e"
PLACE = {
    "@type": "Place",
    "@id": "https://oa.example/places/1",
    "name": "Riverside Leisure Centre",
    "address": {
        "@type": "PostalAddress",
        "addressLocality": "Bristol",
        "postalCode": "BS1 1AA",
        "addressCountry": "GB",
    },
    "geo": {"@type": "GeoCoordinates", "latitude": 51.45, "longitude": -2.58},
}
SERIES = {
    "@type": "SessionSeries",
    "@id": "https://oa.example/series/1",
    "name": "Yoga by the river",
    "description": "Bring a mat.",
    "activity": [{"@id": f"https://openactive.io/activity-list#{YOGA}", "prefLabel": "Yoga"}],
    "ageRange": {"minValue": 16, "maxValue": 65},
    "accessibilitySupport": [
        {"@id": "https://openactive.io/accessibility-support#2bfb7228-5969-4927-8435-38b5005a8771"}
    ],
    "location": PLACE,
    "organizer": {"name": "Bristol Yoga"},
    "offers": [{"price": 0, "priceCurrency": "GBP"}],
}
SESSION = {
    "@type": "ScheduledSession",
    "@id": "https://oa.example/sessions/11",
    "superEvent": "https://oa.example/series/1",
    "startDate": "2026-03-10T18:00:00Z",
    "duration": "PT1H30M",
    "remainingAttendeeCapacity": 4,
}  # fmt: skip


def item(data, modified=1, name=None, state="updated", kind=None):
    name = name or (data or {}).get("@id", "x").rpartition("/")[2]
    found = {"state": state, "kind": kind or (data or {}).get("@type", ""), "id": name, "modified": modified}
    return found | ({"data": data} if state == "updated" else {})


def page(*items, after="https://oa.example/feed?after=1"):
    return json.dumps({"next": after, "items": list(items), "license": "https://creativecommons.org/licenses/by/4.0/"})


@pytest.fixture
def read(tmp_path):
    def read_items(*items):
        (tmp_path / "page.json").write_text(page(*items), encoding="utf-8")
        return openactive.read(tmp_path / "page.json", NOW)

    return read_items


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def origin(tables, field, table="activities"):
    lines = tables.origins[(tables.origins["table"] == table) & (tables.origins["field"] == field)]
    return sorted(set(lines["origin"]))


def test_a_series_and_its_session_are_joined(read):
    tables = read(item(SESSION), item(SERIES))
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert activity["activity_id"] == "oa-example-series-1"
    assert (activity["title"], activity["organiser"], activity["language"]) == (
        "Yoga by the river",
        "Bristol Yoga",
        "en",
    )
    assert (activity["age_min"], activity["age_max"]) == (16, 65)
    assert (activity["themes"], activity["access"]) == ("wellbeing:1", "hearing")
    assert (venue["name"], venue["area"], venue["domain"]) == ("Riverside Leisure Centre", "Bristol", "recreation")
    assert session["session_id"] == "oa-example-sessions-11"
    assert session["end"] - session["start"] == 90 * 60
    assert (session["capacity_left"], session["status"], session["venue_id"]) == (4, "scheduled", "")
    assert len(tables.quarantine) == 0


def test_a_session_does_not_inherit_offers(read):
    assert math.isnan(only(read(item(SERIES), item(SESSION)).activities)["price"])
    own = SESSION | {"offers": [{"price": 0}]}
    assert only(read(item(SERIES), item(own)).activities)["price"] == 0
    dearer = own | {"@id": "https://oa.example/sessions/12", "offers": [{"price": 3, "priceCurrency": "EUR"}]}
    assert math.isnan(only(read(item(SERIES), item(own), item(dearer)).activities)["price"])
    assert only(read(item(SERIES)).activities)["price"] == 0


def test_pounds_are_no_euros(read):
    alone = SERIES | {"offers": [{"price": 3.3, "priceCurrency": "GBP"}]}
    assert math.isnan(only(read(item(alone)).activities)["price"])


def test_a_session_may_be_elsewhere(read):
    park = {
        "@id": "https://oa.example/places/2",
        "name": "Castle Park",
        "geo": {"latitude": "51.456", "longitude": "-2.59"},
    }
    tables = read(item(SERIES), item(SESSION | {"location": park}))
    assert only(tables.sessions)["venue_id"] == "oa-example-places-2"
    assert tables.venues["venue_id"].tolist() == ["oa-example-places-1", "oa-example-places-2"]
    assert tables.venues["lat"].tolist() == [51.45, 51.456]


def test_no_age_range_means_adults_and_says_so(read):
    without = {key: value for key, value in SERIES.items() if key != "ageRange"}
    tables = read(item(without))
    assert only(tables.activities)["age_min"] == 18
    assert origin(tables, "age_min") == [openactive.ADULTS]
    everybody = read(item(SERIES | {"ageRange": {"minValue": 0}}))
    assert only(everybody.activities)["age_min"] == 0
    assert origin(everybody, "age_min") == []


def test_an_event_series_stands_above_a_series(read):
    top = {"@type": "EventSeries", "@id": "https://oa.example/es/1", "ageRange": {"minValue": 8}, "location": PLACE}
    series = {key: value for key, value in SERIES.items() if key not in ("ageRange", "location")}
    tables = read(item(series | {"superEvent": top["@id"]}), item(top))
    activity = only(tables.activities)
    assert (activity["age_min"], activity["venue_id"]) == (8, "oa-example-places-1")


def test_a_series_that_came_only_inside_its_session(read):
    tables = read(item(SESSION | {"superEvent": SERIES}))
    assert only(tables.activities)["title"] == "Yoga by the river"
    assert only(tables.sessions)["activity_id"] == "oa-example-series-1"


def test_slots_of_a_court_belong_to_the_facility(read):
    court = {"@type": "IndividualFacilityUse", "@id": "https://oa.example/fu/1/court/1", "name": "Court 1"}
    facility = {
        "@type": "FacilityUse",
        "@id": "https://oa.example/fu/1",
        "name": "Tennis",
        "facilityType": [{"@id": "https://openactive.io/facility-types#x", "prefLabel": "Tennis Court"}],
        "location": PLACE,
        "individualFacilityUse": [court],
    }
    slot = {
        "@type": "Slot",
        "@id": "https://oa.example/slots/1",
        "facilityUse": court["@id"],
        "startDate": "2026-03-10T18:00:00Z",
        "remainingUses": 0,
    }
    tables = read(item(slot, kind="IndividualFacilityUse/Slot"), item(facility))
    assert only(tables.activities)["themes"] == "racket-sports:1"
    assert only(tables.sessions)["status"] == "full"
    apart = facility | {"individualFacilityUse": []}
    tables = read(item(slot), item(apart), item(court | {"aggregateFacilityUse": apart["@id"]}))
    assert only(tables.sessions)["activity_id"] == only(tables.activities)["activity_id"] == "oa-example-fu-1"


def test_headline_events_courses_and_single_events(read):
    day = {"@type": "Event", "startDate": "2026-04-01T10:00:00+01:00", "endDate": "2026-04-01T12:00:00+01:00"}
    headline = SERIES | {"@type": "HeadlineEvent", "@id": "https://oa.example/h/1", "subEvent": [day]}
    more = day | {
        "@id": "https://oa.example/e/2",
        "superEvent": "https://oa.example/h/1",
        "startDate": "2026-04-02T10:00:00+01:00",
        "endDate": "2026-04-02T12:00:00+01:00",
    }
    course = {
        "@type": "CourseInstance",
        "@id": "https://oa.example/c/1",
        "instanceOfCourse": {"@type": "Course", "name": "Learn to row", "ageRange": {"minValue": 11}},
        "eventSchedule": {
            "repeatFrequency": "P1W",
            "startDate": "2026-04-07",
            "endDate": "2026-04-28",
            "startTime": "09:00",
            "endTime": "10:00",
            "byDay": ["schema:Tuesday"],
            "exceptDate": ["2026-04-14T09:00:00Z"],
        },
        "location": PLACE,
    }
    alone = SERIES | day | {"@id": "https://oa.example/e/9"}
    tables = read(item(headline), item(more), item(course), item(alone))
    assert tables.activities["activity_id"].tolist() == ["oa-example-h-1", "oa-example-c-1", "oa-example-e-9"]
    counts = tables.sessions["activity_id"].value_counts().to_dict()
    assert counts == {"oa-example-h-1": 2, "oa-example-c-1": 3, "oa-example-e-9": 1}
    rowing = tables.activities.set_index("activity_id").loc["oa-example-c-1"]
    assert (rowing["title"], rowing["age_min"], rowing["form"]) == ("Learn to row", 11, "nonformal")
    assert origin(tables, "start", "sessions") == ["its schedule: no dated session is published"]


def test_a_schedule_counts_only_without_sessions(read):
    weekly = SERIES | {
        "eventSchedule": [
            {"repeatFrequency": "P1D", "startDate": "2020-01-01", "startTime": "09:00", "duration": "PT1H"}
        ]
    }
    assert len(read(item(weekly)).sessions) == 200
    assert len(read(item(weekly), item(SESSION)).sessions) == 1
    broken = read(item(SERIES | {"eventSchedule": {"repeatFrequency": "PT1S", "startDate": "2026-01-01"}}))
    assert only(broken.quarantine)["field"] == "eventSchedule"
    assert len(broken.activities) == 1


@pytest.mark.parametrize(
    ("geo", "lat", "lon", "lines"),
    [
        ({"latitude": -2.58, "longitude": 51.45}, 51.45, -2.58, 0),
        ({"latitude": "51.45", "longitude": "-2.58"}, 51.45, -2.58, 0),
        ({"latitude": 40.4, "longitude": -3.7}, 40.4, -3.7, 0),
        ({"latitude": 95, "longitude": 200}, None, None, 1),
        ({"latitude": 0, "longitude": 0}, None, None, 1),
        ({"latitude": float("nan"), "longitude": 1}, None, None, 1),
        ({}, None, None, 0),
    ],
)
def test_coordinates(read, geo, lat, lon, lines):
    tables = read(item(SERIES | {"location": PLACE | {"geo": geo}}))
    venue = only(tables.venues)
    assert [None if math.isnan(value) else value for value in (venue["lat"], venue["lon"])] == [lat, lon]
    assert len(tables.quarantine) == lines
    swapped = origin(tables, "lat", "venues") == ["latitude and longitude were swapped in the record"]
    assert swapped == (geo.get("latitude") == -2.58)
    assert any("exchanged: 1" in note for note in tables.notes) == swapped


def test_cancelled_and_postponed(read):
    for status in ("https://schema.org/EventCancelled", "EventPostponed", "schema:EventCancelled"):
        assert only(read(item(SERIES), item(SESSION | {"eventStatus": status})).sessions)["status"] == "cancelled"
    assert (
        only(read(item(SERIES), item(SESSION | {"eventStatus": "EventRescheduled"})).sessions)["status"] == "scheduled"
    )


def test_what_cannot_be_used_is_counted_and_the_rest_is_read(read):
    tables = read(
        item(SERIES),
        item(SESSION | {"superEvent": "https://oa.example/series/404"}),
        item(SESSION | {"@id": "https://oa.example/sessions/12", "startDate": "soon"}),
        item(SERIES | {"@id": "https://oa.example/series/2", "name": "", "activity": []}),
        {"state": "updated", "id": "1", "modified": 1},
        {"state": "gone", "id": "1", "modified": 1},
        {"state": "updated", "id": "", "modified": 1},
        item(SERIES, modified="last week"),
        "text",
        item(SERIES | {"@id": "https://oa.example/series/3", "location": 7}),
    )
    assert tables.records == 10
    assert tables.activities["activity_id"].tolist() == ["oa-example-series-1"]
    assert sorted(tables.quarantine["row"].astype(int)) == [2, 3, 4, 5, 6, 7, 8, 9, 10]


class Server:
    """Pages by address; remembers what was asked."""

    def __init__(self, pages):
        self.pages = pages
        self.asked = []

    def __call__(self, address):
        self.asked.append(address)
        found = self.pages[address]
        if isinstance(found, Exception):
            raise found
        return found


URL = "https://oa.example/feed"


def test_an_empty_page_is_not_the_end():
    server = Server(
        {
            URL: page(item(SERIES, 1), after=f"{URL}?a=1"),
            f"{URL}?a=1": page(after=f"{URL}?a=2"),
            f"{URL}?a=2": page(item(SESSION, 3), after=f"{URL}?a=3"),
            f"{URL}?a=3": page(after=f"{URL}?a=3"),
        }
    )
    found = harvest(server, URL)
    assert (found.complete, found.pages, len(found.items), found.notes) == (True, 4, 2, [])
    assert found.cursor == f"{URL}?a=3"


def test_deletions_and_updates_the_newest_wins():
    changed = SERIES | {"name": "Yoga at night"}
    pages = {
        URL: page(item(SERIES, 1), item(SESSION, 2), item(changed, 5, name="1"), after=f"{URL}?a=5"),
        f"{URL}?a=5": page(item(None, 6, name="11", state="deleted", kind="ScheduledSession"), after=f"{URL}?a=6"),
        f"{URL}?a=6": page(item(SESSION, 3), item(SERIES, 4), after=f"{URL}?a=7"),
        f"{URL}?a=7": page(after=f"{URL}?a=7"),
    }
    found = harvest(Server(pages), URL)
    context = Context("feed", openactive.CITY, datetime.fromtimestamp(NOW, ZONE), openactive.mapping())
    tables = openactive.tables_from(found, context, "feed")
    assert only(tables.activities)["title"] == "Yoga at night"
    assert len(tables.sessions) == 0
    assert "feed: deleted items: 1" in tables.notes
    assert any("not in order of (modified, id), or twice: 1" in note for note in tables.notes)


def test_a_walk_is_resumed_from_its_cursor():
    pages = {URL: page(item(SERIES, 1), after=f"{URL}?a=1"), f"{URL}?a=1": ConnectionError("the line is down")}
    server, kept = Server(pages), Harvest()
    with pytest.raises(ConnectionError):
        harvest(server, URL, kept)
    assert (kept.cursor, len(kept.items), kept.complete) == (f"{URL}?a=1", 1, False)
    server.pages[f"{URL}?a=1"] = page(item(SESSION, 2), after=f"{URL}?a=2")
    server.pages[f"{URL}?a=2"] = page(after=f"{URL}?a=2")
    server.asked.clear()
    found = harvest(server, kept.cursor, kept)
    assert server.asked == [f"{URL}?a=1", f"{URL}?a=2"]
    assert (found.complete, len(found.items)) == (True, 2)
    server.pages[f"{URL}?a=2"] = page(
        item(None, 9, name="1", state="deleted", kind="SessionSeries"), after=f"{URL}?a=9"
    )
    server.pages[f"{URL}?a=9"] = page(after=f"{URL}?a=9")
    later = harvest(server, found.cursor, found)
    assert [entry.data is None for entry in later.items.values()] == [True, False]


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ({URL: page(item(SERIES), after=URL)}, "next is the page itself though it has items"),
        ({URL: page(item(SERIES), after=f"{URL}?a=1"), f"{URL}?a=1": page(after=URL)}, "leads back to"),
    ],
)
def test_a_walk_in_circles_is_broken_off(pages, told):
    server = Server(pages)
    found = harvest(server, URL)
    assert not found.complete
    assert told in found.notes[0]
    assert len(server.asked) == len(pages)


def test_a_walk_without_end_is_broken_off():
    def endless(address):
        number = int(address.rpartition("=")[2]) if "=" in address else 0
        return page(item(SERIES, number + 1), after=f"{URL}?a={number + 1}")

    found = harvest(endless, URL, most=50)
    assert (found.pages, found.complete, found.cursor) == (50, False, f"{URL}?a=50")
    assert "no end after 50 pages" in found.notes[0]


def test_a_page_that_repeats_under_ever_new_addresses_is_broken_off():
    asked = []

    def repeating(address):
        asked.append(address)
        return page(item(SERIES), after=f"{URL}?page={len(asked)}")

    found = harvest(repeating, URL)
    assert (len(asked), found.complete) == (11, False)
    assert "10 pages in a row brought nothing new" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<html>", "not JSON"),
        ("[]", "no list 'items'"),
        ('{"items": []}', "no address 'next'"),
        (b"\xff\xfe\x00", "is not UTF-16"),
        ("[" * 100_000, "not usable as JSON"),
    ],
)
def test_what_is_no_page_is_refused(content, told):
    with pytest.raises(BadInput, match=told):
        parse_page(content, "page")


def test_pages_of_a_folder_in_any_order(tmp_path):
    (tmp_path / "1.json").write_text(page(item(SERIES | {"name": "New"}, 9, name="1"), after=f"{URL}?a=9"))
    (tmp_path / "2.json").write_text(page(item(SERIES, 1), after=f"{URL}?a=1"))
    (tmp_path / "3.json").write_text("broken")
    tables = openactive.read(tmp_path, NOW)
    assert only(tables.activities)["title"] == "New"
    assert only(tables.quarantine)["source"] == "3.json"
    assert feed_of(f"{URL}/?a=9") == URL


def test_the_published_examples(shared_data):
    folder = shared_data / "feeds" / "openactive" / "data-models-examples"
    tables = openactive.read(folder, int(datetime(2018, 9, 1, tzinfo=ZONE).timestamp()))
    assert tables.records == 15
    assert tables.quarantine["source"].tolist() == ["example_list.json"]
    assert len(tables.activities) == 6
    assert (tables.activities["themes"] != "").all()
    assert len(tables.sessions) > 0
    for file in sorted(folder.glob("*_example_*.json")):
        assert openactive.read(file, NOW).records == 1, file.name


def test_every_activity_of_the_vocabulary_is_mapped(shared_data):
    folder = shared_data / "feeds" / "openactive" / "data-models-examples"
    vocabulary = json.loads((folder.parent / "vocab" / "activity-list.jsonld").read_text(encoding="utf-8"))
    own, broader, unmapped = coverage(
        openactive.mapping(folder), [(code, label) for code, label, _ in openactive.concepts(vocabulary)]
    )
    assert (own + broader, unmapped) == (768, [])
    without = openactive.mapping()
    assert without.of_codes([("unknown", "Tennis Court")]).themes == "racket-sports:1"
