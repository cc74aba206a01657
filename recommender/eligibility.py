"""What a learner can take part in: every filter, in order, and what each one leaves.

Two stages. ``open_pool`` depends on the moment alone and is shared by everybody who asks at that
moment; ``eligible`` applies one passport's and one request's filters to it.

What the city does not say is not read as "suits everyone". Where somebody *asked* for a property (free,
a need met, a travel limit, a theme), not known means no. Where it is only about who they are (age,
language), the activity stays, marked as not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recommender.answer import Relaxation, Step
from recommender.city import Bool, Catalogue, Float64, Int32, Int64
from recommender.passport import Passport, Request
from recommender.reach import ages_fit, narrowed, opened, reached

ADULT = 18.0
WISHES = frozenset({"company", "price", "themes", "domains", "line", "avoid", "travel"})
UNSURE = ("age", "language", "price", "place")
"""What a city may not say of an activity that stays all the same."""
TRAVEL_LADDER = (15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
_NOTHING = np.empty(0, dtype=np.bool_)
_EVER = np.iinfo(np.int64).min + 1
"""The earliest moment there is: at the one before it nothing is open."""
_AT_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Pool:
    """What is open in a request's window.

    Attributes
    ----------
    session : bool, shape (n_sessions,)
    activity : bool, shape (n_activities,)
        Whether it has an open session.
    of_activity : int32, shape (n_sessions,)
        The activity of every session.
    """

    session: Bool
    activity: Bool
    of_activity: Int32

    @cached_property
    def sessions(self) -> Int32:
        """Rows of the open sessions, ascending, so those of one activity stand together."""
        return np.flatnonzero(self.session).astype(np.int32)

    @cached_property
    def activities(self) -> Int32:
        """Rows of the activities they belong to, ascending."""
        return np.flatnonzero(self.activity).astype(np.int32)

    @cached_property
    def first(self) -> Int32:
        """Where each activity's sessions begin in ``sessions``."""
        return np.searchsorted(self.of_activity[self.sessions], self.activities).astype(np.int32)


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
    """What somebody who asks at ``request.at`` could still go to.

    A session counts until it starts, a drop-in session until it ends; cancelled and full ones, and ones
    with no places left, do not count.
    """
    columns = catalogue.session_columns
    opens = request.at if request.opens is None else max(request.opens, request.at)
    closes = _AT_LAST if request.closes is None else request.closes
    session = opened(columns.until, columns.over_by, max(opens, _EVER), closes if opens < closes else _EVER - 1)
    activity = session if columns.alone else _any(session, columns.first)
    if request.candidates is not None:
        wanted = np.zeros(len(catalogue.activities), dtype=np.bool_)
        wanted[request.candidates] = True
        activity = activity & wanted
        session = session & wanted[catalogue.sessions.activity]
    return Pool(session, activity, catalogue.sessions.activity)


def _any(values: Bool, first: Int64) -> Bool:
    """Whether any value of each run is True; ``first`` holds the beginnings, and the end of the last one."""
    before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])[first]
    some: Bool = before[1:] > before[:-1]
    return some


def age_fits(catalogue: Catalogue, low: float, high: float, with_child: bool = False) -> Bool:
    """Whether an age (or band) may take part in each activity. Shape (n_activities,), bool.

    True where the city does not say. With a child, an adult also fits where adults may come along.
    """
    columns = catalogue.activity_columns
    beside = columns.with_adult if low >= ADULT and with_child else _NOTHING
    return ages_fit(np.float32(low), np.float32(high), catalogue.activities.age_min, columns.too_old, beside)


def has_theme(catalogue: Catalogue, rows: Int32, themes: Int32) -> Bool:
    """Whether each activity has one of the themes, or a narrower one of them. Shape (len(rows),)."""
    return catalogue.activity_columns.with_theme(themes)[rows]


def eligible(passport: Passport, catalogue: Catalogue, request: Request, pool: Pool) -> Eligible:
    """Apply one passport's and one request's filters.

    Returns
    -------
    Eligible
        Possibly empty; then ``funnel`` and ``relax`` say why.
    """
    masks = _masks(passport, catalogue, request)
    left = pool.activity.copy()
    funnel = [Step("open in window", int(np.count_nonzero(left)))]
    for step, (fits, unsure) in masks.items():
        funnel.append(Step(step, *narrowed(left, fits, _NOTHING if unsure is None else unsure)))
    start, mode = request.start or passport.home, catalogue.travel[request.mode or catalogue.default_mode]
    activities, sessions, first, minutes = reached(
        left, pool.session, catalogue.session_columns, start, mode, request.max_minutes
    )
    if request.max_minutes is not None:
        funnel.append(Step("travel", len(activities)))
    relax = None
    if len(activities) < request.count:
        relax = _relaxation(passport, catalogue, request, pool, masks, len(activities))
    nothing: tuple[Bool | None, Bool | None] = (None, None)
    return Eligible(
        activities=activities,
        sessions=sessions,
        first=first,
        minutes=minutes,
        not_known={
            **{name: _of(masks.get(name, nothing)[1], activities) for name in ("age", "language")},
            "price": catalogue.activity_columns.price_unknown[activities],
            "place": _placeless(minutes, first) if start else np.zeros(len(activities), dtype=np.bool_),
        },
        funnel=tuple(funnel),
        relax=relax,
    )


def _of(column: Bool | None, rows: Int32) -> Bool:
    return np.zeros(len(rows), dtype=np.bool_) if column is None else column[rows]


def _placeless(minutes: Float64, first: Int32) -> Bool:
    """Which activities have no session whose place is known. Shape (len(first),)."""
    unknown = np.isnan(minutes)
    return unknown if len(first) == len(minutes) else np.logical_and.reduceat(unknown, first)


def _masks(passport: Passport, catalogue: Catalogue, request: Request) -> dict[str, tuple[Bool, Bool | None]]:
    """Every filter that applies but the first and the last, as (passes, not known), each of shape (n_activities,).

    None: there is nothing that is not known.
    """
    activities, columns = catalogue.activities, catalogue.activity_columns
    masks: dict[str, tuple[Bool, Bool | None]] = {}
    # Whoever's age is not known may be the child that an adult comes along with.
    with_child = any(not age >= ADULT for age in (passport.age_low, *request.company))
    if len(passport.stamps) and not request.include_stamped:
        masks["not done yet"] = (_all_but(len(activities), passport.stamps.activity), None)
    if len(passport.declined):
        masks["not for me"] = (_all_but(len(activities), passport.declined), None)
    if not np.isnan(passport.age_low):
        fits = age_fits(catalogue, passport.age_low, passport.age_high, with_child)
        masks["age"] = (fits, columns.age_unknown)
    if request.company:
        together = np.ones(len(activities), dtype=np.bool_)
        for age in request.company:
            together &= age_fits(catalogue, age, age, with_child)
        masks["company"] = (together, columns.age_unknown)
    if passport.languages:
        masks["language"] = _language(catalogue, passport.languages)
    if request.free_only:
        masks["price"] = (columns.free, columns.price_unknown)
    if request.access:
        masks["access"] = _access(catalogue, request.access)
    if len(request.themes):
        masks["themes"] = (columns.with_theme(request.themes), columns.no_theme)
    if len(request.domains):
        in_one: Bool = np.asarray(columns.in_domain[request.domains].any(axis=0))
        masks["domains"] = (in_one, columns.domain_unknown)
    if request.line is not None:
        masks["line"] = (~_all_but(len(activities), catalogue.lines.stations[request.line]), None)
    if len(passport.avoid):
        masks["avoid"] = (~columns.with_theme(passport.avoid), columns.no_theme)
    return masks


def _all_but(n: int, rows: Int32) -> Bool:
    others = np.ones(n, dtype=np.bool_)
    others[rows] = False
    return others


def _language(catalogue: Catalogue, spoken: tuple[str, ...]) -> tuple[Bool, Bool | None]:
    """Activities in a language that is spoken, or in nobody knows which."""
    activities = catalogue.activities
    fits = np.zeros(len(activities), dtype=np.bool_)
    for name in {"", *spoken}:
        if name in activities.languages:
            fits |= activities.in_language[activities.languages.row(name)]
    return fits, activities.in_language[activities.languages.row("")] if "" in activities.languages else None


def _access(catalogue: Catalogue, needs: tuple[str, ...]) -> tuple[Bool, Bool]:
    activities = catalogue.activities
    bits = 0
    for need in needs:
        if need not in activities.access_terms:
            return np.zeros(len(activities), dtype=np.bool_), ~activities.access_known
        bits |= 1 << activities.access_terms.index(need)
    return (activities.access & bits) == bits, ~activities.access_known


def _relaxation(
    passport: Passport,
    catalogue: Catalogue,
    request: Request,
    pool: Pool,
    masks: dict[str, tuple[Bool, Bool | None]],
    passing: int,
) -> Relaxation | None:
    """The one wish that gains most when it is dropped, or for travel, stretched.

    Only wishes: nobody is asked to be older, or to need less.
    """
    found: list[Relaxation] = []
    misses = np.zeros(len(catalogue.activities), dtype=np.uint8)
    for fits, _ in masks.values():
        misses += ~fits
    for step in WISHES & masks.keys():
        gained = pool.activity & (misses == 1) & ~masks[step][0]
        found.append(Relaxation(step, None, len(_within(passport, catalogue, request, pool, gained))))
    if request.max_minutes is not None:
        everywhere = replace(request, max_minutes=None)
        minutes = _within(passport, catalogue, everywhere, pool, pool.activity & (misses == 0))
        found.append(_stretch(request.max_minutes, minutes[~(minutes <= request.max_minutes)]))
    if request.opens is not None or request.closes is not None:
        at_any_time = replace(request, opens=None, closes=None)
        wider = open_pool(catalogue, at_any_time)
        more = _within(passport, catalogue, at_any_time, wider, wider.activity & (misses == 0))
        found.append(Relaxation("open in window", None, len(more) - passing))
    found = [relaxation for relaxation in found if relaxation.gains]
    return max(found, key=lambda relaxation: (relaxation.gains, relaxation.step), default=None)


def _within(passport: Passport, catalogue: Catalogue, request: Request, pool: Pool, left: Bool) -> Float64:
    """The shortest way to each of some activities that can be reached. Shape (n_reached,), NaN where not known."""
    start, mode = request.start or passport.home, catalogue.travel[request.mode or catalogue.default_mode]
    _, _, first, minutes = reached(left, pool.session, catalogue.session_columns, start, mode, request.max_minutes)
    return np.fmin.reduceat(minutes, first) if len(first) else minutes


def _stretch(limit: float, beyond: Float64) -> Relaxation:
    """The first rung of the ladder that brings at least half of what any rung brings."""
    counts = {rung: int((beyond <= rung).sum()) for rung in TRAVEL_LADDER if rung > limit}
    most = max(counts.values(), default=0)
    if not most:
        return Relaxation("travel", None, len(beyond))
    rung = next(rung for rung, count in counts.items() if 2 * count >= most)
    return Relaxation("travel", rung, counts[rung])
