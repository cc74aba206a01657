"""Planning beside the event loop: a few routes at a time in threads of their own, within a time that is handed in.

The search counts iterations, so that the same request gives the same route; the clock only ends what would take
too long, and then the answer says so.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import TypeVar

import anyio
from anyio.to_thread import run_sync

from api.problems import Busy
from api.state import Live
from recommender.passport import Passport, Request
from recommender.routing.journey import JourneyWish, SolveLimit, plan_journey
from recommender.routing.outing import OutingWish, plan_outing
from recommender.routing.problem import MaxIterations
from recommender.routing.route import Routes
from recommender.routing.solve import warm_up

AT_ONCE = 2
"""Routes that are planned at the same time; the machine's other cores go on answering."""
MOST_WAITING = 64
MOST_EACH = MOST_WAITING // 2
"""How many routes of one key may be planned or wait at once, so that it never takes all the room of another."""
OUTING_ITERATIONS = 2000

Answer = TypeVar("Answer")


class Planning:
    """Room for a few plans at once; the others wait for their turn."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._most_waiting = most_waiting
        self._of_key: Counter[str] = Counter()
        self._getting_ready: Thread | None = None

    def get_ready(self, how: Callable[[], None] = warm_up) -> None:
        """Compile the search, or load it from the disk, beside everything else: the first time takes about a minute."""
        self._getting_ready = Thread(target=how, name="get ready to plan", daemon=True)
        self._getting_ready.start()

    @property
    def ready(self) -> bool:
        """False while the search is being compiled."""
        return self._getting_ready is None or not self._getting_ready.is_alive()

    async def run(self, plan: Callable[[], Answer], key: str = "") -> Answer:
        """What a function returns, which is called in a thread.

        Parameters
        ----------
        key : str
            Id of the key that asks; ``""`` for nobody's.

        Raises
        ------
        Busy
            When too many are waiting already, of all or of this key, or the search is not ready yet.
        """
        if not self.ready:
            raise Busy("Routes can be planned in about a minute: the service has just started. Try again then.")
        if self._limiter.statistics().tasks_waiting >= self._most_waiting:
            raise Busy("Many routes are being planned at this moment; try again in a few seconds.")
        if key and self._of_key[key] >= MOST_EACH:
            raise Busy("Many routes of this key are being planned at this moment; try again in a few seconds.")
        self._of_key[key] += 1
        try:
            return await run_sync(plan, limiter=self._limiter)
        finally:
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]


class Patience(MaxIterations):
    """Stops a search after so many iterations, or at a moment of the clock, whichever comes first.

    Parameters
    ----------
    most : int
        Iterations of each search.
    clock : callable
        Seconds of a clock that does not go back.
    seconds : float
        For all searches together, from now on.

    Attributes
    ----------
    cut : bool
        Whether the clock ended a search.
    """

    def __init__(self, most: int, clock: Callable[[], float], seconds: float) -> None:
        super().__init__(most)
        self._clock, self._deadline, self.cut = clock, clock() + seconds, False

    def __call__(self, iterations: int, best: float) -> bool:
        if super().__call__(iterations, best):
            return True
        self.cut = self.cut or self._clock() >= self._deadline
        return self.cut


def outing(live: Live, passport: Passport, asked: Request, wish: OutingWish, seconds: float) -> Callable[[], Routes]:
    """The planning of an outing, to be run; it takes ``seconds`` at most."""

    def plan() -> Routes:
        patience = Patience(OUTING_ITERATIONS, time.monotonic, seconds)
        hours = live.doors.open(wish.days[0][0], wish.days[-1][1])
        found = plan_outing(passport, live.catalogue, live.release, asked, wish, live.travel, hours, patience)
        return replace(found, cut=found.cut or patience.cut)

    return plan


def journey(live: Live, passport: Passport, asked: Request, wish: JourneyWish, seconds: float) -> Callable[[], Routes]:
    """The planning of a journey, to be run; it takes ``seconds`` at most."""

    def plan() -> Routes:
        limit = SolveLimit(seconds=seconds, clock=time.monotonic)
        hours = live.doors.open(*wish.span)
        return plan_journey(passport, live.catalogue, live.release, asked, wish, live.travel, limit, hours=hours)

    return plan
