"""Whether a credential was revoked, by status lists saved beside it: they are fetched by nobody while a file is read.

1EdTech's revocation list names the credentials themselves; W3C's bit strings hold one bit for each.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from data.feeds.eventld import kinds
from data.feeds.records import UnusableError
from data.feeds.said import listed, text_of

MOST_BITS = 1 << 30
_BITS = ("BitstringStatusListCredential", "StatusList2021Credential")
NOT_REVOKED = "a badge that is in force; its issuer took it back"
NO_LIST = "the status list that it names, saved as JSON beside it; until then the badge is not counted"


def list_of(document: object) -> tuple[str, Mapping[str, Any]] | None:
    """A status list with its address, None for any other document."""
    if not isinstance(document, Mapping):
        return None
    if "revokedCredential" in document or any(kind in _BITS for kind in kinds(document)):
        return text_of(document.get("id")), document
    return None


def _revoked(found: Mapping[str, Any]) -> set[str]:
    """Ids of the credentials that a list of 1EdTech's names."""
    rows = listed(found.get("revokedCredential"))
    named = [row if isinstance(row, Mapping) else {"id": row} for row in rows]
    return {text_of(row.get("id")) for row in named if row.get("revoked", True)}


def _bit(found: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """The bit of a credential; raises ``ValueError`` where there is none."""
    subject = found.get("credentialSubject")
    packed = text_of(subject.get("encodedList")) if isinstance(subject, Mapping) else ""
    place = int(text_of(status.get("statusListIndex")))
    packed = packed.removeprefix("u")
    try:
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        bits = zlib.decompressobj(wbits=31).decompress(content, MOST_BITS // 8)
    except (binascii.Error, zlib.error) as error:
        raise ValueError from error
    if not 0 <= place < 8 * len(bits):
        raise ValueError
    return bool(bits[place // 8] >> (7 - place % 8) & 1)


def check(credential: Mapping[str, Any], lists: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a credential that was revoked or suspended, or of which that is not known.

    Parameters
    ----------
    lists : mapping of address to status list

    Raises
    ------
    UnusableError
    """
    for status in _statuses(credential):
        address = text_of(status.get("statusListCredential")) or text_of(status.get("id")).partition("#")[0]
        found = lists.get(address)
        if found is None:
            raise UnusableError("credentialStatus", text_of(status.get("id")) or address, NO_LIST)
        if "revokedCredential" in found:
            gone = text_of(credential.get("id")) in _revoked(found)
        else:
            try:
                gone = _bit(found, status)
            except ValueError:
                raise UnusableError("credentialStatus.statusListIndex", "", "a place in the status list") from None
        if gone:
            raise UnusableError("credentialStatus", text_of(status.get("id")) or address, NOT_REVOKED)


def _statuses(credential: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for status in listed(credential.get("credentialStatus")):
        if not isinstance(status, Mapping):
            raise UnusableError("credentialStatus", "", "an object that says where its status stands")
        # Refreshing and messages are other purposes: they do not end a credential.
        if text_of(status.get("statusPurpose")) in ("", "revocation", "suspension"):
            yield status
