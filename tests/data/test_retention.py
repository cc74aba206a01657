"""What has been kept long enough goes, whole and for good, and nothing else does; on both databases."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.kept import old_releases, old_reports, remove
from data.store import Shown, Store, keys, people, retention, schema
from data.store.people import NewFeedback, NewStamp, Rejected
from data.store.retention import DAY, Terms, clear, due, read_terms
from data.tables import Tables
from recommender.errors import BadConfig

NOW = 1_772_438_400
"""Klein-Oss's own now."""
CITY = "klein-oss"
SHORT = Terms(stamps=10, said=10, shown=5, quarantine=7, retries=1, keys=30)


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(schema.METADATA.tables[table].select()).mappings()]


@pytest.fixture
def store(store_url: str, tiny: Tables) -> Any:
    """Two towns without stamps; in one of them somebody was yesterday, and somebody long ago."""
    with Store(store_url) as made:
        made.create()
        bare = replace(tiny, stamps=tiny.stamps.iloc[:0], quarantine=tiny.quarantine.iloc[:0])
        made.save(bare)
        made.save(replace(bare, city=replace(bare.city, id="groot-oss")))
        with made.transaction() as connection:
            for city in (CITY, "groot-oss"):
                for days in (1, 9, 11, 4000):
                    at = NOW - days * DAY
                    people.add_stamps(connection, city, [NewStamp("r-1", "stars", at), NewStamp("r-2", "pond", at)])
                    people.add_feedback(connection, city, [NewFeedback("r-1", "stars", at, "not_for_me")])
                    made.keep_shown(
                        connection, [Shown(city, "r-1", f"q-{days}", at, "one", (("stars", "", 1, "interest", 0.5),))]
                    )
                    keys.create(connection, city, ["admin"], "", at - 40 * DAY, at)
                    key = {"city": city, "key": f"k-{days}", "body": "b", "answer": "{}", "at": at}
                    connection.execute(schema.retries.insert().values(**key))
                keys.create(connection, city, ["admin"], "for ever", NOW - 4000 * DAY, None)
                people.reject(connection, city, [Rejected("app", "1", "at", "x", "a time", '{"learner_id": "r-1"}')])
        yield made


def test_what_is_older_than_its_term_goes_and_the_rest_stays(store: Store) -> None:
    with store.engine.connect() as connection:
        told = due(connection, CITY, SHORT, NOW)
    assert told == {"stamps": 4, "said": 2, "shown": 3, "quarantine": 0, "retries": 3, "keys": 1}
    assert len(rows(store, "stamps")) == 16, "counting removes nothing"
    heard: list[tuple[str, int]] = []
    assert clear(store, CITY, SHORT, NOW, lambda name, gone: heard.append((name, gone))) == told
    assert ("stamps", 4) in heard
    here = {
        table: [row for row in rows(store, table) if row["city"] == CITY] for table in ("stamps", "feedback", "keys")
    }
    assert sorted((NOW - row["at"]) // DAY for row in here["stamps"]) == [1, 1, 9, 9]
    assert sorted((row["kind"], (NOW - row["at"]) // DAY) for row in here["feedback"]) == [
        ("not_for_me", 1), ("not_for_me", 9), ("shown", 1)
    ]  # fmt: skip
    assert len(here["keys"]) == 4
    assert "for ever" in {row["label"] for row in here["keys"]}
    assert len([row for row in rows(store, "stamps") if row["city"] == "groot-oss"]) == 8
    assert clear(store, CITY, SHORT, NOW) == dict.fromkeys(retention.ROWS, 0)


def test_a_rejected_row_goes_a_term_after_it_last_came_in(store: Store) -> None:
    def left(now: int) -> int:
        clear(store, CITY, SHORT, now)
        return sum(row["city"] == CITY for row in rows(store, "quarantine"))

    assert left(NOW) == 1
    assert left(NOW + 7 * DAY) == 1
    with store.transaction() as connection:
        people.reject(connection, CITY, [Rejected("app", "1", "at", "x", "a time", '{"learner_id": "r-1"}')])
    assert left(NOW + 7 * DAY + 1) == 1, "it came again"
    assert left(NOW + 14 * DAY + 1) == 1
    assert left(NOW + 14 * DAY + 2) == 0


def test_always_is_always_and_a_city_of_the_past_lives_by_its_own_now(store: Store, tiny: Tables) -> None:
    later = NOW + 40_000 * DAY
    for_ever = Terms(stamps=None, said=None, shown=None, quarantine=None, retries=None, keys=None)
    assert sum(clear(store, CITY, for_ever, later).values()) == 0
    assert tiny.city.as_of is not None
    assert tiny.city.as_of < NOW + DAY
    told = clear(store, CITY, SHORT, later)
    assert (told["stamps"], told["said"], told["shown"]) == (4, 2, 3), "as it was at the city's own now"
    assert (told["retries"], told["keys"]) == (4, 4), "these go by the clock"


def test_thousands_of_learners_go_in_many_transactions(store: Store) -> None:
    many = [NewStamp(f"l-{number}", "stars", NOW - 20 * DAY) for number in range(1203)]
    with store.transaction() as connection:
        people.add_stamps(connection, CITY, many)
    heard: list[int] = []
    assert (
        clear(store, CITY, SHORT, NOW, lambda name, gone: heard.append(gone) if name == "stamps" else None)["stamps"]
        == 1203 + 4
    )
    assert len(heard) == 3
    assert heard == sorted(heard)


def test_whoever_is_cut_off_finds_the_rest_the_next_time(store: Store) -> None:
    with store.transaction() as connection:
        people.add_stamps(connection, CITY, [NewStamp(f"l-{n}", "stars", NOW - 20 * DAY) for n in range(1100)])

    class Cut(Exception):
        pass

    def cut(name: str, gone: int) -> None:
        if name == "stamps" and gone >= 1000:
            raise Cut

    with pytest.raises(Cut):
        clear(store, CITY, SHORT, NOW, cut)
    with store.engine.connect() as connection:
        rest = due(connection, CITY, SHORT, NOW)["stamps"]
    assert 0 < rest < 1104
    assert clear(store, CITY, SHORT, NOW)["stamps"] == rest


def test_terms_come_from_the_citys_own_file(tmp_path: Path) -> None:
    file = tmp_path / "retention.toml"
    assert read_terms(file) == Terms()
    file.write_text('[keep]\nstamps = 30\nkeys = "always"\n')
    assert read_terms(file) == Terms(stamps=30, keys=None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[keep]\nstamps = 0\n", "keep.stamps: 0 is neither"),
        ("[keep]\nstamps = -1\n", "keep.stamps: -1 is neither"),
        ("[keep]\nstamps = true\n", "keep.stamps: True is neither"),
        ("[keep]\nstamps = 1.5\n", "keep.stamps: 1.5 is neither"),
        ('[keep]\nstamps = "never"\n', "keep.stamps: 'never' is neither"),
        ("[keep]\nstampen = 3\n", r"stampen: expected a table \[keep\] with some of stamps, said"),
        ("stamps = 3\n", r"stamps: expected a table \[keep\]"),
        ("keep = 3\n", r"keep: expected a table \[keep\]"),
        ("[keep\n", "retention.toml"),
    ],
)
def test_a_term_that_is_none_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "retention.toml"
    file.write_text(text)
    with pytest.raises(BadConfig, match=says):
        read_terms(file)


def test_old_releases_go_but_not_the_one_in_service_nor_the_one_before(tmp_path: Path) -> None:
    home = Home(tmp_path)
    names = [f"2026010{day}T000000Z-aaaaaaaa" for day in (1, 2, 3, 4)]
    for name in [*names, "by-hand"]:
        (home.releases(CITY) / name).mkdir(parents=True)
        (home.releases(CITY) / name / "manifest.json").write_text("{}")
    home.pointer(CITY).write_text(f"{names[0]}\n{names[1]}\n{names[2]}\n")
    now = 1_767_225_600 + 100 * DAY  # a hundred days after the first
    os.utime(home.releases(CITY) / "by-hand", (now - 200 * DAY, now - 200 * DAY))
    assert [path.name for path in old_releases(home, CITY, 97, now)] == [names[2], "by-hand"]
    assert old_releases(home, CITY, None, now) == []
    home.reports(CITY).mkdir(parents=True)
    for name, days in (("old.html", 500), ("new.html", 1)):
        file = home.reports(CITY) / name
        file.write_text("x")
        os.utime(file, (now - days * DAY, now - days * DAY))
    reports = old_reports(home, CITY, 400, now)
    assert [file.name for file in reports] == ["old.html"]
    remove(home, CITY, old_releases(home, CITY, 97, now), reports)
    assert sorted(path.name for path in home.releases(CITY).glob("[!.]*") if path.is_dir()) == [
        names[0],
        names[1],
        names[3],
    ]
    assert [file.name for file in home.reports(CITY).iterdir()] == ["new.html"]
    assert old_releases(Home(tmp_path / "empty"), CITY, 1, now) == []
