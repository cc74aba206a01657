"""Badges: what the passport holds, what visits ask for, and what they give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.city import Bool, Int32
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.visits import Visits
from recommender.routing.problem import UInt64

MOST_BADGES = 64
"""So many different badges that visits ask for fit in the bits of a problem."""


def held_badges(asked: Asked) -> frozenset[str]:
    """Badges in the passport, and those of lines that it has finished."""
    return asked.passport.badges | {asked.catalogue.lines.badge[line] for line in _finished(asked, ())}


def earned_by(asked: Asked, activities: Sequence[int]) -> tuple[str, ...]:
    """Badges that visits give, each once: their own, and those of lines that end with them."""
    own = (badge for row in activities for badge in asked.catalogue.activities.awards[row])
    before = set(_finished(asked, ()))
    ended = (asked.catalogue.lines.badge[line] for line in _finished(asked, activities) if line not in before)
    return tuple(dict.fromkeys((*own, *ended)))


def _finished(asked: Asked, activities: Sequence[int]) -> list[int]:
    """Lines with a badge of which every station is behind the learner, or among some activities."""
    lines, behind = asked.catalogue.lines, {*asked.passport.stamps.activity.tolist(), *activities}
    return [
        line
        for line, stations in enumerate(lines.stations)
        if lines.badge[line] and len(stations) and behind.issuperset(stations.tolist())
    ]


def _missing_badges(asked: Asked, rows: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What each activity asks for and the passport does not hold; only those that ask for something."""
    requires, held = asked.catalogue.activities.requires, held_badges(asked)
    asks = {row: tuple(badge for badge in requires[row] if badge not in held) for row in rows if requires[row]}
    return {row: badges for row, badges in asks.items() if badges}


def without_badges(asked: Asked, visits: Visits) -> Visits:
    """Bar what asks for a badge that no visit in reach gives, until nothing changes."""
    rows = np.unique(visits.activity[visits.free]).tolist()
    asks = _missing_badges(asked, rows)
    awards = asked.catalogue.activities.awards
    out: set[int] = set()
    while asks:
        given = {badge for row in rows if row not in out for badge in awards[row]}
        gone = {row for row, badges in asks.items() if row not in out and not set(badges) <= given}
        if not gone:
            break
        out |= gone
    return visits.bar(np.isin(visits.activity, list(out)), "prerequisite") if out else visits


def within_the_bits(asked: Asked, visits: Visits) -> Visits:
    """Bar what asks for a badge beyond ``MOST_BADGES``, in the order of their names."""
    asks = _missing_badges(asked, np.unique(visits.activity[visits.free]).tolist())
    known = set(_asked_for(asks))
    beyond = [row for row, badges in asks.items() if not set(badges) <= known]
    return visits.bar(np.isin(visits.activity, beyond), "prerequisite") if beyond else visits


def _asked_for(asks: dict[int, tuple[str, ...]]) -> list[str]:
    return sorted({badge for badges in asks.values() for badge in badges})[:MOST_BADGES]


def gives_what_is_asked(asked: Asked, activity: Int32) -> Bool:
    """Which activities award a badge that one of them asks for."""
    rows = np.unique(activity).tolist()
    wanted = {badge for badges in _missing_badges(asked, rows).values() for badge in badges}
    awards = asked.catalogue.activities.awards
    giving = [row for row in rows if wanted and not wanted.isdisjoint(awards[row])]
    found: Bool = np.isin(activity, giving)
    return found


def badge_bits(asked: Asked, own: Visits, n_pauses: int) -> tuple[UInt64, UInt64]:
    """Bits for every badge that a visit asks for and the passport does not hold."""
    rows = own.activity.tolist()
    asks = _missing_badges(asked, rows)
    bit = {name: 1 << place for place, name in enumerate(_asked_for(asks))}
    awards = asked.catalogue.activities.awards
    given = [sum(bit[badge] for badge in set(awards[row]) if badge in bit) for row in rows]
    asked_for = [sum(bit[badge] for badge in set(asks.get(row, ())) if badge in bit) for row in rows]
    return (
        np.array(given + [0] * n_pauses, dtype=np.uint64),
        np.array(asked_for + [0] * n_pauses, dtype=np.uint64),
    )
