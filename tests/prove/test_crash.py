"""Killed in the middle of a write, two hundred times: nothing acknowledged is missing, nothing is double or half there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from data import columns
from data.store import Store, people, schema
from data.store.people import NewStamp
from data.tables import Tables, frame_of
from tests import postgres

pytestmark = pytest.mark.prove
KILLS = 100
AT_ONCE = 50
CITY = "klein-oss"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tiny: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store that holds Klein-Oss, on each database."""
    with postgres.server() as server:
        folder = tmp_path_factory.mktemp("crash")
        made = f"sqlite:///{folder / 'store.sqlite'}" if request.param == "sqlite" else server.new_database()
        with Store(made) as store:
            store.create()
            store.save(tiny)
        yield made


def season(tiny: Tables, number: int) -> Tables:
    """A load that can be told from every other: its activities, sessions and 2,000 stamps carry its number."""
    rows = range(2000)
    activity = {"activity_id": f"a-{number}", "title": f"Load {number}"}
    return replace(
        tiny,
        activities=frame_of(columns.ACTIVITIES, [activity]),
        sessions=frame_of(
            columns.SESSIONS,
            [
                {"session_id": f"s-{number}-{row}", "activity_id": f"a-{number}", "start": row, "end": row + 1}
                for row in rows
            ],
        ),
        lines=tiny.lines.iloc[:0],
        passports=tiny.passports.iloc[:0],
        stamps=frame_of(
            columns.STAMPS, [{"learner_id": f"l-{row}", "activity_id": f"a-{number}", "at": number} for row in rows]
        ),
    )


def send_stamps(url: str, first: int, told: Connection) -> None:
    """Keep batches of stamps for ever, and tell of each once it is kept."""
    with Store(url) as store:
        number = first
        while True:
            stamps = [NewStamp(f"b-{number}", "stars", moment) for moment in range(AT_ONCE)]
            with store.transaction() as connection:
                people.add_stamps(connection, CITY, stamps)
            told.send(number)
            number += 1


def load(url: str, first: int, told: Connection, tiny: Tables) -> None:
    """Load season after season, and tell of each once it is kept."""
    with Store(url) as store:
        number = first
        while True:
            store.save(season(tiny, number))
            told.send(number)
            number += 1


def killed(work: Any, url: str, first: int, wait: float, *more: Any) -> list[int]:
    """Run work in a process of its own, kill it some time after its first word, and give what it told."""
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload([__name__])  # imported once instead of for every process
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=work, args=(url, first, theirs, *more), daemon=True)
    process.start()
    theirs.close()
    assert ours.poll(60), "it never began"
    time.sleep(wait)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    said = []
    try:
        while True:
            said.append(ours.recv())
    except EOFError:
        return said


def test_stamps(url: str) -> None:
    luck, acknowledged, first = np.random.default_rng(1), list[int](), 0
    for _ in range(KILLS):
        said = killed(send_stamps, url, first, float(luck.uniform(0, 0.03)))
        acknowledged += said
        first = said[-1] + 2  # the one after the last may have been kept without a word
    table = schema.stamps.c
    query = (
        select(table.learner_id, func.count(), func.count(func.distinct(table.at)))
        .where(table.city == CITY, table.learner_id.like("b-%"))
        .group_by(table.learner_id)
    )
    with Store(url) as store, store.engine.connect() as connection:
        kept = {name: (rows, moments) for name, rows, moments in connection.execute(query)}
    assert {f"b-{number}" for number in acknowledged} <= kept.keys()
    assert set(kept.values()) == {(AT_ONCE, AT_ONCE)}  # whole or not at all, and nothing twice
    assert len(kept) <= len(acknowledged) + KILLS


def test_loads(url: str, tiny: Tables) -> None:
    luck, loads, first = np.random.default_rng(2), 0, 1
    for _ in range(KILLS):
        said = killed(load, url, first, float(luck.uniform(0, 0.1)), tiny)
        loads += len(said)
        with Store(url) as store:
            found = store.load(CITY)
            number = int(found.sessions["session_id"].iloc[0].split("-")[1])
            assert number in (said[-1], said[-1] + 1)
            assert len(found.sessions) == 2000
            assert set(found.sessions["activity_id"]) == {f"a-{number}"}
            per_load = found.stamps[found.stamps["learner_id"].str.startswith("l-")]["at"].value_counts()
            assert set(per_load.index) == set(range(1, number + 1))
            assert set(per_load) == {2000}
            store.remove(CITY)
            store.save(tiny)
            first = 1


def test_the_server_itself_is_killed(tiny: Tables) -> None:
    with postgres.server() as server:
        made = server.new_database()
        with Store(made) as store:
            store.create()
            store.save(tiny)
        for crash in range(5):
            names = [f"b-{20 * crash + number}" for number in range(20)]
            with Store(made) as store:
                for name in names:
                    with store.transaction() as connection:
                        people.add_stamps(connection, CITY, [NewStamp(name, "stars", 1)])
                server.crash()
            table = schema.stamps.c
            with Store(made) as store, store.engine.connect() as connection:
                query = select(table.learner_id).where(table.learner_id.like("b-%"))
                assert len(set(connection.execute(query).scalars())) == 20 * (crash + 1)
