"""Whatever is asked, in whatever town: a route is what was asked for, nothing better was overlooked, and ``relax`` is true.

Every route is held against the validator inside ``plan_outing`` itself, which raises when one breaks a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.city import Catalogue
from recommender.routing.outing import Pause
from recommender.routing.outing.why import WHY
from recommender.routing.route import Routes
from tests.recommender.outing_town import (
    ACTIVITIES,
    FAR_END,
    SATURDAY,
    SUNDAY,
    VENUES,
    city,
    plan,
    sat,
    session,
)

NAMES = [str(one["activity_id"]) for one in ACTIVITIES]
MINUTES = {"pottery": 10, "workshop": 20, "garden": 30}
VENUE = {str(one["activity_id"]): str(one["venue_id"]) for one in ACTIVITIES}
PRICE = {str(one["activity_id"]): one.get("price") for one in ACTIVITIES}
assert {str(venue["venue_id"]) for venue in VENUES} == {*MINUTES, "van"}

quarters = st.integers(0, 23)


def clock(quarter: int) -> str:
    """Quarters of an hour from noon on: 0 is 12:00, 24 is 18:00."""
    return f"{12 + quarter // 4:02d}:{quarter % 4 * 15:02d}"


@st.composite
def held(draw: st.DrawFn, days: tuple[str, ...] = (SATURDAY,), most: int = 8) -> list[Mapping[str, object]]:
    """Sessions between noon and six, each at a moment of its own."""
    found = {}
    for _ in range(draw(st.integers(0, most))):
        name, start, long = draw(st.sampled_from(NAMES)), draw(quarters), draw(st.integers(1, 8))
        end = min(start + long, 24)
        drops = {"drop_in": 1.0} if draw(st.booleans()) else {}
        one = session(name, clock(start), clock(end), draw(st.sampled_from(days)), **drops)
        found[one["session_id"]] = one
    return list(found.values())


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Any]:
    """What may be asked, all of it together."""
    opens = draw(st.integers(0, 12))
    wish: dict[str, Any] = {
        "max_stops": draw(st.integers(1, 5)),
        "max_price": draw(st.sampled_from([None, None, 0.0, 2.5, 5.0, 7.5])),
        "min_domains": draw(st.sampled_from([0, 0, 0, 1, 2, 3])),
        "visit_minutes": draw(st.sampled_from([20.0, 45.0, 60.0, 90.5])),
        "end": draw(st.sampled_from([None, None, FAR_END])),
        "days": [(sat(clock(opens)), sat(clock(draw(st.integers(opens + 1, 24)))))],
        "asked": {
            "max_minutes": draw(st.sampled_from([None, None, 10.0, 20.0, 35.0])),
            "company": draw(st.sampled_from([(), (6.0, 38.0)])),
            "free_only": draw(st.sampled_from([False, False, True])),
        },
    }
    if draw(st.booleans()):
        wish["days"].append((sat("12:00") + 86_400, sat("17:00") + 86_400))
    pins = draw(st.sets(st.integers(0, len(NAMES) - 1), max_size=2))
    wish["pinned"] = np.array(sorted(pins), dtype=np.int32)
    out = draw(st.sets(st.integers(0, len(NAMES) - 1), max_size=2)) - pins
    wish["excluded"] = np.array(sorted(out), dtype=np.int32)
    wish["pauses"] = ()
    if draw(st.booleans()):
        first = draw(st.integers(opens, 22))
        last, minutes = first + draw(st.integers(0, 4)), draw(st.sampled_from([10.0, 30.0]))
        if sat(clock(first)) < wish["days"][0][1]:
            wish["pauses"] = (Pause(sat(clock(first)), sat(clock(last)), minutes),)
    return wish


def ask(town: Catalogue, wish: Mapping[str, Any]) -> Routes:
    more = {name: value for name, value in wish.items() if name != "days"}
    return plan(town, *wish["days"], **more)


def holds(town: Catalogue, wish: Mapping[str, Any]) -> None:
    """Everything that is true of any answer."""
    found = ask(town, wish)
    own = [frozenset(stop.activity for stop in route.stops) - {-1, *wish["pinned"].tolist()} for route in found.routes]
    for place, one in enumerate(own):
        for other in own[:place]:
            assert len(one & other) * 2 <= min(len(one), len(other))
    assert [route.prize for route in found.routes] == sorted((route.prize for route in found.routes), reverse=True)
    assert {one.why for one in found.left_out} <= set(WHY)
    if found.routes:
        made = {stop.activity for stop in found.routes[0].stops}
        assert not made & {one.activity for one in found.left_out}
        assert found.relax is None
    elif found.relax is not None:
        assert relaxed_stops(town, wish, found) in (None, found.relax.gains)


def relaxed_stops(town: Catalogue, wish: Mapping[str, Any], found: Routes) -> int | None:
    """How many stops there are when the answer's advice is followed; None where it does not say how."""
    relax = found.relax
    assert relax is not None
    other = dict(wish)
    if relax.step in ("max_price", "visit_minutes"):
        other[relax.step] = relax.to
    elif relax.step in ("max_stops", "min_domains"):
        other[relax.step] = int(relax.to or 0)
    elif relax.step in ("pauses", "excluded"):
        other[relax.step] = wish[relax.step][:0]
    elif relax.step in ("travel", "free_only", "company"):
        name = "max_minutes" if relax.step == "travel" else relax.step
        other["asked"] = {**wish["asked"], name: {"travel": relax.to, "free_only": False, "company": ()}[relax.step]}
    elif relax.step in ("until", "from") and len(wish["days"]) == 1:
        opens, closes = wish["days"][0]
        assert relax.to is not None
        other["days"] = [(opens, int(relax.to)) if relax.step == "until" else (int(relax.to), closes)]
    else:
        return None
    return sum(stop.kind == "activity" for route in ask(town, other).routes[:1] for stop in route.stops)


@settings(max_examples=60)
@given(held((SATURDAY, SUNDAY)), wishes())
def test_whatever_is_asked(sessions: list[Mapping[str, object]], wish: dict[str, Any]) -> None:
    holds(city(*sessions), wish)


@settings(max_examples=60)
@given(held(most=6), st.integers(1, 4), st.sampled_from([None, 2.5, 7.5]), quarters)
def test_nothing_longer_was_overlooked(
    sessions: list[Mapping[str, object]], max_stops: int, max_price: float | None, opens: int
) -> None:
    day = sat(clock(opens)), sat("18:00")
    found = plan(city(*sessions), day, max_stops=max_stops, max_price=max_price, alternatives=1)
    stops = sum(len(route.stops) for route in found.routes)
    assert stops == most_stops(sessions, day, max_stops, max_price)


def most_stops(
    sessions: list[Mapping[str, object]], day: tuple[int, int], max_stops: int, max_price: float | None
) -> int:
    """By trying every order of every choice."""
    for n in range(min(max_stops, len(sessions)), 0, -1):
        if any(can_be(order, day, max_price) for order in permutations(sessions, n)):
            return n
    return 0


def can_be(order: tuple[Mapping[str, Any], ...], day: tuple[int, int], max_price: float | None) -> bool:
    names = [one["activity_id"] for one in order]
    prices = [PRICE[name] for name in names]
    if len(set(names)) < len(names) or "stars" in names:
        return False
    if "exam" in names and "robots" not in names[: names.index("exam")]:
        return False
    if max_price is not None and (None in prices or sum(prices) > max_price):  # type: ignore[arg-type]
        return False
    at, here = day[0], 0
    for one in order:
        there = MINUTES[VENUE[one["activity_id"]]]
        at, here = at + abs(there - here) * 60, there
        start, end = one["start"], one["end"]
        if one.get("drop_in"):
            at = max(at, start) + min(3600, end - start)
            if at > end:
                return False
        elif at > start:
            return False
        else:
            at = end
    return bool(at + here * 60 <= day[1])
