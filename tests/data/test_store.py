"""The store on a real SQLite file: what goes in comes out, people's data is never lost, cities never meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from data import columns
from data.columns import TABLES
from data.passports import passport_from
from data.store import OldStore, Shown, Store, digest, schema
from data.store import people as store_people
from data.tables import CitySettings, Tables, frame_of
from data.translate import catalogue_from
from recommender.city import Catalogue, TravelMode
from recommender.errors import BadConfig, BadInput


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store(store_url) as store:
        store.create()
        yield store


def in_order(stamps: pd.DataFrame) -> pd.DataFrame:
    return stamps.sort_values(["learner_id", "at", "activity_id"]).reset_index(drop=True)


def assert_same(left: Tables, right: Tables) -> None:
    assert left.city == right.city
    assert (left.has_sessions, left.notes) == (right.has_sessions, right.notes)
    for table in TABLES:
        a, b = left.frame(table), right.frame(table)
        if table is columns.STAMPS:
            a, b = in_order(a), in_order(b)
        pd.testing.assert_frame_equal(a, b, obj=table.name)
    pd.testing.assert_frame_equal(left.quarantine, right.quarantine, check_dtype=False)


def rejected(*rows: tuple[str, ...]) -> pd.DataFrame:
    names = ("source", "row", "field", "value", "expected", "record")
    return pd.DataFrame(rows, columns=list(names), dtype="str")


def test_a_city_comes_back_as_it_was_saved(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    assert_same(store.load("klein-oss"), tiny)
    assert store.cities() == ("klein-oss",)


def test_every_setting_every_language_and_every_gap_come_back(store: Store) -> None:
    tables = Tables(
        city=CitySettings(
            id="x", name="Ö", time_zone="Europe/Madrid", languages=("es", "en"), as_of=0, default_mode="walk",
            travel={"walk": TravelMode(4.5, 1.2, 1.0)}, origin="own",
        ),
        themes=frame_of(columns.THEMES, [{"theme_id": "t", "nl": "n", "fr": "f"}, {"theme_id": "a", "parent": "t"}]),
        activities=frame_of(columns.ACTIVITIES, [{"activity_id": "b", "title": "B", "themes": "t:0.333333333;a:1"},
                                                 {"activity_id": "a", "title": "A"}]),
        stamps=frame_of(columns.STAMPS, [{"learner_id": "l", "activity_id": "b", "at": -5, "enjoyed": 0.25}]),
        quarantine=rejected(("stamps.csv", "7", "at", "x", "a time", "{}"), ("stamps.csv", "2", "at", "y", "a time", "{}")),
        has_sessions=False,
        notes=("column 'foo' left out",),
    )  # fmt: skip
    store.save(tables)
    assert_same(store.load("x"), tables)


def test_an_empty_city_comes_back(store: Store) -> None:
    store.save(Tables())
    assert_same(store.load("city"), Tables())


def test_saving_twice_changes_nothing(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    before = store.revision("klein-oss")
    store.save(tiny)
    assert_same(store.load("klein-oss"), tiny)
    assert before is not None
    assert store.revision("klein-oss") == before + 1


def test_a_new_season_replaces_the_catalogue_and_keeps_people(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    season = replace(
        tiny,
        activities=frame_of(columns.ACTIVITIES, [{"activity_id": "new", "title": "Nieuw"}]),
        sessions=tiny.sessions.iloc[:0],
        lines=tiny.lines.iloc[:0],
        passports=frame_of(columns.PASSPORTS, [{"learner_id": "r-1", "age": "10.5"}]),
        stamps=tiny.stamps.iloc[:0],
    )
    store.save(season)
    loaded = store.load("klein-oss")
    stamped = set(tiny.stamps["activity_id"])
    assert loaded.activities["activity_id"].tolist() == [
        "new",
        *(a for a in tiny.activities["activity_id"] if a in stamped),
    ]
    assert len(loaded.sessions) == len(loaded.lines) == 0
    assert set(loaded.passports["learner_id"]) == {"r-1", "r-2", "r-3", "a-1", "n-1"}
    assert loaded.passports.set_index("learner_id").loc["r-1", "age"] == "10.5"
    assert len(loaded.stamps) == len(tiny.stamps)


def test_what_carries_stamps_stays_in_the_catalogue_with_its_themes_and_venue(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    new = frame_of(columns.ACTIVITIES, [{"activity_id": "new", "title": "Nieuw", "themes": "chess:1"}])
    season = replace(
        tiny,
        themes=frame_of(columns.THEMES, [{"theme_id": "chess", "nl": "Schaken"}]),
        venues=tiny.venues.iloc[:0],
        activities=new,
        sessions=frame_of(columns.SESSIONS, [{"session_id": "s", "activity_id": "new", "start": 1, "end": 2}]),
        lines=tiny.lines.iloc[:0],
    )
    store.save(season)
    loaded = store.load("klein-oss")
    kept = loaded.activities.set_index("activity_id")
    assert kept.loc["birds"].to_dict() == tiny.activities.set_index("activity_id").loc["birds"].to_dict()
    assert "robot-match" not in kept.index  # nobody has been there
    # Of the themes and venues those that the past still needs, a broader theme included.
    assert loaded.themes["theme_id"].tolist() == ["chess", "tech", "robots", "outdoors", "animals", "art"]
    assert set(loaded.venues["venue_id"]) == {"maker", "lib", "forest", "museum"}
    catalogue = catalogue_from(loaded)
    known = store.passport("klein-oss", "a-1")
    assert known is not None
    assert passport_from(known.record, known.stamps, catalogue).stamps.not_found == 0
    store.save(tiny)
    assert_same(store.load("klein-oss"), tiny)


def people(
    city: Tables, passports: list[dict[str, object]], stamps: list[dict[str, object]], *lost: tuple[str, ...]
) -> Tables:
    """A history of a city: people alone, and an empty catalogue."""
    return Tables(
        city=CitySettings(id=city.city.id, name="another name"),
        passports=frame_of(columns.PASSPORTS, passports),
        stamps=frame_of(columns.STAMPS, stamps),
        quarantine=rejected(*lost),
    )


def test_people_are_added_and_the_catalogue_stays(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    revision = store.revision("klein-oss")
    new = {"learner_id": "p-new", "age": "9-9", "badges": "robot-builder"}
    stamp = {"learner_id": "p-new", "activity_id": "paint", "at": 100}
    store.add(people(tiny, [new], [stamp]))
    loaded = store.load("klein-oss")
    assert loaded.city == tiny.city
    for table in TABLES:
        if table not in (columns.PASSPORTS, columns.STAMPS):
            pd.testing.assert_frame_equal(loaded.frame(table), tiny.frame(table), obj=table.name)
    assert loaded.passports["learner_id"].tolist() == [*tiny.passports["learner_id"], "p-new"]
    assert len(loaded.stamps) == len(tiny.stamps) + 1
    assert store.revision("klein-oss") == revision


def test_adding_twice_changes_nothing(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    lost = ("badges.json", "2", "type", "Other", "a badge", '{"learner_id": "p-new"}')
    history = people(
        tiny,
        [{"learner_id": f"p-{n}", "badges": "a;b"} for n in range(300)],
        [{"learner_id": f"p-{n}", "activity_id": "paint", "at": 100} for n in range(300)],
        lost,
    )
    store.add(history)
    once = store.load("klein-oss")
    store.add(history)
    assert_same(store.load("klein-oss"), once)
    assert len(once.passports) == len(tiny.passports) + 300


def test_what_is_added_writes_over_nothing_that_is_known(store: Store, tiny: Tables) -> None:
    store.save(replace(tiny, passports=tiny.passports.assign(badges="swimmer")))
    store.add(people(tiny, [{"learner_id": "a-1", "badges": "robot-builder;swimmer"}, {"learner_id": "r-1"}], []))
    passports = store.load("klein-oss").passports.set_index("learner_id")
    before = tiny.passports.set_index("learner_id")
    assert passports.loc["a-1", "badges"] == "swimmer;robot-builder"
    assert passports.loc["r-1", "badges"] == "swimmer"
    for name in ("age", "home_lat", "home_lon", "area", "languages", "avoid"):
        assert passports.loc["a-1", name] == before.loc["a-1", name], name
    store.add(people(tiny, [{"learner_id": "a-1", "age": "8-8"}], []))
    known = store.passport("klein-oss", "a-1")
    assert known is not None
    assert (known.record["age"], known.record["badges"]) == ("8-8", "swimmer;robot-builder")


def test_own_words_and_a_muted_passport_survive_what_is_added(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    with store.transaction() as connection:
        store_people.edit(connection, "klein-oss", "a-1", {"wishes": "art", "muted": True}, fresh_from=50)
    store.add(people(tiny, [{"learner_id": "a-1", "wishes": "space", "badges": "x"}], []))
    known = store.passport("klein-oss", "a-1")
    assert known is not None
    assert (known.record["wishes"], known.record["badges"]) == ("art", "x")
    assert (known.muted, known.counts_from) == (True, 50)


def test_rejected_rows_of_what_is_added_stand_behind_those_of_the_city(store: Store, tiny: Tables) -> None:
    age = ("passports.csv", "3", "age", "4/10", "years", '{"age": "4/10"}')
    mine = ("badges.json", "2", "type", "Other", "a badge", '{"learner_id": "p-lost"}')
    store.save(replace(tiny, quarantine=rejected(age)))
    store.add(people(tiny, [], [], mine))
    assert store.load("klein-oss").quarantine["source"].tolist() == ["passports.csv", "badges.json"]
    with store.transaction() as connection:
        assert store_people.erase(connection, "klein-oss", "p-lost", at=1)
    assert store.load("klein-oss").quarantine["source"].tolist() == ["passports.csv"]


def test_people_are_not_added_to_a_city_that_is_not_there(store: Store, tiny: Tables) -> None:
    with pytest.raises(BadInput, match="no city 'klein-oss' in the store; it holds: none yet"):
        store.add(people(tiny, [{"learner_id": "p"}], []))
    assert store.cities() == ()


def test_a_city_that_is_always_open_keeps_no_past(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    new = frame_of(columns.ACTIVITIES, [{"activity_id": "new", "title": "Nieuw"}])
    open_ = replace(
        tiny, activities=new, sessions=tiny.sessions.iloc[:0], lines=tiny.lines.iloc[:0], has_sessions=False
    )
    store.save(open_)
    assert store.load("klein-oss").activities["activity_id"].tolist() == ["new"]


def test_a_stamp_is_kept_once_and_gains_what_a_later_one_knows(store: Store, tiny: Tables) -> None:
    stamp = {"learner_id": "l", "activity_id": "paint", "at": 100}
    store.save(replace(tiny, stamps=frame_of(columns.STAMPS, [stamp | {"chosen_by": "self"}])))
    store.save(replace(tiny, stamps=frame_of(columns.STAMPS, [stamp | {"session_id": "s-paint"}, stamp])))
    stamps = store.load("klein-oss").stamps
    assert len(stamps) == 1
    assert stamps.loc[0, ["chosen_by", "session_id"]].tolist() == ["self", "s-paint"]


def test_a_save_that_fails_leaves_everything_as_it_was(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    broken = frame_of(columns.SESSIONS, [{"session_id": "s", "activity_id": "nowhere", "start": 1, "end": 2}])
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.save(replace(tiny, sessions=broken, venues=tiny.venues.iloc[:1]))
    assert_same(store.load("klein-oss"), tiny)


def test_an_error_of_the_database_repeats_nothing_of_a_passport(store: Store, tiny: Tables) -> None:
    twice = frame_of(columns.PASSPORTS, [{"learner_id": "hidden-name", "age": "8"}] * 2)
    with store.engine.begin() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(schema.passports.insert(), twice.assign(city="nowhere", position=0).to_dict("records"))
    assert "hidden-name" not in str(caught.value).split("DETAIL")[0]


def test_cities_stay_apart_and_one_can_leave(store: Store, tiny: Tables) -> None:
    other = replace(tiny, city=replace(tiny.city, id="groot-oss"), stamps=tiny.stamps.iloc[:1])
    store.save(tiny)
    store.save(other)
    assert store.cities() == ("groot-oss", "klein-oss")
    assert_same(store.load("klein-oss"), tiny)
    assert_same(store.load("groot-oss"), other)
    assert store.passport("groot-oss", "r-2") is not None
    assert store.passport("groot-oss", "a-2") is None
    store.remove("klein-oss")
    assert_same(store.load("groot-oss"), other)
    with store.engine.connect() as connection:
        for table in schema.METADATA.sorted_tables:
            assert connection.execute(table.select().where(table.c.city == "klein-oss")).all() == [], table.name


def test_a_city_that_is_not_there_is_named_with_those_that_are(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    with pytest.raises(BadInput, match="no city 'oz' in the store; it holds: klein-oss"):
        store.load("oz")
    assert store.revision("oz") is None


def test_a_learner_is_read_with_stamps_oldest_first(store: Store, tiny: Tables, tiny_catalogue: Catalogue) -> None:
    store.save(tiny)
    known = store.passport("klein-oss", "r-2")
    assert known is not None
    assert known.stamps["activity_id"] == ("robot-start", "robot-code")
    assert known.stamps["chosen_by"] == ("self", "family")
    passport = passport_from(known.record, known.stamps, tiny_catalogue)
    assert passport.age_low == 8
    assert passport.languages == ("nl", "ar")
    names = tiny_catalogue.activities.ids.names
    assert [names[row] for row in passport.stamps.activity] == ["robot-start", "robot-code"]


def test_a_learner_with_a_wish_or_stamps_alone_is_known_and_a_stranger_is_not(
    store: Store, tiny: Tables, tiny_catalogue: Catalogue
) -> None:
    store.save(tiny)
    wish, stamps = store.passport("klein-oss", "n-1"), store.passport("klein-oss", "a-2")
    assert wish is not None
    assert wish.stamps == {"activity_id": (), "at": (), "chosen_by": ()}
    assert passport_from(wish.record, wish.stamps, tiny_catalogue).basis == "wishes"
    assert stamps is not None
    assert stamps.record == {}
    assert passport_from(stamps.record, stamps.stamps, tiny_catalogue).basis == "stamps"
    assert store.passport("klein-oss", "stranger") is None


def test_a_read_sees_what_was_just_written(store: Store, tiny: Tables) -> None:
    store.save(replace(tiny, stamps=tiny.stamps.iloc[:0], passports=tiny.passports.iloc[:0]))
    assert store.passport("klein-oss", "a-1") is None
    store.save(tiny)
    assert store.passport("klein-oss", "a-1") is not None


def test_what_was_shown_is_kept_once_with_its_probability(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    rows = (("stars", "s-stars", 1, "interest", 1.0), ("paint", "", 2, "drawn", 0.125))
    shown = Shown("klein-oss", "r-1", "q-1", 1000, "release-1", rows)
    store.record_shown([shown, shown])
    with store.engine.connect() as connection:
        kept = connection.execute(schema.feedback.select().order_by(schema.feedback.c.rank)).mappings().all()
    assert [(row["activity_id"], row["kind"], row["probability"]) for row in kept] == [
        ("stars", "shown", 1.0),
        ("paint", "shown", 0.125),
    ]
    assert kept[1]["session_id"] is None


def test_rejected_rows_are_kept_and_counted_over_loads(store: Store, tiny: Tables) -> None:
    age = ("passports.csv", "3", "age", "4/10", "years", '{"age": "4/10"}')
    nul = ("stamps.csv", "9", "at", "a\x00b", "a time", "{}")
    store.save(replace(tiny, quarantine=rejected(age, nul)))
    assert store.load("klein-oss").quarantine["value"].tolist() == ["4/10", "a\\x00b"]
    store.save(replace(tiny, quarantine=rejected(age)))
    assert store.load("klein-oss").quarantine["value"].tolist() == ["4/10"]
    assert store.rejected("klein-oss") == [
        {"source": "passports.csv", "field": "age", "expected": "years", "rows": 1, "times": 2},
        {"source": "stamps.csv", "field": "at", "expected": "a time", "rows": 1, "times": 1},
    ]


def test_the_migrated_schema_is_the_one_the_code_speaks(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.METADATA) == []


def test_the_schema_goes_up_and_down(store: Store, tiny: Tables) -> None:
    store.check()
    store.downgrade("base")
    assert [name for name in inspect(store.engine).get_table_names() if name != "alembic_version"] == []
    with pytest.raises(OldStore, match="empty: load a city first"):
        store.check()
    store.upgrade()
    store.upgrade()
    store.save(tiny)
    assert_same(store.load("klein-oss"), tiny)


def test_an_upgrade_that_fails_leaves_nothing_behind(store_url: str) -> None:
    with Store(store_url) as store:
        with store.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE stamps (mine TEXT)")
        with pytest.raises(DBAPIError, match="already exists"):
            store.upgrade()
        assert inspect(store.engine).get_table_names() == ["stamps"]


def test_a_store_of_another_version_is_refused_with_the_way_out(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(OldStore, match="python -m api upgrade"):
        store.check()


def test_every_table_carries_its_city() -> None:
    for table in schema.METADATA.sorted_tables:
        assert "city" in table.c, table.name


def test_every_column_of_the_data_dictionary_is_stored() -> None:
    elsewhere = {("activities", "themes"): "activity_themes", ("lines", "station"): "stations",
                 ("lines", "activity_id"): "stations", ("themes", "nl"): "themes", ("themes", "en"): "themes"}  # fmt: skip
    for table in TABLES:
        for column in table.columns:
            if (table.name, column.name) not in elsewhere:
                assert column.name in schema.METADATA.tables[table.name].c, (table.name, column.name)


def test_what_is_acknowledged_is_on_disk(tmp_path: Path, tiny: Tables) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.create()
    with store.engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]
    store.save(tiny)
    other = sqlite3.connect(str(store.engine.url.database))
    assert other.execute("SELECT count(*) FROM stamps").fetchone() == (len(tiny.stamps),)
    other.close()
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "oracle+nothing://x/y", "mysql://a/b"])
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadConfig) as caught:
        Store(url)
    assert "address" in str(caught.value)
    assert "x/y" not in str(caught.value)


def test_the_digest_knows_data_and_not_its_order(store: Store, tiny: Tables) -> None:
    store.save(tiny)
    assert digest(store.load("klein-oss")) == digest(tiny)
    shuffled = replace(tiny, stamps=tiny.stamps.sample(frac=1, random_state=1).reset_index(drop=True))
    assert digest(shuffled) == digest(tiny)
    later = tiny.stamps.copy()
    later.loc[0, "at"] += 1
    assert digest(replace(tiny, stamps=later)) != digest(tiny)
    assert digest(replace(tiny, city=replace(tiny.city, as_of=1))) != digest(tiny)
    moved = tiny.venues.copy()
    moved.loc[0, "lat"] = np.nan
    assert digest(replace(tiny, venues=moved)) != digest(tiny)


def test_the_digest_is_the_same_on_every_machine_and_in_every_release() -> None:
    assert digest(Tables()) == "9f45a59de8416cf8583955c80cbe7bf0d0d81f6222cdd979c6e49dce2285d47a"
