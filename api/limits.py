"""How much a key may ask: a bucket of tokens each, of a worker's own or shared by all workers through the store.

A token bucket of ten lines, because what the libraries have is windows (``limits``) or queues (``pyrate-limiter``):
a window lets twice as much through at its edge, and a queue makes callers wait who should be told when to come back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from data.store import Store, StoreAway
from data.store.allowances import lease
from data.store.keys import Key

T = TypeVar("T")
COSTS = {"/v1/routes": 10}
"""Tokens that a request takes when it is not one: a route is planned for tens of milliseconds, a list takes one."""
MOST_KEPT = 10_000
LEASE_SECONDS = 0.3
"""How long the store may take to say what is left; after that a worker goes by its own share."""
EMPTY_SECONDS = 0.25
"""How long, at least, nobody asks the store again after the common bucket was empty: who asks too much costs little."""
PAUSE_SECONDS = 2.0
"""How long nobody asks the store again after it did not say."""


@dataclass(frozen=True)
class Rate:
    """What a key may ask.

    Attributes
    ----------
    per_second : float
        Tokens that come in; 0 sets no limit.
    burst : int
        Tokens that a bucket holds at most.
    """

    per_second: float
    burst: int


@dataclass(frozen=True)
class Allowance:
    """What is left to a key: tokens, and seconds until the request that was refused can be made (0: it can be now)."""

    rate: Rate
    left: int
    wait: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """As the IETF's draft on RateLimit header fields has them, and ``Retry-After`` for one that was refused."""
        full = ceil((self.rate.burst - self.left) / self.rate.per_second)
        policy = f'"key";q={self.rate.burst};w={ceil(self.rate.burst / self.rate.per_second)}'
        told = {"RateLimit-Policy": policy, "RateLimit": f'"key";r={self.left};t={full}'}
        return told | ({"Retry-After": str(ceil(self.wait))} if self.wait else {})


@dataclass
class Bucket:
    """Tokens that come in with time; a clock that goes back brings nothing in."""

    rate: Rate
    tokens: float
    at: float

    def take(self, cost: int, now: float) -> Allowance:
        """Take tokens when there are as many."""
        self.tokens = min(self.rate.burst, self.tokens + max(0.0, now - self.at) * self.rate.per_second)
        self.at = max(self.at, now)
        if self.tokens < cost:
            return Allowance(self.rate, int(self.tokens), (cost - self.tokens) / self.rate.per_second)
        self.tokens -= cost
        return Allowance(self.rate, int(self.tokens))


@dataclass
class _Share:
    """What one worker holds of a key's tokens: taken out of the common bucket, not spent yet."""

    own: Bucket
    held: int = 0
    common: float = 0.0
    refused_until: float = -float("inf")
    leasing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limits:
    """Says yes or no to each request of a key.

    Parameters
    ----------
    rate : Rate
    store : Store or None
        Where the buckets are that several workers share; None keeps them here.
    workers : int
        Among how many a key's requests are spread.
    """

    def __init__(self, rate: Rate, store: Store | None = None, workers: int = 1) -> None:
        self._rate, self._store, self._workers = rate, store if workers > 1 else None, workers
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._shares: OrderedDict[tuple[str, str], _Share] = OrderedDict()
        self._silent_until = -float("inf")

    async def take(self, key: Key, path: str, now: float) -> Allowance | None:
        """What is left to a key after a request, None without a limit; ``wait`` above 0 refuses it.

        Parameters
        ----------
        path : str
            What is asked for; see ``COSTS``.
        now : float
            Seconds since 1970 UTC.
        """
        if self._rate.per_second <= 0:
            return None
        cost, name = min(COSTS.get(path, 1), self._rate.burst), (key.city, key.id)
        if self._store is None:
            bucket = self._buckets.get(name) or Bucket(self._rate, self._rate.burst, now)
            _remember(self._buckets, name, bucket)
            return bucket.take(cost, now)
        share = self._shares.get(name)
        if share is None:
            part = Rate(self._rate.per_second / self._workers, max(1, self._rate.burst // self._workers))
            share = _Share(Bucket(part, part.burst, now))
            _remember(self._shares, name, share)
        return await self._take_shared(name, share, cost, now)

    async def _take_shared(self, name: tuple[str, str], share: _Share, cost: int, now: float) -> Allowance:
        if share.held < cost and now >= share.refused_until:
            async with share.leasing:
                if share.held < cost and not await self._lease(name, share, cost, now):
                    found = share.own.take(min(cost, share.own.rate.burst), now)  # the store does not say
                    return Allowance(self._rate, found.left, found.wait)
        if share.held < cost:
            return Allowance(self._rate, int(share.held + share.common), max(share.refused_until - now, 0.01))
        share.held -= cost
        return Allowance(self._rate, int(share.held + share.common))

    def _part(self) -> int:
        """How many tokens are taken at a time: so many that the store is asked seldom, so few that others get theirs."""
        return max(1, int(min(self._rate.burst / (4 * self._workers), self._rate.per_second)))

    async def _lease(self, name: tuple[str, str], share: _Share, cost: int, now: float) -> bool:
        """Take more out of the common bucket; False when the store does not say how many there are."""
        if now < self._silent_until:
            return False
        want, back = max(cost, self._part()), share.held
        share.held = 0
        try:
            async with asyncio.timeout(LEASE_SECONDS):
                taken, share.common = await asyncio.to_thread(self._ask, name, want, now, back)
        except (TimeoutError, DBAPIError, StoreAway):
            share.held = back
            self._silent_until = now + PAUSE_SECONDS
            return False
        share.held = taken
        if taken < cost:
            share.refused_until = now + max((cost - taken - share.common) / self._rate.per_second, EMPTY_SECONDS)
        return True

    def _ask(self, name: tuple[str, str], want: int, now: float, back: int) -> tuple[int, float]:
        assert self._store is not None

        with self._store.transaction() as connection:
            return lease(connection, *name, want, self._rate.per_second, self._rate.burst, now, back)


def _remember(kept: OrderedDict[tuple[str, str], T], name: tuple[str, str], value: T) -> None:
    kept[name] = value
    kept.move_to_end(name)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
