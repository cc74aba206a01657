"""Slow answers, worked out beside the event loop and kept for whoever asks the same."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from api.problems import Busy

_Made = TypeVar("_Made")
PATIENCE = 6.0


class StillWorking(Exception):
    """An answer is on its way, and takes longer than somebody should look at an empty page."""


class Kept:
    """The answers to the last so many different questions.

    Who asks what is being worked out already waits for the same work. What fails is not kept.

    Parameters
    ----------
    most : int
        How many answers are kept; the one asked for longest ago leaves first.
    at_once : int
        How many are worked out at the same time.
    waiting : int
        How many may wait for that; above it a question is refused.
    patience : float
        Seconds until somebody is told that it takes a while; the work goes on.
    """

    def __init__(self, most: int, at_once: int = 1, waiting: int = 16, patience: float = PATIENCE) -> None:
        self._most, self._waiting, self._patience = most, waiting, patience
        self._places = asyncio.Semaphore(at_once)
        self._tasks: OrderedDict[Hashable, asyncio.Task[Any]] = OrderedDict()
        self._closed = False

    async def get(self, question: Hashable, work: Callable[[], _Made]) -> _Made:
        """The answer to a question.

        Parameters
        ----------
        question : hashable
            Everything that the answer depends on.
        work : callable
            Works it out; runs in a thread.

        Raises
        ------
        Busy
            When too many are waiting.
        StillWorking
            When it takes long; ask again later.
        """
        task = self._tasks.get(question)
        if task is None:
            if sum(not one.done() for one in self._tasks.values()) >= self._waiting:
                raise Busy("much is being worked out already; try again in a minute")
            task = self._tasks[question] = asyncio.create_task(self._make(work))
            task.add_done_callback(lambda done: self._settled(question, done))
        self._tasks.move_to_end(question)
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            raise StillWorking
        made: _Made = task.result()
        return made

    async def _make(self, work: Callable[[], _Made]) -> _Made:
        async with self._places:
            if self._closed:
                raise Busy("the service is stopping")
            return await asyncio.to_thread(work)

    async def settle(self) -> None:
        """Begin nothing any more, and wait for what has begun."""
        self._closed = True
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _settled(self, question: Hashable, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._tasks.pop(question, None)
        done = [name for name, one in self._tasks.items() if one.done()]
        for name in done[: max(len(self._tasks) - self._most, 0)]:
            del self._tasks[name]
