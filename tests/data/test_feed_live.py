"""Feeds over HTTP, from a real server on this machine: what it holds is loaded, and what it does wrong ends in a sentence."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data.feeds.journal import Journal
from data.feeds.live import fetch, folder_of
from data.feeds.pages import WHOLE
from data.feeds.registry import reader
from data.feeds.web import Fetcher, Limits
from data.home import Home
from data.store import Store
from data.tables import Tables
from recommender.errors import BadInput
from tests.data.feed_server import Answer, Feeds, packed, serving
from training.cli import build

NOW = 1_772_438_400
SERIES = {
    "@type": "SessionSeries", "@id": "https://e.org/series/1", "name": "Swimming for all",
    "activity": [{"@type": "Concept", "prefLabel": "Swimming"}],
    "location": {"@type": "Place", "name": "Pool", "geo": {"@type": "GeoCoordinates", "latitude": 51.5, "longitude": -0.1}},
}  # fmt: skip


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    with serving() as running:
        yield running


def session(number: int, modified: int, state: str = "updated") -> dict[str, Any]:
    item: dict[str, Any] = {"state": state, "kind": "ScheduledSession", "id": f"s-{number}", "modified": modified}
    if state == "updated":
        item["data"] = {
            "@type": "ScheduledSession", "@id": f"https://e.org/sessions/{number}", "superEvent": "https://e.org/series/1",
            "startDate": f"2026-03-{1 + number % 28:02}T10:00:00Z", "endDate": f"2026-03-{1 + number % 28:02}T11:00:00Z",
        }  # fmt: skip
    return item


def series(modified: int = 1) -> dict[str, Any]:
    return {"state": "updated", "kind": "SessionSeries", "id": "1", "modified": modified, "data": SERIES}


def quick(**changes: Any) -> Fetcher:
    """A fetcher that waits for nothing."""
    return Fetcher(replace(Limits(tries=2), **changes), sleep=lambda _: None)


def load(urls: list[str], folder: Path, feed: str = "openactive", **more: Any) -> Tables:
    return fetch(urls, feed, folder, more.pop("fetcher", quick()), now=NOW, **more)


def test_series_and_sessions_of_two_feeds_become_one_activity(feeds: Feeds, tmp_path: Path) -> None:
    one = feeds.rpde("/series", [[series()]])
    two = feeds.rpde("/sessions", [[session(n, n)] for n in range(3)])
    tables = load([one, two], tmp_path)
    assert tables.activities["title"].tolist() == ["Swimming for all"]
    assert len(tables.sessions) == 3
    assert tables.venues["lat"].tolist() == [51.5]
    assert tables.records == 4


def test_the_next_time_only_what_is_new_is_asked_for(feeds: Feeds, tmp_path: Path) -> None:
    one = feeds.rpde("/series", [[series()]])
    two = feeds.rpde("/sessions", [[session(n, n)] for n in range(3)])
    load([one, two], tmp_path)
    feeds.asked.clear()
    feeds.rpde(
        "/sessions", [[session(0, 0)], [session(1, 1)], [session(2, 2)], [session(1, 9, "deleted"), session(7, 10)]]
    )
    tables = load([one, two], tmp_path)
    assert feeds.asked == ["/series?page=1", "/sessions?page=3", "/sessions?page=4"]
    assert len(tables.sessions) == 3
    assert "deleted items: 1" in " ".join(tables.notes)
    feeds.asked.clear()
    assert len(load([one, two], tmp_path, fresh=True).sessions) == 3
    assert "/sessions" in feeds.asked


def test_a_walk_that_is_cut_off_goes_on_where_it_was(feeds: Feeds, tmp_path: Path) -> None:
    url = feeds.rpde("/f", [[series()], *([session(n, n)] for n in range(6))])
    whole, feeds.at["/f?page=4"] = feeds.at["/f?page=4"], Answer(status=500)
    with pytest.raises(BadInput, match=r"page=4: the server answered 500. 4 pages are kept; run it again to go on"):
        load([url], tmp_path)
    feeds.at["/f?page=4"] = whole
    feeds.asked.clear()
    assert len(load([url], tmp_path).sessions) == 6
    assert feeds.asked[0] == "/f?page=4"


def test_what_was_killed_in_the_middle_of_a_page_fetches_that_page_again(feeds: Feeds, tmp_path: Path) -> None:
    url = feeds.rpde("/f", [[series()], *([session(n, n)] for n in range(6))])
    tables = load([url], tmp_path)
    file = folder_of(tmp_path, url) / "items.jsonl"
    content = file.read_bytes()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        cut = Journal(file.parent, url)
        assert cut.began == (length == len(content))
        assert load([url], tmp_path).sessions.equals(tables.sessions), length
    file.write_bytes(content + b'{"kind": "ScheduledSession", "id": "half')
    assert load([url], tmp_path).sessions.equals(tables.sessions)


def test_a_journal_of_another_feed_is_refused(feeds: Feeds, tmp_path: Path) -> None:
    url = feeds.rpde("/f", [[series()]])
    load([url], tmp_path)
    with pytest.raises(BadInput, match="holds what came from http://127"):
        Journal(folder_of(tmp_path, url), "https://elsewhere.org/f")


def test_paging_without_end_is_noticed(feeds: Feeds, tmp_path: Path) -> None:
    def page(items: list[Any], after: str) -> Answer:
        return Answer(json.dumps({"next": feeds.url(after), "items": items}).encode())

    feeds.at |= {"/loop": page([series()], "/loop?b"), "/loop?b": page([session(1, 1)], "/loop")}
    looped = load([feeds.url("/loop")], tmp_path)
    assert "next leads back to" in " ".join(looped.notes)
    assert len(looped.sessions) == 1

    class Endless(dict[str, Any]):
        def get(self, path: str, _otherwise: Any = None) -> Answer:
            number = int(path.partition("?")[2] or 0)
            return page(
                [session(number if "new" in path else 1, number)] if "new" in path else [series()],
                f"{path.partition('?')[0]}?{number + 1}",
            )

    feeds.at = Endless()
    same = load([feeds.url("/same")], tmp_path)
    assert "10 pages in a row brought nothing new; broken off there" in " ".join(same.notes)
    feeds.asked.clear()
    with pytest.raises(BadInput, match=r"no end after 30 pages; broken off.*Nothing was loaded; run it again to go on"):
        load([feeds.url("/new")], tmp_path, most=30)
    assert len(feeds.asked) == 30
    with pytest.raises(BadInput, match=r"bytes in all; run it again to go on\. 3"):
        load([feeds.url("/new")], tmp_path, fetcher=quick(all_bytes=2_000))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=404), "answered 404: there is no such feed"),
        (Answer(status=403), "answered 403: it asks for a key"),
        (Answer(b"x" * 3000, headers={"Content-Encoding": "br"}), "packed as 'br'"),
        (Answer(b"{" + b" " * 200_000 + b"}"), "more than 100,000 bytes; that is no page of a feed"),
        (packed(b" " * 10_000_000), "unpacks to more than 100,000 bytes"),
        (Answer(gzip.compress(b"x" * 9000)[:-9], headers={"Content-Encoding": "gzip"}), "the gzip file is cut off after"),
        (Answer(b"\x1f\x8b\x08" + b"?" * 50, headers={"Content-Encoding": "gzip"}), "damaged gzip"),
        (Answer(b'{"next": "x", "items": []}', cut=9), "the answer was cut off"),
        (Answer(b"{}" * 500, drip=0.01), "not there whole after 1 seconds"),
        (Answer(b"<html>"), "not JSON"),
        (Answer(b'{"items": []}'), "no address 'next'"),
        (Answer(status=429, headers={"Retry-After": "3600"}), "asks to come back in 3600 seconds"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "no address that begins with https"),
        (Answer(status=302, headers={"Location": "/x"}), "redirects in a circle"),
        (Answer(status=204), "answered 204"),
        (Answer(b'{"items": [], "next": "http://localhost:1/x"}'), "which is another server: refused"),
    ],
)  # fmt: skip
def test_a_server_that_misbehaves_ends_in_a_sentence(feeds: Feeds, tmp_path: Path, answer: Answer, says: str) -> None:
    feeds.at["/x"] = answer
    began = time.monotonic()
    with pytest.raises(BadInput) as caught:
        load([feeds.url("/x")], tmp_path, fetcher=quick(page_bytes=100_000, page_seconds=1.0))
    assert says in str(caught.value)
    assert time.monotonic() - began < 30


def test_redirects_are_followed_and_counted(feeds: Feeds, tmp_path: Path) -> None:
    feeds.rpde("/new", [[series()]])
    for number in range(8):
        after = f"/r{number + 1}" if number < 7 else "/new"
        feeds.at[f"/r{number}"] = Answer(status=301, headers={"Location": after})
    assert len(load([feeds.url("/r4")], tmp_path).activities) == 1
    with pytest.raises(BadInput, match="more than 5 redirects"):
        load([feeds.url("/r0")], tmp_path)


def test_nobody_there_is_said(feeds: Feeds, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no connection"):
        load(["http://127.0.0.1:9/x"], tmp_path)
    with pytest.raises(BadInput, match="leave them out"):
        load(["https://me:secret@e.org/x"], tmp_path)
    with pytest.raises(BadInput, match="'several' cannot be read from an address"):
        load([feeds.url("/x")], tmp_path, feed="several")


def test_a_server_that_is_busy_for_a_moment_is_asked_again(feeds: Feeds, tmp_path: Path) -> None:
    feeds.rpde("/f", [[series()]])
    good, waits = feeds.at["/f"], []
    answers = iter([Answer(status=503, headers={"Retry-After": "7"}), Answer(status=429), good])
    feeds.at["/f"] = lambda *_: next(answers)  # type: ignore[assignment,return-value]
    load([feeds.url("/f")], tmp_path, fetcher=Fetcher(Limits(tries=3), sleep=waits.append))
    assert waits == [7.0, 2.0]


@pytest.mark.parametrize("feed", ["ical", "madrid", "uitdatabank", "openactive"])
def test_the_real_files_are_the_same_by_address_as_from_disk(
    feeds: Feeds, shared_data: Path, tmp_path: Path, feed: str
) -> None:
    root = shared_data / "feeds"
    if feed == "openactive":
        found = [json.loads(file.read_text()) for file in sorted((root / "openactive").glob("*/*_example_1.json"))]
        items = [item for page in found for item in page["items"]]
        pages = tmp_path / "disk"
        pages.mkdir()
        url = feeds.rpde("/oa", [[item] for item in items])
        (pages / "page.json").write_text(json.dumps({"next": url, "items": items}))
        disk, live = reader(feed)(pages, NOW), load([url], tmp_path / "live")
    else:
        wanted = {"ical": "icalendar/event_with_recurrence*.ics", "madrid": "madrid/*2018-05.json", "uitdatabank": "uitdatabank/**/*.xml"}[feed]  # fmt: skip
        file = sorted(root.glob(wanted))[0]
        feeds.at["/feed"] = packed(file.read_bytes())
        disk, live = reader(feed)(file, NOW), load([feeds.url("/feed")], tmp_path, feed=feed)
    assert len(disk.activities)
    assert live.activities.equals(disk.activities)
    assert live.sessions.equals(disk.sessions)
    assert live.venues.equals(disk.venues)


def event(number: int) -> dict[str, Any]:
    return {
        "@type": "Event", "@id": f"https://e.org/e/{number}", "name": f"Evening {number}",
        "startDate": f"2026-03-{1 + number:02}T19:00:00+01:00", "endDate": f"2026-03-{1 + number:02}T21:00:00+01:00",
    }  # fmt: skip


def test_pages_of_json_are_followed_to_the_end_and_resumed(feeds: Feeds, tmp_path: Path) -> None:
    for number in range(4):
        headers = {"Link": f'</p?{number + 1}>; rel="next"'} if number < 3 else {}
        path = "/p" if not number else f"/p?{number}"
        feeds.at[path] = Answer(json.dumps([event(number)]).encode(), headers=headers)
    good, feeds.at["/p?2"] = feeds.at["/p?2"], Answer(status=500)
    with pytest.raises(BadInput, match="answered 500"):
        load([feeds.url("/p")], tmp_path, feed="schemaorg")
    feeds.at["/p?2"] = good
    feeds.asked.clear()
    tables = load([feeds.url("/p")], tmp_path, feed="schemaorg")
    assert feeds.asked == ["/p?2", "/p?3"]
    assert sorted(tables.activities["title"]) == [f"Evening {number}" for number in range(4)]
    # Another day everything is fetched anew, since pages by number move.
    feeds.asked.clear()
    load([feeds.url("/p")], tmp_path, feed="schemaorg")
    assert len(feeds.asked) == 4


def test_uitdatabanks_lists_are_followed_by_start(feeds: Feeds, tmp_path: Path) -> None:
    def page(start: int) -> Answer:
        held = [{"@id": f"https://io.uitdatabank.be/event/{n}", "@type": "Event", "mainLanguage": "nl", "name": {"nl": f"Avond {n}"},
                 "calendarType": "single", "startDate": f"2026-03-{1 + n:02}T19:00:00+01:00", "endDate": f"2026-03-{1 + n:02}T21:00:00+01:00",
                 "terms": [{"id": "0.50.4.0.0", "label": "Concert", "domain": "eventtype"}]} for n in range(start, min(start + 2, 5))]  # fmt: skip
        return Answer(
            json.dumps({"@type": "PagedCollection", "itemsPerPage": 2, "totalItems": 5, "member": held}).encode()
        )

    feeds.at |= {"/e?limit=2": page(0), "/e?limit=2&start=2": page(2), "/e?limit=2&start=4": page(4)}
    tables = load([feeds.url("/e?limit=2")], tmp_path, feed="uitdatabank")
    assert feeds.asked == ["/e?limit=2", "/e?limit=2&start=2", "/e?limit=2&start=4"]
    assert len(tables.activities) == 5


def test_pages_of_json_without_end_are_noticed(feeds: Feeds, tmp_path: Path) -> None:
    class Endless(dict[str, Any]):
        def get(self, path: str, _otherwise: Any = None) -> Answer:
            number = int(path.partition("?")[2] or 0)
            kept = number if path.startswith("/new") else 0
            return Answer(json.dumps([event(kept % 28)] if "same" in path else [event(number % 28), {"n": number}]).encode(),
                          headers={"Link": f'<{path.partition("?")[0]}?{number + 1}>; rel="next"'})  # fmt: skip

    feeds.at = Endless()
    tables = load([feeds.url("/same")], tmp_path, feed="schemaorg")
    assert "the same as a page before it; broken off there" in " ".join(tables.notes)
    assert len(feeds.asked) == 2
    with pytest.raises(BadInput, match="no end after 20 pages; nothing was loaded"):
        load([feeds.url("/new")], tmp_path, feed="schemaorg", most=20)


def test_what_did_not_change_is_not_sent_again(feeds: Feeds, shared_data: Path, tmp_path: Path) -> None:
    body = next((shared_data / "feeds" / "icalendar").glob("*.ics")).read_bytes()

    def answer(_path: str, headers: Any) -> Answer:
        if headers.get("If-None-Match") == '"v1"':
            return Answer(status=304)
        return Answer(body, headers={"ETag": '"v1"'})

    feeds.at["/c.ics"] = answer
    first = load([feeds.url("/c.ics")], tmp_path, feed="ical")
    again = load([feeds.url("/c.ics")], tmp_path, feed="ical")
    assert again.sessions.equals(first.sessions)
    assert "unchanged since it was fetched" in " ".join(again.notes)
    assert (folder_of(tmp_path, feeds.url("/c.ics")) / WHOLE).is_dir()


def test_the_citys_own_settings_hold_for_what_is_fetched(feeds: Feeds, tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text('id = "ours"\nname = "Ours"\ntime_zone = "Europe/Brussels"\n')
    url = feeds.rpde("/f", [[series()]])
    assert load([url], tmp_path).city.name == "Ours"
    feeds.at["/p"] = Answer(json.dumps([event(1)]).encode())
    assert load([feeds.url("/p")], tmp_path, feed="schemaorg").city.name == "Ours"


def test_the_command_fetches_and_stores(feeds: Feeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    url = feeds.rpde("/f", [[series()], [session(1, 1)]])
    done = CliRunner().invoke(build(), ["load", url, "--feed", "openactive", "--city", "pool"])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "Stored as city pool" in done.output
    with Store(Home(tmp_path).store_url) as store:
        assert store.load("pool").activities["title"].tolist() == ["Swimming for all"]
    assert folder_of(Home(tmp_path).feeds("pool"), url).is_dir()
    for arguments, says in (
        (["load", url], "say how to read an address"),
        (["load", url, str(tmp_path), "--feed", "openactive"], "files and addresses in one command"),
        (["load", str(tmp_path), str(tmp_path)], "one folder or file at a time"),
        (["load", url, url, "--feed", "ical"], "reads one address at a time"),
    ):
        wrong = CliRunner().invoke(build(), arguments)
        assert says in str(wrong.exception), wrong.output
