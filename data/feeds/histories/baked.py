"""Credentials out of what they are wrapped in: JSON, a JWT, a PNG or an SVG image.

Nothing is verified: a JWT is only decoded, and a signature inside an image is not looked at. So nothing may rest on
such a badge but what is recommended next.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from data.feeds.content import decoded, parsed_json
from recommender.errors import BadInput

PNG = b"\x89PNG\r\n\x1a\n"
KEYWORDS = (b"openbadgecredential", b"openbadges")
LARGEST = 1 << 26
"""Bytes of a credential in an image, unpacked."""
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*")
_CLAIMS = {"jti": "id", "iss": "issuer", "nbf": "validFrom", "exp": "validUntil"}
_SAME = {"validFrom": "issuanceDate", "validUntil": "expirationDate"}


def is_jwt(text: str) -> bool:
    """Whether a text is three parts of base64url with dots between."""
    return _JWT.fullmatch(text.strip()) is not None


def of_jwt(text: str, source: str) -> Any:
    """The credential in a JWT, with what only its claims say; its signature is not checked.

    Raises
    ------
    BadInput
        When its middle part is not JSON in base64url.
    """
    part = text.strip().split(".")[1]
    try:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise BadInput(f"{source}: the middle part of the JWT is not base64url; fetch it again") from None
    claims = parsed_json(content, source)
    if not isinstance(claims, Mapping):
        raise BadInput(f"{source}: the JWT holds no credential")
    inside = claims.get("vc", claims.get("vp"))
    credential = dict(inside if isinstance(inside, Mapping) else claims)
    for claim, name in _CLAIMS.items():
        value = claims.get(claim)
        if value is not None and name not in credential and _SAME.get(name) not in credential:
            credential[name] = _moment(value) if claim in ("nbf", "exp") else value
    subject = credential.get("credentialSubject")
    if isinstance(subject, Mapping) and "id" not in subject and "sub" in claims:
        credential["credentialSubject"] = {**subject, "id": claims["sub"]}
    return credential


def _moment(seconds: object) -> object:
    """A moment of a JWT, which counts seconds since 1970, as ISO 8601."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return seconds
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return str(seconds)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4])
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += 12 + length


def of_png(content: bytes, source: str) -> str:
    """The text of the chunk that an image carries its credential in.

    Raises
    ------
    BadInput
        When there is none, or it cannot be unpacked.
    """
    for kind, data in _chunks(content):
        keyword, _, rest = data.partition(b"\0")
        if keyword not in KEYWORDS:
            continue
        if kind == b"tEXt":
            return decoded(rest, source)
        if kind == b"iTXt" and len(rest) > 1:
            text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
            return decoded(_inflated(text, source) if rest[0] else text, source)
    raise BadInput(f"{source}: an image without a badge in it; was it saved anew by a programme for pictures?")


def _inflated(content: bytes, source: str) -> bytes:
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(content, LARGEST)
    except zlib.error as error:
        raise BadInput(f"{source}: the badge in the image is damaged ({error}); fetch it again") from None
    if reader.unconsumed_tail or not reader.eof:
        raise BadInput(f"{source}: the badge in the image is cut off, or unpacks to more than {LARGEST:,} bytes")
    return text


def of_svg(content: bytes, source: str) -> str:
    """The text of the element ``openbadges:credential`` of an image, or of its attribute ``verify``.

    A document type is let pass, as most drawings have one; entities and what lies outside the file are not.

    Raises
    ------
    BadInput
        When it is no XML, declares entities, or has no such element.
    """
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=False)
    except ParseError as error:
        raise BadInput(f"{source}: neither JSON nor an image with a badge in it ({error})") from None
    except DefusedXmlException as error:
        raise BadInput(f"{source}: declares {type(error).__name__.removesuffix('Forbidden')}; refused") from None
    except (LookupError, ValueError) as error:
        raise BadInput(f"{source}: not readable as XML: {error}") from None
    for element in root.iter():
        space, _, name = str(element.tag).rpartition("}")
        if name in ("credential", "assertion") and ("purl.imsglobal.org/ob" in space or "openbadges" in space):
            text = (element.text or "").strip() or element.get("verify", "")
            if text:
                return text
    raise BadInput(f"{source}: an image without a badge in it; was it saved anew by a programme for pictures?")


def document_of(content: bytes, source: str) -> Any:
    """What a file holds: parsed JSON, or a JWT as text.

    Raises
    ------
    BadInput
        For what is neither, and for images without a badge.
    """
    if content.startswith(PNG):
        text = of_png(content, source)
    elif content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        text = of_svg(content, source)
    else:
        text = decoded(content, source)
    return text.strip() if is_jwt(text) else parsed_json(text, source)
