"""A service takes new streets and a new timetable without a restart, and does without broken ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from api.settings import Settings
from data.home import Home
from data.travel.access import FULL
from data.travel.city import FILES, CityTravel
from data.travel.streets import Streets
from tests.api.conftest import Served, serve

Settle = Callable[..., Home]


def travel(served: Served) -> CityTravel:
    served.ask()
    found: CityTravel = served.service.cities["klein-oss"].live.travel
    return found


def until(served: Served, enough: Callable[[CityTravel], bool]) -> CityTravel:
    """Ask until the travel times are as wanted."""
    patience = time.monotonic() + 20
    while not enough(found := travel(served)):
        assert time.monotonic() < patience
        time.sleep(0.02)
    return found


def one_street() -> Streets:
    ends = np.array([0, 1], dtype=np.int32), np.array([1, 0], dtype=np.int32)
    pace = np.full(2, FULL, dtype=np.int8)
    metres = np.full(2, 700, dtype=np.float32)
    return Streets(np.array([51.765, 51.769]), np.array([5.518, 5.525]), *ends, metres, pace, pace)


def test_streets_come_into_service_without_a_restart_and_broken_ones_are_named(
    settle: Settle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = settle(tmp_path)
    path = home.travel("klein-oss") / FILES[0]
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        assert travel(served).basis("walk", 0) == "distance"
        one_street().save(path)
        found = until(served, lambda found: found.basis("walk", 0) == "streets")
        assert found.between(*(np.array([x]) for x in (51.765, 5.518, 51.769, 5.525)), "walk", 0)[
            0, 0
        ] == pytest.approx(8.75)
        path.write_bytes(path.read_bytes()[:-20])
        found = until(served, lambda found: bool(found.notes))
        assert found.basis("walk", 0) == "distance"
        assert "streets.npz" in caplog.text
        path.unlink()
        until(served, lambda found: not found.notes)


def test_a_new_release_keeps_the_streets_that_are_there(settle: Settle, tmp_path: Path) -> None:
    names = ("20260302T080000Z-one", "20260302T080100Z-two")
    home = settle(tmp_path, releases=names)
    one_street().save(home.travel("klein-oss") / FILES[0])
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        before = travel(served)
        home.rollback("klein-oss")
        patience = time.monotonic() + 20
        while served.ask()["release"] != names[0]:
            assert time.monotonic() < patience
        assert travel(served) is before
