"""Hand-written events and places in the two formats of UiTdatabank, and the real and published ones where at hand."""

import gzip
import json
import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from opening_hours import OpeningHours

from data.feeds import uitdatabank
from data.feeds.content import unpacked
from data.folder import read_folder, write_folder
from data.translate import catalogue_from
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/Brussels")
NOW = int(datetime(2026, 3, 2, 7, tzinfo=ZONE).timestamp())
PLACE = {
    "@type": "Place",
    "@id": "https://io.example/place/p-1",
    "mainLanguage": "nl",
    "name": {"nl": "Bibliotheek De Krook"},
    "address": {"nl": {"addressCountry": "BE", "addressLocality": "Gent", "postalCode": "9000"}},
    "geo": {"latitude": 51.049, "longitude": 3.7285},
}
EVENT = {
    "@id": "https://io.example/event/e-1",
    "mainLanguage": "nl",
    "name": {"nl": "Vogels tekenen", "fr": "Dessiner des oiseaux"},
    "description": {"nl": "<p>Met potlood &amp; papier.</p>"},
    "calendarType": "single",
    "startDate": "2026-03-07T14:00:00+01:00",
    "endDate": "2026-03-07T16:00:00+01:00",
    "location": PLACE,
    "organizer": {"name": {"nl": "Natuurpunt"}},
    "typicalAgeRange": "6-12",
    "priceInfo": [
        {"category": "tariff", "name": {"nl": "Kind"}, "price": 2, "priceCurrency": "EUR"},
        {"category": "base", "name": "Basistarief", "price": 4.5, "priceCurrency": "EUR"},
    ],
    "terms": [
        {"id": "0.3.1.0.1", "label": "Cursus met open sessies", "domain": "eventtype"},
        {"id": "1.0.1.0.0", "label": "Schilderkunst", "domain": "theme"},
        {"id": "3.23.1.0.0", "label": "Voorzieningen voor rolstoelgebruikers", "domain": "facility"},
        {"id": "3.5.0.0.0", "label": "Autoparking", "domain": "facility"},
    ],
}  # fmt: skip
HOURS = [{"dayOfWeek": ["monday", "tuesday"], "opens": "09:00", "closes": "12:00"}]


@pytest.fixture
def read(tmp_path):
    """Reads events, each on its own line of one file."""

    def read_all(*records, now=NOW, name="events.jsonl"):
        (tmp_path / name).write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        return uitdatabank.read(tmp_path / name, now)

    return read_all


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def local(seconds):
    return datetime.fromtimestamp(int(seconds), ZONE)


def origin(tables, field, table="activities"):
    lines = tables.origins[(tables.origins["table"] == table) & (tables.origins["field"] == field)]
    return sorted(set(lines["origin"]))


def test_one_event(read):
    tables = read(EVENT)
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert activity["activity_id"] == "e-1"
    assert (activity["title"], activity["description"]) == ("Vogels tekenen", "Met potlood & papier.")
    assert (activity["age_min"], activity["age_max"], activity["price"]) == (6, 12, 4.5)
    assert (activity["themes"], activity["form"]) == ("workshops:1;visual-arts:1", "nonformal")
    assert (activity["access"], activity["organiser"], activity["language"]) == ("wheelchair", "Natuurpunt", "nl")
    assert (venue["venue_id"], venue["domain"], venue["area"]) == ("p-1", "library", "Gent")
    assert (venue["lat"], venue["lon"]) == (51.049, 3.7285)
    assert (local(session["start"]).hour, local(session["end"]).hour, session["drop_in"]) == (14, 16, 0)
    assert tables.records == 1
    assert len(tables.quarantine) == 0
    assert origin(tables, "") == ["events.jsonl, 1"]
    assert origin(tables, "age_min") == []


@pytest.mark.parametrize(
    ("said", "low", "high", "why"),
    [
        ("8-", 8, None, []),
        ("-4", 0, 4, []),
        ("-", 0, None, [uitdatabank.BY_DASH]),
        (None, 0, None, [uitdatabank.BY_SILENCE]),
        ("4/10", None, None, []),
        ("12-6", None, None, []),
        ("6-130", None, None, []),
    ],
)
def test_ages_and_where_they_come_from(read, said, low, high, why):
    tables = read(EVENT | {"typicalAgeRange": said})
    activity = only(tables.activities)
    assert [None if math.isnan(age) else age for age in (activity["age_min"], activity["age_max"])] == [low, high]
    assert origin(tables, "age_min") == why
    lost = tables.quarantine["value"].tolist()
    assert lost == ([said] if low is None else [])


def test_birth_dates_are_ages_at_the_first_session(read):
    born = {"from": "2016-01-01", "to": "2018-12-31"}
    tables = read(EVENT | {"typicalAgeRange": "-", "birthdateRange": born})
    assert only(tables.activities)[["age_min", "age_max"]].tolist() == [7, 10]
    assert origin(tables, "age_min") == [uitdatabank.BY_BIRTH]


def test_prices(read):
    for price, expected in ((0, 0), ("3,50", 3.5), ("gratis", 0), ("veel", None), (-1, None), (True, None)):
        tables = read(EVENT | {"priceInfo": [{"category": "base", "name": {"nl": "Basis"}, "price": price}]})
        found = only(tables.activities)["price"]
        assert (None if math.isnan(found) else found) == expected
        assert len(tables.quarantine) == (expected is None)
    other = [{"category": "base", "price": 5, "priceCurrency": "GBP"}]
    assert math.isnan(only(read(EVENT | {"priceInfo": other}).activities)["price"])


def test_cancelled_hides_in_titles_and_stands_in_status(read):
    for more in ({"name": "Dansen - GEANNULEERD"}, {"status": {"type": "Unavailable"}}, {"name": "Dansen (afgelast)"}):
        assert only(read(EVENT | more).sessions)["status"] == "cancelled"
    assert only(read(EVENT | {"name": "Uitverkocht: dansen"}).sessions)["status"] == "full"
    assert only(read(EVENT | {"name": "De geannuleerde bruiloft"}).sessions)["status"] == "scheduled"
    assert only(read(EVENT | {"bookingAvailability": {"type": "Unavailable"}}).sessions)["status"] == "full"


def test_sub_events_each_have_their_own_state(read):
    day = {"startDate": "2026-03-07T14:00:00+01:00", "endDate": "2026-03-07T16:00:00+01:00"}
    later = {"startDate": "2026-03-08T20:00:00+01:00", "endDate": "2026-03-08T02:00:00+01:00"}
    off = {
        "startDate": "2026-03-09T14:00:00+01:00",
        "endDate": "2026-03-09T16:00:00+01:00",
        "status": {"type": "Unavailable"},
    }
    tables = read(EVENT | {"calendarType": "multiple", "subEvent": [day, later, off]})
    assert tables.sessions["status"].tolist() == ["scheduled", "cancelled"]
    assert only(tables.quarantine)["field"] == "subEvent.endDate"


def test_a_day_without_an_hour_is_a_drop_in(read):
    midnight = "2026-03-07T00:00:00+01:00"
    tables = read(EVENT | {"startDate": midnight, "endDate": midnight})
    session = only(tables.sessions)
    assert (local(session["start"]).hour, local(session["end"]).hour, session["drop_in"]) == (10, 20, 1)
    assert origin(tables, "start", "sessions")
    whole = only(read(EVENT | {"startDate": midnight, "endDate": "2026-03-07T23:59:59+01:00"}).sessions)
    assert (local(whole["start"]).hour, whole["drop_in"]) == (0, 1)


def test_without_an_end_two_hours_are_assumed_and_said(read):
    event = {key: value for key, value in EVENT.items() if key != "endDate"}
    tables = read(event)
    assert only(tables.sessions)["end"] - only(tables.sessions)["start"] == 7200
    assert origin(tables, "end", "sessions") == ["no end is given: two hours are assumed"]


def test_a_periodic_calendar_follows_its_hours_and_their_exceptions(read):
    tables = read(
        EVENT
        | {
            "calendarType": "periodic",
            "startDate": "2026-03-02T00:00:00+01:00",
            "endDate": "2026-03-17T23:59:59+01:00",
            "openingHours": HOURS,
            "openingHoursAdjustedDays": [
                {"startDate": "2026-03-09", "endDate": "2026-03-09", "openingHours": [{"dayOfWeek": ["monday"], "opens": "20:00", "closes": "02:00"}]},
                {"startDate": "2026-03-16", "endDate": "2026-03-16", "openingHours": [{"dayOfWeek": ["monday"], "opens": "20:00", "closes": "22:00"}]},
            ],
            "openingHoursClosedDays": [{"startDate": "2026-03-16", "endDate": "2026-03-17"}],
        }
    )  # fmt: skip
    found = [
        (local(row["start"]).strftime("%d %H"), local(row["end"]).strftime("%d %H"))
        for _, row in tables.sessions.iterrows()
    ]
    assert found == [("02 09", "02 12"), ("03 09", "03 12"), ("09 20", "10 02"), ("10 09", "10 12")]
    assert tables.sessions["drop_in"].tolist() == [1] * 4


def test_a_permanent_calendar_is_open_in_the_coming_weeks(read):
    permanent = {key: value for key, value in EVENT.items() if key not in ("startDate", "endDate")}
    permanent["calendarType"] = "permanent"
    tables = read(permanent | {"openingHours": HOURS})
    assert len(tables.sessions) == 2 * 8 + 1
    assert local(tables.sessions["start"].min()).date().isoformat() == "2026-03-02"
    by_place = read(permanent, PLACE | {"openingHours": HOURS})
    assert len(by_place.sessions) == 17
    assert origin(by_place, "start", "sessions") == ["the opening hours of its place"]
    nothing = read(permanent)
    assert len(nothing.sessions) == 0
    assert any("sessions not known: 1" in note for note in nothing.notes)


def test_opening_hours_of_a_place_are_openstreetmap_syntax(read):
    hours = [
        *HOURS,
        {"dayOfWeek": ["monday", "tuesday"], "opens": "13:00", "closes": "18:00"},
        {"dayOfWeek": ["saturday"], "opens": "22:00", "closes": "02:00"},
    ]
    closed = [{"startDate": "2026-12-24", "endDate": "2026-12-26"}]
    text = only(read(PLACE | {"openingHours": hours, "openingHoursClosedDays": closed}, EVENT).venues)["opening_hours"]
    assert text == "Mo-Tu 09:00-12:00,13:00-18:00; Sa 22:00-02:00; 2026 Dec 24-2026 Dec 26 off"
    found = OpeningHours(text)
    assert found.is_open(datetime(2026, 3, 2, 10))
    assert not found.is_open(datetime(2026, 3, 2, 12, 30))
    assert found.is_open(datetime(2026, 3, 8, 1))
    assert not found.is_open(datetime(2026, 12, 26, 23))


def test_a_place_without_id_or_point_is_a_venue_by_its_name(read):
    tables = read(EVENT | {"location": {"name": "Zaal Volkslust", "address": {"addressLocality": "Aalter"}}})
    venue = only(tables.venues)
    assert (venue["venue_id"], venue["area"]) == ("zaal-volkslust-aalter", "Aalter")
    assert math.isnan(venue["lat"])
    assert only(read(EVENT | {"location": {}}).activities)["venue_id"] == ""


def test_swapped_coordinates_are_repaired_only_inside_the_country(read):
    swapped = read(EVENT | {"location": PLACE | {"geo": {"latitude": "3.7285", "longitude": "51.049"}}})
    assert only(swapped.venues)[["lat", "lon"]].tolist() == [51.049, 3.7285]
    assert origin(swapped, "lat", "venues") == ["latitude and longitude were swapped in the record"]
    elsewhere = read(EVENT | {"location": PLACE | {"geo": {"latitude": 40.4, "longitude": -3.7}}})
    assert only(elsewhere.venues)[["lat", "lon"]].tolist() == [40.4, -3.7]
    for wrong in (
        {"latitude": float("nan"), "longitude": 3.7},
        {"latitude": 0, "longitude": 0},
        {"latitude": "x", "longitude": 1},
    ):
        tables = read(EVENT | {"location": PLACE | {"geo": wrong}})
        assert math.isnan(only(tables.venues)["lat"])
        assert only(tables.quarantine)["field"] == "geo"


def test_what_is_not_for_the_public_goes_to_quarantine(read):
    tables = read(
        EVENT,
        EVENT | {"@id": "e/2", "workflowStatus": "DELETED"},
        EVENT | {"@id": "e/3", "audience": {"audienceType": "education"}},
        EVENT | {"@id": "e/4", "name": {}},
        EVENT | {"@id": "e/5", "calendarType": "sometimes"},
        EVENT | {"@id": "e/6", "location": "here"},
        EVENT,
        ["no event"],
    )
    assert tables.activities["activity_id"].tolist() == ["e-1"]
    assert sorted(tables.quarantine["row"].astype(int)) == [2, 3, 4, 5, 6, 7, 8]
    assert tables.quarantine.set_index("row").loc["7", "expected"].startswith("each activity once")
    assert len(tables.sessions) == 1
    assert tables.records == 8


def test_of_two_records_the_newer_one_holds(read):
    old, new = ({"modified": f"2026-02-0{day}T10:00:00+01:00", "name": f"Naam {day}"} for day in (1, 2))
    for order in ((old, new), (new, old)):
        tables = read(*(EVENT | one for one in order))
        assert only(tables.activities)["title"] == "Naam 2"
        assert len(tables.sessions) == 1
        assert only(tables.quarantine)["row"] == str(order.index(old) + 1)


CDBXML = """<?xml version="1.0" encoding="UTF-8"?>
<cdb:cdbxml xmlns:cdb="http://www.cultuurdatabank.com/XMLSchema/CdbXSD/3.3/FINAL">
 <cdb:nofrecords>1</cdb:nofrecords>
 <cdb:event cdbid="c-1" wfstatus="approved" private="false">{age}
  <cdb:calendar>{calendar}</cdb:calendar>
  <cdb:categories>
   <cdb:category catid="0.7.0.0.0" type="eventtype">Begeleide uitstap</cdb:category>
   <cdb:category catid="1.11.0.0.0" type="theme">Geschiedenis</cdb:category>
   <cdb:category catid="2.2.1.0.0" type="targetaudience">Vanaf kleuterleeftijd (3+)</cdb:category>
  </cdb:categories>
  <cdb:eventdetails><cdb:eventdetail lang="nl"><cdb:title>{title}</cdb:title>
   <cdb:price><cdb:pricevalue>5.0</cdb:pricevalue></cdb:price></cdb:eventdetail></cdb:eventdetails>
  <cdb:location><cdb:address><cdb:physical><cdb:city>Leuven</cdb:city><cdb:country>BE</cdb:country>
   <cdb:gis><cdb:xcoordinate>4.70</cdb:xcoordinate><cdb:ycoordinate>50.88</cdb:ycoordinate></cdb:gis>
  </cdb:physical></cdb:address><cdb:label cdbid="v-1">Museum M</cdb:label></cdb:location>
 </cdb:event>
</cdb:cdbxml>"""
STAMPS = "<cdb:timestamps>{}</cdb:timestamps>"
NIGHT = STAMPS.format(
    "<cdb:timestamp><cdb:date>2026-03-07</cdb:date><cdb:timestart>20:00:00</cdb:timestart>"
    "<cdb:timeend>03:00:00</cdb:timeend></cdb:timestamp>"
)


@pytest.fixture
def read_xml(tmp_path):
    def read_text(calendar=NIGHT, title="Rondleiding", age="", content=None):
        text = CDBXML.format(calendar=calendar, title=title, age=age) if content is None else content
        (tmp_path / "events.xml").write_bytes(text.encode() if isinstance(text, str) else text)
        return uitdatabank.read(tmp_path / "events.xml", NOW)

    return read_text


def test_one_cdbxml_event(read_xml):
    tables = read_xml()
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["activity_id"], activity["price"], activity["themes"]) == ("c-1", 5, "heritage:1;history:1")
    assert (venue["venue_id"], venue["lat"], venue["lon"], venue["domain"]) == ("v-1", 50.88, 4.70, "culture")
    assert session["end"] - session["start"] == 7 * 3600
    assert activity["age_min"] == 3
    assert origin(tables, "age_min") == ["the target audience among its categories"]
    assert only(read_xml(age="<cdb:agefrom>6</cdb:agefrom>").activities)["age_min"] == 6
    broken = read_xml(age="<cdb:agefrom>six</cdb:agefrom>")
    assert math.isnan(only(broken.activities)["age_min"])
    assert only(broken.quarantine)["field"] == "agefrom"


def test_cdbxml_periods_with_a_week(read_xml):
    week = '<cdb:monday opentype="open"><cdb:openingtime from="10:00:00" to="17:00:00"/></cdb:monday><cdb:tuesday opentype="closed"/><cdb:wednesday opentype="open"/>'
    period = f"<cdb:periods><cdb:period><cdb:datefrom>2026-03-02</cdb:datefrom><cdb:dateto>2026-03-08</cdb:dateto><cdb:weekscheme>{week}</cdb:weekscheme></cdb:period></cdb:periods>"
    hours = [(local(row["start"]).hour, local(row["end"]).hour) for _, row in read_xml(period).sessions.iterrows()]
    assert hours == [(10, 17), (10, 20)]


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><cdbxml>&b;</cdbxml>'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (BOMB, "declares DTD; refused"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><cdbxml/>', "declares DTD; refused"),
        (b"<cdbxml><event>", "not XML"),
        (b"<rss/>", "<cdbxml> was expected"),
        (b"\x1f\x8b\x08\x00cut", "gzip"),
        (gzip.compress(b"<cdbxml>" + b"<event/>" * 5000 + b"</cdbxml>")[:-20], "cut off"),
        (b"PK\x03\x04", "zip archive"),
        ('<?xml version="1.0" encoding="UTF-8"?><cdbxml>é</cdbxml>'.encode("latin-1"), "not XML"),
    ],
    ids=["bomb", "outside", "open", "rss", "no gzip", "cut gzip", "zip", "latin-1"],
)
def test_hostile_and_damaged_xml_is_refused(read_xml, content, told):
    with pytest.raises(BadInput, match=told):
        read_xml(content=content)


def test_gzip_that_grows_without_end_is_refused():
    bomb = gzip.compress(bytes(1000)) + gzip.compress(bytes(2000))
    assert len(unpacked(bomb, "bomb", 3000)) == 3000
    with pytest.raises(BadInput, match="unpacks to more than 2,999 bytes"):
        unpacked(bomb, "bomb", 2999)


def test_packed_and_plain_files_of_a_folder_are_one_city(tmp_path):
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(EVENT).encode()))
    (tmp_path / "b.json").write_text(json.dumps({"member": [EVENT | {"@id": "x/2"}]}))
    (tmp_path / "c.json").write_text("{broken")
    (tmp_path / "d.xml").write_text(CDBXML.format(calendar=NIGHT, title="Rondleiding", age=""))
    tables = uitdatabank.read(tmp_path, NOW)
    assert tables.activities["activity_id"].tolist() == ["c-1", "e-1", "2"]
    assert only(tables.quarantine)[["source", "row"]].tolist() == ["c.json", "0"]
    (tmp_path / "city.toml").write_text('id = "gent"\ntime_zone = "Europe/Brussels"\n')
    (tmp_path / "uitdatabank.csv").write_text("where,match,themes,form\ncategory,1.0.1.0.0,music,\n")
    own = uitdatabank.read(tmp_path, NOW)
    assert own.city.id == "gent"
    assert own.activities.set_index("activity_id").loc["e-1", "themes"] == "music:1"
    again = read_folder(write_folder(own, tmp_path / "out"))
    assert again.activities.equals(own.activities)
    assert (tmp_path / "out" / "origins.csv").read_text().startswith("table,id,field,origin\n")


def test_a_hundred_thousand_events_of_which_three_in_a_hundred_are_broken(read):
    """Smaller than a hundred thousand here; the full size is measured by ``python -m benchmarks.feeds``."""
    bad = [{"typicalAgeRange": "4/10"}, {"name": None}, {"startDate": "soon"}]
    records = [
        EVENT | {"@id": f"e/{n}"} | (bad[n // 100 % 3] if n % 100 < 3 else {}) for n in range(1200)
    ]  # fmt: skip
    tables = read(*records)
    assert len(tables.quarantine) == 36
    assert len(tables.activities) == 1200 - 12
    assert tables.quarantine["field"].value_counts().to_dict() == {"typicalAgeRange": 12, "name": 12, "startDate": 12}


def test_the_thirty_real_activities_of_leuven(shared_data):
    source = shared_data / "feeds" / "uitdatabank" / "leuven-2014-cdbxml.xml"
    tables = uitdatabank.read(source, int(datetime(2014, 10, 1, tzinfo=ZONE).timestamp()))
    assert (tables.records, len(tables.activities), len(tables.quarantine)) == (30, 30, 0)
    cancelled = tables.sessions[tables.sessions["status"] == "cancelled"]["activity_id"].nunique()
    assert cancelled == 3
    assert tables.venues["lat"].between(50.8, 50.95).all()
    assert (tables.activities["themes"] != "").mean() > 0.9
    assert set(tables.activities["activity_id"]) == set(tables.sessions["activity_id"])
    assert len(catalogue_from(tables).activities) == 30


def test_every_published_fixture_is_read(shared_data):
    folder = shared_data / "feeds" / "uitdatabank" / "search-service-originals"
    kept = {}
    for file in sorted(folder.glob("*.json")):
        tables = uitdatabank.read(file, int(datetime(2017, 3, 1, tzinfo=ZONE).timestamp()))
        assert tables.records == 1
        kept[file.stem] = len(tables.activities), len(tables.sessions), len(tables.venues), len(tables.quarantine)
    assert len(kept) > 60
    nothing = {name for name, (activities, _, venues, _) in kept.items() if not activities + venues}
    assert nothing == {"original-with-wrong-calendar-type", "place-original-with-duplicate-of"}
    assert kept["original-with-multiple-dates"][:2] == (1, 3)
    assert kept["original-with-wrong-typical-age-range"] == (1, 1, 1, 1)
    assert kept["original-without-start-date"][3] == 1
