"""What the measurement of feeds counts, on a feed that can be seen by eye, and that it notices a failure."""

import gzip

import pytest

from benchmarks import feeds
from benchmarks.doubles import OTHER, SAME, copy_of
from benchmarks.feeds import Outcome, Source, bombs, broken, large_files, measure
from data.feeds.registry import reader
from recommender.errors import BadInput

HEADER = "_id,Location ID,Course_ID,Course Title,Section,Age Min,Age Max,Date Range,Start Hour,Start Minute,End Hour,End Min,First Date,Last Date,DayOftheWeek"
LINES = [
    "1,189,500,Lane Swim,Swim - Drop-In,13,None,x,9,30,10,30,2026-03-07,2026-03-07,Saturday",
    "2,189,501,Xyz,Nothing we know,9,3,x,9,30,10,30,2026-03-07,2026-03-07,Saturday",
    "3,189,502,Lane Swim,Swim - Drop-In,13,None,x,9,30,10,30,soon,2026-03-07,Saturday",
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "toronto").mkdir()
    (tmp_path / "toronto" / "a.csv").write_text("\n".join([HEADER, *LINES]))
    (tmp_path / "toronto" / "b.csv").write_text("a,b\n")
    return tmp_path


def test_a_source_is_counted(folder):
    found = measure(folder, Source("toronto", "toronto", "2026-03-01"))
    assert (found.records, found.quarantined, found.kept_without, found.refused) == (3, 1, 1, 1)
    assert (found.activities, found.sessions) == (2, 2)
    assert dict(found.known) == {"place named": 2, "place on the map": 0, "age": 1, "time": 2, "theme": 1}
    apart = measure(folder, Source("toronto", "toronto", "2026-03-01", apart=True))
    assert (apart.records, apart.refused) == (3, 1)


def test_files_are_broken_in_many_ways_and_keep_their_ending(tmp_path):
    ways = dict(broken(b"a,b\n1,2\n" * 50, "a.csv", 0))
    assert len(ways) == 9
    assert all(name.removesuffix(".gz").endswith(".csv") for name in ways)
    assert len(set(ways.values())) == 9
    with pytest.raises(EOFError):
        gzip.decompress(ways["a-cut.csv.gz"])
    assert dict(broken(b"a,b\n1,2\n" * 50, "a.csv", 0)) == ways


def test_an_outcome_tells_refusals_from_failures(folder, monkeypatch):
    outcome = Outcome()
    outcome.attempt("toronto", folder / "toronto" / "a.csv")
    outcome.attempt("toronto", folder / "toronto" / "b.csv")
    monkeypatch.setattr(feeds, "reader", lambda name: lambda path, now: 1 / 0)
    outcome.attempt("toronto", folder / "toronto" / "a.csv")
    assert (outcome.read, outcome.refused, len(outcome.failed)) == (1, 1, 1)
    assert "ZeroDivisionError" in outcome.failed[0]


@pytest.mark.parametrize(("name", "content"), list(bombs()), ids=[name for name, _ in bombs()])
def test_every_bomb_is_refused_or_read_around(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for feed in feeds.FEEDS:
        try:
            tables = reader(feed)(tmp_path / name, 0)
        except BadInput:
            continue
        assert len(tables.sessions) == 0


def test_large_files_lose_what_is_broken_and_nothing_else(tmp_path):
    for feed, file in large_files(tmp_path, 200):
        tables = reader(feed)(file, feeds.moment("2026-03-01"))
        assert (tables.records, tables.quarantine["row"].nunique()) == (200, 6), feed


def test_a_copy_tells_every_activity_differently(tiny):
    copied, chosen = copy_of(tiny, SAME, 0)
    assert set(chosen) == set(tiny.activities["activity_id"])
    assert copied.activities["activity_id"].str.startswith("copy-").all()
    assert len(copied.venues) == 2 * len(tiny.venues)
    other, _ = copy_of(tiny, OTHER[:1], 0)
    assert other.activities["title"].str.endswith(" 2").all()
