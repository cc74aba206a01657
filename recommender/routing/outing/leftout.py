"""Why not? For every good candidate that is not in the best route, the constraint that kept it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.city import STATUSES, UNKNOWN, Int64
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import Posed
from recommender.routing.outing.searching import Found, Search, best_of
from recommender.routing.outing.settling import Days
from recommender.routing.outing.timing import Times, windows_of
from recommender.routing.outing.visits import CENTS, Visits, windows
from recommender.routing.outing.why import WHY
from recommender.routing.outing.wish import LONGER
from recommender.routing.route import LeftOut

MOST = 10
"""So many candidates are looked at, the best first."""
_OWN = ("excluded", "no_place", "closed_then", "price", "too_far", "no_time", "prerequisite")
"""What bars a visit by itself, in the order in which it is looked at: of several sessions the one that came furthest counts."""
_RIVAL = WHY.index("other_session")


def left_out(asked: Asked, found: Found, search: Search, most: int = MOST) -> tuple[LeftOut, ...]:
    """Of the best candidates and everything pinned, what is not in the best route, and why.

    Parameters
    ----------
    search : callable
        Asked only where there are pins and no route: do the pins fit together?
    most : int
        Candidates looked at, those in the route included.

    Returns
    -------
    tuple of LeftOut
        What is pinned first, then by score. Without a route, only what is barred by itself, and what is pinned, where it is
        the pins that cannot be.
    """
    visits, posed = found.posed.visits, found.posed
    made = set(visits.activity[posed.kept[list(found.made)]].tolist())
    pinned = [row for row in asked.pinned.tolist() if row not in made]
    best = [row for row in _by_score(visits)[: most + len(pinned)] if row not in pinned][:most]
    why = _Why(asked, found, not pinned or _pins_fit(asked, found, search))
    answer = [why.of(row) for row in pinned]
    answer += [why.rival(row) for row in pinned]
    answer += [why.of(row) for row in best if row not in made]
    return tuple(one for one in answer if one is not None)


def _pins_fit(asked: Asked, found: Found, search: Search) -> bool:
    """Whether everything pinned could be visited if no number of domains was asked for."""
    if found.posed.missing or asked.wish.min_domains == 0:
        return False
    return best_of(asked, found.posed, search, lambda problem: replace(problem, min_domains=0)).days is not None


def _by_score(visits: Visits) -> list[int]:
    """Activities, best first, each once."""
    order = np.lexsort((visits.session, -visits.score))
    return list(dict.fromkeys(visits.activity[order].tolist()))


@dataclass(frozen=True, eq=False)
class _Why:
    asked: Asked
    found: Found
    pins_fit: bool

    def of(self, activity: int) -> LeftOut | None:
        """Why an activity is not visited; of one with a pinned session, why that session is not."""
        visits, posed = self.found.posed.visits, self.found.posed
        rows = np.flatnonzero((visits.activity == activity) & (visits.barred != _RIVAL))
        if not len(rows):
            return self._never_there(activity)
        best = int(rows[np.argmax(visits.score[rows])])
        free = rows[visits.free[rows]]
        if not len(free):
            furthest = max(rows.tolist(), key=lambda row: _OWN.index(WHY[visits.barred[row]]))
            return self._said(furthest, WHY[visits.barred[furthest]])
        if self.found.days is None:
            is_pinned = activity in self.asked.pinned and not self.pins_fit
            return self._said(best, self._unmet_pin()) if is_pinned else None
        kept = np.flatnonzero(np.isin(posed.kept, free))
        return self._said(int(free[0]), _beside(self.asked, posed, self.found.days, kept))

    def rival(self, activity: int) -> LeftOut | None:
        """The best session that would be free, had another one of its activity not been pinned."""
        visits = self.found.posed.visits
        rows = np.flatnonzero((visits.activity == activity) & (visits.barred == _RIVAL))
        return self._said(int(rows[np.argmax(visits.score[rows])]), WHY[_RIVAL]) if len(rows) else None

    def _said(self, visit: int, why: str) -> LeftOut:
        visits = self.found.posed.visits
        return LeftOut(int(visits.activity[visit]), int(visits.session[visit]), why, float(visits.score[visit]))

    def _never_there(self, activity: int) -> LeftOut:
        """Of something pinned that is not among the visits: is it not on then, full, or not for this learner?"""
        sessions, pinned = self.asked.catalogue.sessions, self.asked.wish.pinned_sessions
        own = pinned[sessions.activity[pinned] == activity]
        rows = own if len(own) else np.flatnonzero(sessions.activity == activity).astype(np.int32)
        held = (sessions.status[rows] == STATUSES.index("scheduled")) & (sessions.capacity_left[rows] != 0)
        lasts = sessions.end[rows].astype(np.float64) - sessions.start[rows].astype(np.float64)
        opens, _, _ = windows(self.asked, rows, np.where(sessions.drop_in[rows], 0.0, lasts), self.asked.days)
        then = ~np.isnan(opens).all(axis=(0, 2))
        word = "closed_then" if not then.any() else "not_eligible" if held[then].any() else "full"
        return LeftOut(activity, int(own[0]) if len(own) else UNKNOWN, word, float("nan"))

    def _unmet_pin(self) -> str:
        """Of pins that could be visited one by one: which limit do they break together?"""
        wish, activities = self.asked.wish, self.asked.catalogue.activities
        if len(self.asked.pinned) > wish.max_stops:
            return "max_stops"
        prices = activities.price[self.asked.pinned].astype(np.float64)
        if wish.max_price is not None and not np.rint(prices * CENTS).sum() <= wish.max_price * CENTS + 1e-6:
            return "price"
        return "pinned"


def _beside(asked: Asked, posed: Posed, days: Days, rows: Int64) -> str:
    """Why something that could be visited is not in the best route: what would have to give way for it?

    Parameters
    ----------
    rows : int64
        Its visits, as rows of the problem; none when it was not worth looking at.
    """
    each = rows.tolist()
    made = [row for order in days for row in order]
    if any(True for row in each for _ in _insertions(posed.times, days, row, _any_order)):
        given = [one for row in each for one in _insertions(posed.times, days, row, _in_order(posed))]
        if not given:
            return "prerequisite"
        return "price" if not _affordable(posed, [*made, each[0]]) else _max_stops(posed, [*made, each[0]])
    longer = _longer(asked, posed, each)
    if any(True for row in each for _ in _insertions(longer, days, row, _any_order)):
        return "no_time"
    held = _held(asked, posed, days)
    if each and not any(True for row in each for _ in _insertions(posed.times, held, row, _any_order)):
        return "pinned"
    return "min_domains" if _for_breadth(asked, posed, days, each) else "less_wanted"


Allowed = Callable[[Days], bool]


def _any_order(days: Days) -> bool:
    return True


def _insertions(times: Times, days: Days, row: int, allowed: Allowed) -> Iterator[Days]:
    """Every way to put a visit into a route that the times allow."""
    for day, order in enumerate(days):
        if not times.windows[day][row]:
            continue
        for at in range(len(order) + 1):
            longer = (*order[:at], row, *order[at:])
            if times.earliest(day, longer) is not None:
                found = (*days[:day], longer, *days[day + 1 :])
                if allowed(found):
                    yield found


def _in_order(posed: Posed) -> Allowed:
    """Whether every badge that a visit asks for has been given by then."""
    awards, requires = posed.problem.awards, posed.problem.requires

    def allowed(days: Days) -> bool:
        held = 0
        for row in (row for order in days for row in order):
            if requires is not None and int(requires[row]) & ~held:
                return False
            held |= 0 if awards is None else int(awards[row])
        return True

    return allowed


def _affordable(posed: Posed, made: Sequence[int]) -> bool:
    use, limit = posed.problem.use, posed.problem.limit
    return use is None or len(limit) < 2 or bool(use[1, list(made)].sum() <= limit[1])


def _max_stops(posed: Posed, made: Sequence[int]) -> str:
    """What else forbids one stop more: if nothing does, a longer search would have taken it in."""
    use, limit = posed.problem.use, posed.problem.limit
    return "less_wanted" if use is None or use[0, list(made)].sum() <= limit[0] else "max_stops"


def _longer(asked: Asked, posed: Posed, rows: Sequence[int]) -> Times:
    """The same times, with days that begin earlier and end later, for the visits of a route and some more."""
    days = tuple((max(opens - LONGER, asked.request.at), closes + LONGER) for opens, closes in asked.days)
    visits = posed.visits.at(posed.kept[list(rows)])
    opens, closes, _ = windows(asked, visits.session, visits.stay, days)
    wider = windows_of(opens, closes)
    return replace(
        posed.times,
        windows=[
            [wider[day][rows.index(row)] if row in rows else window for row, window in enumerate(own)]
            for day, own in enumerate(posed.times.windows)
        ],
        day_opens=[float(opens - asked.base) for opens, _ in days],
        day_closes=[float(closes - asked.base) for _, closes in days],
    )


def _held(asked: Asked, posed: Posed, days: Days) -> Days:
    """The route with nothing but what must be in it."""
    must = set(posed.problem.pinned.tolist())
    return tuple(tuple(row for row in order if int(posed.problem.group[row]) in must) for order in days)


def _for_breadth(asked: Asked, posed: Posed, days: Days, rows: Sequence[int]) -> bool:
    """Whether a visit could take the place of one that is worth less, if only fewer domains were asked for."""
    problem, must = posed.problem, set(posed.problem.pinned.tolist())
    if asked.wish.min_domains == 0:
        return False
    for other in [row for order in days for row in order]:
        if int(problem.group[other]) in must or problem.prize[other] >= problem.prize[list(rows)].max(initial=0.0):
            continue
        without = tuple(tuple(row for row in order if row != other) for order in days)
        for row in rows:
            for found in _insertions(posed.times, without, row, _in_order(posed)):
                if _affordable(posed, [row for order in found for row in order]):
                    return True
    return False
