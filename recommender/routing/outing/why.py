"""The constraints that can keep a good candidate out of a route, and what each of these words means exactly."""

from __future__ import annotations

from collections.abc import Mapping

MEANING: Mapping[str, str] = {
    "excluded": "the wish says: not this one",
    "not_eligible": "it is pinned, but the passport or the request's own filters leave it out",
    "full": "it is pinned, but what there is of it in the day parts is cancelled or has no place left",
    "other_session": "it could be, but another session of the same activity is pinned, and that one cannot",
    "no_place": "nobody knows where it takes place",
    "closed_then": "on none of the days does it begin and end within the day part, with its door open",
    "price": "its price is not known or above the budget; or with it the best route would cost more than that",
    "too_far": "the way there, or home, is longer than was asked for, or there is none",
    "no_time": "even alone, the way there, the stay and the way home take too long; or it would fit into the best route "
    "if one could leave four hours earlier and be home four hours later",
    "prerequisite": "it asks for a badge that the passport does not hold and that no visit before it gives",
    "pinned": "it does not fit beside the pinned stops and the pauses, whatever else is left out",
    "max_stops": "it would fit into the best route, if that could have one stop more",
    "min_domains": "it is worth more than a stop whose place it could take, but then too few domains would be met",
    "less_wanted": "it fits only instead of something, and the route is worth more as it is",
}
"""Of the words that hold, the first one of the visit's own (excluded to prerequisite) is given, then the others."""

WHY = tuple(MEANING)
