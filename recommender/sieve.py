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
"""The filters that come before travel, in their order. Bit i of ``Sieved.missed``: an activity does not pass the i-th."""
OPEN, DONE, DECLINED, AGE, COMPANY, LANGUAGE, PRICE, ACCESS, THEMES, DOMAINS, LINE, AVOID = range(len(STEPS))
_WIDE = 4096
"""Activities that go through all filters before the next ones do."""


class Asked(NamedTuple):
    """What the filters ask.

    Attributes
    ----------
    steps : int64, shape (n_steps,)
        The filters that apply, ascending and by their place in ``STEPS``; the first is ``OPEN``.
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

    steps: Int64
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
    open_now: Bool, open_activity: Bool, asked: Asked, columns: Filters, activity: Records, held: Records, way: Way
) -> tuple[NDArray[np.uint16], Int64, Int32, Int32, Int32, Float64, Bool]:
    """Apply all filters.

    Parameters
    ----------
    open_now, open_activity : bool, shape (n_sessions,), (n_activities,)

    Returns
    -------
    missed : uint16, shape (n_activities,)
        The filters that each activity does not pass, travel aside.
    counts : int64, shape (n_steps, 2)
        How many each filter leaves, and of how many of those nobody knows whether they pass.
    activities, sessions, first, minutes
        See ``eligibility.Eligible``.
    unsure : bool, shape (4, n)
        Where age, language, price and place are not known.
    """
    n, missed = len(open_activity), np.empty(len(open_activity), dtype=np.uint16)
    others, themed, avoided = np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for row in asked.done:
        others[row] |= 1
    for row in asked.declined:
        others[row] |= 2
    for row in asked.line:
        others[row] |= 4
    mark(themed, asked.themes, columns.theme_first, columns.theme_rows)
    mark(avoided, asked.avoid, columns.theme_first, columns.theme_rows)
    counts, left = np.zeros((len(asked.steps), 2), dtype=np.int64), np.empty(n, dtype=np.bool_)
    fits = np.empty(_WIDE, dtype=np.bool_)
    for begin in range(0, n, _WIDE):
        end = min(begin + _WIDE, n)
        block, some = fits[: end - begin], missed[begin:end]
        some[:] = 0
        for turn in range(len(asked.steps)):
            step, unknown = asked.steps[turn], columns.age_unknown[:0]
            if step == OPEN:
                block[:] = open_activity[begin:end]
            elif step in (DONE, DECLINED, LINE):
                _among(others[begin:end], step, block)
            elif step == AGE:
                own, unknown = columns.age_min[begin:end], columns.age_unknown[begin:end]
                block[:] = True
                _old_enough(
                    asked.age_low,
                    asked.age_high,
                    asked,
                    own,
                    columns.too_old[begin:end],
                    columns.with_adult[begin:end],
                    block,
                )
            elif step == COMPANY:
                own, unknown = columns.age_min[begin:end], columns.age_unknown[begin:end]
                block[:] = True
                for age in asked.company:
                    _old_enough(age, age, asked, own, columns.too_old[begin:end], columns.with_adult[begin:end], block)
            elif step == LANGUAGE:
                unknown = columns.no_language[begin:end]
                block[:] = False
                for row in asked.spoken:
                    block |= columns.in_language[row, begin:end]
            elif step == PRICE:
                block[:], unknown = columns.free[begin:end], columns.price_unknown[begin:end]
            elif step == ACCESS:
                unknown, needs = columns.access_unknown[begin:end], np.uint32(max(asked.needs, 0))
                for row in range(end - begin):
                    block[row] = (columns.access[begin + row] & needs) == needs
                if asked.needs < 0:
                    block[:] = False
            elif step == THEMES:
                block[:], unknown = themed[begin:end], columns.no_theme[begin:end]
            elif step == DOMAINS:
                unknown = columns.domain_unknown[begin:end]
                block[:] = False
                for domain in asked.domains:
                    block |= columns.in_domain[domain, begin:end]
            else:
                unknown = columns.no_theme[begin:end]
                for row in range(end - begin):
                    block[row] = not avoided[begin + row]
            _narrow(some, np.uint16(1 << step), block, unknown, counts[turn])
        for row in range(end - begin):
            left[begin + row] = some[row] == 0
    activities, sessions, first, minutes = within_reach(left, open_now, activity, held, way, counts[-1, 0])
    unsure = np.zeros((4, len(activities)), dtype=np.bool_)
    by_age, by_language, somewhere = False, False, way.known
    for step in asked.steps:
        by_age |= step == AGE
        by_language |= step == LANGUAGE
    for one in range(len(activities)):
        row = activities[one]
        unsure[0, one] = by_age and columns.age_unknown[row]
        unsure[1, one] = by_language and columns.no_language[row]
        unsure[2, one] = columns.price_unknown[row]
        until, placed = first[one + 1] if one + 1 < len(first) else len(sessions), False
        for place in range(first[one], until):
            placed |= not np.isnan(minutes[place])
        unsure[3, one] = somewhere and not placed
    return missed, counts, activities, sessions, first, minutes, unsure


@compiled
def _among(others: NDArray[np.uint8], step: int, fits: Bool) -> None:
    bit = np.uint8(1 if step == DONE else 2 if step == DECLINED else 4)
    for row in range(len(fits)):
        fits[row] = ((others[row] & bit) > 0) == (step == LINE)


@compiled
def _old_enough(
    low: float, high: float, asked: Asked, youngest: Float32, too_old: Float32, with_adult: Bool, fits: Bool
) -> None:
    """Who an age or band is too young or too old for no longer fits, but where an adult may come along."""
    least, most, beside = np.float32(low), np.float32(high), asked.with_child and low >= asked.adult
    for row in range(len(fits)):
        fits[row] &= (not most < youngest[row]) & (not least >= too_old[row]) | (beside & with_adult[row])


@compiled
def _narrow(missed: NDArray[np.uint16], bit: np.uint16, fits: Bool, unknown: Bool, counts: Int64) -> None:
    """Note who does not pass a filter, and count who is left, and for how much of that nobody knows."""
    n = not_known = 0
    for row in range(len(missed)):
        missed[row] |= np.uint16(0) if fits[row] else bit
        n += missed[row] == 0
    for row in range(len(unknown)):
        not_known += (missed[row] == 0) & unknown[row]
    counts[0] += n
    counts[1] += not_known
