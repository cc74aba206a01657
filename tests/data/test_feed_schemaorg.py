"""Hand-written events in schema.org's words, pages that hold them, and the real agenda where at hand."""

import json
import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.feeds import isced, ndtrc, opencitydata, schemaorg
from data.feeds.mapping import FOLDER, coverage, load
from data.translate import catalogue_from
from recommender.errors import BadInput

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = int(datetime(2026, 3, 2, 7, tzinfo=ZONE).timestamp())
EVENT = {
    "@context": "https://schema.org",
    "@type": "MusicEvent",
    "@id": "https://agenda.example/e/1",
    "name": "Samen zingen",
    "inLanguage": "nl-NL",
    "startDate": "2026-03-07T14:00:00+01:00",
    "endDate": "2026-03-07T16:00:00+01:00",
    "typicalAgeRange": "6-12",
    "location": {"@type": "Place", "name": "Buurthuis De Kiem", "address": {"addressLocality": "Oss", "addressCountry": "NL"}, "geo": {"latitude": "51.76", "longitude": "5.52"}},
    "offers": {"@type": "Offer", "price": "2,50", "priceCurrency": "EUR"},
    "organizer": [{"@type": "Organization", "name": "Koor Oss"}],
    "accessibilityFeature": ["wheelchairAccessible"],
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def read_all(*events, name="events.json", text=None):
        (tmp_path / name).write_text(json.dumps(list(events)) if text is None else text, encoding="utf-8")
        return schemaorg.read(tmp_path / name, NOW)

    return read_all


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def none_if_nan(*values):
    return [None if math.isnan(value) else value for value in values]


def origin(tables, field, table="activities"):
    lines = tables.origins[(tables.origins["table"] == table) & (tables.origins["field"] == field)]
    return sorted(set(lines["origin"]))


def test_one_event(read):
    tables = read(EVENT)
    activity, venue, session = only(tables.activities), only(tables.venues), only(tables.sessions)
    assert (activity["activity_id"], activity["title"]) == ("agenda-example-e-1", "Samen zingen")
    assert (activity["language"], activity["organiser"]) == ("nl", "Koor Oss")
    assert (activity["age_min"], activity["age_max"], activity["price"]) == (6, 12, 2.5)
    assert (activity["themes"], activity["form"], activity["access"]) == ("music:1", "informal", "wheelchair")
    assert (venue["venue_id"], venue["domain"], venue["lat"]) == ("buurthuis-de-kiem-oss", "social", 51.76)
    assert session["end"] - session["start"] == 7200
    assert len(tables.quarantine) == 0


@pytest.mark.parametrize(
    ("more", "low", "high"),
    [
        ({"typicalAgeRange": "8-"}, 8, None),
        ({"typicalAgeRange": "12+"}, 12, None),
        ({"typicalAgeRange": None, "audience": {"suggestedMinAge": 4, "suggestedMaxAge": 8}}, 4, 8),
        ({"typicalAgeRange": None, "audience": [{"requiredMinAge": 18}]}, 18, None),
        ({"typicalAgeRange": None}, None, None),
        ({"typicalAgeRange": "kinderen"}, None, None),
    ],
)
def test_ages(read, more, low, high):
    tables = read(EVENT | more)
    assert none_if_nan(*only(tables.activities)[["age_min", "age_max"]]) == [low, high]
    assert len(tables.quarantine) == (more["typicalAgeRange"] == "kinderen")


@pytest.mark.parametrize(
    ("more", "price"),
    [
        ({"isAccessibleForFree": True}, 0),
        ({"offers": [{"price": 0, "priceCurrency": "EUR"}]}, 0),
        ({"offers": [{"price": 3}, {"price": 5}]}, None),
        ({"offers": {"@type": "AggregateOffer", "lowPrice": 4, "highPrice": 4, "priceCurrency": "EUR"}}, 4),
        ({"offers": {"@type": "AggregateOffer", "lowPrice": 4, "highPrice": 9}}, None),
        ({"offers": {"priceSpecification": {"price": 7}}}, 7),
        ({"offers": {"price": 7, "priceCurrency": "USD"}}, None),
        ({"offers": "https://tickets.example"}, None),
    ],
)
def test_prices(read, more, price):
    assert none_if_nan(only(read(EVENT | more).activities)["price"]) == [price]


def test_status_of_events(read):
    for said, status in (
        ("https://schema.org/EventCancelled", "cancelled"),
        ("EventPostponed", "cancelled"),
        ("https://schema.org/EventRescheduled", "scheduled"),
        ("EventScheduled", "scheduled"),
    ):
        assert only(read(EVENT | {"eventStatus": said}).sessions)["status"] == status
    assert only(read(EVENT | {"name": "Samen zingen: VOLZET"}).sessions)["status"] == "full"


def test_sub_events_schedules_and_courses(read):
    day = {"@type": "Event", "startDate": "2026-04-01T10:00", "endDate": "2026-04-01T11:00", "location": "Park Noord"}
    tables = read(
        EVENT
        | {
            "subEvent": [
                day,
                day | {"startDate": "2026-04-02T10:00", "endDate": "2026-04-02T11:00"},
                day | {"startDate": "x"},
            ]
        }
    )
    assert len(tables.sessions) == 2
    assert set(tables.sessions["venue_id"]) == {"park-noord"}
    assert only(tables.quarantine)["field"] == "subEvent.startDate"
    weekly = {
        "repeatFrequency": "P2W",
        "startDate": "2026-03-25",
        "repeatCount": 3,
        "startTime": "19:00:00",
        "duration": "PT90M",
        "byDay": "https://schema.org/Wednesday",
    }
    starts = read(EVENT | {"eventSchedule": weekly}).sessions["start"]
    assert [datetime.fromtimestamp(at, ZONE).strftime("%d/%m %H") for at in starts] == [
        "25/03 19",
        "08/04 19",
        "22/04 19",
    ]
    course = {
        "@type": "Course",
        "name": "Nederlands leren",
        "hasCourseInstance": [
            {"@type": "CourseInstance", "courseSchedule": weekly},
            {"@type": "CourseInstance", "startDate": "2026-05-01T09:00"},
        ],
        "about": "http://data.europa.eu/snb/isced-f/0231",
    }
    tables = read(course)
    activity = only(tables.activities)
    assert (activity["activity_id"], activity["form"], activity["themes"]) == (
        "nederlands-leren",
        "nonformal",
        "languages:1",
    )


def test_themes_from_words_say_so(read):
    plain = {key: value for key, value in EVENT.items() if key != "@type"} | {"@type": "Event"}
    tables = read(plain)
    assert only(tables.activities)["themes"] == "singing:1;together:1"
    assert origin(tables, "themes") == ["words in its title"]
    tables = read(plain | {"keywords": "natuur, kinderen"})
    assert only(tables.activities)["themes"] == "nature:1"
    tables = read(plain | {"name": "Xyz", "keywords": ["onbekend", "vreemd, onbekend"]})
    assert only(tables.activities)["themes"] == ""
    assert any("onbekend 2, vreemd 1" in note for note in tables.notes)


@pytest.mark.parametrize(
    ("title", "themes"),
    [
        ("Swimming lessons", "swimming:1"),
        ("Ski!", "ice:1"),
        ("Drawing skills", "visual-arts:1"),
        ("Fairy tales", ""),
        ("Pickleball: singles", "racket-sports:1"),
        ("Chess tournament", "games:1"),
        ("Samen koken", "together:1;cooking:1"),
    ],
)
def test_a_word_begins_a_word_or_with_a_space_behind_it_is_one(title, themes):
    assert schemaorg.mapping().of_words("title", title)[0] == themes


def test_events_are_found_wherever_they_stand(read):
    graph = {
        "@graph": [
            {"@type": "WebPage", "mainEntity": EVENT},
            {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": EVENT | {"@id": "x://e/2"}}]},
        ]
    }
    assert read(graph).activities["activity_id"].tolist() == ["agenda-example-e-1", "e-2"]


PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Agenda</title>
<script type="application/ld+json">%s</script>
<script type="application/ld+json">{"@type": "Event", broken</script>
<script>alert("&")</script></head><body>
<div itemscope itemtype="https://schema.org/DanceEvent"><h1 itemprop="name">Dansen op het plein</h1>
<time itemprop="startDate" datetime="2026-03-08T15:00+01:00">zondag</time>
<div itemprop="location" itemscope itemtype="https://schema.org/Place"><span itemprop="name">Plein 1944</span></div></div>
<div itemscope itemtype="https://schema.org/MusicEvent"><b itemprop="name">Samen zingen</b>
<meta itemprop="startDate" content="2026-03-07T14:00:00+01:00"></div></body></html>"""


def test_events_in_a_web_page(read):
    tables = read(name="agenda.html", text=PAGE % json.dumps(EVENT))
    assert tables.activities["title"].tolist() == ["Samen zingen", "Dansen op het plein"]
    assert tables.activities["themes"].tolist() == ["music:1", "dance:1"]
    assert only(tables.quarantine)["field"] == "script"
    assert tables.venues["name"].tolist() == ["Buurthuis De Kiem", "Plein 1944"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.html", "<html><body>Niets te doen</body></html>", "no event or course"),
        ("a.html", "", "an empty page|no event"),
        ("a.json", "{}", "no event or course"),
        ("a.json", '{"a":' * 100_000, "not usable as JSON|not JSON"),
        ("a.txt", "x", "not JSON"),
    ],
)
def test_what_holds_no_event_is_refused(read, name, text, told):
    with pytest.raises(BadInput, match=told):
        read(name=name, text=text)


def test_odd_events_go_to_quarantine(read):
    tables = read(
        EVENT,
        EVENT | {"@id": "e/2", "name": ""},
        EVENT | {"@id": "e/3", "location": 7},
        EVENT | {"@id": "e/4", "offers": {"price": "veel"}},
    )
    assert tables.activities["activity_id"].tolist() == ["agenda-example-e-1", "e-4"]
    assert tables.quarantine["row"].tolist() == ["2", "3", "4"]


HEADER = "identifier,name,description,tipo-evento,isAccessibleForFree,audience,typicalAgeRange,startDate,endDate,eventStatus,addressLocality,nombre,id,postalCode"
TYPE = "http://vocab.linkeddata.es/datosabiertos/kos/cultura-ocio/agenda/tipo-evento/"
ROW = f"7,Cuentos,Leemos,{TYPE}cuento,true,Público familiar,3-8,2022-02-05T18:00:00+01:00,2022-02-05T19:00:00+01:00,Por empezar,Lorca,Biblioteca,12,30800"


def agenda_of(tmp_path, text):
    (tmp_path / "other.csv").write_text(text)
    return opencitydata.read(tmp_path / "other.csv", NOW)


def agenda(tmp_path, *rows, encoding="utf-8"):
    (tmp_path / "agenda.csv").write_bytes("\n".join([HEADER, *rows]).encode(encoding))
    return opencitydata.read(tmp_path / "agenda.csv", NOW)


def test_one_row_of_spains_agenda(tmp_path):
    tables = agenda(tmp_path, ROW)
    activity, venue = only(tables.activities), only(tables.venues)
    assert (activity["themes"], activity["price"], activity["age_min"], activity["company"]) == (
        "stories:1",
        0,
        3,
        "family",
    )
    assert (venue["venue_id"], venue["area"], venue["domain"]) == ("12", "Lorca", "library")
    assert math.isnan(venue["lat"])
    assert only(tables.sessions)["status"] == "scheduled"
    assert agenda(tmp_path, ROW.replace("Público", "P\u00fablico"), encoding="latin-1").activities[
        "company"
    ].tolist() == ["family"]


def test_odd_rows_of_spains_agenda(tmp_path):
    rows = [
        ROW,
        "1,2,3",
        ROW.replace("7,", "8,").replace("3-8", "todas"),
        ROW.replace("7,", "9,").replace("Por empezar", "Cancelado"),
    ]
    rows.append(ROW.replace("7,", "10,").replace("cuento", "sorpresa").replace("-02-05", "-07-05"))
    tables = agenda(tmp_path, *rows)
    assert tables.quarantine["row"].tolist() == ["3", "4"]
    assert tables.sessions["status"].tolist() == ["scheduled", "scheduled", "cancelled", "scheduled"]
    assert any("sorpresa 1" in note for note in tables.notes)
    assert any("taken as written: 1" in note for note in tables.notes)
    with pytest.raises(BadInput, match="column 'identifier' is missing"):
        agenda_of(tmp_path, "a,b\n1,2\n")


def test_a_vocabulary_with_a_broken_statement_is_read_around_it():
    text = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<x:a> skos:narrower <x:b> .\n   skos:narrower <x:c> .\n<x:b> nonsense .\n<x:b> skos:narrower <x:d> .\n"
    broader, wrong = opencitydata.hierarchy(text)
    assert (broader("x:d"), broader("x:b"), broader("x:c")) == (("x:b",), ("x:a",), ())
    assert wrong == [3, 4]


def test_fields_of_isced_climb_to_their_broader_field():
    mapping = isced.mapping()
    assert mapping.find("0213").themes == "visual-arts"
    assert mapping.find("0541").themes == "science"
    assert mapping.find("99") is None
    assert list(isced.codes_in({"about": [{"inDefinedTermSet": "ISCED-F 2013", "termCode": "0611"}]})) == ["0611"]
    assert list(isced.codes_in({"educationalAlignment": {"targetUrl": "http://data.europa.eu/snb/isced-f/0213"}})) == [
        "0213"
    ]
    assert list(isced.codes_in({"about": "Robots 2013"})) == []


def test_types_of_ndtrc_stand_below_what_the_list_says(tmp_path):
    text = "// note\n\nEvenementen (2.3)\nRommelmarkt (2.4.6)\nFestivals (2.4)\nFilmfestival (2.4.2)\n"
    broader = ndtrc.hierarchy([text])
    assert (broader("2.4.6"), broader("2.4.2"), broader("2.3")) == (("2.3",), ("2.4",), ())
    (tmp_path / "NDTRC-types.txt").write_text(text)
    mapping = ndtrc.mapping(tmp_path)
    assert mapping.find("2.4.6").themes == "festivals"
    assert mapping.find("2.4.2").themes == "festivals;film"


@pytest.mark.parametrize(
    "name",
    sorted(
        file.stem
        for file in FOLDER.glob("*.csv")
        if file.stem not in ("boxes", "themes", "venues", "words") and not file.stem.endswith(("_themes", "_venues"))
    ),
)
def test_every_mapping_table_is_whole(name):
    mapping = load(name, words="" if name == "madrid" else "words")
    assert mapping.categories
    assert not mapping.themes["theme_id"].duplicated().any()


def test_most_of_the_published_vocabularies_is_mapped(shared_data):
    folder = shared_data / "feeds"
    fields = isced.concepts(json.loads((folder / "taxonomies" / "isced-f-2013.json").read_text(encoding="utf-8")))
    own, broader, unmapped = coverage(isced.mapping(), fields)
    assert own + broader + len(unmapped) == len(fields)
    assert own + broader > 0.85 * len(fields)
    for name in ("NDTRC-types-EVENTS.txt", "NDTRC-types-locaties.txt"):
        text = (folder / "ndtrc" / name).read_text(encoding="utf-8")
        codes = [(code, label) for code, label, _ in ndtrc.concepts(text)]
        own, broader, unmapped = coverage(ndtrc.mapping(folder / "ndtrc"), codes)
        assert own + broader > (0.99 if "EVENTS" in name else 0.3) * len(codes), unmapped


def test_the_real_agenda_of_spain(shared_data):
    at = int(datetime(2022, 4, 1, tzinfo=ZONE).timestamp())
    tables = opencitydata.read(shared_data / "feeds" / "spain-agenda", at)
    assert (tables.records, len(tables.activities)) == (95, 95)
    assert tables.activities["age_min"].notna().sum() == 93
    assert (tables.activities["themes"] != "").sum() == 94
    assert tables.venues["lat"].isna().all()
    assert (tables.sessions["status"] == "cancelled").sum() == 1
    assert tables.quarantine["field"].tolist() == ["endDate"] * 3
    assert any("tipo-evento-cultural.ttl, line 420" in note for note in tables.notes)
    assert len(catalogue_from(tables).activities) == 95
