"""Why a good candidate is not in the route: one word for the constraint that kept it out."""

from __future__ import annotations

WHY = (
    "excluded",
    "not_eligible",
    "other_session",
    "no_place",
    "full",
    "closed_then",
    "price",
    "prerequisite",
    "too_far",
    "no_time",
    "pinned",
    "min_domains",
    "max_stops",
    "less_wanted",
)
