"""``python -m api keys``: make, list, rotate and revoke the keys that apps and coordinators ask with."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from data.store import Store, keys
from data.store.keys import SCOPES, Key
from recommender.errors import BadInput

DAY = 86_400
_ABOUT = """\
recommend   ask for recommendations and routes, read the catalogue
write       send stamps and feedback; see, change and erase a learner
coordinate  read evaluations and reports; never one person
admin       read the service's own figures

A key is shown once, when it is made. The store holds only its hash."""


def add_to(commands: Any) -> None:
    """Add ``keys`` to the commands of ``python -m api``."""
    parser = commands.add_parser(
        "keys", help="make, list, rotate and revoke keys", epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser(
        "create", help="make a key, and show it once", epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    create.add_argument("--scope", action="append", required=True, choices=SCOPES, help="may be given several times")
    create.add_argument("--label", default="", help="whose key it is, to tell it from others")
    listing = actions.add_parser("list", help="show the keys of a city, without their secrets")
    rotate = actions.add_parser("rotate", help="make a new key like an old one, which goes on for a while")
    rotate.add_argument("--grace", type=float, default=7.0, help="days for which the old one still opens (7)")
    revoke = actions.add_parser("revoke", help="let a key open nothing from now on")
    for action in (create, rotate):
        action.add_argument("--days", type=float, help="days until it expires (never)")
    for action in (rotate, revoke):
        action.add_argument("id", help="as `keys list` shows it")
    for action in (create, listing, rotate, revoke):
        action.add_argument("--city", default=argparse.SUPPRESS, help="whose, when the store holds several")


def run(store: Store, wanted: str, given: dict[str, Any]) -> None:
    """Do what the command line says.

    Raises
    ------
    BadInput
        When it is not clear which city is meant, or there is no such key.
    """
    store.check()
    cities = store.cities()
    city = wanted or (cities[0] if len(cities) == 1 else "")
    if city not in cities:
        raise BadInput(f"name the city with --city: the store holds {', '.join(cities) or 'none yet; load one first'}")
    now, action = int(time.time()), given["action"]
    if action == "list":
        with store.engine.connect() as connection:
            print("\n".join(_line(key, now) for key in keys.listed(connection, city)) or f"{city} has no keys yet.")
        return
    lasts = given.get("days")
    if lasts is not None and lasts <= 0:
        raise BadInput(f"--days: {lasts:g} is not above 0")
    seconds = None if lasts is None else int(lasts * DAY)
    with store.transaction() as connection:
        if action == "revoke":
            keys.revoke(connection, city, given["id"], now)
            print(f"{given['id']} opens nothing any more, within a few seconds everywhere.")
            return
        if action == "create":
            expires = None if seconds is None else now + seconds
            text = keys.create(connection, city, given["scope"], given["label"], now, expires)
        else:
            text = keys.rotate(connection, city, given["id"], now, int(given["grace"] * DAY), seconds)
    print(f"{text}\n\nKeep it safe: it is not shown again. Send it as  Authorization: Bearer {text[:12]}…")


def _line(key: Key, now: int) -> str:
    ends = "never expires" if key.expires_at is None else f"expires {_day(key.expires_at)}"
    state = (
        "revoked" if key.revoked_at is not None else ends if key.holds(now) else f"expired {_day(key.expires_at or 0)}"
    )
    return f"{key.id}  {' '.join(key.scopes):<32}  made {_day(key.created_at)}  {state}  {key.label}".rstrip()


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
