"""What a journey is held to beyond an outing: its weeks, its stages and its goal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.city import STAGES, UNKNOWN, Catalogue
from recommender.routing.validator.rules import Rules, SeenRoute
from recommender.routing.validator.stops import touched_by

DAY = 86_400
START, CORE, FINISH = range(len(STAGES))
ROLES = ("start", "core", "finish", "station", "interchange", "")


def local_day(catalogue: Catalogue, at: int) -> int:
    """Days since 1 January 1970, a Thursday, on the city's own clocks."""
    return int(catalogue.clock.local(np.array([at], dtype=np.int64))[0]) // DAY


def weeks(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    """So many a week, none outside the weeks, none in rest weeks and holidays."""
    first = (local_day(catalogue, rules.begins) + 3) // 7
    numbers = [(local_day(catalogue, stop.begin) + 3) // 7 - first for stop in route.stops]
    for i, (stop, week) in enumerate(zip(route.stops, numbers, strict=True)):
        if stop.begin < rules.begins:
            yield f"stop {i}: before the journey begins"
        if not 0 <= week < rules.weeks:
            yield f"stop {i}: in week {week} of {rules.weeks}"
        if week in rules.rest_weeks:
            yield f"stop {i}: in rest week {week}"
        if any(start < stop.end and stop.begin < end for start, end in rules.holidays):
            yield f"stop {i}: in a holiday"
    for week in sorted(set(numbers)):
        if numbers.count(week) > rules.per_week:
            yield f"week {week}: {numbers.count(week)} stops, more than {rules.per_week}"


def stages(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    """Start before core before finish; not known counts as core. A finish uses what came before it.

    Where a line's own stations go against the stages, the line's order is right, and its stations have none.
    """
    loose = _against_stages(catalogue, rules.goal_line)
    highest = START
    for i, stop in enumerate(route.stops):
        if stop.stage != catalogue.activities.stage[stop.activity]:
            yield f"stop {i}: says stage {stop.stage}, where the activity has {catalogue.activities.stage[stop.activity]}"
        stage = CORE if stop.activity in loose or stop.stage == UNKNOWN else stop.stage
        if stage < highest:
            yield f"stop {i}: {STAGES[stage]} after {STAGES[highest]}"
        highest = max(highest, stage)
        if stage == FINISH and not _asked_for(catalogue, stop.activity, rules):
            before = [earlier.activity for earlier in route.stops[:i]]
            learned = [row for row in before if row in loose or catalogue.activities.stage[row] != FINISH]
            if not _uses(catalogue, stop.activity, before, learned, rules):
                yield f"stop {i}: a finish that uses nothing that came before it"
        yield from _role(catalogue, route, i, rules)
    if route.stops and rules.needs_start and route.stops[0].stage != START:
        yield "the first stop is no start"
    if route.stops and rules.needs_finish and route.stops[-1].stage != FINISH:
        yield "the last stop is no finish"


def _against_stages(catalogue: Catalogue, line: int | None) -> set[int]:
    if line is None:
        return set()
    stations = catalogue.lines.stations[line].tolist()
    own = [int(catalogue.activities.stage[station]) for station in stations]
    known = [CORE if stage == UNKNOWN else stage for stage in own]
    return set(stations) if known != sorted(known) else set()


def _asked_for(catalogue: Catalogue, activity: int, rules: Rules) -> bool:
    """Whether the learner asked for this very activity: pinned, on the goal's line, or giving the goal's badge."""
    on_line = rules.goal_line is not None and activity in catalogue.lines.stations[rules.goal_line].tolist()
    gives = bool(rules.goal_badge) and (
        rules.goal_badge in catalogue.activities.awards[activity]
        or any(
            badge == rules.goal_badge and activity in stations.tolist()
            for badge, stations in zip(catalogue.lines.badge, catalogue.lines.stations, strict=True)
        )
    )
    return activity in rules.pinned or on_line or gives


def _uses(catalogue: Catalogue, finish: int, before: list[int], learned: list[int], rules: Rules) -> bool:
    """Whether a finish shares a theme with what was learned, or asks for a badge that anything before it gave."""
    asks = set(catalogue.activities.requires[finish])
    themes = _themes(catalogue, finish)
    given = {badge for activity in before for badge in catalogue.activities.awards[activity]} | rules.held
    return bool(asks & given) or any(themes & _themes(catalogue, activity) for activity in learned)


def _themes(catalogue: Catalogue, activity: int) -> set[int]:
    return set(np.flatnonzero(catalogue.activities.themes[[activity], :].toarray()[0] > 0).tolist())


def _role(catalogue: Catalogue, route: SeenRoute, i: int, rules: Rules) -> Iterator[str]:
    stop = route.stops[i]
    lines = _lines_of(catalogue, stop.activity)
    if stop.role not in ROLES:
        yield f"stop {i}: role {stop.role!r} is none of {', '.join(ROLES)}"
    if stop.role in STAGES:
        stage = stop.stage if stop.stage != UNKNOWN else CORE
        if STAGES.index(stop.role) != stage:
            yield f"stop {i}: role {stop.role!r}, where its stage is {STAGES[stage]}"
    if stop.role == "station" and not lines:
        yield f"stop {i}: is a station of no line"
    if stop.role == "interchange":
        ridden = {line for earlier in route.stops[:i] for line in _lines_of(catalogue, earlier.activity)} - lines
        venue = [
            int(catalogue.activities.venue[station]) for line in ridden for station in catalogue.lines.stations[line]
        ]
        if not lines or stop.venue == UNKNOWN or stop.venue not in venue:
            yield f"stop {i}: no line that came before has a station at venue {stop.venue}"


def _lines_of(catalogue: Catalogue, activity: int) -> set[int]:
    return {line for line, stations in enumerate(catalogue.lines.stations) if activity in stations.tolist()}


def goal(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    """Most stops touch the theme; the line's stations are in order; the badge is earned; lines go from next to next."""
    chosen = [stop.activity for stop in route.stops]
    if rules.goal_theme is not None:
        touching = sum(rules.goal_theme in touched_by(catalogue, activity) for activity in chosen)
        if not 2 * touching > len(chosen):
            yield f"goal: {touching} of {len(chosen)} stops touch theme {rules.goal_theme}"
    if rules.goal_badge and rules.goal_badge not in route.badges:
        yield f"goal: badge {rules.goal_badge!r} is not earned"
    for line, stations in enumerate(catalogue.lines.stations):
        order = [station for station in stations.tolist() if station not in rules.stamped]
        ridden = [activity for activity in chosen if activity in order]
        if ridden != [station for station in order if station in ridden]:
            yield f"line {catalogue.lines.ids.names[line]!r}: stations {ridden} are out of order"
        if line == rules.goal_line and not ridden:
            yield f"goal: no station of line {catalogue.lines.ids.names[line]!r}"
