"""A list that is put together from pieces says what the catalogue says, whoever asked before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api import present
from api.pieces import PLACES, Kept
from api.present_list import write_ahead, written
from api.shapes.answer import AnswerShape
from api.state import City, Live
from data.home import Home
from data.messages import load, relax_text, step_text
from data.store import Store
from data.tables import Tables
from data.translate import catalogue_from
from data.travel.city import travel_of
from recommender.answer import Answer, Reason, Recommendation, Relaxation, Step
from recommender.city import UNKNOWN, Catalogue

ODD = [
    '50% "korting" {op} \\ alles',
    "a\nb\tc\u2028d",
    "%b %d %s %(id)b {activity}",
    "Ε\u0301 مرحبا 🤖",
    '"minutes":null,',
    "x" * 200,
]
"""Titles in the form of everything that a text is put together with."""


@pytest.fixture
def tables(tiny: Tables) -> Tables:
    """Klein-Oss, oddly named."""
    activities, venues, lines = tiny.activities.copy(), tiny.venues.copy(), tiny.lines.copy()
    activities["title"] = [ODD[row % len(ODD)] for row in range(len(activities))]
    venues["name"] = [ODD[row % len(ODD)] for row in range(len(venues))]
    lines["name"] = ODD[2]
    return replace(tiny, activities=activities, venues=venues, lines=lines)


@pytest.fixture
def live(tables: Tables, tmp_path: Path) -> Live:
    return service_of(catalogue_from(tables), tables, tmp_path)


def service_of(catalogue: Catalogue, tables: Tables, path: Path) -> Live:
    travel = travel_of(Home(path), tables.city.id, catalogue, None)
    return Live(tables.city, catalogue, None, np.empty(0, dtype=np.int64), travel)


def reasons_of(row: int) -> tuple[Reason, ...]:
    """Every kind of reason there is, about different things in every row."""
    return (
        Reason("like_stamp", activity=row % 8, gain=0.3),
        Reason("together_with", activity=(row + 3) % 8, gain=0.2),
        Reason("wish", theme=row % 6, gain=0.2),
        Reason("theme", theme=(row + 1) % 6, gain=0.1),
        Reason("theme", gain=0.1),
        Reason("next_station", line=0, gain=0.1),
        Reason("near", minutes=0.4 + 3.017 * row, gain=0.1),
        Reason("near", minutes=1.0, gain=0.1),
        *(Reason(code, gain=0.1) for code in ("near", "popular", "known_venue", "free", "soon", "like_stamp")),
    )


def answer_of(catalogue: Catalogue, relax: Relaxation | None = None) -> Answer:
    """A list of everything there is, one session of it after the other."""
    sessions = catalogue.sessions
    entries = tuple(
        Recommendation(
            rank=row + 1,
            activity=int(sessions.activity[row]),
            session=row,
            venue=int(sessions.venue[row]),
            travel_minutes=float("nan") if row % 3 == 0 else 7.25 * row,
            score=(-1) ** row * 0.123456789 * row,
            slot="drawn" if row == 4 else "interest",
            probability=0.1 if row == 4 else 1.0,
            not_known=("age", "price")[: row % 3],
            reasons=reasons_of(row)[: row + 4],
        )
        for row in range(len(sessions))
    )
    steps = (Step("open in window", 12), Step("price", 5, 2), Step("travel", 0, 1))
    return Answer(1_772_438_400, "stamps", "personalised", entries, steps, relax)


def expected(live: Live, found: Answer, lang: str) -> dict[str, Any]:
    """The answer as objects, each made for itself."""
    words = load(lang, live.catalogue.languages)
    entries = [
        {
            "rank": one.rank,
            "activity": present.activity(live, one.activity, lang),
            "session": present.session(live, one.session),
            "venue": present.venue(live, one.venue),
            "travel_minutes": present.number(one.travel_minutes, 1),
            "score": present.number(one.score),
            "slot": one.slot,
            "probability": one.probability,
            "not_known": one.not_known,
            "reasons": [present.reason(live, each, lang) for each in one.reasons],
        }
        for one in found.recommendations
    ]
    funnel = [
        {"step": one.step, "left": one.left, "not_known": one.not_known, "text": step_text(one, words)}
        for one in found.funnel
    ]
    relax = found.relax and {**vars(found.relax), "text": relax_text(found.relax, words)}
    head = {
        "request_id": "r" * 32,
        "city": "klein-oss",
        "release": None,
        "at": "2026-03-02T09:00:00+01:00",
        "at_source": "as_of",
        "basis": "stamps",
        "degraded": False,
        "fallback": "personalised",
        "stamps_not_found": 3,
    }
    plain: dict[str, Any] = json.loads(
        json.dumps(head | {"recommendations": entries, "funnel": funnel, "relax": relax})
    )
    return plain


def ask(live: Live, found: Answer, lang: str) -> dict[str, Any]:
    content = written(live, found, lang, "r" * 32, "as_of", 3)
    AnswerShape.model_validate_json(content)
    answer: dict[str, Any] = json.loads(content)
    return answer


def ordered(value: Any) -> Any:
    """A value in which the order of fields counts."""
    if isinstance(value, dict):
        return [(name, ordered(inner)) for name, inner in value.items()]
    return [ordered(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("ahead", [False, True])
def test_what_is_put_together_is_what_there_is(live: Live, ahead: bool) -> None:
    if ahead:
        write_ahead(live)
        assert len(live.pieces("nl").places) == len(live.catalogue.sessions)
        assert len(live.pieces("nl").reasons) == 2 * len(live.catalogue.activities)
        assert not live.pieces("en").places
    relaxed = answer_of(live.catalogue, Relaxation("travel", 45.0, 3))
    for found in (answer_of(live.catalogue), relaxed, replace(relaxed, recommendations=())):
        for lang in ("nl", "en", "nl"):
            assert ordered(ask(live, found, lang)) == ordered(expected(live, found, lang))


def test_a_list_is_whole_when_there_is_room_for_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer_of(live.catalogue)
    for kept in vars(live.pieces("nl")).values():
        monkeypatch.setattr(kept, "_most", 1)
    for _ in range(2):
        assert ask(live, found, "nl") == expected(live, found, "nl")
    assert {len(kept) for kept in vars(live.pieces("nl")).values()} == {1}


def test_a_city_that_is_always_open_has_no_sessions(tables: Tables, tmp_path: Path) -> None:
    tables = replace(tables, has_sessions=False, sessions=tables.sessions.iloc[:0])
    live = service_of(catalogue_from(tables), tables, tmp_path)
    write_ahead(live)
    found = answer_of(live.catalogue)
    answer = ask(live, found, "nl")
    assert answer == expected(live, found, "nl")
    assert [one["session"] for one in answer["recommendations"]] == [None] * 8


def test_a_session_without_a_venue_has_none(tables: Tables, tmp_path: Path) -> None:
    catalogue = catalogue_from(tables)
    nowhere = np.full_like(catalogue.sessions.venue, UNKNOWN)
    live = service_of(replace(catalogue, sessions=replace(catalogue.sessions, venue=nowhere)), tables, tmp_path)
    found = answer_of(live.catalogue)
    assert ask(live, found, "nl") == expected(live, found, "nl")
    assert {one.venue for one in found.recommendations} == {UNKNOWN}


def test_what_is_kept_has_an_end() -> None:
    kept: Kept[int, int] = Kept(10)
    for number in range(95):
        assert kept.keep(number, -number) == -number
        assert len(kept) <= 10
        assert kept[number] == -number
    assert list(kept) == list(range(85, 95))
    assert PLACES >= 10_000, "a usual city has room for all it offers"


def test_pieces_stay_as_long_as_the_catalogue_does(settle: Callable[..., Home], tiny: Tables, tmp_path: Path) -> None:
    first, second = "20260302T080000Z-one", "20260303T080000Z-two"
    home = settle(tmp_path, releases=(second, first))
    with Store(home.store_url) as store:
        ready: list[Live] = []
        city = City("klein-oss", store, home, 0.0, ready.append)
        before = city.live
        assert ready == [before]
        home.point("klein-oss", second)
        asyncio.run(city.look())
        assert (before.release_name, city.live.release_name) == (first, second)
        assert city.live.pieces is before.pieces
        assert ready == [before]
        store.save(replace(tiny, city=replace(tiny.city, name="Oss aan de Maas")))
        asyncio.run(city.look())
        assert city.live.catalogue is not before.catalogue
        assert city.live.pieces is not before.pieces
        assert ready == [before, city.live]
