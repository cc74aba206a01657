"""``python -m api``: serve a city."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

import uvicorn

from api.app import create_app
from api.settings import MODES, Settings
from api.state import cities_to_serve
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
        where.add_argument(
            "--mode",
            choices=MODES,
            default=argparse.SUPPRESS,
            help="demo: no key, this machine alone, sample and simulated cities (the default); keys: a key for everything",
        )
    commands.add_parser("upgrade", help="bring the store's schema up to date")
    return parser


def run(arguments: Sequence[str]) -> None:
    """Do what the command line says."""
    given = vars(_parser().parse_args(arguments))
    command = given.pop("command") or "serve"
    settings = Settings.from_environment(os.environ, **given)
    if command == "upgrade":
        with Store(settings.store_url) as store:
            store.upgrade()
            print(f"The store has schema {store.version()}.")
        return
    with Store(settings.store_url) as store:
        # The same check is made when the application starts; here it ends in a sentence instead of a traceback.
        names = cities_to_serve(settings.city, settings.demo, store)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    address = f"http://{'[' + settings.host + ']' if ':' in settings.host else settings.host}:{settings.port}"
    print(f"Serving {', '.join(names)} in {settings.mode} mode on {address} (stop with Ctrl+C)", flush=True)
    # No access log of the server's own: it writes addresses as typed, which may name a learner.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def main() -> None:
    """Entry point: errors of ours are one sentence and exit code 2."""
    try:
        run(sys.argv[1:])
    except LeerlijnError as error:
        sys.exit(f"leerlijn-api: {error}")


if __name__ == "__main__":
    main()
