"""The opportunity guarantee: who has three free, fitting sessions within reach sees those three in the top ten.

It is kept by the very sessions that are shown: of an activity that qualifies by another session than its best one, the
other one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Catalogue, Float64, Int32, Int64
from recommender.product import compiled
from recommender.ranking import Slot
from recommender.reach import chord, minutes_of, origin_of
from recommender.scoring import Scored

PROMISED = 3
WITHIN_PLACES = 10
WITHIN_MINUTES = 20.0
MAY_MOVE = frozenset({"interest", "new_direction"})


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


def claim_of(scored: Scored, catalogue: Catalogue, among: Int64 | None = None) -> Claim:
    """Which of the eligible activities count towards the guarantee.

    Parameters
    ----------
    among : int64, optional
        Positions to look at; the others then count as not qualifying.
    """
    can, request, activities = scored.can, scored.request, catalogue.activities
    start, n = request.start or scored.passport.home, len(can.activities)
    claim = Claim(np.zeros(n, dtype=np.bool_), can.first.astype(np.int64), np.zeros(n, dtype=np.bool_))
    if start is None or not n or scored.passport.age_low != scored.passport.age_low:
        return claim
    columns, mode = catalogue.session_columns, catalogue.travel[request.mode or "walk"]
    _claim(
        np.arange(n) if among is None else among,
        can.activities, catalogue.activity_columns.free, activities.access_known, can.not_known["age"],
        can.sessions, can.first, catalogue.sessions.start, scored.context.session,
        columns.x, columns.y, columns.z, *origin_of(start), mode.detour / mode.km_per_hour * 60, mode.fixed_minutes,
        claim.qualifies, claim.session, claim.at_best,
    )  # fmt: skip
    return claim


@compiled
def _claim(
    positions: Int64, rows: Int32, free: Bool, access_known: Bool, age_unknown: Bool,
    sessions: Int32, first: Int32, start: Int64, best: Int32, x: Float64, y: Float64, z: Float64,
    from_x: float, from_y: float, from_z: float, per_km: float, fixed: float,
    qualifies: Bool, session: Int64, at_best: Bool,
) -> None:  # fmt: skip
    """Whether each has a session near enough, and the one to go by: near, best, earliest, in that order."""
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


def guaranteed(slots: list[Slot], scored: Scored, catalogue: Catalogue) -> list[Slot]:
    """Give the lowest places of the first ten to the best that qualify, until three do or no more exist.

    What qualifies by another session than its best one is shown with that one first: that costs nobody a place. Next
    stations, the drawn place and what qualifies already stay where they are. What has to make room changes
    places with what comes up from below, or leaves.
    """
    head = slots[:WITHIN_PLACES]
    # Most lists keep it by themselves, and then nothing else need be looked at.
    there = np.array([slot.position for slot in head], dtype=np.int64)
    if np.count_nonzero(claim_of(scored, catalogue, there).at_best) >= min(PROMISED, len(head)):
        return slots
    claim = claim_of(scored, catalogue)
    qualifies, at_best = claim.qualifies, claim.at_best
    promised = min(PROMISED, len(head), claim.exist)
    if not promised:
        return slots
    shown = int(np.count_nonzero(at_best[there]))
    moved = list(slots)
    for place, slot in enumerate(head):
        if shown < promised and qualifies[slot.position] and not at_best[slot.position]:
            moved[place], shown = slot._replace(session=int(claim.session[slot.position])), shown + 1
    inside, below = {slot.position for slot in head}, {slot.position: place for place, slot in enumerate(slots)}
    waiting = []
    if shown < promised:
        able = np.flatnonzero(qualifies)
        best: Int64 = able[np.lexsort((scored.can.activities[able], -scored.total[able]))]
        waiting = [position for position in best.tolist() if position not in inside][: promised - shown]
    movable = [place for place, slot in enumerate(head) if slot.kind in MAY_MOVE and not qualifies[slot.position]]
    for place, position in zip(movable[max(len(movable) - len(waiting), 0) :], waiting, strict=False):
        if position in below:
            moved[below[position]] = moved[place]
        moved[place] = Slot(position, session=None if at_best[position] else int(claim.session[position]))
    return moved
