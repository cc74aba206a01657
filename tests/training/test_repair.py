"""The repair list: what it says is gained is what is gained when somebody mends it, and no small number is shown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.columns import ACTIVITIES, PASSPORTS, SESSIONS, VENUES
from data.folder import read_folder
from data.pages.repair import page
from data.tables import CitySettings, Tables, frame_of
from recommender.city import Place
from training.cli import build
from training.repair import Fix, Repairs, repairs, rounded
from training.repair_files import as_csv, plain, write

AT = 1_772_000_000
THEMES = pd.DataFrame({"theme_id": ["art"], "parent": [""], "nl": ["Kunst"], "en": ["Art"]}, dtype="str")
HERE, FAR = Place(51.77, 5.53), Place(51.99, 5.90)
GOOD = {"title": "Verven", "themes": "art:1", "venue_id": "lib", "age_min": 6.0, "age_max": 12.0, "price": 0.0,
        "access": "wheelchair", "language": "nl"}  # fmt: skip


def people(count: int, place: Place = HERE, age: str = "8", name: str = "p") -> list[dict[str, object]]:
    return [
        {"learner_id": f"{name}-{number}", "age": age, "home_lat": place.lat, "home_lon": place.lon, "languages": "nl"}
        for number in range(count)
    ]


def city(
    activities: list[dict[str, object]],
    passports: list[dict[str, object]],
    venues: list[dict[str, object]] | None = None,
    sessions: list[str] | None = None,
) -> Tables:
    """A city in which every activity has a session next week, unless it is said which ones have."""
    rows = [{"activity_id": f"a-{number}", **GOOD, **more} for number, more in enumerate(activities)]
    dated = [str(row["activity_id"]) for row in rows] if sessions is None else sessions
    return Tables(
        city=CitySettings(id="tiny", name="Klein", as_of=AT),
        themes=THEMES,
        venues=frame_of(VENUES, venues or [{"venue_id": "lib", "name": "Bieb", "lat": HERE.lat, "lon": HERE.lon}]),
        activities=frame_of(ACTIVITIES, rows),
        sessions=frame_of(
            SESSIONS,
            [{"session_id": f"s-{n}", "activity_id": name, "start": AT + 86_400, "end": AT + 90_000, "status": "scheduled"}
             for n, name in enumerate(dated)],
        ),
        passports=frame_of(PASSPORTS, passports),
    )  # fmt: skip


def told(tables: Tables) -> list[tuple[int, str, tuple[str, ...], int]]:
    return [(fix.rank, fix.id, fix.fill_in, fix.gain) for fix in repairs(tables, AT).fixes]


@pytest.mark.parametrize(
    ("lacks", "field"),
    [
        ({"age_min": None, "age_max": None}, "age"),
        ({"price": None}, "price"),
        ({"themes": ""}, "theme"),
        ({"access": ""}, "access"),
        ({"venue_id": ""}, "place"),
    ],
)
def test_every_gap_is_named_with_what_filling_it_brings(lacks: dict[str, object], field: str) -> None:
    found = repairs(city([lacks], people(30)), AT)
    (fix,) = found.fixes
    assert fix.fill_in == (field,)
    assert (fix.gain, fix.short, fix.alone, fix.activities) == (30, 30, 30, 1)
    assert (found.waiting, found.counting, found.learners) == (1, 0, 30)
    wanted = ("venues", "lib") if field == "access" else ("activities", "a-0")
    assert (fix.table, fix.id) == wanted


def test_what_is_complete_paid_over_or_for_others_is_no_gap() -> None:
    paid = {"price": 3.0, "age_min": None, "age_max": None}
    assert told(city([{}, paid], people(30))) == []
    other_age = {"age_min": 60.0, "age_max": 99.0, "price": None}
    other_tongue = {"language": "de", "price": None}
    assert told(city([other_age, other_tongue], people(30))) == []
    tables = city([{"price": None}], people(30))
    past = tables.sessions.assign(start=AT - 90_000, end=AT - 80_000)
    assert told(replace(tables, sessions=past)) == []


def test_one_venue_is_better_than_one_of_its_activities_and_gains_add_up() -> None:
    venues = [
        {"venue_id": "lib", "name": "Bieb", "lat": HERE.lat, "lon": HERE.lon},
        {"venue_id": "new", "name": "Nieuw"},
    ]
    grown = people(20, age="40", name="g")
    tables = city(
        [
            {"venue_id": "new"},
            {"venue_id": "new", "age_min": 18.0, "age_max": 99.0},
            {"age_min": 18.0, "age_max": 99.0, "price": None},
        ],
        people(30) + grown,
        venues,
    )
    assert told(tables) == [(1, "new", ("place",), 50), (2, "a-2", ("price",), 20)]
    found = repairs(tables, AT)
    assert [fix.round for fix in found.fixes] == [1, 2]
    assert found.gained() == 50


def test_records_that_are_only_of_use_together_stand_together() -> None:
    venues = [{"venue_id": "new", "name": "Nieuw"}]
    (one, two) = repairs(city([{"venue_id": "new", "price": None}], people(30), venues), AT).fixes
    assert {(one.table, one.fill_in), (two.table, two.fill_in)} == {("venues", ("place",)), ("activities", ("price",))}
    assert one.rank == two.rank == 1
    assert one.gain == two.gain == 30


def test_a_place_that_nobody_knows_serves_one_neighbourhood_and_not_all() -> None:
    tables = city([{"venue_id": ""}], people(30) + people(50, FAR, name="f"))
    assert told(tables) == [(1, "a-0", ("place",), 50)]


def test_an_activity_without_a_session_is_not_dated_but_a_visited_one_is_past() -> None:
    tables = city([{}, {}], people(30), sessions=["a-1"])
    assert told(tables) == [(1, "a-0", ("time",), 30)]
    stamps = pd.DataFrame({"learner_id": ["p-0"], "activity_id": ["a-0"], "at": [AT - 999]})
    visited = replace(tables, stamps=pd.concat([tables.stamps, stamps])[tables.stamps.columns].fillna({"session_id": "", "chosen_by": ""}))  # fmt: skip
    assert told(visited) == []


def test_learners_without_home_or_age_are_counted_and_left_out() -> None:
    nobody = [{"learner_id": "x", "age": "8"}, {"learner_id": "y", "home_lat": 51.77, "home_lon": 5.53}]
    found = repairs(city([{"price": None}], [*people(30), *nobody]), AT)
    assert (found.learners, found.left_out, found.fixes[0].gain) == (30, 2, 30)
    empty = repairs(city([{"price": None}], nobody), AT)
    assert (empty.fixes, empty.learners) == ((), 0)
    assert repairs(Tables(), AT).fixes == ()


FILES = {
    "themes.csv": "theme_id,nl,en\nart,Kunst,Art\n",
    "venues.csv": "venue_id,name,lat,lon,accessible\nlib,Bieb,51.77,5.53,true\nhal,Hal,91.5,5.53,true\n",
    "activities.csv": (
        "activity_id,title,themes,venue_id,age_min,age_max,price\n"
        "bad-age,Verven,art,lib,zes,12,0\n"
        "no-hall,Kleien,art,hal,20,29,0\n"
        "nowhere,Zagen,art,schuur,30,39,0\n"
        "bad-time,Lijmen,art,lib,40,49,0\n"
        "fine,Knippen,art,lib,50,59,0\n"
        "fine,Knippen,art,lib,50,59,\n"
    ),
    "sessions.csv": "session_id,activity_id,start,end\n"
    + "".join(
        f"s-{name},{name},{start},2026-03-07T16:00:00+01:00\n"
        for name, start in (
            ("bad-age", "2026-03-07T14:00:00+01:00"),
            ("no-hall", "2026-03-07T14:00:00+01:00"),
            ("nowhere", "2026-03-07T14:00:00+01:00"),
            ("bad-time", "zaterdag"),
            ("fine", "2026-03-07T14:00:00+01:00"),
        )
    ),
    "stamps.csv": "learner_id,activity_id,at\n",
    "city.toml": 'id = "folder"\nname = "Map"\nas_of = 2026-03-02T09:00:00+01:00\n',
}


def folder(path: Path) -> Path:
    ages = [("kid", 8), ("twenty", 25), ("thirty", 35), ("forty", 45), ("fifty", 55)]
    lines = [f"{name}-{n},{age},51.77,5.53" for place, (name, age) in enumerate(ages) for n in range(50 - 5 * place)]
    for name, text in FILES.items():
        (path / name).write_text(text)
    (path / "passports.csv").write_text("\n".join(["learner_id,age,home_lat,home_lon", *lines]) + "\n")
    return path


def test_rows_in_quarantine_stand_in_the_list_with_file_line_and_what_they_say(tmp_path: Path) -> None:
    tables = read_folder(folder(tmp_path))
    found = repairs(tables, int(tables.city.as_of or 0))
    assert [(fix.table, fix.id, fix.fill_in, fix.where, fix.says, fix.gain) for fix in found.fixes] == [
        # Its end can be read: "up to 12".
        ("activities", "bad-age", ("age",), "activities.csv, 2", "age_min: zes", 50),
        ("venues", "hal", ("place",), "venues.csv, 3", "lat: 91.5", 45),
        ("venues", "schuur", ("venue", "place", "access"), "", "", 40),
        ("sessions", "s-bad-time", ("time",), "sessions.csv, 5", "start: zaterdag", 35),
    ]
    assert found.unread == 0


def test_what_the_list_promises_is_so_once_it_is_mended(tmp_path: Path) -> None:
    tables = read_folder(folder(tmp_path))
    before = repairs(tables, int(tables.city.as_of or 0))
    files = {
        "venues.csv": ("91.5", "51.77"),
        "activities.csv": ("zes", "6"),
        "sessions.csv": ("zaterdag", "2026-03-07T14:00:00+01:00"),
    }
    for name, (wrong, right) in files.items():
        (tmp_path / name).write_text((tmp_path / name).read_text().replace(wrong, right))
    after = repairs(read_folder(tmp_path), before.at)
    assert after.counting == before.counting + 3
    assert [fix.id for fix in after.fixes] == ["schuur"]


def test_of_random_cities_no_other_first_record_brings_more(tmp_path: Path) -> None:
    luck = np.random.default_rng(5)
    for _ in range(20):
        unknown = [None, 0.0, 4.0]
        activities = [
            {
                "price": unknown[luck.integers(3)],
                "age_min": (low := None if luck.random() < 0.5 else float(luck.integers(4, 40))),
                "age_max": None if low is None else low + 10,
                "themes": "" if luck.random() < 0.3 else "art:1",
            }
            for _ in range(8)
        ]
        passports = [
            one for n in range(12) for one in people(int(luck.integers(1, 9)), HERE if n % 2 else FAR, str(4 + 3 * n), f"c{n}")
        ]  # fmt: skip
        venues = [{"venue_id": "lib", "name": "Bieb", "lat": HERE.lat, "lon": HERE.lon, "accessible": 1.0}]
        tables = city(activities, passports, venues)
        found = repairs(tables, AT)
        brute = {}
        for number, activity in enumerate(activities):
            lacks = activity["price"] is None or activity["age_min"] is None or not activity["themes"]
            if activity["price"] == 4.0 or not lacks:
                continue
            low, high = activity["age_min"], activity["age_max"]
            near = [one for one in passports if one["home_lat"] == HERE.lat]
            brute[f"a-{number}"] = sum(
                low is None or (float(str(low)) <= float(str(one["age"])) < float(str(high)) + 1) for one in near
            )
        best = max(brute.values(), default=0)
        assert (found.fixes[0].gain if found.fixes else 0) == best
        assert {fix.id for fix in found.fixes} == {name for name, gain in brute.items() if gain}
        assert all(fix.alone == brute[fix.id] for fix in found.fixes)


def _fix(**changes: object) -> Fix:
    values = {"rank": 1, "round": 1, "table": "activities", "id": "a", "title": "A", "where": "", "says": "",
              "fill_in": ("age",), "activities": 1, "gain": 33, "short": 4, "alone": 37}  # fmt: skip
    return Fix(**(values | changes))  # type: ignore[arg-type]


def test_no_number_below_ten_is_shown_and_the_others_are_rounded(tmp_path: Path) -> None:
    found = Repairs((_fix(), _fix(rank=2, id="b", title="=1+1", gain=3, short=0, alone=9)), 9, 4, 2, 0, 0, AT)
    files = write(found, CitySettings(id="x", name="X"), tmp_path)
    assert [file.name for file in files] == ["repair.json", "repair.csv", "repair.en.html", "repair.nl.html"]
    saved = json.loads(files[0].read_text())
    assert [(fix["gain"], fix["short"], fix["alone"]) for fix in saved["fixes"]] == [(35, None, 35), (None, 0, None)]
    assert (saved["learners"], saved["left_out"]) == (None, None)
    lines = list(csv.DictReader(io.StringIO(files[1].read_text())))
    assert [line["learners_who_gain"] for line in lines] == ["35", "<10"]
    assert lines[1]["title"] == "'=1+1"
    assert [rounded(number) for number in (0, 1, 9, 10, 12, 13, 1_000_001)] == [0, None, None, 10, 10, 15, 1_000_000]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_escapes_fetches_nothing_and_hides_small_numbers(lang: str) -> None:
    fixes = (_fix(title="<script>alert(1)</script>", says="age_min: <b>"), _fix(rank=2, gain=7, short=7, alone=7))
    told = plain(Repairs(fixes, 200, 3, 5, 6, 2, AT), CitySettings(id="x", name="X & Y"))
    html = page(told, lang)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html
    assert f'<html lang="{lang}">' in html
    few = {"nl": "minder dan 10", "en": "fewer than 10"}[lang]
    assert html.count(few) >= 3
    assert ">7<" not in html
    empty = page(plain(Repairs((), 0, 0, 0, 0, 0, AT), CitySettings(id="x")), lang)
    assert {"nl": "niets aan te vullen", "en": "nothing to mend"}[lang] in empty
    assert "<table" not in empty


def test_a_record_of_two_lines_counts_once_in_the_table() -> None:
    told = plain(Repairs((_fix(), _fix(id="b")), 200, 0, 1, 0, 0, AT), CitySettings(id="x"))
    lines = list(csv.DictReader(io.StringIO(as_csv(told))))
    assert [line["learners_who_gain"] for line in lines] == ["35", ""]


def test_the_command_writes_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "home"))
    (tmp_path / "city").mkdir()
    done = CliRunner().invoke(build(), ["repair", "--data", str(folder(tmp_path / "city"))])
    assert done.exit_code == 0, done.output
    assert "Mend the first 4 and about 170 learners gain something to go to, in the best case." in done.output
    reports = tmp_path / "home" / "folder" / "reports"
    assert {file.name for file in reports.iterdir()} == {
        "repair.json",
        "repair.csv",
        "repair.en.html",
        "repair.nl.html",
    }
