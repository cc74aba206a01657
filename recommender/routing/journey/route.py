"""From the visits that were chosen to a route: stops with roles and reasons, and the way to each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.answer import Reason
from recommender.city import STAGES, UNKNOWN, Catalogue
from recommender.model import Model
from recommender.reasons import explain
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.pose import Posed
from recommender.routing.journey.problem import JourneySolution
from recommender.routing.route import Leg, Route, Stop

CORE = STAGES.index("core")


def route_of(asked: Asked, posed: Posed, found: JourneySolution, model: Model | None) -> Route:
    """The route that a solution stands for.

    Parameters
    ----------
    model : Model or None
        The scores' own, for reasons; None gives none.
    """
    catalogue, problem, visits = asked.catalogue, posed.problem, posed.visits
    chosen = list(found.visits)
    position = visits.position[chosen]
    rows, sessions = asked.can.activities[position].tolist(), visits.session[chosen].tolist()
    places = [int(np.flatnonzero(asked.can.sessions == session)[0]) for session in sessions]
    reasons = _reasons(asked, position, np.array(places, dtype=np.int64), model)
    roles = _roles(asked, rows, sessions)
    stops = tuple(
        Stop(
            kind="activity",
            activity=rows[i],
            session=sessions[i],
            venue=int(catalogue.sessions.venue[sessions[i]]),
            arrive=int(visits.begin[visit]),
            begin=int(visits.begin[visit]),
            end=int(visits.end[visit]),
            score=float(asked.by_session[places[i]]),
            prize=float(asked.prize[position[i]]),
            stage=int(catalogue.activities.stage[rows[i]]),
            role=roles[i],
            reasons=reasons[i],
            not_known=(
                *(name for name, unsure in asked.can.not_known.items() if unsure[position[i]]),
                *(() if visits.open_known[visit] else ("hours",)),
            ),
        )
        for i, visit in enumerate(chosen)
    )
    # A sum beyond what float32 prices can hold exactly would be odd cents.
    price = round(float(sum(float(catalogue.activities.price[row]) for row in rows)), 2)
    return Route(
        kind="journey",
        stops=stops,
        legs=_legs(asked, posed, chosen),
        prize=float(sum(stop.prize for stop in stops)),
        price=price,
        domains=tuple(sorted({int(catalogue.activities.domain[row]) for row in rows} - {UNKNOWN})),
        badges=_badges(asked, rows),
        proven=found.proven and not posed.pruned,
        gap=_gap(found, posed, problem.prize.max(initial=0.0)),
    )


def _gap(found: JourneySolution, posed: Posed, best: float) -> float:
    """How far the journey may be below the best one, as a share; not known where activities were not weighed."""
    if posed.pruned or not best or not np.isfinite(found.bound):
        return float("nan")
    return 0.0 if found.proven else max(found.bound - found.value, 0.0) / max(found.bound, 1e-9)


def _reasons(asked: Asked, position: np.ndarray, places: np.ndarray, model: Model | None) -> list[tuple[Reason, ...]]:
    if model is None or asked.scored is None or asked.context is None or not asked.request.explain:
        return [()] * len(position)
    parts = asked.scored.sources(position)
    profile, context = asked.scored.profile, asked.context.at(places)
    why = explain(asked.can.activities[position], parts, context, profile, asked.catalogue, model)
    return [one.reasons for one in why]


def _lines_of(catalogue: Catalogue, row: int) -> list[int]:
    return [line for line, stations in enumerate(catalogue.lines.stations) if row in stations.tolist()]


def _roles(asked: Asked, rows: Sequence[int], sessions: Sequence[int]) -> list[str]:
    """Start and finish by stage; an interchange is the first stop on another line, at a venue where the line that one
    was on has a station too.
    """
    catalogue = asked.catalogue
    roles: list[str] = []
    riding: list[int] = []
    for row, session in zip(rows, sessions, strict=True):
        stage = int(catalogue.activities.stage[row])
        own = _lines_of(catalogue, row)
        venue = int(catalogue.sessions.venue[session])
        changes = bool(riding) and bool(own) and not set(riding) & set(own)
        if stage not in (UNKNOWN, CORE):
            roles.append(STAGES[stage])
        elif changes and venue != UNKNOWN and any(_calls_at(catalogue, line, venue) for line in riding):
            roles.append("interchange")
        else:
            roles.append("station" if own else "core")
        riding = own or riding
    return roles


def _calls_at(catalogue: Catalogue, line: int, venue: int) -> bool:
    return bool((catalogue.activities.venue[catalogue.lines.stations[line]] == venue).any())


def _badges(asked: Asked, rows: Sequence[int]) -> tuple[str, ...]:
    """What the stops give, and what a line gives whose last stations are among them; each once, in order."""
    lines = asked.catalogue.lines
    behind = set(asked.stamped)
    finished = [set(stations.tolist()) <= behind for stations in lines.stations]
    earned: list[str] = []
    for row in rows:
        behind.add(row)
        earned += asked.catalogue.activities.awards[row]
        for line, stations in enumerate(lines.stations):
            if not finished[line] and set(stations.tolist()) <= behind:
                finished[line] = True
                earned += [lines.badge[line]] if lines.badge[line] else []
    return tuple(dict.fromkeys(earned))


def _legs(asked: Asked, posed: Posed, chosen: Sequence[int]) -> tuple[Leg, ...]:
    """From home to the first stop of a day, from stop to stop within it, and home again."""
    problem, legs = posed.problem, list[Leg]()
    home = np.append(posed.home, np.nan)
    for i, visit in enumerate(chosen):
        place, begin, end = int(problem.place[visit]), int(problem.begin[visit]), int(problem.end[visit])
        same_day = bool(i) and problem.day[chosen[i - 1]] == problem.day[visit]
        if same_day:
            here = int(problem.place[chosen[i - 1]])
            minutes = float(problem.minutes[here, place]) if UNKNOWN not in (here, place) else float("nan")
        else:
            minutes = float(home[place])
        if not np.isnan(minutes):
            legs.append(Leg(i - 1 if same_day else None, i, asked.mode, minutes, begin - _seconds(minutes), begin))
        over = i + 1 == len(chosen) or problem.day[chosen[i + 1]] != problem.day[visit]
        if over and not np.isnan(home[place]):
            back = float(home[place])
            legs.append(Leg(i, None, asked.mode, back, end, end + _seconds(back)))
    return tuple(legs)


def _seconds(minutes: float) -> int:
    return int(np.ceil(minutes * 60))
