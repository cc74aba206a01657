"""The small map: venue points, numbered pins and home, scaled from coordinates. No tiles, nothing from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from recommender.city import DOMAINS, UNKNOWN, Catalogue, Float64, Place

WIDTH = 400.0
HEIGHTS = (260.0, 420.0)
MARGIN = 34.0
PIN_GAP = 25.0
MOST_VENUES = 300
MOST_AREAS = 14


@dataclass(frozen=True)
class Dot:
    """A venue: where, which domain (``unknown`` where not known), its name and its value in the form."""

    x: float
    y: float
    domain: str
    name: str
    value: str


@dataclass(frozen=True)
class Pin:
    """A numbered pin at (x, y) that points at (at_x, at_y)."""

    number: int
    x: float
    y: float
    at_x: float
    at_y: float
    title: str


@dataclass(frozen=True)
class Area:
    """A neighbourhood: the outline of its venues as an SVG path, and where its name stands."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class CityMap:
    """Everything the drawing needs, in units of the view box. ``scale_km`` belongs to ``scale_width``; ``way`` is an SVG path
    from stop to stop, or ``""``.
    """

    width: float
    height: float
    dots: tuple[Dot, ...]
    areas: tuple[Area, ...]
    pins: tuple[Pin, ...]
    home: tuple[float, float] | None
    scale_km: float
    scale_width: float
    way: str = ""

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that occur, in the order of the vocabulary."""
        present = {dot.domain for dot in self.dots}
        return tuple(domain for domain in (*DOMAINS, "unknown") if domain in present)


class Projection:
    """Degrees to units of the view box, with north up and the same scale both ways.

    Parameters
    ----------
    lat, lon : float64, shape (n,)
        What must fit; n is at least 1.
    """

    def __init__(self, lat: Float64, lon: Float64) -> None:
        self._mid_lat, self._mid_lon = (lat.min() + lat.max()) / 2, (lon.min() + lon.max()) / 2
        self._km_per_lon = 111.32 * math.cos(math.radians(self._mid_lat))
        wide = max(float(np.ptp(lon)) * self._km_per_lon, 0.5)
        high = max(float(np.ptp(lat)) * 110.57, 0.5)
        room = WIDTH - 2 * MARGIN
        self.height = float(np.clip(high * room / wide + 2 * MARGIN, *HEIGHTS))
        self.per_km = min(room / wide, (self.height - 2 * MARGIN) / high)

    def __call__(self, lat: Float64, lon: Float64) -> tuple[Float64, Float64]:
        x = WIDTH / 2 + (lon - self._mid_lon) * self._km_per_lon * self.per_km
        y = self.height / 2 - (lat - self._mid_lat) * 110.57 * self.per_km
        return np.round(x, 1), np.round(y, 1)


def draw(
    catalogue: Catalogue, stops: Sequence[tuple[Place | None, str]], home: Place | None, joined: bool = False
) -> CityMap | None:
    """The map of a city.

    Parameters
    ----------
    catalogue : Catalogue
        Its venues are the points; above ``MOST_VENUES`` of them one per small square is drawn.
    stops : sequence of (place, title)
        What the pins 1, 2, 3 … point at; a place that is not known has no pin.
    home : Place or None
        Where the learner starts.
    joined : bool
        True draws a line from home past the stops and back.

    Returns
    -------
    CityMap or None
        None when the city knows no place at all.
    """
    venues = catalogue.venues
    known = np.flatnonzero(np.isfinite(venues.lat) & np.isfinite(venues.lon))
    placed = [(number, place, title) for number, (place, title) in enumerate(stops, 1) if place is not None]
    points = [place for _, place, _ in placed] + ([] if home is None else [home])
    lat = np.concatenate([venues.lat[known], [place.lat for place in points]])
    lon = np.concatenate([venues.lon[known], [place.lon for place in points]])
    if not len(lat):
        return None
    project = Projection(lat, lon)
    x, y = project(lat, lon)
    rows = _thinned(x[: len(known)], y[: len(known)])
    dots = tuple(
        Dot(
            x[i],
            y[i],
            "unknown" if venues.domain[row] == UNKNOWN else DOMAINS[venues.domain[row]],
            venues.name[row] or venues.ids.names[row],
            f"venue:{venues.ids.names[row]}",
        )
        for i, row in ((int(i), int(known[i])) for i in rows)
    )
    first = len(known)
    at = np.column_stack([x, y])[first : first + len(placed)]
    spots = _apart(at, project.height)
    pins = tuple(
        Pin(number, spot[0], spot[1], target[0], target[1], title)
        for (number, _, title), spot, target in zip(placed, spots.tolist(), at.tolist(), strict=True)
    )
    scale_km = next((km for km in (50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5) if km * project.per_km <= 110), 0.2)
    return CityMap(
        width=WIDTH,
        height=round(project.height, 1),
        dots=dots,
        areas=_areas(catalogue, known, x[:first], y[:first]),
        pins=pins,
        home=None if home is None else (float(x[-1]), float(y[-1])),
        scale_km=scale_km,
        scale_width=round(scale_km * project.per_km, 1),
        way=_way(at, None if home is None else (float(x[-1]), float(y[-1]))) if joined else "",
    )


def _way(at: Float64, home: tuple[float, float] | None) -> str:
    """A path from home past every stop and back; ``""`` when there is nothing to join."""
    points = [*([home] if home else []), *map(tuple, at.tolist()), *([home] if home else [])]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if len(points) > 1 else ""


def _thinned(x: Float64, y: Float64) -> np.ndarray:
    """Positions of the points to draw: all of them, or one per square of 14 when there are very many."""
    if len(x) <= MOST_VENUES:
        return np.arange(len(x))
    squares = np.column_stack([x // 14, y // 14])
    return np.sort(np.unique(squares, axis=0, return_index=True)[1])


def _apart(at: Float64, height: float) -> Float64:
    """Where the pins stand: just above what they point at, pushed apart until no two touch."""
    spots: Float64 = at + np.array([0.0, -20.0])
    turn = np.arange(len(spots)) * 2.4
    spots = spots + 0.5 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(80):
        for i in range(len(spots)):
            for j in range(i):
                gap = spots[i] - spots[j]
                far = max(float(np.hypot(*gap)), 1e-6)
                if far < PIN_GAP:
                    push = gap / far * (PIN_GAP - far) / 2
                    spots[i] += push
                    spots[j] -= push
        spots = np.clip(spots, 15, [WIDTH - 15, height - 15])
    return np.round(spots, 1)


def _areas(catalogue: Catalogue, known: np.ndarray, x: Float64, y: Float64) -> tuple[Area, ...]:
    names = np.array([catalogue.venues.area[row] for row in known], dtype=object)
    present = sorted(set(names) - {""})
    if len(present) > MOST_AREAS:
        return ()
    return tuple(
        Area(name, _outline(np.column_stack([x, y])[names == name]), *_below(x[names == name], y[names == name]))
        for name in present
    )


def _below(x: Float64, y: Float64) -> tuple[float, float]:
    return float(np.round(x.mean(), 1)), float(np.round(y.max() + 25, 1))


def _outline(points: Float64) -> str:
    """An SVG path around points; the style sheet's thick round stroke makes a soft shape of it."""
    points = np.unique(points, axis=0)
    if len(points) > 2:
        with suppress(QhullError):  # all on one line
            points = points[ConvexHull(points).vertices]
    return "M" + "L".join(f"{px:g} {py:g}" for px, py in points) + "Z"
