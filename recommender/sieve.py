"""Every filter in one pass: what each one leaves, and in the end how far each session is, and who gets there in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import Bool, Float32, Float64, Int8, Int32, Int64
from recommender.columns import Filters, Records, mark
from recommender.product import compiled
from recommender.reach import Way, within_reach

STEPS = (
    "open in window", "not done yet", "not for me", "age", "company", "language", "price", "access", "themes", "domains",
    "line", "avoid",
)  # fmt: skip
"""The filters that come before travel, in their order."""
OPEN, DONE, DECLINED, AGE, COMPANY, LANGUAGE, PRICE, ACCESS, THEMES, DOMAINS, LINE, AVOID = range(len(STEPS))
_WIDE = 4096
"""Activities that go through all filters before the next ones do."""


class Asked(NamedTuple):
    """What the filters ask.

    Attributes
    ----------
    steps : int
        The filters that apply: bit i is the i-th of ``STEPS``; ``OPEN`` always does.
    done, declined, line : int32
        Rows of activities: been to, put aside, stations of the line.
    age_low, age_high : float
    company : float32
        Ages; one may be NaN.
    adult : float
        Whoever is as old as this may come along with a child, if ``with_child``.
    spoken : int64
        Rows of ``Filters.in_language``.
    needs : int
        Bits of ``Filters.access``; below 0 for one that no activity can meet.
    themes, avoid : int32
    domains : int8
    """

    steps: int
    done: Int32
    declined: Int32
    age_low: float
    age_high: float
    company: Float32
    adult: float
    with_child: bool
    spoken: Int64
    needs: int
    themes: Int32
    domains: Int8
    line: Int32
    avoid: Int32


@compiled
def sieved(
    open_now: Bool,
    open_activity: Bool,
    asked: Asked,
    columns: Filters,
    alone: bool,
    activity: Records,
    held: Records,
    way: Way,
) -> tuple[Int64, Int32, Int32, Int32, Float64, Bool, Bool, Bool, Bool]:
    """Apply all filters.

    Parameters
    ----------
    open_now, open_activity : bool, shape (n_sessions,), (n_activities,)
    alone
        See ``within_reach``.

    Returns
    -------
    counts : int64, shape (len(STEPS), 2)
        How many each filter leaves, and of how many of those nobody knows whether they pass.
    activities, sessions, first, minutes
        See ``eligibility.Eligible``.
    age, language, price, place : bool, shape (n,)
        Where that is not known.
    """
    marks, n = _marked(asked, columns), len(open_activity)
    counts, left = np.zeros((len(STEPS), 2), dtype=np.int64), np.empty(n, dtype=np.bool_)
    fits = np.empty(min(n, _WIDE), dtype=np.bool_)
    for begin in range(0, n, _WIDE):
        end = min(begin + _WIDE, n)
        some = left[begin:end]
        _copy(open_activity[begin:end], some)
        _narrow(some, some, columns.age_unknown[:0], counts[OPEN])
        for step in range(DONE, len(STEPS)):
            if asked.steps >> step & 1:
                unknown = _fits(step, begin, end, asked, columns, marks, fits)
                _narrow(some, fits, unknown, counts[step])
    activities, sessions, first, minutes = within_reach(left, open_now, alone, activity, held, way)
    found, no_age, no_language, no_price = (
        len(activities),
        columns.age_unknown,
        columns.no_language,
        columns.price_unknown,
    )
    age, language = np.zeros(found, dtype=np.bool_), np.zeros(found, dtype=np.bool_)
    price, place = np.empty(found, dtype=np.bool_), np.zeros(found, dtype=np.bool_)
    by_age, by_language = asked.steps >> AGE & 1 > 0, asked.steps >> LANGUAGE & 1 > 0
    for one in range(found):
        row = activities[one]
        age[one] = by_age and no_age[row]
        language[one] = by_language and no_language[row]
        price[one] = no_price[row]
        if way.known:
            until, placed = first[one + 1] if one + 1 < found else len(sessions), False
            for session in range(first[one], until):
                placed |= not np.isnan(minutes[session])
            place[one] = not placed
    return counts, activities, sessions, first, minutes, age, language, price, place


@compiled
def missed(open_activity: Bool, asked: Asked, columns: Filters) -> NDArray[np.uint16]:
    """The filters that each activity does not pass, travel aside: bit i is the i-th of ``STEPS``. Shape (n_activities,)."""
    marks, n = _marked(asked, columns), len(open_activity)
    found, fits = np.zeros(n, dtype=np.uint16), np.empty(min(n, _WIDE), dtype=np.bool_)
    for begin in range(0, n, _WIDE):
        end = min(begin + _WIDE, n)
        some, now = found[begin:end], open_activity[begin:end]
        for row in range(end - begin):
            some[row] = np.uint16(not now[row]) << OPEN
        for step in range(DONE, len(STEPS)):
            if asked.steps >> step & 1:
                _fits(step, begin, end, asked, columns, marks, fits)
                for row in range(end - begin):
                    some[row] |= np.uint16(not fits[row]) << step
    return found


@compiled
def _marked(asked: Asked, columns: Filters) -> tuple[NDArray[np.uint8], Bool, Bool]:
    """Rows that somebody names: a bit for each of been to, put aside and on the line; of a wanted theme, of an avoided one."""
    n = len(columns.free)
    others, wanted = np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=np.bool_)
    avoided = np.zeros(n if len(asked.avoid) else 0, dtype=np.bool_)
    for row in asked.done:
        others[row] |= 1
    for row in asked.declined:
        others[row] |= 2
    for row in asked.line:
        others[row] |= 4
    mark(wanted, asked.themes, columns.theme_first, columns.theme_rows)
    mark(avoided, asked.avoid, columns.theme_first, columns.theme_rows)
    return others, wanted, avoided


@compiled
def _fits(
    step: int,
    begin: int,
    end: int,
    asked: Asked,
    columns: Filters,
    marks: tuple[NDArray[np.uint8], Bool, Bool],
    out: Bool,
) -> Bool:
    """Which of some activities pass one filter, into ``out``; and where nobody knows, empty where everybody does."""
    # Cut out first: code that reads a column from its beginning on goes through many rows at a time.
    others, wanted, avoided = marks
    fits, nowhere = out[: end - begin], columns.age_unknown[:0]
    if step == DONE or step == DECLINED or step == LINE:  # noqa: SIM109
        bit, own_marks = np.uint8(1 if step == DONE else 2 if step == DECLINED else 4), others[begin:end]
        for row in range(len(fits)):
            fits[row] = ((own_marks[row] & bit) > 0) == (step == LINE)
        return nowhere
    if step == AGE or step == COMPANY:  # noqa: SIM109
        youngest, too_old, with_adult = (
            columns.age_min[begin:end],
            columns.too_old[begin:end],
            columns.with_adult[begin:end],
        )
        for row in range(len(fits)):
            fits[row] = True
        if step == AGE:
            _old_enough(asked.age_low, asked.age_high, asked, youngest, too_old, with_adult, fits)
        else:
            for age in asked.company:
                _old_enough(age, age, asked, youngest, too_old, with_adult, fits)
        return columns.age_unknown[begin:end]
    if step == LANGUAGE:
        _in_one_of(asked.spoken, columns.in_language, begin, end, fits)
        return columns.no_language[begin:end]
    if step == PRICE:
        _copy(columns.free[begin:end], fits)
        return columns.price_unknown[begin:end]
    if step == ACCESS:
        met, needs = columns.access[begin:end], np.uint32(max(asked.needs, 0))
        for row in range(len(fits)):
            fits[row] = ((met[row] & needs) == needs) & (asked.needs >= 0)
        return columns.access_unknown[begin:end]
    if step == DOMAINS:
        _in_one_of(asked.domains, columns.in_domain, begin, end, fits)
        return columns.domain_unknown[begin:end]
    _copy((wanted if step == THEMES else avoided)[begin:end], fits)
    if step == AVOID:
        for row in range(len(fits)):
            fits[row] = not fits[row]
    return columns.no_theme[begin:end]


@compiled
def _copy(one: Bool, other: Bool) -> None:
    for row in range(len(other)):
        other[row] = one[row]


@compiled
def _in_one_of(kinds: NDArray[np.signedinteger], belongs: Bool, begin: int, end: int, fits: Bool) -> None:
    """Which activities belong to one of some kinds: ``belongs`` has a row for each there is."""
    for row in range(len(fits)):
        fits[row] = False
    for kind in kinds:
        own = belongs[kind][begin:end]
        for row in range(len(fits)):
            fits[row] |= own[row]


@compiled
def _old_enough(
    low: float, high: float, asked: Asked, youngest: Float32, too_old: Float32, with_adult: Bool, fits: Bool
) -> None:
    """Who an age or band is too young or too old for no longer fits, but where an adult may come along."""
    least, most, beside = np.float32(low), np.float32(high), asked.with_child and low >= asked.adult
    for row in range(len(fits)):
        fits[row] &= (not most < youngest[row]) & (not least >= too_old[row]) | (beside & with_adult[row])


@compiled
def _narrow(left: Bool, fits: Bool, unknown: Bool, counts: Int64) -> None:
    """Leave who passes a filter, and count them, and for how much of that nobody knows."""
    # Bytes are added up many at a time; truths would be asked one by one.
    one, other, unsure = left.view(np.uint8), fits.view(np.uint8), unknown.view(np.uint8)
    n = not_known = 0
    for row in range(len(one)):
        one[row] &= other[row]
        n += one[row]
    for row in range(len(unsure)):
        not_known += one[row] & unsure[row]
    counts[0] += n
    counts[1] += not_known
