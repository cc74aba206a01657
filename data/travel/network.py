"""Shortest ways along streets for one mode, between any places and, remembered, between a catalogue's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from data.travel.access import BIKE_SLOW, CLOSED, FULL, PUSH, SLOW, WALK_SLOW
from data.travel.arrays import load_arrays, save_arrays
from data.travel.streets import Streets
from recommender.city import Bool, Float32, Float64, Int64, TravelMode
from recommender.errors import BadInput
from recommender.travel import EARTH_KM

_FORM = "ways 1"

OFF_NETWORK_KM = 1.0
"""A place farther than this from every street is not on the network."""
_TOGETHER = 100_000
"""Starts times nodes of one look-up: the library holds the interpreter while it works, and requests want their turn."""
_MOST_ROWS = 4096
_USUAL_DETOUR, _USUAL_MINUTES = 1.8, 8.0


class Projection:
    """Degrees to metres on a plane that touches the earth in the middle of the city.

    Within 50 km of the middle a distance is off by less than half a percent.
    """

    def __init__(self, lat: Float64, lon: Float64) -> None:
        self.lat, self.lon = (float(np.nanmedian(x)) if np.isfinite(x).any() else 0.0 for x in (lat, lon))

    def metres(self, lat: Float64, lon: Float64) -> Float64:
        """Shape (n, 2)."""
        east = (np.asarray(lon) - self.lon + 180) % 360 - 180
        x = np.radians(east) * np.cos(np.radians(self.lat))
        flat: Float64 = np.column_stack([x, np.radians(np.asarray(lat) - self.lat)]) * (EARTH_KM * 1000)
        return flat


def minutes_per_metre(name: str, walk: TravelMode, ride: TravelMode) -> Float64:
    """By pace (``CLOSED``, ``FULL``, ``SLOW``, ``PUSH``), at the city's own speeds; infinite where closed."""
    on_foot = 60 / (walk.km_per_hour * 1000)
    own = on_foot if name == "walk" else 60 / (ride.km_per_hour * 1000)
    pace = np.full(4, np.inf)
    pace[[FULL, SLOW, PUSH]] = own, own / (WALK_SLOW if name == "walk" else BIKE_SLOW), on_foot
    return pace


class Network:
    """Streets for one mode.

    Parameters
    ----------
    streets : Streets
    name : str
        ``walk`` or ``bike``.
    walk, ride : TravelMode
        The city's own speeds on foot and by this mode.
    """

    def __init__(self, streets: Streets, name: str, walk: TravelMode, ride: TravelMode) -> None:
        pace = getattr(streets, name)
        use = np.flatnonzero(pace != CLOSED)
        self.minutes_per_metre = minutes_per_metre(name, walk, ride)
        minutes = streets.metres[use].astype(np.float64) * self.minutes_per_metre[pace[use]]
        nodes, ends = np.unique(np.concatenate([streets.tail[use], streets.head[use]]), return_inverse=True)
        tail, head = ends[: len(use)], ends[len(use) :]
        # Of parallel streets the quickest; a sparse matrix would add them up.
        order = np.lexsort((minutes, head, tail))
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
        quick = order[first]
        shape = (len(nodes), len(nodes))
        self.graph = sparse.csr_array(sparse.coo_array((minutes[quick], (tail[quick], head[quick])), shape))
        self.back = sparse.csr_array(self.graph.T)
        self.projection = Projection(streets.lat[nodes], streets.lon[nodes])
        self.tree = cKDTree(self.projection.metres(streets.lat[nodes], streets.lon[nodes]))

    def snap(self, lat: Float64, lon: Float64) -> tuple[Int64, Float64]:
        """The nearest node of each place and the minutes to it, as the crow flies at the mode's own speed.

        Returns
        -------
        node : int64, shape (n,)
            -1 for a place that is not known, or farther than ``OFF_NETWORK_KM`` from every street.
        minutes : float64, shape (n,)
            NaN there.
        """
        node, minutes = np.full(len(lat), -1, dtype=np.int64), np.full(len(lat), np.nan)
        known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
        metres, nearest = self.tree.query(
            self.projection.metres(lat[known], lon[known]), distance_upper_bound=OFF_NETWORK_KM * 1000
        )
        near = np.isfinite(metres)
        node[known[near]] = nearest[near]
        minutes[known[near]] = metres[near] * self.minutes_per_metre[FULL]
        return node, minutes

    def minutes(self, nodes: Int64, to_nodes: Int64, backwards: bool = False, limit: float = np.inf) -> Float64:
        """Minutes from every node to every other one, or with ``backwards`` from ``to_nodes`` to ``nodes``.

        Parameters
        ----------
        nodes : int64, shape (n,)
        to_nodes : int64, shape (m,)
        limit : float
            Minutes after which to stop looking; what lies farther is infinite.

        Returns
        -------
        float64, shape (n, m)
        """
        graph = self.back if backwards else self.graph
        found = np.empty((len(nodes), len(to_nodes)))
        step = max(1, _TOGETHER // max(1, graph.shape[0]))
        for begin in range(0, len(nodes), step):
            some = nodes[begin : begin + step]
            found[begin : begin + step] = csgraph.dijkstra(graph, indices=some, limit=limit)[:, to_nodes]
        return found

    def nearby(self, nodes: Int64, to_nodes: Int64, backwards: bool = False) -> Float64:
        """The same as ``minutes``, and quicker where all is near: it first looks no farther than detours usually go."""
        ends = np.asarray(self.tree.data)
        straight = cdist(ends[nodes], ends[to_nodes]) * self.minutes_per_metre[FULL]
        limit = straight.max(initial=0.0) * _USUAL_DETOUR + _USUAL_MINUTES
        found = self.minutes(nodes, to_nodes, backwards, limit)
        beyond = np.isinf(found).any(axis=1)
        if beyond.any():
            found[beyond] = self.minutes(nodes[beyond], to_nodes, backwards)
        return found


class Remembered:
    """A network that remembers the ways between a catalogue's own places; of other places it remembers nothing.

    Parameters
    ----------
    network : Network
    lat, lon : float64, shape (n_places,), degrees
        The catalogue's places; those that are not known or not on the network do not matter.
    """

    def __init__(self, network: Network, lat: Float64, lon: Float64) -> None:
        self.network = network
        nodes, _ = network.snap(lat, lon)
        self.nodes: Int64 = np.unique(nodes[nodes >= 0])
        self._rows: dict[int, Float32] = {}

    def _own(self, nodes: Int64) -> tuple[Int64, Bool]:
        place = np.searchsorted(self.nodes, nodes)
        own = place < len(self.nodes)
        own[own] = self.nodes[place[own]] == nodes[own]
        return place, own

    def prepare(self) -> None:
        """Look up the ways between all of the catalogue's places now."""
        self._rows_of(self.nodes)

    def _key(self) -> NDArray[np.uint8]:
        """What the remembered ways depend on: the streets, the speeds and the places."""
        found, graph = hashlib.sha256(), self.network.graph
        for values in (graph.data, graph.indices, graph.indptr, self.nodes):
            found.update(np.ascontiguousarray(values).tobytes())
        return np.frombuffer(found.digest(), dtype=np.uint8)

    def keep(self, path: Path) -> None:
        """Write what ``prepare`` looked up to a file."""
        save_arrays(path, _FORM, {"key": self._key(), "minutes": self._rows_of(self.nodes)})

    def recall(self, path: Path) -> bool:
        """Take from a file what ``prepare`` would look up; False where there is none for these streets and places."""
        try:
            kept = load_arrays(path, _FORM, ("key", "minutes"))
        except (BadInput, OSError):
            return False
        shape = (len(self.nodes), len(self.nodes))
        if not np.array_equal(kept["key"], self._key()) or kept["minutes"].shape != shape:
            return False
        self._rows = dict(zip(self.nodes.tolist(), kept["minutes"], strict=True))
        return True

    def _rows_of(self, nodes: Int64) -> Float32:
        """Minutes from nodes of the catalogue to all of them. Shape (n, n_own)."""
        # A new dict each time: requests may come from several threads, and each reads the one that it saw.
        rows = self._rows
        missing = np.array([node for node in nodes.tolist() if node not in rows], dtype=np.int64)
        if len(missing):
            found = self.network.minutes(missing, self.nodes).astype(np.float32)
            if len(rows) + len(missing) > _MOST_ROWS:
                rows = {node: rows[node] for node in nodes.tolist() if node in rows}
            rows = {**rows, **dict(zip(missing.tolist(), found, strict=True))}
            self._rows = rows
        some = [rows[node] for node in nodes.tolist()]
        return np.array(some, dtype=np.float32).reshape(len(nodes), len(self.nodes))

    def minutes(self, nodes: Int64, to_nodes: Int64) -> Float64:
        """Minutes along the streets between nodes. Shape (n, m)."""
        starts, start_of = np.unique(nodes, return_inverse=True)
        ends, end_of = np.unique(to_nodes, return_inverse=True)
        found = np.full((len(starts), len(ends)), np.nan)
        _, own = self._own(starts)
        end_place, end_own = self._own(ends)
        if own.any() and end_own.any():
            found[np.ix_(own, end_own)] = self._rows_of(starts[own])[:, end_place[end_own]]
        if not own.all():
            found[~own] = self.network.nearby(starts[~own], ends)
        if own.any() and not end_own.all():
            found[np.ix_(own, ~end_own)] = self.network.nearby(ends[~end_own], starts[own], backwards=True).T
        spread: NDArray[np.float64] = found[np.ix_(start_of, end_of)]
        return spread
