"""The opportunity guarantee: who has three free, fitting sessions within reach sees three in the top ten."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    qualifies: Bool

    @property
    def exist(self) -> int:
        return int(self.qualifies.sum())


def claim_of(scored: Scored, catalogue: Catalogue) -> Claim:
    """Which of the eligible activities count towards the guarantee."""
    can, request, activities = scored.can, scored.request, catalogue.activities
    start = request.start or scored.passport.home
    nobody = np.zeros(len(can.activities), dtype=np.bool_)
    if start is None or not len(can.activities) or np.isnan(scored.passport.age_low):
        return Claim(nobody)
    sessions, mode = catalogue.sessions, catalogue.travel[request.mode or "walk"]
    minutes = travel_minutes(start, sessions.lat[can.sessions], sessions.lon[can.sessions], mode)
    near = np.fmin.reduceat(minutes, can.first) <= WITHIN_MINUTES
    free = activities.price[can.activities] == 0
    known = activities.access_known[can.activities] & ~can.not_known["age"]
    return Claim(near & free & known)


def guaranteed(slots: list[Slot], scored: Scored, catalogue: Catalogue) -> list[Slot]:
    """Give the lowest places of the first ten to the best that qualify, until three do or no more exist.

    Next stations, the drawn place and what qualifies already stay where they are. What has to make room
    changes places with what comes up from below, or leaves.
    """
    qualifies = claim_of(scored, catalogue).qualifies
    head = slots[:WITHIN_PLACES]
    owed = min(PROMISED, len(head), int(qualifies.sum())) - sum(bool(qualifies[slot.position]) for slot in head)
    if owed <= 0:
        return slots
    inside = {slot.position for slot in head}
    best: Int64 = np.lexsort((scored.can.activities, -scored.total))
    waiting = [position for position in best.tolist() if qualifies[position] and position not in inside][:owed]
    movable = [place for place, slot in enumerate(head) if slot.kind in MAY_MOVE and not qualifies[slot.position]]
    moved, below = list(slots), {slot.position: place for place, slot in enumerate(slots)}
    for place, position in zip(movable[-len(waiting) :], waiting, strict=False):
        if position in below:
            moved[below[position]] = moved[place]
        moved[place] = Slot(position)
    return moved
