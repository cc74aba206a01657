"""Open Badges 3.0 and CLR 2.0: the badges somebody earned, and stamps where an activity of the city stands behind one.

- ``type`` is a string or a list; the date is ``validFrom`` in one context and ``issuanceDate`` in the other.
- What has expired, is not valid yet, was revoked, or names a status list that is not at hand does not count.
- Signatures and proofs are not checked. That is enough to recommend by; it is not enough to admit by.
- A CLR is a record of one learner: all credentials in it are that learner's, under whatever id each of them has.
- An achievement that the city has no badge for is kept by its id: an activity of next season may ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from data.feeds.content import all_files, read_bytes
from data.feeds.eventld import kinds
from data.feeds.histories import status
from data.feeds.histories.baked import document_of, is_jwt, of_jwt
from data.feeds.histories.people import Pseudonym, identity_of, mail_identity
from data.feeds.histories.records import Context, Form, History, at, each, passport, stamp
from data.feeds.histories.struck import ADDRESS, COUNT, MOMENT, WORDS, Shown, holds, names_of, words_of
from data.feeds.histories.tabled import context_of, tables_of
from data.feeds.records import UnusableError
from data.feeds.said import listed, required, text_of
from data.tables import Tables
from recommender.errors import BadInput

ENDINGS = (".json", ".jsonld", ".jwt", ".jws", ".png", ".svg")
BADGE, RECORD = ("OpenBadgeCredential", "AchievementCredential"), "ClrCredential"
JWT_NOT_CHECKED = "credentials out of a JWT, signature not checked"
PROOF_NOT_CHECKED = "credentials with a proof, not checked"
NO_PROOF = "credentials without any proof"
BY_ID = "achievements that the city has no badge for, kept by their id"
_DEEP = 8
_STATUS = {
    "id": ADDRESS, "type": ADDRESS, "statusListCredential": ADDRESS, "statusListIndex": COUNT, "statusPurpose": ADDRESS,
}  # fmt: skip
_ACHIEVEMENT = {"id": ADDRESS, "type": ADDRESS, "name": WORDS, "achievementType": ADDRESS}
_DATES = ("validFrom", "validUntil", "issuanceDate", "expirationDate", "awardedDate")
SHOWN: Shown = {
    "type": ADDRESS,
    **dict.fromkeys(_DATES, MOMENT),
    "credentialStatus": _STATUS,
    "credentialSubject": {
        "type": ADDRESS, "activityStartDate": MOMENT, "activityEndDate": MOMENT, "achievement": _ACHIEVEMENT,
    },
}  # fmt: skip

Lists = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Found:
    """A credential, the record that it stands in where there is one, and whether it was wrapped in a JWT."""

    record: Any
    clr: Mapping[str, Any] | None = None
    wrapped: bool = False


def credentials_in(document: Any, source: str, around: Found | None = None, depth: int = 0) -> Iterator[Found]:
    """Every credential in a document: in lists, presentations, answers of an API, JWTs and CLRs.

    What holds none is given as it is, so that it can be rejected.
    """
    found = replace(around, record=document) if around else Found(document)
    inside: list[Any] = []
    if depth < _DEEP and isinstance(document, str) and is_jwt(document):
        with suppress(BadInput):
            inside, found = [of_jwt(document, source)], replace(found, wrapped=True)
    elif isinstance(document, list):
        inside = document
    elif isinstance(document, Mapping):
        types = kinds(document)
        if "VerifiablePresentation" in types:
            inside = listed(document.get("verifiableCredential"))
        elif RECORD in types:
            subject = document.get("credentialSubject")
            inside = listed(subject.get("verifiableCredential")) if isinstance(subject, Mapping) else []
            found = replace(found, clr=document)
        elif not types:
            inside = [*listed(document.get("credential")), *listed(document.get("compactJwsString"))]
    if not inside or depth >= _DEEP:
        yield found
    for part in inside if depth < _DEEP else []:
        yield from credentials_in(part, source, found, depth + 1)


def _subject(record: Any) -> Mapping[str, Any]:
    subject = record.get("credentialSubject") if isinstance(record, Mapping) else None
    return subject if isinstance(subject, Mapping) else {}


def identity(subject: Mapping[str, Any]) -> str:
    """What a credential's subject is identified by: its id, else the first of its identifiers; ``""`` by nothing."""
    name = text_of(subject.get("id"))
    if name:
        return identity_of(name)
    for given in listed(subject.get("identifier")):
        if isinstance(given, Mapping) and text_of(given.get("identityHash")):
            value, kind = text_of(given.get("identityHash")), text_of(given.get("identityType"))
            plain_mail = kind == "emailAddress" and given.get("hashed") is not True
            return mail_identity(value) if plain_mail else f"{kind}:{value}"
    return ""


def _whose(found: Found) -> str:
    """A CLR is one learner's, so its own subject comes first."""
    return identity(_subject(found.clr)) or identity(_subject(found.record))


def _identities(found: Found) -> Sequence[str]:
    name = _whose(found)
    return (name,) if name else ()


def _persons(found: Found) -> Sequence[Any]:
    """All that a credential says of its subject, and what it is called itself: often after the learner."""
    parts: list[Any] = []
    for record in (found.record, found.clr):
        if isinstance(record, Mapping):
            subject = _subject(record)
            achievement = subject.get("achievement")
            own = [subject.get(key) for key in ("id", "identifier", "name", "email")]
            given = achievement if isinstance(achievement, Mapping) else {}
            known = words_of(f"{text_of(given.get('name'))} {text_of(given.get('id'))}")
            parts += [own, record.get("id"), sorted(words_of(text_of(record.get("name"))) - known)]
    return parts


def _in_force(record: Mapping[str, Any], lists: Lists, context: Context, history: History) -> datetime:
    """Since when a credential holds; raises ``UnusableError`` when it does not."""
    if not isinstance(record.get("issuer"), (Mapping, str)) or not record["issuer"]:
        raise UnusableError("issuer", "", "who gives the badge")
    begins = "validFrom" if record.get("validFrom") else "issuanceDate"
    since = at(begins, record.get(begins), context, history.counts)
    if since > context.now:
        raise UnusableError(begins, text_of(record[begins]), "a badge that is valid already")
    for name in ("validUntil", "expirationDate"):
        if record.get(name) and at(name, record[name], context, history.counts) <= context.now:
            raise UnusableError(name, text_of(record[name]), "a badge that has not expired")
    status.check(record, lists)
    return since


def _achievement(record: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = _subject(record)
    if "AchievementSubject" not in kinds(subject):
        raise UnusableError("credentialSubject.type", "; ".join(kinds(subject)), "AchievementSubject")
    achievement = subject.get("achievement")
    if not isinstance(achievement, Mapping):
        raise UnusableError("credentialSubject.achievement", "", "what it was given for")
    return achievement


def _earned(record: Mapping[str, Any], since: datetime, context: Context, history: History) -> datetime:
    """When it was earned: the end of the activity, else when it was awarded, else since when it holds."""
    subject = _subject(record)
    for name, value in (
        ("credentialSubject.activityEndDate", subject.get("activityEndDate")),
        ("awardedDate", record.get("awardedDate")),
    ):
        if value:
            return at(name, value, context, history.counts)
    return since


def read_credential(line: int, found: Found, context: Context, lists: Lists) -> History:
    """The badge, and where there is an activity behind it the stamp, of one credential.

    Raises
    ------
    UnusableError
        For what is no achievement of somebody, or does not hold.
    """
    record = found.record
    if not isinstance(record, Mapping):
        raise UnusableError("", "", f"a credential of Open Badges 3.0: a JSON object with type {BADGE[0]}")
    types = kinds(record)
    if not set(BADGE) & set(types):
        told = "credentials in its credentialSubject" if RECORD in types else f"{' or '.join(BADGE)}"
        raise UnusableError("type", next(iter(listed(record.get("type"))[-1:]), ""), told)
    history = History()
    if found.clr is not None:
        _in_force(found.clr, lists, context, history)
    since = _in_force(record, lists, context, history)
    achievement = _achievement(record)
    whose = _whose(found)
    if not whose:
        raise UnusableError("credentialSubject.id", "", "somebody it was given to")
    theirs = required("credentialSubject.achievement.id", achievement.get("id"))
    address = ADDRESS.fullmatch(theirs) and ":" in theirs
    if not address or holds(theirs, names_of(*_persons(found))):
        raise UnusableError("credentialSubject.achievement.id", theirs, "an address that names nobody")
    badge = context.targets.badge(theirs, text_of(achievement.get("name")))
    activity = context.targets.activity_behind(theirs, badge)
    earned = _earned(record, since, context, history)
    learner = context.pseudonym(whose)
    history.passports.append(passport(learner, line, context, badges=badge or theirs))
    if activity:
        history.stamps.append(stamp(learner, activity, earned, line, context))
    history.counts[BY_ID] += not badge
    note = JWT_NOT_CHECKED if found.wrapped else PROOF_NOT_CHECKED if record.get("proof") else NO_PROOF
    history.counts[note] += 1
    return history


FORM = Form(
    what="a credential of Open Badges 3.0",
    shown=SHOWN,
    persons=_persons,
    identities=_identities,
    content=lambda found: found.record,
)


def parse(document: Any, context: Context, lists: Lists) -> History:
    """All credentials of a document; a line in quarantine is the place of a credential in it, from 1.

    Parameters
    ----------
    document : what ``document_of`` gives
    lists : mapping of address to status list
    """
    if status.list_of(document) is not None:
        return History()
    found = enumerate(credentials_in(document, context.source), start=1)
    return each(found, lambda line, one, _: read_credential(line, one, context, lists), FORM, context)


def read(path: Path, pseudonym: Pseudonym, catalogue: Tables | None = None, now: int | None = None) -> Tables:
    """The badges in a file, or in all files below a folder.

    Raises
    ------
    BadInput
        When there is none.
    """
    path = Path(path)
    context = context_of(path, pseudonym, catalogue, now)
    documents: dict[Path, Any] = {}
    lists: dict[str, Mapping[str, Any]] = {}

    def first(file: Path) -> History:
        documents[file] = document_of(read_bytes(file), file.name)
        found = status.list_of(documents[file])
        if found is not None:
            lists[found[0]] = found[1]
        return History()

    whole = all_files(History, path, ENDINGS, first, "badges")
    for file, document in documents.items():
        whole.add(parse(document, replace(context, source=file.name), lists))
    return tables_of(whole, context, catalogue)
