"""From a question about a route to the engine's wishes; whatever does not fit is named by its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np

from api.problems import Problem, at_field
from api.shapes.route_question import DayPart, Goal, JourneyQuestion, OutingQuestion
from api.state import Live
from api.translate import near, place_from, row, rows
from recommender.city import UNKNOWN, Catalogue, Int32, Place
from recommender.routing.journey.wish import JourneyWish
from recommender.routing.outing.wish import DAY_MINUTES, OutingWish, Pause


def outing_from(question: OutingQuestion, catalogue: Catalogue, at: int, start: Place | None) -> OutingWish:
    """What an outing is asked to be.

    Parameters
    ----------
    at : int
        The moment of asking, in seconds since 1970 UTC.
    start : Place or None
        Where it leaves from, as far as anybody knows.

    Raises
    ------
    Problem
        422 without a place to leave from, for a day part that ends before it starts, or is longer than a day, a pause outside of them, an id that the
        city does not have, or one that is both wanted and not.
    """
    days = _days(question, at)
    if start is None:
        raise at_field("travel.from", "nobody knows where the outing begins; give this, or a home in the passport")
    activities, sessions, of_names = _pinned(question.pinned, catalogue)
    excluded = rows(catalogue.activities.ids, question.excluded, "excluded")
    _not_both(of_names, excluded)
    return OutingWish(
        days=days,
        end=place_from(question.end),
        max_stops=question.max_stops,
        max_price=question.max_price,
        min_domains=question.min_domains,
        pauses=_pauses(question, days),
        pinned=activities,
        pinned_sessions=sessions,
        excluded=excluded,
        visit_minutes=question.visit_minutes,
        alternatives=question.alternatives,
    )


def _days(question: OutingQuestion, at: int) -> tuple[tuple[int, int], ...]:
    """Every day part as (from, until), checked."""
    several = question.days or (DayPart.model_construct(from_=question.from_, until=question.until),)
    days = tuple((part.from_, part.until) for part in several)
    where = [f"days[{place}]." for place in range(len(days))] if question.days else [""]
    for (opens, closes), path in zip(days, where, strict=True):
        if closes <= opens:
            raise at_field(f"{path}until", "it ends before it starts: until must lie after from")
        if closes - opens > DAY_MINUTES * 60:
            raise at_field(f"{path}until", "more than 24 hours after from; give every day part on its own, in days")
    for (before, after), path in zip(pairwise(days), where[1:], strict=True):
        if after[0] < before[1]:
            raise at_field(f"{path}from", "it begins before the one before it ends; give them in order")
    if days[-1][1] <= at:
        raise at_field(f"{where[-1]}until", "it is over already at the moment of asking; see at")
    return days


def _pauses(question: OutingQuestion, days: tuple[tuple[int, int], ...]) -> tuple[Pause, ...]:
    for place, pause in enumerate(question.pauses):
        if pause.until < pause.from_:
            raise at_field(f"pauses[{place}].until", "it ends before it starts: until must not lie before from")
        if not any(pause.from_ < closes and opens <= pause.until for opens, closes in days):
            raise at_field(f"pauses[{place}].from", "the pause lies outside of the hours of the outing")
    return tuple(Pause(pause.from_, pause.until, pause.minutes) for pause in question.pauses)


def _pinned(names: Sequence[str], catalogue: Catalogue) -> tuple[Int32, Int32, Int32]:
    """What names of activities or sessions stand for.

    Returns
    -------
    activities, sessions, of_names : int32
        Rows of each kind, each once; and the activity of every name.
    """
    ids, of_sessions = catalogue.activities.ids, catalogue.sessions.activity
    of_names = ids.find(names)
    is_activity, sessions, errors = of_names != UNKNOWN, [], []
    for place in np.flatnonzero(~is_activity).tolist():
        here = [row for row, name in enumerate(catalogue.sessions.ids) if name == names[place]]
        sessions += here
        if here:
            of_names[place] = of_sessions[here[0]]
        else:
            detail = f"this city has no such activity or session{near(ids, names[place])}"
            errors.append({"field": f"pinned[{place}]", "detail": detail})
    if errors:
        detail = f"{errors[0]['field']}: {errors[0]['detail']}"
        raise Problem(422, detail, errors, slug="unknown-name", title="The city does not have this")
    seen: dict[int, str] = {}
    for place in np.flatnonzero(~is_activity).tolist():
        if seen.setdefault(int(of_names[place]), names[place]) != names[place]:
            raise at_field(f"pinned[{place}]", "another session of that activity is pinned, and it is visited once")
    return _once(of_names[is_activity].tolist()), _once(sessions), of_names


def _once(rows_: Sequence[int]) -> Int32:
    return np.array(list(dict.fromkeys(rows_)), dtype=np.int32)


def _not_both(pinned: Int32, excluded: Int32) -> None:
    both = np.flatnonzero(np.isin(pinned, excluded))
    if len(both):
        raise at_field(f"pinned[{both[0]}]", "it is also excluded; leave it out of one of the two")


def journey_from(question: JourneyQuestion, live: Live, at: int) -> JourneyWish:
    """What a journey is asked to be; errors as ``outing_from``.

    Parameters
    ----------
    at : int
        The moment of asking: the journey begins then when ``from`` is left out.
    """
    catalogue = live.catalogue
    pinned = rows(catalogue.activities.ids, question.pinned, "pinned")
    excluded = rows(catalogue.activities.ids, question.excluded, "excluded")
    _not_both(catalogue.activities.ids.find(question.pinned), excluded)
    for place, week in enumerate(question.rest_weeks):
        if week > question.weeks:
            raise at_field(f"rest_weeks[{place}]", "the journey has fewer weeks than that; 1 is its first week")
    goal = _goal(question.goal, catalogue)
    begins = at if question.from_ is None else question.from_
    day = datetime.fromtimestamp(begins, live.zone).date()
    if _midnight(day + timedelta(days=7 * question.weeks - day.weekday()), live) <= at:
        raise at_field("weeks", "the last week is over already at the moment of asking; see from and at")
    return JourneyWish(
        begins=begins,
        weeks=question.weeks,
        sessions_per_week=question.sessions_per_week,
        min_domains=question.min_domains,
        theme=goal.theme,
        line=goal.line,
        badge=goal.badge,
        rest_weeks=tuple(sorted({week - 1 for week in question.rest_weeks})),
        holidays=_holidays(question, live),
        pinned=pinned,
        excluded=excluded,
        max_price=question.max_price,
        max_stops=question.max_stops,
        alternatives=question.alternatives,
    )


@dataclass(frozen=True)
class _GoalRows:
    theme: int | None = None
    line: int | None = None
    badge: str = ""


def _goal(goal: Goal | None, catalogue: Catalogue) -> _GoalRows:
    if goal is None:
        return _GoalRows()
    if goal.theme is not None:
        return _GoalRows(theme=row(catalogue.themes.ids, goal.theme, "goal.theme"))
    if goal.line is not None:
        return _GoalRows(line=row(catalogue.lines.ids, goal.line, "goal.line"))
    given = {badge for badges in catalogue.activities.awards for badge in badges} | set(catalogue.lines.badge)
    if goal.badge not in given - {""}:
        raise at_field("goal.badge", "nothing in this city gives that badge; GET /v1/lines names those of the lines")
    return _GoalRows(badge=goal.badge or "")


def _midnight(day: date, live: Live) -> int:
    """When a day begins on the city's own clocks, in seconds since 1970 UTC."""
    return int(datetime.combine(day, time(), live.zone).timestamp())


def _holidays(question: JourneyQuestion, live: Live) -> tuple[tuple[int, int], ...]:
    """From the first midnight of each holiday to the midnight after its last day."""
    found = []
    for place, holiday in enumerate(question.holidays):
        last = holiday.until or holiday.from_
        if last < holiday.from_:
            raise at_field(f"holidays[{place}].until", "it ends before it starts: until must not lie before from")
        found.append((_midnight(holiday.from_, live), _midnight(last + timedelta(days=1), live)))
    return tuple(found)
