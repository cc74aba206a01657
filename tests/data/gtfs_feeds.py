"""Small feeds written by hand, and a slow, plain answer to the question of the earliest arrival."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from data.travel.days import day_of, start_of
from data.travel.timetable import NOT_POSSIBLE, Timetable
from data.travel.transit import CHANGE_SECONDS, Transit

AGENCY = "agency_id,agency_name,agency_url,agency_timezone\n1,Bus,http://bus.example,Europe/Amsterdam\n"
STOPS = """stop_id,stop_name,stop_lat,stop_lon
a,Aan de haven,51.700,5.500
b,Brug,51.700,5.550
c,Centrum,51.700,5.600
d,Dorp,51.750,5.600
"""
TRIPS = """route_id,service_id,trip_id
1,week,one
1,week,two
2,week,three
"""
STOP_TIMES = """trip_id,arrival_time,departure_time,stop_id,stop_sequence
one,08:00:00,08:00:00,a,1
one,08:10:00,08:11:00,b,2
one,08:20:00,08:20:00,c,3
two,09:00:00,09:00:00,a,1
two,09:20:00,09:20:00,c,3
three,08:30:00,08:30:00,c,1
three,08:45:00,08:45:00,d,2
"""
CALENDAR = """service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
week,1,1,1,1,1,0,0,20260101,20261231
"""
FILES = {
    "agency.txt": AGENCY,
    "stops.txt": STOPS,
    "trips.txt": TRIPS,
    "stop_times.txt": STOP_TIMES,
    "calendar.txt": CALENDAR,
}


def feed(**texts: str | None) -> dict[str, bytes]:
    """The small feed, with other texts for some files (named without ``.txt``); None takes a file out."""
    files = {**FILES, **{f"{name}.txt": text for name, text in texts.items()}}
    return {name: text.encode() for name, text in files.items() if text is not None}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """A zip of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    path.write_bytes(content.getvalue())
    return path


def slow_arrivals(transit: Transit, ready: dict[int, int], at: int) -> dict[int, int]:
    """When one is at each stop by vehicle at the earliest, within 24 hours.

    Improves whole trips again and again until nothing gets better: no order of departures, no pruning.

    Parameters
    ----------
    ready : mapping of stop to moment
        When one has walked to a stop.
    """
    table: Timetable = transit.timetable
    ready = dict(ready)
    reached: dict[int, int] = {}
    days = [start_of(day_of(at, transit.zone) + shift, transit.zone) for shift in range(-3, 3)]
    numbers = [day_of(at, transit.zone) + shift for shift in range(-3, 3)]
    runs = []
    for trip in range(len(table.first) - 1):
        service = int(table.service[trip])
        on = set(table.day[table.day_first[service] : table.day_first[service + 1]].tolist())
        calls = range(int(table.first[trip]), int(table.first[trip + 1]))
        runs += [(start, calls) for number, start in zip(numbers, days, strict=True) if number in on]
    better = True
    while better:
        better = False
        for start, calls in runs:
            aboard = False
            for call in calls:
                stop = int(table.stop[call])
                arrive, depart = start + int(table.arrive[call]), start + int(table.depart[call])
                if aboard and table.alight[call] and arrive < reached.get(stop, 1 << 60):
                    reached[stop] = arrive
                    better = True
                    if transit.change[stop] < 1 << 40:
                        ready[stop] = min(ready.get(stop, 1 << 60), arrive + int(transit.change[stop]))
                    for walk in range(int(transit.walks.first[stop]), int(transit.walks.first[stop + 1])):
                        other = int(transit.walks.to[walk])
                        ready[other] = min(ready.get(other, 1 << 60), arrive + int(transit.walks.seconds[walk]))
                if table.board[call] and depart >= at and ready.get(stop, 1 << 60) <= depart:
                    aboard = True
    return reached


def slow_minutes(transit: Transit, lat, lon, to_lat, to_lon, on_foot, at: int) -> np.ndarray:
    """What ``Transit.minutes`` says, the slow way."""
    start, end = transit.to_stops(lat, lon), transit.to_stops(to_lat, to_lon)
    found = np.array(on_foot, dtype=np.float64)
    for row in range(len(lat)):
        walks = range(int(start.first[row]), int(start.first[row + 1]))
        ready = {int(start.to[walk]): at + int(start.seconds[walk]) for walk in walks}
        reached = slow_arrivals(transit, ready, at)
        for column in range(len(to_lat)):
            for walk in range(int(end.first[column]), int(end.first[column + 1])):
                moment = reached.get(int(end.to[walk]))
                if moment is not None and moment + int(end.seconds[walk]) < at + 86_400:
                    found[row, column] = min(found[row, column], (moment + int(end.seconds[walk]) - at) / 60)
    return found


__all__ = ["CHANGE_SECONDS", "NOT_POSSIBLE", "feed", "slow_minutes", "zipped"]
