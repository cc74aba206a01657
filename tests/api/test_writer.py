"""The writer: what nobody waits for any more is not done, and takes no memory."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection

from api.writer import Writer
from data.store import Store, StoreAway
from tests.api.conftest import Placed


class Batch(list[str]):
    """Something to write that can be looked for afterwards."""


def test_while_the_store_is_away_refused_work_does_not_pile_up(settle: Callable[..., Placed], tmp_path: Path) -> None:
    home, store_is_back, done = settle(tmp_path, releases=()), Event(), list[str]()

    def held_up(_: Connection) -> None:
        store_is_back.wait(60)
        done.append("begun before")

    async def away() -> None:
        with Store(home.store_url) as store:
            writer = Writer(store, patience=0.05)
            writer.start()
            with pytest.raises(StoreAway):
                await writer.do(held_up)
            for _ in range(3):
                batch = Batch(["stamps"])
                seen = weakref.ref(batch)
                with pytest.raises(StoreAway):
                    await writer.do(lambda _, batch=batch: done.extend(batch))  # type: ignore[misc]
                del batch
                assert seen() is None, "an app that sends it again and again fills the memory"
            store_is_back.set()
            writer.patience = 60
            assert await writer.do(lambda _: done.append("after")) is None
            await writer.stop()

    asyncio.run(away())
    assert done == ["begun before", "after"], "who was told to send it again will"
