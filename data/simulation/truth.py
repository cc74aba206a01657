"""What nobody in a real city could know: the planted truth behind the tables, and questions to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from data.simulation.choice import (
    State,
    enjoyment_of,
    features,
    interest_in,
    may_go,
    minutes,
    tongues,
    utility_of,
)
from data.simulation.config import SimulationConfig
from data.simulation.exposure import Exposure, pull
from data.simulation.history import Shifts, Visits, woken
from data.simulation.offer import Offer
from data.simulation.people import FASHION, GAP, KEPT, People, in_fashion
from recommender.city import UNKNOWN, Bool, Float64, Int32, Int64

_POPULAR_SECONDS = 30 * 86400


@dataclass(frozen=True, eq=False)
class Truth:
    """The planted truth. Rows of learners, activities, sessions and themes are those of the tables.

    Attributes
    ----------
    config : SimulationConfig
        With the choice coefficients and the switches.
    offer : Offer
        All that is true of activities and sessions, also where the tables do not say it.
    people : People
    parent : int32, shape (n_themes,)
    neighbours : bool, shape (n_themes, n_themes)
        Between which themes interest spreads.
    interest : float64, shape (n_learners, n_themes)
        At ``as_of``.
    snapshots : float64, shape (n_seasons, n_learners, n_themes)
        At ``snapshot_at`` (int64, seconds since 1970 UTC).
    shifts : Shifts
        Every awakened interest.
    exposure : Exposure
        What was shown, with exact probabilities.
    visits : Visits
        Every visit with its true enjoyment.
    planted : mapping of str to object
        The gaps: ``poor_areas``, ``desert_areas``, ``desert_ages`` and the factors of poor neighbourhoods; empty where
        ``group_gap`` is off.
    as_of : int
    """

    config: SimulationConfig
    offer: Offer
    people: People
    parent: Int32
    neighbours: Bool
    interest: Float64
    snapshots: Float64
    snapshot_at: Int64
    shifts: Shifts
    exposure: Exposure
    visits: Visits
    planted: Mapping[str, object]
    as_of: int


def interest_at(truth: Truth, at: int | None = None) -> Float64:
    """Everybody's interests at a moment (None: ``as_of``); exact at every look.

    Returns
    -------
    float64, shape (n_learners, n_themes)
    """
    if at is None or at >= truth.as_of:
        return truth.interest
    number = max(0, int(np.searchsorted(truth.snapshot_at, at, side="right")) - 1)
    interest: Float64 = truth.snapshots[number].copy()
    shifts = truth.shifts
    since = (shifts.at >= truth.snapshot_at[number]) & (shifts.at < at)
    np.add.at(interest, (shifts.learner[since], shifts.theme[since]), shifts.by[since])
    return interest


def popularity_at(truth: Truth, at: int | None = None) -> Float64:
    """Sign-ups of each activity in the 30 days before a moment. Shape (n_activities,)."""
    now = truth.as_of if at is None else at
    log = truth.exposure
    recent = log.seated & (log.at < now) & (log.at >= now - _POPULAR_SECONDS - 3600)
    activity = truth.offer.activity[log.session[recent]]
    return np.bincount(activity, minlength=len(truth.offer.activities)).astype(np.float64)


def state_at(truth: Truth, at: int | None = None) -> State:
    """The city at a moment (None: ``as_of``), as those who chose then saw it."""
    now = truth.as_of if at is None else at
    visited = np.zeros((len(truth.people), len(truth.offer.activities)), dtype=np.bool_)
    before = truth.visits.at < now
    visited[truth.visits.learner[before], truth.visits.activity[before]] = True
    speaks, tongue = tongues(truth.offer, truth.people)
    return State(now, interest_at(truth, at), popularity_at(truth, at), visited, speaks, tongue)


def open_sessions(truth: Truth, at: int | None = None, horizon_days: int | None = None) -> Int32:
    """Rows of the sessions that somebody who looks at a moment could still sign up for, seats aside."""
    now, offer = truth.as_of if at is None else at, truth.offer
    days = truth.config.horizon_days if horizon_days is None else horizon_days
    later = np.where(offer.drop_in, offer.end, offer.start) > now
    return np.flatnonzero(later & (offer.start < now + days * 86400) & offer.held).astype(np.int32)


def eligible(truth: Truth, learners: Int32, sessions: Int32, at: int | None = None) -> Bool:
    """Whether each learner may go to each session: age, language, badge, not been there yet. Shape (n, m)."""
    return may_go(truth.offer, truth.people, np.asarray(learners)[:, None], sessions, state_at(truth, at), truth.as_of)


def utility(
    truth: Truth, learners: Int32, sessions: Int32, at: int | None = None, state: State | None = None
) -> Float64:
    """True utility of every (learner, session), without noise, as a learner who chooses alone has it.

    Parameters
    ----------
    learners, sessions : int32, shapes (n,) and (m,)
    at : int or None
        Seconds since 1970 UTC; None: ``as_of``.
    state : State or None
        ``state_at(truth, at)``, when it is at hand.

    Returns
    -------
    float64, shape (n, m)
        In units of the logit's noise; ``Coefficients.nothing`` is the utility of staying at home.
    """
    state = state or state_at(truth, at)
    found = features(truth.offer, truth.people, np.asarray(learners)[:, None], sessions, state, truth.as_of)
    return utility_of(found, truth.offer.quality[truth.offer.activity[sessions]], truth.config.coefficients)


def enjoyment(truth: Truth, learners: Int32, activities: Int32, at: int | None = None) -> Float64:
    """True chance that each learner enjoys a visit to each activity. Shape (n, m)."""
    rows = np.asarray(activities)
    liking = interest_in(truth.offer, interest_at(truth, at), np.asarray(learners)[:, None], rows)
    return enjoyment_of(liking, truth.offer.quality[rows], truth.config.coefficients)


def oracle(
    truth: Truth,
    learners: Int32,
    at: int | None = None,
    sessions: Int32 | None = None,
    exposed: bool = True,
    candidates: Bool | None = None,
) -> list[Int32]:
    """For each learner the activities, most likely choice first, as only the truth can rank them.

    Parameters
    ----------
    sessions : int32 or None
        To rank over; None: everything open within the horizon.
    exposed : bool
        True predicts what will be *chosen*: it also knows what people tend to see. False ranks by utility alone.
    candidates : bool, shape (n, m), or None
        Which sessions count for each learner; None: those the learner may go to.

    Returns
    -------
    list of int32 arrays
        Activity rows, each once, by the best session of each.
    """
    state = state_at(truth, at)
    sessions = open_sessions(truth, at) if sessions is None else np.asarray(sessions)
    who = np.asarray(learners)
    can = (
        may_go(truth.offer, truth.people, who[:, None], sessions, state, truth.as_of)
        if candidates is None
        else candidates
    )
    score = utility(truth, who, sessions, at, state)
    activity = truth.offer.activity[sessions]
    if exposed and truth.config.exposure_bias:
        time = minutes(truth.offer, truth.people, who[:, None], sessions)
        weight = pull(np.ones_like(can), state.popularity[activity], time, biased=True)
        score = score + np.log(np.maximum(weight, 1e-300))
    score = np.where(can, score, -np.inf)
    ranked = []
    for row in score:
        order = np.argsort(-row, kind="stable")
        order = order[np.isfinite(row[order])]
        found = activity[order]
        _, first = np.unique(found, return_index=True)
        ranked.append(found[np.sort(first)].astype(np.int32))
    return ranked


def after_visit(truth: Truth, interest: Float64, activities: Int32, enjoyed: Bool, rng: np.random.Generator) -> Float64:
    """Interests after one visit each, for trying out policies round by round.

    Parameters
    ----------
    interest : float64, shape (n, n_themes)
        Of the visitors before the visit.
    activities : int32, shape (n,)
    enjoyed : bool, shape (n,)

    Returns
    -------
    float64, shape (n, n_themes)
        Unchanged where ``interests_spread`` is off or the visit was not enjoyed.
    """
    after = interest.copy()
    if truth.config.interests_spread:
        theme, by = woken(truth.neighbours, truth.offer.weights[activities], interest, rng)
        rows = np.flatnonzero(enjoyed & (theme != UNKNOWN))
        after[rows, theme[rows]] += by[rows]
    return after


def planted_truths(truth: Truth) -> Mapping[str, float]:
    """Every number that was planted and that a study of the city should find again, by name.

    Returns
    -------
    mapping of str to float
        All coefficients of a choice under their own names, and:

        ``minute``, ``euro``: what one more costs, in units of the logit's noise, somebody to whom it matters as usual;
        ``minute_poor``, ``euro_poor``: the same in a poor neighbourhood. ``looks_poor``: how often people there look, as a
        share of others. ``awakened``: what a unit of interest that a visit woke counts for, 0 where visits wake nothing.
        ``kept``: correlation of interests from one season to the next, where nothing else moves them. ``fashion``: by how
        much interest in the theme in fashion grows each season, and falls in the one out of it.
    """
    config, given = truth.config, truth.config.coefficients
    gap = GAP if config.group_gap else dict.fromkeys(GAP, 1.0)
    return {
        **asdict(given),
        "minute": given.travel / 10,
        "euro": given.price / 5,
        "minute_poor": given.travel / 10 * gap["travel_factor"],
        "euro_poor": given.price / 5 * gap["price_factor"],
        "looks_poor": gap["looks_factor"],
        "awakened": given.interest if config.interests_spread else 0.0,
        "kept": KEPT if config.drift else 1.0,
        "fashion": FASHION if config.fashion else 0.0,
    }


def themes_in_fashion(truth: Truth) -> tuple[str, str] | None:
    """Ids of the theme that comes into fashion and of the one that goes out; None where ``fashion`` is off."""
    if not truth.config.fashion:
        return None
    rising, falling = in_fashion(truth.config.seed, truth.parent)
    return truth.offer.themes[rising], truth.offer.themes[falling]
