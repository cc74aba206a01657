"""Why not? For the best candidates that are not in a journey, the constraint that kept each of them out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.city import UNKNOWN
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.greedy import missing, ordered, timely
from recommender.routing.journey.model import by
from recommender.routing.journey.pose import Posed
from recommender.routing.journey.problem import JourneyProblem, JourneySolution
from recommender.routing.route import LeftOut

MEANING: Mapping[str, str] = {
    "excluded": "the wish says: not this one",
    "not_eligible": "it was asked for by name, but the passport or the request's own filters leave it out",
    "no_session_then": "none of its sessions lies in these weeks",
    "rest_week": "its last sessions lie in weeks of rest",
    "holiday": "its last sessions lie in holidays",
    "too_far": "there is no way to it",
    "no_time": "its session begins before one can be there; or it overlaps a stop, or is too far from one of that day",
    "price": "its price is not known or above the budget; or with it the journey would cost more than that",
    "prerequisite": "it asks for a badge that is not held and that nothing before it gives",
    "prerequisite_cycle": "it asks for a badge that only what waits for this one gives",
    "goal": "it does not touch the goal's theme, and most stops must",
    "station_order": "an earlier station of its line is still to come, or a later one is in the journey before it",
    "stage": "it is a start after a core, a core after the finish, or a finish before what is in the journey",
    "one_finish": "it is a finish, and the journey has another one",
    "uses_nothing": "it is a finish that uses nothing of what comes before it in the journey",
    "week_full": "every week in which it could be holds as many stops as were asked for",
    "max_stops": "the journey has as many stops as were asked for",
    "less_wanted": "it fits only instead of something, and the journey is worth more as it is",
}
"""The constraints that can keep a good candidate out of a journey, and what each of these words means exactly."""

MOST = 10
"""Of so many candidates it is said why they are not in the journey."""


def left_out(asked: Asked, posed: Posed, best: JourneySolution) -> tuple[LeftOut, ...]:
    """What was asked for by name and cannot be had, then the best of what is not in the journey, best first.

    Without a journey only what could be in none.
    """
    rows, prize = asked.can.activities, asked.prize
    problem, made = posed.problem, list(best.visits)
    local = {row: number for number, row in enumerate(rows[posed.position].tolist())}
    visits = by(problem.activity, len(problem))
    gone = [row for row in _by_name(asked) if row not in local]
    found = [LeftOut(row, UNKNOWN, posed.why.get(row, "not_eligible"), _score(asked, row)) for row in gone]
    chosen = {int(problem.activity[visit]) for visit in made}
    for place in np.argsort(-prize, kind="stable").tolist():
        row = int(rows[place])
        if len(found) >= MOST:
            break
        if row in gone or local.get(row, UNKNOWN) in chosen or (not made and row in local):
            continue
        why, session = posed.why.get(row, "less_wanted"), UNKNOWN
        if row in local:
            why, visit = _kept_out(problem, made, local[row], visits[local[row]])
            session = int(posed.visits.session[visit])
        found.append(LeftOut(row, session, why, _score(asked, row)))
    return tuple(found)


def _by_name(asked: Asked) -> list[int]:
    """What is pinned, stations of the goal's line that are still to come, and what gives the goal's badge."""
    wish, lines, awards = asked.wish, asked.catalogue.lines, asked.catalogue.activities.awards
    rows = wish.pinned.tolist()
    for line, stations in enumerate(lines.stations):
        if line == wish.line or (wish.badge and lines.badge[line] == wish.badge):
            rows += [row for row in stations.tolist() if row not in asked.stamped]
    if wish.badge:
        rows += [row for row, given in enumerate(awards) if wish.badge in given]
    return list(dict.fromkeys(rows))


def _score(asked: Asked, row: int) -> float:
    place = int(np.searchsorted(asked.can.activities, row))
    known = place < len(asked.can.activities) and asked.can.activities[place] == row
    return float(asked.scored.total[place]) if known and asked.scored is not None else 0.0


def _kept_out(problem: JourneyProblem, made: list[int], activity: int, visits: list[int]) -> tuple[str, int]:
    """Why none of an activity's visits is made, and the visit that comes nearest to it."""
    chosen = problem.activity[made]
    busy = len({int(week) for week in problem.week}) * problem.per_week
    if problem.budget is not None and problem.cents[chosen].sum() + problem.cents[activity] > problem.budget:
        return "price", visits[0]
    if problem.themed and not problem.touches[activity] and 2 * int(problem.touches[chosen].sum()) <= len(made) + 1:
        return "goal", visits[0]
    nearest = min(visits, key=lambda visit: ORDER.index(_blocks(problem, made, visit)))
    why = _blocks(problem, made, nearest)
    if why == "less_wanted" and len(made) >= problem.max_stops < busy:
        why = "max_stops"
    return why, nearest


ORDER = (
    "less_wanted",
    "week_full",
    "no_time",
    "stage",
    "station_order",
    "one_finish",
    "uses_nothing",
    "prerequisite",
)
"""From what keeps a visit out least to what keeps it out most."""


def _blocks(problem: JourneyProblem, made: list[int], visit: int) -> str:
    lacks = missing(problem, made, visit)
    if lacks:
        return lacks
    if any(not ordered(problem, visit, other) for other in made):
        return "stage"
    if sum(problem.week[other] == problem.week[visit] for other in made) >= problem.per_week:
        return "week_full"
    return "no_time" if any(not timely(problem, visit, other) for other in made) else "less_wanted"
