"""Whether a route is what was asked for: read off the city itself, one rule after the other.

Shares no code with what plans routes, so that the same mistake is not made twice. Plain and slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from recommender.city import UNKNOWN, Catalogue
from recommender.routing.validator.rules import Rules, SeenRoute, SeenStop
from recommender.routing.validator.stops import each_stop
from recommender.routing.validator.way import way
from recommender.routing.validator.weeks import goal, local_day, stages, weeks


def check_outing(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> tuple[str, ...]:
    """What is wrong with an outing.

    Returns
    -------
    tuple of str
        One sentence per broken rule; empty when there is nothing to say.
    """
    parts = [_part_of(stop, rules) for stop in route.stops]
    found = [f"kind: {route.kind!r} is no outing"] if route.kind != "outing" else []
    found += [f"stop {i}: lies in none of the day parts" for i, part in enumerate(parts) if part is None]
    found += _rows(catalogue, route)
    if found:
        return tuple(found)
    days = [UNKNOWN if part is None else part for part in parts]
    found += each_stop(catalogue, route, rules)
    found += _whole(catalogue, route, rules)
    found += way(catalogue, route, rules, days, home=True)
    for leg in route.legs:
        if not any(opens <= leg.leave and leg.arrive <= closes for opens, closes in rules.day_parts):
            found.append(f"leg to {leg.to_stop}: leaves before a day part opens or arrives after it closes")
    for pause in rules.pauses:
        rests = [stop for stop in route.stops if stop.kind == "pause" and pause.opens <= stop.begin <= pause.closes]
        if not any(stop.end - stop.begin >= pause.seconds for stop in rests):
            found.append(f"pause: none of {pause.seconds} s that begins from {pause.opens} to {pause.closes}")
    return tuple(found)


def check_journey(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> tuple[str, ...]:
    """What is wrong with a journey. Returns as ``check_outing``."""
    found = [f"kind: {route.kind!r} is no journey"] if route.kind != "journey" else []
    found += [f"stop {i}: a journey has no pauses" for i, stop in enumerate(route.stops) if stop.kind != "activity"]
    found += _rows(catalogue, route)
    if found:
        return tuple(found)
    days = [local_day(catalogue, stop.begin) for stop in route.stops]
    found += each_stop(catalogue, route, rules)
    found += _whole(catalogue, route, rules)
    found += way(catalogue, route, rules, days, home=False)
    found += weeks(catalogue, route, rules)
    found += stages(catalogue, route, rules)
    found += goal(catalogue, route, rules)
    return tuple(found)


def _rows(catalogue: Catalogue, route: SeenRoute) -> Iterator[str]:
    """Rows that are not in the catalogue, which nothing else can be said of."""
    for i, stop in enumerate(route.stops):
        here = 0 <= stop.session < len(catalogue.sessions) and 0 <= stop.activity < len(catalogue.activities)
        nothing = stop.activity == stop.session == UNKNOWN
        if stop.kind not in ("activity", "pause") or not (here if stop.kind == "activity" else nothing):
            yield f"stop {i}: session {stop.session} of activity {stop.activity} is no {stop.kind}"


def _part_of(stop: SeenStop, rules: Rules) -> int | None:
    inside = (i for i, (opens, closes) in enumerate(rules.day_parts) if opens <= stop.arrive and stop.end <= closes)
    return next(inside, None)


def _whole(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    chosen = [stop.activity for stop in route.stops if stop.kind == "activity"]
    activities = catalogue.activities
    for activity in sorted({activity for activity in chosen if chosen.count(activity) > 1}):
        yield f"activity {activity} is in it twice"
    for activity in sorted(rules.pinned - set(chosen)):
        yield f"activity {activity} is pinned and missing"
    if len(chosen) < rules.min_stops:
        yield f"{len(chosen)} stops, fewer than {rules.min_stops}"
    if rules.max_stops is not None and len(chosen) > rules.max_stops:
        yield f"{len(chosen)} stops, more than {rules.max_stops}"
    price = sum(float(activities.price[activity]) for activity in chosen)
    if not (abs(route.price - price) < 0.005 or (isnan(price) and isnan(route.price))):
        yield f"price: says {route.price}, is {price}"
    if rules.max_price is not None and not price <= rules.max_price + 0.005:
        yield f"price: {price} is above {rules.max_price}"
    domains = sorted({int(activities.domain[activity]) for activity in chosen} - {UNKNOWN})
    if list(route.domains) != domains:
        yield f"domains: says {list(route.domains)}, are {domains}"
    if len(domains) < rules.min_domains:
        yield f"domains: {len(domains)}, fewer than {rules.min_domains}"
    yield from _badges(catalogue, route, rules)


def _badges(catalogue: Catalogue, route: SeenRoute, rules: Rules) -> Iterator[str]:
    earned: set[str] = set()
    behind: set[int] = set(rules.stamped)
    finished = {line for line in range(len(catalogue.lines.ids)) if _complete(catalogue, line, behind)}
    held = set(rules.held) | {catalogue.lines.badge[line] for line in finished}
    for i, stop in enumerate(route.stops):
        if stop.kind != "activity":
            continue
        for badge in catalogue.activities.requires[stop.activity]:
            if badge not in held:
                yield f"stop {i}: asks for badge {badge!r}, which nothing before it gives"
        behind.add(stop.activity)
        gained = _awards(catalogue, stop)
        for line in range(len(catalogue.lines.ids)):
            if line not in finished and catalogue.lines.badge[line] and _complete(catalogue, line, behind):
                finished.add(line)
                gained.add(catalogue.lines.badge[line])
        earned |= gained
        held |= gained
    given = {badge for stop in route.stops if stop.kind == "activity" for badge in _awards(catalogue, stop)}
    if not given <= set(route.badges) <= earned or len(set(route.badges)) != len(route.badges):
        yield f"badges: says {sorted(route.badges)}, gives {sorted(earned)}"


def _awards(catalogue: Catalogue, stop: SeenStop) -> set[str]:
    return set(catalogue.activities.awards[stop.activity])


def _complete(catalogue: Catalogue, line: int, behind: set[int]) -> bool:
    stations = catalogue.lines.stations[line].tolist()
    return bool(stations) and set(stations) <= behind
