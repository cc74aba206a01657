"""A key's bucket of tokens, shared by every worker that takes from it; inside a transaction that somebody else opened."""

from __future__ import annotations

from math import floor

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store import schema


def lease(
    connection: Connection, city: str, key_id: str, want: int, rate: float, burst: float, at: float, back: int = 0
) -> tuple[int, float]:
    """Take tokens out of a key's bucket, to be spent by one worker.

    Parameters
    ----------
    want : int
        How many at most.
    rate, burst : float
        Tokens that come in per second, and what the bucket holds at most. A key that was never seen has a full one.
    at : float
        Seconds since 1970 UTC. A clock that goes back brings nothing in.
    back : int
        Tokens from before that were not spent, to be put back first.

    Returns
    -------
    taken, left : int, float
        How many were taken, and what is in the bucket after that.
    """
    table = schema.allowances
    values = {"city": city, "key_id": key_id, "tokens": float(burst), "at": at}
    kind = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(kind.insert(table).values(**values).on_conflict_do_nothing())
    mine = (table.c.city == city, table.c.key_id == key_id)
    tokens, since = connection.execute(select(table.c.tokens, table.c.at).where(*mine).with_for_update()).one()
    tokens = min(burst, tokens + max(0.0, at - since) * rate + back)
    taken = max(0, min(want, floor(tokens)))
    connection.execute(update(table).where(*mine).values(tokens=tokens - taken, at=max(at, since)))
    return taken, tokens - taken
