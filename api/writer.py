"""One writer for everything a service keeps: many jobs share a transaction, and each is told when it is safe."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from data.store import Shown, Store, StoreAway

LOG = logging.getLogger("leerlijn.api")
AT_ONCE = 500
LAST_SECONDS = 8.0
"""How long a service that stops waits for a store that is away."""
T = TypeVar("T")
Job = Callable[[Connection], T]


@dataclass(eq=False)
class _Waiting:
    job: Job[Any] | None
    done: asyncio.Future[Any] = field(repr=False)

    def give_up(self) -> None:
        """Nobody waits for it any more: unless it has begun it is not done, and what it would have written is let go of."""
        self.done.cancel()
        self.job = None


class Writer:
    """A queue of jobs and the one task that does them, as many at a time as have come in meanwhile.

    A transaction costs one flush to the disk, however much is in it; so under load a write becomes cheaper, and
    alone it waits for nobody.

    Parameters
    ----------
    store : Store
        Where it is written to.
    most : int
        How many lists that were shown may wait. When the store is away for longer than that, new ones are counted
        and let go: an answer never waits for its record.
    patience : float
        Seconds that somebody who wants to know waits before being told to try again. Once somebody has waited in vain,
        whoever comes is told at once, until the store takes something again.
    lost : callable
        Called for every list of which no record is kept.
    """

    def __init__(
        self,
        store: Store,
        most: int = 10_000,
        patience: float = 5.0,
        lost: Callable[[], object] = lambda: None,
    ) -> None:
        self.store, self.patience = store, patience
        self.lost = 0
        self._tell_lost = lost
        self._most = most
        self._shown = 0
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        self._in_vain = False  # somebody waited, and the store has not taken anything since

    def start(self) -> None:
        """Begin to empty the queue; on the running event loop."""
        self._task = asyncio.create_task(self._run())

    def put(self, shown: Shown) -> None:
        """Keep a list that was shown, soon."""
        if self._shown >= self._most:
            self._lose()
            return
        self._shown += 1
        waiting = self._enqueue(lambda connection: self.store.keep_shown(connection, [shown]))
        waiting.done.add_done_callback(self._kept)

    def _kept(self, done: asyncio.Future[Any]) -> None:
        self._shown -= 1
        if not done.cancelled() and (error := done.exception()) is not None:
            self._lose()
            LOG.error("a shown list was not kept: %s", type(error).__name__)

    def _lose(self) -> None:
        self.lost += 1
        self._tell_lost()

    async def do(self, job: Job[T]) -> T:
        """Do a job in a transaction, and return what it returns once that is on the disk.

        Raises
        ------
        StoreAway
            When the store does not take it in time. The job may have begun, and be done after all, so only what may
            be done twice belongs here.
        """
        if self._in_vain:
            raise StoreAway("others wait in vain")
        waiting = self._enqueue(job)
        finished, _ = await asyncio.wait({waiting.done}, timeout=self.patience)
        if not finished:
            waiting.give_up()
            self._in_vain = self._busy
            raise StoreAway("the store did not take it in time")
        result: T = waiting.done.result()
        return result

    def _enqueue(self, job: Job[Any]) -> _Waiting:
        waiting = _Waiting(job, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        return waiting

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty() and len(batch) < AT_ONCE:
                batch.append(self._queue.get_nowait())
            wanted = [(one, one.job) for one in batch if one.job is not None]
            self._busy = True
            results = await asyncio.to_thread(self._together, [job for _, job in wanted]) if wanted else []
            self._busy = self._in_vain = False
            for (one, _), result in zip(wanted, results, strict=True):
                if one.done.cancelled():
                    continue
                if isinstance(result, Exception):
                    one.done.set_exception(result)
                else:
                    one.done.set_result(result)
            for _ in batch:
                self._queue.task_done()

    def _together(self, jobs: Sequence[Job[Any]]) -> list[Any]:
        """What each job returned, or the error it ended in."""
        try:
            with self.store.transaction() as connection:
                done = [job(connection) for job in jobs]
            self._in_vain = False  # it answers, even if more is to come
            return done
        except Exception as error:
            if len(jobs) == 1:
                return [error]
        # One of them does not fit: each on its own, so that it fails alone.
        return [self._together([job])[0] for job in jobs]

    @property
    def idle(self) -> bool:
        """Whether every list put so far is kept or counted as lost."""
        return not self._shown

    async def stop(self) -> None:
        """Do what waits, then end; after ``LAST_SECONDS`` what still waits is let go."""
        if self._task is not None:
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    await self._queue.join()
            except TimeoutError:
                LOG.error("stopped before the store took everything: %d writes are lost", self._queue.qsize())
            self._task.cancel()
            self._task = None
