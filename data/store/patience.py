"""A database that goes away in the middle of something large: wait, and do it again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from data.store.store import Store, StoreAway

T = TypeVar("T")
PATIENCE_SECONDS = 120.0
_LONGEST_PAUSE = 10.0
_GONE = ("08", "57P")
"""Classes of PostgreSQL's errors: connection lost, shut down, starting up."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database is not there, or not ready, rather than that something is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_away(error.orig or ValueError())
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        # Without a state nobody answered, so the connection itself is what failed.
        return error.sqlstate is None or error.sqlstate.startswith(_GONE)
    return isinstance(error, StoreAway)


def patiently(
    store: Store,
    work: Callable[[], T],
    patience: float = PATIENCE_SECONDS,
    tell: Callable[[float], None] = lambda _seconds: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Do something in the store, and do it again when the database went away in the middle of it.

    Parameters
    ----------
    work : callable
        Whole or not at all, and the same when it is done twice: a load of a city is.
    patience : float
        Seconds to go on trying after the first time it went away.
    tell : callable
        Told before each pause how many seconds it lasts.

    Raises
    ------
    StoreAway
        When it does not come back in time.
    """
    ends, pause = None, 1.0
    while True:
        try:
            return work()
        except (DBAPIError, psycopg.Error, sqlite3.Error, StoreAway) as error:
            if not is_away(error):
                raise
            ends = clock() + patience if ends is None else ends
            if clock() + pause > ends:
                raise StoreAway(
                    "the database went away and did not come back; nothing of this is in it, so look at the database and "
                    "run it again"
                ) from error
        store.engine.dispose()  # no connection of before is any good
        tell(pause)
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
