"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

import numpy as np

from recommender.answer import Reason
from recommender.city import UNKNOWN, Catalogue
from recommender.context import Context
from recommender.interest import InterestProfile
from recommender.model import Model
from recommender.passport import Passport

MOST = 3
WORTH_SAYING = 0.05
"""A part that lifts a score by less than this is no reason for anybody."""


def reasons_for(
    activity: int,
    parts: dict[str, float],
    position: int,
    context: Context,
    passport: Passport,
    profile: InterestProfile,
    catalogue: Catalogue,
    model: Model,
) -> tuple[Reason, ...]:
    """The strongest reasons for one activity, at most three, strongest first.

    Parameters
    ----------
    activity : int
        Row.
    parts : mapping of source and ``context`` part to float
        What each added to the score.
    position : int
        Place of the activity in ``context``.
    """
    found = [
        _like_stamp(activity, parts["similar"], profile, model),
        _together_with(activity, parts["als"], parts["graph"], profile, model),
        _wish(activity, parts["wishes"], passport, model),
        _theme(activity, parts["metadata"], profile, model),
        Reason("popular", gain=parts["popular"]),
        Reason("next_station", line=int(context.station[position]), gain=parts["station"]),
        Reason("near", minutes=float(context.minutes[position]), gain=parts["minutes"]),
        Reason("known_venue", gain=parts["venue"] + parts["places"]) if parts["venue"] > 0 else None,
        Reason("free", gain=parts["price"]) if catalogue.activities.price[activity] == 0 else None,
        Reason("soon", gain=parts["days"]),
    ]
    real = [reason for reason in found if reason is not None and reason.gain >= WORTH_SAYING]
    return tuple(sorted(real, key=lambda reason: -reason.gain)[:MOST])


def _like_stamp(activity: int, gain: float, profile: InterestProfile, model: Model) -> Reason | None:
    """The stamp whose description resembles this activity's most."""
    stamped, weights = profile.history.indices, profile.history.data
    likeness = weights * np.asarray(model.similar.weights[stamped, :][:, [activity]].toarray()).ravel()
    if not len(stamped) or likeness.max() <= 0:
        return None
    return Reason("like_stamp", activity=int(stamped[np.argmax(likeness)]), gain=gain)


def _together_with(activity: int, als: float, graph: float, profile: InterestProfile, model: Model) -> Reason | None:
    """The stamp that others who came there share most often with this activity."""
    stamped, weights = profile.history.indices, profile.history.data
    together = weights * np.asarray(model.graph.weights[stamped, :][:, [activity]].toarray()).ravel()
    if not len(stamped) or together.max() <= 0:
        return None
    return Reason("together_with", activity=int(stamped[np.argmax(together)]), gain=als + graph)


def _wish(activity: int, gain: float, passport: Passport, model: Model) -> Reason | None:
    """The wished theme that this activity has most of."""
    if not len(passport.wishes):
        return None
    share = np.asarray(model.theme_shares[[activity], :].toarray()).ravel()[passport.wishes]
    return Reason("wish", theme=int(passport.wishes[np.argmax(share)]), gain=gain) if share.max() > 0 else None


def _theme(activity: int, gain: float, profile: InterestProfile, model: Model) -> Reason | None:
    """The theme that this activity shares most with everything stamped."""
    if not profile.history.nnz:
        return None
    of_stamps = np.asarray((profile.history @ model.theme_shares).toarray()).ravel()
    shared = np.asarray(model.theme_shares[[activity], :].toarray()).ravel() * of_stamps
    theme = int(np.argmax(shared)) if len(shared) else UNKNOWN
    return Reason("theme", theme=theme, gain=gain) if theme != UNKNOWN and shared[theme] > 0 else None
