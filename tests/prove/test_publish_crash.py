"""Killed in the middle of publishing, hundreds of times: whatever ``current`` names can always be loaded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.home import KEPT, Home
from data.tables import Tables
from recommender.errors import BadInput, BrokenRelease
from recommender.release import Release, load_release, save_release
from training.config import Config
from training.fit import fit

pytestmark = pytest.mark.prove
KILLS = 200
CITY = "klein-oss"
STEPS = frozenset(
    {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree",
     "ctypes.call_function", "ctypes.dlsym", "fcntl.flock", "glob.glob"}
)  # fmt: skip
"""What publishing does to the disk, as the interpreter tells of it."""


@pytest.fixture(scope="module")
def trained(tiny: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small release on disk, for every process to load."""
    folder = tmp_path_factory.mktemp("trained")
    return folder / save_release(fit(tiny, Config()), folder, name="made").name


def publish_one(home: Home, release: Release, number: int) -> None:
    """Three kinds of publishing in turn: a new name, the name in service once more, and the way back."""
    kind = number % 3
    if kind == 2:
        with suppress(BadInput):  # nothing to go back to, or another one went back just before
            home.rollback(CITY)
            return
    current = home.current(CITY)
    name = current.name if kind == 1 and current else f"r-{number:06}"
    save_release(release, home.releases(CITY), times={"number": number}, name=name)
    home.point(CITY, name)


def publish_on(home: Path, trained: Path, first: int, told: Connection) -> None:
    """Publish for ever, and tell when it begins."""
    release = load_release(trained)
    told.send("ready")
    for number in count(first):
        publish_one(Home(home), release, number)


def publish_until(home: Path, trained: Path, number: int, told: Connection, step: int) -> None:
    """Publish once, and be killed just before a step; tells when there are no more steps."""
    release, left = load_release(trained), step

    def watch(event: str, _: tuple[Any, ...]) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    publish_one(Home(home), release, number)
    left = sys.maxsize
    told.send("done")


def begin(work: Any, *arguments: Any) -> tuple[Any, Connection]:
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload([__name__])  # imported once instead of for every process
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=work, args=(*arguments[:3], theirs, *arguments[3:]), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def whole(home: Home) -> str:
    """The name of the release in service, which loads; a reader who is overtaken looks again, as the service does."""
    for _ in range(100):
        folder = home.current(CITY)
        assert folder is not None
        try:
            load_release(folder)
        except BrokenRelease:
            if home.current(CITY) == folder and folder.exists():
                raise
            continue
        return folder.name
    raise AssertionError("overtaken a hundred times")


def tidy(home: Home) -> None:
    """After one more publishing nothing is left of those that were killed, and the last three stay."""
    assert not [path.name for path in home.releases(CITY).glob(".*")]
    assert not list(home.releases(CITY).glob(".current.*"))
    assert 1 <= len([path for path in home.releases(CITY).iterdir() if path.is_dir()]) <= KEPT + 1


def test_two_hundred_kills_at_random_moments(trained: Path, tmp_path: Path) -> None:
    home, release, luck = Home(tmp_path), load_release(trained), np.random.default_rng(1)
    publish_one(home, release, 0)
    names = set()
    for kill in range(KILLS):
        process, told = begin(publish_on, tmp_path, trained, 3 + 1000 * kill)
        assert told.poll(60)
        ends = time.monotonic() + float(luck.uniform(0, 0.06))
        while time.monotonic() < ends:  # somebody reads all the while
            names.add(whole(home))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        names.add(whole(home))
        assert set(home.published(CITY)[:1]) <= {path.name for path in home.releases(CITY).iterdir()}
    assert len(names) > KILLS // 4  # it did publish
    publish_one(home, release, 3_000_000)
    tidy(home)


@pytest.mark.parametrize("kind", range(3), ids=["a new name", "the name in service", "the way back"])
def test_a_kill_before_every_single_step(trained: Path, tmp_path: Path, kind: int) -> None:
    home, release = Home(tmp_path), load_release(trained)
    for number in (0, 3, 6):
        publish_one(home, release, number)
    for step in count():
        for number in (9, 12) if kind == 2 else ():  # something to go back to
            publish_one(home, release, number)
        before = home.published(CITY)
        process, told = begin(publish_until, tmp_path, trained, 3 * (step + 100) + kind, step)
        process.join(60)
        done = told.poll() and process.exitcode == 0
        assert done or process.exitcode == -signal.SIGKILL
        now = whole(home)
        assert now in {*before, f"r-{3 * (step + 100) + kind:06}"}
        if done:
            break
    assert step > {0: 60, 1: 60, 2: 4}[kind], "there were fewer steps than publishing takes"
    publish_one(home, release, 0)
    tidy(home)


def test_two_at_once_and_one_is_killed(trained: Path, tmp_path: Path) -> None:
    """Whoever is killed while holding the folder holds nobody up."""
    home, release, luck = Home(tmp_path), load_release(trained), np.random.default_rng(2)
    publish_one(home, release, 0)
    survivor, told = begin(publish_on, tmp_path, trained, 1_000_000)
    assert told.poll(60)
    for kill in range(20):
        process, ready = begin(publish_on, tmp_path, trained, 3 + 1000 * kill)
        assert ready.poll(60)
        time.sleep(float(luck.uniform(0, 0.05)))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        seen = whole(home)
        patience = time.monotonic() + 30
        while whole(home) == seen:
            assert time.monotonic() < patience, "the other one does not get on"
        assert survivor.is_alive()
    os.kill(survivor.pid, signal.SIGKILL)
    survivor.join()
    whole(home)
