"""What is within reach of whom, straight from the tables: no line of the engine is used here.

A session qualifies for a learner when it is free, for their age, in a language they speak, at most twenty minutes away,
meets the needs asked for, is still open, and has not been done yet; a price, age range or access that the
city does not tell never qualifies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.tables import Tables
from recommender.city import Bool, Float64, Int64

MINUTES = 20.0
ENOUGH = 3
_EARTH_KM = 6371.0088


@dataclass(frozen=True, eq=False)
class Reach:
    """Who can get to what.

    Attributes
    ----------
    learners : tuple of str
        In the order of the passports table.
    claims : bool, shape (n_learners,)
        Home and age are known: only then can anything be claimed.
    sessions : tuple of str
    qualifies : bool, shape (n_learners, n_sessions)
    activities : int64, shape (n_learners,)
        How many different activities have a session that qualifies.
    """

    learners: tuple[str, ...]
    claims: Bool
    sessions: tuple[str, ...]
    qualifies: Bool
    activities: Int64


def reach_of(tables: Tables, at: int, mode: str = "walk", needs: Sequence[str] = ()) -> Reach:
    """Every (learner, session) that qualifies at a moment.

    Parameters
    ----------
    tables : Tables
        With the stamps up to ``at``.
    at : int
        Seconds since 1970 UTC.
    mode : str
        How people get there.
    needs : sequence of str
        Access needs asked for, such as ``wheelchair``.
    """
    offer = _offer(tables, at, needs)
    people = tables.passports
    low, high = _ages(people["age"].tolist())
    lat, lon = people["home_lat"].to_numpy(np.float64), people["home_lon"].to_numpy(np.float64)
    speed = tables.city.travel[mode]
    km = _km(lat[:, None], lon[:, None], offer["lat"].to_numpy(np.float64), offer["lon"].to_numpy(np.float64))
    with np.errstate(invalid="ignore"):
        near = km * speed.detour / speed.km_per_hour * 60 + speed.fixed_minutes <= MINUTES
        fits = (high[:, None] >= offer["age_min"].fillna(0).to_numpy(np.float64)) & (
            low[:, None] < offer["age_max"].fillna(150).to_numpy(np.float64) + 1
        )
    ok = near & fits & ~_done(tables, offer) & _speaks(people, offer) & ~_avoided(tables, offer)
    codes, distinct = pd.factorize(offer["activity_id"])
    per_activity = np.zeros((len(people), len(distinct)), dtype=np.bool_)
    for session, code in enumerate(codes):
        per_activity[:, code] |= ok[:, session]
    return Reach(
        learners=tuple(people["learner_id"]),
        claims=~np.isnan(lat) & ~np.isnan(lon) & ~np.isnan(low),
        sessions=tuple(offer["session_id"]),
        qualifies=ok,
        activities=per_activity.sum(axis=1),
    )


def _offer(tables: Tables, at: int, needs: Sequence[str]) -> pd.DataFrame:
    """Open sessions of free activities whose price, age range and access are known."""
    activities = tables.activities.set_index("activity_id")
    venues = tables.venues.set_index("venue_id")
    own = activities["venue_id"]
    step_free = own.map(venues["accessible"])
    inherited = pd.Series(np.where(step_free == 1, "wheelchair", ""), index=own.index)
    access = activities["access"].where(activities["access"] != "", inherited)
    known = (activities["access"] != "") | step_free.notna()
    for need in needs:
        known &= access.str.split(";").map(lambda met, need=need: need in met)
    known &= (activities["price"] == 0) & (activities["age_min"].notna() | activities["age_max"].notna())
    sessions = tables.sessions
    is_open = ~sessions["status"].isin(["cancelled", "full"]) & (sessions["capacity_left"] != 0)
    is_open &= np.where(sessions["drop_in"] == 1, sessions["end"] > at, sessions["start"] >= at)
    offer = sessions[is_open & sessions["activity_id"].map(known)].reset_index(drop=True)
    venue = offer["venue_id"].where(offer["venue_id"] != "", offer["activity_id"].map(own))
    return offer.assign(
        lat=offer["lat"].fillna(venue.map(venues["lat"])),
        lon=offer["lon"].fillna(venue.map(venues["lon"])),
        age_min=offer["activity_id"].map(activities["age_min"]),
        age_max=offer["activity_id"].map(activities["age_max"]),
        language=offer["activity_id"].map(activities["language"]),
        themes=offer["activity_id"].map(activities["themes"]),
    )


def _ages(texts: Sequence[str]) -> tuple[Float64, Float64]:
    """Both ends of each age in years; NaN where not known. ``6-8`` lasts until the ninth birthday."""
    low, high = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text:
            first, dash, last = text.partition("-")
            low[row], high[row] = float(first), float(last) + 0.99 if dash else float(first)
    return low, high


def _km(lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64) -> Float64:
    """Great-circle distance by the spherical law of cosines."""
    a, b, across = np.radians(lat), np.radians(to_lat), np.radians(to_lon - lon)
    cosine = np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(across)
    km: Float64 = _EARTH_KM * np.arccos(np.clip(cosine, -1, 1))
    return km


def _done(tables: Tables, offer: pd.DataFrame) -> Bool:
    done = tables.stamps.groupby("learner_id")["activity_id"].agg(set).to_dict()
    shown = offer["activity_id"].tolist()
    return np.array([[name in done.get(learner, ()) for name in shown] for learner in tables.passports["learner_id"]])


def _speaks(people: pd.DataFrame, offer: pd.DataFrame) -> Bool:
    spoken = [set(text.split(";")) if text else None for text in people["languages"]]
    return np.array(
        [[own is None or not name or name in own for name in offer["language"]] for own in spoken], dtype=np.bool_
    )


def _avoided(tables: Tables, offer: pd.DataFrame) -> Bool:
    """What has a theme, or one below it, that a learner does not want."""
    parent = dict(zip(tables.themes["theme_id"], tables.themes["parent"], strict=True))
    touched = []
    for text in offer["themes"]:
        names = {part.partition(":")[0] for part in text.split(";") if part}
        for name in list(names):
            while name := parent.get(name, ""):
                names.add(name)
        touched.append(names)
    return np.array(
        [[bool(set(text.split(";")) & names) for names in touched] for text in tables.passports["avoid"]],
        dtype=np.bool_,
    )
