"""A database that goes away in the middle of a load: the load goes on when it is back, and nothing is in it twice."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest

from data.columns import STAMPS
from data.store import Store, StoreAway
from data.store.patience import patiently
from data.tables import Tables
from recommender.errors import BadInput
from tests import postgres

ROWS = 200_000


def many(tiny: Tables) -> Tables:
    """Klein-Oss with so many stamps that a load takes seconds."""
    number = np.arange(ROWS)
    stamps = pd.DataFrame(
        {
            "learner_id": pd.Series([f"l-{n // 10}" for n in number], dtype="str"),
            "activity_id": pd.Series(["stars"] * ROWS, dtype="str"),
            "at": 1_600_000_000 + number % 10,
            "session_id": pd.Series([""] * ROWS, dtype="str"),
            "chosen_by": pd.Series(["self"] * ROWS, dtype="str"),
            "enjoyed": np.full(ROWS, np.nan),
        }
    )[list(STAMPS.names)]
    return replace(tiny, stamps=stamps)


BUSY = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%incoming%%' AND pid <> %s"


def test_a_load_goes_on_after_the_server_was_killed_in_the_middle(tiny: Tables) -> None:
    with postgres.server() as server, Store(server.new_store()) as store:
        store.save(tiny)
        large = many(tiny)
        began, crashed = threading.Event(), threading.Event()

        def kill() -> None:
            with closing(psycopg.connect(server.address, autocommit=True)) as watching:
                began.set()
                patience = time.monotonic() + 60
                me = (watching.info.backend_pid,)
                while time.monotonic() < patience:
                    if watching.execute(BUSY, me).fetchone() != (0,):
                        crashed.set()
                        server.crash()
                        return
                    time.sleep(0.002)

        killer = threading.Thread(target=kill)
        killer.start()
        began.wait(30)
        tries, pauses = [], []

        def save() -> None:
            tries.append(1)
            store.save(large)

        patiently(store, save, tell=pauses.append)
        killer.join()
        assert crashed.is_set(), "the load was over before it could be cut off"
        assert len(tries) == len(pauses) + 1 >= 2
        found = store.load("klein-oss").stamps
        assert len(found) == ROWS + len(tiny.stamps)
        assert not found.duplicated(["learner_id", "activity_id", "at"]).any()


def test_a_store_that_is_locked_is_waited_for_and_not_for_ever(tiny: Tables, tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    with Store(f"sqlite:///{file}") as store:
        store.create()
        store.save(tiny)
        waits: list[float] = []
        held = sqlite3.connect(file, isolation_level=None)

        def save() -> None:
            with store.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout=1")
                connection.exec_driver_sql("CREATE TABLE more (a)")

        def back(pause: float) -> None:
            waits.append(pause)
            if len(waits) == 2:
                held.execute("ROLLBACK")

        held.execute("BEGIN IMMEDIATE")
        patiently(store, save, sleep=back)
        assert waits == [1.0, 2.0]
        held.execute("BEGIN IMMEDIATE")
        now = [0.0]

        def pass_by(pause: float) -> None:
            now[0] += pause

        with pytest.raises(StoreAway, match="did not come back; nothing of this is in it"):
            patiently(store, save, patience=30, sleep=pass_by, clock=lambda: now[0])
        assert now[0] == 25.0
        held.close()


def test_what_is_wrong_is_not_tried_again(store_url: str, tiny: Tables) -> None:
    with Store(store_url) as store:
        tries = []

        def save() -> None:
            tries.append(1)
            store.save(tiny)

        with pytest.raises(Exception, match="cities"):
            patiently(store, save, sleep=lambda _: pytest.fail("it waited"))
        assert len(tries) == 1

        def bad() -> None:
            raise BadInput("no")

        with pytest.raises(BadInput):
            patiently(store, bad)


def test_nobody_there_is_said_in_a_sentence(tiny: Tables) -> None:
    with (
        Store("postgresql+psycopg://nobody@127.0.0.1:9/none") as store,
        pytest.raises(StoreAway, match="look at the database and run it again"),
    ):
        patiently(store, lambda: store.save(tiny), patience=0)
