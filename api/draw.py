"""The seed of the drawn place: stable for one asker within a day, and not to be guessed from outside."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import numpy as np

from recommender.city import Catalogue, Clock
from recommender.context import DAY
from recommender.passport import Passport, Request

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def seed_of(secret: bytes, who: str, at: int, catalogue: Catalogue) -> int:
    """HMAC of who asks and the city's own day, as 64 bits.

    Parameters
    ----------
    secret : bytes
        Of this installation; see ``Home.secret``.
    who : str
        A pseudonym, or for somebody the city does not know the digest of their question.
    at : int
        The moment of asking, in seconds since 1970 UTC.
    """
    day = local_day(at, catalogue.clock)
    digest = hmac.digest(secret, f"{catalogue.city}\n{who}\n{day}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big")


def local_day(at: int, clock: Clock) -> int:
    """Days since 1970 on the city's own calendar."""
    place = max(int(np.searchsorted(clock.since, at, side="right")) - 1, 0)
    return (at + int(clock.offset[place])) // DAY


def digest_of(passport: Passport, request: Request) -> str:
    """What stands for somebody the city does not know: a digest of the passport they lend and what they ask.

    The hour does not count, so the drawn place holds for the day.
    """
    asked = [_plain(passport, "stamps"), _plain(passport.stamps, "not_found"), _plain(request, "at", "seed")]
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def _plain(value: DataclassInstance, *without: str) -> dict[str, object]:
    """The fields of a value, arrays as their bytes and sets in order."""
    return {
        name: entry.tobytes()
        if isinstance(entry, np.ndarray)
        else sorted(entry)
        if isinstance(entry, frozenset)
        else entry
        for name, entry in vars(value).items()
        if name not in without
    }
