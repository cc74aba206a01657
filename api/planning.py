"""Planning beside the event loop: a few routes at a time in threads of their own, within a time that is handed in.

The search counts iterations, so that the same request gives the same route; the clock only ends what would take
too long, and then the answer says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from anyio.to_thread import run_sync

from api.problems import Busy

AT_ONCE = 2
"""Routes that are planned at the same time; the machine's other cores go on answering."""
MOST_WAITING = 64
OUTING_ITERATIONS = 2000

Answer = TypeVar("Answer")


class Planning:
    """Room for a few plans at once; the others wait for their turn."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._most_waiting = most_waiting

    async def run(self, plan: Callable[[], Answer]) -> Answer:
        """What a function returns, which is called in a thread.

        Raises
        ------
        Busy
            When too many are waiting already.
        """
        if self._limiter.statistics().tasks_waiting >= self._most_waiting:
            raise Busy("Many routes are being planned at this moment; try again in a few seconds.")
        return await run_sync(plan, limiter=self._limiter)


@dataclass
class Patience:
    """Stops a search after so many iterations, or at a moment of the clock, whichever comes first.

    Attributes
    ----------
    most : int
        Iterations.
    deadline : float
        On the clock given; infinite for none.
    clock : callable
        Seconds of a clock that does not go back.
    cut : bool
        Whether the clock ended a search.
    """

    most: int
    clock: Callable[[], float]
    deadline: float = math.inf
    cut: bool = field(default=False, init=False)

    def __call__(self, iterations: int, best: float) -> bool:
        if iterations >= self.most:
            return True
        self.cut = self.cut or self.clock() >= self.deadline
        return self.cut
