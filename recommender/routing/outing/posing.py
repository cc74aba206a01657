"""From visits to a problem in plain arrays: places, ways between them, groups, budgets, badges and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.city import UNKNOWN, Bool, Float64, Int32, Int64
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.badges import badge_bits, gives_what_is_asked, within_the_bits, without_badges
from recommender.routing.outing.timing import Times, times_of
from recommender.routing.outing.visits import CENTS, Visits
from recommender.routing.problem import Problem

MOST_VISITS = 160
"""So many visits a search looks at; what is worth less stays outside."""
BEST_SHARE = 0.6
"""Part of them that is simply the best; the rest is a mix over domains and times of day."""
PART_OF_DAY = 7200.0
MOST_MOMENTS = 3


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem, and what its rows mean.

    Attributes
    ----------
    visits : Visits
        All of them, with what bars each.
    kept : int64, shape (n_kept,)
        Rows of ``visits`` that are rows 0 to ``n_kept - 1`` of the problem. Behind them come the pauses.
    pause : int32, shape (n_pauses,)
        Number of the pause in the wish that each further row of the problem stands for …
    place : int32, shape (n_kept + n_pauses,)
        … and where each row takes place.
    lat, lon : float64, shape (n_places,)
        Place 0 is the start, place 1 the end.
    minutes : float64, shape (n_places, n_places)
        Whole minutes from place to place; infinite where nobody would go.
    missing : tuple of int
        Pinned activities that cannot be visited at all.
    """

    problem: Problem
    visits: Visits
    kept: Int64
    pause: Int32
    place: Int32
    lat: Float64
    lon: Float64
    minutes: Float64
    missing: tuple[int, ...]

    @cached_property
    def times(self) -> Times:
        """The times of the problem."""
        return times_of(self.problem)

    def __len__(self) -> int:
        """How many visits there are, pauses left out."""
        return len(self.kept)


def pose(asked: Asked, visits: Visits, most: int = MOST_VISITS) -> Posed:
    """Bar what is out of reach, keep the best, and lay them out for the search."""
    visits = _within_reach(asked, visits)
    visits = without_badges(asked, within_the_bits(asked, visits))
    kept = _best_mix(asked, visits, most)
    lat, lon, place = _places(asked, visits, kept)
    minutes = _minutes(asked, lat, lon)
    fits = _home_in_time(asked, visits.at(kept), place, minutes)
    late = np.zeros(len(visits), dtype=np.bool_)
    late[kept[~fits]] = True
    home = np.zeros(len(visits), dtype=np.bool_)
    home[kept] = np.isinf(minutes[place, 1])
    visits = without_badges(asked, visits.bar(late & home, "too_far").bar(late, "no_time"))
    stays = visits.free[kept]
    kept, place = kept[stays], place[stays]
    pause, pause_place = _pauses(asked, place, lat, lon)
    place = np.concatenate([place, pause_place]).astype(np.int32)
    own = visits.at(kept)
    missing = tuple(int(row) for row in asked.pinned if row not in own.activity)
    problem = _problem(asked, own, pause, place, minutes)
    return Posed(problem, visits, kept, pause, place, lat, lon, minutes, missing)


def whole_minutes(asked: Asked, minutes: Float64) -> Float64:
    """Nobody plans in seconds: up to the next whole minute; infinite where it is longer than was asked for."""
    limit = np.inf if asked.request.max_minutes is None else asked.request.max_minutes
    return np.where(minutes <= limit + 1e-6, np.ceil(minutes - 1e-6), np.inf)


def _moments(asked: Asked) -> tuple[int, ...]:
    """When to ask for ways: only timetables care, and get a look at the middle of some days beside the first moment.

    What goes wrong at another moment is found when the ways are looked up one by one (``ways``).
    """
    middles = tuple((opens + closes) // 2 for opens, closes in asked.days[:MOST_MOMENTS])
    return (asked.days[0][0], *middles) if asked.mode == "transit" else (asked.days[0][0],)


def _between(asked: Asked, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64) -> Float64:
    """Minutes from places to places, at the slowest of some moments."""
    asks = (asked.travel.between(lat, lon, to_lat, to_lon, asked.mode, at) for at in _moments(asked))
    slowest: Float64 = np.max(list(asks), axis=0)
    return slowest


def _within_reach(asked: Asked, visits: Visits) -> Visits:
    """Bar what is farther from the start than was asked for, or closed by the time one gets there."""
    free = np.flatnonzero(visits.free)
    spots, spot = np.unique(visits.lat[free] + 1j * visits.lon[free], return_inverse=True)
    start = asked.start
    here = np.array([start.lat]), np.array([start.lon])
    out = whole_minutes(asked, _between(asked, *here, spots.real.copy(), spots.imag.copy()))[0][spot.ravel()] * 60
    leave = np.array([opens - asked.base for opens, _ in asked.days], dtype=np.float64)
    arrive = leave[:, None, None] + out[None, :, None]
    in_time = (arrive <= visits.closes[:, free]).any(axis=(0, 2))
    far, late = np.zeros(len(visits), dtype=np.bool_), np.zeros(len(visits), dtype=np.bool_)
    far[free], late[free] = np.isinf(out), ~in_time
    return visits.bar(far, "too_far").bar(late, "no_time")


def _home_in_time(asked: Asked, own: Visits, place: Int32, minutes: Float64) -> Bool:
    """Whether each visit on its own leaves time for the way there and home."""
    out, home = minutes[0, place] * 60, minutes[place, 1] * 60
    opens = np.array([opens - asked.base for opens, _ in asked.days], dtype=np.float64)[:, None, None]
    closes = np.array([closes - asked.base for _, closes in asked.days], dtype=np.float64)[:, None, None]
    begin = np.maximum(own.opens, opens + out[None, :, None])
    fits = (begin <= own.closes) & (begin + (own.stay + home)[None, :, None] <= closes)
    found: Bool = fits.any(axis=(0, 2))
    return found


def _best_mix(asked: Asked, visits: Visits, most: int) -> Int64:
    """What is pinned, the best, and of every domain and time of day some; rows of ``visits``, ascending."""
    free = np.flatnonzero(visits.free)
    if len(free) <= most:
        return free
    activity, prize = visits.activity[free], visits.prize[free]
    pinned = np.isin(activity, asked.pinned)
    gives = gives_what_is_asked(asked, activity)
    rank = np.empty(len(free), dtype=np.int64)
    rank[np.lexsort((np.arange(len(free)), -prize))] = np.arange(len(free))
    first = np.nanmin(visits.opens[:, free], axis=(0, 2))
    kind = np.stack([asked.catalogue.activities.domain[activity], first // PART_OF_DAY], axis=1)
    _, group = np.unique(kind, axis=0, return_inverse=True)
    order = np.lexsort((rank, group.ravel()))
    _, begins = np.unique(group.ravel()[order], return_index=True)
    nth = np.empty(len(free), dtype=np.int64)
    nth[order] = np.arange(len(free)) - np.repeat(begins, np.diff(begins, append=len(free)))
    # In order of: pinned, the plain best, then the best of each kind in turn.
    mixed = np.lexsort((rank, nth, rank >= BEST_SHARE * most, ~(pinned | gives)))
    return np.sort(free[mixed[:most]])


def _places(asked: Asked, visits: Visits, kept: Int64) -> tuple[Float64, Float64, Int32]:
    """Every place once, the start and the end in front; and the place of each visit."""
    spots, spot = np.unique(visits.lat[kept] + 1j * visits.lon[kept], return_inverse=True)
    ends = (asked.start, asked.end)
    lat = np.concatenate([[place.lat for place in ends], spots.real])
    lon = np.concatenate([[place.lon for place in ends], spots.imag])
    return lat, lon, (spot.ravel() + 2).astype(np.int32)


def _minutes(asked: Asked, lat: Float64, lon: Float64) -> Float64:
    minutes = whole_minutes(asked, _between(asked, lat, lon, lat, lon))
    np.fill_diagonal(minutes, 0.0)
    if asked.start == asked.end:
        minutes[0, 1] = minutes[1, 0] = 0.0
    return minutes


def _pauses(asked: Asked, place: Int32, lat: Float64, lon: Float64) -> tuple[Int32, Int32]:
    """Every pause at every place where one could be then: the start, the end and the venues."""
    where = np.unique(np.concatenate([[0], [] if asked.start == asked.end else [1], place])).astype(np.int32)
    n = len(asked.wish.pauses)
    return np.repeat(np.arange(n, dtype=np.int32), len(where)), np.tile(where, n)


def _problem(asked: Asked, own: Visits, pause: Int32, place: Int32, minutes: Float64) -> Problem:
    wish, n_pauses = asked.wish, len(pause)
    activities, own_group = np.unique(own.activity, return_inverse=True)
    opens, closes = _pause_windows(asked, pause)
    width = max(own.opens.shape[2], 1)

    def wide(narrow: Float64) -> Float64:
        return np.pad(narrow, ((0, 0), (0, 0), (0, width - narrow.shape[2])), constant_values=np.nan)

    rests = np.array([np.ceil(rest.minutes * 60) for rest in wish.pauses])
    everywhere = np.concatenate([place, [0, 1]])
    use, limit = _budgets(asked, own, n_pauses)
    awards, requires = badge_bits(asked, own, n_pauses)
    pins = np.concatenate(
        [np.flatnonzero(np.isin(activities, asked.pinned)), len(activities) + np.arange(len(wish.pauses))]
    )
    domain = asked.catalogue.activities.domain[own.activity].astype(np.int32)
    return Problem(
        # A pause is worth the same everywhere, and something: so that the search tries it at one place and another.
        prize=np.concatenate([own.prize, np.full(n_pauses, own.prize.mean() if len(own) else 0.0)]),
        service=np.concatenate([own.stay, rests[pause]]) if n_pauses else own.stay,
        opens=np.concatenate([wide(own.opens), wide(opens)], axis=1),
        closes=np.concatenate([wide(own.closes), wide(closes)], axis=1),
        travel=minutes[np.ix_(everywhere, everywhere)] * 60,
        day_opens=np.array([opens - asked.base for opens, _ in asked.days], dtype=np.float64),
        day_closes=np.array([closes - asked.base for _, closes in asked.days], dtype=np.float64),
        group=np.concatenate([own_group.ravel(), len(activities) + pause]).astype(np.int32),
        pinned=pins.astype(np.int32),
        use=use,
        limit=limit,
        awards=awards,
        requires=requires,
        domain=np.concatenate([domain, np.full(n_pauses, UNKNOWN)]).astype(np.int32),
        min_domains=wish.min_domains,
    )


def _pause_windows(asked: Asked, pause: Int32) -> tuple[Float64, Float64]:
    """When each pause may begin on each day. Shape (n_days, n_pauses, 1)."""
    rests, days = asked.wish.pauses, asked.days
    opens, closes = np.full((len(days), len(rests), 1), np.nan), np.full((len(days), len(rests), 1), np.nan)
    for day, (day_from, day_until) in enumerate(days):
        for number, rest in enumerate(rests):
            first = max(rest.opens, day_from)
            last = min(rest.closes, day_until - int(np.ceil(rest.minutes * 60)))
            if first <= last:
                opens[day, number, 0], closes[day, number, 0] = first - asked.base, last - asked.base
    return opens[:, pause], closes[:, pause]


def _budgets(asked: Asked, own: Visits, n_pauses: int) -> tuple[Float64, Float64]:
    """Stops, and cents where money matters: whole numbers, so that sums are exact."""
    nothing = np.zeros(n_pauses)
    use, limit = [np.concatenate([np.ones(len(own)), nothing])], [float(asked.wish.max_stops)]
    if asked.wish.max_price is not None:
        use.append(np.concatenate([np.rint(own.price * CENTS), nothing]))
        limit.append(float(np.floor(asked.wish.max_price * CENTS + 1e-6)))
    return np.array(use), np.array(limit)
