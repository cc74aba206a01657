"""Who may ask what: keys, their scopes, and what each address asks for."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from api.problems import Problem
from data.store import Store, StoreAway, keys
from data.store.keys import Key

OPEN = frozenset({"/health/live", "/health/ready", "/openapi.json", "/desk/key", "/desk/desk.css"})
"""Addresses that ask for no key. The page where a coordinator enters one, and its style, are among them."""

PAGES = ("/desk", "/report")
"""What a session at the desk opens, besides a key in the header: these addresses and what lies below them."""

SCOPES: tuple[tuple[str, str], ...] = (
    ("/v1/stamps", "write"),
    ("/v1/feedback", "write"),
    ("/v1/learners", "write"),
    ("/v1/", "recommend"),
    ("/metrics", "admin"),
    ("/desk", "coordinate"),
    ("/report", "coordinate"),
    ("/", "recommend"),
)
"""The scope that an address asks for: the first beginning that fits. Whoever may open a person has ``write``; neither
``coordinate`` nor ``admin`` does."""

FRESH_SECONDS = 5.0
"""How long a key is taken at its last word; so long a revoked one may still open."""
STALE_SECONDS = 600.0
"""How long it is when the store is away."""
LOOK_SECONDS = 0.5
"""How long looking a key up may take."""
PAUSE_SECONDS = 1.0
"""How long nobody looks one up again after the store did not say: who is known goes on without waiting."""
MOST_KEPT, MOST_UNKNOWN = 10_000, 1000
"""How many keys are remembered, and how many texts that are none: apart, so that whoever tries out texts pushes no key out."""
NO_KEY = (
    "Send your key in the header Authorization: Bearer …; the operator makes one with `python -m api keys create`. To "
    "try Leerlijn without one, serve a sample or simulated city on your own machine: python -m api serve --mode demo"
)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="leerlijn"'}


def scope_of(path: str) -> str:
    """The scope that an address asks for."""
    return next(scope for beginning, scope in SCOPES if path.startswith(beginning))


@dataclass(frozen=True)
class _Seen:
    key: Key | None
    at: float


class Keys:
    """Looks keys up, and remembers them for a few seconds.

    Parameters
    ----------
    store : Store
        Where their hashes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: OrderedDict[tuple[str, ...], _Seen] = OrderedDict()
        self._unknown: OrderedDict[tuple[str, ...], _Seen] = OrderedDict()
        self._silent_until = -float("inf")

    async def find(self, text: str) -> Key | None:
        """The key that a text is, None for one that never was.

        Raises
        ------
        StoreAway
            When the store does not answer and the key was not seen lately.
        """
        if not keys.shaped(text):
            return None
        # Remembered by its digest: no key stands in memory for longer than its request.
        return await self._remembered(("text", hashlib.sha256(text.encode()).hexdigest()), lambda: self._look(text))

    async def held(self, city: str, key_id: str) -> Key | None:
        """A city's key by its id, which is no secret and so opens nothing by itself; None for one that never was.

        Raises
        ------
        StoreAway
            As ``find``.
        """
        return await self._remembered(("id", city, key_id), lambda: self._look_by_id(city, key_id))

    async def _remembered(self, name: tuple[str, ...], look: Callable[[], Key | None]) -> Key | None:
        now, seen = time.monotonic(), self._seen.get(name) or self._unknown.get(name)
        if seen is not None and now - seen.at < FRESH_SECONDS:
            return seen.key
        try:
            if now < self._silent_until:
                raise StoreAway("the store did not answer a moment ago")
            async with asyncio.timeout(LOOK_SECONDS):
                key = await asyncio.to_thread(look)
        except (TimeoutError, DBAPIError, StoreAway):
            if now >= self._silent_until:
                self._silent_until = time.monotonic() + PAUSE_SECONDS
            if seen is not None and now - seen.at < STALE_SECONDS:
                return seen.key
            raise StoreAway("keys cannot be looked up") from None
        kept, most = (self._unknown, MOST_UNKNOWN) if key is None else (self._seen, MOST_KEPT)
        (self._seen if key is None else self._unknown).pop(name, None)
        kept[name] = _Seen(key, now)
        while len(kept) > most:
            kept.popitem(last=False)
        return key

    def _look(self, text: str) -> Key | None:
        with self._store.engine.connect() as connection:
            return keys.find(connection, text)

    def _look_by_id(self, city: str, key_id: str) -> Key | None:
        with self._store.engine.connect() as connection:
            return next((key for key in keys.listed(connection, city) if key.id == key_id), None)


async def admit(authorization: str, path: str, known: Keys, now: float) -> Key:
    """The key of a caller who may ask at this address.

    Parameters
    ----------
    authorization : str
        The header of that name.
    now : float
        Seconds since 1970 UTC.

    Raises
    ------
    Problem
        401 without a key, and for one that is unknown, expired or revoked; 403 for one without the scope.
    """
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "bearer" or not text:
        raise Problem(401, NO_KEY, headers=CHALLENGE)
    key = await known.find(text.strip())
    if key is None or not key.holds(now):
        raise Problem(401, "This key opens nothing: it is unknown, expired or revoked.", headers=CHALLENGE)
    needed = scope_of(path)
    if needed not in key.scopes:
        raise Problem(403, f"This key does not have the scope {needed!r}.", slug="scope", title="Not with this key")
    return key
