"""Whether IPS, SNIPS and DR find what another policy would have brought, in a simulated city that logs true chances.

Looks are taken from a simulated city: who looked when, what they might have been shown, with which pull, and what it was worth to
them. From there logs are drawn again and again with the simulator's own exposure and choice, and the true worth of another policy
is worked out from the choice model itself, by no estimator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression

from data.simulation import Simulation, open_sessions, state_at
from data.simulation.choice import features, may_go, minutes, utility_of
from data.simulation.exposure import draw, drawn_probability, pull, seen_probability
from recommender.city import Float64, Int64
from training.evaluation.offpolicy import EFFECTIVE, SLOTS, Logged, estimates

KNOWN = ("travel", "price", "age", "popularity", "next_station")
"""What a city would know of a choice: the model behind DR sees these, not the interest that decides most."""
POLICIES = ("even", "near and cheap", "the nearest alone")


@dataclass(frozen=True, eq=False)
class Looks:
    """Moments at which somebody looked. Rows are looks, columns the sessions that were open then, padded.

    ``weight`` is the pull of each session, 0 where not eligible or no session; ``worth`` its utility; ``known`` what a city
    knows of it, shape (n_looks, n_sessions, n_known); ``nothing`` and ``seen`` are those of the city's settings.
    """

    learner: Int64
    weight: Float64
    worth: Float64
    known: np.ndarray
    nothing: float
    seen: float

    def of(self, rows: Int64) -> Looks:
        """Some of the looks."""
        return Looks(self.learner[rows], self.weight[rows], self.worth[rows], self.known[rows], self.nothing, self.seen)


def looks_of(made: Simulation, learners: int, seed: int) -> Looks:
    """Every look of some learners of a city."""
    truth = made.truth
    log, config, offer, people = truth.exposure, truth.config, truth.offer, truth.people
    _, first = np.unique(log.look, return_index=True)
    chosen = np.random.default_rng(seed).permutation(len(people))[:learners]
    first = first[np.isin(log.learner[first], chosen)]
    parts = []
    for moment in np.unique(log.at[first]):
        rows = first[log.at[first] == moment]
        who, state, sessions = log.learner[rows], state_at(truth, int(moment)), open_sessions(truth, int(moment))
        can = may_go(offer, people, who[:, None], sessions, state, truth.as_of)
        far = minutes(offer, people, who[:, None], sessions)
        weight = pull(can, state.popularity[offer.activity[sessions]], far, config.exposure_bias)
        found = features(offer, people, who[:, None], sessions, state, truth.as_of)
        quality = offer.quality[offer.activity[sessions]]
        worth = utility_of(found, quality, config.coefficients, log.family[rows][:, None])
        known = np.stack([found[name] for name in KNOWN], axis=2)
        parts.append((who, weight, worth, known))
    width = max(part[1].shape[1] for part in parts)

    def padded(part: np.ndarray) -> np.ndarray:
        more = [(0, 0), (0, width - part.shape[1])] + [(0, 0)] * (part.ndim - 2)
        return np.pad(part, more)

    whole = Looks(
        np.concatenate([part[0] for part in parts]).astype(np.int64),
        np.concatenate([padded(part[1]) for part in parts]),
        np.concatenate([padded(part[2]) for part in parts]),
        np.concatenate([padded(part[3]) for part in parts]).astype(np.float32),
        config.coefficients.nothing,
        config.seen,
    )
    return whole.of(np.flatnonzero((whole.weight > 0).any(axis=1)))


def policy(looks: Looks, name: str) -> Float64:
    """The chances of another policy, shape of ``looks.weight``; rows add up to 1.

    ``even``: whatever is eligible, all alike. ``near and cheap``: e to the power of minus travel and price as they count on average.
    ``the nearest alone``: always that, which is very unlike what was drawn.
    """
    can = looks.weight > 0
    if name == "even":
        score = can.astype(np.float64)
    elif name == "the nearest alone":
        near = np.where(can, looks.known[:, :, 0], np.inf).argmin(axis=1)
        score = (np.arange(can.shape[1]) == near[:, None]).astype(np.float64)
    else:
        travel, price = (looks.known[:, :, place].astype(np.float64) for place in (0, 1))
        score = np.where(can, np.exp(-0.5 * travel - 0.3 * price), 0.0)
    return score / score.sum(axis=1, keepdims=True)


def chosen_when_drawn(looks: Looks, draws: int, seed: int) -> Float64:
    """The chance that each session is chosen when it is the drawn one, by the choice model. Shape of ``looks.weight``.

    The mean over what else is seen, of e^u ÷ (e^nothing + Σ over seen and drawn e^u).
    """
    rng = np.random.default_rng(seed)
    power = np.where(looks.weight > 0, np.exp(looks.worth), 0.0)
    meets = seen_probability(looks.weight, looks.seen)
    total = np.zeros_like(power)
    for _ in range(draws):
        seen = rng.random(meets.shape) < meets
        around = np.exp(looks.nothing) + (power * seen).sum(axis=1, keepdims=True)
        total += power / (around + np.where(seen, 0.0, power))
    return total / draws


def model_of(looks: Looks, chosen: Float64, seed: int) -> Float64:
    """What a logistic regression on an earlier log, of what a city knows, takes for that chance. Shape of ``looks.weight``."""
    rng = np.random.default_rng(seed)
    rows = np.arange(len(looks.weight))
    place = draw(drawn_probability(looks.weight), rng)
    reward = rng.random(len(rows)) < chosen[rows, place]
    model = LogisticRegression(C=1.0).fit(looks.known[rows, place], reward)
    odds = looks.known.astype(np.float64) @ model.coef_[0] + float(model.intercept_[0])
    chance: Float64 = 1 / (1 + np.exp(-odds))
    return chance


@dataclass(frozen=True)
class Held:
    """How often each estimator's interval held the truth, over many logs; ``off`` is its mean error and ``width`` its mean width."""

    policy: str
    slots: int
    effective: float
    truth: float
    covered: dict[str, float]
    off: dict[str, float]
    width: dict[str, float]


def held(looks: Looks, name: str, slots: int, worlds: int, jobs: int, seed: int = 0) -> Held:
    """Draw ``worlds`` logs of about ``slots`` places, learner by learner, and ask all three estimators."""
    chances, given = policy(looks, name), drawn_probability(looks.weight)
    chosen = chosen_when_drawn(looks, 200, seed)
    model = model_of(looks, chosen, seed + 1)
    truth, expected = float((chances * chosen).sum(axis=1).mean()), (chances * model).sum(axis=1)
    owners, place = np.unique(looks.learner, return_inverse=True)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place))
    rows_of = [order[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    each = len(place) / len(owners)

    def once(number: int) -> tuple[dict[str, tuple[float, float, float]], float]:
        rng = np.random.default_rng([seed, number])
        drawn = rng.integers(0, len(owners), round(slots / each))
        rows = np.concatenate([rows_of[one] for one in drawn])
        # Somebody who is drawn twice stands for two people.
        learner = np.repeat(np.arange(len(drawn)), [len(rows_of[one]) for one in drawn])
        shown = draw(given[rows], rng)
        reward = (rng.random(len(rows)) < chosen[rows, shown]).astype(np.float64)
        log = Logged(reward, given[rows, shown], chances[rows, shown], learner, model[rows, shown], expected[rows])
        weight = log.target / log.logged
        found = estimates(log, 1000, number)
        intervals = {key: (one.value, one.low, one.high) for key, one in found.items()}
        return intervals, float(weight.sum() ** 2 / (weight**2).sum())

    results = Parallel(n_jobs=jobs)(delayed(once)(number) for number in range(worlds))
    names = ("ips", "snips", "dr")
    table = {key: np.array([found[key] for found, _ in results]) for key in names}
    return Held(
        name,
        slots,
        float(np.mean([effective for _, effective in results])),
        truth,
        {key: float(((rows[:, 1] <= truth) & (truth <= rows[:, 2])).mean()) for key, rows in table.items()},
        {key: float(rows[:, 0].mean() - truth) for key, rows in table.items()},
        {key: float((rows[:, 2] - rows[:, 1]).mean()) for key, rows in table.items()},
    )


__all__ = ["EFFECTIVE", "POLICIES", "SLOTS", "Held", "Looks", "chosen_when_drawn", "held", "looks_of", "policy"]
