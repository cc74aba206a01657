"""Pages of a feed that is no RPDE, saved as files: one calendar or table, or page after page of JSON.

Pages are fetched into a folder aside, which takes the place of the one that was there when the last page is in it: what is
read is whole. A walk that was cut off goes on in the folder aside.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from data.feeds.content import parsed_json
from data.feeds.web import Fetched, Fetcher
from data.home import replace_file
from recommender.errors import BadInput

STATE = "pages.json"
WHOLE, ASIDE = "pages", "pages.part"
MOST_PAGES = 20_000
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


@dataclass
class Walk:
    """How far a walk is.

    Attributes
    ----------
    address : str
        Where it began.
    next : str
        The page to fetch; ``""`` at the end.
    files, digests, seen : list of str
        Of the pages that are there: file, sha256 and address.
    tag, changed : str
        What the first page said of its version, to ask whether it is still that.
    """

    address: str
    next: str
    files: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    tag: str = ""
    changed: str = ""
    notes: list[str] = field(default_factory=list)


def ending_of(feed: str, content: bytes) -> str:
    """The ending by which a feed's reader knows a file."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if feed == "ical":
        return ".ics"
    if start == b"<":
        return ".xml" if feed == "uitdatabank" else ".html"
    return ".csv" if feed in ("toronto", "opencitydata") or (feed == "madrid" and start not in b"{[") else ".json"


def next_of(answer: Fetched, ending: str) -> str:
    """The address of the page after this one, ``""`` when it names none.

    Understood are the header ``Link``, ``nextPage`` and Hydra's ``view`` in JSON, and UiTdatabank's ``totalItems`` with
    ``start``.
    """
    linked = _NEXT.search(answer.headers.get("link", ""))
    if linked:
        return str(urljoin(answer.address, linked[1]))
    if ending != ".json" or answer.content is None:
        return ""
    found = parsed_json(answer.content, answer.address)
    if not isinstance(found, Mapping):
        return ""
    view: Mapping[str, Any] = next(
        (found[name] for name in ("view", "hydra:view") if isinstance(found.get(name), Mapping)), {}
    )
    for said in (found.get("nextPage"), found.get("hydra:nextPage"), view.get("next"), view.get("hydra:next")):
        if isinstance(said, Mapping):
            said = said.get("@id")
        if isinstance(said, str) and said:
            return urljoin(answer.address, said)
    return _further(found, answer.address)


def _further(found: Mapping[str, Any], address: str) -> str:
    """The next ``start`` of a list that says how long it is."""
    total, held = found.get("totalItems"), found.get("member", found.get("hydra:member"))
    if not isinstance(total, int) or isinstance(total, bool) or not isinstance(held, list) or not held:
        return ""
    parts = urlsplit(address)
    asked = parse_qs(parts.query, keep_blank_values=True)
    try:
        start = int(asked.get("start", ["0"])[0])
    except ValueError:
        return ""
    if start + len(held) >= total:
        return ""
    asked["start"] = [str(start + len(held))]
    return urlunsplit(parts._replace(query=urlencode(asked, doseq=True)))


def _read(file: Path, address: str) -> Walk | None:
    try:
        walk = Walk(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError):
        return None  # of somebody who was cut off, or of another version
    return walk if walk.address == address and all((file.parent / name).is_file() for name in walk.files) else None


def walk(
    fetcher: Fetcher,
    folder: Path,
    feed: str,
    address: str,
    tell: Callable[[int, int], None] = lambda _pages, _bytes: None,
    most: int = MOST_PAGES,
) -> tuple[Path, list[str]]:
    """Fetch all pages of a feed, and give the folder they are in and what is to be said of them.

    Raises
    ------
    BadInput
        When a page cannot be fetched: the pages before it are kept, and the next walk goes on from there.
    """
    whole, aside = folder / WHOLE, folder / ASIDE
    before = _read(whole / STATE, address)
    here = _read(aside / STATE, address)
    if here is None:
        if aside.exists():
            shutil.rmtree(aside)
        here = Walk(address, address)
    while here.next:
        at = here.next
        asked = _still(before) if not here.files and before is not None else {}
        answer = fetcher.get(at, asked, within=address)
        if answer.content is None:
            if before is None:
                raise BadInput(f"{at}: the server says that nothing changed, and nothing was fetched before")
            return whole, [*before.notes, f"{address}: unchanged since it was fetched"]
        ending = ending_of(feed, answer.content)
        after = next_of(answer, ending)
        digest = hashlib.sha256(answer.content).hexdigest()
        again = digest in here.digests
        if not again:
            aside.mkdir(parents=True, exist_ok=True)
            name = f"page-{len(here.files) + 1:05}{ending}"
            replace_file(aside / name, answer.content)
            if not here.files:
                here.tag, here.changed = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
            here.files.append(name)
        here.digests.append(digest)
        here.seen.append(at)
        here.next = "" if again or after in here.seen else after
        if again:
            here.notes.append(f"{at}: the same as a page before it; broken off there")
        elif after in here.seen:
            here.notes.append(f"{at}: leads back to {after}; broken off there")
        replace_file(aside / STATE, json.dumps(asdict(here), indent=1))
        tell(len(here.files), fetcher.bytes)
        if here.next and len(here.seen) >= most:
            raise BadInput(f"{address}: no end after {most:,} pages; nothing was loaded")
    gone = folder / "pages.old"
    shutil.rmtree(gone, ignore_errors=True)
    if whole.exists():
        whole.rename(gone)
    aside.rename(whole)
    shutil.rmtree(gone, ignore_errors=True)
    return whole, here.notes


def _still(before: Walk) -> dict[str, str]:
    """Headers that ask whether a feed of one page is still what it was."""
    if len(before.seen) != 1:
        return {}
    asked = {"If-None-Match": before.tag, "If-Modified-Since": before.changed}
    return {name: value for name, value in asked.items() if value}
