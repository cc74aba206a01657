"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recommender.answer import Reason
from recommender.city import UNKNOWN, Catalogue, Float32, Float64, Int32
from recommender.context import Context
from recommender.interest import InterestProfile
from recommender.model import Model
from recommender.product import row_totals
from recommender.strongest import strongest_stamps, strongest_themes

MOST = 3
WORTH_SAYING = 0.05
"""A part that lifts a score by less than this is no reason for anybody."""


GAINS = {
    "like_stamp": ("similar",),
    "together_with": ("als", "graph"),
    "wish": ("wishes",),
    "theme": ("metadata",),
    "popular": ("popular",),
    "next_station": ("station",),
    "near": ("minutes",),
    "known_venue": ("venue",),
    "free": ("price",),
    "soon": ("days",),
}
"""What each reason gained: the parts that it puts in words. Of equal gains the first is said first."""
CODES = tuple(GAINS)
NAMED = ("activity", "theme", "line", "minutes")
"""What a reason may name, in the order of its fields."""
SPEAKS_OF = [
    NAMED.index({"wish": "theme", "theme": "theme", "next_station": "line", "near": "minutes"}.get(code, "activity"))
    for code in CODES
]
"""Which of them each does, if it names any."""


class Why(NamedTuple):
    """What each source added to one score, and the reasons that follow from it."""

    reasons: tuple[Reason, ...] = ()
    parts: Mapping[str, float] = MappingProxyType({})


def explain(
    activities: Int32,
    sources: dict[str, Float32],
    context: Context,
    profile: InterestProfile,
    catalogue: Catalogue,
    model: Model,
) -> list[Why]:
    """Reasons for every activity of one learner's list, at most three each, strongest first.

    Parameters
    ----------
    activities : int32, shape (n,)
        Rows.
    sources : mapping of source to float32, shape (n,)
        What each added to the score.
    context : Context
        Of the same n activities.
    profile : InterestProfile
        A block of one learner.
    """
    stamped, weights, shares = profile.stamped, profile.weights, model.theme_shares
    speaks = {
        "like_stamp": strongest_stamps(stamped, weights, model.similar.weights, activities),
        "together_with": strongest_stamps(stamped, weights, model.graph.weights, activities),
        "wish": strongest_themes(shares, activities, profile.wishes[0]),
        "theme": strongest_themes(shares, activities, _themes_of(profile, shares)),
        "next_station": context.station,
    }
    parts = sources | context.parts
    names, values = tuple(parts), np.stack(tuple(parts.values())).astype(np.float64)
    gains = values[[names.index(GAINS[code][0]) for code in CODES]]
    gains[CODES.index("together_with")] += values[names.index("graph")]
    for code, who in speaks.items():
        gains[CODES.index(code), who == UNKNOWN] = 0
    gains[CODES.index("free"), catalogue.activities.price[activities] != 0] = 0
    strongest = np.argsort(-gains, axis=0, kind="stable")[:MOST].T.tolist()
    about = [speaks[code].tolist() if code in speaks else None for code in CODES]
    about[CODES.index("near")] = context.minutes.tolist()
    found, table = list[Why](), values.T.tolist()
    for place, (row, best, gained) in enumerate(zip(table, strongest, gains.T.tolist(), strict=True)):
        reasons = tuple(
            _reason(code, gained[code], about[code], place) for code in best if gained[code] >= WORTH_SAYING
        )
        found.append(Why(reasons, dict(zip(names, row, strict=True))))
    return found


def _reason(code: int, gain: float, about: list[Any] | None, place: int) -> Reason:
    if about is None:
        return Reason(CODES[code], gain=gain)
    named: list[Any] = [None] * len(NAMED)
    named[SPEAKS_OF[code]] = about[place]
    activity, theme, line, minutes = named
    return Reason(CODES[code], activity, theme, line, minutes, gain)


def _themes_of(profile: InterestProfile, shares: sparse.csr_array) -> Float64:
    """How much of each theme a learner's stamps hold. Shape (n_themes,)."""
    total = np.zeros(shares.shape[1])
    weights = profile.weights.astype(np.float64)
    row_totals(profile.stamped, weights, shares.indptr, shares.indices, shares.data, total)
    return total
