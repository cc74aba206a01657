"""``python -m api``: serve a city, and hand out the keys to it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial

import uvicorn

from api import keys_command, logs
from api.cities import cities_to_serve
from api.listen import listen
from api.server import SPOKEN, Server
from api.settings import MODES, Settings
from data.store import Store
from recommender.errors import LeerlijnError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve a learning city over HTTP.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve in the foreground (the default)")
    for where in (parser, serve):
        where.add_argument("--city", default=argparse.SUPPRESS, help="the city to serve, when the store holds several")
        where.add_argument("--host", default=argparse.SUPPRESS, help="address to listen on (127.0.0.1)")
        where.add_argument("--port", type=int, default=argparse.SUPPRESS, help="port to listen on (8000)")
        where.add_argument("--workers", type=int, default=argparse.SUPPRESS, help="processes that answer (1)")
        where.add_argument(
            "--mode",
            choices=MODES,
            default=argparse.SUPPRESS,
            help="demo: no key, this machine alone, sample and simulated cities (the default); keys: a key for everything",
        )
        where.add_argument(
            "--example",
            action="store_true",
            default=argparse.SUPPRESS,
            help="print a question and its answer when ready",
        )
    commands.add_parser("upgrade", help="bring the store's schema up to date")
    keys_command.add_to(commands)
    return parser


def run(arguments: Sequence[str]) -> None:
    """Do what the command line says."""
    given = vars(_parser().parse_args(arguments))
    command = given.pop("command") or "serve"
    with_example = given.pop("example", False)
    of_settings = {field.name for field in fields(Settings)}
    asked = {name: value for name, value in given.items() if name in of_settings}
    settings = Settings.from_environment(os.environ, **asked)
    if command == "keys":
        with Store(settings.store_url) as store:
            keys_command.run(store, settings.city, given)
        return
    if command == "upgrade":
        with Store(settings.store_url) as store:
            store.upgrade()
            print(f"The store has schema {store.version()}.")
        return
    with Store(settings.store_url) as store:
        # The same check is made when the application starts; here it ends in a sentence instead of a traceback.
        names = cities_to_serve(settings.city, settings.demo, store)
    logs.set_up(settings.log, {"alembic": logging.WARNING, "uvicorn": logging.WARNING})
    with listen(settings.host, settings.port) as listening:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listening.getsockname()[1]}"
        print(f"Serving {', '.join(names)} in {settings.mode} mode on {address} (stop with Ctrl+C)", flush=True)
        if settings.workers > 1:
            _serve_several(settings, listening)
        else:
            _serve_one(settings, listening, address, with_example)


def _serve_several(settings: Settings, listening: socket.socket) -> None:
    folder, starter = tempfile.mkdtemp(prefix="leerlijn-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # the library looks here, once, when it is imported
    from api.metrics import forget_worker
    from api.workers import Supervisor

    try:
        Supervisor(settings, listening, forget_worker).run()
    finally:
        if os.getpid() == starter:  # a worker that ends comes by here too
            shutil.rmtree(folder, ignore_errors=True)


def _serve_one(settings: Settings, listening: socket.socket, address: str, with_example: bool) -> None:
    from api import example
    from api.app import create_app

    # No access log of the server's own: it writes addresses as typed, which may name a learner.
    app = create_app(settings, ready_to_plan=True)
    show = partial(example.example, app, address) if with_example and settings.demo else None
    config = uvicorn.Config(
        app, access_log=False, server_header=False, log_config=None, timeout_graceful_shutdown=10, **SPOKEN
    )
    with suppress(KeyboardInterrupt):  # raised once more after everything has been closed in order
        _Server(config, show).run([listening])


class _Server(Server):
    """A server that prints something as soon as it answers.

    Parameters
    ----------
    show : callable or None
        Gives what to print; runs beside the server, so it may ask it something.
    """

    def __init__(self, config: uvicorn.Config, show: Callable[[], str] | None) -> None:
        super().__init__(config)
        self._show = show
        self._showing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._show:
            self._showing = asyncio.create_task(asyncio.to_thread(self._print, self._show))

    @staticmethod
    def _print(show: Callable[[], str]) -> None:
        try:
            print(show(), flush=True)
        except Exception as error:  # an example that fails is no reason to stop serving
            print(f"No example: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def main() -> None:
    """Entry point: errors of ours are one sentence and exit code 2."""
    try:
        run(sys.argv[1:])
    except LeerlijnError as error:
        sys.exit(f"leerlijn-api: {error}")


if __name__ == "__main__":
    main()
