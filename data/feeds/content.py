"""From bytes to text, JSON or XML: damaged, packed or hostile files are refused with a sentence that says what to do."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from data.feeds.records import Rejected
from recommender.errors import BadInput

LARGEST = 1 << 30
"""Bytes of one unpacked file. A feed is smaller; what is larger is a mistake or an attack."""

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def unpacked(content: bytes, source: str, largest: int = LARGEST) -> bytes:
    """The content, unpacked when it is gzip.

    Raises
    ------
    BadInput
        For gzip that is cut off, damaged, or unpacks to more than ``largest`` bytes; and for a zip archive.
    """
    if content.startswith(_ZIP):
        raise BadInput(f"{source}: a zip archive; unpack it first and name the file in it")
    if not content.startswith(_GZIP):
        return content
    parts, size, rest = [], 0, content
    try:
        # Several packed files one after the other are one file.
        while rest.startswith(_GZIP):
            reader = zlib.decompressobj(wbits=31)
            parts.append(reader.decompress(rest, largest - size))
            size += len(parts[-1])
            if reader.unconsumed_tail:
                raise BadInput(f"{source}: unpacks to more than {largest:,} bytes; that is no feed")
            if not reader.eof:
                raise BadInput(f"{source}: the gzip file is cut off after {size:,} bytes; fetch it again")
            rest = reader.unused_data
    except zlib.error as error:
        raise BadInput(f"{source}: damaged gzip ({error}); fetch it again") from None
    return b"".join(parts)


def read_bytes(path: Path) -> bytes:
    """A file's content, unpacked. Raises ``BadInput`` when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    return unpacked(content, path.name)


def decoded(content: bytes | str, source: str, otherwise: str = "") -> str:
    """Text in UTF-8 or with a byte order mark; else in the encoding ``otherwise``, when there is one.

    Raises
    ------
    BadInput
        Naming the byte that is not UTF-8, or a zero byte.
    """
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if not otherwise or encoding != "utf-8":
            line = content.count(b"\n", 0, error.start) + 1
            raise BadInput(f"{source}, line {line}: byte {error.start} is not {encoding.upper()}") from None
        text = _other(content, source, otherwise)
    if "\x00" in text:
        raise BadInput(f"{source}: holds zero bytes; this is no text file. Was it saved as something else?")
    return text


def _other(content: bytes, source: str, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{source}, line {line}: byte {error.start} is neither UTF-8 nor {encoding}; is it text?"
        ) from None


def parsed_json(content: bytes | str, source: str) -> Any:
    """What a JSON text says; NaN and infinities, which are no JSON, become texts that no number column takes.

    Raises
    ------
    BadInput
        Naming file and line of what is no JSON, or when it is nested too deep.
    """
    text = decoded(content, source)
    try:
        # Line breaks inside strings are no JSON, but they are in some descriptions.
        return json.loads(text, strict=False, parse_constant=str)
    except json.JSONDecodeError as error:
        raise BadInput(f"{source}, line {error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"{source}: not usable as JSON: {error}") from None


def parsed_xml(content: bytes, source: str) -> Element:
    """The root of an XML document without DTD, entities or references to elsewhere.

    Raises
    ------
    BadInput
        For what is no XML, and for XML that declares entities: that is how a small file grows to gigabytes.
    """
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise BadInput(f"{source}: not XML: {error}") from None
    except DefusedXmlException as error:
        raise BadInput(f"{source}: declares {type(error).__name__.removesuffix('Forbidden')}; refused") from None
    except (LookupError, ValueError) as error:
        raise BadInput(f"{source}: not readable as XML: {error}") from None
    return root


def files_of(path: Path, endings: Iterable[str]) -> list[Path]:
    """The file itself, or all files below a folder with one of the endings, packed or not, in order of name.

    Raises
    ------
    BadInput
        When there is no such file or folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise BadInput(f"{path}: no such file or folder")
    wanted = tuple(ending + more for ending in endings for more in ("", ".gz"))
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name.lower().endswith(wanted))


class Gathered(Protocol):
    """What is read of several files: it can take over what another one holds."""

    rejected: list[Rejected]

    def add(self, other: Any) -> None: ...


_Gathered = TypeVar("_Gathered", bound=Gathered)


def all_files(
    kind: type[_Gathered], path: Path, endings: Iterable[str], read: Callable[[Path], _Gathered], what: str
) -> _Gathered:
    """Every file read; one that cannot be read is a line in quarantine, and all of them together are an error.

    Raises
    ------
    BadInput
        When there is no file, or none can be used.
    """
    whole, wrong = kind(), list[str]()
    files = files_of(path, endings)
    for file in files:
        try:
            whole.add(read(file))
        except BadInput as error:
            wrong.append(str(error))
            whole.rejected.append(Rejected(0, "", file.name, str(error), "", file.name))
    if len(wrong) == len(files):
        said = "; ".join(wrong[:3]) or f"no file that ends in {' or '.join(endings)}"
        raise BadInput(f"{path}: no {what} in here; {said}" if path.is_dir() else said)
    return whole
