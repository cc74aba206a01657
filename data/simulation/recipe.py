"""The recipe: a town, its people, their seasons, and the tables a city would hand over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.simulation.added import Added, with_added
from data.simulation.config import SimulationConfig
from data.simulation.history import History
from data.simulation.offer import Offer
from data.simulation.passports import passport_frame, stamp_frame
from data.simulation.people import GAP, Hood, draw_interests, draw_people
from data.simulation.programme import CHILD_AGES
from data.simulation.schools import school_visits
from data.simulation.texts import read_themes
from data.simulation.town import build_town, with_gaps
from data.simulation.truth import Truth
from data.simulation.visits import live
from data.tables import Tables
from recommender.city import UNKNOWN, Bool, Int32


@dataclass(frozen=True, eq=False)
class Simulation:
    """The tables a city would hand over, and the truth behind them."""

    tables: Tables
    truth: Truth


def simulate(config: SimulationConfig, added: Sequence[Added] = ()) -> Simulation:
    """An invented Dutch town and a year of choices in it. Equal configurations give equal bytes.

    Parameters
    ----------
    added : sequence of Added
        Activities put in on purpose.
    """
    town = build_town(config)
    if added:
        town = with_added(town, config, added)
    assert town.tables.city.as_of is not None
    hoods = tuple(
        Hood(area.name, area.lat, area.lon, area.spread, area.share, area.wealth == "poor") for area in town.areas
    )
    neighbours = _near(town.offer.themes)
    planted: dict[str, object] = {}
    if config.group_gap:
        planted = {
            "poor_areas": tuple(hood.name for hood in hoods if hood.poor),
            "desert_areas": tuple(sorted(town.desert)),
            "desert_ages": CHILD_AGES,
            "desert_cause": config.desert,
            **GAP,
        }
    truth, history = populate(config, town.tables, town.offer, hoods, neighbours, town.season_starts, planted)
    said: Bool = np.zeros(len(town.offer.activities), dtype=np.bool_)
    said[np.isin(town.offer.activities, town.tables.lines["activity_id"])] = True
    tables = with_gaps(town.tables, config, said)
    tables = replace(tables, sessions=_booked(tables.sessions, town.offer, history, town.tables.city.as_of))
    return Simulation(with_people(config, tables, truth), truth)


def populate(
    config: SimulationConfig,
    tables: Tables,
    offer: Offer,
    hoods: Sequence[Hood],
    neighbours: Bool,
    season_starts: Sequence[int],
    planted: Mapping[str, object],
) -> tuple[Truth, History]:
    """People move in and the seasons go by.

    Parameters
    ----------
    season_starts : sequence of int
        Seconds since 1970 UTC; the last one closes the last season.
    """
    as_of, zone = tables.city.as_of, ZoneInfo(tables.city.time_zone)
    assert as_of is not None
    parent = parents(tables.themes)
    own = tables.city.languages[0] if tables.city.languages else "nl"
    people = draw_people(config, hoods, season_starts[0], as_of, own)
    interest = draw_interests(config, people.age, parent, neighbours)
    trips = school_visits(config, offer, people, season_starts, as_of, zone)
    history = live(config, offer, people, interest, parent, neighbours, season_starts[:-1], as_of, zone, trips)
    truth = Truth(
        config=config,
        offer=offer,
        people=people,
        parent=parent,
        neighbours=neighbours,
        interest=history.interest,
        snapshots=history.snapshots,
        snapshot_at=history.snapshot_at,
        shifts=history.shifts,
        exposure=history.exposure,
        visits=history.visits,
        planted=planted,
        as_of=as_of,
    )
    return truth, history


def with_people(config: SimulationConfig, tables: Tables, truth: Truth) -> Tables:
    """The tables with passports and stamps."""
    awards = tuple(tables.activities["awards"])
    return replace(tables, passports=passport_frame(config, truth, awards), stamps=stamp_frame(config, truth))


def parents(themes: pd.DataFrame) -> Int32:
    """Row of each theme's broader theme, ``UNKNOWN`` at the top."""
    rows = {name: row for row, name in enumerate(themes["theme_id"])}
    return np.array([rows.get(name, UNKNOWN) for name in themes["parent"]], dtype=np.int32)


def _near(themes: tuple[str, ...]) -> Bool:
    """Which themes are neighbours: branches of the same bough, and the bridges that ``themes.csv`` names."""
    rows = {name: row for row, name in enumerate(themes)}
    near: Bool = np.zeros((len(themes), len(themes)), dtype=np.bool_)
    records = read_themes()
    for one in records:
        for other in records:
            siblings = one["parent"] and one["parent"] == other["parent"] and one is not other
            if siblings or other["theme_id"] in one["near"].split(";"):
                near[rows[one["theme_id"]], rows[other["theme_id"]]] = True
    return near | near.T


def _booked(sessions: pd.DataFrame, offer: Offer, history: History, as_of: int) -> pd.DataFrame:
    """Places left in sessions to come; nobody counts those of a drop-in. Of sessions that are over, a city no longer says how full they were."""
    left = offer.seats - history.taken
    coming = (offer.start > as_of) & offer.held & ~offer.drop_in
    booked = sessions.copy()
    booked["capacity_left"] = np.where(coming, left, np.nan)
    booked.loc[coming & (left <= 0), "status"] = "full"
    return booked
