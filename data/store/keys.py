"""Keys: who may ask what of which city. A key is shown once, when it is made; the store holds its hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, select, update

from data.store import schema
from recommender.errors import BadInput

SCOPES = ("recommend", "write", "coordinate", "admin")
_PREFIX = "leerlijn"
_LONGEST = 200


@dataclass(frozen=True)
class Key:
    """A key as the store knows it: everything but the secret. Times are seconds since 1970 UTC."""

    id: str
    city: str
    scopes: tuple[str, ...]
    label: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def holds(self, at: float) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    connection: Connection, city: str, scopes: Collection[str], label: str, at: int, expires_at: int | None
) -> str:
    """Make a key and give its text, which cannot be found again.

    Raises
    ------
    BadInput
        For a scope that is none, or an end before its beginning.
    """
    unknown = sorted({*scopes} - {*SCOPES})
    if unknown or not scopes:
        raise BadInput(f"scope {', '.join(unknown) or '(none)'}: give one or more of {', '.join(SCOPES)}")
    if expires_at is not None and expires_at <= at:
        raise BadInput("a key must expire after it is made")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    held = " ".join(scope for scope in SCOPES if scope in scopes)
    connection.execute(
        insert(schema.keys).values(
            key_id=key_id, city=city, hash=_hash(secret), scopes=held, label=label or None, created_at=at,
            expires_at=expires_at,
        )
    )  # fmt: skip
    return f"{_PREFIX}_{key_id}_{secret}"


def shaped(text: str) -> bool:
    """Whether a text looks like a key: what does not needs nobody to look it up."""
    prefix, _, rest = text.partition("_")
    return prefix == _PREFIX and bool(rest.partition("_")[2]) and len(text) <= _LONGEST and text.isascii()


def find(connection: Connection, text: str) -> Key | None:
    """The key that a text is, None for one that never was."""
    if not shaped(text):
        return None
    _, key_id, secret = text.split("_", 2)
    table = schema.keys
    row = connection.execute(select(table).where(table.c.key_id == key_id)).mappings().one_or_none()
    # Compared also where there is none: how long this takes tells nobody which keys exist.
    held = row["hash"] if row is not None else _hash("")
    if not secrets.compare_digest(held, _hash(secret)) or row is None:
        return None
    return _key(row)


def _key(values: RowMapping) -> Key:
    return Key(
        values["key_id"], values["city"], tuple(values["scopes"].split()), values["label"] or "",
        values["created_at"], values["expires_at"], values["revoked_at"],
    )  # fmt: skip


def listed(connection: Connection, city: str) -> list[Key]:
    """A city's keys, oldest first."""
    table = schema.keys
    query = select(table).where(table.c.city == city).order_by(table.c.created_at, table.c.key_id)
    return [_key(row) for row in connection.execute(query).mappings()]


def revoke(connection: Connection, city: str, key_id: str, at: int) -> None:
    """Let a key open nothing from now on.

    Raises
    ------
    BadInput
        When the city has no such key.
    """
    table = schema.keys
    mine = (table.c.city == city, table.c.key_id == key_id)
    if not connection.execute(update(table).where(*mine).values(revoked_at=at)).rowcount:
        raise BadInput(f"city {city!r} has no key {key_id!r}: `python -m api keys list` shows them")


def rotate(connection: Connection, city: str, key_id: str, at: int, grace: int, lasts: int | None) -> str:
    """Make a new key like an old one, which goes on for a while so that callers can change over.

    Parameters
    ----------
    grace : int
        Seconds for which the old one still opens.
    lasts : int or None
        Seconds for which the new one opens; None without end.
    """
    old = next((key for key in listed(connection, city) if key.id == key_id), None)
    if old is None or not old.holds(at):
        raise BadInput(f"city {city!r} has no key {key_id!r} in use: `python -m api keys list` shows them")
    text = create(connection, city, old.scopes, old.label, at, None if lasts is None else at + lasts)
    ends = at + grace if old.expires_at is None else min(old.expires_at, at + grace)
    table = schema.keys
    connection.execute(update(table).where(table.c.key_id == key_id).values(expires_at=ends))
    return text
