"""The list as it is served: relevance first, then breadth, new directions, one drawn place and the guarantee.

Every step works on the best of the relevance ranking and says what it did through the slot of each place:

``interest``       where relevance, calibrated to the learner's own mix of themes, put it
``next_station``   the next station of a line begun
``new_direction``  a theme new to this learner, next to what they know
``drawn``          drawn from the next best, with a probability that is known exactly and logged
"""

from __future__ import annotations

import numpy as np

from recommender.city import UNKNOWN, Bool, Catalogue, Float64, Int64
from recommender.guarantee import guaranteed
from recommender.model import Model
from recommender.ranking import Slot, top
from recommender.scoring import Scored

POOL = 100
"""How far down the relevance ranking a list may reach."""
NEW_SHARE = 0.4
"""Share of the places for new directions at full curiosity; half of it at the usual 0.5, none at 0."""
NEW_THEME = 0.5
"""An activity is a new direction when this share of it is about themes not yet visited …"""
TRACE = 0.25
"""… where less than this much of a stamp counts as not visited."""
LINK = 0.5
"""What a theme's doubled prior, next to what the learner knows, is worth in the units of the score."""
NEW_DOMAIN = 0.5
"""What a domain where the learner never was is worth, when a new direction is chosen."""
CALIBRATION = 1.0
"""What one nat of distance to the learner's own mix of themes costs (Steck 2018, doi:10.1145/3240323.3240372)."""
ENOUGH_STAMPS = 3
REPEAT = 1.0
"""What a theme that is on the list already costs at the usual curiosity, in spreads of the learner's own scores:
measured to find a tenth more new interests in simulated towns at no loss of NDCG."""
FLOOR = 3
"""At least this many domains among ten places, where so many are there."""
DRAWN_FROM = 10
DRAWN_PLACE = 10
"""The drawn place is the tenth, or the last of a shorter list; lists under five have none."""
SHORTEST = 5


def listed(scored: Scored, catalogue: Catalogue, model: Model) -> list[Slot]:
    """The list for one learner, by the policy that the request asks for."""
    request, can = scored.request, scored.can
    if not len(can.activities):
        return []
    if request.policy == "relevance":
        best = top(scored.total, can.activities, request.count)
        return [Slot(position, _kind(scored, position)) for position in best.tolist()]
    pool = top(scored.total, can.activities, max(POOL, 2 * request.count))
    shares = np.asarray(model.theme_shares[can.activities[pool]].toarray(), dtype=np.float64)
    fresh = _new_themes(scored, shares)
    places = request.count - _is_drawn(scored)
    new = _new_directions(scored, catalogue, pool, shares, fresh)[: _new_places(scored)]
    known = _calibrated(scored, pool, shares, places - len(new), taken=new)
    slots = [Slot(position, _kind(scored, position)) for position in known]
    slots = _woven(slots, [Slot(position, "new_direction") for position in new])
    slots = _broad(slots, scored, catalogue, pool)
    slots = _with_drawn(slots, scored, pool)
    return guaranteed(slots, scored, catalogue)


def _kind(scored: Scored, position: int) -> str:
    return "next_station" if scored.context.station[position] != UNKNOWN else "interest"


def _new_themes(scored: Scored, shares: Float64) -> Bool:
    """Which of the pool are mostly about themes that the learner has not visited; none without stamps."""
    if not len(scored.passport.stamps):
        return np.zeros(len(shares), dtype=np.bool_)
    unvisited = scored.beliefs.evidence[0] < TRACE
    about_new: Bool = shares @ unvisited >= NEW_THEME
    return about_new


def _new_places(scored: Scored) -> int:
    return round(scored.request.count * NEW_SHARE * scored.request.curiosity)


def _new_directions(scored: Scored, catalogue: Catalogue, pool: Int64, shares: Float64, fresh: Bool) -> list[int]:
    """New directions, the most promising first, each with another main theme."""
    candidates = np.flatnonzero(fresh & (scored.context.station[pool] == UNKNOWN))
    if not len(candidates):
        return []
    prior = scored.beliefs.prior[0]
    linked = shares[candidates] @ np.log2(prior / np.maximum(_middle(prior), 1e-9))
    been = np.unique(catalogue.activities.domain[scored.passport.stamps.activity])
    domain = catalogue.activities.domain[scored.can.activities[pool[candidates]]]
    promise = scored.total[pool[candidates]] + LINK * linked + NEW_DOMAIN * ~np.isin(domain, been)
    chosen, seen = [], set[int]()
    for place in np.lexsort((candidates, -promise)).tolist():
        theme = int(shares[candidates[place]].argmax())
        if theme not in seen:
            seen.add(theme)
            chosen.append(int(pool[candidates[place]]))
    return chosen


def _middle(prior: Float64) -> float:
    """The middle of a learner's priors: what "more than usual" is measured from."""
    return float(np.median(prior)) if len(prior) else 1.0


def _calibrated(scored: Scored, pool: Int64, shares: Float64, places: int, taken: list[int]) -> list[int]:
    """Greedy list that trades relevance against repeating itself, and against the learner's own mix of themes."""
    free = [place for place, position in enumerate(pool.tolist()) if position not in set(taken)]
    evidence = scored.beliefs.evidence[0]
    calibrate = len(scored.passport.stamps) >= ENOUGH_STAMPS and evidence.sum() > 0
    mix = evidence / max(evidence.sum(), 1e-9)
    # Who has only a wish gets what was wished for, however alike it is.
    again = REPEAT * 2 * scored.request.curiosity * float(scored.total.std()) if len(scored.passport.stamps) else 0.0
    so_far = np.zeros_like(mix)
    chosen: list[int] = []
    while free and len(chosen) < places:
        gain = scored.total[pool[free]] - again * (shares[free] @ so_far)
        if calibrate:
            gain = gain - CALIBRATION * _distance(mix, (so_far + shares[free]) / (len(chosen) + 1))
        place = free.pop(int(np.argmax(gain)))
        so_far += shares[place]
        chosen.append(int(pool[place]))
    return chosen


def _distance(mix: Float64, themes: Float64) -> Float64:
    """Kullback–Leibler divergence of each row from a mix, smoothed by 1% of the mix. Shape (n_rows,)."""
    known = mix > 0
    smooth = 0.99 * themes[:, known] + 0.01 * mix[known]
    distance: Float64 = (mix[known] * np.log(mix[known] / smooth)).sum(axis=1)
    return distance


def _woven(slots: list[Slot], new: list[Slot]) -> list[Slot]:
    """New directions spread over the list, never in the first place."""
    woven = list(slots)
    step = max((len(slots) + len(new)) // (len(new) + 1), 1)
    for index, slot in enumerate(new, start=1):
        woven.insert(min(index * step, len(woven)), slot)
    return woven


def _broad(slots: list[Slot], scored: Scored, catalogue: Catalogue, pool: Int64) -> list[Slot]:
    """Swap the last of the commonest domain for the best of a missing one, until the floor is reached."""
    domain = catalogue.activities.domain[scored.can.activities]
    floor = min(FLOOR, len(slots))
    while True:
        head = slots[:DRAWN_PLACE]
        there = [int(domain[slot.position]) for slot in head]
        missing = [position for position in pool.tolist() if domain[position] >= 0 and domain[position] not in there]
        if len({*there} - {UNKNOWN}) >= floor or not missing:
            return slots
        common = max({*there}, key=lambda code: (there.count(code), code))
        swappable = [
            place
            for place, slot in enumerate(head)
            if domain[slot.position] == common and slot.kind == "interest" and place
        ]
        if there.count(common) < 2 or not swappable:
            return slots
        slots, last = [*slots], swappable[-1]
        below = next((place for place, slot in enumerate(slots) if slot.position == missing[0]), None)
        if below is None:
            slots[last] = Slot(missing[0])
        else:
            slots[last], slots[below] = slots[below], slots[last]


def _is_drawn(scored: Scored) -> bool:
    return scored.request.seed is not None and scored.request.count >= SHORTEST


def _with_drawn(slots: list[Slot], scored: Scored, pool: Int64) -> list[Slot]:
    """One place drawn evenly from the next best whose age is known to fit."""
    if not _is_drawn(scored):
        return slots
    taken = {slot.position for slot in slots}
    unsure = scored.can.not_known["age"]
    safe = [position for position in pool.tolist() if position not in taken and not unsure[position]][:DRAWN_FROM]
    if not safe:
        rest = [position for position in pool.tolist() if position not in taken]
        return slots + [Slot(position, _kind(scored, position)) for position in rest[:1]]
    drawn = safe[int(np.random.default_rng(scored.request.seed).integers(len(safe)))]
    place = min(DRAWN_PLACE, len(slots) + 1) - 1
    return [*slots[:place], Slot(drawn, "drawn", 1 / len(safe)), *slots[place:]]
