"""OpenActive's records joined: sessions to their series, slots to their facility, events to what stands above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.feeds.eventld import Record, ident, kinds
from data.feeds.records import UnusableError
from data.feeds.rpde import Item
from data.feeds.said import listed, text_of

INHERITED = (
    "name", "description", "activity", "facilityType", "category", "ageRange", "location", "accessibilitySupport",
    "organizer", "provider", "inLanguage",
)  # fmt: skip
_ACTIVITIES = ("SessionSeries", "FacilityUse", "HeadlineEvent", "CourseInstance", "Event", "OnDemandEvent")
_DATED = ("ScheduledSession", "Slot")
_ABOVE = ("superEvent", "facilityUse", "aggregateFacilityUse", "instanceOfCourse", "course")


@dataclass
class Offer:
    """An activity in the making: the record, the records above it, and its dated sessions with their own records."""

    item: Item
    record: Record
    above: tuple[Record, ...]
    sessions: list[tuple[Item, Record]] = field(default_factory=list)

    def say(self, name: str) -> Any:
        """What the record says, else what the nearest record above it says, for what is inherited."""
        records = (self.record, *(self.above if name in INHERITED else ()))
        return next((record[name] for record in records if record.get(name) not in (None, "", [])), None)


class Joined:
    """Records found by their address, and which stands above which."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = [item for item in items if item.data is not None]
        self.by_address: dict[str, Record] = {}
        self.up: dict[str, str] = {}
        for item in self.items:
            self._learn(item.data or {}, own=True)

    def _learn(self, record: Record, own: bool = False) -> None:
        address = ident(record)
        # What is only mentioned inside another record may be shortened.
        if address and (own or address not in self.by_address):
            self.by_address[address] = record
        for name in (*_ABOVE, "location", "individualFacilityUse"):
            for part in listed(record.get(name)):
                if isinstance(part, Mapping):
                    self._learn(part)
                    if name == "individualFacilityUse" and ident(part):
                        self.up[ident(part)] = address

    def resolve(self, value: object) -> Record | None:
        """A record, given itself or by its address."""
        if isinstance(value, Mapping):
            return self.by_address.get(ident(value), value)
        return self.by_address.get(text_of(value))

    def parents(self, record: Record) -> list[Record]:
        """The records above, nearest first."""
        found: list[Record] = []
        todo, seen = [record], {id(record)}
        while todo:
            one = todo.pop(0)
            values = [part for name in _ABOVE for part in listed(one.get(name))]
            values += [self.up[ident(one)]] if ident(one) in self.up else []
            for value in values:
                parent = self.resolve(value)
                if parent is not None and id(parent) not in seen:
                    seen.add(id(parent))
                    found.append(parent)
                    todo.append(parent)
        return found


def kind_of(item: Item) -> str:
    """The kind of an item's record; the ``kind`` of the feed where the record names none."""
    of_record = kinds(item.data)
    return of_record[0] if of_record else item.kind.rpartition("/")[2].partition(".")[0]


def _is_session(kind: str, parents: list[Record]) -> bool:
    above = kinds(parents[0])[:1] if parents else ()
    return kind in _DATED or (kind == "Event" and above in (("HeadlineEvent",), ("CourseInstance",)))


def _top(parents: list[Record]) -> Record | None:
    """The activity that a session belongs to: a court's slot belongs to the facility, not to the court."""
    for parent in parents:
        if kinds(parent)[:1] != ("IndividualFacilityUse",):
            return parent
    return parents[0] if parents else None


def offers_of(items: Iterable[Item]) -> tuple[list[Offer], list[tuple[Item, UnusableError]]]:
    """Activities with their sessions, and sessions whose series is not there."""
    joined = Joined(items)
    offers: dict[str, Offer] = {}
    orphans: list[tuple[Item, UnusableError]] = []
    later: list[tuple[Item, Record, list[Record]]] = []
    for item in joined.items:
        record, kind = item.data or {}, kind_of(item)
        parents = joined.parents(record)
        if _is_session(kind, parents):
            later.append((item, record, parents))
        elif kind in _ACTIVITIES:
            place = joined.resolve(record.get("location")) or record.get("location")
            offer = Offer(item, {**record, "location": place} if place else record, tuple(parents))
            offer.sessions += [(item, part) for part in listed(record.get("subEvent")) if isinstance(part, Mapping)]
            offers[ident(record) or f"{item.kind}-{item.id}"] = offer
    for item, record, parents in later:
        top = _top(parents)
        if top is None:
            said = next((record[name] for name in _ABOVE if record.get(name)), "")
            orphans.append((item, UnusableError("superEvent", said, "the address of a series that is in the feed")))
            continue
        address = ident(top)
        if address not in offers:
            # The series came only inside its session.
            above = tuple(one for one in joined.parents(top) if one is not top)
            offers[address] = Offer(replace(item, kind=kinds(top)[0] if kinds(top) else ""), top, above)
        twice = {ident(one) for _, one in offers[address].sessions} - {""}
        if ident(record) not in twice:
            offers[address].sessions.append((item, record))
    return list(offers.values()), orphans
