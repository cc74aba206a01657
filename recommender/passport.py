"""Who asks, and what they ask: the passport and the request."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from recommender.city import MODES, Int8, Int32, Int64, Place
from recommender.errors import BadInput

CHOSEN_BY = ("self", "family", "school")
POLICIES = ("relevance", "served")


def _no_rows() -> Int32:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Stamps:
    """Visits, oldest first.

    Attributes
    ----------
    activity : int32, shape (n_stamps,)
        Rows of the catalogue. A stamp at an activity that the catalogue does not hold is left out
        here and counted in ``not_found``.
    at : int64
        Seconds since 1970 UTC.
    chosen_by : int8
        Index into ``CHOSEN_BY``, ``UNKNOWN`` where not known.
    """

    activity: Int32 = field(default_factory=_no_rows)
    at: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    chosen_by: Int8 = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    not_found: int = 0

    def __post_init__(self) -> None:
        if not len(self.activity) == len(self.at) == len(self.chosen_by):
            raise BadInput(
                f"stamps need one activity, time and chooser each, not "
                f"{len(self.activity)}, {len(self.at)} and {len(self.chosen_by)}"
            )

    def __len__(self) -> int:
        return len(self.activity)


@dataclass(frozen=True, eq=False)
class Passport:
    """A learner's own data; no name, address, birth date, school, gender, origin or income.

    Attributes
    ----------
    age_low, age_high : float
        Years. Equal when the age is known, a band's two ends when only that is (6.0 and 8.99 for
        ``6-8``: until the ninth birthday), NaN when nothing is.
    home : Place or None
        Rounded to 0.01°.
    wishes, avoid, less : int32
        Theme rows: wanted, never shown, and "less of this".
    liked, declined : int32
        Activity rows of which the learner said "more like this", and "not for me": the latter are not shown again.
    """

    age_low: float = float("nan")
    age_high: float = float("nan")
    home: Place | None = None
    languages: tuple[str, ...] = ()
    wishes: Int32 = field(default_factory=_no_rows)
    avoid: Int32 = field(default_factory=_no_rows)
    less: Int32 = field(default_factory=_no_rows)
    liked: Int32 = field(default_factory=_no_rows)
    declined: Int32 = field(default_factory=_no_rows)
    badges: frozenset[str] = frozenset()
    stamps: Stamps = field(default_factory=Stamps)

    @property
    def basis(self) -> str:
        """What an answer can build on: ``"stamps"``, ``"wishes"`` or ``"none"``."""
        if len(self.stamps):
            return "stamps"
        return "wishes" if len(self.wishes) else "none"


NOBODY = Passport()


@dataclass(frozen=True, eq=False)
class Request:
    """What is asked.

    Attributes
    ----------
    at : int64 seconds since 1970 UTC
        The moment of asking. Sessions that have started by then are over, drop-in windows are not.
    opens, closes : int or None
        The window in which a session must lie, in seconds since 1970 UTC.
    count : int
        1 to 100 over HTTP; any positive number in batch.
    mode : str
        One of ``MODES``, or ``""`` for the city's default.
    max_minutes : float or None
        Travel time one way. None: no limit.
    start : Place or None
        Where the learner leaves from when not from home.
    company : tuple of float
        Ages of those who come along.
    free_only : bool
    access : tuple of str
        Needs that must be met.
    themes : int32
        Theme rows, one of which an activity must have (a broader theme counts). Empty: any.
    domains : int8
        Indices into ``DOMAINS``. Empty: any.
    line : int or None
        Line row.
    curiosity : float
        0 (what I know) to 1 (what is new to me).
    candidates : int32 or None
        Activity rows the list is restricted to.
    include_stamped : bool
        True keeps activities that the learner has already been to.
    policy : str
        One of ``POLICIES``.
    seed : int or None
        Of the drawn place; None leaves that place out, as in an evaluation that must not depend on luck.
    explain : bool
        False leaves the reasons out (batch).

    Raises
    ------
    BadInput
        When a value is outside its range.
    """

    at: int
    opens: int | None = None
    closes: int | None = None
    count: int = 10
    mode: str = ""
    max_minutes: float | None = None
    start: Place | None = None
    company: tuple[float, ...] = ()
    free_only: bool = False
    access: tuple[str, ...] = ()
    themes: Int32 = field(default_factory=_no_rows)
    domains: Int8 = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    line: int | None = None
    curiosity: float = 0.5
    candidates: Int32 | None = None
    include_stamped: bool = False
    policy: str = "served"
    seed: int | None = None
    explain: bool = True

    def __post_init__(self) -> None:
        if self.count < 1:
            raise BadInput(f"count: {self.count} is not a positive number")
        if not 0 <= self.curiosity <= 1:
            raise BadInput(f"curiosity: {self.curiosity} is not between 0 and 1")
        if self.mode and self.mode not in MODES:
            raise BadInput(f"travel mode: {self.mode!r} is none of {', '.join(MODES)}")
        if self.policy not in POLICIES:
            raise BadInput(f"policy: {self.policy!r} is none of {', '.join(POLICIES)}")
        if self.max_minutes is not None and not self.max_minutes > 0:
            raise BadInput(f"travel max_minutes: {self.max_minutes} is not above 0")
        if (self.themes < 0).any() or (self.candidates is not None and (self.candidates < 0).any()):
            raise BadInput("themes and candidates are rows of the catalogue, none of them below 0")
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise BadInput("window: it ends before it starts")
