"""What tests of passport histories share: hand-written records, and one pseudonym for all of them."""

import base64
import json
import zlib

from data.feeds.histories.people import keyed

PSEUDONYM = keyed(b"k" * 32, "klein-oss")


def badge(number=1, **changes):
    """A credential for the badge of Klein-Oss's robot builders; None as a change takes a field away."""
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"https://badges.example/credentials/{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Badge of Noor de Bakker",
        "issuer": {"id": "https://badges.example/issuers/1", "type": ["Profile"], "name": "Maakplaats"},
        "validFrom": "2026-02-14T13:00:00+01:00",
        "credentialSubject": {
            "id": "mailto:noor@example.com",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://badges.example/achievements/robot-builder",
                "type": ["Achievement"],
                "name": "Robot Builder",
            },
        },
    }
    credential |= changes
    return {name: value for name, value in credential.items() if value is not None}


def about(subject=None, **achievement):
    """``badge``'s subject with changes to it, or to its achievement."""
    given = badge()["credentialSubject"]
    return {**given, "achievement": {**given["achievement"], **achievement}, **(subject or {})}


def jwt(claims):
    """Claims as a JWT with a signature that nobody made."""
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmVk"])


def chunk(kind, data):
    """A chunk of a PNG."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(text, packed=False, kind=b"iTXt", keyword=b"openbadgecredential"):
    """An image of nothing with a text in it."""
    body = text.encode()
    if kind == b"iTXt":
        body = (b"\x01\x00" if packed else b"\x00\x00") + b"\x00\x00" + (zlib.compress(body) if packed else body)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + chunk(kind, keyword + b"\0" + body) + chunk(b"IEND", b"")


def statement(number=1, verb="http://adlnet.gov/expapi/verbs/attended", **changes):
    """A statement that Noor attended ``paint``; None as a change takes a field away."""
    said = {
        "id": f"12345678-1234-5678-1234-56781234567{number}",
        "actor": {"objectType": "Agent", "name": "Noor de Bakker", "mbox": "mailto:noor@example.com"},
        "verb": {"id": verb},
        "object": {"id": "https://city.example/activities/paint", "objectType": "Activity"},
        "timestamp": "2026-02-14T13:00:00+01:00",
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def checkin(number=1, holder=None, **changes):
    """A check-in of Noor at ``birds``; None as a change takes a field away."""
    passholder = {
        "id": "8703fee0-29cc-452c-b1af-94ef494d4196", "name": "de Bakker", "firstName": "Noor",
        "inszNumber": "17061233428", "dateOfBirth": "2017-06-12", "postalCode": "5341",
        "address": {"street": "Raadhuislaan 2", "postalCode": "5341", "city": "Oss"}, "uitpasNumber": "0560002524314",
        "cardSystemMemberships": [{"socialTariff": {"status": "ACTIVE"}}],
    } | (holder or {})  # fmt: skip
    record = {
        "id": f"check-in-{number}", "creationDate": "2026-02-14T12:00:00Z", "eventId": "birds",
        "uitpasNumber": "0560002524314", "points": 1,
        "passholder": {name: value for name, value in passholder.items() if value is not None},
    } | changes  # fmt: skip
    return {name: value for name, value in record.items() if value is not None}


NAMING_NOOR = (
    "noor", "bakker", "17061233428", "2017-06-12", "2017", "5341", "raadhuislaan", "0560002524314", "8703fee0",
    "example.com", "credentials/", "12345678-1234",
)  # fmt: skip
"""What tells that a record is about Noor, in small letters."""


def everything(tables):
    """All that tables say, as one text in small letters."""
    frames = (tables.passports, tables.stamps, tables.quarantine, tables.origins, tables.activities)
    return "\n".join([*(frame.to_csv() for frame in frames), *tables.notes]).lower()


def names_nobody(tables):
    """Fail when tables say who somebody is."""
    text = everything(tables)
    assert [name for name in NAMING_NOOR if name in text] == []
