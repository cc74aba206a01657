"""What the search kernel works on: the problem as dense arrays, and one route with its bookkeeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

from recommender.city import Float64, Int32
from recommender.routing.problem import Problem, UInt64

Int64 = NDArray[np.int64]

_Function = TypeVar("_Function", bound=Callable[..., object])

# Exponents of prize in the worth of an insertion: from what brings most for its time to what counts most.
EXPONENTS = (1.0, 1.5, 2.0, 3.0)

# Places in ``Work.tally``.
N_OUT, ITERATION, EFFORT, CYCLE, CYCLE_END, DOMAINS_MET, PINS_MET, N_CHANGED = range(8)
COUNTS = 12
_NEAR = 40
# Places in ``Work.value``.
PRIZE, TIME, KEPT_PRIZE, KEPT_TIME, KEPT_WORTH, BEST_WORTH, BEST_PRIZE, BEST_TIME, STEP, DEAR = range(10)
VALUES = 12


def compiled(function: _Function) -> _Function:
    """Compile for the machine on first use, and keep the result on disk.

    The folder is ``__pycache__`` beside the source; where that cannot be written, numba falls back to the user's
    own cache folder, or to the one that ``NUMBA_CACHE_DIR`` names.
    """
    return cast(_Function, njit(cache=True, nogil=True)(function))


def inlined(function: _Function) -> _Function:
    """Copy into the compiled caller: for what is called so often that handing over the arrays would cost more."""
    return cast(_Function, njit(inline="always", nogil=True)(function))


def _borrowed(context: Any, arrays: Any) -> Any:
    """The same arrays, not counted as references: counting them cost more than the search itself.

    Safe as long as the Python caller holds them, which it does during a call.
    """

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = arguments[0]
        for i, kind in enumerate(signature.args[0]):
            if isinstance(kind, types.Array):
                array = make_array(kind)(target, builder, builder.extract_value(whole, i))  # type: ignore[no-untyped-call]
                array.meminfo = cgutils.get_null_value(array.meminfo.type)  # type: ignore[no-untyped-call]
                whole = builder.insert_value(whole, array._getvalue(), i)
        return whole

    return arrays(arrays), generate


borrowed = cast(Callable[[Any], Any], intrinsic(_borrowed))


class Fixed(NamedTuple):
    """What does not change during a search. ``n`` visits, then the start (row n) and the end (row n + 1) of a day.

    ``go[i, j]`` is the service of i and the way to j; ``come`` is its transpose, so that everything an insertion
    test of one visit reads lies in two rows. ``opens`` and ``closes`` are (days, windows, n), with (inf, -inf) in
    unused places; ``first`` and ``last`` bound them. ``appeal[a]`` is prize ** EXPONENTS[a]. ``coupled`` tells that what
    is made on one day changes what can be made on another, ``tight`` that there are budgets beside time; ``unmet`` is the
    price of a wish not met.
    """

    prize: Float64
    appeal: Float64
    go: Float64
    come: Float64
    opens: Float64
    closes: Float64
    first: Float64
    last: Float64
    day_opens: Float64
    day_closes: Float64
    group: Int32
    pinned: NDArray[np.uint8]
    use: Float64
    limit: Float64
    awards: UInt64
    requires: UInt64
    domain: Int32
    min_domains: int
    n_pinned: int
    has_badges: bool
    coupled: bool
    tight: bool
    unmet: float
    least: float
    near: Int32


class Work(NamedTuple):
    """One route in work, the one kept, and the best. Each row of ``tour`` is a day, from the start to the end."""

    tour: Int32
    length: Int64
    begin: Float64
    latest: Float64
    kept_tour: Int32
    kept_length: Int64
    kept_begin: Float64
    kept_latest: Float64
    best_tour: Int32
    best_length: Int64
    place: Int32
    out: Int32
    slot: Int32
    taken: Int32
    left: Float64
    kept_left: Float64
    met: Int32
    touched: NDArray[np.uint8]
    fit: Int32
    cost: Float64
    cost_at: Int64
    start: Float64
    lure: Float64
    back: NDArray[np.uint8]
    stale: NDArray[np.uint8]
    dice: UInt64
    tally: Int64
    value: Float64


def fixed_from(problem: Problem) -> Fixed:
    """Lay a problem out for the kernel."""
    n, days = len(problem), len(problem.day_opens)
    go = np.array(problem.travel, dtype=np.float64, order="C")
    go[:n] += problem.service[:, None]
    opens, closes = _windows(problem)
    group = np.array(problem.group, dtype=np.int32)
    pinned = np.zeros(max(n, 1, *(problem.pinned + 1)), dtype=np.uint8)
    pinned[problem.pinned] = 1
    none = np.zeros(n, dtype=np.uint64)
    awards = none if problem.awards is None else problem.awards.astype(np.uint64)
    requires = none if problem.requires is None else problem.requires.astype(np.uint64)
    domain = np.full(n, -1, dtype=np.int32)
    if problem.domain is not None and problem.min_domains > 0:
        known = problem.domain >= 0
        domain[known] = np.unique(problem.domain[known], return_inverse=True)[1]
    use = np.zeros((0, n)) if problem.use is None else problem.use
    appeal = worth_of(problem)
    return Fixed(
        prize=np.array(problem.prize, dtype=np.float64),
        appeal=np.array([appeal**a for a in EXPONENTS]).reshape(len(EXPONENTS), n),
        go=go,
        come=np.ascontiguousarray(go.T),
        opens=opens,
        closes=closes,
        first=opens.min(axis=1, initial=np.inf),
        last=closes.max(axis=1, initial=-np.inf),
        day_opens=np.array(problem.day_opens, dtype=np.float64),
        day_closes=np.array(problem.day_closes, dtype=np.float64),
        group=group,
        pinned=pinned,
        use=np.array(use.T, dtype=np.float64, order="C"),
        limit=np.array(problem.limit, dtype=np.float64),
        awards=np.array(awards),
        requires=np.array(requires),
        domain=domain,
        min_domains=int(problem.min_domains),
        n_pinned=int(pinned.sum()),
        has_badges=bool(requires.any()),
        tight=len(problem.limit) > 0,
        coupled=len(problem.limit) > 0 or bool(requires.any()) or len(np.unique(group)) < n,
        unmet=float(problem.prize.sum() + 1.0),
        least=float(problem.service.min(initial=np.inf)),
        near=_nearest(go, n, days),
    )


def work_for(fixed: Fixed, seed: int) -> Work:
    """An empty route, with everything the search needs allocated once."""
    n, days, room = len(fixed.prize), len(fixed.day_opens), len(fixed.prize) + 2
    tour = np.zeros((days, room), dtype=np.int32)
    tour[:, 0], tour[:, 1] = n, n + 1
    begin, latest = np.zeros((days, room)), np.zeros((days, room))
    dice = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    return Work(
        tour=tour,
        length=np.zeros(days, dtype=np.int64),
        begin=begin,
        latest=latest,
        kept_tour=tour.copy(),
        kept_length=np.zeros(days, dtype=np.int64),
        kept_begin=begin.copy(),
        kept_latest=latest.copy(),
        best_tour=tour.copy(),
        best_length=np.zeros(days, dtype=np.int64),
        place=np.full(n, -1, dtype=np.int32),
        out=np.arange(n, dtype=np.int32),
        slot=np.arange(n, dtype=np.int32),
        taken=np.zeros(n, dtype=np.int32),
        left=fixed.limit.copy(),
        kept_left=fixed.limit.copy(),
        met=np.zeros(n + 1, dtype=np.int32),
        touched=np.zeros(days, dtype=np.uint8),
        fit=np.zeros(n, dtype=np.int32),
        cost=np.full((days, n), np.inf),
        cost_at=np.zeros((days, n), dtype=np.int64),
        start=np.zeros(n),
        lure=np.zeros(n),
        back=np.zeros(n, dtype=np.uint8),
        stale=np.ones(days, dtype=np.uint8),
        dice=dice,
        tally=np.array([n] + [0] * (COUNTS - 1), dtype=np.int64),
        value=np.zeros(VALUES),
    )


def _windows(problem: Problem) -> tuple[Float64, Float64]:
    """Windows with unused places closed; a window that ends before it begins is none."""
    days, n, windows = problem.opens.shape
    opens = np.full((days, max(windows, 1), n), np.inf)
    closes = np.full((days, max(windows, 1), n), -np.inf)
    real = problem.opens <= problem.closes
    opens[:, :windows] = np.where(real, problem.opens, np.inf).transpose(0, 2, 1)
    closes[:, :windows] = np.where(real, problem.closes, -np.inf).transpose(0, 2, 1)
    return opens, closes


def worth_of(problem: Problem) -> Float64:
    """The prize, and half of what the visits are worth that ask for a badge which this one gives."""
    worth = np.array(problem.prize, dtype=np.float64)
    if problem.requires is not None and problem.awards is not None and problem.requires.any():
        for bit in range(64):
            mask = np.uint64(1) << np.uint64(bit)
            worth[(problem.awards & mask) > 0] += 0.5 * problem.prize[(problem.requires & mask) > 0].sum()
    return worth


def _nearest(go: Float64, n: int, days: int) -> Int32:
    """Of each visit the nearest others, by the way there and back; only several days ask for them."""
    if days < 2 or n < 2:
        return np.zeros((n, 0), dtype=np.int32)
    both = go[:n, :n] + go[:n, :n].T
    np.fill_diagonal(both, np.inf)
    return np.ascontiguousarray(np.argsort(both, axis=1, kind="stable")[:, : min(n - 1, _NEAR)].astype(np.int32))
