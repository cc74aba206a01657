"""Batches that are sent again: under one ``Idempotency-Key`` the work is done once and the answer is the same."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, delete, insert, select

from api.problems import Problem
from api.service import service_of
from data.store import schema

KEPT_SECONDS = 86_400
HEADER = "idempotency-key"
MOST_LETTERS = 200


def key_of(request: Request) -> str:
    """The caller's key, ``""`` without one.

    Raises
    ------
    Problem
        422 for one that is too long.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > MOST_LETTERS:
        raise Problem(422, f"Idempotency-Key: at most {MOST_LETTERS} characters.")
    return key


async def once(request: Request, city: str, body: bytes, job: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
    """Do a job in a transaction, and answer what it answers; a second time under the same key only the latter.

    Raises
    ------
    Problem
        422 when the key came before with another body.
    """
    service, key = service_of(request), key_of(request)
    if not key:
        return await service.writer.do(job)
    # A keyed digest: whoever reads the store cannot try out which body it was.
    told = hmac.new(service.secret, request.url.path.encode() + b"\n" + body, hashlib.sha256).hexdigest()
    now = int(service.clock())
    table = schema.retries

    def with_key(connection: Connection) -> dict[str, Any]:
        connection.execute(delete(table).where(table.c.city == city, table.c.at < now - KEPT_SECONDS))
        mine = select(table.c.body, table.c.answer).where(table.c.city == city, table.c.key == key)
        before = connection.execute(mine).one_or_none()
        if before is None:
            answer = job(connection)
            values = {"city": city, "key": key, "body": told, "answer": json.dumps(answer), "at": now}
            connection.execute(insert(table).values(**values))
            return answer
        if not hmac.compare_digest(before.body, told):
            raise Problem(422, "Idempotency-Key: this key came before with another body; use a new one for new work.")
        found: dict[str, Any] = json.loads(before.answer)
        return found

    return await service.writer.do(with_key)
