"""What every stop of a route is held to on its own: its session, its hours, and whom it suits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.city import COMPANY, STATUSES, UNKNOWN, Catalogue
from recommender.routing.validator.rules import Rules, SeenRoute, SeenStop

ADULT = 18.0


def each_stop(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    for i, stop in enumerate(route.stops):
        if not stop.arrive <= stop.begin <= stop.end:
            yield f"stop {i}: arrives, begins and ends at {stop.arrive}, {stop.begin} and {stop.end}"
        if i and stop.begin < route.stops[i - 1].end:
            yield f"stop {i}: begins before the one before it has ended"
        if stop.kind == "activity":
            yield from (f"stop {i}: {what}" for what in _session(catalogue, stop, rules))
            yield from (f"stop {i}: {what}" for what in _suits(catalogue, stop.activity, rules))


def _session(catalogue: Catalogue, stop: SeenStop, rules: Rules) -> Iterator[str]:
    sessions, row = catalogue.sessions, stop.session
    start, end = int(sessions.start[row]), int(sessions.end[row])
    if sessions.activity[row] != stop.activity:
        yield f"session {row} is not of activity {stop.activity}"
    if sessions.venue[row] != stop.venue:
        yield f"session {row} is not at venue {stop.venue}"
    if sessions.status[row] != STATUSES.index("scheduled") or sessions.capacity_left[row] == 0:
        yield f"session {row} is cancelled or full"
    if stop.begin < rules.at:
        yield "begins before the moment of asking"
    if not sessions.drop_in[row]:
        if (stop.begin, stop.end) != (start, end):
            yield f"from {stop.begin} to {stop.end}, where the session is from {start} to {end}"
        return
    if not (start <= stop.begin and stop.end <= end):
        yield f"from {stop.begin} to {stop.end} is outside the session's window"
    if stop.end - stop.begin < min(rules.visit_seconds, end - start):
        yield f"a visit of {stop.end - stop.begin} s is too short"
    hours = rules.opening.get(stop.venue)
    if hours is not None and not any(opens <= stop.begin and stop.end <= closes for opens, closes in hours):
        yield f"venue {stop.venue} is closed then"


def _suits(catalogue: Catalogue, activity: int, rules: Rules) -> Iterator[str]:
    activities = catalogue.activities
    touched = touched_by(catalogue, activity)
    child = any(not low >= ADULT for low, _ in rules.ages)
    for low, high in rules.ages:
        if not _age_fits(catalogue, activity, low, high, child):
            yield f"activity {activity} is not for an age of {low:g} to {high:g}"
    if rules.languages and activities.language[activity] not in ("", *rules.languages):
        yield f"activity {activity} is in {activities.language[activity]!r}"
    if rules.free_only and activities.price[activity] != 0:
        yield f"activity {activity} is not free"
    for need in rules.access:
        terms = activities.access_terms
        met = need in terms and (int(activities.access[activity]) >> terms.index(need)) & 1
        if not (activities.access_known[activity] and met):
            yield f"activity {activity} does not meet {need!r}"
    if rules.themes and not touched & rules.themes:
        yield f"activity {activity} has none of the themes"
    if touched & rules.avoid:
        yield f"activity {activity} touches a theme to avoid"
    if rules.domains is not None and int(activities.domain[activity]) not in rules.domains:
        yield f"activity {activity} is not of the domains asked for"
    if rules.candidates is not None and activity not in rules.candidates:
        yield f"activity {activity} is none of the candidates"
    if rules.line is not None and activity not in catalogue.lines.stations[rules.line].tolist():
        yield f"activity {activity} is no station of line {rules.line}"
    if activity in rules.done:
        yield f"activity {activity} was done before"
    if activity in rules.excluded:
        yield f"activity {activity} is excluded"


def _age_fits(catalogue: Catalogue, activity: int, low: float, high: float, child: bool) -> bool:
    activities = catalogue.activities
    if low >= ADULT and child:
        company = int(activities.company[activity])
        if any(company >> COMPANY.index(name) & 1 for name in ("with_adult", "family")):
            return True
    # Comparisons with NaN are false: what is not known keeps nobody out.
    return not (high < activities.age_min[activity] or low >= activities.age_max[activity] + 1)


def touched_by(catalogue: Catalogue, activity: int) -> set[int]:
    """Themes of an activity and every broader one."""
    row = catalogue.activities.themes[[activity], :].toarray()[0]
    touched: set[int] = set()
    for theme in np.flatnonzero(row > 0).tolist():
        while theme != UNKNOWN and theme not in touched:
            touched.add(theme)
            theme = int(catalogue.themes.parent[theme])
    return touched
