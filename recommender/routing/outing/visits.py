"""Which visits an outing could make at all: every session in its days, with its windows, and what bars it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.city import UNKNOWN, Bool, Float32, Float64, Int8, Int32, Int64
from recommender.context import Context, context_of
from recommender.eligibility import Eligible, eligible, open_pool
from recommender.recommend import scored
from recommender.routing.hours import OpenHours
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.why import WHY
from recommender.routing.prizes import prizes
from recommender.scoring import Scored

CENTS = 100.0
OF_THE_ROUTE = ("minutes", "days")
"""Parts of a score that are no part of a prize: the way is what the search itself spends time on, and the day is given.
Counted twice, they send everybody to the same three doors around the corner (docs/decisions.md).
"""


@dataclass(frozen=True, eq=False)
class Visits:
    """Sessions that an outing might visit, whether or not something bars them.

    Attributes
    ----------
    session, activity : int32, shape (n,)
        Rows of the catalogue.
    position : int64, shape (n,)
        Of the activity among what is eligible.
    score, prize : float64, shape (n,)
    stay : float64, shape (n,)
        Seconds.
    opens, closes : float64, shape (n_days, n, n_windows)
        When a visit may begin, seconds since the base; NaN fills up.
    lat, lon : float64, shape (n,)
    price : float64, shape (n,)
        NaN where not known.
    barred : int8, shape (n,)
        Index into ``WHY``, ``UNKNOWN`` where nothing bars it.
    hours_unknown : bool, shape (n,)
        Whether it is taken to be open because nobody knows better.
    scored : Scored or None
        Of the eligible activities.
    context : Context or None
        Of every visit: travel, hour and wait of this very session.
    """

    session: Int32
    activity: Int32
    position: Int64
    score: Float64
    prize: Float64
    stay: Float64
    opens: Float64
    closes: Float64
    lat: Float64
    lon: Float64
    price: Float64
    barred: Int8
    hours_unknown: Bool
    can: Eligible
    scored: Scored | None
    context: Context | None

    def __len__(self) -> int:
        return len(self.session)

    def at(self, rows: NDArray[np.integer]) -> Visits:
        """Some of them."""
        own = ("session", "activity", "position", "score", "prize", "stay", "lat", "lon", "price", "barred")
        fewer = {name: getattr(self, name)[rows] for name in (*own, "hours_unknown")}
        context = None if self.context is None else self.context.at(np.asarray(rows, dtype=np.int64))
        return replace(self, opens=self.opens[:, rows], closes=self.closes[:, rows], context=context, **fewer)

    def bar(self, where: Bool, why: str) -> Visits:
        """The same, with some more barred; what is barred already keeps its reason."""
        barred = np.where(where & (self.barred == UNKNOWN), WHY.index(why), self.barred).astype(np.int8)
        return replace(self, barred=barred)

    @property
    def free(self) -> Bool:
        """Those that nothing bars."""
        unbarred: Bool = self.barred == UNKNOWN
        return unbarred


def visits_of(asked: Asked) -> Visits:
    """Everything eligible in the span of the days, scored session by session, and barred where it cannot be.

    A session takes place when it says so; who drops in comes between opening and closing, and long enough before
    closing to stay.
    """
    catalogue, wish, scope = asked.catalogue, asked.wish, asked.scope
    whole = None if asked.release is None else scored(asked.passport, catalogue, asked.release, scope)
    can = eligible(asked.passport, catalogue, scope, open_pool(catalogue, scope)) if whole is None else whole.can
    position = np.repeat(np.arange(len(can.first)), np.diff(can.first, append=len(can.sessions)))
    context, score = _by_session(asked, whole, can, position)
    session, sessions = can.sessions, catalogue.sessions
    activity = sessions.activity[session]
    lasts = sessions.end[session].astype(np.float64) - sessions.start[session].astype(np.float64)
    stay = np.where(sessions.drop_in[session], np.minimum(np.ceil(wish.visit_minutes * 60), lasts), lasts)
    opens, closes, unknown = windows(asked, session, stay, asked.days)
    found = Visits(
        session=session,
        activity=activity,
        position=position,
        score=score,
        prize=prizes(_merit(score, context)),
        stay=stay,
        opens=opens,
        closes=closes,
        lat=sessions.lat[session],
        lon=sessions.lon[session],
        price=catalogue.activities.price[activity].astype(np.float64),
        barred=np.full(len(session), UNKNOWN, dtype=np.int8),
        hours_unknown=unknown & sessions.always,
        can=can,
        scored=whole,
        context=context,
    )
    return _barred(asked, found)


def _by_session(asked: Asked, whole: Scored | None, can: Eligible, position: Int64) -> tuple[Context | None, Float64]:
    """The circumstances and the score of every session, where the recipe speaks of an activity's best one."""
    if whole is None or asked.release is None:
        return None, np.zeros(len(position))
    apart = replace(
        can,
        activities=can.activities[position],
        first=np.arange(len(position), dtype=np.int32),
        not_known={name: unsure[position] for name, unsure in can.not_known.items()},
    )
    context = context_of(whole.passport, asked.catalogue, whole.request, asked.release.model, apart)
    score = (whole.total - whole.context.total)[position] + context.total
    return context, score.astype(np.float64)


def _merit(score: Float64, context: Context | None) -> Float32:
    """What is left of scores without what a route reckons with by itself."""
    parts = [] if context is None else [context.parts[name] for name in OF_THE_ROUTE]
    merit: Float32 = (score - np.sum(parts, axis=0) if parts else score).astype(np.float32)
    return merit


def windows(
    asked: Asked, session: Int32, stay: Float64, days: Sequence[tuple[int, int]]
) -> tuple[Float64, Float64, Bool]:
    """When each visit may begin on each of some days, and whether its venue's hours are not known."""
    sessions = asked.catalogue.sessions
    start = sessions.start[session].astype(np.float64) - asked.base
    end = sessions.end[session].astype(np.float64) - asked.base
    drop_in, venue = sessions.drop_in[session], sessions.venue[session]
    row, doors_open, doors_close, known = _doors(asked.hours, np.where(drop_in, venue, UNKNOWN), asked.base)
    n = len(session)
    found: list[tuple[NDArray[np.integer], Float64, Float64]] = []
    for day_from, day_until in days:
        first = np.maximum(np.maximum(doors_open, start[row]), day_from - asked.base)
        last = np.minimum(np.minimum(doors_close, end[row]), day_until - asked.base) - stay[row]
        real = first <= last
        found.append((row[real], first[real], last[real]))
    width = max((int(np.bincount(which, minlength=1).max()) for which, _, _ in found if len(which)), default=1)
    opens, closes = np.full((len(days), n, width), np.nan), np.full((len(days), n, width), np.nan)
    for day, (which, first, last) in enumerate(found):
        place = np.arange(len(which)) - np.searchsorted(which, which)
        opens[day, which, place], closes[day, which, place] = first, last
    return opens, closes, drop_in & ~known


def _doors(hours: OpenHours | None, venue: Int32, base: int) -> tuple[NDArray[np.integer], Float64, Float64, Bool]:
    """Every interval in which a visit's door is open, by visit; always open where nobody knows better."""
    n = len(venue)
    if hours is None:
        return np.arange(n), np.full(n, -np.inf), np.full(n, np.inf), np.zeros(n, dtype=np.bool_)
    known = np.append(hours.known, False)[venue]
    first = np.where(known, np.searchsorted(hours.venue, venue), 0)
    count = np.where(known, np.searchsorted(hours.venue, venue, side="right") - first, 1)
    row = np.repeat(np.arange(n), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    interval = first[row] + nth
    opens, closes = np.full(len(row), -np.inf), np.full(len(row), np.inf)
    told = known[row]
    opens[told] = hours.opens[interval[told]] - base
    closes[told] = hours.closes[interval[told]] - base
    return row, opens, closes, known


def _barred(asked: Asked, found: Visits) -> Visits:
    """Bar what needs no travel times to be known as impossible."""
    wish, catalogue = asked.wish, asked.catalogue
    pinned = asked.pinned
    if asked.scope.include_stamped and not asked.request.include_stamped:
        again = np.isin(found.activity, asked.passport.stamps.activity) & ~np.isin(found.activity, pinned)
        found = found.at(np.flatnonzero(~again))
    found = found.bar(np.isin(found.activity, wish.excluded), "excluded")
    found = found.bar(np.isnan(found.lat) | np.isnan(found.lon), "no_place")
    never: Bool = np.asarray(np.isnan(found.opens).all(axis=(0, 2)), dtype=np.bool_)
    found = found.bar(never, "closed_then")
    if wish.max_price is not None:
        found = found.bar(~(np.rint(found.price * CENTS) <= wish.max_price * CENTS + 1e-6), "price")
    # Last of all: of a session that is barred anyway the other one is not the reason.
    chosen = np.isin(found.session, wish.pinned_sessions)
    rivals = np.isin(found.activity, catalogue.sessions.activity[wish.pinned_sessions]) & ~chosen
    return found.bar(rivals, "other_session")
