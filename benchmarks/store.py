"""The store beside its own drivers: how many stamps a second go in and come out, and how long one takes.

    python -m benchmarks.store                         # a million stamps, on SQLite and on PostgreSQL
    python -m benchmarks.store --stamps 10000000 --database postgresql

Each job is done by the store and by the bare driver (``sqlite3``, ``psycopg``) with the same SQL on the same rows, in
turn, and the ratio of their times is printed. PostgreSQL comes from the package index, on this machine's disk.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from benchmarks.machine import describe
from data.columns import STAMPS
from data.store import Store, people, schema
from data.store.people import NewStamp
from data.tables import CitySettings, Tables, frame_of

CITY = "large"
PER_LEARNER = 50
COLUMNS = ("city", "learner_id", "at", "activity_id", "session_id", "chosen_by", "enjoyed")


def stamps(count: int, seed: int = 1) -> pd.DataFrame:
    """Invented stamps, fifty for each learner, as a canonical frame."""
    luck = np.random.default_rng(seed)
    learner = np.arange(count) // PER_LEARNER
    return pd.DataFrame(
        {
            "learner_id": pd.Series([f"l-{number:07}" for number in learner], dtype="str"),
            "activity_id": pd.Series([f"a-{number:05}" for number in luck.integers(0, 20_000, count)], dtype="str"),
            "at": 1_600_000_000 + np.arange(count) % PER_LEARNER * 86_400 + luck.integers(0, 80_000, count),
            "session_id": pd.Series([""] * count, dtype="str"),
            "chosen_by": pd.Series(luck.choice(["self", "family", "school"], count), dtype="str"),
            "enjoyed": np.full(count, np.nan),
        }
    )[list(STAMPS.names)]


def timed(work: Callable[[], Any]) -> float:
    """Seconds that a job takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def raw_load(url: str, frame: pd.DataFrame) -> None:
    """What the driver alone needs for the same rows: sorted by key, written over what is there."""
    ordered = frame.sort_values(["learner_id", "at", "activity_id"])
    rows = list(
        zip([CITY] * len(frame), ordered["learner_id"], ordered["at"], ordered["activity_id"], [None] * len(frame),
            ordered["chosen_by"], [None] * len(frame), strict=True)
    )  # fmt: skip
    names, over = (
        ", ".join(COLUMNS),
        ", ".join(f"{name} = coalesce(excluded.{name}, stamps.{name})" for name in COLUMNS[4:]),
    )
    conflict = f"ON CONFLICT (city, learner_id, at, activity_id) DO UPDATE SET {over}"
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA synchronous=FULL")
        with connection:
            connection.executemany(f"INSERT INTO stamps ({names}) VALUES (?,?,?,?,?,?,?) {conflict}", rows)
        connection.close()
        return
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT * FROM stamps LIMIT 0")
        with cursor.copy(f"COPY incoming ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO stamps ({names}) SELECT {names} FROM incoming {conflict}")


def raw_export(url: str) -> list[tuple[Any, ...]]:
    """All stamps as the driver gives them."""
    sql = "SELECT learner_id, activity_id, at, session_id, chosen_by, enjoyed FROM stamps WHERE city = {} "
    sql += "ORDER BY learner_id, at, activity_id"
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute(sql.format("?"), (CITY,)).fetchall()
        connection.close()
        return rows
    with psycopg.connect(url) as connection:
        return connection.execute(sql.format("%s"), (CITY,)).fetchall()


def raw_history(url: str, learners: list[str]) -> list[float]:
    """Seconds for each of some learners' histories, by the driver alone."""
    sql = "SELECT activity_id, at, chosen_by FROM stamps WHERE city = {0} AND learner_id = {0} ORDER BY at, activity_id"
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        found = [timed(lambda who=who: connection.execute(sql.format("?"), (CITY, who)).fetchall()) for who in learners]  # type: ignore[misc]
        connection.close()
        return found
    with psycopg.connect(url) as connection:
        return [timed(lambda who=who: connection.execute(sql.format("%s"), (CITY, who)).fetchall()) for who in learners]  # type: ignore[misc]


def flush_floor(folder: Path, times: int = 200) -> float:
    """The middle of what one ``fdatasync`` of a small write costs on this disk, in seconds."""
    with (folder / "floor").open("wb", buffering=0) as file:
        found = []
        for _ in range(times):
            file.write(b"x" * 200)
            found.append(timed(lambda: os.fdatasync(file.fileno())))
    return median(found)


def compare(url: str, raw_url: str, frame: pd.DataFrame, folder: Path) -> None:
    """Print one database's table."""
    empty = Tables(city=CitySettings(id=CITY, origin="simulated"))
    for each in (url, raw_url):
        with Store(each) as store:
            store.create()
            store.save(empty)
    n = len(frame)
    with Store(url) as store:
        ours = timed(lambda: store.save(replace(empty, stamps=frame)))
        theirs = timed(lambda: raw_load(raw_url, frame))
        print(f"  load          {n / ours:>12,.0f} stamps/s   driver {n / theirs:>12,.0f}   ratio {ours / theirs:.2f}")
        ours = timed(lambda: store.load(CITY))
        theirs = timed(lambda: raw_export(url))
        print(f"  export        {n / ours:>12,.0f} stamps/s   driver {n / theirs:>12,.0f}   ratio {ours / theirs:.2f}")
        luck = np.random.default_rng(2)
        learners = [f"l-{number:07}" for number in luck.integers(0, n // PER_LEARNER, 2000)]
        ours_each = [timed(lambda who=who: store.passport(CITY, who)) for who in learners]  # type: ignore[misc]
        theirs_each = raw_history(url, learners)
        print(
            f"  history       {median(ours_each) * 1e6:>10.0f} µs (three tables) driver {median(theirs_each) * 1e6:>7.0f} µs (one)"
        )
        at_rest(url)
        ours_each, theirs_each = single(store, url)
        floor = flush_floor(folder)
        print(
            f"  single stamp  {median(ours_each) * 1e3:>10.2f} ms durable   driver {median(theirs_each) * 1e3:.2f} ms   "
            f"fdatasync {floor * 1e3:.2f} ms   allowed {floor * 1.3e3 + 0.5:.2f} ms"
        )


def at_rest(url: str) -> None:
    """Let the database finish what a load left to do: a service does not take stamps in the middle of it."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) stamps")
        connection.execute("CHECKPOINT")


def single(store: Store, url: str, times: int = 300) -> tuple[list[float], list[float]]:
    """Seconds for each of some stamps that are kept one by one, by the store and by the driver, in turn."""
    sql = f"INSERT INTO stamps ({', '.join(COLUMNS)}) VALUES ({{}}) ON CONFLICT DO NOTHING"
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA synchronous=FULL")
        sql = sql.format(", ".join(["?"] * len(COLUMNS)))
    else:
        connection = psycopg.connect(url)
        sql = sql.format(", ".join(["%s"] * len(COLUMNS)))

    def ours(number: int) -> None:
        with store.transaction() as writing:
            people.add_stamps(writing, CITY, [NewStamp(f"l-{number:07}", "a-00001", 5 + number)])

    def theirs(number: int) -> None:
        connection.execute(sql, (CITY, f"l-{number:07}", 5 + number, "a-00002", None, None, None))
        connection.commit()

    pairs = [(timed(lambda n=n: ours(n)), timed(lambda n=n: theirs(n))) for n in range(times)]  # type: ignore[misc]
    connection.close()
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stamps", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one of the two; both when left out")
    parser.add_argument("--folder", type=Path, help="on which disk; a folder that exists")
    given = parser.parse_args()
    from tests import postgres

    print(describe(1))
    frame = stamps(given.stamps)
    assert schema.stamps.c.keys() == list(COLUMNS)
    assert len(frame_of(STAMPS, [])) == 0
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if given.database != "postgresql":
            print(f"SQLite, {len(frame):,} stamps")
            compare(f"sqlite:///{folder / 'ours.sqlite'}", f"sqlite:///{folder / 'raw.sqlite'}", frame, folder)
        if given.database != "sqlite":
            with postgres.server() as server:
                print(f"PostgreSQL, {len(frame):,} stamps")
                compare(server.new_database(), server.new_database(), frame, folder)


if __name__ == "__main__":
    main()
