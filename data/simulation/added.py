"""An activity put into the simulated city on purpose: to see what really comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.columns import ACTIVITIES, SESSIONS
from data.simulation.config import SimulationConfig
from data.simulation.offer import offer_of
from data.simulation.streams import stream
from data.simulation.town import QUALITY_SPREAD, Town
from data.tables import frame_of
from recommender.errors import BadInput


@dataclass(frozen=True)
class Added:
    """One activity more.

    Attributes
    ----------
    themes : tuple of (str, float)
        Theme ids and weights.
    venue_id : str
    starts : tuple of int
        Seconds since 1970 UTC. People see a session from ``horizon_days`` before it on, as any other; whatever happens
        before that is as it is without it, school trips aside.
    minutes : int
        How long a session takes.
    age_min, age_max : float
    price : float
    seats : float
        For each session; NaN: nobody counts.
    again : bool
        One learner may come more than once.
    draw : int
        Which of many draws of the hidden quality.
    """

    themes: tuple[tuple[str, float], ...]
    venue_id: str
    starts: tuple[int, ...]
    minutes: int = 90
    age_min: float = float("nan")
    age_max: float = float("nan")
    price: float = 0.0
    seats: float = float("nan")
    again: bool = False
    title: str = ""
    draw: int = 0


def with_added(town: Town, config: SimulationConfig, added: Sequence[Added]) -> Town:
    """The town with some activities more, in rows after all others; their hidden quality is drawn as everybody's.

    Raises
    ------
    BadInput
        For a venue or theme that the town does not have.
    """
    tables = town.tables
    for one in added:
        if one.venue_id not in set(tables.venues["venue_id"]):
            raise BadInput(f"added, venue_id: no venue {one.venue_id!r} in this town")
        for name, _ in one.themes:
            if name not in set(tables.themes["theme_id"]):
                raise BadInput(f"added, themes: no theme {name!r} in this town")
    activities = frame_of(ACTIVITIES, (_activity(one, number) for number, one in enumerate(added)))
    sessions = frame_of(
        SESSIONS,
        (
            {
                "session_id": f"s-added-{number + 1}-{turn + 1}",
                "activity_id": _name(number),
                "start": start,
                "end": start + one.minutes * 60,
                "venue_id": one.venue_id,
                "status": "scheduled",
                "drop_in": 0.0,
            }
            for number, one in enumerate(added)
            for turn, start in enumerate(one.starts)
        ),
    )
    tables = replace(
        tables,
        activities=pd.concat([tables.activities, activities], ignore_index=True),
        sessions=pd.concat([tables.sessions, sessions], ignore_index=True),
    )
    quality = np.array([stream(config.seed, "quality", 1, one.draw).normal(0, QUALITY_SPREAD) for one in added])
    seats = np.array([one.seats for one in added for _ in one.starts], dtype=np.float64)
    offer = offer_of(
        tables,
        np.append(town.offer.quality, quality),
        np.append(town.offer.seats, seats),
        np.append(town.offer.again, np.array([one.again for one in added], dtype=np.bool_)),
    )
    return replace(town, tables=tables, offer=offer)


def _name(number: int) -> str:
    return f"a-added-{number + 1}"


def _activity(one: Added, number: int) -> dict[str, object]:
    return {
        "activity_id": _name(number),
        "title": one.title or " · ".join(name for name, _ in one.themes),
        "language": "nl",
        "themes": ";".join(f"{name}:{weight:g}" for name, weight in one.themes),
        "venue_id": one.venue_id,
        "age_min": one.age_min,
        "age_max": one.age_max,
        "price": one.price,
        "access": "wheelchair",
        "company": "",
    }
