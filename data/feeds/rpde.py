"""OpenActive's Realtime Paged Data Exchange: pages of updates and deletions, followed to their end and resumed later.

The end is a page without items whose ``next`` is its own address; a page without items alone is not. Items come in the
order of (modified, id), never twice; what does not is still taken, newest first, and said. A deleted item stays known
as deleted, since an older page may bring it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from data.feeds.content import parsed_json
from data.feeds.records import Rejected, raw
from data.feeds.said import text_of
from recommender.errors import BadInput

MOST_PAGES = 100_000
MOST_STALE = 10
"""Pages in a row that bring nothing new before a walk is broken off: a feed that repeats itself has no end."""

Fetch = Callable[[str], bytes | str]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Item:
    """The newest state of one item. ``data`` is None when it was deleted; ``source`` and ``line`` tell its page."""

    kind: str
    id: str
    modified: int
    data: Mapping[str, Any] | None
    source: str
    line: int


@dataclass(frozen=True)
class Page:
    """One page: its ``items``, what ``next`` says, and what could not be used."""

    items: tuple[Item, ...]
    next: str
    rejected: tuple[Rejected, ...] = ()


@dataclass
class Harvest:
    """All items met so far, and where to go on.

    Attributes
    ----------
    items : dict of (feed, kind, id) to Item
        Deleted ones included.
    cursor : str
        The address to ask next; keep it, and the items, to go on another day.
    complete : bool
        Whether the end was reached.
    last : Page or None
        The page that was taken last.
    """

    items: dict[Key, Item] = field(default_factory=dict)
    cursor: str = ""
    complete: bool = False
    pages: int = 0
    records: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    last: Page | None = field(default=None, repr=False, compare=False)

    def take(self, page: Page, feed: str) -> int:
        """Take over a page's items, each only when it is newer than what is known of it; gives how many were new."""
        new = 0
        self.last = page
        self.pages += 1
        self.records += len(page.items) + len(page.rejected)
        self.rejected += page.rejected
        for item in page.items:
            key = (feed, item.kind, item.id)
            before = self.items.get(key)
            if before is None or item.modified >= before.modified:
                new += before is None or item.modified > before.modified
                self.items[key] = item
        return new


def _item(record: Any, source: str, line: int) -> Item | str:
    """An item, or what was expected instead."""
    if not isinstance(record, Mapping):
        return "an object with state, kind, id and modified"
    name, state = text_of(record.get("id")), record.get("state")
    if not name:
        return "an id"
    if state not in ("updated", "deleted"):
        return "state updated or deleted"
    try:
        # Both numbers and their texts are in use.
        modified = int(text_of(record.get("modified")))
    except ValueError:
        return "modified as a whole number"
    data = record.get("data")
    if state == "updated" and not isinstance(data, Mapping):
        return "data"
    kind = text_of(record.get("kind"))
    return Item(kind, name, modified, data if state == "updated" else None, source, line)


def parse_page(content: bytes | str, source: str) -> Page:
    """One page of a feed.

    Raises
    ------
    BadInput
        When it is no JSON, or has no ``items`` and ``next``.
    """
    found = parsed_json(content, source)
    if not isinstance(found, Mapping) or not isinstance(found.get("items"), list):
        raise BadInput(f"{source}: no list 'items'; this is no page of an RPDE feed")
    after = found.get("next")
    if not isinstance(after, str) or not after:
        raise BadInput(f"{source}: no address 'next'; every page of an RPDE feed has one, the last one too")
    items, rejected = [], []
    for line, record in enumerate(found["items"], start=1):
        item = _item(record, source, line)
        if isinstance(item, Item):
            items.append(item)
        else:
            rejected.append(Rejected(line, "", raw(record)[:80], item, raw(record), source))
    return Page(tuple(items), after, tuple(rejected))


def feed_of(address: str) -> str:
    """A feed's own address: without what pages it."""
    return address.partition("?")[0].rstrip("/")


def follow(fetch: Fetch, cursor: str, harvest: Harvest, most: int = MOST_PAGES) -> Iterator[Harvest]:
    """Follow a feed from a cursor, page by page; after each page the harvest can be kept and resumed from.

    Parameters
    ----------
    fetch : callable
        Gives the content behind an address. What it raises ends the walk, with the harvest as it was.
    cursor : str
        The feed's address at first, later the cursor kept from before.
    harvest : Harvest
        Grows.
    most : int
        Pages after which the walk is broken off.

    Raises
    ------
    BadInput
        For a page that is none.
    """
    harvest.cursor, harvest.complete = cursor, False
    seen: set[str] = set()
    last: tuple[int, str] | None = None
    disorder = stale = 0
    while len(seen) < most:
        address = harvest.cursor
        seen.add(address)
        page = parse_page(fetch(address), address)
        stale = 0 if harvest.take(page, feed_of(cursor)) or not page.items else stale + 1
        for item in page.items:
            disorder += last is not None and (item.modified, item.id) <= last
            last = (item.modified, item.id)
        if page.next == address:
            harvest.complete = not page.items
            if page.items:
                harvest.notes.append(f"{address}: next is the page itself though it has items; broken off there")
        elif page.next in seen:
            harvest.notes.append(f"{address}: next leads back to {page.next}; broken off there")
        elif stale == MOST_STALE:
            harvest.notes.append(f"{address}: {stale} pages in a row brought nothing new; broken off there")
        else:
            harvest.cursor = page.next
            yield harvest
            continue
        break
    else:
        harvest.notes.append(f"{cursor}: no end after {most:,} pages; broken off, go on from {harvest.cursor}")
    if disorder:
        harvest.notes.append(f"{feed_of(cursor)}: items not in order of (modified, id), or twice: {disorder}")
    yield harvest


def harvest(fetch: Fetch, cursor: str, before: Harvest | None = None, most: int = MOST_PAGES) -> Harvest:
    """A feed followed to its end, on top of what was kept of it before; see ``follow``."""
    whole = before or Harvest()
    for _ in follow(fetch, cursor, whole, most):
        pass
    return whole
