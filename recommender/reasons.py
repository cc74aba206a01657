"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recommender.answer import Reason
from recommender.city import UNKNOWN, Catalogue, Float32, Float64, Int32, Int64
from recommender.context import AT_BEST, Context
from recommender.interest import InterestProfile
from recommender.model import Model
from recommender.product import row_totals
from recommender.strongest import strongest_parts, strongest_stamps, strongest_themes

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
NAMED = {"wish": "theme", "theme": "theme", "next_station": "line", "near": "minutes"}
"""What each reason may name; others an activity."""
SPEAKERS = ("like_stamp", "together_with", "wish", "theme", "next_station")
"""The reasons that need something to name."""
_SPEAKERS = [CODES.index(code) for code in SPEAKERS]
_FREE = CODES.index("free")
_FIELDS = {code: Reason._fields.index(NAMED.get(code, "activity")) for code in CODES}


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
    neighbours = model.similar.weights, model.graph.weights
    speaks = np.empty((len(SPEAKERS), len(activities)), dtype=np.int32)
    speaks[:2] = strongest_stamps(stamped, weights, neighbours, activities)
    speaks[2] = strongest_themes(shares, activities, profile.wishes[0])
    speaks[3] = strongest_themes(shares, activities, _themes_of(profile, shares))
    speaks[4] = context.station
    silent = np.zeros((len(CODES), len(activities)), dtype=np.bool_)
    silent[_SPEAKERS] = speaks == UNKNOWN
    silent[_FREE] = catalogue.activities.price[activities] != 0
    values = np.array([*sources.values(), *context.rows], dtype=np.float64)
    part, more = _parts_of((*sources, *AT_BEST))
    gains, given = strongest_parts(values, part, more, silent, MOST, WORTH_SAYING)
    about = dict(zip(SPEAKERS, speaks.tolist(), strict=True)) | {"near": context.minutes.tolist()}
    spoken = [(code, _FIELDS[code], about.get(code)) for code in CODES]
    found, names = list[Why](), (*sources, *AT_BEST)
    for place, (codes, gained, row) in enumerate(zip(given.tolist(), gains.tolist(), values.T.tolist(), strict=True)):
        reasons = []
        for which in codes:
            if which == UNKNOWN:
                break
            code, field, named = spoken[which]
            fields: list[Any] = [code, None, None, None, None, gained[which]]
            if named is not None:
                fields[field] = named[place]
            reasons.append(Reason._make(fields))
        found.append(Why(tuple(reasons), dict(zip(names, row, strict=True))))
    return found


@cache
def _parts_of(names: tuple[str, ...]) -> tuple[Int64, Int64]:
    """Where the parts stand that each reason puts in words, a first one and a second, ``UNKNOWN`` for none."""
    rows = [[names.index(part) for part in (*GAINS[code], "")[:2] if part] for code in CODES]
    return np.array([row[0] for row in rows]), np.array([row[1] if len(row) > 1 else UNKNOWN for row in rows])


def _themes_of(profile: InterestProfile, shares: sparse.csr_array) -> Float64:
    """How much of each theme a learner's stamps hold. Shape (n_themes,)."""
    total = np.zeros(shares.shape[1])
    weights = profile.weights.astype(np.float64)
    row_totals(profile.stamped, weights, shares.indptr, shares.indices, shares.data, total)
    return total
