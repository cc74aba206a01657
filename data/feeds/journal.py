"""What was fetched of a feed that pages and forgets (RPDE), kept so that a walk goes on where it was cut off.

A file of lines: items as they came, and after each page a line with the address to go on from. A page counts once that line
is there whole; whoever was killed in the middle of it fetches it again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.feeds.records import Rejected
from data.feeds.rpde import Harvest, Item, feed_of
from data.home import replace_file
from recommender.errors import BadInput

FILE = "items.jsonl"


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _item_of(told: dict[str, Any]) -> Item:
    return Item(told["kind"], told["id"], told["modified"], told["data"], told["source"], told["line"])


class Journal:
    """The harvest of one feed on disk.

    Parameters
    ----------
    folder : Path
        Its own; made when something is kept.
    address : str
        Where the feed begins.

    Raises
    ------
    BadInput
        When the folder holds what was fetched from another address.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.file, self.address = folder / FILE, address
        self.harvest = Harvest(cursor=address)
        self.began = False
        self._kept = 0
        self._read()

    def _read(self) -> None:
        try:
            lines = self.file.open("rb")
        except FileNotFoundError:
            return
        whole, waiting, here = 0, [], 0
        with lines:
            for line in lines:
                here += len(line)
                try:
                    told = json.loads(line)
                except ValueError:
                    break  # the end of somebody who was cut off
                if "cursor" not in told:
                    waiting.append(told)
                    continue
                if told["feed"] != self.address:
                    raise BadInput(f"{self.file}: holds what came from {told['feed']}, not from {self.address}")
                self._take(waiting, told)
                waiting, whole = [], here
        self._kept = whole

    def _take(self, waiting: list[dict[str, Any]], told: dict[str, Any]) -> None:
        found, feed = self.harvest, feed_of(self.address)
        for one in waiting:
            if "rejected" in one:
                found.rejected.append(Rejected(**one["rejected"]))
                continue
            item = _item_of(one)
            key = (feed, item.kind, item.id)
            before = found.items.get(key)
            if before is None or item.modified >= before.modified:
                found.items[key] = item
        found.cursor, found.complete = told["cursor"], told["complete"]
        found.pages, found.records = told["pages"], told["records"]
        self.began = True

    def page(self, items: list[Item], rejected: list[Rejected]) -> None:
        """Keep a page, on the disk before this returns; ``harvest`` says already where to go on."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        content = [_line(asdict(item)) for item in items]
        content += [_line({"rejected": asdict(one)}) for one in rejected]
        content.append(_line(self._mark()))
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.truncate(self._kept)
            file.seek(self._kept)
            file.write(b"".join(content))
            file.flush()
            os.fdatasync(file.fileno())
            self._kept = file.tell()
        self.began = True

    def _mark(self) -> dict[str, Any]:
        found = self.harvest
        return {
            "cursor": found.cursor, "feed": self.address, "complete": found.complete, "pages": found.pages,
            "records": found.records,
        }  # fmt: skip

    def pack(self) -> None:
        """Write the newest state of every item alone; pages of updates would otherwise grow for ever."""
        content = [_line(asdict(item)) for item in self.harvest.items.values()]
        content += [_line({"rejected": asdict(one)}) for one in self.harvest.rejected]
        content.append(_line(self._mark()))
        replace_file(self.file, b"".join(content))
        self._kept = self.file.stat().st_size

    def forget(self) -> None:
        """Begin anew."""
        self.file.unlink(missing_ok=True)
        self.harvest, self.began, self._kept = Harvest(cursor=self.address), False, 0
