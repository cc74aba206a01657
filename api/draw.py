"""The seed of the drawn place: stable for one asker within a day, and not to be guessed from outside."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np

from recommender.city import Catalogue, Clock
from recommender.context import DAY
from recommender.passport import Passport

MAX_KEY_SIZE = blake2b.MAX_KEY_SIZE


def seed_of(secret: bytes, who: bytes, at: int, catalogue: Catalogue) -> int:
    """Keyed digest of who asks and the city's own day, as 64 bits. What is asked does not count, nor the hour.

    Parameters
    ----------
    secret : bytes
        Of this installation; see ``Home.secret``.
    who : bytes
        A pseudonym, or for somebody the city does not know what ``traits_of`` gives.
    at : int
        The moment of asking, in seconds since 1970 UTC.
    """
    day = local_day(at, catalogue.clock)
    # Python's own BLAKE2 (RFC 7693): asking OpenSSL for an algorithm takes longer than the digest itself.
    digest = blake2b(b"%b\n%b\n%d" % (catalogue.city.encode(), who, day), key=secret[:MAX_KEY_SIZE], digest_size=8)
    return int.from_bytes(digest.digest(), "big")


@lru_cache(maxsize=256)  # most ask at the same few moments
def local_day(at: int, clock: Clock) -> int:
    """Days since 1970 on the city's own calendar."""
    place = max(int(np.searchsorted(clock.since, at, side="right")) - 1, 0)
    return (at + int(clock.offset[place])) // DAY


def traits_of(passport: Passport) -> bytes:
    """What stands for somebody the city does not know: all that the passport they lend says, each field with its length."""
    home, stamps = passport.home, passport.stamps
    told = (
        passport.age_low,
        passport.age_high,
        home and (home.lat, home.lon),
        passport.languages,
        sorted(passport.badges),
    )
    rows = (
        passport.wishes,
        passport.avoid,
        passport.less,
        passport.liked,
        passport.declined,
        stamps.activity,
        stamps.at,
        stamps.chosen_by,
    )
    return repr((told, [len(each) for each in rows])).encode() + b"".join(each.tobytes() for each in rows)
