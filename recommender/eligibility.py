"""What a learner can take part in: every filter, in order, and what each one leaves.

Two stages. ``open_pool`` depends on the moment alone and is shared by everybody who asks at that
moment; ``eligible`` applies one passport's and one request's filters to it.

What the city does not say is not read as "suits everyone". Where somebody *asked* for a property (free,
a need met, a travel limit, a theme), not known means no. Where it is only about who they are (age,
language), the activity stays, marked as not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.answer import Relaxation, Step
from recommender.city import COMPANY, STATUSES, UNKNOWN, Bool, Catalogue, Float64, Int32, Place
from recommender.passport import Passport, Request
from recommender.travel import travel_minutes

ADULT = 18.0
WISHES = frozenset({"company", "price", "themes", "domains", "line", "avoid", "travel"})
TRAVEL_LADDER = (15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
_WITH_ADULT = (1 << COMPANY.index("with_adult")) | (1 << COMPANY.index("family"))


@dataclass(frozen=True, eq=False)
class Pool:
    """The sessions that are open in a request's window, grouped by activity.

    Attributes
    ----------
    sessions : int32, shape (n_open,)
        Session rows, ascending, so those of one activity stand together.
    activities : int32, shape (n_pool,)
        The activities they belong to, ascending.
    first : int64, shape (n_pool,)
        Where each activity's sessions begin in ``sessions``.
    """

    sessions: Int32
    activities: Int32
    first: Int32


@dataclass(frozen=True, eq=False)
class Eligible:
    """What passed every filter.

    Attributes
    ----------
    activities : int32, shape (n,)
        Rows, ascending.
    sessions : int32, shape (n_sessions,)
        Session rows that passed, grouped by activity in the same order.
    first : shape (n,)
        Where each activity's sessions begin in ``sessions``.
    minutes : float64, shape (n_sessions,)
        Travel time one way; NaN where not known.
    not_known : mapping of ``age``, ``language``, ``price``, ``place`` to bool, shape (n,)
    funnel : tuple of Step
    relax : Relaxation or None
        Filled only when fewer than ``request.count`` are left.
    """

    activities: Int32
    sessions: Int32
    first: Int32
    minutes: Float64
    not_known: dict[str, Bool]
    funnel: tuple[Step, ...]
    relax: Relaxation | None


def open_pool(catalogue: Catalogue, request: Request) -> Pool:
    """The sessions that somebody who asks at ``request.at`` could still go to.

    A session counts until it starts, a drop-in session until it ends; cancelled and full ones, and ones
    with no places left, do not count.
    """
    sessions = catalogue.sessions
    opens = request.at if request.opens is None else max(request.opens, request.at)
    ok = (sessions.status == STATUSES.index("scheduled")) & (sessions.capacity_left != 0)
    ok &= np.where(sessions.drop_in, sessions.end > opens, sessions.start >= opens)
    if request.closes is not None:
        ok &= np.where(sessions.drop_in, sessions.start < request.closes, sessions.end <= request.closes)
        ok &= opens < request.closes
    if request.candidates is not None:
        wanted = np.zeros(len(catalogue.activities), dtype=np.bool_)
        wanted[request.candidates] = True
        ok &= wanted[sessions.activity]
    rows = np.flatnonzero(ok).astype(np.int32)
    first = _group_starts(sessions.activity[rows])
    return Pool(rows, sessions.activity[rows[first]], first)


def _group_starts(grouped: Int32) -> Int32:
    """Where each run of equal values begins."""
    changed = np.ones(len(grouped), dtype=np.bool_)
    changed[1:] = grouped[1:] != grouped[:-1]
    return np.flatnonzero(changed).astype(np.int32)


def age_fits(catalogue: Catalogue, rows: Int32, low: float, high: float, with_child: bool = False) -> tuple[Bool, Bool]:
    """Whether an age (or band) may take part, and whether the city does not say.

    Returns
    -------
    fits, not_known : bool, shape (len(rows),)
        ``fits`` is True where not known. With a child, an adult also fits where adults may come along.
    """
    activities = catalogue.activities
    age_min, age_max = activities.age_min[rows], activities.age_max[rows]
    not_known = np.isnan(age_min) & np.isnan(age_max)
    fits = ~(high < age_min) & ~(low >= age_max + 1)
    if low >= ADULT and with_child:
        fits |= (activities.company[rows] & _WITH_ADULT) > 0
    return fits, not_known


def has_theme(catalogue: Catalogue, rows: Int32, themes: Int32) -> Bool:
    """Whether each activity has one of the themes, or a narrower one of them. Shape (len(rows),)."""
    wanted = np.zeros(len(catalogue.themes.ids), dtype=np.bool_)
    wanted[themes] = True
    parent = catalogue.themes.parent
    for _ in range(len(parent)):
        wider = wanted | ((parent >= 0) & wanted[parent])
        if (wider == wanted).all():
            break
        wanted = wider
    found: Bool = (catalogue.activities.themes[rows] @ wanted.astype(np.float32)) > 0
    return found


def eligible(passport: Passport, catalogue: Catalogue, request: Request, pool: Pool) -> Eligible:
    """Apply one passport's and one request's filters.

    Returns
    -------
    Eligible
        Possibly empty; then ``funnel`` and ``relax`` say why.
    """
    masks, not_known, minutes = _masks(passport, catalogue, request, pool)
    left = np.ones(len(pool.activities), dtype=np.bool_)
    funnel = []
    for step, (mask, unsure) in masks.items():
        left &= mask
        funnel.append(Step(step, int(left.sum()), int((left & unsure).sum())))
    sessions_of = np.repeat(left, np.diff(pool.first, append=len(pool.sessions)))
    if request.max_minutes is not None:
        sessions_of &= minutes <= request.max_minutes
    sessions = pool.sessions[sessions_of]
    relax = None
    if left.sum() < request.count:
        relax = _relaxation(passport, catalogue, request, pool, masks, minutes)
    return Eligible(
        activities=pool.activities[left],
        sessions=sessions,
        first=_group_starts(catalogue.sessions.activity[sessions]),
        minutes=minutes[sessions_of],
        not_known={name: unsure[left] for name, unsure in not_known.items()},
        funnel=tuple(funnel),
        relax=relax,
    )


def _masks(
    passport: Passport, catalogue: Catalogue, request: Request, pool: Pool
) -> tuple[dict[str, tuple[Bool, Bool]], dict[str, Bool], Float64]:
    """Every filter that applies, as (passes, not known) per pool activity; and minutes per pool session."""
    rows, activities = pool.activities, catalogue.activities
    nothing = np.zeros(len(rows), dtype=np.bool_)
    masks: dict[str, tuple[Bool, Bool]] = {"open in window": (~nothing, nothing)}
    age_unknown = nothing
    # Whoever's age is not known may be the child that an adult comes along with.
    with_child = any(not age >= ADULT for age in (passport.age_low, *request.company))
    if len(passport.stamps) and not request.include_stamped:
        been = np.zeros(len(activities), dtype=np.bool_)
        been[passport.stamps.activity] = True
        masks["not done yet"] = (~been[rows], nothing)
    if len(passport.declined):
        masks["not for me"] = (~np.isin(rows, passport.declined), nothing)
    if not np.isnan(passport.age_low):
        fits, age_unknown = age_fits(catalogue, rows, passport.age_low, passport.age_high, with_child)
        masks["age"] = (fits, age_unknown)
    if request.company:
        together = ~nothing
        for age in request.company:
            together &= age_fits(catalogue, rows, age, age, with_child)[0]
        masks["company"] = (together, np.isnan(activities.age_min[rows]) & np.isnan(activities.age_max[rows]))
    language_unknown = nothing
    if passport.languages:
        spoken = activities.languages.find(["", *passport.languages])
        fits = np.isin(activities.language_row[rows], spoken)
        language_unknown = (activities.language_row[rows] == spoken[0]) & (spoken[0] != UNKNOWN)
        masks["language"] = (fits, language_unknown)
    price_unknown = np.isnan(activities.price[rows])
    if request.free_only:
        masks["price"] = (activities.price[rows] == 0, price_unknown)
    if request.access:
        masks["access"] = _access(catalogue, rows, request.access)
    if len(request.themes):
        masks["themes"] = (has_theme(catalogue, rows, request.themes), _no_theme(catalogue, rows))
    if len(request.domains):
        masks["domains"] = (np.isin(activities.domain[rows], request.domains), activities.domain[rows] < 0)
    if request.line is not None:
        masks["line"] = (np.isin(rows, catalogue.lines.stations[request.line]), nothing)
    if len(passport.avoid):
        masks["avoid"] = (~has_theme(catalogue, rows, passport.avoid), _no_theme(catalogue, rows))
    minutes = _minutes(catalogue, request.start or passport.home, request, pool)
    place_unknown = np.isnan(_per_activity(minutes, pool))
    if request.max_minutes is not None:
        masks["travel"] = (_per_activity(minutes, pool) <= request.max_minutes, place_unknown)
    not_known = {
        "age": age_unknown,
        "language": language_unknown,
        "price": price_unknown,
        "place": place_unknown if request.start or passport.home else nothing,
    }
    return masks, not_known, minutes


def _no_theme(catalogue: Catalogue, rows: Int32) -> Bool:
    none: Bool = np.diff(catalogue.activities.themes.indptr)[rows] == 0
    return none


def _access(catalogue: Catalogue, rows: Int32, needs: tuple[str, ...]) -> tuple[Bool, Bool]:
    activities = catalogue.activities
    bits = 0
    for need in needs:
        if need not in activities.access_terms:
            return np.zeros(len(rows), dtype=np.bool_), ~activities.access_known[rows]
        bits |= 1 << activities.access_terms.index(need)
    return (activities.access[rows] & bits) == bits, ~activities.access_known[rows]


def _minutes(catalogue: Catalogue, start: Place | None, request: Request, pool: Pool) -> Float64:
    """Travel time to every pool session. Shape (n_open,), NaN where not known."""
    mode = catalogue.travel[request.mode or catalogue.default_mode]
    sessions = catalogue.sessions
    if start is None:
        return np.full(len(pool.sessions), np.nan)
    return travel_minutes(start, sessions.lat[pool.sessions], sessions.lon[pool.sessions], mode)


def _per_activity(minutes: Float64, pool: Pool) -> Float64:
    """The shortest way to each pool activity. Shape (n_pool,), NaN where not known."""
    if not len(pool.activities):
        return np.empty(0)
    shortest: Float64 = np.fmin.reduceat(minutes, pool.first)
    return shortest


def _relaxation(
    passport: Passport,
    catalogue: Catalogue,
    request: Request,
    pool: Pool,
    masks: dict[str, tuple[Bool, Bool]],
    minutes: Float64,
) -> Relaxation | None:
    """The one wish that gains most when it is dropped, or for travel, stretched.

    Only wishes: nobody is asked to be older, or to need less.
    """
    found: list[Relaxation] = []
    for step in WISHES & masks.keys():
        others = np.ones(len(pool.activities), dtype=np.bool_)
        for other, (mask, _) in masks.items():
            if other != step:
                others &= mask
        gained = others & ~masks[step][0]
        if step == "travel" and request.max_minutes is not None:
            found.append(_stretch(request.max_minutes, _per_activity(minutes, pool)[gained]))
        else:
            found.append(Relaxation(step, None, int(gained.sum())))
    if request.opens is not None or request.closes is not None:
        found.append(_any_time(passport, catalogue, request, masks))
    found = [relaxation for relaxation in found if relaxation.gains]
    return max(found, key=lambda relaxation: (relaxation.gains, relaxation.step), default=None)


def _any_time(
    passport: Passport, catalogue: Catalogue, request: Request, masks: dict[str, tuple[Bool, Bool]]
) -> Relaxation:
    """What asking without a window would gain."""
    at_any_time = replace(request, opens=None, closes=None)
    wider, *_ = _masks(passport, catalogue, at_any_time, open_pool(catalogue, at_any_time))
    return Relaxation("open in window", None, _passing(wider) - _passing(masks))


def _passing(masks: dict[str, tuple[Bool, Bool]]) -> int:
    return int(np.logical_and.reduce([mask for mask, _ in masks.values()]).sum())


def _stretch(limit: float, beyond: Float64) -> Relaxation:
    """The first rung of the ladder that brings at least half of what any rung brings."""
    counts = {rung: int((beyond <= rung).sum()) for rung in TRAVEL_LADDER if rung > limit}
    most = max(counts.values(), default=0)
    if not most:
        return Relaxation("travel", None, len(beyond))
    rung = next(rung for rung, count in counts.items() if 2 * count >= most)
    return Relaxation("travel", rung, counts[rung])
