"""Several workers behind one socket: forked from one process that has loaded everything, and replaced when they die.

What a worker reads is loaded once, before the fork: the code, the catalogue and the memory-mapped release are then
the same pages of memory for all of them. Each has an event loop, a reader and a writer of its own.
"""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any, ClassVar

from fastapi import FastAPI
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker as Supervised
from uvicorn_worker import UvicornWorker

from api.app import create_app
from api.server import SPOKEN, Server
from api.service import open_cities
from api.settings import Settings
from recommender.routing.solve import warm_up

GRACE_SECONDS = 10
"""How long requests that are under way may take to finish once the service has been told to stop."""
KEEP_ALIVE_SECONDS = 30
HUNG_SECONDS = 60
"""A worker whose event loop gives no sign of life for so long is replaced."""


class Plain(Logger):  # type: ignore[misc]
    """Hands what the supervisor has to say to the log of the service, instead of writing it in a form of its own."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True


class Worker(UvicornWorker):  # type: ignore[misc]
    """One worker: the same server as when there is only one."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "access_log": False,  # the server's own writes addresses as typed, which may name a learner
        "server_header": False,
        **SPOKEN,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "lifespan": "on",
    }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        server = logging.getLogger("uvicorn.error")
        server.propagate = True
        server.setLevel(logging.WARNING)

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        server = Server(self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


class Supervisor(BaseApplication):  # type: ignore[misc]
    """The process that loads everything once, forks the workers, and forks new ones for those that die.

    Parameters
    ----------
    settings : Settings
        ``workers`` says how many.
    listening : socket
        Bound already; all workers take their connections from it.
    ended : callable
        Called with the process id of each worker that has ended.
    """

    def __init__(self, settings: Settings, listening: socket.socket, ended: Callable[[int], None]) -> None:
        self._settings, self._ended = settings, ended
        self._handle = listening.detach()  # from here on the supervisor's own, to close when it stops
        super().__init__()

    def load_config(self) -> None:
        """Say how the workers are run; nothing is read from files, environment or command line."""
        settings: dict[str, Any] = {
            "bind": f"fd://{self._handle}",
            "workers": self._settings.workers,
            "worker_class": Worker,
            "logger_class": Plain,
            "preload_app": True,
            "timeout": HUNG_SECONDS,
            "graceful_timeout": 2 * GRACE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "control_socket_disable": True,
            "proc_name": "leerlijn",
            "child_exit": self._child_exit,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def _child_exit(self, _: Arbiter, worker: Supervised) -> None:
        self._ended(worker.pid)

    def load(self) -> FastAPI:
        """The application with its cities loaded, before the fork; no connection to the store is left open."""
        opened = open_cities(self._settings)
        opened.store.close()
        warm_up()
        gc.collect()
        gc.freeze()  # what is there now is left alone, so that its pages stay shared
        return create_app(self._settings, opened=opened)
