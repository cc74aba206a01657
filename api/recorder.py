"""Keeps what was shown to known learners, after the answer has gone, many lists in one transaction."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import DBAPIError

from data.store import Shown, Store

LOG = logging.getLogger("leerlijn.api")


class Recorder:
    """A queue and the one task that empties it into the store.

    Parameters
    ----------
    store : Store
        Where the lists go.
    most : int
        How many lists may wait. When the store is away for longer than that, new ones are counted and let go:
        an answer never waits for its record.
    """

    def __init__(self, store: Store, most: int = 10_000) -> None:
        self.store = store
        self.lost = 0
        self._waiting = 0
        self._queue: asyncio.Queue[Shown] = asyncio.Queue(most)
        self._task: asyncio.Task[None] | None = None

    def put(self, shown: Shown) -> None:
        """Keep a list, soon."""
        try:
            self._queue.put_nowait(shown)
            self._waiting += 1
        except asyncio.QueueFull:
            self.lost += 1

    def start(self) -> None:
        """Begin to empty the queue; on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty() and len(batch) < 500:
                batch.append(self._queue.get_nowait())
            try:
                await asyncio.to_thread(self.store.record_shown, batch)
            except DBAPIError as error:
                self.lost += len(batch)
                LOG.error("%d shown lists were not kept: %s", len(batch), type(error).__name__)
            finally:
                self._waiting -= len(batch)
                for _ in batch:
                    self._queue.task_done()

    @property
    def idle(self) -> bool:
        """Whether everything put so far is kept or counted as lost."""
        return not self._waiting

    async def settle(self) -> None:
        """Wait until everything put so far is kept."""
        await self._queue.join()

    async def stop(self) -> None:
        """Keep what waits, then end."""
        if self._task is not None:
            await self.settle()
            self._task.cancel()
            self._task = None
