"""How long it takes to get somewhere: great circle × detour ÷ speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommender.city import Float64, Place, TravelMode

EARTH_KM = 6371.0088


def great_circle_km(lat: Float64, lon: Float64, to_lat: Float64 | float, to_lon: Float64 | float) -> Float64:
    """Distance over the sphere by the haversine formula.

    Parameters
    ----------
    lat, lon, to_lat, to_lon : float64, degrees
        Shapes that broadcast.

    Returns
    -------
    float64, kilometres
        NaN where a coordinate is NaN.
    """
    phi, theta = np.radians(lat), np.radians(to_lat)
    half_lat = np.sin((theta - phi) / 2)
    half_lon = np.sin(np.radians(np.subtract(to_lon, lon)) / 2)
    haversine = half_lat**2 + np.cos(phi) * np.cos(theta) * half_lon**2
    km: Float64 = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(haversine, 0, 1)))
    return km


def travel_minutes(start: Place | None, lat: Float64, lon: Float64, mode: TravelMode) -> Float64:
    """Minutes one way from a start to every place.

    Parameters
    ----------
    start : Place or None
        None: nobody knows where the learner leaves from.
    lat, lon : float64, shape (n,), degrees

    Returns
    -------
    float64, shape (n,)
        NaN where the start or the place is not known.
    """
    if start is None:
        return np.full(lat.shape, np.nan)
    km = great_circle_km(lat, lon, start.lat, start.lon)
    return km * (mode.detour / mode.km_per_hour * 60) + mode.fixed_minutes


class TravelTimes(Protocol):
    """How long it takes from places to places: over the globe, along streets, or by timetable."""

    def between(self, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str, at: int) -> Float64:
        """Minutes one way.

        Parameters
        ----------
        lat, lon : float64, shape (n,), degrees
        to_lat, to_lon : float64, shape (m,), degrees
        mode : str
            One of ``MODES``.
        at : int
            When somebody leaves, seconds since 1970 UTC; only timetables look at it.

        Returns
        -------
        float64, shape (n, m)
            NaN where a place is not known, infinite where there is no way.
        """


@dataclass(frozen=True)
class GreatCircle:
    """Travel times by distance over the globe and the city's own speeds: what there is without maps."""

    modes: Mapping[str, TravelMode]

    def between(self, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str, at: int) -> Float64:
        how = self.modes[mode]
        km = great_circle_km(lat[:, None], lon[:, None], to_lat[None, :], to_lon[None, :])
        minutes: Float64 = km * (how.detour / how.km_per_hour * 60)
        # Who is there already does not start a car.
        return np.where(km > 0, minutes + how.fixed_minutes, minutes)
