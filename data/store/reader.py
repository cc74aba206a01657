"""Reading one learner from inside an event loop, without ever holding it up.

SQLite is read inline: that takes a few dozen microseconds, less than handing it to anybody. PostgreSQL is asked over
the network by asyncpg, with a limit of our own on the whole question: a database that is frozen answers nothing, not
even "no", and a limit that the server keeps would be frozen with it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from data.store.known import QUERIES, Known, known_from
from data.store.store import Store, StoreAway

LIMIT_SECONDS = 0.2
"""How long a question may take unless somebody says otherwise; an answer without it comes within 300 ms."""
PAUSE_SECONDS = 1.0
"""How long nobody asks again after a question that was not answered."""


class Reader(Protocol):
    """Somebody who looks up learners."""

    async def passport(self, city: str, learner: str) -> Known | None:
        """What the store knows of a learner, None when that is nothing.

        Raises
        ------
        StoreAway
            When the store does not answer, or not in time.
        """

    async def close(self) -> None:
        """Give the connections back."""


def open_reader(store: Store, limit: float = LIMIT_SECONDS) -> Reader:
    """The reader that goes with a store's database; a server has ``limit`` seconds to answer."""
    return Inline(store) if store.engine.dialect.name == "sqlite" else Asked(store, limit)


class Inline:
    """Reads where it stands."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def passport(self, city: str, learner: str) -> Known | None:
        return self._store.passport(city, learner)

    async def close(self) -> None:
        """Nothing to give back: the connection is the store's."""


class Asked:
    """Asks a server, and stops waiting in time."""

    def __init__(self, store: Store, limit: float = LIMIT_SECONDS, pause: float = PAUSE_SECONDS) -> None:
        self._limit, self._pause = limit, pause
        self._silent_until = -float("inf")
        self._given_up: set[asyncio.Task[Any]] = set()
        self._engine: AsyncEngine = create_async_engine(
            store.engine.url.set(drivername="postgresql+asyncpg"),
            hide_parameters=True,
            pool_size=10,
            max_overflow=0,
            pool_timeout=limit,
            connect_args={"timeout": 5 * limit, "command_timeout": limit},
        )

    async def passport(self, city: str, learner: str) -> Known | None:
        if time.monotonic() < self._silent_until:
            raise StoreAway("the store did not answer a moment ago")
        asking = asyncio.create_task(self._ask(city, learner))
        # Not cancelled: the driver would then wait for the server to confirm. It ends by its own limits.
        done, _ = await asyncio.wait({asking}, timeout=self._limit)
        if done and asking.exception() is None:
            return asking.result()
        self._silent_until = time.monotonic() + self._pause
        if done:
            raise StoreAway(f"the store cannot be read: {type(asking.exception()).__name__}")
        self._given_up.add(asking)
        asking.add_done_callback(self._let_go)
        raise StoreAway("the store did not answer in time")

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()  # seen, and of no interest any more

    async def _ask(self, city: str, learner: str) -> Known | None:
        who = {"city": city, "learner": learner}
        async with self._engine.connect() as connection:
            return known_from(*[(await connection.execute(query, who)).all() for query in QUERIES])

    async def close(self) -> None:
        for task in self._given_up:
            task.cancel()
        await self._engine.dispose(close=False) if self._given_up else await self._engine.dispose()
