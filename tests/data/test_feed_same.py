"""The same activity in two feeds, by hand and on the real agendas; and several feeds as one city."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from data.columns import ACTIVITIES, LINES, SESSIONS, STAMPS, THEMES, VENUES
from data.feeds import madrid, several, uitdatabank
from data.feeds.merged import merge
from data.feeds.same import doubtful, pairs, same_title, words_of
from data.folder import read_folder, write_folder
from data.tables import ORIGIN_COLUMNS, CitySettings, Tables, frame_of
from data.translate import catalogue_from
from recommender.errors import BadInput

DAY = 1_772_900_000
HERE = {"lat": 51.76, "lon": 5.52}


def city(*rows, name="a", venue=None, origins=()):
    """One activity for each row, at one venue, with the sessions it names."""
    place = {"venue_id": f"{name}-v", "name": "Bibliotheek Oss", **HERE} | (venue or {})
    activities, sessions = [], []
    for number, row in enumerate(rows):
        row = dict(row)
        starts = row.pop("starts", [DAY])
        more = row.pop("session", {})
        key = row.pop("id", f"{name}-{number}")
        activities.append({"activity_id": key, "venue_id": place["venue_id"], "title": "Vogels tekenen", **row})
        sessions += [
            {"session_id": f"{key}-{start}", "activity_id": key, "start": start, "end": start + 3600, "status": "scheduled", **more}
            for start in starts
        ]  # fmt: skip
    lines = [
        ("activities", row["activity_id"], "", f"{name}.json, {number}") for number, row in enumerate(activities, 1)
    ]
    return Tables(
        city=CitySettings(id=name),
        themes=frame_of(THEMES, [{"theme_id": name}]),
        venues=frame_of(VENUES, [place]),
        activities=frame_of(ACTIVITIES, activities),
        sessions=frame_of(SESSIONS, sessions),
        origins=pd.DataFrame([*lines, *origins], columns=list(ORIGIN_COLUMNS), dtype="str"),
        records=len(rows),
    )


def verdicts(first, second):
    return [pair.why_not for pair in pairs(first, second)]


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Vogels tekenen", "Tekenen van vogels", True),
        ("Vogels tekenen", "VOGELS TEKENEN - GEANNULEERD", True),
        ("Vogels tekenen", "Vogels teekenen", True),
        ("Vogels tekenen", "Vogels tekenen in Bibliotheek Oss", True),
        ("Vogels tekenen", "Vogels tekenen voor beginners", False),
        ("Robots deel 1", "Robots deel 2", False),
        ("Robots", "Robots 2", False),
        ("Yoga voor beginners", "Yoga voor gevorderden", False),
        ("Vissen tekenen", "Vogels tekenen", False),
        ("De", "Het", False),
    ],
)
def test_titles_that_say_the_same(first, second, same):
    assert same_title(words_of(first), words_of(second), words_of("Bibliotheek Oss")) is same
    assert same_title(words_of(second), words_of(first), words_of("Bibliotheek Oss")) is same


def test_the_same_title_time_and_place_are_one_activity():
    assert verdicts(city({}), city({}, name="b")) == [""]
    assert verdicts(city({}), city({"starts": [DAY + 240]}, name="b")) == [""]


@pytest.mark.parametrize(
    ("row", "venue", "why"),
    [
        ({"starts": [DAY + 7200]}, {}, "they never start at the same time"),
        ({"title": "Vogels tekenen 8+"}, {}, "their titles differ"),
        ({}, {"lat": 51.77}, "they are at different places"),
        ({}, {"lat": None, "lon": None, "name": "Gemeentehuis"}, "whether they are at the same place is not known"),
        ({}, {"lat": None, "lon": None, "name": ""}, "whether they are at the same place is not known"),
        ({"age_min": 12.0}, {}, "they are for different ages"),
    ],
)
def test_on_one_of_them_alone_nothing_is_merged(row, venue, why):
    first = city({"age_min": 4.0})
    second = city(row, name="b", venue=venue)
    assert verdicts(first, second) == [why]
    both = merge(first, second, ("a", "b"))
    assert len(both.activities) == 2
    alike = why in ("whether they are at the same place is not known", "they are for different ages")
    assert any("perhaps the same, kept twice" in note for note in both.notes) is alike


def test_a_venue_of_the_same_name_will_do_where_a_point_is_missing():
    unplaced = {"lat": None, "lon": None, "name": "bibliotheek OSS"}
    assert verdicts(city({}), city({}, name="b", venue=unplaced)) == [""]
    both = merge(city({}, venue=unplaced), city({}, name="b"), ("a", "b"))
    assert only(both.venues)["lat"] == 51.76
    assert ("venues", "a-v", "lat", "only b says it") in both.origins.itertuples(index=False, name=None)


def test_an_age_that_only_a_standard_says_contradicts_nobody():
    adults = ("activities", "b-0", "age_min", "OpenActive 2.0: no ageRange means adults")
    assert verdicts(city({"age_min": 6.0}), city({"age_min": 18.0}, name="b", origins=[adults])) == [""]


def test_mostly_at_other_times_is_another_activity():
    week = 7 * 86_400
    many = [DAY + n * week for n in range(6)]
    shifted = [DAY, *(start + 7200 for start in many[1:])]
    assert verdicts(city({"starts": many}), city({"starts": shifted}, name="b")) == [
        "they start at different times more often than not"
    ]
    assert verdicts(city({"starts": many}), city({"starts": [DAY]}, name="b")) == [""]


def test_each_has_one_counterpart_and_the_better_one_wins():
    first = city({"title": "Vogels tekenen"})
    second = city({"title": "Tekenen van vogels"}, {"title": "Vogels teekenen"}, name="b")
    found = pairs(first, second)
    assert [(pair.second, pair.why_not) for pair in found] == [("b-0", ""), ("b-1", "there is a better counterpart")]
    assert [pair.second for pair in doubtful(found)] == ["b-1"]


def test_one_activity_with_both_sources_named():
    first = city({"price": 0.0}, {"title": "Alleen hier"})
    second = city(
        {"description": "Met potlood.", "age_min": 6.0, "age_max": 9.0, "starts": [DAY, DAY + 86_400], "session": {"capacity_left": 5.0}},
        {"title": "Alleen daar"},
        name="b",
    )  # fmt: skip
    both = merge(first, second, ("agenda", "sport"))
    assert both.activities["title"].tolist() == ["Vogels tekenen", "Alleen hier", "Alleen daar"]
    one = both.activities.iloc[0]
    assert (one["price"], one["description"], one["age_min"], one["age_max"]) == (0, "Met potlood.", 6, 9)
    assert both.venues["venue_id"].tolist() == ["a-v"]
    assert both.sessions["activity_id"].tolist() == ["a-0", "a-1", "a-0", "b-1"]
    assert both.sessions["capacity_left"].tolist()[0] == 5
    assert only(both.sessions[both.sessions["start"] == DAY + 86_400])["venue_id"] == ""
    sources = both.origins[(both.origins["id"] == "a-0") & (both.origins["field"] == "")]["origin"].tolist()
    assert sources == ["agenda: a.json, 1", "sport: b.json, 1"]
    assert ("activities", "a-0", "description", "only sport says it") in both.origins.itertuples(index=False, name=None)
    assert any("1 activities are the same, with 1 sessions" in note for note in both.notes)
    assert set(both.themes["theme_id"]) == {"a", "b"}
    assert both.records == 4
    assert len(catalogue_from(both).activities) == 3


def test_who_says_that_it_is_off_is_believed():
    off = city({"session": {"status": "cancelled"}}, name="b")
    assert only(merge(city({}), off, ("a", "b")).sessions)["status"] == "cancelled"
    assert only(merge(off, city({}), ("a", "b")).sessions)["status"] == "cancelled"


def test_half_an_age_range_is_not_mixed_with_another():
    both = merge(city({"age_min": 6.0}), city({"age_min": 6.0, "age_max": 9.0}, name="b"), ("a", "b"))
    assert only(both.activities)["age_max"] != only(both.activities)["age_max"]


def test_the_same_id_need_not_be_the_same_thing():
    both = merge(city({"id": "1"}), city({"id": "1", "title": "Robots bouwen"}, name="b"), ("a", "b"))
    assert both.activities["activity_id"].tolist() == ["1", "b-1"]
    assert both.sessions["activity_id"].tolist() == ["1", "b-1"]
    assert set(both.origins["id"]) == {"1", "b-1"}


def test_stamps_and_lines_go_with_what_was_merged():
    second = replace(
        city({}, name="b"),
        stamps=frame_of(STAMPS, [{"learner_id": "p", "activity_id": "b-0", "session_id": f"b-0-{DAY}", "at": DAY}]),
        lines=frame_of(LINES, [{"line_id": "l", "name": "Lijn", "station": 1.0, "activity_id": "b-0"}]),
    )
    both = merge(city({}), second, ("a", "b"))
    assert only(both.stamps)[["activity_id", "session_id"]].tolist() == ["a-0", f"a-0-{DAY}"]
    assert only(both.lines)["activity_id"] == "a-0"


EVENT = {
    "@id": "https://io.example/event/e-1",
    "name": {"nl": "Vogels tekenen"},
    "calendarType": "single",
    "startDate": "2026-03-07T14:00:00+01:00",
    "endDate": "2026-03-07T16:00:00+01:00",
    "location": {"name": "Bibliotheek", "geo": {"latitude": 51.049, "longitude": 3.7285}},
}  # fmt: skip
ICS = "BEGIN:VEVENT\nUID:7\nSUMMARY:Tekenen van vogels\nDTSTART:20260307T130000Z\nGEO:51.0491;3.7284\nLOCATION:Bieb\nEND:VEVENT\n"
FEEDS_TOML = """
[[feed]]
name = "agenda"
feed = "uitdatabank"
path = "uit.json"
[[feed]]
name = "school"
feed = "ical"
path = "school.ics"
"""


def test_several_feeds_of_one_city(tmp_path):
    (tmp_path / "uit.json").write_text(json.dumps(EVENT))
    (tmp_path / "school.ics").write_text(ICS)
    (tmp_path / "feeds.toml").write_text(FEEDS_TOML)
    (tmp_path / "city.toml").write_text('id = "gent"\nas_of = "2026-03-01T09:00:00+01:00"\n')
    tables = several.read(tmp_path)
    assert tables.city.id == "gent"
    assert only(tables.activities)["title"] == "Vogels tekenen"
    sources = tables.origins[(tables.origins["table"] == "activities") & (tables.origins["field"] == "")][
        "origin"
    ].tolist()
    assert sources == ["agenda: uit.json, 1", "school: school.ics, 1"]
    again = read_folder(write_folder(tables, tmp_path / "out"))
    assert len(again.activities) == 1


def test_a_folder_with_passports_and_stamps_is_a_feed_too(tmp_path, tiny):
    write_folder(tiny, tmp_path / "own")
    (tmp_path / "school.ics").write_text(ICS)
    (tmp_path / "feeds.toml").write_text(
        '[[feed]]\nname = "own"\nfeed = "folder"\npath = "own"\n[[feed]]\nname = "school"\nfeed = "ical"\npath = "school.ics"\n'
    )
    tables = several.read(tmp_path)
    assert len(tables.activities) == len(tiny.activities) + 1
    pd.testing.assert_frame_equal(tables.stamps, tiny.stamps)
    assert tables.city == tiny.city
    assert len(catalogue_from(tables).activities) == len(tiny.activities) + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "one or more"),
        ("feed = 1", "one or more"),
        ("[[feed]]\nname = 'a'\n", "feed 1: name, feed and path"),
        ("[[feed]]\nname = 'a'\nfeed = 'x'\npath = 'b'\n", "'x' is none of folder, madrid"),
        ("[[feed]]\nname = 'a'\nfeed = 'ical'\npath = 'b'\n" * 2, "same name"),
        ("[[feed]]\nname = 'a'\nfeed = 'ical'\npath = 'b'\n", "feed 'a': .*no such file or folder"),
        ("[[", "not TOML"),
    ],
)
def test_a_list_of_feeds_that_is_none(tmp_path, text, told):
    (tmp_path / "feeds.toml").write_text(text)
    with pytest.raises(BadInput, match=told):
        several.read(tmp_path)


def test_without_a_list_of_feeds(tmp_path):
    with pytest.raises(BadInput, match=r"feeds\.toml is missing"):
        several.read(tmp_path)


def test_the_real_agenda_finds_itself_and_nothing_else(shared_data):
    folder = shared_data / "feeds" / "madrid"
    tables = madrid.read(folder / "agenda-eventos-culturales-100_2022-01.csv")
    found = [pair for pair in pairs(tables, tables) if not pair.why_not]
    assert all(pair.first == pair.second for pair in found)
    # 27 have no place: then nothing is sure.
    assert len(found) == (tables.activities["venue_id"] != "").sum() == 779
    other = madrid.read(folder / "agenda-eventos-culturales-100_2018-05.json")
    assert not [pair for pair in pairs(tables, other) if not pair.why_not]


def test_two_halves_of_a_real_agenda_have_one_activity_in_common(shared_data):
    tables = madrid.read(shared_data / "feeds" / "madrid" / "agenda-eventos-culturales-100_2022-01.csv")

    def half(start):
        ids = set(tables.activities["activity_id"][start::2])
        kept = {
            name: getattr(tables, name)[getattr(tables, name)["activity_id"].isin(ids)].reset_index(drop=True)
            for name in ("activities", "sessions")
        }
        return replace(tables, **kept)

    found = [pair for pair in pairs(half(0), half(1)) if not pair.why_not]
    titles = tables.activities.set_index("activity_id")["title"]
    assert [(titles[pair.first], titles[pair.second]) for pair in found] == [
        ("Lobos, delfines y zamioculcas: taller de arte sonoro interespecie",) * 2
    ]


def test_the_eight_tours_of_leuven_stay_eight(shared_data):
    tables = uitdatabank.read(shared_data / "feeds" / "uitdatabank" / "leuven-2014-cdbxml.xml", 1_412_150_400)
    found = [pair for pair in pairs(tables, tables) if not pair.why_not]
    assert len(found) == 30
    assert all(pair.first == pair.second for pair in found)
