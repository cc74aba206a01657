"""The planted truth of one choice: who could go, what counts for them and how much, and whether they enjoy it.

A look is a conditional logit (McFadden 1974) over what was seen and "nothing". Exposure, attendance and enjoyment
are separate steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulation.config import Coefficients
from data.simulation.offer import Offer
from data.simulation.people import YEAR, People
from recommender.city import Bool, Float64, Int32, Int64
from recommender.travel import great_circle_km

FEATURES = ("interest", "travel", "price", "age", "hour", "popularity", "next_station", "again")
UNKNOWN_MINUTES, UNKNOWN_PRICE = 20.0, 3.0
_INSIDE = 1.5


@dataclass(frozen=True, eq=False)
class State:
    """The city at one moment.

    Attributes
    ----------
    now : int
        Seconds since 1970 UTC.
    interest : float64, shape (n_learners, n_themes)
    popularity : float64, shape (n_activities,)
        Sign-ups in the last 30 days.
    visited : bool, shape (n_learners, n_activities)
    speaks : bool, shape (n_learners, n_tongues)
    tongue : int64, shape (n_activities,)
        The language of each activity, as a column of ``speaks``.
    """

    now: int
    interest: Float64
    popularity: Float64
    visited: Bool
    speaks: Bool
    tongue: Int64


def tongues(offer: Offer, people: People) -> tuple[Bool, Int64]:
    """``speaks`` and ``tongue`` of a ``State``; everybody copes where the language is not known."""
    names, tongue = np.unique(np.array(offer.language, dtype=np.str_), return_inverse=True)
    held, which = np.unique(np.array(people.languages, dtype=np.str_), return_inverse=True)
    speaks = np.array([[not name or name in spoken.split(";") for name in names] for spoken in held], dtype=np.bool_)
    return speaks[which], tongue.astype(np.int64)


def logistic(log_odds: Float64) -> Float64:
    chance: Float64 = 1 / (1 + np.exp(-log_odds))
    return chance


def minutes(offer: Offer, people: People, learners: Int32, sessions: Int32) -> Float64:
    """Travel time one way; an unknown place counts as ``UNKNOWN_MINUTES``. Shapes broadcast."""
    if np.ndim(learners) == 2:
        # Many live in one cell: reckon each way once.
        homes = np.stack([people.lat[learners[:, 0]], people.lon[learners[:, 0]]], axis=1)
        cells, cell = np.unique(homes, axis=0, return_inverse=True)
        km = great_circle_km(cells[:, [0]], cells[:, [1]], offer.lat[sessions], offer.lon[sessions])[cell]
    else:
        km = great_circle_km(people.lat[learners], people.lon[learners], offer.lat[sessions], offer.lon[sessions])
    time = km * (offer.mode.detour / offer.mode.km_per_hour * 60) + offer.mode.fixed_minutes
    return np.where(np.isnan(time), UNKNOWN_MINUTES, time)


def age_at(people: People, learners: Int32, now: int, as_of: int) -> Float64:
    """Years at a moment: passports hold the age at ``as_of``."""
    years: Float64 = people.age[learners] - (as_of - now) / YEAR
    return years


def age_suits(offer: Offer, age: Float64, activities: Int32) -> Bool:
    """Whether an age lies in the range; an unknown end suits everyone here. Shapes broadcast."""
    fits: Bool = ~(age < offer.age_min[activities]) & ~(age >= offer.age_max[activities] + 1)
    return fits


def may_go(offer: Offer, people: People, learners: Int32, sessions: Int32, state: State, as_of: int) -> Bool:
    """Age, language, badge asked for, and not been there before unless one can come again.

    Parameters
    ----------
    learners : int32, shape (n, 1) or (n,)
    sessions : int32, shape (m,) or (n,)

    Returns
    -------
    bool, of the broadcast shape
    """
    activities = offer.activity[sessions]
    fits = age_suits(offer, age_at(people, learners, state.now, as_of), activities)
    fits &= state.speaks[learners, state.tongue[activities]]
    been = state.visited[learners, activities]
    fits &= ~been | offer.again[activities]
    needs = offer.needs[activities]
    fits &= (needs < 0) | state.visited[learners, np.maximum(needs, 0)]
    return fits


def features(
    offer: Offer, people: People, learners: Int32, sessions: Int32, state: State, as_of: int
) -> dict[str, Float64]:
    """What counts in a choice, in the units of ``Coefficients``; keys are ``FEATURES``.

    Parameters
    ----------
    learners, sessions : int32
        Shapes (n,) and (n,) for pairs, or (n, 1) and (m,) for a table of all combinations.
    """
    activities = offer.activity[sessions]
    age = age_at(people, learners, state.now, as_of)
    low, high = offer.age_min[activities], offer.age_max[activities] + 1
    edge = np.fmin(np.where(np.isnan(low), np.inf, age - low), np.where(np.isnan(high), np.inf, high - age))
    price = np.where(np.isnan(offer.price[activities]), UNKNOWN_PRICE, offer.price[activities])
    before = offer.before[activities]
    shape = np.broadcast(learners, sessions).shape
    found = {
        "interest": interest_in(offer, state.interest, learners, activities),
        "travel": minutes(offer, people, learners, sessions) / 10 * people.travel_weight[learners],
        "price": price / 5 * people.price_weight[learners],
        "age": np.clip(1 - edge / _INSIDE, 0, 1),
        "hour": people.hour[learners, offer.part[sessions]],
        "popularity": np.log1p(state.popularity)[activities],
        "next_station": ((before >= 0) & state.visited[learners, np.maximum(before, 0)]).astype(np.float64),
        "again": state.visited[learners, activities].astype(np.float64),
    }
    return {name: np.broadcast_to(found[name], shape) for name in FEATURES}


def interest_in(offer: Offer, interest: Float64, learners: Int32, activities: Int32) -> Float64:
    """Interest in the themes of activities, 0 where no theme is known; pairs or a table, as in ``features``."""
    if np.ndim(learners) == 2:
        table: Float64 = interest[learners[:, 0]] @ offer.weights[activities].T
        return table
    pairs: Float64 = np.einsum("ij,ij->i", interest[learners], offer.weights[activities])
    return pairs


def utility_of(
    found: dict[str, Float64], quality: Float64, given: Coefficients, family: Bool | bool = False
) -> Float64:
    """Utility of going, without the noise; ``family`` where the family chooses and interest counts for less."""
    share = np.where(family, given.family_interest, 1.0)
    total: Float64 = quality + found["interest"] * given.interest * share
    for name in FEATURES[1:]:
        total = total + found[name] * getattr(given, name)
    return total


def enjoyment_of(interest: Float64, quality: Float64, given: Coefficients) -> Float64:
    """Chance that a visit is enjoyed."""
    return logistic(given.enjoys + given.enjoys_interest * interest + given.enjoys_quality * quality)


def attendance_of(travel_minutes: Float64, given: Coefficients) -> Float64:
    """Chance that somebody who signed up turns up."""
    return logistic(given.shows_up + given.shows_up_travel * travel_minutes / 10)


def family_chooses(age: Float64) -> Float64:
    """Chance that the family chooses: 0.8 up to three years, none from twelve on."""
    chance: Float64 = np.clip((12 - age) / 9, 0, 1) * 0.8
    return chance
