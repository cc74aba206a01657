"""The opportunity guarantee: who has three free, fitting sessions within reach sees those three in the top ten.

It is kept by the very sessions that are shown: of an activity that qualifies by another session than its best one, the
other one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from recommender.city import UNKNOWN, Bool, Catalogue, Float32, Float64, Int8, Int32, Int64
from recommender.columns import Records
from recommender.passport import Passport, Request
from recommender.product import compiled
from recommender.ranking import INTEREST, NEW_DIRECTION, Places
from recommender.reach import chord, minutes_of, origin_of
from recommender.scoring import Scored

PROMISED = 3
WITHIN_PLACES = 10
WITHIN_MINUTES = 20.0


@dataclass(frozen=True, eq=False)
class Claim:
    """What the guarantee speaks of, for one learner.

    Attributes
    ----------
    qualifies : bool, shape (n_eligible,)
        Free, age known to fit, access known and met, and a session at most 20 minutes away: by the mode asked
        for, else on foot. All False without a home or start: then there is no claim.
    session : int64, shape (n_eligible,)
        Place among ``Eligible.sessions`` of the session that does: the best one where that is near, else the earliest.
    at_best : bool, shape (n_eligible,)
        Which qualify by their best session: the one that a list shows of itself.
    """

    qualifies: Bool
    session: Int64
    at_best: Bool

    @property
    def exist(self) -> int:
        return int(self.qualifies.sum())


def way_of(passport: Passport, request: Request, catalogue: Catalogue) -> tuple[float, float, float, float, float]:
    """Where a claim is measured from, on the unit sphere, and its minutes a kilometre and besides.

    All NaN for who has no claim, because nobody knows where they are or how old.
    """
    start = request.start or passport.home
    if start is None or passport.age_low != passport.age_low:
        return nan, nan, nan, nan, nan
    mode = catalogue.travel[request.mode or "walk"]
    return *origin_of(start), mode.detour / mode.km_per_hour * 60, float(mode.fixed_minutes)


def claim_of(scored: Scored, catalogue: Catalogue) -> Claim:
    """Which of the eligible activities count towards the guarantee."""
    can, n = scored.can, len(scored.can.activities)
    claim = Claim(np.zeros(n, dtype=np.bool_), can.first.astype(np.int64), np.zeros(n, dtype=np.bool_))
    _claim(
        np.arange(n), can.activities, can.sessions, can.first, scored.context.session, can.not_known["age"],
        catalogue.activity_columns.records, catalogue.session_columns.records,
        way_of(scored.passport, scored.request, catalogue), claim.qualifies, claim.session, claim.at_best,
    )  # fmt: skip
    return claim


def guaranteed(places: Places, scored: Scored, catalogue: Catalogue) -> Places:
    """``keep`` for a list that stands; the list given stays as it is."""
    can, kept = (
        scored.can,
        Places(places.position.copy(), places.kind.copy(), places.probability.copy(), places.session.copy()),
    )
    keep(
        *kept, scored.total, can.activities, can.sessions, can.first, scored.context.session, can.not_known["age"],
        catalogue.activity_columns.records, catalogue.session_columns.records,
        way_of(scored.passport, scored.request, catalogue),
    )  # fmt: skip
    return kept


@compiled
def keep(
    position: Int64, kind: Int8, probability: Float64, session: Int64, total: Float32,
    rows: Int32, sessions: Int32, first: Int32, best: Int32, age_unknown: Bool,
    activity: Records, held: Records, way: tuple[float, float, float, float, float],
) -> None:  # fmt: skip
    """Give the lowest places of the first ten to the best that qualify, until three do or no more exist.

    What qualifies by another session than its best one is shown with that one first: that costs nobody a place. Next
    stations, the drawn place and what qualifies already stay where they are. What has to make room changes
    places with what comes up from below, or leaves.

    Parameters
    ----------
    position, kind, probability, session
        A list, see ``ranking.Places``; is changed in place.
    total, rows, best, age_unknown : shape (n_eligible,)
    """
    head, n = min(len(position), WITHIN_PLACES), len(rows)
    qualifies, at_best = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    near = first.astype(np.int64)
    # Most lists keep it by themselves, and then nothing else need be looked at.
    _claim(position[:head], rows, sessions, first, best, age_unknown, activity, held, way, qualifies, near, at_best)
    shown = 0
    for place in range(head):
        shown += at_best[position[place]]
    if shown >= min(PROMISED, head):
        return
    near[position[:head]] = first[position[:head]]
    _claim(np.arange(n), rows, sessions, first, best, age_unknown, activity, held, way, qualifies, near, at_best)
    promised = min(PROMISED, head, qualifies.sum())
    if not promised:
        return
    movable, inside = np.empty(head, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    n_movable = 0
    for place in range(head):
        one = position[place]
        inside[one] = True
        if shown < promised and qualifies[one] and not at_best[one]:
            session[place], shown = near[one], shown + 1
        if (kind[place] == INTEREST or kind[place] == NEW_DIRECTION) and not qualifies[one]:
            movable[n_movable] = place
            n_movable += 1
    waiting = _best_that(qualifies, inside, total, promised - shown)
    turn = max(n_movable - len(waiting), 0)
    for one in waiting[:n_movable]:
        place = movable[turn]
        turn += 1
        for below in range(head, len(position)):
            if position[below] == one:
                position[below], kind[below] = position[place], kind[place]
                probability[below], session[below] = probability[place], session[place]
        position[place], kind[place], probability[place] = one, INTEREST, 1.0
        session[place] = UNKNOWN if at_best[one] else near[one]


@compiled
def _best_that(qualifies: Bool, inside: Bool, total: Float32, count: int) -> Int64:
    """The few best that qualify and do not stand inside yet, of equal ones the first."""
    found, n = np.empty(max(count, 0), dtype=np.int64), 0
    for one in range(len(total)):
        if not qualifies[one] or inside[one]:
            continue
        place = n
        while place > 0 and total[one] > total[found[place - 1]]:
            place -= 1
        if place < len(found):
            n = min(n + 1, len(found))
            for later in range(n - 1, place, -1):
                found[later] = found[later - 1]
            found[place] = one
    return found[:n]


@compiled
def _claim(
    positions: Int64, rows: Int32, sessions: Int32, first: Int32, best: Int32, age_unknown: Bool,
    activity: Records, held: Records, way: tuple[float, float, float, float, float],
    qualifies: Bool, session: Int64, at_best: Bool,
) -> None:  # fmt: skip
    """Whether each has a session near enough, and the one to go by: near, best, earliest, in that order."""
    from_x, from_y, from_z, per_km, fixed = way
    if np.isnan(per_km):
        return
    free, access_known, start = activity["free"], activity["access_known"], held["start"]
    x, y, z = held["x"], held["y"], held["z"]
    for one in positions:
        if not free[rows[one]] or not access_known[rows[one]] or age_unknown[one]:
            continue
        until = first[one + 1] if one + 1 < len(first) else len(sessions)
        was_near = False
        for place in range(first[one], until):
            own, there = sessions[place], sessions[session[one]]
            square = chord(x[own] - from_x, y[own] - from_y, z[own] - from_z)
            near = minutes_of(square, per_km, fixed) <= WITHIN_MINUTES
            if near != was_near:
                better = near
            elif (own == best[one]) != (there == best[one]):
                better = own == best[one]
            else:
                better = start[own] < start[there]
            if better:
                session[one], was_near = place, near
        qualifies[one] = was_near
        at_best[one] = was_near and sessions[session[one]] == best[one]
