"""The opportunity guarantee: who has three free, fitting sessions within reach sees those three in the top ten.

It is kept by the very sessions that are shown: of an activity that qualifies by another session than its best one, the
other one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.city import Bool, Catalogue, Int64
from recommender.ranking import Slot
from recommender.scoring import Scored
from recommender.travel import travel_minutes

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


def claim_of(scored: Scored, catalogue: Catalogue) -> Claim:
    """Which of the eligible activities count towards the guarantee."""
    can, request, activities = scored.can, scored.request, catalogue.activities
    start = request.start or scored.passport.home
    if start is None or not len(can.activities) or np.isnan(scored.passport.age_low):
        return Claim(np.zeros(len(can.activities), dtype=np.bool_), np.asarray(can.first, dtype=np.int64))
    sessions, mode = catalogue.sessions, catalogue.travel[request.mode or "walk"]
    minutes = travel_minutes(start, sessions.lat[can.sessions], sessions.lon[can.sessions], mode)
    near: Bool = minutes <= WITHIN_MINUTES
    free = activities.price[can.activities] == 0
    known = activities.access_known[can.activities] & ~can.not_known["age"]
    activity = np.repeat(np.arange(len(can.activities)), np.diff(can.first, append=len(can.sessions)))
    best = can.sessions == scored.context.session[activity]
    preferred = np.lexsort((sessions.start[can.sessions], ~best, ~near, activity))[can.first]
    return Claim(np.logical_or.reduceat(near, can.first) & free & known, preferred)


def guaranteed(slots: list[Slot], scored: Scored, catalogue: Catalogue) -> list[Slot]:
    """Give the lowest places of the first ten to the best that qualify, until three do or no more exist.

    What qualifies by another session than its best one is shown with that one first: that costs nobody a place. Next
    stations, the drawn place and what qualifies already stay where they are. What has to make room changes
    places with what comes up from below, or leaves.
    """
    claim = claim_of(scored, catalogue)
    qualifies, head = claim.qualifies, slots[:WITHIN_PLACES]
    promised = min(PROMISED, len(head), claim.exist)
    if not promised:
        return slots
    at_best = scored.can.sessions[claim.session] == scored.context.session
    shown = sum(bool(qualifies[slot.position] and at_best[slot.position]) for slot in head)
    moved = list(slots)
    for place, slot in enumerate(head):
        if shown < promised and qualifies[slot.position] and not at_best[slot.position]:
            moved[place], shown = replace(slot, session=int(claim.session[slot.position])), shown + 1
    inside, below = {slot.position for slot in head}, {slot.position: place for place, slot in enumerate(slots)}
    best: Int64 = np.lexsort((scored.can.activities, -scored.total))
    waiting = [position for position in best.tolist() if qualifies[position] and position not in inside]
    waiting = waiting[: promised - shown]
    movable = [place for place, slot in enumerate(head) if slot.kind in MAY_MOVE and not qualifies[slot.position]]
    for place, position in zip(movable[max(len(movable) - len(waiting), 0) :], waiting, strict=False):
        if position in below:
            moved[below[position]] = moved[place]
        moved[place] = Slot(position, session=None if at_best[position] else int(claim.session[position]))
    return moved
