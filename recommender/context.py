"""What the circumstances of a request add: travel, wait, hour, price, known places, the next station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from recommender.city import Bool, Catalogue, Float32, Float64, Int32, Int64
from recommender.columns import Records
from recommender.eligibility import ADULT, Eligible
from recommender.fused import circumstances, habit_of
from recommender.model import AT_BEST, Model
from recommender.passport import Passport, Request
from recommender.product import compiled

DAY = 86_400
USUAL_MINUTES, USUAL_PRICE, USUAL_DAYS = 30.0, 5.0, 14.0
"""What a trip, a ticket and a wait are taken to be where the city does not say."""
FARTHEST, DEAREST = 90.0, 50.0
"""Minutes and euros beyond which more makes no difference."""
YOUNG, UNSURE_WHEN_YOUNG = 12.0, 10.0
"""Not knowing whether an age fits costs an adult once the weight of ``age``, a child of 12 or younger ten times, and in
between in proportion. A rule and not a taste, so never learned: ten is more than popularity, travel and themes weigh
together, so what is known to suit a child stands before what may be for adults alone."""
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
    asked = around_of(passport, catalogue, request)
    return Context(
        *surroundings(
            eligible.activities, eligible.sessions, eligible.first, eligible.minutes, eligible.not_known["language"],
            passport.stamps.activity, passport.stamps.at, asked, model.blending.around,
            catalogue.activity_columns.records, catalogue.session_columns.records,
        )
    )  # fmt: skip


class Around(NamedTuple):
    """What a request brings to its circumstances, and what of the city they need; see ``fused.circumstances``."""

    at: int
    timed: bool
    since: Int64
    offset: Int64
    n_venues: int
    n_organisers: int
    next_rows: Int32
    next_lines: Int32
    child: bool
    unsure_costs: float


def around_of(passport: Passport, catalogue: Catalogue, request: Request) -> Around:
    """Lay a request out for ``surroundings``."""
    youngest = min((age for age in (passport.age_low, *request.company) if age == age), default=None)
    clock, n_organisers = catalogue.clock, len(catalogue.activities.organisers)
    return Around(
        int(request.at), not catalogue.sessions.always, clock.since, clock.offset, len(catalogue.venues.ids), n_organisers,
        *next_stations(passport, catalogue), youngest is not None and youngest < ADULT, unsure_costs(youngest),
    )  # fmt: skip


@compiled
def surroundings(
    rows: Int32, sessions: Int32, first: Int32, minutes: Float64, language_unknown: Bool,
    stamped: Int32, stamped_at: Int64, asked: Around, weight: Float64, activity: Records, held: Records,
) -> tuple[Int32, Float64, Float32, Int32]:  # fmt: skip
    """``context_of`` within compiled code: a tuple of what ``Context`` holds.

    Parameters
    ----------
    stamped, stamped_at : shape (n_stamped,)
        Rows of activities, and when somebody was there.
    """
    n, some = len(rows), len(stamped) > 0
    been = np.zeros(asked.n_venues if some else 0, dtype=np.bool_)
    met = np.zeros(asked.n_organisers if some else 0, dtype=np.bool_)
    venue, organiser = activity["venue"], activity["organiser"]
    for row in stamped:
        there, who = venue[row], organiser[row]
        if there >= 0:
            been[there] = True
        if who >= 0:
            met[who] = True
    habit = habit_of(stamped_at, asked.since, asked.offset) if some else np.empty(0)
    best, takes, station = np.empty(n, dtype=np.int32), np.empty(n), np.empty(n, dtype=np.int32)
    out = np.empty((len(weight), n), dtype=np.float32)
    circumstances(
        rows, sessions, first, minutes, weight, _USUAL, asked.at, asked.timed, habit, been, met,
        asked.next_rows, asked.next_lines, asked.child, asked.unsure_costs, language_unknown, activity, held,
        best, takes, station, out,
    )  # fmt: skip
    return best, takes, out, station


def unsure_costs(youngest: float | None) -> float:
    """What it costs, in times the weight of ``age``, that an activity may not be for the youngest of the company.

    For a child "up to 40" says nothing: there an activity's age is known when its lower end is, or when it ends
    before 18. 0 where nobody's age is known.
    """
    if youngest is None:
        return 0.0
    share = min(max((youngest - YOUNG) / (ADULT - YOUNG), 0.0), 1.0)
    return UNSURE_WHEN_YOUNG + share * (1.0 - UNSURE_WHEN_YOUNG)


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
