"""The server that carries the application, in one worker or several."""

from __future__ import annotations

import asyncio
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long, after the time that a connection may be idle, a whole request head may take to arrive."""


class Prompt(H11Protocol):
    """One connection. Where no request is under way one must come in time, whole head and all, else the connection is closed:
    a thousand callers who each send a letter a minute would otherwise leave no room for anybody else.
    """

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self.loop.call_later(self.timeout_keep_alive + HEAD_SECONDS, self._too_late)

    def _too_late(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: whoever asks for another protocol is answered in this one, and writes nothing into the log."""


SPOKEN: dict[str, Any] = {"http": Prompt, "ws": "none"}
"""Plain HTTP, read by what stops at 64 KiB of headers: the other reader, which is taken where it happens to be installed,
reads on for as long as somebody sends. Web sockets are no part of the contract.
"""


class Server(uvicorn.Server):
    """Tells the application as soon as it is asked to stop, so that ``/health/ready`` can say so."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app: Any = self.config.app
        app.state.stopping = True
        super().handle_exit(sig, frame)
