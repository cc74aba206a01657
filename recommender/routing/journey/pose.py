"""From what a learner may take part in to the arrays of a journey, and why some of it cannot be in one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Bool, Catalogue, Float64, Int32, Int64
from recommender.eligibility import has_theme
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.badges import Badges, badges_for
from recommender.routing.journey.model import spills
from recommender.routing.journey.problem import Chain, JourneyProblem
from recommender.routing.journey.times import Horizon, days_of
from recommender.routing.journey.visits import (
    Visits,
    all_visits,
    between,
    from_home,
    in_time,
    on_the_way,
    places,
    week_of,
)
from recommender.routing.journey.wish import MOST_STOPS

CORE, FINISH = 1, 2
CENTS = 100.0
MOST_ACTIVITIES, MOST_VISITS = 320, 4000
"""So many activities are weighed at most, the best ones and what the goal needs, and fewer where each could be visited on
very many days; more of them would cost seconds."""
LEAST_ACTIVITIES = 80
PER_KIND = 12
"""Of every domain and every stage so many of the best stay among them."""


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
    visits, barred = in_time(asked, horizon, all_visits(asked, horizon, barred == ""), barred)
    visits, barred = on_the_way(asked, visits, barred)
    badges = badges_for(catalogue, asked.passport, wish, rows[barred == ""])
    for row, why in badges.out.items():
        barred[np.searchsorted(rows, row)] = why
    free = barred == ""
    visits = visits.at(free[visits.position])
    if wish.sessions_per_week == 1:
        visits = visits.at(_one_a_week(asked, horizon, visits))
    most = int(np.clip(MOST_VISITS * free.sum() / max(len(visits), 1), LEAST_ACTIVITIES, MOST_ACTIVITIES))
    kept = _kept(asked, free, badges, most)
    pruned = bool((free & ~kept).any())
    visits = visits.at(kept[visits.position])
    visits = visits.at(np.lexsort((visits.position, visits.begin)))
    lat, lon, place = places(asked, visits)
    home, minutes = from_home(asked, lat, lon), between(asked, lat, lon)
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


def _kept(asked: Asked, free: Bool, badges: Badges, most: int) -> Bool:
    """Which activities are weighed: all of them, or where there are very many the best of every kind."""
    rows, wish, activities = asked.can.activities, asked.wish, asked.catalogue.activities
    if free.sum() <= most:
        return free.copy()
    kept = np.isin(rows, [*wish.pinned.tolist(), *badges.wanted]) & free
    kinds = [free, *(free & (activities.domain[rows] == domain) for domain in range(7))]
    kinds += [free & (activities.stage[rows] == stage) for stage in range(3)]
    quota = [most * 3 // 4, *([PER_KIND] * (len(kinds) - 1))]
    if wish.theme is not None:
        kinds.append(free & has_theme(asked.catalogue, rows, np.array([wish.theme], dtype=np.int32)))
        quota.append(most // 4)
    best_first = np.argsort(-asked.prize, kind="stable")
    for kind, share in zip(kinds, quota, strict=True):
        kept[best_first[kind[best_first]][:share]] = True
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
    week = week_of(asked, horizon, visits)
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
        week=week_of(asked, horizon, visits),
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
