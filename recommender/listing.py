"""The list as it is served: what fits weighed against what is new, breadth, one drawn place and the guarantee.

Every step works on the best of the relevance ranking and says what it did through the slot of each place:

``interest``       where relevance, calibrated to the learner's own mix of themes, put it
``next_station``   the next station of a line begun
``new_direction``  about themes new to this learner, and on the list for that
``drawn``          drawn from the next best, with a probability that is known exactly and logged
"""

from __future__ import annotations

import numpy as np

from recommender.beliefs import LEAST
from recommender.breadth import broaden, draw
from recommender.city import UNKNOWN, Bool, Catalogue, Float32, Float64, Int8, Int32, Int64
from recommender.columns import Records
from recommender.filling import filled, narrow_shares, share_of
from recommender.guarantee import keep, way_of
from recommender.model import Model, Sparse
from recommender.product import compiled, spread_of
from recommender.ranking import INTEREST, NEW_DIRECTION, NEXT_STATION, Places, places_of, scrambled, top
from recommender.scoring import SOURCE_ROWS, Scored

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
SHORTEST = 5
"""Lists of fewer places have no drawn one."""
_PAST = np.array([SOURCE_ROWS[name] for name in PAST])


def listed(scored: Scored, catalogue: Catalogue, model: Model) -> Places:
    """The list for one learner, by the policy that the request asks for.

    Raises
    ------
    FloatingPointError
        For scores that are no numbers, as a broken release makes them: no order goes with those.
    """
    if not np.isfinite(scored.total).all():
        raise FloatingPointError("scores that are no finite numbers")
    request, can, passport, beliefs = scored.request, scored.can, scored.passport, scored.beliefs
    rooms = catalogue.activity_columns.records, catalogue.session_columns.records
    if request.policy == "relevance":
        return Places(*_by_relevance(scored.total, scored.context.station, request.count))
    drawn = request.seed is not None and request.count >= SHORTEST
    return Places(
        *_served(
            scored.total, scored.every_source, _PAST, scored.context.station, scored.context.session,
            can.activities, can.sessions, can.first, can.not_known["age"], *rooms,
            model.blending.themes, catalogue.themes.broad,
            beliefs.prior[0], beliefs.evidence[0], model.theme_base, passport.less, len(passport.stamps),
            request.count, request.curiosity, drawn, scrambled(request.seed or 0), way_of(passport, request, catalogue),
        )
    )  # fmt: skip


@compiled
def _by_relevance(total: Float32, station: Int32, count: int) -> tuple[Int64, Int8, Float64, Int64]:
    best = top(total, count)
    found = places_of(best, len(best))
    for place in range(len(best)):
        found[1][place] = NEXT_STATION if station[best[place]] != UNKNOWN else INTEREST
    return found


@compiled
def _served(
    total: Float32, sources: Float32, past: Int64, station: Int32, best: Int32,
    rows: Int32, sessions: Int32, first: Int32, age_unknown: Bool, activity: Records, held: Records,
    about: Sparse, broad: Bool,
    prior: Float64, evidence: Float64, base: Float64, less: Int32, n_stamps: int,
    count: int, curiosity: float, drawn: bool, bits: np.uint64, way: tuple[float, float, float, float, float],
) -> tuple[Int64, Int8, Float64, Int64]:  # fmt: skip
    """Relevance and what there is to discover, then breadth, the drawn place and the guarantee, as ``Places``."""
    wanted = count - drawn
    pool, chosen, new = _chosen(
        total, sources, past, rows, about, broad,
        prior, evidence, base, less, n_stamps, count, curiosity, wanted,
    )  # fmt: skip
    position, kind, probability, session = places_of(pool[chosen], len(chosen) + drawn)
    for place in range(len(chosen)):
        if station[position[place]] != UNKNOWN:
            kind[place] = NEXT_STATION
        elif new[place] and chosen[place] >= wanted:
            kind[place] = NEW_DIRECTION
    n = len(chosen)
    broaden(n, position, kind, probability, session, pool, rows, activity)
    if drawn:
        n = draw(n, position, kind, probability, session, pool, age_unknown, station, bits)
    position, kind, probability, session = position[:n], kind[:n], probability[:n], session[:n]
    keep(position, kind, probability, session, total, rows, sessions, first, best, age_unknown, activity, held, way)
    return position, kind, probability, session


@compiled
def _chosen(
    total: Float32, sources: Float32, past: Int64, rows: Int32,
    about: Sparse, broad: Bool,
    prior: Float64, evidence: Float64, base: Float64, less: Int32, n_stamps: int,
    count: int, curiosity: float, wanted: int,
) -> tuple[Int64, Int64, Bool]:  # fmt: skip
    """The best by relevance, and the places among them that a list takes: relevance and what there is to discover, less
    what repeats the list itself.

    The list is filled one by one, each time with what adds most, and then put in the order of relevance: new
    directions stand below what fits, and never crowd it out of sight.

    Returns
    -------
    pool : int64
        Positions, best first.
    chosen : int64, shape (n,)
        Places in the pool, ascending.
    new : bool, shape (n,)
        Which of them are mostly about themes not yet visited; none without stamps or curiosity.
    """
    pool = top(total, max(round(POOL * (1 + 2 * curiosity)), 2 * count))
    themes, (theme_first, theme, share) = rows[pool], about
    begins, narrow = narrow_shares(themes, theme_first, theme, share, broad)
    fits, bold, spread = total[pool].astype(np.float64), curiosity**3, spread_of(total)
    for one in range(len(pool)):
        more_of_the_same = 0.0
        for source in past:
            more_of_the_same += np.float64(sources[source, pool[one]])
        fits[one] -= HABIT * bold * more_of_the_same
    mix, calibrate = evidence / max(evidence.sum(), 1e-9), CALIBRATION * min(1.0, 2 - 2 * curiosity)
    if n_stamps < ENOUGH_STAMPS or not evidence.any():
        calibrate = 0.0
    # Who has only a wish gets what was wished for, however alike it is.
    again = REPEAT * 2 * curiosity * spread if n_stamps else 0.0
    novelty = _novelty(prior, evidence, base, less, n_stamps)
    chosen = filled(
        themes, theme_first, theme, share, begins, narrow, fits, novelty, mix,
        again, WONDER * bold * spread, ONCE, calibrate, wanted,
    )  # fmt: skip
    chosen.sort()
    new = share_of(chosen, themes, theme_first, theme, begins, narrow, evidence < TRACE) >= NEW_THEME
    return pool, chosen, new & (n_stamps > 0 and curiosity > 0)


@compiled
def _novelty(prior: Float64, evidence: Float64, base: Float64, less: Int32, n_stamps: int) -> Float64:
    """What each theme holds for this learner to discover: 1 for a new one that is as likely as usual, 0 for a known one.

    The chance that an interest waits there, by the themes the learner knows (the adjacent possible), over what is
    usual for that theme; less as stamps come in, and nothing of what was put aside. All 0 without stamps: to
    somebody who begins everything is new.
    """
    novelty = np.zeros(len(base))
    if not n_stamps:
        return novelty
    for theme in range(len(base)):
        lift = min(max(prior[theme] / max(base[theme], LEAST), LIFTS[0]), LIFTS[1])
        novelty[theme] = lift * max(1 - evidence[theme], 0.0)
    novelty[less] = 0
    return novelty
