"""xAPI statements: whoever ``attended`` an activity of the city gets a stamp.

- Any verb whose address ends in ``attended`` will do; all other verbs are left out and counted.
- A group that attended gives a stamp to each member that it names; a group without members is nobody.
- A statement that a later one voids does not count, and a statement that comes twice counts once.
- The time is ``timestamp``, else ``stored``. A statement inside another is a plan, not a visit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.feeds.content import all_files, decoded, parsed_json, read_bytes
from data.feeds.eventld import name_in
from data.feeds.histories.people import Pseudonym, agent_identity
from data.feeds.histories.records import Context, Form, History, at, each, stamp
from data.feeds.histories.struck import ADDRESS, MOMENT, Shown
from data.feeds.histories.tabled import context_of, tables_of
from data.feeds.histories.targets import NO_ACTIVITY
from data.feeds.records import UnusableError
from data.feeds.said import listed, required, text_of
from data.tables import Tables
from recommender.errors import BadInput

ENDINGS = (".json", ".jsonl", ".ndjson")
ATTENDED, VOIDED = "attended", "voided"
SHOWN: Shown = {
    "timestamp": MOMENT,
    "stored": MOMENT,
    "verb": {"id": ADDRESS},
    "object": {"id": ADDRESS, "objectType": ADDRESS, "definition": {"type": ADDRESS}},
}
_SIGNS = {"actor", "verb", "object"}


def statements_in(document: Any) -> Iterator[Any]:
    """Statements of a document: one, a list, or an answer of a learning record store."""
    if isinstance(document, Mapping) and "statements" in document and not _SIGNS & set(document):
        document = document["statements"]
    yield from listed(document)


def documents_of(text: str, source: str) -> list[Any]:
    """What a file holds: JSON, or JSON on each line; a line that is none is kept as text, to be rejected.

    Raises
    ------
    BadInput
        When it is neither.
    """
    try:
        return [parsed_json(text, source)]
    except BadInput:
        lines = [line for line in text.splitlines() if line.strip()]
        found = [_line(line) for line in lines]
        if len(lines) < 2 or all(isinstance(one, str) for one in found):
            raise
        return found


def _line(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=str)
    except (RecursionError, ValueError):
        return text


def verb_of(statement: object) -> str:
    """The last part of a verb's address, ``""`` where there is none."""
    verb = statement.get("verb") if isinstance(statement, Mapping) else None
    return name_in(verb.get("id")).lower() if isinstance(verb, Mapping) else ""


def voided_by(statements: Sequence[Any]) -> frozenset[str]:
    """Ids of the statements that others void."""
    objects = (one.get("object") for one in statements if verb_of(one) == VOIDED)
    return frozenset(text_of(found.get("id")).lower() for found in objects if isinstance(found, Mapping)) - {""}


def identities(statement: object) -> list[str]:
    """What those who acted are identified by: an agent, or the members that a group names."""
    actor = statement.get("actor") if isinstance(statement, Mapping) else None
    members = listed(actor.get("member")) if isinstance(actor, Mapping) else []
    acting = members or [] if _is_group(actor) else [actor]
    return list(dict.fromkeys(name for agent in acting if (name := agent_identity(agent))))


def _is_group(actor: object) -> bool:
    return isinstance(actor, Mapping) and (text_of(actor.get("objectType")) == "Group" or "member" in actor)


def _persons(statement: Any) -> Sequence[Any]:
    """Everybody that a statement names, and what it says about the visit in free words."""
    if not isinstance(statement, Mapping):
        return ()
    return [statement.get(name) for name in ("actor", "authority", "result", "id")] + [
        found.get(name)
        for found in [statement.get("context")]
        if isinstance(found, Mapping)
        for name in ("instructor", "team", "registration")
    ]


FORM = Form("an xAPI statement with actor, verb and object", SHOWN, _persons, identities)


def read_statement(line: int, statement: Any, context: Context, voided: frozenset[str], seen: set[str]) -> History:
    """The stamps of one statement; none, and counted, for other verbs.

    Raises
    ------
    UnusableError
        For a visit without somebody, something of the city, or a time.
    """
    history = History()
    verb = verb_of(statement)
    if not isinstance(statement, Mapping) or not verb:
        raise UnusableError("verb.id", "", FORM.what)
    if verb != ATTENDED:
        history.counts["statements with other verbs than attended, left out"] += 1
        return history
    name = text_of(statement.get("id")).lower()
    if name and name in voided:
        history.counts["statements that were voided, left out"] += 1
        return history
    if name and name in seen:
        history.counts["statements that came twice, counted once"] += 1
        return history
    thing = statement.get("object")
    if not isinstance(thing, Mapping) or text_of(thing.get("objectType")) not in ("", "Activity"):
        raise UnusableError("object.objectType", "", "Activity")
    theirs = required("object.id", thing.get("id"))
    people = identities(statement)
    if not people:
        raise UnusableError("actor", "", "somebody with mbox, mbox_sha1sum, openid or account, or a group with members")
    activity = context.targets.activity(theirs)
    if not activity:
        raise UnusableError("object.id", theirs, NO_ACTIVITY)
    time = "timestamp" if statement.get("timestamp") else "stored"
    when = at(time, statement.get(time), context, history.counts)
    history.stamps += [stamp(context.pseudonym(person), activity, when, line, context) for person in people]
    seen.add(name)
    return history


def parse(
    statements: Sequence[Any], context: Context, voided: frozenset[str] | None = None, seen: set[str] | None = None
) -> History:
    """All statements of a file; a line in quarantine is the place of a statement in it, from 1.

    Parameters
    ----------
    voided : set of str or None
        Ids of statements that do not count; None for those that these themselves void.
    seen : set of str or None
        Ids of statements that were read already; grows.
    """
    gone = voided_by(statements) if voided is None else voided
    before: set[str] = set() if seen is None else seen
    places = enumerate(statements, start=1)
    return each(places, lambda line, one, _: read_statement(line, one, context, gone, before), FORM, context)


def read(path: Path, pseudonym: Pseudonym, catalogue: Tables | None = None, now: int | None = None) -> Tables:
    """The visits in a file, or in all files below a folder: JSON, or one statement on each line.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    context = context_of(path, pseudonym, catalogue, now)
    files: dict[Path, list[Any]] = {}

    def first(file: Path) -> History:
        documents = documents_of(decoded(read_bytes(file), file.name), file.name)
        files[file] = [one for document in documents for one in statements_in(document)]
        return History()

    whole, seen = all_files(History, path, ENDINGS, first, "xAPI statements"), set[str]()
    voided = frozenset[str]().union(*(voided_by(found) for found in files.values()))
    for file, found in files.items():
        whole.add(parse(found, replace(context, source=file.name), voided, seen))
    return tables_of(whole, context, catalogue)
