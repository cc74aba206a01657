"""Travel times of a city: along streets and by timetable where there are some, over the globe where there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from data.home import Home
from data.travel import streets as street_files
from data.travel import timetable as timetable_files
from data.travel.network import Network, Remembered
from data.travel.streets import Streets
from data.travel.timetable import Timetable
from data.travel.transit import Transit, Walks
from recommender.city import Bool, Catalogue, Float64, Int64, TravelMode
from recommender.errors import BadInput
from recommender.travel import GreatCircle, great_circle_km

FILES = (street_files.FILE, timetable_files.FILE)
ON_STREETS = ("walk", "bike")
_PREPARED_PLACES = 1000


class CityTravel:
    """How long it takes from places to places; a ``recommender.travel.TravelTimes``.

    Parameters
    ----------
    modes : mapping of str to TravelMode
        The city's own speeds.
    streets : Streets or None
        Walking and cycling go along them; without, over the globe.
    timetable : Timetable or None
        Journeys by public transport follow it on the days that it covers; without, over the globe.
    lat, lon : float64, shape (n_places,), degrees
        The catalogue's places: the ways between them are remembered.
    notes : tuple of str
        What could not be used, and why.
    """

    def __init__(
        self,
        modes: Mapping[str, TravelMode],
        streets: Streets | None = None,
        timetable: Timetable | None = None,
        lat: Float64 | None = None,
        lon: Float64 | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.modes, self.notes = modes, notes
        self.globe = GreatCircle(modes)
        nowhere = np.empty(0)
        lat, lon = nowhere if lat is None else lat, nowhere if lon is None else lon
        self.networks: dict[str, Remembered] = {}
        if streets is not None:
            for mode in ON_STREETS:
                network = Network(streets, mode, modes["walk"], modes[mode])
                self.networks[mode] = Remembered(network, lat, lon)
        self.places = lat, lon
        self.transit: Transit | None = None
        if timetable is not None:
            streets_on_foot = self.networks["walk"].network if streets is not None else None
            self.transit = Transit(timetable, modes["walk"], streets_on_foot)
        self._stops: dict[tuple[float, float], tuple[Int64, Int64]] = {}

    def prepare(self, folder: Path | None = None, keep: bool = False) -> None:
        """Look the ways between the catalogue's places up before anybody asks, unless there are very many.

        Parameters
        ----------
        folder : Path or None
            Where ways that were looked up before may be found.
        keep : bool
            Whether to leave those that were not found there for the next time.
        """
        for mode, network in self.networks.items():
            path = None if folder is None else folder / f"ways-{mode}.npz"
            if len(network.nodes) > _PREPARED_PLACES or (path is not None and network.recall(path)):
                continue
            network.prepare()
            if path is not None and keep:
                network.keep(path)
        if self.transit is not None:
            self.transit.warm()
            lat, lon = self.places
            walks = self.transit.to_stops(lat, lon)
            of = (slice(walks.first[row], walks.first[row + 1]) for row in range(len(lat)))
            found = ((walks.to[one], walks.seconds[one]) for one in of)
            self._stops = dict(zip(zip(lat.tolist(), lon.tolist(), strict=True), found, strict=True))

    def on_streets(self, lat: Float64, lon: Float64, mode: str) -> Bool:
        """Which places lie on the streets of a mode; between others it goes over the globe. Shape (n,)."""
        if mode not in self.networks:
            return np.zeros(len(lat), dtype=np.bool_)
        found: Bool = self.networks[mode].network.snap(lat, lon)[0] >= 0
        return found

    def between(self, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str, at: int) -> Float64:
        """Minutes one way; see ``recommender.travel.TravelTimes``."""
        over = self.globe.between(lat, lon, to_lat, to_lon, mode, at)
        if mode == "transit" and self.transit is not None and self.transit.covers(at):
            inside = np.ix_(self.transit.inside(lat, lon), self.transit.inside(to_lat, to_lon))
            on_foot = self.between(lat, lon, to_lat, to_lon, "walk", at)
            found = self.transit.minutes(self._to_stops(lat, lon), self._to_stops(to_lat, to_lon), on_foot, at)
            over[inside] = found[inside]
            return over
        return self._along(over, lat, lon, to_lat, to_lon, mode) if mode in self.networks else over

    def basis(self, mode: str, at: int) -> str:
        """What minutes of a mode rest on at a moment: ``streets``, ``timetable`` or ``distance``."""
        if mode == "transit" and self.transit is not None and self.transit.covers(at):
            return "timetable"
        return "streets" if mode in self.networks else "distance"

    def _to_stops(self, lat: Float64, lon: Float64) -> Walks:
        """Walks from places to stops; those of the catalogue's own are remembered."""
        assert self.transit is not None
        keys = list(zip(lat.tolist(), lon.tolist(), strict=True))
        others = np.array([row for row, key in enumerate(keys) if key not in self._stops], dtype=np.int64)
        fresh = self.transit.to_stops(lat[others], lon[others])
        own = {row: slice(fresh.first[i], fresh.first[i + 1]) for i, row in enumerate(others.tolist())}
        parts = [
            (fresh.to[own[row]], fresh.seconds[own[row]]) if row in own else self._stops[key]
            for row, key in enumerate(keys)
        ]
        nothing = np.empty(0, dtype=np.int64)
        return Walks(
            np.cumsum([0, *(len(to) for to, _ in parts)]).astype(np.int64),
            np.concatenate([nothing, *(to for to, _ in parts)]),
            np.concatenate([nothing, *(seconds for _, seconds in parts)]),
        )

    def _along(self, over: Float64, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str) -> Float64:
        ways = self.networks[mode]
        start, to_street = ways.network.snap(lat, lon)
        end, from_street = ways.network.snap(to_lat, to_lon)
        rows, columns = np.flatnonzero(start >= 0), np.flatnonzero(end >= 0)
        if not len(rows) or not len(columns):
            return over
        place = np.ix_(rows, columns)
        minutes = to_street[rows][:, None] + ways.minutes(start[rows], end[columns]) + from_street[columns]
        km = great_circle_km(lat[rows][:, None], lon[rows][:, None], to_lat[columns], to_lon[columns])
        straight = km * (60 / self.modes[mode].km_per_hour)
        # Two places at the same corner: straight across, not out to the corner and back.
        minutes = np.where(start[rows][:, None] == end[columns], np.minimum(minutes, straight), minutes)
        minutes = np.where(km > 0, minutes + self.modes[mode].fixed_minutes, 0.0)
        found = over.copy()
        found[place] = minutes
        return found


def places_of(catalogue: Catalogue) -> tuple[Float64, Float64]:
    """Latitude and longitude of every place where something takes place, each once. Shapes (n_places,)."""
    sessions, venues = catalogue.sessions, catalogue.venues
    points = np.column_stack([np.append(venues.lat, sessions.lat), np.append(venues.lon, sessions.lon)])
    known = np.unique(points[np.isfinite(points).all(axis=1)], axis=0)
    return known[:, 0], known[:, 1]


_Read = TypeVar("_Read")


def _there(load: Callable[[Path], _Read], path: Path, notes: list[str]) -> _Read | None:
    """What a file holds; None when there is none, or when it cannot be trusted, which is noted."""
    try:
        return load(path)
    except FileNotFoundError:
        return None
    except (BadInput, OSError) as error:
        notes.append(f"{error}; until then it goes over the globe")
        return None


def travel_of(home: Home, city: str, catalogue: Catalogue, before: CityTravel | None = None) -> CityTravel:
    """A city's travel times, from what is in its travel folder.

    A file that cannot be trusted is left alone, and ``notes`` names it; then it goes over the globe.

    Parameters
    ----------
    before : CityTravel or None
        What the same files gave for an earlier catalogue: given back when that had the same places and speeds.
    """
    lat, lon = places_of(catalogue)
    if before is not None and before.modes == catalogue.travel and np.array_equal(before.places, (lat, lon)):
        return before
    folder, notes = home.travel(city), list[str]()
    streets = _there(Streets.load, folder / street_files.FILE, notes)
    timetable = _there(Timetable.load, folder / timetable_files.FILE, notes)
    travel = CityTravel(catalogue.travel, streets, timetable, lat, lon, tuple(notes))
    travel.prepare(folder)
    return travel


def signs_of(home: Home, city: str) -> tuple[tuple[int, int], ...]:
    """What changes when one of the city's travel files is replaced."""
    signs = []
    for name in FILES:
        try:
            found = (home.travel(city) / name).stat()
            signs.append((found.st_ino, found.st_mtime_ns))
        except FileNotFoundError:
            signs.append((0, 0))
    return tuple(signs)
