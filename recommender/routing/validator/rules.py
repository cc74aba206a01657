"""What a route is held to: everything that was asked, in plain values, and the shape of a route that can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from recommender.city import Place

Travel = Callable[[Place, Place, int], float]
"""Minutes from a place to a place for whoever leaves at a moment (seconds since 1970 UTC); infinite: no way."""


class SeenLeg(Protocol):
    """A way: see ``route.Leg``."""

    @property
    def from_stop(self) -> int | None: ...
    @property
    def to_stop(self) -> int | None: ...
    @property
    def mode(self) -> str: ...
    @property
    def minutes(self) -> float: ...
    @property
    def leave(self) -> int: ...
    @property
    def arrive(self) -> int: ...


class SeenStop(Protocol):
    """A visit or a pause: see ``route.Stop``."""

    @property
    def kind(self) -> str: ...
    @property
    def activity(self) -> int: ...
    @property
    def session(self) -> int: ...
    @property
    def venue(self) -> int: ...
    @property
    def arrive(self) -> int: ...
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def stage(self) -> int: ...
    @property
    def role(self) -> str: ...


class SeenRoute(Protocol):
    """An outing or a journey: see ``route.Route``."""

    @property
    def kind(self) -> str: ...
    @property
    def stops(self) -> Sequence[SeenStop]: ...
    @property
    def legs(self) -> Sequence[SeenLeg]: ...
    @property
    def price(self) -> float: ...
    @property
    def domains(self) -> Sequence[int]: ...
    @property
    def badges(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Pause:
    """A rest of ``seconds`` that begins between ``opens`` and ``closes`` (seconds since 1970 UTC)."""

    opens: int
    closes: int
    seconds: int


@dataclass(frozen=True, eq=False)
class Rules:
    """What was asked. Whatever keeps its default is not checked.

    Attributes
    ----------
    at : int
        The moment of asking, seconds since 1970 UTC like every other time.
    ages : tuple of (float, float)
        Lowest and highest age of everybody who comes, NaN where not known.
    languages : tuple of str
    held : frozenset of str
        Badges in hand at the start.
    done : frozenset of int
        Activities with a stamp, which may not come back.
    stamped : frozenset of int
        Activities with a stamp: stations of a line that are behind the learner.
    avoid, themes : frozenset of int
        Theme rows no stop may touch, and of which every stop must touch one; a narrower theme counts.
    domains, candidates : frozenset of int or None
        Every stop is from these domains, one of these activities.
    free_only : bool
    access : tuple of str
    line : int or None
        Every stop is a station of it.
    start, end : Place or None
        Where every day begins and ends; None where nobody knows.
    farthest : float or None
        Minutes from ``start`` to any stop, at most, by ``far``.
    far : callable or None
        The estimate that ``farthest`` speaks of; None: ``travel``.
    mode : str
    travel : callable or None
    opening : mapping of venue to sequence of (int, int)
        When it is open; hours of a venue that is missing here are not known. Holds for drop-in visits alone: a
        session takes place when the city says so.
    visit_seconds : int
        How long a drop-in visit lasts at least, or as long as the window is where that is shorter.
    day_parts : tuple of (int, int)
        Of an outing: from and until, ascending. ``day_of`` a stop is the part it lies in.
    pauses : tuple of Pause
    begins, weeks, per_week, rest_weeks, holidays
        Of a journey, as in ``JourneyWish``.
    needs_start, needs_finish : bool
        Whether the first stop must be of stage ``start``, and the last of stage ``finish``.
    goal_theme, goal_line : int or None
    goal_badge : str
    """

    at: int = 0
    ages: tuple[tuple[float, float], ...] = ()
    languages: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    done: frozenset[int] = frozenset()
    stamped: frozenset[int] = frozenset()
    avoid: frozenset[int] = frozenset()
    themes: frozenset[int] = frozenset()
    domains: frozenset[int] | None = None
    candidates: frozenset[int] | None = None
    free_only: bool = False
    access: tuple[str, ...] = ()
    line: int | None = None
    start: Place | None = None
    end: Place | None = None
    farthest: float | None = None
    far: Travel | None = None
    mode: str = ""
    travel: Travel | None = None
    opening: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    visit_seconds: int = 0
    max_price: float | None = None
    min_stops: int = 0
    max_stops: int | None = None
    min_domains: int = 0
    pinned: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
    day_parts: tuple[tuple[int, int], ...] = ()
    pauses: tuple[Pause, ...] = ()
    begins: int = 0
    weeks: int = 0
    per_week: int = 1
    rest_weeks: tuple[int, ...] = ()
    holidays: tuple[tuple[int, int], ...] = ()
    needs_start: bool = False
    needs_finish: bool = False
    goal_theme: int | None = None
    goal_line: int | None = None
    goal_badge: str = ""
