"""How much each source counts: a conditional logit over what was open and eligible when a stamp was chosen.

A stamp is a choice among alternatives (McFadden 1974, "Conditional logit analysis of qualitative choice
behavior"). The model is fitted before a moment late in the training window; what was chosen after it tells
the weights. A ridge pulls them to the shipped defaults, as hard as held-out choices say: a town with two hundred
stamps keeps sane weights, a city with millions gets its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from scipy.optimize import minimize

from data.tables import Tables
from data.translate import catalogue_from, passports_from, stamp_arrays
from recommender.city import Catalogue, Float32, Float64, Int32, Int64
from recommender.eligibility import eligible, open_pool
from recommender.model import CONTEXT, SOURCES, Model
from recommender.passport import Passport, Request, Stamps
from recommender.scoring import score_block

DAY = 86_400
RIDGES = (0.3, 3.0, 30.0, 300.0, 3000.0)
"""How hard the pull to the defaults may be; the hardest leaves the defaults as they are."""
SMALLEST_SCALE = 0.3
"""A weight this far from its default is as surprising as a default twice as large."""
SIMPLE = ("popular", "wishes", *CONTEXT)
"""What the simple blend ranks by: nothing that is learned of a learner's own taste."""
LEARNED = tuple(name for name in (*SOURCES, *CONTEXT) if name not in ("context", "days", "age"))
"""``days`` is left out: a stamp is set on the day of the session, so the wait of what was chosen is always 0. So is
``age``: what not knowing an age costs is a rule for the protection of children, not a taste."""
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Choices:
    """What was chosen, and what else could have been.

    Attributes
    ----------
    features : float32, shape (n_choices, n_alternatives, len(LEARNED))
        What each source says of each alternative, unweighted. The chosen one stands first.
    there : bool, shape (n_choices, n_alternatives)
        False where there were fewer alternatives.
    at : int64, shape (n_choices,)
        Ascending.
    """

    features: Float32
    there: np.ndarray
    at: Int64

    def __len__(self) -> int:
        return len(self.at)

    def some(self, rows: Int64) -> Choices:
        return Choices(self.features[rows], self.there[rows], self.at[rows])


@dataclass(frozen=True)
class Learned:
    """Fitted weights, and how sure they are.

    ``gain`` is the mean log-likelihood per held-out choice that the weights add to the defaults; 0 where
    there was too little to learn from and the defaults stayed. ``held_out`` is that likelihood itself, None
    where it was not measured.
    """

    weights: Mapping[str, float]
    ridge: float
    choices: int
    gain: float
    held_out: float | None = None


def fit_weights(choices: Choices, defaults: Mapping[str, float]) -> Learned:
    """Fit the weights, the ridge chosen on the later half of the choices.

    Parameters
    ----------
    defaults : mapping of every name in ``LEARNED`` to float
        NaN leaves a source out of the blend: its weight is 0 and stays so.
    """
    left_out = {name: 0.0 for name in LEARNED if math.isnan(defaults[name])}
    if left_out:
        features = choices.features.copy()
        features[:, :, [LEARNED.index(name) for name in left_out]] = 0.0
        found = fit_weights(replace(choices, features=features), {**defaults, **left_out})
        return replace(found, weights={**found.weights, **left_out})
    start = np.array([defaults[name] for name in LEARNED])
    half = len(choices) // 2
    early, late = choices.some(np.arange(half)), choices.some(np.arange(half, len(choices)))
    held_out = {ridge: likelihood(maximise(early, start, ridge), late)[0] / max(len(late), 1) for ridge in RIDGES}
    best = max(RIDGES, key=lambda ridge: (held_out[ridge], ridge))
    gain = held_out[best] - likelihood(start, late)[0] / max(len(late), 1)
    if gain <= 0:
        return Learned(dict(defaults), RIDGES[-1], len(choices), 0.0, held_out[best] - gain)
    weights = maximise(choices, start, best)
    return Learned(dict(zip(LEARNED, weights.tolist(), strict=True)), best, len(choices), float(gain), held_out[best])


def maximise(choices: Choices, start: Float64, ridge: float) -> Float64:
    """The weights, none below 0, with the highest penalised likelihood."""
    scale = np.maximum(start, SMALLEST_SCALE)

    def loss(weights: Float64) -> tuple[float, Float64]:
        value, slope = likelihood(weights, choices)
        off = (weights - start) / scale
        return -value + ridge * float(off @ off), -slope + 2 * ridge * off / scale

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return np.asarray(found.x, dtype=np.float64)


def likelihood(weights: Float64, choices: Choices) -> tuple[float, Float64]:
    """Log-likelihood of all choices and its gradient; 0 for no choices."""
    if not len(choices):
        return 0.0, np.zeros_like(weights)
    scores = np.where(choices.there, choices.features @ weights, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    value = float((scores[:, 0] - np.log(total[:, 0])).sum())
    expected = np.einsum("ca,caf->f", share, choices.features)
    return value, choices.features[:, 0].sum(axis=0, dtype=np.float64) - expected


def observed_choices(tables: Tables, model: Model, cut: int, most: int, alternatives: int, seed: int) -> Choices:
    """Stamps after the cut as choices, each with alternatives drawn from what was open and eligible that day.

    Drawing alternatives evenly leaves the estimates consistent (McFadden 1978, "Modelling the choice of
    residential location").

    Parameters
    ----------
    model : Model
        Fitted before the cut, in the rows of the tables' catalogue.
    most : int
        Choices at the most, drawn evenly.
    alternatives : int
        Per choice, besides the chosen one.
    """
    catalogue = catalogue_from(tables)
    rng = np.random.default_rng(seed)
    plain = replace(model, source_weights=dict.fromkeys(SOURCES, 1.0), context_weights=dict.fromkeys(CONTEXT, 1.0))
    asked = list(_asked(tables, catalogue, cut, most, rng))
    rows, there, moments = [], [], []
    for start in range(0, len(asked), _BLOCK):
        block = [(passport, request) for passport, request, _ in asked[start : start + _BLOCK]]
        passed = [eligible(passport, catalogue, request, open_pool(catalogue, request)) for passport, request in block]
        for scored, (_, request, chosen) in zip(
            score_block(block, passed, catalogue, plain), islice(asked, start, start + _BLOCK), strict=True
        ):
            found = np.flatnonzero(scored.can.activities == chosen)
            others = np.flatnonzero(scored.can.activities != chosen)
            if not len(found) or not len(others):
                continue
            drawn = rng.permutation(others)[:alternatives]
            positions = np.concatenate([found, drawn])
            parts = scored.sources(positions) | scored.context.at(positions).parts
            table = np.zeros((alternatives + 1, len(LEARNED)), dtype=np.float32)
            table[: len(positions)] = np.column_stack([parts[name] for name in LEARNED])
            rows.append(table)
            there.append(np.arange(alternatives + 1) < len(positions))
            moments.append(request.at)
    if not rows:
        empty = np.empty((0, alternatives + 1, len(LEARNED)), dtype=np.float32)
        return Choices(empty, np.empty((0, alternatives + 1), dtype=np.bool_), np.empty(0, dtype=np.int64))
    return Choices(np.stack(rows), np.stack(there), np.array(moments, dtype=np.int64))


def _asked(
    tables: Tables, catalogue: Catalogue, cut: int, most: int, rng: np.random.Generator
) -> Iterator[tuple[Passport, Request, int]]:
    """For stamps after the cut, in order of time: the passport that morning, the request, and what was chosen."""
    learner, activity, at, _, learners = stamp_arrays(tables, catalogue)
    late = np.flatnonzero(at >= cut)
    kept = np.sort(rng.permutation(late)[:most])
    kept = kept[np.argsort(at[kept], kind="stable")]
    names = sorted({learners.names[row] for row in learner[kept]})
    passports = dict(passports_from(tables, catalogue, names))
    for stamp in kept.tolist():
        morning = int(at[stamp] - catalogue.clock.local(at[stamp : stamp + 1])[0] % DAY)
        passport = until(passports[learners.names[learner[stamp]]], morning)
        yield passport, Request(at=morning, count=1, policy="relevance", explain=False), int(activity[stamp])


def until(passport: Passport, moment: int) -> Passport:
    """The passport as it was before a moment."""
    stamps = passport.stamps
    past = stamps.at < moment
    return replace(passport, stamps=Stamps(stamps.activity[past], stamps.at[past], stamps.chosen_by[past]))


def last_part(tables: Tables, share: float) -> int | None:
    """The moment that leaves the last ``share`` of the stamps after it.

    None where stamps have no usable times: fewer than ten different days on either side.
    """
    at = np.sort(tables.stamps["at"].to_numpy(np.int64))
    if not len(at):
        return None
    cut = int(at[int(len(at) * (1 - share))])
    days: Sequence[Int32] = [np.unique(part // DAY) for part in (at[at < cut], at[at >= cut])]
    return cut if min(len(part) for part in days) >= 10 else None
