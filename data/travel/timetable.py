"""A timetable as plain arrays: which trips stop where and when, and on which days they run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.travel.arrays import load_arrays, save_arrays
from recommender.city import Bool, Float64, Int32, Int64

FILE = "timetable.npz"
_FORM = "timetable 1"
NOT_POSSIBLE = -1


@dataclass(frozen=True, eq=False)
class Timetable:
    """Trips past stops.

    Attributes
    ----------
    zone : array of str, shape ()
        The agency's time zone.
    lat, lon : float64, shape (n_stops,), degrees
        Only stops that a trip stops at and whose place is known.
    first : int64, shape (n_trips + 1,)
        Where each trip's calls begin in the four arrays below.
    stop : int32, shape (n_calls,)
    arrive, depart : int32, shape (n_calls,)
        Seconds from the start of the service day, which is noon minus twelve hours; 86,400 and more after midnight.
    board, alight : bool, shape (n_calls,)
        Whether one may get on and off there.
    service : int32, shape (n_trips,)
        Which days a trip runs on: a row of …
    day_first, day : int64, shape (n_services + 1,), and int32
        … the days (since 1970-01-01) of each service, ascending.
    change_from, change_to, change : int32, shape (n_changes,)
        Seconds that the feed gives for a change of stops, ``NOT_POSSIBLE`` where it forbids it, 0 where it says nothing
        but that one may.
    """

    zone: NDArray[np.str_]
    lat: Float64
    lon: Float64
    first: Int64
    stop: Int32
    arrive: Int32
    depart: Int32
    board: Bool
    alight: Bool
    service: Int32
    day_first: Int64
    day: Int32
    change_from: Int32
    change_to: Int32
    change: Int32

    def save(self, path: Path) -> None:
        """Write to a file, whole or not at all."""
        save_arrays(path, _FORM, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Timetable:
        """Read what ``save`` wrote; raises ``BadInput`` for a file that cannot be trusted."""
        return cls(**load_arrays(path, _FORM, [field.name for field in fields(cls)]))
