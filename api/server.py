"""The server that carries the application, in one worker or several."""

from __future__ import annotations

from types import FrameType
from typing import Any

import uvicorn

SPOKEN: dict[str, Any] = {"http": "h11", "ws": "none"}
"""Plain HTTP, read by what stops at 64 KiB of headers: the other reader, which is taken where it happens to be installed,
reads on for as long as somebody sends. Web sockets are no part of the contract.
"""


class Server(uvicorn.Server):
    """Tells the application as soon as it is asked to stop, so that ``/health/ready`` can say so."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app: Any = self.config.app
        app.state.stopping = True
        super().handle_exit(sig, frame)
