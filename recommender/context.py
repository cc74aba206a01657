"""What the circumstances of a request add: travel, wait, hour, price, known places, the next station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Catalogue, Float32, Float64, Int32, Int64
from recommender.eligibility import ADULT, Eligible
from recommender.fused import circumstances, habit_of
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
AT_BEST = ("minutes", "days", "hour", "price", "venue", "organiser", "station", "age")
"""``model.CONTEXT`` in the order in which the parts are reckoned and added up."""
_NONE = np.empty(0, dtype=np.int32)
_USUAL = np.array([USUAL_MINUTES, FARTHEST, USUAL_PRICE, DEAREST, USUAL_DAYS, DAY])


@dataclass(frozen=True, eq=False)
class Context:
    """What the circumstances add to each eligible activity, and the session they speak of.

    Attributes
    ----------
    session : int32, shape (n_eligible,)
        Row of the best session of each activity.
    minutes : float64, shape (n_eligible,)
    rows : float32, shape (len(AT_BEST), n_eligible)
        What each of ``AT_BEST`` adds.
    station : int32, shape (n_eligible,)
        The line whose next station this is, ``UNKNOWN`` for none.
    """

    session: Int32
    minutes: Float64
    rows: Float32
    station: Int32

    @property
    def parts(self) -> dict[str, Float32]:
        """The rows by every name in ``model.CONTEXT``."""
        return dict(zip(AT_BEST, self.rows, strict=True))

    @property
    def total(self) -> Float32:
        summed: Float32 = np.add.reduce(self.rows, axis=0)
        return summed

    def at(self, positions: Int64) -> Context:
        """The same for some of the eligible activities."""
        return Context(
            self.session[positions], self.minutes[positions], self.rows[:, positions], self.station[positions]
        )


def context_of(passport: Passport, catalogue: Catalogue, request: Request, model: Model, eligible: Eligible) -> Context:
    """Travel, wait, hour, price, known venue and organiser, next station: in the units of the blend.

    Each part is measured from what is usual, so that "not known" and "as usual" add nothing, and only what is
    better than usual can be a reason. The best session of an activity is the one with the highest sum of
    travel, wait and hour; of equal ones the earliest.
    """
    overall = model.source_weights["context"]
    weight = np.array([model.context_weights[name] * overall for name in AT_BEST])
    activities, sessions, columns = catalogue.activities, catalogue.sessions, catalogue.session_columns
    n, stamped = len(eligible.activities), passport.stamps.activity
    next_rows, next_lines = next_stations(passport, catalogue)
    youngest = min((age for age in (passport.age_low, *request.company) if age == age), default=None)
    best, station = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    out = np.empty((len(AT_BEST), n), dtype=np.float32)
    circumstances(
        eligible.activities,
        eligible.sessions,
        eligible.first,
        eligible.minutes,
        weight,
        _USUAL,
        request.at,
        sessions.start,
        columns.part_of_week[:0] if sessions.always else columns.part_of_week,
        _habit(passport, catalogue),
        activities.price,
        sessions.venue,
        _among(activities.venue[stamped], len(catalogue.venues.ids)),
        activities.organiser_row,
        _among(activities.organiser_row[stamped], len(activities.organisers)),
        next_rows,
        next_lines,
        activities.age_min,
        activities.age_max,
        youngest is not None and youngest < ADULT,
        unsure_costs(youngest),
        eligible.not_known["language"],
        best,
        station,
        out,
    )
    return Context(eligible.sessions[best], eligible.minutes[best], out, station)


def unsure_costs(youngest: float | None) -> float:
    """What it costs, in times the weight of ``age``, that an activity may not be for the youngest of the company.

    For a child "up to 40" says nothing: there an activity's age is known when its lower end is, or when it ends
    before 18. 0 where nobody's age is known.
    """
    if youngest is None:
        return 0.0
    share = min(max((youngest - YOUNG) / (ADULT - YOUNG), 0.0), 1.0)
    return UNSURE_WHEN_YOUNG + share * (1.0 - UNSURE_WHEN_YOUNG)


def _among(rows: Int32, n: int) -> Bool:
    """Which of n things are among some rows, those below 0 aside; empty for none of them."""
    if not len(rows):
        return np.empty(0, dtype=np.bool_)
    found = np.zeros(n + 1, dtype=np.bool_)  # the last one takes what is not known
    found[rows] = True
    found[n] = False
    return found


def _habit(passport: Passport, catalogue: Catalogue) -> Float64:
    """How much more of a learner's stamps than usual fall in each part of the week, -1 to 1.

    Parts are weekend or not × morning, afternoon, evening. Four stamps spread evenly are added, so that
    three stamps do not make a habit. Empty without stamps.
    """
    if not len(passport.stamps):
        return np.empty(0)
    return habit_of(passport.stamps.at, catalogue.clock.since, catalogue.clock.offset)


def next_stations(passport: Passport, catalogue: Catalogue) -> tuple[Int32, Int32]:
    """The next stations of lines begun and not finished.

    Returns
    -------
    activities, lines : int32, shape (n,)
        Rows; of an activity that stands in it twice the last line counts.
    """
    lines_of = catalogue.lines_of
    if not lines_of:
        return _NONE, _NONE
    stamped = passport.stamps.activity.tolist()
    begun = sorted({line for row in stamped for line in lines_of.get(row, ())})
    been, found = set(stamped), list[tuple[int, int]]()
    for line in begun:
        following = next((row for row in catalogue.lines.stations[line].tolist() if row not in been), None)
        if following is not None:
            found.append((following, line))
    rows = np.array(found, dtype=np.int32).reshape(-1, 2)
    return np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])
