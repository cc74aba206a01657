"""What the desk keeps of slow work and of files, and that its two languages say the same."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api.desk.files import Reports
from api.desk.kept import Kept, StillWorking
from api.problems import Busy
from data.pages.desk import FOLDER


def test_both_languages_say_the_same_things() -> None:
    from tomllib import loads

    def sentences(table: Mapping[str, Any], path: str = "") -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, value in table.items():
            if isinstance(value, dict):
                found |= sentences(value, f"{path}{key}.")
            else:
                found[f"{path}{key}"] = set(re.findall(r"{(\w+)", value))
        return found

    dutch, english = (sentences(loads((FOLDER / f"{code}.toml").read_text("utf-8"))) for code in ("nl", "en"))
    assert dutch == english


def test_an_answer_is_worked_out_once_for_all_who_ask() -> None:
    calls: list[int] = []
    going = threading.Event()

    def work() -> int:
        going.wait(5)
        calls.append(1)
        return 7

    async def ask() -> list[int]:
        kept = Kept(2)
        waiting = [asyncio.create_task(kept.get("q", work)) for _ in range(5)]
        await asyncio.sleep(0)
        going.set()
        return [*await asyncio.gather(*waiting), await kept.get("q", work)]

    assert asyncio.run(ask()) == [7] * 6
    assert len(calls) == 1


def test_what_fails_is_tried_again_and_what_is_old_leaves_first() -> None:
    made: list[str] = []

    def work(name: str, fail: bool = False) -> str:
        made.append(name)
        if fail:
            raise ValueError(name)
        return name

    async def ask() -> None:
        kept = Kept(2)
        with pytest.raises(ValueError, match="a"):
            await kept.get("a", lambda: work("a", fail=True))
        for name in ("a", "b", "a", "c", "a", "b"):
            assert await kept.get(name, lambda name=name: work(name)) == name

    asyncio.run(ask())
    assert made == ["a", "a", "b", "c", "b"]


def test_nobody_waits_for_ever_and_not_too_many_wait() -> None:
    going = threading.Event()

    async def ask() -> None:
        kept = Kept(9, waiting=2, patience=0.05)
        for name in ("a", "b"):
            with pytest.raises(StillWorking):
                await kept.get(name, lambda: going.wait(5))
        with pytest.raises(Busy):
            await kept.get("c", lambda: True)
        with pytest.raises(StillWorking):  # the same question is no further one
            await kept.get("a", lambda: True)
        going.set()
        await asyncio.sleep(0.2)
        assert await kept.get("a", lambda: False) is True

    asyncio.run(ask())


def test_whoever_stops_waits_for_what_has_begun_and_begins_nothing_more() -> None:
    made: list[str] = []

    async def ask() -> None:
        kept = Kept(9)
        first = asyncio.create_task(kept.get("a", lambda: made.append("a")))
        second = asyncio.create_task(kept.get("b", lambda: made.append("b")))
        while not made:
            await asyncio.sleep(0.01)
        await kept.settle()
        await first
        with pytest.raises(Busy):
            await asyncio.gather(second, kept.get("c", lambda: made.append("c")))

    asyncio.run(ask())
    assert "c" not in made


def test_figures_are_read_again_when_they_change_and_a_broken_file_is_none(tmp_path: Path) -> None:
    reports, folder = Reports(), tmp_path
    (folder / "opportunity.json").write_text("{}")
    first = reports.of(folder)
    assert reports.of(folder) is first
    assert first.results is None
    (folder / "evaluation.json").write_text("{broken")
    try:
        assert reports.of(folder).results is None
        (folder / "evaluation.json").write_text('{"schema": "x"}')
        assert reports.of(folder).results == {"schema": "x"}
        (folder / "evaluation.json").write_text("[]")
        assert reports.of(folder).results is None
    finally:
        (folder / "evaluation.json").unlink()
    assert Reports().of(folder / "nowhere").opportunity is None
