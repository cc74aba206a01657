"""What the circumstances of a request add: travel, wait, hour, price, known places, the next station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Catalogue, Float32, Float64, Int32, Int64
from recommender.eligibility import ADULT, Eligible
from recommender.model import Model
from recommender.passport import Passport, Request

DAY = 86_400
USUAL_MINUTES, USUAL_PRICE, USUAL_DAYS = 30.0, 5.0, 14.0
"""What a trip, a ticket and a wait are taken to be where the city does not say."""
FARTHEST, DEAREST = 90.0, 50.0
"""Minutes and euros beyond which more makes no difference."""
YOUNG, UNSURE_WHEN_YOUNG = 12.0, 10.0
"""Not knowing whether an age fits costs an adult once the weight of ``age``, a child of 12 or younger ten times, and in
between in proportion. A rule and not a taste, so never learned: ten is more than popularity, travel and themes weigh
together, so what is known to suit a child stands before what may be for adults alone."""


@dataclass(frozen=True, eq=False)
class Context:
    """What the circumstances add to each eligible activity, and the session they speak of.

    Attributes
    ----------
    session : int32, shape (n_eligible,)
        Row of the best session of each activity.
    minutes : float64, shape (n_eligible,)
    parts : mapping of every name in ``model.CONTEXT`` to float32, shape (n_eligible,)
    station : int32, shape (n_eligible,)
        The line whose next station this is, ``UNKNOWN`` for none.
    """

    session: Int32
    minutes: Float64
    parts: dict[str, Float32]
    station: Int32

    @property
    def total(self) -> Float32:
        summed: Float32 = np.sum(list(self.parts.values()), axis=0, dtype=np.float32)
        return summed

    def at(self, positions: Int64) -> Context:
        """The same for some of the eligible activities."""
        parts = {name: values[positions] for name, values in self.parts.items()}
        return Context(self.session[positions], self.minutes[positions], parts, self.station[positions])


def context_of(passport: Passport, catalogue: Catalogue, request: Request, model: Model, eligible: Eligible) -> Context:
    """Travel, wait, hour, price, known venue and organiser, next station: in the units of the blend.

    Each part is measured from what is usual, so that "not known" and "as usual" add nothing, and only what is
    better than usual can be a reason. The best session of an activity is the one with the highest sum of
    travel, wait and hour; of equal ones the earliest.
    """
    weight = {name: model.context_weights[name] * model.source_weights["context"] for name in model.context_weights}
    rows, sessions = eligible.activities, eligible.sessions
    at_session: dict[str, Float64] = {
        "minutes": weight["minutes"] * _relative(USUAL_MINUTES, eligible.minutes, FARTHEST),
        "days": weight["days"] * _wait(catalogue, request, sessions),
        "hour": weight["hour"] * _hour_fit(passport, catalogue, sessions),
    }
    best = _best(np.sum(list(at_session.values()), axis=0), eligible.first)
    station = next_stations(passport, catalogue, rows)
    activities = catalogue.activities
    been_at = activities.venue[passport.stamps.activity]
    organisers = activities.organiser_row[passport.stamps.activity]
    known_organiser = np.isin(activities.organiser_row[rows], organisers[organisers >= 0])
    parts: dict[str, Float32 | Float64] = {name: values[best] for name, values in at_session.items()}
    parts["price"] = weight["price"] * _relative(USUAL_PRICE, activities.price[rows], DEAREST)
    parts["venue"] = weight["venue"] * np.isin(catalogue.sessions.venue[sessions[best]], been_at[been_at >= 0])
    parts["organiser"] = weight["organiser"] * known_organiser
    parts["station"] = weight["station"] * (station >= 0)
    unsure = np.maximum(unsure_age(passport, catalogue, request, rows), eligible.not_known["language"])
    parts["age"] = -weight["age"] * unsure
    return Context(
        session=sessions[best],
        minutes=eligible.minutes[best],
        parts={name: np.asarray(values, dtype=np.float32) for name, values in parts.items()},
        station=station,
    )


def unsure_age(passport: Passport, catalogue: Catalogue, request: Request, rows: Int32) -> Float64:
    """What it costs, in times the weight of ``age``, that an activity may not be for the youngest of the company.

    For a child "up to 40" says nothing: there an activity's age is known when its lower end is, or when it ends
    before 18.

    Returns
    -------
    float64, shape (len(rows),)
        0 where the age is known to fit, and throughout where nobody's age is known.
    """
    ages = [age for age in (passport.age_low, *request.company) if not np.isnan(age)]
    if not ages:
        return np.zeros(len(rows))
    age_min, age_max = catalogue.activities.age_min[rows], catalogue.activities.age_max[rows]
    ends = age_max < ADULT if min(ages) < ADULT else ~np.isnan(age_max)
    times = np.interp(min(ages), [YOUNG, ADULT], [UNSURE_WHEN_YOUNG, 1.0])
    cost: Float64 = np.where(np.isnan(age_min) & ~ends, times, 0.0)
    return cost


def _relative(usual: float, values: Float32 | Float64, most: float) -> Float64:
    """How much less than usual; 0 where not known."""
    less: Float64 = np.where(np.isnan(values), 0.0, usual - np.minimum(np.nan_to_num(values), most))
    return less


def _wait(catalogue: Catalogue, request: Request, sessions: Int32) -> Float64:
    """Days sooner than usual, -28 to 14; 0 in a city without sessions."""
    if catalogue.sessions.always:
        return np.zeros(len(sessions))
    days = np.maximum(catalogue.sessions.start[sessions] - request.at, 0) / DAY
    return np.clip(USUAL_DAYS - days, -2 * USUAL_DAYS, USUAL_DAYS)


def _hour_fit(passport: Passport, catalogue: Catalogue, sessions: Int32) -> Float64:
    """How much more of a learner's stamps than usual fall in a session's part of the week, -1 to 1.

    Parts are weekend or not × morning, afternoon, evening. Four stamps spread evenly are added, so that
    three stamps do not make a habit. 0 without stamps or sessions.
    """
    if catalogue.sessions.always or not len(passport.stamps):
        return np.zeros(len(sessions))
    counts = np.bincount(_part_of_week(catalogue.clock.local(passport.stamps.at)), minlength=6)
    share = (counts + 4 / 6) / (counts.sum() + 4)
    fit: Float64 = (share - 1 / 6)[_part_of_week(catalogue.clock.local(catalogue.sessions.start[sessions]))]
    return fit


def _part_of_week(local: Int64) -> Int64:
    """0–2 morning, afternoon, evening of a working day, 3–5 of the weekend. 1 January 1970 was a Thursday."""
    weekend = (local // DAY + 3) % 7 >= 5
    hour = local % DAY // 3600
    return weekend * 3 + (hour >= 12) + (hour >= 18)


def _best(values: Float64, first: Int32) -> Int32:
    """Index of the largest value in each run that begins at ``first``; of equal ones the first."""
    if len(first) == len(values):
        return np.arange(len(first), dtype=np.int32)
    run = np.repeat(np.arange(len(first)), np.diff(first, append=len(values)))
    order = np.lexsort((np.arange(len(values)), -values, run))
    return order[first].astype(np.int32)


def next_stations(passport: Passport, catalogue: Catalogue, rows: Int32) -> Int32:
    """The line that each activity is the next station of, for lines begun and not finished.

    Returns
    -------
    int32, shape (len(rows),)
        Line rows; ``UNKNOWN`` for the rest.
    """
    station = np.full(len(rows), UNKNOWN, dtype=np.int32)
    stamped = set(passport.stamps.activity.tolist())
    for line, stations in enumerate(catalogue.lines.stations):
        done = [row in stamped for row in stations.tolist()]
        if any(done) and not all(done):
            station[rows == stations[done.index(False)]] = line
    return station
