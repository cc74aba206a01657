"""A journey as arrays: visits that could be made, week by week, and what must hold of those that are."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.city import Bool, Float64, Int8, Int32, Int64


@dataclass(frozen=True)
class Chain:
    """Stations of one line among the activities of a problem, in order.

    ``whole`` asks for the next one first: a station is visited only with every one before it.
    """

    stations: tuple[int, ...]
    whole: bool


@dataclass(frozen=True, eq=False)
class JourneyProblem:
    """Which visits, so that prizes add up to the most.

    Activities are numbered from 0 within the problem.

    Attributes
    ----------
    activity : int32, shape (n_visits,)
        Of each visit. Visits ascend by ``begin``.
    begin, end : int64, shape (n_visits,)
        Seconds since 1970 UTC.
    week, day : int64, shape (n_visits,)
        Weeks from 0; days in the city's own calendar.
    week_ends : int64, shape (weeks,)
        Seconds since 1970 UTC.
    place : int32, shape (n_visits,)
        Row of ``minutes``, ``UNKNOWN`` where nobody knows.
    venue : int32, shape (n_visits,)
    minutes : float64, shape (n_places, n_places)
        From row to column.
    prize : float64, shape (n_activities,)
    stage : int8, shape (n_activities,)
        Index into ``STAGES``; not known is ``core``.
    cents : int64, shape (n_activities,)
    domain : int8, shape (n_activities,)
    themes : tuple of frozenset of int
        Of each activity.
    touches : bool, shape (n_activities,)
        Whether it touches the goal's theme; all True without one.
    needs : tuple of tuples of tuples of int
        For each activity and each badge that it asks for, the activities that give it.
    uses_held : bool, shape (n_activities,)
        Whether it asks for a badge in hand.
    asked_for : bool, shape (n_activities,)
        Whether the learner wants this very one, so that a finish need not use anything.
    pinned : bool, shape (n_activities,)
    chains : tuple of Chain
    goal_line : tuple of int or None
        Stations, one of which at least is visited.
    goal_badge : tuple of int or None
        Activities that give it, one of which at least is visited.
    themed : bool
        Whether most stops must touch the goal.
    weeks, per_week, min_domains, min_stops, max_stops : int
    budget : int or None
        Cents.
    """

    activity: Int32
    begin: Int64
    end: Int64
    week: Int64
    day: Int64
    week_ends: Int64
    place: Int32
    venue: Int32
    minutes: Float64
    prize: Float64
    stage: Int8
    cents: Int64
    domain: Int8
    themes: tuple[frozenset[int], ...]
    touches: Bool
    needs: tuple[tuple[tuple[int, ...], ...], ...]
    uses_held: Bool
    asked_for: Bool
    pinned: Bool
    chains: tuple[Chain, ...]
    goal_line: tuple[int, ...] | None
    goal_badge: tuple[int, ...] | None
    themed: bool
    weeks: int
    per_week: int
    min_domains: int
    min_stops: int
    max_stops: int
    budget: int | None

    def __len__(self) -> int:
        return len(self.prize)


@dataclass(frozen=True, eq=False)
class JourneySolution:
    """Which visits are made, in order of time.

    ``value`` is what was made as large as possible, ``bound`` what it cannot exceed; ``proven`` when they are equal.
    ``found`` is False when there is no journey, or none was found in time: then ``impossible`` tells which.
    """

    visits: tuple[int, ...] = ()
    value: float = 0.0
    bound: float = 0.0
    proven: bool = False
    impossible: bool = False
    work: float = 0.0

    @property
    def found(self) -> bool:
        return bool(self.visits)
