"""A feed from its address: fetched within limits, kept, gone on with where it was cut off, and read as if it were a file."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from data.feeds import openactive, pages
from data.feeds.journal import Journal
from data.feeds.registry import FEEDS, reader
from data.feeds.rows import Context, city_of, now_of
from data.feeds.rpde import Harvest, follow
from data.feeds.web import Fetcher, FetchError, origin
from data.folder import SETTINGS
from data.tables import Tables
from recommender.errors import BadInput

RPDE = "openactive"
MOST_PAGES = 100_000
Tell = Callable[[str, int, int], None]
"""Address, pages so far, bytes so far."""


def _quiet(_address: str, _pages: int, _bytes: int) -> None:
    return None


def folder_of(feeds: Path, address: str) -> Path:
    """The folder in which a feed is kept: named for its host and path, told apart by the whole address."""
    parts = urlsplit(address)
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{parts.hostname}{parts.path}").strip("-")
    return feeds / f"{name[:60]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def fetch(
    addresses: Sequence[str],
    feed: str,
    feeds: Path,
    fetcher: Fetcher | None = None,
    fresh: bool = False,
    now: int | None = None,
    tell: Tell = _quiet,
    most: int = MOST_PAGES,
) -> Tables:
    """Validated tables of a feed that is fetched from its address.

    Parameters
    ----------
    addresses : sequence of str
        One; of OpenActive several, whose series and sessions belong together.
    feed : str
        How to read it: one of ``FEEDS`` but ``several``.
    feeds : Path
        Where fetched feeds of the city are kept. A ``city.toml`` in it, and tables of one's own, hold for all of them.
    fresh : bool
        True forgets what was fetched before.
    now : int or None
        For the reader; seconds since 1970 UTC.
    most : int
        Pages of one feed after which a run ends.

    Raises
    ------
    BadInput
        When there is no such feed, or it cannot be fetched whole. What was fetched is kept for the next time.
    """
    if feed not in FEEDS or feed == "several":
        known = ", ".join(name for name in FEEDS if name != "several")
        raise BadInput(f"--feed: {feed!r} cannot be read from an address; one of {known} can")
    if len(addresses) > 1 and feed != RPDE:
        raise BadInput(f"--feed {feed} reads one address at a time; several make feeds.toml (see docs/feeds.md)")
    for address in addresses:
        origin(address)
    with (fetcher or Fetcher()).opened() as open_fetcher:
        if feed == RPDE:
            return _openactive(addresses, feeds, open_fetcher, fresh, now, tell, most)
        (address,) = addresses
        folder = folder_of(feeds, address)
        if fresh:
            _forget(folder)
        where, notes = pages.walk(
            open_fetcher, folder, feed, address, lambda number, size: tell(address, number, size), most
        )
        _with_own(feeds, where)
        tables = reader(feed)(where, now)
    return replace(tables, notes=(*tables.notes, *notes))


def _with_own(feeds: Path, pages_folder: Path) -> None:
    """Put the city's own settings and tables beside the pages, where readers look for them."""
    csv_pages = any(pages_folder.glob("page-*.csv"))
    for file in feeds.glob("*"):
        if file.name == SETTINGS or (file.suffix in (".csv", ".jsonld", ".ttl") and not csv_pages):
            shutil.copyfile(file, pages_folder / file.name)


def _forget(folder: Path) -> None:
    for name in (pages.WHOLE, pages.ASIDE):
        (folder / name / pages.STATE).unlink(missing_ok=True)


def _openactive(
    addresses: Sequence[str], feeds: Path, fetcher: Fetcher, fresh: bool, now: int | None, tell: Tell, most: int
) -> Tables:
    whole = Harvest()
    for address in addresses:
        one = _walked(address, folder_of(feeds, address), fetcher, fresh, tell, most)
        whole.items |= one.items
        whole.pages += one.pages
        whole.records += one.records
        whole.rejected += one.rejected
        whole.notes += one.notes
    city = city_of(feeds, openactive.CITY)
    source = urlsplit(addresses[0]).hostname or RPDE
    return openactive.tables_from(whole, Context(source, city, now_of(city, now), openactive.mapping(feeds)), source)


def _walked(address: str, folder: Path, fetcher: Fetcher, fresh: bool, tell: Tell, most: int) -> Harvest:
    """One RPDE feed followed to its end, every page on the disk before the next one is asked for."""
    journal = Journal(folder, address)
    if fresh:
        journal.forget()
    found = journal.harvest

    def page(asked: str) -> bytes:
        content = fetcher.get(asked, within=address).content
        if content is None:
            raise FetchError(f"{asked}: the server says that nothing changed, and was not asked that")
        return content

    try:
        for _ in follow(page, found.cursor, found, most):
            if found.last is not None:
                journal.page(list(found.last.items), list(found.last.rejected))
            tell(address, found.pages, fetcher.bytes)
    except BadInput as error:
        kept = f"{found.pages:,} pages are kept; run it again to go on from there" if journal.began else ""
        raise FetchError(f"{error}{'. ' if kept else ''}{kept}") from None
    if not found.complete and any("no end after" in note for note in found.notes):
        raise FetchError(f"{found.notes[-1]}. Nothing was loaded; run it again to go on from there")
    journal.pack()
    return found


__all__ = ["fetch", "folder_of"]
