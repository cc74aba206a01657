"""What learners' passports show of them: less than the truth, rounded, and sometimes nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.columns import PASSPORTS, STAMPS
from data.simulation.config import SimulationConfig
from data.simulation.streams import stream
from data.simulation.truth import Truth
from data.tables import frame_of
from recommender.passport import CHOSEN_BY

BANDS = ((3, 5), (6, 8), (9, 11), (12, 14), (15, 17), (18, 29), (30, 49), (50, 64), (65, 99))
_BAND, _NO_AGE, _NO_HOME, _WISHES, _AVOID = 0.05, 0.02, 0.03, 0.35, 0.08
_TELLS = 0.85


def passport_frame(config: SimulationConfig, truth: Truth, awards: tuple[str, ...]) -> pd.DataFrame:
    """The ``passports`` table.

    Parameters
    ----------
    awards : tuple of str, one for each activity
        Badges that a visit brings, ``a;b``.
    """
    people, themes = truth.people, truth.offer.themes
    rng = stream(config.seed, "passports")
    luck = rng.random((len(people), 5))
    wanted = rng.integers(1, 3, len(people))
    liked = np.argsort(-(truth.interest + rng.normal(0, 0.5, truth.interest.shape)), axis=1)
    leaf = ~np.isin(np.arange(len(themes)), truth.parent)
    badges = _badges(truth, awards)
    rows = []
    for learner, name in enumerate(people.ids):
        ranked = [themes[theme] for theme in liked[learner] if leaf[theme]]
        at_home = luck[learner, 2] >= _NO_HOME
        rows.append(
            {
                "learner_id": name,
                "age": _age(people.age[learner], luck[learner, 0], luck[learner, 1]),
                "home_lat": float(people.lat[learner]) if at_home else None,
                "home_lon": float(people.lon[learner]) if at_home else None,
                "area": people.hoods[people.area[learner]].name,
                "languages": people.languages[learner],
                "wishes": ";".join(ranked[: wanted[learner]]) if luck[learner, 3] < _WISHES else "",
                "avoid": ranked[-1] if ranked and luck[learner, 4] < _AVOID else "",
                "badges": ";".join(badges.get(learner, ())),
            }
        )
    return frame_of(PASSPORTS, rows)


def _age(age: float, unsaid: float, banded: float) -> str:
    if unsaid < _NO_AGE:
        return ""
    if banded < _BAND:
        low, high = next(band for band in BANDS if age < band[1] + 1)
        return f"{low}-{high}"
    # Truth keeps away from birthdays by 0.05; the passport says the completed tenth.
    return f"{np.floor(age * 10) / 10:.1f}".removesuffix(".0")


def _badges(truth: Truth, awards: tuple[str, ...]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for learner, activity in zip(truth.visits.learner, truth.visits.activity, strict=True):
        for badge in filter(None, awards[activity].split(";")):
            held = found.setdefault(int(learner), [])
            if badge not in held:
                held.append(badge)
    return found


def stamp_frame(config: SimulationConfig, truth: Truth) -> pd.DataFrame:
    """The ``stamps`` table, by learner and time; some visitors do not tell whether they enjoyed it."""
    visits, offer = truth.visits, truth.offer
    tells = stream(config.seed, "passports", 1).random(len(visits.at)) < _TELLS
    order = np.lexsort((visits.activity, visits.at, visits.learner))
    ids, activities = np.array(truth.people.ids), np.array(offer.activities)
    sessions = np.array([*offer.sessions, ""])
    return pd.DataFrame(
        {
            "learner_id": pd.Series(ids[visits.learner[order]], dtype="str"),
            "activity_id": pd.Series(activities[visits.activity[order]], dtype="str"),
            "at": visits.at[order],
            "session_id": pd.Series(sessions[visits.session[order]], dtype="str"),
            "chosen_by": pd.Series(np.array(CHOSEN_BY)[visits.chosen_by[order]], dtype="str"),
            "enjoyed": np.where(tells, visits.enjoyed, np.nan)[order].astype(np.float64),
        }
    )[list(STAMPS.names)]
