from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, STAMPS, TABLES
from data.csvtext import format_csv, parse_csv
from data.folder import read_folder, write_folder
from data.settings import format_settings, parse_settings
from data.tables import CitySettings, Tables
from data.translate import catalogue_from
from recommender.city import TravelMode
from recommender.errors import BadConfig, BadInput

ACTIVITY_CSV = "activity_id,title\na-1,Sterren kijken\na-2,Vogels spotten\n"
STAMP_CSV = "learner_id,activity_id,at\np-1,a-1,2026-02-01T14:00:00+01:00\n"
NOW = 1_772_438_400
"""2026-03-02T09:00:00+01:00."""


def folder(tmp_path, **files):
    """A folder of the smallest city there is, with some files added, changed or (None) taken away."""
    contents = {"activities": ACTIVITY_CSV, "stamps": STAMP_CSV} | files
    for name, content in contents.items():
        if content is not None:
            path = tmp_path / (name.replace("_toml", ".toml") if name.endswith("_toml") else f"{name}.csv")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def assert_equal(left: Tables, right: Tables):
    assert left.city == right.city
    assert left.has_sessions == right.has_sessions
    for table in TABLES:
        pd.testing.assert_frame_equal(left.frame(table), right.frame(table))


def test_two_files_are_a_city(tmp_path):
    tables = read_folder(folder(tmp_path), NOW)
    assert tables.city == CitySettings()
    assert tables.activities["title"].tolist() == ["Sterren kijken", "Vogels spotten"]
    assert tables.stamps["at"].tolist() == [1_769_950_800]
    assert not tables.has_sessions
    assert tables.notes == ()
    assert len(tables.quarantine) == 0
    assert catalogue_from(tables).sessions.always


def test_what_is_written_reads_back_equal_and_equal_tables_give_equal_bytes(tiny, tmp_path):
    first, second = write_folder(tiny, tmp_path / "a"), tmp_path / "b"
    again = read_folder(first)
    assert_equal(again, tiny)
    write_folder(again, second)
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    assert b"\r" not in (first / "stamps.csv").read_bytes()
    assert b"2026-02-07T16:00:00+01:00" in (first / "stamps.csv").read_bytes()


def test_difficult_text_and_numbers_survive(tiny, tmp_path):
    stamps = pd.DataFrame({**tiny.stamps, "at": [0, 1, -1, 1_761_440_400, 1_761_444_000, *tiny.stamps["at"][5:]]})
    activities = tiny.activities.copy()
    activities.loc[0, "title"] = 'Zeg "é", doe\nmee; of, niet\r\n…'
    activities["price"] = [0.1, 1e-7, 1 / 3, 100_000.0, 12345.678, 0.0, np.nan, 2.5]
    lines = {"lat": [np.nextafter(51.0, 52.0), *[np.nan] * 10], "lon": [5.1, *[np.nan] * 10]}
    tables = replace(tiny, stamps=stamps, activities=activities, sessions=tiny.sessions.assign(**lines))
    assert_equal(read_folder(write_folder(tables, tmp_path)), tables)


def test_writing_takes_away_what_is_no_longer_known(tiny, tmp_path):
    write_folder(tiny, tmp_path)
    write_folder(replace(tiny, lines=tiny.lines[:0], sessions=tiny.sessions[:0], has_sessions=False), tmp_path)
    again = read_folder(tmp_path)
    assert not (tmp_path / "lines.csv").exists()
    assert len(again.lines) == 0
    assert not again.has_sessions


def test_a_city_without_any_stamp_yet_can_be_read_and_says_so(tiny, tmp_path):
    tables = read_folder(write_folder(replace(tiny, stamps=tiny.stamps[:0]), tmp_path))
    assert len(tables.stamps) == 0
    assert tables.notes == ("stamps.csv: has a header but no rows",)


def test_parquet_reads_like_csv(tiny, tmp_path):
    expected = read_folder(write_folder(tiny, tmp_path / "csv"))
    other = tmp_path / "parquet"
    other.mkdir()
    (other / "city.toml").write_text(format_settings(tiny.city))
    for table in TABLES:
        frame = tiny.frame(table).copy()
        for column in table.columns:
            if column.kind == "time":
                frame[column.name] = pd.to_datetime(frame[column.name], unit="s", utc=True).dt.tz_convert("Asia/Tokyo")
            if column.kind == "flag":
                frame[column.name] = frame[column.name].map({1.0: True, 0.0: False}).astype("object")
            if column.kind == "list":
                frame[column.name] = [text.split(";") if text else None for text in frame[column.name]]
        frame.to_parquet(other / f"{table.name}.parquet")
    assert_equal(read_folder(other), expected)


def test_both_csv_and_parquet_of_one_table_is_a_question(tmp_path):
    path = folder(tmp_path)
    pd.DataFrame({"activity_id": ["a"], "title": ["t"]}).to_parquet(path / "activities.parquet")
    with pytest.raises(BadInput, match=r"both activities\.csv and activities\.parquet"):
        read_folder(path)


@pytest.mark.parametrize("name", ["activities", "stamps"])
def test_a_missing_required_file_is_named(tmp_path, name):
    with pytest.raises(BadInput, match=rf"{name}\.csv is missing; found .*\.csv; it needs the columns"):
        read_folder(folder(tmp_path, **{name: None}))


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(BadInput, match="nowhere: no such folder"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("activity_id,name\na,b\n", r"activities\.csv: column 'title' is missing; found activity_id, name; expected"),
        ("", r"activities\.csv: the file is empty; its first line must name the columns: activity_id,title"),
        ("\n \n", r"activities\.csv: the file is empty"),
        ("activity_id,title\n", r"activities\.csv: it has a header but no rows"),
        ("activity_id,title", r"activities\.csv: it has a header but no rows"),
        ("activity_id;title\na;b\n", r"activities\.csv: the columns are separated by a semicolon, a comma was expected"),
        ("activity_id\ttitle\na\tb\n", r"separated by a tab"),
        ("activity_id,title,title\na,b,c\n", r"activities\.csv: column 'title' stands in the header twice"),
        (
            "activity_id,title\na,Caf\u00e9\n".encode("latin-1"),
            r"activities\.csv, line 2: byte 23 \(0xe9\) is not UTF-8; .*iconv -f latin1 -t utf8 activities\.csv",
        ),
        ("activity_id,title\na,b\n".encode("utf-16"), r"activities\.csv: this is UTF-16, .*iconv -f utf16 -t utf8"),
        (b"activity_id,title\na-1,x\na-\x00,y\n", r"activities\.csv, line 3: a zero byte"),
        ('activity_id,title\na-1,x\na-2,"open\na-3,y\n', r"activities\.csv, line 3: a quote is opened here"),
        ('title,activity_id,price\nx,a-1,1\n"open,a-2,2\ny,a-3,3\n', r"activities\.csv, line 3: a quote is opened"),
        ("activity_id,title\n,\n,x\n", r"no row can be used; the first, line 3: activity_id is ''"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_says_what_to_do(tmp_path, content, told):
    with pytest.raises(BadInput, match=told):
        read_folder(folder(tmp_path, activities=content), NOW)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ACTIVITY_CSV.encode(),
        ACTIVITY_CSV.replace("\n", "\r\n").encode(),
        ACTIVITY_CSV.replace("\n", "\r").encode(),
        ACTIVITY_CSV.rstrip("\n").encode(),
        ("\n" + ACTIVITY_CSV.replace("\n", "\n\n"))[1:].encode(),
        ACTIVITY_CSV.replace("activity_id,title", ' activity_id ,"title" ').replace("a-1,", " a-1 ,").encode(),
    ],
    ids=["byte order mark", "windows", "old mac", "no last line end", "empty lines", "spaces"],
)
def test_harmless_differences_are_accepted(tmp_path, content):
    tables = read_folder(folder(tmp_path, activities=content), NOW)
    assert tables.activities["activity_id"].tolist() == ["a-1", "a-2"]
    assert tables.activities["title"].tolist() == ["Sterren kijken", "Vogels spotten"]
    assert len(tables.quarantine) == 0


def test_quarantine_names_the_line_in_the_file_even_behind_line_breaks(tmp_path):
    content = (
        'activity_id,title,price\na-1,"two\nlines",1\n\na-2,x,free\na-3,too,many,cells\na-4,few\na-5,"y\n\n",cheap\n'
    )
    tables = read_folder(folder(tmp_path, activities=content), NOW)
    told = {(line["row"], line["field"], line["value"]) for _, line in tables.quarantine.iterrows()}
    assert told == {("5", "price", "free"), ("6", "", "4 cells"), ("7", "", "2 cells"), ("8", "price", "cheap")}
    assert tables.activities["title"].tolist() == ["two\nlines"]
    assert tables.notes == ("activities.csv: 4 of 5 rows in quarantine, 4 problems",)


def test_one_bad_row_of_every_kind_is_quarantined_and_the_rest_lives(tmp_path):
    stamps = (
        STAMP_CSV
        + "p-1,a-9,2026-02-01T14:00:00+01:00\n"  # unknown activity
        + "p-1,a-1,2026-02-01T14:00:00+01:00\n"  # twice
        + "p-1,a-2,2026-03-02T09:00:01+01:00\n"  # from the future
        + "p-1,a-2,2026-02-01\n"  # no offset
    )
    venues = "venue_id,lat,lon\n" + "".join(f"v-{i},51.7{i},5.5{i}\n" for i in range(4)) + "v-9,5.52,51.76\n"
    activities = (
        "activity_id,title,venue_id,age_min\n"
        "a-1,Sterren,v-1,\na-2,Vogels,v-9,\na-1,Weer sterren,v-1,\na-3,Robots,v-2,4/10\n"
    )
    tables = read_folder(folder(tmp_path, stamps=stamps, venues=venues, activities=activities), NOW)
    told = [(line["source"], line["row"], line["field"]) for _, line in tables.quarantine.iterrows()]
    assert told == [
        ("venues.csv", "6", "lat"),
        ("activities.csv", "3", "venue_id"),
        ("activities.csv", "4", "activity_id"),
        ("activities.csv", "5", "age_min"),
        ("stamps.csv", "3", "activity_id"),
        ("stamps.csv", "4", "learner_id"),
        ("stamps.csv", "5", "at"),
        ("stamps.csv", "6", "at"),
    ]
    assert len(tables.stamps) == 1
    assert tables.activities["activity_id"].tolist() == ["a-1", "a-2"]
    written = write_folder(tables, tmp_path / "out") / "quarantine.csv"
    assert len(pd.read_csv(written)) == 8


def test_the_future_is_judged_against_as_of_not_the_clock(tmp_path):
    late = STAMP_CSV + "p-1,a-2,2026-02-10T14:00:00+01:00\n"
    path = folder(tmp_path, stamps=late, city_toml="as_of = 2026-02-05T00:00:00+01:00")
    assert len(read_folder(path, NOW).stamps) == 1
    (path / "city.toml").unlink()
    assert len(read_folder(path, NOW).stamps) == 2
    assert len(read_folder(path, 0).stamps) == 0


def test_unknown_columns_stay_out_and_are_named(tmp_path):
    stamps = "learner_id,activity_id,at,birth_date,school\np-1,a-1,2026-02-01T14:00:00Z,2017-01-01,De Ark\n"
    tables = read_folder(folder(tmp_path, stamps=stamps), NOW)
    assert tables.notes == ("stamps.csv: columns not kept: birth_date, school",)
    assert tuple(tables.stamps.columns) == STAMPS.names


def test_more_languages_for_themes_stay(tmp_path):
    themes = "theme_id,nl,en,tr,colour\nspace,Ruimte,Space,Uzay,blue\n"
    tables = read_folder(folder(tmp_path, themes=themes), NOW)
    assert tables.themes["tr"].tolist() == ["Uzay"]
    assert "colour" not in tables.themes
    assert catalogue_from(tables).themes.labels["tr"] == ("Uzay",)


def test_without_a_theme_list_the_themes_in_use_are_the_list(tmp_path):
    path = folder(
        tmp_path,
        activities="activity_id,title,themes\na-1,x,space:0.7;making\na-2,y,art\n",
        lines="line_id,name,station,activity_id,theme\nl,L,1,a-1,robots\n",
        passports="learner_id,wishes\np-1,space;dragons\n",
    )
    tables = read_folder(path, NOW)
    assert tables.themes["theme_id"].tolist() == ["art", "making", "robots", "space"]
    assert tables.passports["wishes"].tolist() == ["space"]
    assert tables.quarantine["value"].tolist() == ["space;dragons"]


SETTINGS = """
id = "oss"
name = "Oss"
time_zone = "Europe/Amsterdam"
languages = ["nl"]
as_of = 2026-03-02T09:00:00+01:00
default_mode = "walk"
origin = "sample"
[travel.walk]
km_per_hour = 4
"""


def test_settings():
    city = parse_settings(SETTINGS)
    assert city == parse_settings(format_settings(city))
    assert (city.id, city.as_of, city.languages, city.default_mode) == ("oss", NOW, ("nl",), "walk")
    assert city.travel["walk"] == TravelMode(4.0)
    assert city.travel["bike"] == CitySettings().travel["bike"]


def test_empty_settings_are_the_defaults():
    assert parse_settings("") == CitySettings(name="city")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('id = "Klein Oss"', r"city\.toml, id = 'Klein Oss': expected lower-case letters"),
        ('id = "../x"', "id = '../x'"),
        ('time_zone = "Europe/Oss"', "time_zone = 'Europe/Oss': expected a time zone such as"),
        ('time_zone = "../../etc/passwd"', "expected a time zone"),
        ('languages = "nl"', "languages = 'nl': expected a list"),
        ("as_of = 2026-03-02", "as_of = '2026-03-02': expected ISO 8601 with offset"),
        ("as_of = 2026-03-02T09:00:00", "expected ISO 8601 with offset"),
        ('as_of = "yesterday"', "as_of = 'yesterday'"),
        ('default_mode = "boat"', "default_mode = 'boat': expected one of walk, bike"),
        ('origin = "real"', "origin = 'real': expected one of own, sample, simulated"),
        ("name = 7", "name = 7: expected a text"),
        ('colour = "red"', "colour = 'red': expected one of the keys id, name"),
        ("[travel.boat]\nkm_per_hour = 3", "travel = .*: expected tables named travel.walk"),
        ("[travel.walk]\nkm_per_hour = 0", r"travel\.walk\.km_per_hour = 0: expected a number, at least 0\.1"),
        ("[travel.walk]\nkm_per_hour = nan", r"travel\.walk\.km_per_hour = nan"),
        ("[travel.walk]\nspeed = 4", r"travel\.walk\.speed = 4: expected one of the keys km_per_hour"),
        ("id = ", "city.toml: not TOML: "),
    ],
)
def test_a_wrong_setting_names_key_value_and_expectation(text, told):
    with pytest.raises(BadConfig, match=told):
        parse_settings(text)


def test_csv_text_round_trip_without_a_disk(tiny):
    content = format_csv(tiny.activities, ACTIVITIES, "Europe/Amsterdam")
    parsed = parse_csv(content, ACTIVITIES, "activities.csv")
    assert parsed.frame["title"].tolist() == tiny.activities["title"].tolist()
    assert parsed.lines.tolist() == list(range(2, 10))
    assert "requires" not in parsed.frame


def test_public_data_sets_read_without_a_single_rejected_row(shared_data):
    tables = read_folder(shared_data / "ranking" / "citeulike-cold", NOW)
    assert (len(tables.activities), len(tables.stamps), len(tables.quarantine)) == (16_980, 164_210, 0)
