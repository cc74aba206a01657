"""Planning beside the event loop: a few at a time, within a time, and refused when there is no room."""

from __future__ import annotations

import time
from threading import Event, Lock, Thread
from typing import Any

import anyio
import pytest

from api.planning import Patience, Planning
from api.problems import Busy, problem_from
from tests.api.conftest import Served
from tests.api.test_routes import OUTING, ROUTES


def test_so_many_at_a_time_and_the_others_wait_their_turn() -> None:
    running, most = 0, 0
    count = Lock()

    def plan() -> None:
        nonlocal running, most
        with count:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with count:
            running -= 1

    async def all_of_them() -> None:
        planning = Planning(at_once=2)
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(planning.run, plan)

    anyio.run(all_of_them)
    assert most == 2
    assert running == 0


def test_when_too_many_wait_the_next_one_is_sent_away() -> None:
    go_on = Event()

    async def crowd() -> None:
        planning = Planning(at_once=1, most_waiting=2)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(planning.run, go_on.wait)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Busy) as refused:
                await planning.run(go_on.wait)
            problem = problem_from(refused.value)
            assert (problem.status, problem.slug) == (503, "busy")
            assert "Retry-After" in problem.headers
            go_on.set()
        assert await planning.run(lambda: "room again") == "room again"

    anyio.run(crowd)


def test_one_key_leaves_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.planning.MOST_EACH", 2)
    go_on = Event()

    async def crowd() -> None:
        planning = Planning(at_once=1, most_waiting=4)
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(planning.run, go_on.wait, "greedy")
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Busy, match="of this key"):
                await planning.run(go_on.wait, "greedy")
            tasks.start_soon(planning.run, go_on.wait, "modest")
            await anyio.wait_all_tasks_blocked()
            go_on.set()
        assert await planning.run(lambda: "room again", "greedy") == "room again"
        assert not planning._of_key

    anyio.run(crowd)


def test_until_the_search_is_ready_nobody_waits_for_it() -> None:
    compiled = Event()

    async def early() -> None:
        planning = Planning()
        planning.get_ready(lambda: compiled.wait(30) and None)
        assert not planning.ready
        with pytest.raises(Busy, match="just started"):
            await planning.run(lambda: "too early")
        compiled.set()
        while not planning.ready:
            await anyio.sleep(0.005)
        assert await planning.run(lambda: "in time") == "in time"

    anyio.run(early)


def test_patience_ends_at_iterations_or_at_the_clock() -> None:
    now = 100.0
    patience = Patience(10, lambda: now, 2.0)
    assert not patience(9, 0.0)
    assert patience(10, 0.0)
    assert not patience.cut
    now = 102.0
    assert patience(1, 0.0)
    assert patience.cut


@pytest.mark.usefixtures("ready_to_plan")
def test_lists_are_answered_while_routes_are_planned(oss: Served) -> None:
    """Ten routes at once and a list between them: all are answered, each as if it were alone."""
    alone = oss.http.post(ROUTES, json=OUTING).json()
    found: list[dict[str, Any]] = []
    others = [Thread(target=lambda: found.append(oss.http.post(ROUTES, json=OUTING).json())) for _ in range(10)]
    for other in others:
        other.start()
    assert oss.ask()["recommendations"]
    for other in others:
        other.join()
    assert [one["routes"] for one in found] == [alone["routes"]] * 10
