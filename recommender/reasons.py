"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recommender.answer import Reason
from recommender.city import UNKNOWN, Catalogue, Float32, Int32
from recommender.context import Context
from recommender.interest import InterestProfile
from recommender.model import Model

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
    stamped, weights = profile.history.indices, profile.history.data
    like = _strongest_stamp(stamped, weights, model.similar.weights, activities)
    together = _strongest_stamp(stamped, weights, model.graph.weights, activities)
    shares = np.asarray(model.theme_shares[activities, :].toarray())
    wished = _strongest_theme(shares * profile.wishes)
    shared = _strongest_theme(shares * np.asarray((profile.history @ model.theme_shares).toarray()))
    found = []
    for place, activity in enumerate(activities.tolist()):
        parts = {name: float(values[place]) for name, values in (sources | context.parts).items()}
        visits, station = parts["als"] + parts["graph"], int(context.station[place])
        candidates = [
            Reason("like_stamp", activity=like[place], gain=parts["similar"]) if like[place] is not None else None,
            Reason("together_with", activity=together[place], gain=visits) if together[place] is not None else None,
            Reason("wish", theme=wished[place], gain=parts["wishes"]) if wished[place] is not None else None,
            Reason("theme", theme=shared[place], gain=parts["metadata"]) if shared[place] is not None else None,
            Reason("popular", gain=parts["popular"]),
            Reason("next_station", line=station, gain=parts["station"]) if station != UNKNOWN else None,
            Reason("near", minutes=float(context.minutes[place]), gain=parts["minutes"]),
            Reason("known_venue", gain=parts["venue"]),
            Reason("free", gain=parts["price"]) if catalogue.activities.price[activity] == 0 else None,
            Reason("soon", gain=parts["days"]),
        ]
        real = [reason for reason in candidates if reason is not None and reason.gain >= WORTH_SAYING]
        found.append(Why(tuple(sorted(real, key=lambda reason: -reason.gain)[:MOST]), parts))
    return found


def _strongest_stamp(
    stamped: Int32, weights: Float32, neighbours: sparse.csr_array, activities: Int32
) -> list[int | None]:
    """For each activity, the stamp that speaks for it most; None where no stamp does."""
    if not len(stamped):
        return [None] * len(activities)
    said = weights[:, None] * np.asarray(neighbours[stamped, :][:, activities].toarray())
    best = said.argmax(axis=0)
    return [int(stamped[row]) if said[row, place] > 0 else None for place, row in enumerate(best.tolist())]


def _strongest_theme(shares: Float32) -> list[int | None]:
    """For each row, the theme with the largest share; None where all are 0."""
    if not shares.shape[1]:
        return [None] * len(shares)
    best = shares.argmax(axis=1)
    return [theme if shares[row, theme] > 0 else None for row, theme in enumerate(best.tolist())]
