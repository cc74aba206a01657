"""Simulated learners over a real catalogue: the city's own agenda, with invented people who choose from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from data.simulation.config import SimulationConfig
from data.simulation.offer import Offer, offer_of
from data.simulation.people import GAP, Hood
from data.simulation.recipe import Simulation, parents, populate, with_people
from data.simulation.streams import stream
from data.simulation.town import QUALITY_SPREAD
from data.tables import Tables
from recommender.city import Bool
from recommender.errors import BadInput

FEWEST = 10
_DAY, _SEASON, _LONGEST = 86400, 91 * 86400, 365 * 86400
_SPREAD_KM, _POOR = 0.8, 0.35


def simulate_learners(tables: Tables, config: SimulationConfig, as_of: int | None = None) -> Simulation:
    """Learners who live near a real city's venues and choose from its agenda up to its ``as_of``.

    What the agenda does not say (age, price, place, theme) is no hindrance to them; seats never run out where the
    agenda does not count them. ``group_gap`` makes a third of the areas poor; there is no planted desert.

    Parameters
    ----------
    tables : Tables
        With ``as_of``, sessions and at least one known place. Its passports and stamps are replaced.
    config : SimulationConfig
        Of which the people, the switches and the coefficients count.
    as_of : int or None
        Another "now" than the city's own, in seconds since 1970 UTC: an agenda looks ahead, so a later one leaves more
        of it behind. The tables come back with it.

    Raises
    ------
    BadInput
        When the catalogue has no ``as_of``, no sessions, no places, or fewer than ten sessions before ``as_of``.
    """
    if as_of is not None:
        tables = replace(tables, city=replace(tables.city, as_of=as_of))
    as_of = tables.city.as_of
    if as_of is None:
        raise BadInput("city.toml has no as_of; learners can only visit what lies before it: add one")
    if not tables.has_sessions or not len(tables.sessions):
        raise BadInput("the catalogue has no sessions; simulated learners need dated ones: add sessions.csv")
    rng = stream(config.seed, "real")
    quality = rng.normal(0, QUALITY_SPREAD, len(tables.activities))
    once = np.zeros(len(tables.activities), dtype=np.bool_)
    offer = offer_of(tables, quality, _seats(tables, as_of), once)
    _check_past(offer, as_of)
    ended = offer.start[offer.start < as_of]
    since = max(int(ended.min()) - config.horizon_days * _DAY, as_of - _LONGEST)
    count = max(1, round((as_of - since) / _SEASON))
    starts = [since + (as_of + _DAY - since) * number // count for number in range(count + 1)]
    hoods = _hoods(tables, offer, rng)
    planted: dict[str, object] = {}
    if config.group_gap:
        planted = {"poor_areas": tuple(sorted({hood.name for hood in hoods if hood.poor})), "desert_areas": (), **GAP}
    truth, _ = populate(config, tables, offer, hoods, _near(tables, offer), starts, planted)
    simulated = replace(tables, city=replace(tables.city, origin="simulated"))
    return Simulation(with_people(config, simulated, truth), truth)


def _seats(tables: Tables, as_of: int) -> np.ndarray:
    """Places that are left, for sessions to come; what is left of a session that is over says nothing."""
    left = tables.sessions["capacity_left"].to_numpy(np.float64)
    return np.where(tables.sessions["start"].to_numpy() > as_of, left, np.nan)


def _check_past(offer: Offer, as_of: int) -> None:
    past = int(((offer.start < as_of) & offer.held).sum())
    if past < FEWEST:
        first = pd.Timestamp(int(offer.start.min()), unit="s", tz="UTC").date()
        last = pd.Timestamp(int(offer.start.max()), unit="s", tz="UTC").date()
        raise BadInput(
            f"only {past} sessions lie before as_of ({pd.Timestamp(as_of, unit='s', tz='UTC').date()}); at least "
            f"{FEWEST} are needed. The sessions run from {first} to {last}: set a later as_of in city.toml"
        )


def _hoods(tables: Tables, offer: Offer, rng: np.random.Generator) -> tuple[Hood, ...]:
    """People live around the places where things happen, more where more happens."""
    known = ~np.isnan(offer.lat)
    if not known.any():
        raise BadInput("no session and no venue has a place; learners need to live somewhere: add lat and lon")
    rows = tables.activities["venue_id"].to_numpy()[offer.activity]
    area_of = dict(zip(tables.venues["venue_id"], tables.venues["area"], strict=True))
    places = pd.DataFrame(
        {"lat": offer.lat[known], "lon": offer.lon[known], "area": [area_of.get(row, "") for row in rows[known]]}
    )
    places = places.groupby(["area", "lat", "lon"], as_index=False, sort=True).size()
    names = sorted(set(places["area"]))
    poor = dict(zip(names, rng.random(len(names)) < _POOR, strict=True))
    return tuple(
        Hood(area, lat, lon, _SPREAD_KM, often**0.5, bool(poor[area]))
        for area, lat, lon, often in places[["area", "lat", "lon", "size"]].values.tolist()
    )


def _near(tables: Tables, offer: Offer) -> Bool:
    """Neighbouring themes: under the same broader theme, or carried by the same activity."""
    parent = parents(tables.themes)
    near: Bool = (parent[:, None] == parent[None, :]) & (parent >= 0)[:, None]
    together = (offer.weights > 0).astype(np.float64)
    near |= (together.T @ together) > 0
    np.fill_diagonal(near, False)
    return near
