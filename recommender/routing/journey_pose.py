"""From what a learner may take part in to the arrays of a journey, and why some of it cannot be in one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Bool, Catalogue, Float64, Int32, Int64
from recommender.eligibility import has_theme
from recommender.routing.journey_ask import Asked
from recommender.routing.journey_badges import Badges, badges_for
from recommender.routing.journey_model import spills
from recommender.routing.journey_problem import Chain, JourneyProblem
from recommender.routing.journey_times import DropIns, Horizon, days_of, weeks_of
from recommender.routing.journey_wish import MOST_STOPS

CORE, FINISH = 1, 2
CENTS = 100.0
MOST_ACTIVITIES = 320
"""So many activities are weighed at most, the best ones and what the goal needs; more of them would cost seconds."""
PER_KIND = 12
"""Of every domain and every stage so many of the best stay among them."""


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits that could be made. ``position`` is the activity's among what is eligible; the rest as in the problem.

    ``open_known`` says whether the door is known to be open.
    """

    position: Int64
    session: Int32
    begin: Int64
    end: Int64
    open_known: Bool

    def __len__(self) -> int:
        return len(self.position)

    def at(self, rows: Int64 | Bool) -> Visits:
        """Some of them."""
        return Visits(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem, and what its numbers stand for.

    Attributes
    ----------
    problem : JourneyProblem
    position : int64, shape (n_activities,)
        Of each activity among what is eligible.
    visits : Visits
        In the problem's order.
    home : float64, shape (n_places,)
        Minutes from the start to each place; NaN where not known.
    why : mapping of catalogue activity row to str
        What kept out those that are not in the problem.
    pruned : bool
        Whether some were left out only to keep the problem small.
    missing : tuple of str
        Parts of the wish that cannot be met at all: ``pinned``, ``goal``.
    """

    problem: JourneyProblem
    position: Int64
    visits: Visits
    home: Float64
    why: dict[int, str]
    pruned: bool
    missing: tuple[str, ...]


def pose(asked: Asked) -> Posed:
    """Write a question down as a problem."""
    catalogue, wish, can = asked.catalogue, asked.wish, asked.can
    rows = can.activities
    barred = _barred(asked)
    horizon = Horizon.of(catalogue, wish, asked.request.at)
    visits, barred = _in_time(asked, horizon, _all_visits(asked, horizon, barred == ""), barred)
    visits, minutes, home, place, barred = _on_the_way(asked, visits, barred)
    badges = badges_for(catalogue, asked.passport, wish, rows[barred == ""])
    for row, why in badges.out.items():
        barred[np.searchsorted(rows, row)] = why
    free = barred == ""
    kept = _kept(asked, free, badges)
    pruned = bool((free & ~kept).any())
    stays = kept[visits.position]
    visits, place = visits.at(stays), place[stays]
    if wish.sessions_per_week == 1:
        one = _one_a_week(asked, horizon, visits)
        visits, place = visits.at(one), place[one]
    order = np.lexsort((visits.position, visits.begin))
    visits, place = visits.at(order), place[order]
    position = np.flatnonzero(kept)
    problem = _problem(asked, horizon, visits, place, minutes, position, badges)
    pinned = np.isin(wish.pinned, rows[position])
    unmet = {"pinned": not pinned.all(), "goal": problem.goal_badge == () or problem.goal_line == ()}
    reasons = {int(row): str(why) for row, why in zip(rows.tolist(), barred.tolist(), strict=True) if why}
    return Posed(problem, position, visits, home, reasons, pruned, tuple(name for name, so in unmet.items() if so))


def _barred(asked: Asked) -> np.ndarray:
    """Why each eligible activity cannot be in any journey; ``""`` where nothing is known against it."""
    catalogue, wish, rows = asked.catalogue, asked.wish, asked.can.activities
    barred = np.full(len(rows), "", dtype=object)
    if wish.theme is not None:
        off = ~has_theme(catalogue, rows, np.array([wish.theme], dtype=np.int32))
        ends = (catalogue.activities.stage[rows] == FINISH) & ~np.isin(rows, wish.pinned)
        barred[off & ends] = "goal"
    if wish.max_price is not None:
        barred[~(cents_of(catalogue, rows) <= wish.max_price * CENTS + 1e-6)] = "price"
    if len(wish.pinned) and not asked.request.include_stamped:
        again = np.isin(rows, asked.passport.stamps.activity) & ~np.isin(rows, wish.pinned)
        barred[again] = "not_eligible"
    barred[np.isin(rows, wish.excluded)] = "excluded"
    return barred


def cents_of(catalogue: Catalogue, rows: Int32) -> Float64:
    """Prices in whole cents; NaN where not known. Shape (len(rows),)."""
    cents: Float64 = np.rint(catalogue.activities.price[rows].astype(np.float64) * CENTS)
    return cents


def _all_visits(asked: Asked, horizon: Horizon, free: Bool) -> Visits:
    can, sessions = asked.can, asked.catalogue.sessions
    position = np.repeat(np.arange(len(can.first)), np.diff(can.first, append=len(can.sessions)))
    keep = free[position]
    position, row = position[keep], can.sessions[keep]
    drop_in = sessions.drop_in[row]
    fixed = ~drop_in
    doors = DropIns(asked.catalogue.clock, horizon, asked.hours)
    come: list[tuple[int, int, int, int, bool]] = []
    for place in np.flatnonzero(drop_in).tolist():
        session = int(row[place])
        start, end, venue = int(sessions.start[session]), int(sessions.end[session]), int(sessions.venue[session])
        found = doors.visits(start, end, venue)
        come += [(int(position[place]), session, begin, until, known) for begin, until, known in found]
    table = np.array(come, dtype=np.int64).reshape(-1, 5)
    return Visits(
        position=np.concatenate([position[fixed], table[:, 0]]),
        session=np.concatenate([row[fixed], table[:, 1]]).astype(np.int32),
        begin=np.concatenate([sessions.start[row[fixed]], table[:, 2]]),
        end=np.concatenate([sessions.end[row[fixed]], table[:, 3]]),
        open_known=np.concatenate([np.ones(int(fixed.sum()), dtype=np.bool_), table[:, 4].astype(np.bool_)]),
    )


def _drop(visits: Visits, barred: np.ndarray, out: Bool, why: str) -> Visits:
    """Without some visits; an activity that loses its last one to this is barred for it."""
    lost = np.zeros(len(barred), dtype=np.bool_)
    lost[visits.position] = True
    visits = visits.at(~out)
    lost[visits.position] = False
    barred[lost & (barred == "")] = why
    return visits


def _in_time(asked: Asked, horizon: Horizon, visits: Visits, barred: np.ndarray) -> tuple[Visits, np.ndarray]:
    """Visits within the weeks, outside rest weeks and holidays."""
    barred = barred.copy()
    some = np.zeros(len(barred), dtype=np.bool_)
    some[visits.position] = True
    barred[~some & (barred == "")] = "no_session_then"
    week = _week(asked, horizon, visits)
    late = (visits.begin < horizon.opens) | (week < 0) | (week >= horizon.weeks) | (visits.begin < asked.request.at)
    visits = _drop(visits, barred, late, "no_session_then")
    visits = _drop(visits, barred, np.isin(_week(asked, horizon, visits), asked.wish.rest_weeks), "rest_week")
    for start, end in asked.wish.holidays:
        visits = _drop(visits, barred, (visits.begin < end) & (visits.end > start), "holiday")
    return visits, barred


def _week(asked: Asked, horizon: Horizon, visits: Visits) -> Int64:
    return weeks_of(days_of(asked.catalogue.clock, visits.begin)) - horizon.first


def _on_the_way(asked: Asked, visits: Visits, barred: np.ndarray) -> tuple[Visits, Float64, Float64, Int32, np.ndarray]:
    """Ways between places and from the start, as they are on the first day; and only visits there is a way to."""
    sessions = asked.catalogue.sessions
    where = np.column_stack([sessions.lat[visits.session], sessions.lon[visits.session]])
    known = ~np.isnan(where).any(axis=1)
    points, index = np.unique(where[known], axis=0, return_inverse=True)
    place = np.full(len(visits), UNKNOWN, dtype=np.int32)
    place[known] = index.reshape(-1)
    lat, lon = points[:, 0].copy(), points[:, 1].copy()
    home, minutes = np.full(len(points), np.nan), np.zeros((len(points), len(points)))
    if asked.start is not None and len(points):
        here = np.array([asked.start.lat]), np.array([asked.start.lon])
        home = asked.travel.between(*here, lat, lon, asked.mode, asked.departs)[0]
    if asked.wish.sessions_per_week > 1 and len(points):
        minutes = asked.travel.between(lat, lon, lat, lon, asked.mode, asked.departs)
    way = np.append(home, np.nan)[place]
    gone = np.isinf(way)
    soon = visits.begin - np.ceil(np.nan_to_num(way, posinf=0.0) * 60) < max(asked.request.at, 0)
    barred = barred.copy()
    kept = _drop(visits, barred, gone, "too_far")
    kept = _drop(kept, barred, soon[~gone], "no_time")
    return kept, minutes, home, place[~(gone | soon)], barred


def _kept(asked: Asked, free: Bool, badges: Badges) -> Bool:
    """Which activities are weighed: all of them, or where there are very many the best of every kind."""
    rows, wish, activities = asked.can.activities, asked.wish, asked.catalogue.activities
    if free.sum() <= MOST_ACTIVITIES:
        return free.copy()
    kept = np.isin(rows, [*wish.pinned.tolist(), *badges.wanted]) & free
    kinds = [free, *(free & (activities.domain[rows] == domain) for domain in range(7))]
    kinds += [free & (activities.stage[rows] == stage) for stage in range(3)]
    quota = [MOST_ACTIVITIES * 3 // 4, *([PER_KIND] * (len(kinds) - 1))]
    if wish.theme is not None:
        kinds.append(free & has_theme(asked.catalogue, rows, np.array([wish.theme], dtype=np.int32)))
        quota.append(MOST_ACTIVITIES // 4)
    best_first = np.argsort(-asked.prize, kind="stable")
    for kind, most in zip(kinds, quota, strict=True):
        kept[best_first[kind[best_first]][:most]] = True
    # What a kept activity asks for stays with it.
    for row in rows[kept].tolist():
        kept |= np.isin(rows, list(badges.behind(row))) & free
    return kept


def _one_a_week(asked: Asked, horizon: Horizon, visits: Visits) -> Int64:
    """Of the visits to one activity in one week the one with the best score, where a week holds one stop anyway.

    What goes on into the next week is no match for what does not.
    """
    score = np.full(len(asked.catalogue.sessions), -np.inf)
    score[asked.can.sessions] = asked.by_session
    week = _week(asked, horizon, visits)
    beyond = spills(week, horizon.week_ends, visits.end)
    order = np.lexsort((visits.begin, -score[visits.session], beyond, week, visits.position))
    group = visits.position[order] * (horizon.weeks + 1) + week[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (group[1:] != group[:-1]) | beyond[order[1:]]
    return order[first]


def _problem(
    asked: Asked,
    horizon: Horizon,
    visits: Visits,
    place: Int32,
    minutes: Float64,
    position: Int64,
    badges: Badges,
) -> JourneyProblem:
    catalogue, wish = asked.catalogue, asked.wish
    activities, rows = catalogue.activities, asked.can.activities[position]
    local = {row: number for number, row in enumerate(rows.tolist())}
    number = np.full(len(asked.can.activities), UNKNOWN, dtype=np.int32)
    number[position] = np.arange(len(position))
    themes = activities.themes[rows, :]
    chains = [Chain(tuple(local[row] for row in stations if row in local), whole) for stations, whole in badges.chains]
    goal_line = None if wish.line is None else catalogue.lines.stations[wish.line].tolist()
    touches = np.ones(len(rows), dtype=np.bool_)
    if wish.theme is not None:
        touches = has_theme(catalogue, rows, np.array([wish.theme], dtype=np.int32))
    stage = activities.stage[rows].copy()
    stage[stage == UNKNOWN] = CORE
    stage[np.isin(rows, list(badges.loose))] = CORE
    busy = (wish.weeks - len(set(wish.rest_weeks))) * wish.sessions_per_week
    behind = asked.stamped
    return JourneyProblem(
        activity=number[visits.position],
        begin=visits.begin,
        end=visits.end,
        week=_week(asked, horizon, visits),
        day=days_of(catalogue.clock, visits.begin),
        week_ends=horizon.week_ends,
        place=place,
        venue=catalogue.sessions.venue[visits.session],
        minutes=minutes,
        prize=asked.prize[position],
        stage=stage,
        cents=np.nan_to_num(cents_of(catalogue, rows)).astype(np.int64),
        domain=activities.domain[rows],
        themes=tuple(
            frozenset(themes.indices[low:high][themes.data[low:high] > 0].tolist())
            for low, high in zip(themes.indptr, themes.indptr[1:], strict=False)
        ),
        touches=touches,
        needs=tuple(
            tuple(tuple(local[giver] for giver in givers if giver in local) for givers in badges.needs.get(row, ()))
            for row in rows.tolist()
        ),
        uses_held=np.array([bool(badges.held & set(activities.requires[row])) for row in rows], dtype=np.bool_),
        asked_for=np.isin(rows, [*wish.pinned.tolist(), *(goal_line or ()), *badges.towards]),
        pinned=np.isin(rows, wish.pinned),
        chains=tuple(chain for chain in chains if chain.stations),
        goal_line=None
        if goal_line is None
        else tuple(local[row] for row in goal_line if row in local and row not in behind),
        goal_badge=None if not wish.badge else tuple(local[row] for row in badges.goal if row in local),
        themed=wish.theme is not None,
        weeks=wish.weeks,
        per_week=wish.sessions_per_week,
        min_domains=wish.min_domains,
        min_stops=wish.min_stops,
        max_stops=min(busy, wish.max_stops or MOST_STOPS),
        budget=None if wish.max_price is None else int(np.floor(wish.max_price * CENTS + 1e-6)),
    )
