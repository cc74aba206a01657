"""Who a record is about: a pseudonym under a key, an age in whole years, and nothing else.

What identifies a person goes through ``Pseudonym`` and is forgotten. A plain hash would not do: names, numbers and
addresses can be guessed one by one, and whoever guesses right sees the hash confirm it.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime

from data.feeds.records import UnusableError
from data.feeds.said import text_of
from recommender.errors import BadInput

Pseudonym = Callable[[str], str]
"""From what identifies a person to what the store calls them."""

UITPAS, UITPAS_CARD, OSLO = SYSTEMS = ("uitpas", "uitpas card", "oslo")
"""Systems whose ids mean something in themselves alone."""

FILE = "learners.csv"
COLUMNS = ("theirs", "learner_id")
OLDEST = 120
_LENGTH = 32


def keyed(secret: bytes, city: str) -> Pseudonym:
    """Pseudonyms of one city: ``p-`` and 128 bits of HMAC-SHA256 over the city and what identifies the person.

    The same person has another pseudonym in another city, and nobody without the secret can tell who it is or try
    whether it is a certain person.

    Parameters
    ----------
    secret : bytes
        The installation's own, ``Home.secret()``. A key of its own is derived from it.
    city : str
        Id of the city.
    """
    key = hmac.digest(secret, b"pseudonyms of passport histories", "sha256")

    def pseudonym(identity: str) -> str:
        text = unicodedata.normalize("NFC", f"{city}\n{identity}")
        return "p-" + hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_LENGTH]

    return pseudonym


def parse_learners(text: str, source: str) -> dict[str, str]:
    """Whom the city has a name of its own for: what identifies them, and the pseudonym that its passports bear.

    Raises
    ------
    BadInput
        Naming file and line, and nothing of what stands there.
    """
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if lines.fieldnames is None or set(lines.fieldnames) != set(COLUMNS):
        raise BadInput(f"{source}: the columns must be {' and '.join(COLUMNS)}")
    found: dict[str, str] = {}
    for row in lines:
        theirs, learner = ((row.get(name) or "").strip() for name in COLUMNS)
        if not theirs or not learner or None in row:
            raise BadInput(f"{source}, line {lines.line_num}: expected what identifies somebody, then the pseudonym")
        found[identity_of(theirs)] = learner
    return found


def linked(pseudonym: Pseudonym, learners: Mapping[str, str]) -> Pseudonym:
    """Pseudonyms with those of the city first: of ``parse_learners``, by an id with or without its system's name."""

    def named(identity: str) -> str:
        system, _, plain = identity.partition(":")
        known = learners.get(identity) or (learners.get(plain) if system in SYSTEMS else None)
        return known or pseudonym(identity)

    return named


def mail_identity(address: str) -> str:
    """What a mail address identifies somebody by, the same for ``mailto:`` and for xAPI's ``mbox_sha1sum``."""
    plain = address.strip().lower().removeprefix("mailto:")
    return "mail:" + hashlib.sha1(f"mailto:{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def identity_of(text: str) -> str:
    """What an address, number or name identifies somebody by."""
    text = text.strip()
    mail = text.lower().startswith("mailto:") or ("@" in text and not any(sign in text for sign in ":/ "))
    return mail_identity(text) if mail else text


def agent_identity(agent: object) -> str:
    """What an xAPI agent is identified by: mail, its checksum, OpenID or account; ``""`` where by nothing."""
    if not isinstance(agent, Mapping):
        return ""
    mail, checksum, openid = (text_of(agent.get(name)) for name in ("mbox", "mbox_sha1sum", "openid"))
    if mail:
        return mail_identity(mail)
    if checksum:
        return f"mail:{checksum.lower()}"
    account = agent.get("account")
    if openid or not isinstance(account, Mapping):
        return openid
    name = text_of(account.get("name"))
    return f"{text_of(account.get('homePage'))}\n{name}" if name else ""


def age_at(field: str, born: object, now: datetime) -> str:
    """Whole years at a moment as a band, from a birth date or a birth year; ``""`` where not known.

    ``2000-01-01`` in 2026 → ``26-26`` (until the 27th birthday), ``2000`` → ``25-26`` (had it been or not).

    Raises
    ------
    UnusableError
        For what is no birth date of somebody alive.
    """
    text = text_of(born)
    if not text:
        return ""
    wrong = UnusableError(field, text, "a birth date or year of somebody alive at that time").without()
    try:
        if len(text) == 4 and text.isdecimal():
            high = now.year - int(text)
            low = max(0, high - 1)
        else:
            day = date.fromisoformat(text[:10])
            low = high = now.year - day.year - ((now.month, now.day) < (day.month, day.day))
    except ValueError:
        raise wrong from None
    if not 0 <= low <= high <= OLDEST:
        raise wrong
    return f"{low}-{high}"
