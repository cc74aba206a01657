"""Is there still something to recommend, and does the release know it?"""

from __future__ import annotations

import numpy as np

from data.columns import ACTIVITY
from data.tables import Tables
from recommender.release import Release
from training.gate import Check

DAY = 86_400
AHEAD_DAYS = 30
MONTHS_BACK = 12
LEAST_SHARE = 0.1
"""With less than a tenth of what is usually on in a month, the agenda has run out rather than that it is a quiet month."""
KNOWN_SHARE = 0.5


def agenda_check(tables: Tables, now: int) -> Check:
    """Whether the agenda goes on: how many activities are on in the coming 30 days, beside the usual month.

    Parameters
    ----------
    now : int
        Seconds since 1970 UTC.
    """
    sessions = tables.sessions
    if not tables.has_sessions:
        return Check("stale_agenda", None)
    coming = len(_on(tables, now))
    first = int(sessions["start"].min()) if len(sessions) else now
    back = [now - number * AHEAD_DAYS * DAY for number in range(1, MONTHS_BACK + 1)]
    usual = [len(_on(tables, start)) for start in back if start + AHEAD_DAYS * DAY > first]
    middle = float(np.median(usual)) if usual else 0.0
    fine = coming > 0 and coming >= LEAST_SHARE * middle
    return Check("stale_agenda", fine, {"coming": coming, "usual": round(middle)})


def _on(tables: Tables, start: int) -> set[str]:
    """Activities with a session in the 30 days from a moment."""
    sessions, ends = tables.sessions, start + AHEAD_DAYS * DAY
    held = sessions["status"] != "cancelled"
    open_then = (sessions["drop_in"] == 1) & (sessions["end"] > start) & (sessions["start"] < ends)
    starts_then = (sessions["start"] >= start) & (sessions["start"] < ends)
    return set(sessions[ACTIVITY][held & (open_then | starts_then)])


def release_check(tables: Tables, release: Release, now: int) -> Check:
    """Whether the release was made with the agenda of today: how much of what is on it had seen.

    What it has not seen it still ranks, by its description; but it knows nobody who went there.
    """
    on = _on(tables, now) if tables.has_sessions else set(tables.activities[ACTIVITY])
    if not on:
        return Check("stale_release", None)
    known = len(on & set(release.model.ids)) / len(on)
    return Check("stale_release", known >= KNOWN_SHARE, {"known": f"{100 * known:.0f}"})
