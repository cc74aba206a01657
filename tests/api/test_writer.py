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
    has_begun = Event()

    def held_up(_: Connection) -> None:
        has_begun.set()
        store_is_back.wait(60)
        done.append("begun before")

    async def away() -> None:
        with Store(home.store_url) as store:
            writer = Writer(store, patience=1.0)
            writer.start()
            begun = asyncio.ensure_future(writer.do(held_up))
            await asyncio.to_thread(has_begun.wait)
            batch = Batch(["stamps"])
            seen = weakref.ref(batch)
            with pytest.raises(StoreAway, match="in time"):
                await writer.do(lambda _, batch=batch: done.extend(batch))  # type: ignore[misc]
            del batch
            with pytest.raises(StoreAway, match="in time"):
                await begun
            assert seen() is None, "an app that sends it again and again fills the memory"
            with pytest.raises(StoreAway, match="in vain"):  # whoever comes now need not wait to hear it
                await writer.do(lambda _: done.append("too late"))
            store_is_back.set()
            while not done:
                await asyncio.sleep(0.01)
            writer.patience = 60
            assert await writer.do(lambda _: done.append("after")) is None
            await writer.stop()

    asyncio.run(away())
    assert done == ["begun before", "after"], "who was told to send it again will"
