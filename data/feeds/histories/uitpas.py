"""Check-ins of UiTPAS: a stamp for each, and a passport with an age in whole years and a town.

The answers of the API hold names, national numbers, birth dates, addresses, card numbers and who has the social tariff.
Of all that only the age at the moment of reading and the name of the town stay. Other answers of the same API, such as
families, cards and transactions, are left out and counted: who they are about is none of our business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.feeds.content import all_files, parsed_json, read_bytes
from data.feeds.histories.people import UITPAS, UITPAS_CARD, Pseudonym, age_at
from data.feeds.histories.records import Context, Form, History, at, each, passport, stamp
from data.feeds.histories.struck import ADDRESS, COUNT, MOMENT, Shown, names_of, tells_who
from data.feeds.histories.tabled import context_of, tables_of
from data.feeds.histories.targets import NO_ACTIVITY
from data.feeds.records import Odd, UnusableError
from data.feeds.said import required, text_of
from data.tables import Tables

ENDINGS = (".json",)
SHOWN: Shown = {"eventId": ADDRESS, "creationDate": MOMENT, "points": COUNT}
BY_CARD = "people known by the number of a card alone"
OTHERS = "answers that are no check-ins (families, cards, transactions, rewards), left out"
ONCE = "each check-in once; the first is kept"
_DEEP = 4


def checkins_in(document: Any, others: list[int], depth: int = 0) -> Iterator[Any]:
    """Check-ins of a document: a page, a list, or several answers under names of their own.

    Parameters
    ----------
    others : list of int
        Gets how many entries were something else.
    """
    if isinstance(document, Mapping) and not _is_checkin(document):
        parts = document.get("member")
        if isinstance(parts, list):
            document = parts
        elif depth < _DEEP and document and all(isinstance(part, (Mapping, list)) for part in document.values()):
            for part in document.values():
                yield from checkins_in(part, others, depth + 1)
            return
    if isinstance(document, list):
        if depth and document and not any(_is_checkin(part) for part in document):
            others.append(len(document))
        else:
            yield from document
    elif depth and not _is_checkin(document):
        others.append(1)
    else:
        yield document


def _is_checkin(record: object) -> bool:
    if not isinstance(record, Mapping):
        return False
    return "eventId" in record or ("passholder" in record and "mainFamilyMember" not in record)


def _holder(record: Any) -> Mapping[str, Any]:
    found = record.get("passholder") if isinstance(record, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def identity(record: Any) -> str:
    """What a check-in's passholder is identified by: the id of the holder, else the card; ``""`` by nothing."""
    name = text_of(_holder(record).get("id"))
    if name:
        return f"{UITPAS}:{name}"
    card = text_of(record.get("uitpasNumber")) if isinstance(record, Mapping) else ""
    return f"{UITPAS_CARD}:{card}" if card else ""


def _identities(record: Any) -> Sequence[str]:
    name = identity(record)
    return (name,) if name else ()


def _persons(record: Any) -> Sequence[Any]:
    return [_holder(record), record.get("uitpasNumber"), record.get("id")] if isinstance(record, Mapping) else ()


FORM = Form("a check-in with eventId, creationDate and passholder", SHOWN, _persons, _identities)


def _town(holder: Mapping[str, Any]) -> str:
    """The town somebody lives in; ``""`` for a text that holds anything else of them."""
    address = holder.get("address")
    town = text_of(address.get("city")) if isinstance(address, Mapping) else ""
    others = names_of({name: part for name, part in holder.items() if name != "address"})
    return "" if tells_who(town, others) else town


def read_checkin(line: int, record: Any, odd: Odd, context: Context, seen: set[str]) -> History:
    """The stamp and the passport of one check-in.

    Raises
    ------
    UnusableError
        For a check-in without somebody, an activity of the city, or a time.
    """
    if not isinstance(record, Mapping):
        raise UnusableError("", "", FORM.what)
    theirs = required("eventId", record.get("eventId"))
    who = identity(record)
    if not who:
        raise UnusableError("passholder.id", "", "somebody who checked in")
    history = History()
    when = at("creationDate", record.get("creationDate"), context, history.counts)
    activity = context.targets.activity(theirs)
    if not activity:
        raise UnusableError("eventId", theirs, NO_ACTIVITY)
    name = text_of(record.get("id"))
    if name and name in seen:
        raise UnusableError("id", "", ONCE)
    holder = _holder(record)
    try:
        age = age_at("passholder.dateOfBirth", holder.get("dateOfBirth"), context.now)
    except UnusableError as bad:
        odd.append(bad)
        age = ""
    learner = context.pseudonym(who)
    history.counts[BY_CARD] += not holder.get("id")
    history.passports.append(passport(learner, line, context, age=age, area=_town(holder)))
    history.stamps.append(stamp(learner, activity, when, line, context))
    seen.add(name)
    return history


def parse(document: Any, context: Context, seen: set[str] | None = None) -> History:
    """All check-ins of a document; a line in quarantine is the place of a check-in in it, from 1.

    Parameters
    ----------
    seen : set of str or None
        Ids of check-ins that were read already; grows.
    """
    before: set[str] = set() if seen is None else seen
    others: list[int] = []
    records = enumerate(checkins_in(document, others), start=1)
    whole = each(records, lambda line, one, odd: read_checkin(line, one, odd, context, before), FORM, context)
    whole.counts[OTHERS] += sum(others)
    return whole


def read(path: Path, pseudonym: Pseudonym, catalogue: Tables | None = None, now: int | None = None) -> Tables:
    """The check-ins in a file, or in all files below a folder: saved answers of the API.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    context, seen = context_of(path, pseudonym, catalogue, now), set[str]()
    whole = all_files(
        History,
        path,
        ENDINGS,
        lambda file: parse(parsed_json(read_bytes(file), file.name), replace(context, source=file.name), seen),
        "check-ins of UiTPAS",
    )
    return tables_of(whole, context, catalogue)
