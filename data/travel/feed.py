"""The files of a GTFS feed, from a folder or a zip, as validated frames with what was wrong beside them.

The format: https://gtfs.org/documentation/schedule/reference. Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.columns import Column, Table
from data.csvtext import parse_csv, without_mark
from data.tables import QUARANTINE_COLUMNS, empty
from data.travel.network import Projection
from data.validation import validate
from recommender.city import Bool, Float64
from recommender.errors import BadInput

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DATE, TIME = "a day such as 20260307", "a time such as 08:05:00, or 25:10:00 after midnight"
_TIME = r"(\d{1,3}):([0-5]\d):([0-5]\d)"
_LAST_HOUR = 167
_MOST_BYTES = 4 << 30
LINE = "line"
REGION_KM = 40.0
"""Stops farther than this from every place of the city are of no use to it."""

STOPS = Table(
    "stops",
    (
        Column("stop_id", "id", "id of the stop", required=True),
        Column("stop_lat", "lat", "latitude", low=-90, high=90),
        Column("stop_lon", "lon", "longitude", low=-180, high=180),
        Column("parent_station", "ref", "the station it belongs to", of="stops"),
    ),
    key=("stop_id",),
    required=True,
)
TRIPS = Table(
    "trips",
    (
        Column("trip_id", "id", "id of the trip", required=True),
        Column("service_id", "text", "on which days it runs", required=True),
    ),
    key=("trip_id",),
    required=True,
)
STOP_TIMES = Table(
    "stop_times",
    (
        Column("trip_id", "ref", "the trip", required=True, of="trips"),
        Column("stop_id", "ref", "the stop", required=True, of="stops"),
        Column("stop_sequence", "whole", "order along the trip", required=True, low=0, high=1e9),
        Column("arrival_time", "text", TIME),
        Column("departure_time", "text", TIME),
        Column("pickup_type", "choice", "1: nobody gets on", of=("0", "1", "2", "3")),
        Column("drop_off_type", "choice", "1: nobody gets off", of=("0", "1", "2", "3")),
    ),
    key=("trip_id", "stop_sequence"),
    required=True,
    open_ended=True,
)
CALENDAR = Table(
    "calendar",
    (
        Column("service_id", "text", "the days", required=True),
        *(Column(day, "flag", "1 where it runs", required=True) for day in DAYS),
        Column("start_date", "text", DATE, required=True),
        Column("end_date", "text", DATE, required=True),
    ),
    key=("service_id",),
)
CALENDAR_DATES = Table(
    "calendar_dates",
    (
        Column("service_id", "text", "the days", required=True),
        Column("date", "text", DATE, required=True),
        Column("exception_type", "choice", "1: it runs too, 2: it does not", required=True, of=("1", "2")),
    ),
    key=("service_id", "date"),
)
FREQUENCIES = Table(
    "frequencies",
    (
        Column("trip_id", "ref", "the trip", required=True, of="trips"),
        Column("start_time", "text", TIME, required=True),
        Column("end_time", "text", TIME, required=True),
        Column("headway_secs", "whole", "seconds between departures", required=True, low=1, high=86_400),
    ),
    key=("trip_id", "start_time"),
)
TRANSFERS = Table(
    "transfers",
    (
        Column("from_stop_id", "ref", "from", of="stops"),
        Column("to_stop_id", "ref", "to", of="stops"),
        Column("transfer_type", "choice", "3: not possible", of=("0", "1", "2", "3", "4", "5")),
        Column("min_transfer_time", "whole", "seconds it takes", low=0, high=86_400),
        Column("from_route_id", "text", "only from this route"),
        Column("to_route_id", "text", "only to this route"),
        Column("from_trip_id", "text", "only from this trip"),
        Column("to_trip_id", "text", "only to this trip"),
    ),
    key=("from_stop_id", "to_stop_id", "from_route_id", "to_route_id", "from_trip_id", "to_trip_id"),
)
_AGENCY = Table(
    "agency", (Column("agency_timezone", "text", "the time zone", required=True),), key=("agency_timezone",)
)
TIMES = {"stop_times": ("arrival_time", "departure_time"), "frequencies": ("start_time", "end_time")}
DATES = {"calendar": ("start_date", "end_date"), "calendar_dates": ("date",)}
TABLES = (STOPS, TRIPS, STOP_TIMES, CALENDAR, CALENDAR_DATES, FREQUENCIES, TRANSFERS)


@dataclass(frozen=True)
class Feed:
    """A feed as validated frames by table name (a table that is not there is empty), the agency's time zone (``""``
    where none is named), the quarantine of what was rejected, the rows read, remarks, and how many calls lie outside of
    the region.
    """

    frames: Mapping[str, pd.DataFrame]
    zone: str
    rejected: pd.DataFrame
    read: Mapping[str, int]
    remarks: tuple[str, ...]
    outside: int = 0


def files_of(path: Path) -> dict[str, bytes]:
    """The text files of a feed by name, from a folder or a zip.

    Raises
    ------
    BadInput
        When it is neither, is broken or too large, or names a path outside of itself.
    """
    wanted = {f"{table.name}.txt" for table in (*TABLES, _AGENCY)}
    if path.is_dir():
        return {name: (path / name).read_bytes() for name in sorted(wanted) if (path / name).is_file()}
    if not path.is_file():
        raise BadInput(f"{path}: no such file; a GTFS feed, a .zip or a folder, was expected")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts:
                    raise BadInput(
                        f"{path}: names {member.filename!r}, a path outside of the zip; it is not to be trusted"
                    )
            inside = {
                PurePosixPath(m.filename).parent for m in members if PurePosixPath(m.filename).name == "stops.txt"
            }
            if len(inside) > 1:
                raise BadInput(f"{path}: holds several feeds; hand them in one at a time")
            folder = inside.pop() if inside else PurePosixPath(".")
            chosen = [m for m in members if PurePosixPath(m.filename).parent == folder]
            chosen = [m for m in chosen if PurePosixPath(m.filename).name in wanted]
            if sum(member.file_size for member in chosen) > _MOST_BYTES:
                raise BadInput(f"{path}: more than 4 GiB when unpacked; an extract of the region was expected")
            return {PurePosixPath(m.filename).name: archive.read(m) for m in chosen}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise BadInput(f"{path}: cannot be read as a zip; was the download cut off? ({error})") from None


def seconds_of(texts: pd.Series) -> tuple[NDArray[np.float64], Bool]:
    """Seconds from the start of the service day of times past 24:00 too; NaN where missing, and where it is none."""
    codes, distinct = pd.factorize(texts)
    parts = pd.Series(distinct, dtype="str").str.extract(rf"^{_TIME}$").astype(np.float64)
    values = (parts[0] * 3600 + parts[1] * 60 + parts[2]).where(parts[0] <= _LAST_HOUR).to_numpy(np.float64)
    seconds = np.append(values, np.nan)[codes]
    return seconds, np.isnan(seconds) & (texts != "").to_numpy(np.bool_)


def day_numbers(texts: pd.Series) -> tuple[NDArray[np.float64], Bool]:
    """Days since 1970-01-01; NaN where it is no day."""
    days = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
    bad = days.isna().to_numpy(np.bool_) | (texts.str.len() != 8).to_numpy(np.bool_)
    numbers = days.to_numpy("M8[D]").astype(np.int64).astype(np.float64)
    return np.where(bad, np.nan, numbers), bad & (texts != "").to_numpy(np.bool_)


def quarantine(frame: pd.DataFrame, bad: Bool, source: str, field: str, expected: str) -> pd.DataFrame:
    """Quarantine lines of rows that carry their own line number."""
    rows = frame[bad]
    lines = {
        "source": source,
        "row": rows[LINE],
        "field": field,
        "value": rows[field],
        "expected": expected,
        "record": "",
    }
    return pd.DataFrame(lines, columns=list(QUARANTINE_COLUMNS)).astype("str").reset_index(drop=True)


def _utf8(content: bytes, source: str, remarks: list[str]) -> bytes:
    try:
        return without_mark(content, source)
    except BadInput:
        if b"\x00" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise
    remarks.append(f"{source} is not UTF-8 and was read as latin-1")
    return content.decode("latin-1").encode()


def _table(
    table: Table, content: bytes, source: str, known: Mapping[str, set[str]], remarks: list[str], far: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    parsed = parse_csv(_utf8(content, source, remarks), table, source)
    inside = ~parsed.frame["stop_id"].isin(far) if table is STOP_TIMES and far else slice(None)
    frame = parsed.frame[inside].apply(lambda texts: texts.str.strip()).reset_index(drop=True)
    frame[LINE] = parsed.lines[inside].astype(str)
    rejected = [parsed.ragged]
    usable = np.ones(len(frame), dtype=np.bool_)
    checks = ((TIMES, seconds_of, TIME), (DATES, day_numbers, DATE))
    for name, read, expected in (
        (name, read, expected) for names, read, expected in checks for name in names.get(table.name, ())
    ):
        if name in frame:
            _, bad = read(frame[name])
            rejected.append(quarantine(frame, bad & usable, source, name, expected))
            usable &= ~bad
    frame = frame[usable].reset_index(drop=True)
    lines = frame[LINE].to_numpy(np.int64)
    given = frame if table.open_ended else frame.drop(columns=LINE)
    kept, quarantined = validate(table, given, source, known, lines=lines)
    whole = pd.concat([*rejected, quarantined], ignore_index=True)
    return kept, whole, len(parsed.frame) + len(parsed.ragged)


def _far(stops: pd.DataFrame, around: tuple[Float64, Float64]) -> set[str]:
    """Ids of stops outside of the region."""
    lat, lon = (stops[name].to_numpy(np.float64) for name in ("stop_lat", "stop_lon"))
    plane = Projection(*around)
    known = np.isfinite(lat) & np.isfinite(lon)
    metres, _ = cKDTree(plane.metres(*around)).query(plane.metres(lat[known], lon[known]))
    return set(stops["stop_id"][known][metres > REGION_KM * 1000])


def parse_feed(files: Mapping[str, bytes], source: str, around: tuple[Float64, Float64] | None = None) -> Feed:
    """Frames of a feed from the bytes of its files.

    Parameters
    ----------
    files : mapping of file name to bytes
    source : str
        Name of the feed, for messages.
    around : (lat, lon) of float64, shape (n_places,), degrees, or None
        Calls farther than ``REGION_KM`` from each of these places are left out unread, and counted. None: none are.

    Raises
    ------
    BadInput
        Naming the file, when one that is needed is missing or cannot be this table.
    """
    for table in TABLES:
        if table.required and f"{table.name}.txt" not in files:
            raise BadInput(f"{source}: {table.name}.txt is missing; is this a GTFS feed?")
    if not {"calendar.txt", "calendar_dates.txt"} & set(files):
        raise BadInput(f"{source}: neither calendar.txt nor calendar_dates.txt is there, so nobody knows when it runs")
    remarks: list[str] = []
    frames, rejected, read, known, far, outside = {}, [], {}, dict[str, set[str]](), set[str](), 0
    for table in TABLES:
        content = files.get(f"{table.name}.txt", b"")
        if not content.strip() and not table.required:
            frames[table.name] = empty(table)
            continue
        name = f"{source}/{table.name}.txt"
        frames[table.name], bad, read[table.name] = _table(table, content, name, known, remarks, far)
        rejected.append(bad)
        if table is STOPS and around is not None and len(around[0]):
            far = _far(frames["stops"], around)
            if len(far) == len(frames["stops"]):
                raise BadInput(
                    f"{name}: no stop lies within {REGION_KM:.0f} km of a place of the city; is it its region?"
                )
        if table is STOP_TIMES:
            outside = read[table.name] - len(frames[table.name]) - bad["row"].nunique()
        if table.name in ("stops", "trips"):
            known[table.name] = set(frames[table.name][table.key[0]])
    zone = _zone(files, source, remarks)
    return Feed(frames, zone, pd.concat(rejected, ignore_index=True), read, tuple(remarks), outside)


def _zone(files: Mapping[str, bytes], source: str, remarks: list[str]) -> str:
    content = files.get("agency.txt", b"")
    if not content.strip():
        return ""
    name = f"{source}/agency.txt"
    zones = parse_csv(_utf8(content, name, remarks), _AGENCY, name).frame["agency_timezone"].str.strip()
    distinct = [zone for zone in dict.fromkeys(zones) if zone]
    if len(distinct) > 1:
        raise BadInput(f"{name}: names several time zones, {', '.join(distinct)}; a feed has one")
    return distinct[0] if distinct else ""
