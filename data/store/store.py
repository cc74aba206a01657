"""The store: a city's tables at rest, whatever the database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import pandas as pd
from sqlalchemy import Connection, delete, func, select

from data.columns import ACTIVITY, AT, LEARNER, STAMPS
from data.home import Home
from data.store import added, migrate, people, schema
from data.store import city as city_rows
from data.store.connect import connect
from data.store.known import QUERIES, Known, known_from
from data.store.rows import read_parts, upsert, write
from data.tables import CitySettings, Tables
from recommender.errors import BadInput, LeerlijnError


class OldStore(BadInput):
    """A store whose schema is not the one this code is written for."""


class StoreAway(LeerlijnError):
    """The database does not answer, or not as it should."""


@dataclass(frozen=True)
class Shown:
    """A list that was shown to a known learner.

    Attributes
    ----------
    at : int
        Seconds since 1970 UTC.
    rows : tuple of (activity_id, session_id, rank, slot, probability)
        ``probability`` is the exact chance with which the activity got its place.
    """

    city: str
    learner: str
    request_id: str
    at: int
    release: str
    rows: tuple[tuple[str, str, int, str, float], ...]


_SHOWN = ("city", LEARNER, AT, "request_id", ACTIVITY, "kind", "session_id", "release", "rank", "slot", "probability")


class Store:
    """One database with any number of cities; no query crosses them.

    Parameters
    ----------
    url : str or None
        SQLAlchemy address; None for the embedded SQLite file under ``./var``.

    Raises
    ------
    BadConfig
        When the address is not one.
    """

    def __init__(self, url: str | None = None) -> None:
        self.engine = connect(url or Home().store_url)
        self._writing = threading.Lock()
        self._reader: Any = None
        self._sql = {query: str(query.compile(dialect=self.engine.dialect)) for query in QUERIES}

    def close(self) -> None:
        """Give the connections back; the store opens new ones when it is used again."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction at a time: written whole when the block ends, not at all when it fails."""
        with self._writing, self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the store as it was at one moment, whatever is written meanwhile."""
        with self.engine.connect() as plain:
            isolated = plain.dialect.name == "postgresql"
            connection = plain.execution_options(isolation_level="REPEATABLE READ") if isolated else plain
            with connection.begin():
                yield connection

    # The schema

    def upgrade(self, to: str = "head") -> None:
        """Bring the schema to a newer version; makes the tables of an empty database."""
        with self.transaction() as connection:
            migrate.upgrade(connection, to)

    create = upgrade

    def downgrade(self, to: str) -> None:
        """Bring the schema back to an older version; ``base`` removes everything."""
        with self.transaction() as connection:
            migrate.downgrade(connection, to)

    def version(self) -> str | None:
        """Version of the schema, None for an empty database."""
        with self.engine.connect() as connection:
            return migrate.version(connection)

    def check(self) -> None:
        """Refuse a store of another version.

        Raises
        ------
        OldStore
            With the way to bring it up to date.
        """
        found, wanted = self.version(), migrate.newest()
        if found is None:
            raise OldStore("the store is empty: load a city first (make data)")
        if found != wanted:
            raise OldStore(f"the store has schema {found}, this version needs {wanted}: run `python -m api upgrade`")

    # Whole cities

    def save(self, tables: Tables) -> None:
        """Put a city's tables in place of those it had, in one transaction.

        Past activities that somebody has a stamp of stay, without sessions: see ``data.store.past``. People's data is added to, never replaced: a passport is written over by a newer one of the same learner,
        a stamp (one per learner, activity and time) gains what the new one knows, and what a load leaves out
        stays. It goes by ``remove`` alone. Rejected rows are kept as well, with how often they came.
        """
        with self.transaction() as connection:
            city_rows.save(connection, tables)

    def add(self, tables: Tables) -> None:
        """Add people to a city that the store holds, in one transaction; its catalogue stays as it is.

        Passports gain what the new ones know, all badges of both together; what is not known writes over nothing.
        Stamps are one per learner, activity and time, and rejected rows are kept, both as by ``save``. Only passports,
        stamps and quarantine of the tables are looked at.

        Raises
        ------
        BadInput
            When the store does not hold the city.
        """
        with self.transaction() as connection:
            if city_rows.settings_row(connection, tables.city.id) is None:
                self._no_city(tables.city.id)
            added.add(connection, tables)

    def load(self, city: str, people: bool = True, counting: bool = False, stamps: bool = True) -> Tables:
        """A city's tables, equal to what was saved; stamps by learner, then oldest first.

        Parameters
        ----------
        city : str
            Its id.
        people : bool
            False leaves passports, stamps and rejected rows out: the catalogue alone.
        counting : bool
            True leaves out the stamps that their owners do not want to count: of muted passports, and from before
            a fresh start. For training and evaluation.
        stamps : bool
            False leaves the stamps out; ``stamps`` reads them part by part.

        Raises
        ------
        BadInput
            When the store does not hold the city.
        """
        with self.engine.connect() as connection, connection.begin():
            tables = city_rows.load(connection, city, people, counting, stamps)
        return tables if tables is not None else self._no_city(city)

    def stamps(self, city: str, counting: bool = False, rows: int = 1_000_000) -> Iterator[pd.DataFrame]:
        """A city's stamps as ``load`` gives them, in frames of about so many rows, all seen at one moment."""
        with self.snapshot() as connection:
            yield from read_parts(connection, city_rows.stamps_query(city, counting), STAMPS.columns, rows)

    def settings(self, city: str) -> CitySettings:
        """A city's settings alone.

        Raises
        ------
        BadInput
            When the store does not hold the city.
        """
        with self.engine.connect() as connection:
            row = city_rows.settings_row(connection, city)
        return city_rows.settings_from(row) if row is not None else self._no_city(city)

    def _no_city(self, city: str) -> NoReturn:
        raise BadInput(f"no city {city!r} in the store; it holds: {', '.join(self.cities()) or 'none yet'}")

    def remove(self, city: str) -> None:
        """Take a city out with everything it has: catalogue, passports, stamps, feedback, keys, rejected rows."""
        with self.transaction() as connection:
            connection.execute(delete(schema.cities).where(schema.cities.c.city == city))

    def cities(self) -> tuple[str, ...]:
        """Ids of the cities in the store, by name."""
        with self.engine.connect() as connection:
            return tuple(connection.execute(select(schema.cities.c.city).order_by(schema.cities.c.city)).scalars())

    def sizes(self) -> dict[str, int]:
        """How many stamps each city of the store has, by id of the city."""
        stamps = select(schema.stamps.c.city, func.count().label("n")).group_by(schema.stamps.c.city).subquery()
        query = select(schema.cities.c.city, func.coalesce(stamps.c.n, 0)).join_from(
            schema.cities, stamps, schema.cities.c.city == stamps.c.city, isouter=True
        )
        with self.engine.connect() as connection:
            return {city: int(count) for city, count in connection.execute(query.order_by(schema.cities.c.city))}

    def revision(self, city: str) -> int | None:
        """A number that grows with every save of the city, None when the store does not hold it."""
        with self.engine.connect() as connection:
            return connection.execute(
                select(schema.cities.c.revision).where(schema.cities.c.city == city)
            ).scalar_one_or_none()

    def erased(self, city: str) -> int:
        """How many people were erased from the city so far."""
        with self.engine.connect() as connection:
            return people.erased(connection, city)

    def rejected(self, city: str) -> list[dict[str, Any]]:
        """What was rejected, most frequent first: ``source``, ``field``, ``expected``, ``rows`` and ``times``.

        ``rows`` counts different rows, ``times`` how often they came in over all loads.
        """
        table = schema.quarantine.c
        rows, times = func.count().label("rows"), func.sum(table.times).label("times")
        query = (
            select(table.source, table.field, table.expected, rows, times)
            .where(table.city == city)
            .group_by(table.source, table.field, table.expected)
            .order_by(rows.desc(), table.source, table.field, table.expected)
        )
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # One learner

    def passport(self, city: str, learner: str) -> Known | None:
        """What the store knows of a learner, None when that is nothing at all."""
        if self.engine.dialect.name != "sqlite":
            with self.engine.connect() as connection:
                who = {"city": city, "learner": learner}
                return known_from(*(connection.execute(query, who).all() for query in QUERIES))
        # One connection of the driver's own, kept open: reading all takes 50 µs, through SQLAlchemy 300.
        try:
            if self._reader is None:
                self._reader = self.engine.raw_connection()
            ask = self._reader.driver_connection.execute
            return known_from(*(ask(self._sql[query], (city, learner)).fetchall() for query in QUERIES))
        except sqlite3.Error as error:
            raise StoreAway(f"the store cannot be read: {type(error).__name__}") from error

    def record_shown(self, shown: Iterable[Shown]) -> None:
        """Keep what was shown, each activity with its exact probability; all lists in one transaction."""
        with self.transaction() as connection:
            self.keep_shown(connection, shown)

    @staticmethod
    def keep_shown(connection: Connection, shown: Iterable[Shown]) -> None:
        """``record_shown`` in a transaction that somebody else opened.

        What was shown to somebody who is not there any more is not kept: they may have been erased meanwhile.
        """
        lists = list(shown)
        there = {
            city: people.known_among(connection, city, {one.learner for one in lists if one.city == city})
            for city in {one.city for one in lists}
        }
        rows = (
            (one.city, one.learner, one.at, one.request_id, activity, schema.SHOWN, session or None,
             one.release or None, rank, slot, probability)
            for one in lists
            if one.learner in there[one.city]
            for activity, session, rank, slot, probability in one.rows
        )  # fmt: skip
        write(connection, upsert(connection, schema.feedback), _SHOWN, rows)
