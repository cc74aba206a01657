"""An engine on SQLite or PostgreSQL that keeps what it acknowledged."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from recommender.errors import BadConfig

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver opens transactions by itself, and never before DDL; ``_on_begin`` does it instead.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at the start: a transaction that reads first and writes later can then
    # wait for another writer instead of failing half-way.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def connect(url: str) -> Engine:
    """An engine for a database address; for SQLite the file's folder is made when it is not there.

    Raises
    ------
    BadConfig
        When the address is not one, or of a database that Leerlijn does not speak to.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            if address.database in (None, "", ":memory:"):
                raise BadConfig("the store needs a file: give an address such as sqlite:///var/leerlijn.sqlite")
            Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
        # An error that repeats what it could not write would put a passport in a log.
        engine = create_engine(address, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadConfig(
            "LEERLIJN_DATABASE_URL is not an address the store understands: give one such as "
            "sqlite:///var/leerlijn.sqlite or postgresql://host/name (with its driver installed)"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine
