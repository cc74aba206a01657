"""CSV text to columns of strings and back; nothing in here opens a file."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from data.columns import Table
from data.tables import QUARANTINE_COLUMNS
from data.values import shortest
from recommender.errors import BadInput

LANGUAGE = re.compile("[a-z]{2,3}")
_BLOCK = 1 << 26
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Parsed:
    """A file as text: ``frame`` (all str), the ``lines`` of its rows, rows that do not fit the header
    (``ragged``, quarantine lines), and the columns that were ``left_out``.
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    ragged: pd.DataFrame
    left_out: tuple[str, ...] = ()


def without_mark(content: bytes, source: str) -> bytes:
    """The content when it is UTF-8, without its byte order mark.

    Raises
    ------
    BadInput
        Naming byte and line of what is not UTF-8, and how to convert the file.
    """
    if content.startswith(_UTF16_MARKS):
        raise BadInput(f"{source}: this is UTF-16, UTF-8 was expected; convert it: iconv -f utf16 -t utf8")
    content = content.removeprefix(_UTF8_MARK)
    if b"\x00" in content:
        line = content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise BadInput(f"{source}, line {line}: a zero byte; this is no text file. Was it saved as something else?")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{source}, line {line}: byte {error.start} (0x{content[error.start]:02x}) is not UTF-8; the file is "
            f"probably latin-1. Convert it: iconv -f latin1 -t utf8 {source} > converted.csv"
        ) from None
    return content


def header_of(content: bytes, table: Table, source: str) -> list[str]:
    """The names of the columns, when the file can be this table.

    Raises
    ------
    BadInput
        For an empty file, another separator than a comma, a column named twice or a required one missing.
    """
    wanted = ",".join(table.names)
    if not content.strip():
        raise BadInput(f"{source}: the file is empty; its first line must name the columns: {wanted}")
    first = next(csv.reader(io.StringIO(content.partition(b"\n")[0].decode())), [])
    names = [name.strip() for name in first]
    required = [column.name for column in table.columns if column.required]
    missing = [name for name in required if name not in names]
    if missing:
        for sign, word in ((";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")):
            if sign in "".join(first):
                raise BadInput(
                    f"{source}: the columns are separated by {word}, a comma was expected; save it again as "
                    f"comma-separated CSV (a list inside a cell keeps its ;)"
                )
        raise BadInput(f"{source}: column {missing[0]!r} is missing; found {', '.join(names)}; expected {wanted}")
    twice = [name for place, name in enumerate(names) if name and name in names[:place]]
    if twice:
        raise BadInput(f"{source}: column {twice[0]!r} stands in the header twice; take one of them out")
    return names


def _record_lines(body: bytes, records: int) -> NDArray[np.int64]:
    """The line on which each record starts; only line breaks inside quotes ask for a closer look."""
    plain = np.arange(2, records + 2)
    if body.count(b"\n") + (not body.endswith(b"\n")) == records:
        return plain
    reader = csv.reader(io.StringIO(body.decode(), newline=""))
    ends = [1]
    try:
        ends += [reader.line_num + 1 for _ in reader]
    except csv.Error:
        return plain
    return np.array(ends[:-1], dtype=np.int64) + 1 if len(ends) == records + 1 else plain


def _read(body: bytes, names: list[str], source: str) -> tuple[pd.DataFrame, list[tuple[int, str, int]]]:
    ragged: list[tuple[int, str, int]] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number - 1, row.text, row.actual_columns))
        return "skip"

    places = [str(place) for place in range(len(names))]
    try:
        columns = arrow_csv.read_csv(
            io.BytesIO(body),
            # One thread, because only then does a row that does not fit know its number.
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=places, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.large_string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise BadInput(f"{source}: not readable as CSV ({error}); is a quote left open?") from None
    return columns.to_pandas(), ragged


def parse_csv(content: bytes, table: Table, source: str) -> Parsed:
    """Columns of text of one table. Empty lines are no rows.

    Parameters
    ----------
    content : bytes
        A whole CSV file in UTF-8, with or without byte order mark.
    table : Table
        Which columns are wanted.
    source : str
        File name, for messages.

    Raises
    ------
    BadInput
        See ``without_mark`` and ``header_of``; also for a quote that never ends.
    """
    content = without_mark(content, source)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    names = header_of(content, table, source)
    body = content.partition(b"\n")[2]
    if not body.strip():
        nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in names if name})
        return chosen(nothing, table, np.empty(0, dtype=np.int64), nothing_ragged())
    frame, ragged = _read(body, names, source)
    lines = _record_lines(body, len(frame) + len(ragged))
    fits = np.ones(len(lines), dtype=np.bool_)
    fits[[record for record, _, _ in ragged]] = False
    frame.columns = pd.Index(names)
    _no_open_quote(frame, ragged, body, lines, source)
    filled = (frame != "").any(axis=1).to_numpy(np.bool_)
    quarantine = _ragged(ragged, lines[~fits], source, len(names))
    return chosen(frame[filled].reset_index(drop=True), table, lines[fits][filled], quarantine)


def _no_open_quote(
    frame: pd.DataFrame, ragged: list[tuple[int, str, int]], body: bytes, lines: NDArray[np.int64], source: str
) -> None:
    """Refuse a quote that never ends: it swallows the rest of the file into the last record."""
    if ragged and ragged[-1][0] == len(lines) - 1:
        swallowed = ragged[-1][1].count('"') % 2 == 1 and "\n" in ragged[-1][1]
    else:
        swallowed = len(frame) > 0 and "\n" in str(frame.iloc[-1, -1]) and not body.rstrip().endswith(b'"')
    if swallowed:
        raise BadInput(f"{source}, line {lines[-1]}: a quote is opened here and never closed")


def nothing_ragged() -> pd.DataFrame:
    """No quarantine line."""
    return _ragged([], np.empty(0, dtype=np.int64), "", 0)


def _ragged(rows: list[tuple[int, str, int]], lines: NDArray[np.int64], source: str, width: int) -> pd.DataFrame:
    cells = [
        (
            source,
            str(line),
            "",
            f"{found} cells",
            f"{width} cells, as in the header",
            json.dumps(text, ensure_ascii=False),
        )
        for (_, text, found), line in zip(rows, lines.tolist(), strict=True)
    ]
    return pd.DataFrame(cells, columns=list(QUARANTINE_COLUMNS), dtype="str")


def chosen(frame: pd.DataFrame, table: Table, lines: NDArray[np.int64], ragged: pd.DataFrame) -> Parsed:
    """Only the columns that the table knows, and languages where it is open to more."""
    wanted = [name for name in frame.columns if name in table.names]
    if table.open_ended:
        wanted += [name for name in frame.columns if name not in wanted and LANGUAGE.fullmatch(name)]
    left_out = tuple(name for name in frame.columns if name and name not in wanted)
    return Parsed(frame[wanted], lines, ragged, left_out)


def _iso(seconds: pd.Series, time_zone: str) -> pd.Series:
    """ISO 8601 in local time with its offset, without a Python call per row."""
    local = pd.to_datetime(seconds, unit="s", utc=True).dt.tz_convert(time_zone).dt.tz_localize(None)
    wall = local.to_numpy("M8[s]")
    minutes = (wall.astype(np.int64) - seconds.to_numpy(np.int64)) // 60
    distinct, place = np.unique(minutes, return_inverse=True)
    offsets = [f"{'-' if m < 0 else '+'}{abs(m) // 60:02d}:{abs(m) % 60:02d}" for m in distinct.tolist()]
    texts = np.datetime_as_string(wall).astype(object) + np.array(offsets, dtype=object)[place]
    return pd.Series(texts, dtype="str")


def _numbers(values: pd.Series, flag: bool) -> pd.Series:
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    words = ["true" if value else "false" for value in distinct] if flag else [shortest(value) for value in distinct]
    return pd.Series(np.array([*words, ""], dtype=object)[codes], dtype="str")


def format_csv(frame: pd.DataFrame, table: Table, time_zone: str) -> bytes:
    """The canonical frame of one table as CSV that ``parse_csv`` and ``validate`` read back to the same values.

    Equal frames give equal bytes: UTF-8, Unix line ends, numbers as short as they can be, times in the city's own zone.
    Columns in which nothing is known are left out.
    """
    texts = {}
    for column in table.columns:
        values = frame[column.name]
        if column.kind == "time":
            texts[column.name] = _iso(values, time_zone)
        elif values.dtype == np.float64:
            texts[column.name] = _numbers(values, column.kind == "flag")
        else:
            texts[column.name] = values
        if not column.required and (texts[column.name] == "").all():
            del texts[column.name]
    texts |= {str(name): frame[name] for name in frame.columns if name not in table.names}
    written: str = pd.DataFrame(texts).to_csv(index=False, lineterminator="\n")
    return written.encode()
