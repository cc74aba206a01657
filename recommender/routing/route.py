"""A route as it leaves the engine: stops, the legs between them, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.answer import Reason


@dataclass(frozen=True)
class Leg:
    """The way to a stop, or home after the last. ``minutes`` of travel by ``mode``; ``leave`` and ``arrive`` are
    seconds since 1970 UTC. ``from_stop`` and ``to_stop`` are places in the list of stops, None for the start and
    the end of the route.
    """

    from_stop: int | None
    to_stop: int | None
    mode: str
    minutes: float
    leave: int
    arrive: int


@dataclass(frozen=True)
class Stop:
    """One visit of a route.

    Attributes
    ----------
    kind : str
        ``activity`` or ``pause``.
    activity, session, venue : int
        Rows of the catalogue; ``UNKNOWN`` for a pause's activity and session, and where there is no venue.
    arrive, begin, end : int
        Seconds since 1970 UTC.
    score : float
        The recipe's; the prize it stood for is ``prize``.
    stage : int
        Index into ``STAGES``, ``UNKNOWN`` where not known.
    role : str
        Why it is in a journey: ``start``, ``core``, ``finish``, ``station``, ``interchange`` or ``""``.
    """

    kind: str
    activity: int
    session: int
    venue: int
    arrive: int
    begin: int
    end: int
    score: float = 0.0
    prize: float = 0.0
    stage: int = -1
    role: str = ""
    reasons: tuple[Reason, ...] = ()
    not_known: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A good candidate that is not in the route, and the constraint that kept it out: one of ``why.WHY``."""

    activity: int
    session: int
    why: str
    score: float


@dataclass(frozen=True)
class Route:
    """An outing or a journey.

    Attributes
    ----------
    kind : str
        ``outing`` or ``journey``.
    price : float
        What all stops cost together; NaN when one of them is not known.
    domains : tuple of int
        Indices into ``DOMAINS``, each once, in order.
    proven : bool
        Whether no better route exists (a journey says so when it is proven).
    gap : float
        How far at most the prize may be below the best, as a share; NaN where nobody knows.
    """

    kind: str
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    prize: float
    price: float
    domains: tuple[int, ...]
    badges: tuple[str, ...] = ()
    proven: bool = False
    gap: float = float("nan")


@dataclass(frozen=True)
class RouteRelaxation:
    """The one wish that gains most when relaxed. ``step`` is its name in the request (``until``, ``max_price``,
    ``max_stops``, ``pinned``, ``min_domains``, ``weeks``, …), ``to`` its new value where it has one, ``gains`` how many
    stops the route would have more.
    """

    step: str
    to: float | None
    gains: int


@dataclass(frozen=True)
class Routes:
    """Up to ``alternatives`` routes, best first; none when the request cannot be met, and then ``relax`` says why.

    ``cut`` tells that a time cap ended the search before its iterations were done.
    """

    at: int
    basis: str
    fallback: str
    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...]
    relax: RouteRelaxation | None
    cut: bool = False
