"""A city in one file: written, moved to another database, brought up to date, and refused when it is damaged."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.home import Home
from data.store import Store, allowances, archive, keys, people, schema
from data.store.migrate import newest
from data.store.people import NewFeedback, NewStamp
from data.tables import Tables
from recommender.errors import BadInput

CITY = "klein-oss"


@pytest.fixture
def full(store_url: str, tiny: Tables, tmp_path: Path) -> tuple[str, Home]:
    """A store with something in every table, and a release in service."""
    home = Home(tmp_path / "home")
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        with store.transaction() as connection:
            people.add_stamps(connection, CITY, [NewStamp("ü-1", "stars", 5, chosen_by="self")])
            people.add_feedback(connection, CITY, [NewFeedback("r-1", "stars", 6, "not_for_me")])
            people.edit(connection, CITY, "r-1", {"wishes": "space", "muted": True}, 7)
            people.reject(connection, CITY, [people.Rejected("a", "1", "at", "\ud800x", "a time", "{}")])
            people.erase(connection, CITY, "n-1", 8)
            keys.create(connection, CITY, ["write"], "app", 1, None)
            allowances.lease(connection, CITY, "k", 1, 1.0, 5.0, 9.0)
    folder = home.releases(CITY) / "r-1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    home.point(CITY, "r-1")
    return store_url, home


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in schema.METADATA.sorted_tables
        }


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """An empty store on the other database."""

    def make(than: str) -> Store:
        if than.startswith("sqlite"):
            store = Store(request.getfixturevalue("postgres_server").new_database())
        else:
            store = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
        request.addfinalizer(store.close)
        store.create()
        return store

    return make


def test_a_city_moves_to_another_database_with_all_it_has(
    full: tuple[str, Home], elsewhere: Callable[[str], Store], tmp_path: Path
) -> None:
    url, home = full
    told: list[str] = []
    with Store(url) as store:
        rows = archive.write(store, home, CITY, tmp_path / "city.zip", lambda table, done, total: told.append(table))
        before = contents(store)
    assert rows == {name: len(found) for name, found in before.items()}
    assert "stamps" in told
    other, new_home = elsewhere(url), Home(tmp_path / "new")
    assert archive.read(other, new_home, tmp_path / "city.zip") == CITY
    assert contents(other) == before
    assert new_home.published(CITY) == ("r-1",)
    assert (new_home.releases(CITY) / "r-1" / "manifest.json").read_text() == "{}"


def test_a_city_that_is_there_is_not_written_over_unasked(full: tuple[str, Home], tmp_path: Path) -> None:
    url, home = full
    with Store(url) as store:
        archive.write(store, home, CITY, tmp_path / "city.zip")
        before = contents(store)
        with pytest.raises(BadInput, match="is there already"):
            archive.write(store, home, CITY, tmp_path / "city.zip")
        with store.transaction() as connection:
            people.erase(connection, CITY, "r-1", 9)
        with pytest.raises(BadInput, match="--replace"):
            archive.read(store, home, tmp_path / "city.zip")
        archive.read(store, home, tmp_path / "city.zip", replace=True)
        assert contents(store) == before


def test_a_file_of_an_older_version_is_brought_up_to_date(tiny: Tables, tmp_path: Path) -> None:
    path = tmp_path / "old.zip"
    with Store(f"sqlite:///{tmp_path / 'now.sqlite'}") as store:
        store.create()
        store.save(tiny)
        archive.write(store, Home(tmp_path), CITY, path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(parts["manifest.json"])
    manifest["schema"] = "0001"
    newer = {"edited", "muted", "counts_from", "less"}
    for gone in ("erasures", "retries", "allowances"):
        del manifest["tables"][gone], parts[f"{gone}.jsonl"]
    told = manifest["tables"]["passports"]
    keep = [place for place, name in enumerate(told["columns"]) if name not in newer]
    lines = [json.loads(line) for line in parts["passports.jsonl"].splitlines()]
    text = "".join(json.dumps([line[place] for place in keep], ensure_ascii=False) + "\n" for line in lines).encode()
    told["columns"] = [told["columns"][place] for place in keep]
    told["sha256"] = archive.hashlib.sha256(text).hexdigest()
    parts |= {"passports.jsonl": text, "manifest.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    with Store(f"sqlite:///{tmp_path / 'again.sqlite'}") as store:
        store.create()
        archive.read(store, Home(tmp_path / "h"), path)
        assert len(store.load(CITY).passports) == len(tiny.passports)
        known = store.passport(CITY, "r-1")
        assert known is not None
        assert not known.muted


def damaged(how: str, path: Path) -> None:
    """Make a backup into something that must be refused."""
    if how == "half of it":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    if how == "no manifest":
        del parts["manifest.json"]
    elif how == "a newer version":
        parts["manifest.json"] = parts["manifest.json"].replace(f'"schema": "{newest()}"'.encode(), b'"schema": "9999"')
    elif how == "a changed stamp":
        parts["stamps.jsonl"] = parts["stamps.jsonl"].replace(b'"self"', b'"family"', 1)
    elif how == "a row too few":
        parts["stamps.jsonl"] = parts["stamps.jsonl"].split(b"\n", 1)[1]
    elif how == "no JSON":
        parts["stamps.jsonl"] = b"[" + parts["stamps.jsonl"]
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("half of it", "damaged, or no backup"),
        ("no manifest", "this is no backup"),
        ("a newer version", "upgrade Leerlijn"),
        ("a changed stamp", "stamps is not what was written"),
        ("a row too few", "stamps is not what was written"),
        ("no JSON", "stamps is damaged at row 1"),
    ],
)
def test_a_damaged_file_is_refused_and_changes_nothing(how: str, says: str, tiny: Tables, tmp_path: Path) -> None:
    path = tmp_path / "city.zip"
    with Store(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        store.create()
        store.save(tiny)
        archive.write(store, Home(tmp_path), CITY, path)
        before = contents(store)
        shutil.copy(path, tmp_path / "good.zip")
        damaged(how, path)
        with pytest.raises(BadInput, match=says):
            archive.read(store, Home(tmp_path), path, replace=True)
        assert contents(store) == before


def test_a_backup_that_fails_leaves_no_file(tiny: Tables, tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        store.create()
        with pytest.raises(BadInput, match="no city"):
            archive.write(store, Home(tmp_path), CITY, tmp_path / "to" / "city.zip")
    assert not list(tmp_path.glob("to/*"))
