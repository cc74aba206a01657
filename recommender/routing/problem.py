"""The orienteering problem in plain arrays: which visits to make, when, and in which order.

Units are the caller's, as long as all times share one: an outing counts minutes from midnight of its day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32
from recommender.errors import BadInput

UInt64 = NDArray[np.uint64]


class StoppingCriterion(Protocol):
    """When a search ends. Asked once per batch of iterations, so that it may look at a clock of its own."""

    def __call__(self, iterations: int, best: float) -> bool:
        """Whether to stop, after so many iterations, with this prize in hand."""


@dataclass(frozen=True)
class MaxIterations:
    """Stop after so many iterations: equal input gives an equal route, on any machine."""

    most: int

    def __call__(self, iterations: int, best: float) -> bool:
        return iterations >= self.most


@dataclass(frozen=True, eq=False)
class Problem:
    """Team orienteering with time windows, exclusive visits, budgets and prerequisites.

    Of ``n`` possible visits a route makes some, on ``n_days`` days. Row ``n`` of ``travel`` is where every day
    starts, row ``n + 1`` where it ends.

    Attributes
    ----------
    prize : float64, shape (n,)
        At least 0; what a visit is worth.
    service : float64, shape (n,)
        How long it takes.
    opens, closes : float64, shape (n_days, n, n_windows)
        A visit may *begin* from ``opens`` to ``closes``; whoever arrives early waits. Windows ascend and do not
        overlap; where there are fewer, NaN fills up. All NaN: not on that day.
    travel : float64, shape (n + 2, n + 2)
        From row to column; infinite where there is no way.
    day_opens, day_closes : float64, shape (n_days,)
        Leave the start no sooner, be at the end no later.
    group : int32, shape (n,)
        At most one visit of a group is made: two sessions of one activity. Values from 0 to ``n - 1``.
    pinned : int32, shape (n_pinned,)
        Groups that must be visited.
    use : float64, shape (n_resources, n)
        What a visit takes of each budget (money, places on the list, visits of a kind), at least 0 …
    limit : float64, shape (n_resources,)
        … and how much of it there is, over all days together.
    awards, requires : uint64, shape (n,)
        Bit i: gives badge i, or may only be made after a visit that gives it has ended.
    domain : int32, shape (n,)
        -1 where not known.
    min_domains : int
        So many different ones must be met, where a route that does so exists.

    Raises
    ------
    BadInput
        When shapes do not fit, or a value is outside its range.
    """

    prize: Float64
    service: Float64
    opens: Float64
    closes: Float64
    travel: Float64
    day_opens: Float64
    day_closes: Float64
    group: Int32
    pinned: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    use: Float64 | None = None
    limit: Float64 = field(default_factory=lambda: np.empty(0))
    awards: UInt64 | None = None
    requires: UInt64 | None = None
    domain: Int32 | None = None
    min_domains: int = 0

    def __post_init__(self) -> None:
        n, days = len(self.prize), len(self.day_opens)
        windows = self.opens.shape[-1] if self.opens.ndim == 3 else -1
        shapes: dict[str, tuple[int, ...]] = {
            "service": (n,),
            "opens": (days, n, windows),
            "closes": (days, n, windows),
            "travel": (n + 2, n + 2),
            "day_closes": (days,),
            "group": (n,),
            "use": (len(self.limit), n),
            "awards": (n,),
            "requires": (n,),
            "domain": (n,),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise BadInput(f"{name}: shape {value.shape}, where {shape} is expected")
        if self.use is None and len(self.limit):
            raise BadInput("limit: budgets need to know what each visit uses")
        for name in ("prize", "service", "travel", "use"):
            value = getattr(self, name)
            if value is not None and not (value >= 0).all():
                raise BadInput(f"{name}: holds a value below 0, or one that is no number")

    def __len__(self) -> int:
        return len(self.prize)


@dataclass(frozen=True, eq=False)
class Solution:
    """Which visits are made.

    Attributes
    ----------
    visit : int32, shape (n_made,)
        Rows of the problem, by day and then in order.
    day : int32, shape (n_made,)
    begin : float64, shape (n_made,)
        When each begins, as early as the order allows.
    prize : float
        Their sum.
    iterations : int
        How many were done.
    feasible : bool
        False when a pinned group or the wish for domains was not met; then this is the best without it that was seen.
    proven : bool
        No route is worth more, but for a millionth, or as much in less time; where no detour is quicker than the straight way.
    impossible : bool
        No route meets all pins and the wish for domains; on the same condition.
    """

    visit: Int32
    day: Int32
    begin: Float64
    prize: float
    iterations: int
    feasible: bool = True
    proven: bool = False
    impossible: bool = False
