"""Journeys by timetable: walk to a stop, ride, change, ride on, and walk to the door."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.travel.days import day_of, start_of
from data.travel.network import Network, Projection
from data.travel.scan import NEVER, scan
from data.travel.timetable import NOT_POSSIBLE, Timetable
from recommender.city import Bool, Float64, Int32, Int64, TravelMode

TO_STOP_MINUTES = 20.0
"""Nobody walks longer than this to a stop, or from one."""
OUTSIDE_KM = 5.0
"""A place farther than this from every stop lies outside of the timetable's region."""
CHANGE_MINUTES = 8.0
"""Nobody walks longer than this between two rides, unless the feed names the change."""
CHANGE_SECONDS = 60
"""What a change takes beside the walk, where the feed does not say."""
_DAYS_KEPT = 4
_TOGETHER = 2000
_DAY = 86_400


@dataclass(frozen=True, eq=False)
class Walks:
    """Walks in rows: those of row i are ``first[i]`` to ``first[i + 1]`` of ``to`` and ``seconds`` (int64)."""

    first: Int64
    to: Int64
    seconds: Int64


def _rows(row: NDArray[np.int64], to: NDArray[np.int64], seconds: NDArray[np.int64], n: int) -> Walks:
    order = np.lexsort((to, row))
    first = np.searchsorted(row[order], np.arange(n + 1)).astype(np.int64)
    return Walks(first, to[order].astype(np.int64), seconds[order].astype(np.int64))


@dataclass(frozen=True, eq=False)
class Connections:
    """The connections around one day, in the order of their departure; see ``scan``."""

    from_stop: Int32
    to_stop: Int32
    depart: Int64
    arrive: Int64
    trip: Int32
    board: Bool
    alight: Bool
    trips: int


class Transit:
    """Earliest arrivals by a timetable.

    Parameters
    ----------
    timetable : Timetable
    walk : TravelMode
        The city's own speed on foot.
    network : Network or None
        Streets to walk along; without, over the globe.
    """

    def __init__(self, timetable: Timetable, walk: TravelMode, network: Network | None = None) -> None:
        self.timetable, self.walk, self.network = timetable, walk, network
        self.zone = str(timetable.zone)
        self.projection = Projection(timetable.lat, timetable.lon)
        self.tree = cKDTree(self.projection.metres(timetable.lat, timetable.lon))
        self.stop_nodes = network.snap(timetable.lat, timetable.lon) if network is not None else None
        self.days = np.unique(timetable.day[_members(timetable, np.unique(timetable.service))])
        self._services = _services_by_day(timetable)
        self._back = int(timetable.depart.max(initial=0)) // _DAY
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Connections] = OrderedDict()
        self.change, self.walks = self._between_stops()

    def warm(self) -> None:
        """Compile what there is to compile, so that nobody who asks waits for it."""
        here = self.timetable.lat[:1], self.timetable.lon[:1]
        walks = self.to_stops(*here)
        self.minutes(walks, walks, np.zeros((1, 1)), start_of(int(self.days[0]), self.zone))

    def covers(self, at: int) -> bool:
        """Whether the timetable says anything about the day of a moment."""
        first, last = (start_of(day, self.zone) for day in (int(self.days[0]), int(self.days[-1]) + 1))
        return first <= at < last

    def inside(self, lat: Float64, lon: Float64) -> Bool:
        """Which places lie in the timetable's region: near some stop. Shape (n,)."""
        found = np.isfinite(lat) & np.isfinite(lon)
        metres, _ = self.tree.query(self.projection.metres(lat[found], lon[found]))
        found[found] = metres <= OUTSIDE_KM * 1000
        return found

    def to_stops(self, lat: Float64, lon: Float64, most: float = TO_STOP_MINUTES) -> Walks:
        """Walks from places to the stops around them, at most so many minutes each.

        Parameters
        ----------
        lat, lon : float64, shape (n,), degrees
            A place that is not known has no stops.
        """
        known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
        metres_a_minute = self.walk.km_per_hour * 1000 / 60
        points = cKDTree(self.projection.metres(lat[known], lon[known]).reshape(-1, 2))
        near = points.sparse_distance_matrix(self.tree, most * metres_a_minute, output_type="ndarray")
        row, stop = known[near["i"].astype(np.int64)], near["j"].astype(np.int64)
        minutes = near["v"] * (self.walk.detour / metres_a_minute)
        if self.network is not None and len(row):
            minutes = self._along_streets(lat, lon, row, stop, minutes, most)
        close = minutes <= most
        seconds = np.ceil(minutes[close] * 60 - 1e-6).astype(np.int64)
        return _rows(row[close], stop[close], seconds, len(lat))

    def _along_streets(
        self, lat: Float64, lon: Float64, row: NDArray[np.int64], stop: NDArray[np.int64], over: Float64, most: float
    ) -> Float64:
        """The same walks along streets, where both ends are on them."""
        assert self.network is not None
        assert self.stop_nodes is not None
        node, to_street = self.network.snap(lat, lon)
        stop_node, from_street = self.stop_nodes
        both = (node[row] >= 0) & (stop_node[stop] >= 0)
        if not both.any():
            return over
        walk = np.flatnonzero(both)
        walk = walk[np.argsort(node[row[walk]], kind="stable")]
        minutes = over.copy()
        # In parts: most of all pairs of a place and a stop are too far apart to matter.
        for some in np.array_split(walk, max(1, len(walk) // _TOGETHER)):
            starts, start = np.unique(node[row[some]], return_inverse=True)
            ends, end = np.unique(stop_node[stop[some]], return_inverse=True)
            found = self.network.minutes(starts, ends, limit=most)[start, end]
            minutes[some] = to_street[row[some]] + found + from_street[stop[some]]
        return minutes

    def _between_stops(self) -> tuple[Int64, Walks]:
        """The time to change at each stop, and walks between different ones."""
        table = self.timetable
        n = len(table.lat)
        change = np.full(n, CHANGE_SECONDS, dtype=np.int64)
        around = self.to_stops(table.lat, table.lon, CHANGE_MINUTES)
        row = np.repeat(np.arange(n), np.diff(around.first))
        seconds = around.seconds + CHANGE_SECONDS
        apart = row != around.to
        pairs = dict(
            zip(zip(row[apart].tolist(), around.to[apart].tolist(), strict=True), seconds[apart].tolist(), strict=True)
        )
        metres = self.projection.metres(table.lat, table.lon)
        for begin, end, told in zip(
            table.change_from.tolist(), table.change_to.tolist(), table.change.tolist(), strict=True
        ):
            if begin == end:
                if told:
                    change[begin] = NEVER if told == NOT_POSSIBLE else told
            elif told == NOT_POSSIBLE:
                pairs.pop((begin, end), None)
            elif told:
                pairs[begin, end] = told
            elif (begin, end) not in pairs:
                far = float(np.hypot(*(metres[begin] - metres[end]))) * self.walk.detour
                pairs[begin, end] = int(np.ceil(far * 3.6 / self.walk.km_per_hour)) + CHANGE_SECONDS
        ends = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return change, _rows(ends[:, 0], ends[:, 1], np.array(list(pairs.values()), dtype=np.int64), n)

    def connections(self, day: int) -> Connections:
        """All connections that a journey beginning on a day can take within 24 hours: yesterday's that are still
        under way, today's and tomorrow's.
        """
        with self._lock:
            if day not in self._kept:
                self._kept[day] = self._connect(day)
            self._kept.move_to_end(day)
            while len(self._kept) > _DAYS_KEPT:
                self._kept.popitem(last=False)
            return self._kept[day]

    def _connect(self, day: int) -> Connections:
        table = self.timetable
        parts, trips = [], 0
        last = np.zeros(len(table.stop), dtype=np.bool_)
        last[table.first[1:] - 1] = True
        for that in range(day - self._back - 1, day + 2):
            services = self._services.get(that)
            if services is None:
                continue
            runs = np.flatnonzero(np.isin(table.service, services))
            length = np.diff(table.first)[runs]
            call = np.arange(length.sum()) + np.repeat(
                table.first[:-1][runs] - np.append(0, np.cumsum(length)[:-1]), length
            )
            own = np.repeat(np.arange(len(runs)), length)
            goes = ~last[call]
            call, own = call[goes], own[goes]
            start = start_of(that, self.zone)
            parts.append((call, own + trips, start))
            trips += len(runs)
        call = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)])
        trip = np.concatenate([part[1] for part in parts] or [np.empty(0, np.int64)])
        start_moment = np.concatenate([np.full(len(part[0]), part[2]) for part in parts] or [np.empty(0, np.int64)])
        depart = start_moment + table.depart[call]
        order = np.argsort(depart, kind="stable")
        call, trip, start_moment = call[order], trip[order], start_moment[order]
        return Connections(
            from_stop=table.stop[call],
            to_stop=table.stop[call + 1],
            depart=depart[order],
            arrive=start_moment + table.arrive[call + 1],
            trip=trip.astype(np.int32),
            board=table.board[call],
            alight=table.alight[call + 1],
            trips=trips,
        )

    def minutes(self, start: Walks, end: Walks, on_foot: Float64, at: int) -> Float64:
        """Minutes from places to places, leaving at a moment; walking all the way where that is quicker.

        Parameters
        ----------
        start, end : Walks
            From the ``n`` places to stops, and from the ``m`` places to stops: a walk takes as long in both directions.
        on_foot : float64, shape (n, m)
            Minutes of walking all the way; infinite or NaN where nobody knows.
        at : int
            Seconds since 1970 UTC.

        Returns
        -------
        float64, shape (n, m)
            Infinite where there is no way within 24 hours; NaN where ``on_foot`` is.
        """
        day = self.connections(day_of(at, self.zone))
        n_stops = len(self.timetable.lat)
        place = np.repeat(np.arange(len(end.first) - 1), np.diff(end.first))
        out = _rows(end.to, place, end.seconds, n_stops)
        begin = int(np.searchsorted(day.depart, at))
        walking = np.isfinite(on_foot)
        best = np.full(on_foot.shape, at + _DAY, dtype=np.int64)
        best[walking] = np.minimum(best[walking], at + np.ceil(on_foot[walking] * 60 - 1e-6).astype(np.int64))
        # Somebody who is not known to be anywhere waits for nobody.
        best[np.isnan(on_foot)] = at
        for row in range(len(on_foot)):
            ready = np.full(n_stops, NEVER)
            own = slice(start.first[row], start.first[row + 1])
            if own.start == own.stop:
                continue
            ready[start.to[own]] = at + start.seconds[own]
            scan(
                begin, day.from_stop, day.to_stop, day.depart, day.arrive, day.trip, day.board, day.alight,
                self.change, self.walks.first, self.walks.to, self.walks.seconds, out.first, out.to, out.seconds,
                ready, np.full(n_stops, NEVER), np.zeros(day.trips, dtype=np.bool_), best[row],
            )  # fmt: skip
        minutes = (best - at) / 60
        rode = best < at + _DAY
        minutes = np.where(rode, minutes, np.inf)
        # Whole seconds are the timetable's; who walks all the way is not rounded.
        minutes = np.where(walking, np.minimum(minutes, on_foot), minutes)
        return np.where(np.isnan(on_foot), np.nan, minutes)


def _members(table: Timetable, services: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.concatenate(
        [np.arange(table.day_first[s], table.day_first[s + 1]) for s in services] or [np.empty(0, int)]
    )


def _services_by_day(table: Timetable) -> dict[int, NDArray[np.int64]]:
    service = np.repeat(np.arange(len(table.day_first) - 1), np.diff(table.day_first))
    order = np.argsort(table.day, kind="stable")
    days, first = np.unique(table.day[order], return_index=True)
    return dict(zip(days.tolist(), np.split(service[order], first[1:]), strict=True))
