"""What another way of drawing would have brought, from the logged probabilities of the drawn place.

One place of every list is drawn, and the exact chance with which each activity got it is logged. That makes it the one place
of which something can be said about a policy that was never in service. With reward r, logged chance p of what was
shown, and the chance t with which the other policy would have shown it, w = t ÷ p:

======  =====================================================  ====================================================
IPS     mean of w·r                                            Horvitz & Thompson 1952,
                                                               doi:10.1080/01621459.1952.10483446
SNIPS   Σ w·r ÷ Σ w; never leaves the range of the reward      Swaminathan & Joachims 2015 (NeurIPS 28); Hájek 1971
DR      mean of q(x, t) + w·(r − q(x, shown)), with q a model  Dudík, Erhan, Langford & Li 2014, doi:10.1214/14-STS500
        of the reward and q(x, t) its mean under the other
        policy; right when p is, whatever q is
======  =====================================================  ====================================================

A learner's places hang together, so learners are the clusters of every interval. Nothing is claimed below 5,000 logged places or an
effective sample (Σw)² ÷ Σw² of 400 (Kish 1965): below it the interval of a sharp policy is an accident of a few weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, AT, LEARNER
from data.messages import load
from recommender.city import Float64, Int64
from recommender.errors import BadInput
from recommender.insight.cells import HIDDEN_BELOW, rounded
from training.evaluation.moments import moments
from training.evaluation.score import score_limits
from training.evaluation.uncertainty import LEVEL, Interval, intervals

SLOTS, EFFECTIVE = 5_000, 400.0
HORIZON_DAYS = 30.0
DAY = 86_400
_SURE = 0.999
"""At this level the mean weight must allow 1: else the logged chances, or the other policy's, are not what they say."""
Target = Callable[[pd.DataFrame], Float64]
"""The chance with which another policy would have shown what each drawn place held. Shape (n_slots,)."""


@dataclass(frozen=True, eq=False)
class Logged:
    """Drawn places, with what came of them.

    Attributes
    ----------
    reward : float64, shape (n_slots,)
        From 0 to 1: whether it was visited.
    logged : float64, shape (n_slots,)
        The exact chance with which it was shown, above 0.
    target : float64, shape (n_slots,)
        The chance with which the other policy would have shown it.
    learner : int64, shape (n_slots,)
        Whose list it was.
    predicted, expected : float64, shape (n_slots,), or None
        q of what was shown, and mean of q over what the other policy would show there. From a model that was fitted on
        other learners (cross-fitting), else DR is too sure of itself.

    Raises
    ------
    BadInput
        When a chance is not one, naming it and its row.
    """

    reward: Float64
    logged: Float64
    target: Float64
    learner: Int64
    predicted: Float64 | None = None
    expected: Float64 | None = None

    def __post_init__(self) -> None:
        for name, low in (("logged", np.nextafter(0, 1)), ("target", 0.0), ("reward", 0.0)):
            values = np.asarray(getattr(self, name))
            wrong = np.flatnonzero(~((values >= low) & (values <= 1)))
            if len(wrong):
                above = "above 0 and at most 1" if name == "logged" else "from 0 to 1"
                raise BadInput(f"{name}: row {wrong[0]} holds {values[wrong[0]]!r}, which is not {above}")
        if (self.predicted is None) != (self.expected is None):
            raise BadInput("predicted, expected: give both or neither; DR needs the model's word on both policies")


@dataclass(frozen=True)
class OffPolicy:
    """What the log says of the other policy.

    Attributes
    ----------
    slots : int
    effective : float
        (Σw)² ÷ Σw²; 0 where the other policy would have shown none of it.
    ips, snips, dr : Interval or None
        None where nothing may be claimed, and ``dr`` where there is no model. ``n`` counts learners.
    weight : Interval or None
        Mean of w; 1 when all chances are what they say.
    why : str
        Why nothing is claimed: ``few_slots``, ``few_effective``, ``few_people``, ``probabilities``; ``""`` when something is.
    """

    slots: int
    effective: float
    ips: Interval | None
    snips: Interval | None
    dr: Interval | None
    weight: Interval | None
    why: str


def estimates(logged: Logged, draws: int, seed: int) -> dict[str, Interval]:
    """IPS, SNIPS, DR (with a model) and the mean weight, each with its 95% interval, however little evidence there is.

    Parameters
    ----------
    logged : Logged
        At least one place.
    draws, seed : int
        See ``intervals``.
    """
    weight = logged.target / logged.logged
    columns = {"ips": weight * logged.reward}
    if logged.predicted is not None and logged.expected is not None:
        columns["dr"] = logged.expected + weight * (logged.reward - logged.predicted)
    # The mean weight comes along at its own, wider level below.
    found = dict(
        zip(columns, intervals(np.stack([*columns.values()], axis=1), draws, seed, logged.learner), strict=True)
    )
    found["weight"] = intervals(weight[:, None], draws, seed, logged.learner, level=_SURE)[0]
    _, place = np.unique(logged.learner, return_inverse=True)
    sums = np.bincount(place, weight * logged.reward)[:, None].astype(np.float64)
    rows = np.bincount(place, weight)[:, None].astype(np.float64)
    ratio = moments(sums, rows)
    low, high = score_limits(sums, rows, np.zeros(1), np.ones(1), LEVEL, more=0.0)
    found["snips"] = Interval(float(ratio.mean[0]), float(low[0]), float(high[0]), int(ratio.clusters[0]))
    return found


def estimate(logged: Logged, draws: int, seed: int) -> OffPolicy:
    """What may be claimed of the other policy; nothing below the minimum evidence.

    Parameters
    ----------
    logged : Logged
    draws, seed : int
        See ``intervals``.
    """
    slots, weight = len(logged.reward), logged.target / logged.logged
    effective = float(weight.sum() ** 2 / max(float((weight**2).sum()), np.finfo(float).tiny))
    if slots < SLOTS:
        return OffPolicy(slots, effective, None, None, None, None, "few_slots")
    if effective < EFFECTIVE:
        return OffPolicy(slots, effective, None, None, None, None, "few_effective")
    if len(np.unique(logged.learner)) < HIDDEN_BELOW:
        return OffPolicy(slots, effective, None, None, None, None, "few_people")
    found = estimates(logged, draws, seed)
    mean = found["weight"]
    if not mean.low <= 1 + 1e-9 or not mean.high >= 1 - 1e-9:
        return OffPolicy(slots, effective, None, None, None, mean, "probabilities")
    return OffPolicy(slots, effective, found["ips"], found["snips"], found.get("dr"), mean, "")


def drawn_slots(
    feedback: pd.DataFrame, stamps: pd.DataFrame, until: int, time_zone: str, horizon_days: float = HORIZON_DAYS
) -> pd.DataFrame:
    """Drawn places that had their time, one for each learner and day, with whether the learner then went there.

    The draw holds for a day, so asking twice is no new evidence: the first place of a day counts.

    Parameters
    ----------
    feedback : DataFrame
        What was shown: ``learner_id``, ``at`` (seconds since 1970 UTC), ``activity_id``, ``kind``, ``slot``, ``probability``.
    stamps : DataFrame
        Canonical.
    until : int
        How far the stamps reach; a place whose horizon ends later is not yet counted.
    time_zone : str
        Of the city, for its days.
    horizon_days : float
        For how long after it was shown a visit counts as come of it.

    Returns
    -------
    DataFrame
        ``learner_id``, ``at``, ``activity_id``, ``probability``, ``reward`` (1.0 or 0.0), in the order of time.
    """
    over = feedback[AT] + round(horizon_days * DAY) <= until
    drawn = feedback[(feedback["kind"] == "shown") & (feedback["slot"] == "drawn") & over]
    drawn = drawn.sort_values([AT, LEARNER, ACTIVITY], kind="stable")
    day = pd.to_datetime(drawn[AT], unit="s", utc=True).dt.tz_convert(time_zone).dt.normalize()
    first = ~pd.DataFrame({LEARNER: drawn[LEARNER], "day": day}).duplicated()
    drawn = drawn.loc[first, [LEARNER, AT, ACTIVITY, "probability"]].reset_index(drop=True)
    visits = stamps[[LEARNER, ACTIVITY, AT]].rename(columns={AT: "visit"})
    pairs = drawn.reset_index(names="slot").merge(visits, on=[LEARNER, ACTIVITY])
    came = (pairs["visit"] >= pairs[AT]) & (pairs["visit"] < pairs[AT] + round(horizon_days * DAY))
    return drawn.assign(reward=drawn.index.isin(pairs.loc[came, "slot"]).astype(np.float64))


def off_policy(
    feedback: pd.DataFrame | None,
    stamps: pd.DataFrame,
    until: int,
    time_zone: str,
    draws: int,
    seed: int,
    target: Target | None = None,
    policy: str = "as_drawn",
) -> dict[str, Any] | None:
    """The drawn place as plain values for the results; None without a log.

    Parameters
    ----------
    feedback, stamps, until, time_zone
        See ``drawn_slots``.
    draws, seed : int
        See ``intervals``.
    target : callable or None
        The other policy; None: the one that was in service, so that the estimate is what the drawn place itself brought.
    policy : str
        What the results call it.
    """
    if feedback is None:
        return None
    slots = drawn_slots(feedback, stamps, until, time_zone)
    chance = slots["probability"].to_numpy(np.float64)
    logged = Logged(
        reward=slots["reward"].to_numpy(np.float64),
        logged=chance,
        target=chance if target is None else target(slots),
        learner=np.unique(slots[LEARNER].to_numpy(dtype=np.str_), return_inverse=True)[1].astype(np.int64),
    )
    found = estimate(logged, draws, seed)
    people, came = len(np.unique(logged.learner)), len(np.unique(logged.learner[logged.reward > 0]))
    if not found.why and 0 < min(came, people - came) < HIDDEN_BELOW:
        found = replace(found, ips=None, snips=None, dr=None, weight=None, why="few_people")
    shown = people >= HIDDEN_BELOW or not people
    names = ("ips", "snips", "dr")
    return {
        "policy": policy,
        "horizon_days": HORIZON_DAYS,
        "slots": rounded(found.slots) if shown else None,
        "effective": rounded(int(found.effective)) if shown else None,
        "needed": {"slots": SLOTS, "effective": int(EFFECTIVE)},
        "enough": not found.why,
        "why": found.why or None,
        "estimates": {} if found.why else {name: _plain(getattr(found, name)) for name in names},
        "weight": _plain(found.weight),
    }


def _plain(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": round(found.value, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
        "n": rounded(found.n),
    }


def sentence(found: Mapping[str, Any] | None, lang: str) -> str:
    """What a coordinator may read about the drawn place: what it brought, or why nothing can be said.

    Parameters
    ----------
    found : mapping or None
        From ``off_policy``.
    lang : str
        ``nl`` or ``en``.
    """
    words = load(lang)
    if found is None:
        return words.text("statistics", "off_policy_no_log")
    if not found["enough"]:
        known = {name: found[name] for name in ("slots", "effective") if found[name] is not None}
        needed = {f"needed_{name}": value for name, value in found["needed"].items()}
        return words.text("statistics", f"off_policy_{found['why']}", **known, **needed)
    main = found["estimates"]["dr"] or found["estimates"]["snips"]
    values = {name: f"{100 * main[name]:.1f}" for name in ("value", "low", "high")}
    return words.text("statistics", "off_policy", slots=found["slots"], days=round(found["horizon_days"]), **values)
