"""``LEERLIJN_HOME``: the pointer to the release in service moves whole, and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.home import Home, replace_file
from data.store import Store
from recommender.errors import BadInput


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for name in ("one", "two", "three"):
        (home.releases("oss") / name).mkdir(parents=True)
    return home


def test_before_the_first_release_there_is_none(home: Home) -> None:
    assert home.current("oss") is None
    assert home.previous("oss") is None
    assert home.current("elsewhere") is None
    with pytest.raises(BadInput, match="no earlier release"):
        home.rollback("oss")


def test_publishing_moves_the_pointer_and_keeps_the_way_back(home: Home) -> None:
    home.point("oss", "one")
    home.point("oss", "two")
    assert home.current("oss") == home.releases("oss") / "two"
    assert home.previous("oss") == "one"
    assert home.rollback("oss") == "one"
    assert home.current("oss") == home.releases("oss") / "one"
    assert home.previous("oss") is None


def test_publishing_the_same_again_keeps_the_one_before(home: Home) -> None:
    for name in ("one", "two", "two"):
        home.point("oss", name)
    assert home.published("oss") == ("two", "one")


def test_rolling_back_skips_what_is_gone(home: Home) -> None:
    for name in ("one", "two", "three"):
        home.point("oss", name)
    (home.releases("oss") / "two").rmdir()
    assert home.rollback("oss") == "one"


def test_a_release_that_is_not_there_is_not_published(home: Home) -> None:
    home.point("oss", "one")
    with pytest.raises(BadInput, match="no release 'four'"):
        home.point("oss", "four")
    assert home.current("oss") == home.releases("oss") / "one"


def test_cities_point_apart(home: Home) -> None:
    (home.releases("twente") / "one").mkdir(parents=True)
    home.point("twente", "one")
    assert home.current("oss") is None


@pytest.mark.parametrize("name", ["", "..", "../oss", "a/b", "/etc", ".hidden", "a\x00b", "x" * 200])
def test_a_name_that_leads_elsewhere_is_refused(home: Home, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a folder"):
        home.releases(name)
    with pytest.raises(BadInput, match="cannot name a folder"):
        home.point("oss", name)


def test_replacing_a_file_leaves_no_rest(tmp_path: Path) -> None:
    replace_file(tmp_path / "f", "old")
    replace_file(tmp_path / "f", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_text() == "new"


def test_the_environment_names_the_home(tmp_path: Path) -> None:
    assert Home.from_environment({}).path == Path("var")
    home = Home.from_environment({"LEERLIJN_HOME": str(tmp_path / "a b%20c")})
    assert home.path == tmp_path / "a b%20c"
    with Store(home.store_url) as store:
        store.create()
    assert (home.path / "leerlijn.sqlite").is_file()


def test_the_last_three_stay_and_what_may_still_go_live(home: Home) -> None:
    folder = home.releases("oss")
    for second, name in enumerate(("one", "two", "three", "four", "five", "new")):
        (folder / name).mkdir(exist_ok=True)
        os.utime(folder / name, (second, second))
    for name in ("one", "two", "three", "four", "five"):
        home.point("oss", name)
    assert home.published("oss") == ("five", "four", "three")
    assert {path.name for path in folder.iterdir()} == {"three", "four", "five", "new", "current"}
    assert home.rollback("oss") == "four"
    assert {path.name for path in folder.iterdir()} == {"three", "four", "five", "new", "current"}


def test_what_a_killed_publisher_left_is_cleared_by_the_next(home: Home) -> None:
    folder = home.releases("oss")
    for left in (".writing-1", ".removing-one"):
        (folder / left).mkdir()
        (folder / left / "als.npy").write_bytes(b"x")
    (folder / ".current.123").write_text("half a na")
    home.point("oss", "one")
    assert not [path.name for path in folder.glob(".*")]


def test_a_secret_is_made_once_and_an_empty_one_is_refused(home: Home) -> None:
    assert len(home.secret()) == 32
    assert home.secret() == home.secret()
    (home.path / "secret").write_bytes(b"")
    with pytest.raises(BadInput, match="secret is empty"):
        home.secret()
