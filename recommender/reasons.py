"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Why:
    """What each source added to one score, and the reasons that follow from it."""

    reasons: tuple[Reason, ...] = ()
    parts: dict[str, float] = field(default_factory=dict)


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
    like = _names(strongest_stamps(stamped, weights, model.similar.weights, activities))
    together = _names(strongest_stamps(stamped, weights, model.graph.weights, activities))
    wished = _names(strongest_themes(shares, activities, profile.wishes[0]))
    shared = _names(strongest_themes(shares, activities, _themes_of(profile, shares)))
    price, station = catalogue.activities.price[activities].tolist(), context.station.tolist()
    minutes, numbers = context.minutes.tolist(), sources | context.parts
    table = zip(*(values.tolist() for values in numbers.values()), strict=True)
    found: list[Why] = []
    for place, row in enumerate(table):
        parts = dict(zip(numbers, row, strict=True))
        line = station[place]
        gains = (
            ("like_stamp", parts["similar"] if like[place] is not None else 0.0),
            ("together_with", parts["als"] + parts["graph"] if together[place] is not None else 0.0),
            ("wish", parts["wishes"] if wished[place] is not None else 0.0),
            ("theme", parts["metadata"] if shared[place] is not None else 0.0),
            ("popular", parts["popular"]),
            ("next_station", parts["station"] if line != UNKNOWN else 0.0),
            ("near", parts["minutes"]),
            ("known_venue", parts["venue"]),
            ("free", parts["price"] if price[place] == 0 else 0.0),
            ("soon", parts["days"]),
        )
        real = sorted((gain for gain in gains if gain[1] >= WORTH_SAYING), key=_by_gain)[:MOST]
        about = {
            "like_stamp": {"activity": like[place]},
            "together_with": {"activity": together[place]},
            "wish": {"theme": wished[place]},
            "theme": {"theme": shared[place]},
            "next_station": {"line": line},
            "near": {"minutes": minutes[place]},
        }
        reasons = tuple(Reason(code, gain=gain, **about.get(code, {})) for code, gain in real)
        found.append(Why(reasons, parts))
    return found


def _by_gain(gain: tuple[str, float]) -> float:
    return -gain[1]


def _names(rows: Int32) -> list[int | None]:
    return [None if row == UNKNOWN else row for row in rows.tolist()]


def _themes_of(profile: InterestProfile, shares: sparse.csr_array) -> Float64:
    """How much of each theme a learner's stamps hold. Shape (n_themes,)."""
    total = np.zeros(shares.shape[1])
    weights = profile.weights.astype(np.float64)
    row_totals(profile.stamped, weights, shares.indptr, shares.indices, shares.data, total)
    return total
