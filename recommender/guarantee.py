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
    """

    qualifies: Bool
    session: Int64

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
    qualifies, session = np.zeros(n, dtype=np.bool_), can.first.astype(np.int64)
    if start is None or not n or np.isnan(scored.passport.age_low):
        return Claim(qualifies, session)
    at = np.arange(n) if among is None else among
    rows = can.activities[at]
    may = catalogue.activity_columns.free[rows] & activities.access_known[rows] & ~can.not_known["age"][at]
    columns, mode = catalogue.session_columns, catalogue.travel[request.mode or "walk"]
    _claim(
        at[may], can.sessions, can.first, catalogue.sessions.start, scored.context.session,
        columns.x, columns.y, columns.z, *origin_of(start), mode.detour / mode.km_per_hour * 60, mode.fixed_minutes,
        qualifies, session,
    )  # fmt: skip
    return Claim(qualifies, session)


@compiled
def _claim(
    positions: Int64, sessions: Int32, first: Int32, start: Int64, best: Int32, x: Float64, y: Float64, z: Float64,
    from_x: float, from_y: float, from_z: float, per_km: float, fixed: float, qualifies: Bool, session: Int64,
) -> None:  # fmt: skip
    """Whether each has a session near enough, and the one to go by: near, best, earliest, in that order."""
    for one in positions:
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


def _shown(claim: Claim, scored: Scored) -> Bool:
    """Which qualify by the session that a list shows of itself. Shape (n_eligible,)."""
    shown: Bool = claim.qualifies & (scored.can.sessions[claim.session] == scored.context.session)
    return shown


def guaranteed(slots: list[Slot], scored: Scored, catalogue: Catalogue) -> list[Slot]:
    """Give the lowest places of the first ten to the best that qualify, until three do or no more exist.

    What qualifies by another session than its best one is shown with that one first: that costs nobody a place. Next
    stations, the drawn place and what qualifies already stay where they are. What has to make room changes
    places with what comes up from below, or leaves.
    """
    head = slots[:WITHIN_PLACES]
    # Most lists keep it by themselves, and then nothing else need be looked at.
    there = np.array([slot.position for slot in head], dtype=np.int64)
    if _shown(claim_of(scored, catalogue, there), scored).sum() >= min(PROMISED, len(head)):
        return slots
    claim = claim_of(scored, catalogue)
    qualifies = claim.qualifies
    promised = min(PROMISED, len(head), claim.exist)
    if not promised:
        return slots
    at_best = scored.can.sessions[claim.session] == scored.context.session
    shown = int(_shown(claim, scored)[there].sum())
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
