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
from recommender.reach import ages_fit, opened, way_from, within_reach
from recommender.sieve import (
    ACCESS,
    AGE,
    AVOID,
    COMPANY,
    DECLINED,
    DOMAINS,
    DONE,
    LANGUAGE,
    LINE,
    OPEN,
    PRICE,
    STEPS,
    THEMES,
    Asked,
    missed,
    sieved,
)

ADULT = 18.0
WISHES = frozenset({"company", "price", "themes", "domains", "line", "avoid", "travel"})
UNSURE = ("age", "language", "price", "place")
"""What a city may not say of an activity that stays all the same."""
TRAVEL_LADDER = (15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
_NOTHING = np.empty(0, dtype=np.bool_)
_NO_AGES = np.empty(0, dtype=np.float32)
_NO_ROWS = np.empty(0, dtype=np.int32)
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
    asked, start = _asked(passport, catalogue, request), request.start or passport.home
    way = way_from(start, catalogue.travel[request.mode or catalogue.default_mode], request.max_minutes)
    counts, activities, sessions, first, minutes, *unsure = sieved(
        pool.session, pool.activity, asked, catalogue.filters, catalogue.session_columns.alone,
        catalogue.activity_columns.records, catalogue.session_columns.records, way,
    )  # fmt: skip
    left = counts.tolist()
    funnel = [Step(name, *left[at]) for at, name in enumerate(STEPS) if asked.steps >> at & 1]
    if request.max_minutes is not None:
        funnel.append(Step("travel", len(activities)))
    relax = None
    if len(activities) < request.count:
        relax = _relaxation(passport, catalogue, request, pool, asked, len(activities))
    not_known = dict(zip(UNSURE, unsure, strict=True))
    return Eligible(activities, sessions, first, minutes, not_known, tuple(funnel), relax)


def _asked(passport: Passport, catalogue: Catalogue, request: Request) -> Asked:
    """Every filter that applies but travel, laid out for ``sieved``."""
    languages, terms, low = catalogue.activities.languages, catalogue.activities.access_terms, passport.age_low
    done = _NO_ROWS if request.include_stamped else passport.stamps.activity
    steps = 1 << OPEN
    for step, applies in (
        (DONE, len(done)),
        (DECLINED, len(passport.declined)),
        (AGE, low == low),
        (COMPANY, request.company),
        (LANGUAGE, passport.languages),
        (PRICE, request.free_only),
        (ACCESS, request.access),
        (THEMES, len(request.themes)),
        (DOMAINS, len(request.domains)),
        (LINE, request.line is not None),
        (AVOID, len(passport.avoid)),
    ):
        if applies:
            steps |= 1 << step
    spoken = [languages.row(name) for name in {"", *passport.languages} if name in languages]
    return Asked(
        steps,
        done=done,
        declined=passport.declined,
        age_low=float(low),
        age_high=float(passport.age_high),
        company=np.array(request.company, dtype=np.float32) if request.company else _NO_AGES,
        adult=ADULT,
        # Whoever's age is not known may be the child that an adult comes along with.
        with_child=not low >= ADULT or any(not age >= ADULT for age in request.company),
        spoken=np.array(spoken, dtype=np.int64),
        needs=_bits(request.access, terms) if request.access else 0,
        themes=request.themes,
        domains=request.domains,
        line=_NO_ROWS if request.line is None else catalogue.lines.stations[request.line],
        avoid=passport.avoid,
    )


def _bits(needs: tuple[str, ...], terms: tuple[str, ...]) -> int:
    """Bits of the needs; below 0 where nothing can meet them."""
    if any(need not in terms for need in needs):
        return -1
    return sum(1 << terms.index(need) for need in set(needs))


def _relaxation(
    passport: Passport,
    catalogue: Catalogue,
    request: Request,
    pool: Pool,
    asked: Asked,
    passing: int,
) -> Relaxation | None:
    """The one wish that gains most when it is dropped, or for travel, stretched.

    Only wishes: nobody is asked to be older, or to need less.
    """
    found: list[Relaxation] = []
    misses = missed(pool.activity, asked, catalogue.filters)
    for step, name in enumerate(STEPS):
        if name in WISHES and asked.steps >> step & 1:
            gains = len(_within(passport, catalogue, request, pool, misses == 1 << step))
            found.append(Relaxation(name, None, gains))
    if request.max_minutes is not None:
        everywhere = replace(request, max_minutes=None)
        minutes = _within(passport, catalogue, everywhere, pool, misses == 0)
        found.append(_stretch(request.max_minutes, minutes[~(minutes <= request.max_minutes)]))
    if request.opens is not None or request.closes is not None:
        at_any_time = replace(request, opens=None, closes=None)
        wider = open_pool(catalogue, at_any_time)
        more = _within(passport, catalogue, at_any_time, wider, wider.activity & (misses & ~np.uint16(1 << OPEN) == 0))
        found.append(Relaxation("open in window", None, len(more) - passing))
    found = [relaxation for relaxation in found if relaxation.gains]
    return max(found, key=lambda relaxation: (relaxation.gains, relaxation.step), default=None)


def _within(passport: Passport, catalogue: Catalogue, request: Request, pool: Pool, left: Bool) -> Float64:
    """The shortest way to each of some activities that can be reached. Shape (n_reached,), NaN where not known."""
    mode = catalogue.travel[request.mode or catalogue.default_mode]
    way = way_from(request.start or passport.home, mode, request.max_minutes)
    columns = catalogue.session_columns
    records = columns.alone, catalogue.activity_columns.records, columns.records
    _, _, first, minutes = within_reach(left, pool.session, *records, way)
    return np.fmin.reduceat(minutes, first) if len(first) else minutes


def _stretch(limit: float, beyond: Float64) -> Relaxation:
    """The first rung of the ladder that brings at least half of what any rung brings."""
    counts = {rung: int((beyond <= rung).sum()) for rung in TRAVEL_LADDER if rung > limit}
    most = max(counts.values(), default=0)
    if not most:
        return Relaxation("travel", None, len(beyond))
    rung = next(rung for rung, count in counts.items() if 2 * count >= most)
    return Relaxation("travel", rung, counts[rung])
