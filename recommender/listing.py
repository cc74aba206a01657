"""The list as it is served: what fits weighed against what is new, breadth, one drawn place and the guarantee.

Every step works on the best of the relevance ranking and says what it did through the slot of each place:

``interest``       where relevance, calibrated to the learner's own mix of themes, put it
``next_station``   the next station of a line begun
``new_direction``  about themes new to this learner, and on the list for that
``drawn``          drawn from the next best, with a probability that is known exactly and logged
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.beliefs import LEAST
from recommender.city import UNKNOWN, Catalogue, Float32, Float64, Int32, Int64
from recommender.filling import filled, narrow_shares, share_of
from recommender.guarantee import MAY_MOVE, guaranteed
from recommender.model import Model
from recommender.product import spread_of
from recommender.ranking import Slot, evenly, top
from recommender.scoring import Scored

POOL = 100
"""How far down the relevance ranking a list may reach at no curiosity; three times as far at full curiosity."""
WONDER = 12.0
"""What a theme that is wholly new is worth at full curiosity, in spreads of the learner's own scores. It grows with the
cube of the curiosity: an eighth of it at the usual 0.5, where a list is still to fit first of all."""
HABIT = 0.7
"""Share of what speaks for more of the same that counts no longer at full curiosity, where how far and how dear something
is, what was wished for and what others like still do. It grows with the cube too."""
PAST = ("als", "graph", "metadata", "similar", "themes", "places")
"""The sources that speak for more of the same: all of them ask what was done before."""
ONCE = 2.0
"""A theme that is on the list already is worth e⁻² of that for the next activity: one taste is enough."""
LIFTS = 0.25, 4.0
"""A link between themes may make a new one count at most so many times less, or more."""
NEW_THEME = 0.5
"""An activity is a new direction when this share of it is about themes not yet visited …"""
TRACE = 0.25
"""… where less than this much of a stamp counts as not visited."""
CALIBRATION = 1.0
"""What one nat of distance to the learner's own mix of themes costs (Steck 2018, doi:10.1145/3240323.3240372); it fades
above the usual curiosity, and is nothing at full curiosity."""
ENOUGH_STAMPS = 3
REPEAT = 1.0
"""What a theme that is on the list already costs at the usual curiosity, in spreads of the learner's own scores."""
FLOOR = 3
"""At least this many domains among ten places, where so many are there."""
DRAWN_FROM = 10
DRAWN_PLACE = 10
"""The drawn place is the tenth, or the last of a shorter list; lists under five have none."""
SHORTEST = 5


class Themes(NamedTuple):
    """The pool's rows in the sparse matrix of theme shares, and that matrix."""

    rows: Int32
    first: NDArray[np.integer]
    theme: NDArray[np.integer]
    share: Float32


def listed(scored: Scored, catalogue: Catalogue, model: Model) -> list[Slot]:
    """The list for one learner, by the policy that the request asks for."""
    request, can = scored.request, scored.can
    if not len(can.activities):
        return []
    if request.policy == "relevance":
        best = top(scored.total, request.count)
        return [Slot(position, _kind(scored, position)) for position in best.tolist()]
    reach = max(round(POOL * (1 + 2 * request.curiosity)), 2 * request.count)
    pool = top(scored.total, reach)
    shares = model.theme_shares
    themes = Themes(can.activities[pool], shares.indptr, shares.indices, shares.data)
    narrow = narrow_shares(*themes, catalogue.themes.broad)
    places = request.count - _is_drawn(scored)
    chosen = _chosen(scored, pool, themes, narrow, _novelty(scored, model), places)
    fresh, stations = _fresh(scored, chosen, themes, narrow), scored.context.station[pool[chosen]].tolist()
    slots = [
        Slot(
            position, "next_station" if line != UNKNOWN else "new_direction" if new and place >= places else "interest"
        )
        for place, position, new, line in zip(chosen, pool[chosen].tolist(), fresh, stations, strict=True)
    ]
    slots = _broad(slots, scored, catalogue, pool)
    slots = _with_drawn(slots, scored, pool)
    return guaranteed(slots, scored, catalogue)


def _kind(scored: Scored, position: int) -> str:
    return "next_station" if scored.context.station[position] != UNKNOWN else "interest"


def _novelty(scored: Scored, model: Model) -> Float64:
    """What each theme holds for this learner to discover: 1 for a new one that is as likely as usual, 0 for a known one.

    The chance that an interest waits there, by the themes the learner knows (the adjacent possible), over what is
    usual for that theme; less as stamps come in, and nothing of what was put aside. All 0 without stamps: to
    somebody who begins everything is new.
    """
    beliefs, passport = scored.beliefs, scored.passport
    if not len(passport.stamps):
        return np.zeros(len(model.theme_base))
    lift = np.minimum(np.maximum(beliefs.prior[0] / np.maximum(model.theme_base, LEAST), LIFTS[0]), LIFTS[1])
    novelty: Float64 = lift * np.maximum(1 - beliefs.evidence[0], 0)
    novelty[passport.less] = 0
    return novelty


def _fresh(scored: Scored, chosen: list[int], themes: Themes, narrow: tuple[Int64, Float64]) -> list[bool]:
    """Which of some places in the pool are mostly about themes not yet visited; none without stamps or curiosity."""
    if not len(scored.passport.stamps) or not scored.request.curiosity:
        return [False] * len(chosen)
    among = np.array(chosen, dtype=np.int64)
    about_new = share_of(among, *themes[:3], *narrow, scored.beliefs.evidence[0] < TRACE)
    fresh: list[bool] = (about_new >= NEW_THEME).tolist()
    return fresh


def _chosen(
    scored: Scored, pool: Int64, themes: Themes, narrow: tuple[Int64, Float64], novelty: Float64, places: int
) -> list[int]:
    """Places in the pool, best first: relevance and what there is to discover, less what repeats the list itself.

    The list is filled one by one, each time with what adds most, and then put in the order of relevance: new
    directions stand below what fits, and never crowd it out of sight.
    """
    request, evidence = scored.request, scored.beliefs.evidence[0]
    begun = len(scored.passport.stamps) > 0
    total = float(evidence.sum())
    calibrate = CALIBRATION * min(1.0, 2 - 2 * request.curiosity)
    if len(scored.passport.stamps) < ENOUGH_STAMPS or total <= 0:
        calibrate = 0.0
    spread = spread_of(scored.total)
    # Who has only a wish gets what was wished for, however alike it is.
    again = REPEAT * 2 * request.curiosity * spread * begun
    bold = request.curiosity**3
    past = np.add.reduce(scored.sources_of(PAST, pool), axis=0, dtype=np.float64)
    fits = scored.total[pool] - HABIT * bold * past
    mix, wonder = evidence / max(total, 1e-9), WONDER * bold * spread
    chosen = filled(*themes, *narrow, fits, novelty, mix, again, wonder, ONCE, calibrate, places)
    return sorted(chosen.tolist())


def _broad(slots: list[Slot], scored: Scored, catalogue: Catalogue, pool: Int64) -> list[Slot]:
    """Swap the last of the commonest domain for the best of a missing one, until the floor is reached."""
    floor = min(FLOOR, len(slots))
    domain, of = catalogue.activities.domain, scored.can.activities
    shown = domain[of[[slot.position for slot in slots[:DRAWN_PLACE]]]]
    if len({*shown.tolist()} - {UNKNOWN}) >= floor:
        return slots  # as most lists are by themselves
    reachable = dict(zip(pool.tolist(), domain[of[pool]].tolist(), strict=True))
    while True:
        head = slots[:DRAWN_PLACE]
        there = [reachable[slot.position] for slot in head]
        if len({*there} - {UNKNOWN}) >= floor:
            return slots
        missing = [position for position, domain in reachable.items() if domain >= 0 and domain not in there]
        if not missing:
            return slots
        common = max({*there}, key=lambda code: (there.count(code), code))
        swappable = [
            place
            for place, slot in enumerate(head)
            if reachable[slot.position] == common and slot.kind in MAY_MOVE and place
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
    ranked, unsure = pool.tolist(), scored.can.not_known["age"]
    rest = (position for position in ranked if position not in taken)
    safe = list(islice((position for position in rest if not unsure[position]), DRAWN_FROM))
    if not safe:
        rest = (position for position in ranked if position not in taken)
        return slots + [Slot(position, _kind(scored, position)) for position in islice(rest, 1)]
    drawn = safe[evenly(scored.request.seed or 0, len(safe))]
    place = min(DRAWN_PLACE, len(slots) + 1) - 1
    return [*slots[:place], Slot(drawn, "drawn", 1 / len(safe)), *slots[place:]]
