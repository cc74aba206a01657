"""From the files of a GTFS feed to a timetable in plain arrays; whatever is dropped is counted or quarantined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.travel.days import service_days
from data.travel.feed import REGION_KM, TIME, Feed, files_of, parse_feed, quarantine, seconds_of
from data.travel.timetable import NOT_POSSIBLE, Timetable
from recommender.city import Float64, Int32
from recommender.errors import BadInput

STEPS = ("reading the feed", "checking it", "putting trips in order")
_MOST_BAD = 0.1


@dataclass(frozen=True)
class TimetableSummary:
    """What became of a feed: how much of it runs, from which day to which (``YYYY-MM-DD``), rows read by file, rows
    dropped by reason, the quarantine of those with something wrong in them, and remarks.
    """

    stops: int
    trips: int
    calls: int
    first_day: str
    last_day: str
    read: dict[str, int]
    dropped: dict[str, int]
    rejected: pd.DataFrame
    remarks: tuple[str, ...]


def read_timetable(
    path: Path,
    zone: str,
    tell: Callable[[str], None] = lambda step: None,
    around: tuple[Float64, Float64] | None = None,
) -> tuple[Timetable, TimetableSummary]:
    """The timetable of a GTFS feed.

    Parameters
    ----------
    path : Path
        A ``.zip`` or a folder.
    zone : str
        Time zone of a feed whose agency names none.
    tell : function of str
        Told each of ``STEPS`` when it begins.
    around : (lat, lon) of float64, shape (n_places,), degrees, or None
        The city's places: of a feed of a whole country only what lies around them is kept.

    Raises
    ------
    BadInput
        When it is no feed, is broken, or more than a tenth of its calls cannot be used.
    """
    tell(STEPS[0])
    files = files_of(path)
    tell(STEPS[1])
    feed = parse_feed(files, path.name, around)
    tell(STEPS[2])
    return timetable_from(feed, path.name, zone)


def _zone_of(feed: Feed, zone: str, source: str) -> str:
    name = feed.zone or zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"{source}/agency.txt: agency_timezone {name!r} is no zone such as Europe/Amsterdam") from None
    return name


def _within(trip: NDArray[np.intp], values: Float64) -> Float64:
    """The largest value before each row within its trip; -inf at a trip's first. Rows are sorted by trip."""
    if not len(values):
        return values
    step = float(values.max() - values.min()) + 1.0
    lifted = np.maximum.accumulate(values + trip * step) - trip * step
    before = np.append(-np.inf, lifted[:-1])
    before[np.append(True, np.diff(trip) != 0)] = -np.inf
    return before


def _calls(feed: Feed, source: str, dropped: dict[str, int], rejected: list[pd.DataFrame]) -> pd.DataFrame:
    """Calls in order with both times known; what cannot be used is counted, or stands in quarantine."""
    frame = feed.frames["stop_times"].copy()
    places = feed.frames["stops"].set_index("stop_id")[["stop_lat", "stop_lon"]]
    for name in ("stop_lat", "stop_lon"):
        frame[name] = frame["stop_id"].map(places[name])
    nowhere = frame["stop_lat"].isna()
    dropped["calls at a stop whose place is not known"] = int(nowhere.sum())
    frame = frame[~nowhere]
    frame["trip"] = pd.factorize(frame["trip_id"], sort=True)[0]
    frame = frame.sort_values(["trip", "stop_sequence"], kind="stable", ignore_index=True)
    arrive, _ = seconds_of(frame["arrival_time"])
    depart, _ = seconds_of(frame["departure_time"])
    frame["arrive"] = np.where(np.isnan(arrive), depart, arrive)
    frame["depart"] = np.where(np.isnan(depart), arrive, depart)

    timed = frame["arrive"].notna().to_numpy()
    backwards = np.zeros(len(frame), dtype=np.bool_)
    rows = np.flatnonzero(timed)
    some = frame.iloc[rows]
    latest = _within(some["trip"].to_numpy(), some["depart"].to_numpy(np.float64))
    arrives, departs = some["arrive"].to_numpy(), some["depart"].to_numpy()
    backwards[rows] = (arrives < latest) | (departs < arrives)
    rejected.append(
        quarantine(
            frame, backwards, f"{source}/stop_times.txt", "departure_time", f"{TIME}, not before the one before it"
        )
    )
    frame, timed = frame[~backwards].reset_index(drop=True), timed[~backwards]

    # Between two timed calls the vehicle goes steadily; before the first and after the last nobody knows.
    trip = frame["trip"].to_numpy()
    place = np.arange(len(frame))
    known = pd.Series(np.where(timed, place, -1))
    inside = (known.groupby(trip).cummax() >= 0) & (known[::-1].groupby(trip[::-1]).cummax()[::-1] >= 0)
    outside = ~inside.to_numpy()
    dropped["calls without a time, before the first or after the last one that has one"] = int(outside.sum())
    for name in ("arrive", "depart"):
        values = frame[name].to_numpy(np.float64, copy=True)
        if timed.any():
            values[~timed] = np.interp(place[~timed], place[timed], values[timed])
        frame[name] = np.round(values)
    frame = frame[~outside].reset_index(drop=True)
    size = frame["trip"].map(frame["trip"].value_counts()) if len(frame) else frame["trip"]
    alone = (size < 2).to_numpy()
    dropped["trips with fewer than two calls"] = int(frame["trip"][alone].nunique())
    return frame[~alone].reset_index(drop=True)


def _by_frequency(feed: Feed, calls: pd.DataFrame, dropped: dict[str, int]) -> pd.DataFrame:
    """Calls with every trip of ``frequencies.txt`` written out: one trip for each departure."""
    frame = feed.frames["frequencies"]
    if not len(frame):
        return calls
    begin, end = (seconds_of(frame[name])[0] for name in ("start_time", "end_time"))
    starts = calls.groupby("trip_id")["depart"].first()
    parts = [calls[~calls["trip_id"].isin(set(frame["trip_id"]))]]
    of = dict(tuple(calls[calls["trip_id"].isin(set(frame["trip_id"]))].groupby("trip_id")))
    for trip, since, until, headway in zip(frame["trip_id"], begin, end, frame["headway_secs"], strict=True):
        if trip not in of:
            continue
        for depart in np.arange(since, until, headway):
            shift = depart - starts[trip]
            one = of[trip].assign(trip_id=f"{trip} {depart:.0f}", source_trip=trip)
            one["arrive"] += shift
            one["depart"] += shift
            parts.append(one)
    whole = pd.concat(parts, ignore_index=True)
    whole["source_trip"] = whole["source_trip"].where(whole["source_trip"].notna(), whole["trip_id"])
    return whole


def _changes(feed: Feed, stops: dict[str, int], dropped: dict[str, int]) -> tuple[Int32, Int32, Int32]:
    """Rows of ``transfers.txt`` between stops; one for a station holds for all its stops, a stop's own row wins."""
    frame = feed.frames["transfers"]
    special = (frame[["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]] != "").any(axis=1)
    special |= frame["transfer_type"].isin(["4", "5"]) | (frame["from_stop_id"] == "") | (frame["to_stop_id"] == "")
    dropped["transfers for certain routes or trips only"] = int(special.sum())
    frame = frame[~special]
    table = feed.frames["stops"]
    within: dict[str, list[str]] = {}
    for name, parent in zip(table["stop_id"], table["parent_station"], strict=True):
        if parent:
            within.setdefault(parent, []).append(name)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    columns = (frame[name].tolist() for name in ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"))
    for begin, end, kind, least in zip(*columns, strict=True):
        seconds = NOT_POSSIBLE if kind == "3" else int(least) if kind == "2" and least == least else 0
        for one in (begin, *within.get(begin, ())):
            for other in (end, *within.get(end, ())):
                if one in stops and other in stops:
                    precise = (one == begin) + (other == end)
                    pair = stops[one], stops[other]
                    if precise >= found.get(pair, (-1, 0))[0]:
                        found[pair] = precise, seconds
    pairs = np.array(sorted((a, b, seconds) for (a, b), (_, seconds) in found.items()), dtype=np.int32).reshape(-1, 3)
    return pairs[:, 0].copy(), pairs[:, 1].copy(), pairs[:, 2].copy()


def timetable_from(feed: Feed, source: str, zone: str) -> tuple[Timetable, TimetableSummary]:
    """The arrays of a feed; see ``read_timetable``."""
    name = _zone_of(feed, zone, source)
    dropped = {f"calls more than {REGION_KM:.0f} km from every place of the city": feed.outside}
    rejected = [feed.rejected]
    calls = _calls(feed, source, dropped, rejected)
    quarantined = pd.concat(rejected, ignore_index=True)
    bad = int((quarantined["source"] == f"{source}/stop_times.txt").sum())
    inside = feed.read["stop_times"] - feed.outside
    if bad > _MOST_BAD * inside:
        worst = quarantined[quarantined["source"] == f"{source}/stop_times.txt"].iloc[0]
        raise BadInput(
            f"{source}/stop_times.txt: {bad:,} of {inside:,} rows cannot be used; the first is line "
            f"{worst['row']}, {worst['field']} = {worst['value']!r}, where {worst['expected']} was expected"
        )
    calls = _by_frequency(feed, calls.assign(source_trip=calls["trip_id"]), dropped)
    services, days = service_days(feed.frames["calendar"], feed.frames["calendar_dates"])
    service_of = feed.frames["trips"].set_index("trip_id")["service_id"]
    calls["service"] = calls["source_trip"].map(service_of).map({name: row for row, name in enumerate(services)})
    never = calls["service"].isna().to_numpy()
    dropped["trips that never run: no day is given for their service_id"] = int(calls["trip_id"][never].nunique())
    calls = calls[~never].reset_index(drop=True)
    if not len(calls):
        raise BadInput(f"{source}: no trip runs on any day between two stops; is the feed whole?")
    trip = pd.factorize(calls["trip_id"])[0]
    first = np.append(np.flatnonzero(np.append(True, np.diff(trip) != 0)), len(trip)).astype(np.int64)
    stop, stops = pd.factorize(calls["stop_id"], sort=True)
    places = feed.frames["stops"].set_index("stop_id").loc[stops]
    changes = _changes(feed, {str(name): row for row, name in enumerate(stops)}, dropped)
    running = np.concatenate([days[int(row)] for row in calls["service"].unique()])
    timetable = Timetable(
        zone=np.array(name),
        lat=places["stop_lat"].to_numpy(np.float64),
        lon=places["stop_lon"].to_numpy(np.float64),
        first=first,
        stop=stop.astype(np.int32),
        arrive=calls["arrive"].to_numpy(np.int32),
        depart=calls["depart"].to_numpy(np.int32),
        board=(calls["pickup_type"] != "1").to_numpy(np.bool_),
        alight=(calls["drop_off_type"] != "1").to_numpy(np.bool_),
        service=calls["service"].to_numpy(np.int32)[first[:-1]],
        day_first=np.cumsum([0, *(len(some) for some in days)]).astype(np.int64),
        day=np.concatenate([*days, np.empty(0)]).astype(np.int32),
        change_from=changes[0],
        change_to=changes[1],
        change=changes[2],
    )
    summary = TimetableSummary(
        stops=len(stops),
        trips=len(first) - 1,
        calls=len(calls),
        first_day=_said(running.min()),
        last_day=_said(running.max()),
        read=dict(feed.read),
        dropped={reason: count for reason, count in dropped.items() if count},
        rejected=quarantined,
        remarks=feed.remarks,
    )
    return timetable, summary


def _said(day: Any) -> str:
    return str(np.datetime64(int(day), "D"))
