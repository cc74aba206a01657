"""How much each source counts: a conditional logit over what was open and eligible when a stamp was chosen.

A stamp is a choice among alternatives (McFadden 1974, "Conditional logit analysis of qualitative choice
behavior"). The model is fitted before a moment late in the training window; what was chosen after it tells
the weights. A ridge pulls them to the shipped defaults, as hard as held-out choices say: a town with two hundred
stamps keeps sane weights, a city with millions gets its own. With a prior borrowed from other cities the pull is to what is usual
there, and as hard as those cities are alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
from scipy.optimize import minimize

from data.passports import passports_from, stamp_arrays
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue, Float32, Float64, Int32, Int64
from recommender.eligibility import eligible, open_pool
from recommender.model import CONTEXT, SOURCES, Model
from recommender.passport import Passport, Request, Stamps
from recommender.scoring import score_block
from training.borrowing.prior import Belief

DAY = 86_400
RIDGES = (0.3, 3.0, 30.0, 300.0, 3000.0)
"""How hard the pull to the defaults may be; the hardest leaves the defaults as they are."""
SMALLEST_SCALE = 0.3
"""A weight this far from its default is as surprising as a default twice as large."""
NORMAL = 0.5
"""The ridge that is minus the logarithm of a normal density."""
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
    learner : int32, shape (n_choices,)
        Whose choice: the same number for the same learner of the same tables.
    """

    features: Float32
    there: np.ndarray
    at: Int64
    learner: Int32

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def each(self) -> Float64:
        """Feature by feature, in double precision, as products want it: made once. Shape (len(LEARNED), n_choices × n_alternatives)."""
        return np.ascontiguousarray(self.features.reshape(-1, self.features.shape[2]).T, dtype=np.float64)

    def some(self, rows: Int64) -> Choices:
        return Choices(self.features[rows], self.there[rows], self.at[rows], self.learner[rows])


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


def fit_weights(choices: Choices, defaults: Mapping[str, float], belief: Belief | None = None) -> Learned:
    """Fit the weights, the ridge chosen on the later half of the choices.

    Parameters
    ----------
    defaults : mapping of every name in ``LEARNED`` to float
        NaN leaves a source out of the blend: its weight is 0 and stays so.
    belief : Belief or None
        What is usual in other cities: the weights are then its posterior mode, and no ridge is chosen.
    """
    left_out = {name: 0.0 for name in LEARNED if math.isnan(defaults[name])}
    if left_out:
        features = choices.features.copy()
        features[:, :, [LEARNED.index(name) for name in left_out]] = 0.0
        found = fit_weights(replace(choices, features=features), {**defaults, **left_out}, belief)
        return replace(found, weights={**found.weights, **left_out})
    start = np.array([defaults[name] for name in LEARNED])
    half = len(choices) // 2
    early, late = choices.some(np.arange(half)), choices.some(np.arange(half, len(choices)))
    if belief is not None:
        return _shrunk(choices, early, late, defaults, belief)
    held_out = {ridge: likelihood(maximise(early, start, ridge), late)[0] / max(len(late), 1) for ridge in RIDGES}
    best = max(RIDGES, key=lambda ridge: (held_out[ridge], ridge))
    gain = held_out[best] - likelihood(start, late)[0] / max(len(late), 1)
    if gain <= 0:
        return Learned(dict(defaults), RIDGES[-1], len(choices), 0.0, held_out[best] - gain)
    weights = maximise(choices, start, best)
    return Learned(dict(zip(LEARNED, weights.tolist(), strict=True)), best, len(choices), float(gain), held_out[best])


def _shrunk(choices: Choices, early: Choices, late: Choices, defaults: Mapping[str, float], belief: Belief) -> Learned:
    """The posterior mode under a borrowed belief; a weight that the belief does not name is pulled to its default."""
    centre = np.array([belief.mean.get(name, defaults[name]) for name in LEARNED])
    widest = np.maximum([defaults[name] for name in LEARNED], SMALLEST_SCALE)
    spread = np.minimum([belief.spread.get(name, math.inf) for name in LEARNED], widest)
    held_out, without = (
        likelihood(weights, late)[0] / max(len(late), 1)
        for weights in (maximise(early, centre, NORMAL, spread), np.maximum(centre, 0))
    )
    weights = maximise(choices, centre, NORMAL, spread)
    found = dict(zip(LEARNED, weights.tolist(), strict=True))
    return Learned(found, NORMAL, len(choices), held_out - without, held_out)


def borrowed(defaults: Mapping[str, float], belief: Belief | None) -> dict[str, float]:
    """The defaults, with what is usual in other cities instead where that is known."""
    return {**defaults, **({name: max(mean, 0.0) for name, mean in belief.mean.items()} if belief else {})}


def maximise(choices: Choices, start: Float64, ridge: float, scale: Float64 | None = None) -> Float64:
    """The weights, none below 0, with the highest penalised likelihood.

    Parameters
    ----------
    start : float64, shape (n_weights,)
        Where the ridge pulls to; may lie below 0.
    scale : float64, shape (n_weights,), or None
        How far off counts as one; None: see ``SMALLEST_SCALE``.
    """
    scale = np.maximum(start, SMALLEST_SCALE) if scale is None else scale

    def loss(weights: Float64) -> tuple[float, Float64]:
        value, slope = likelihood(weights, choices)
        off = (weights - start) / scale
        return -value + ridge * float(off @ off), -slope + 2 * ridge * off / scale

    found = minimize(loss, np.maximum(start, 0), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return np.asarray(found.x, dtype=np.float64)


def likelihood(weights: Float64, choices: Choices) -> tuple[float, Float64]:
    """Log-likelihood of all choices and its gradient; 0 for no choices."""
    if not len(choices):
        return 0.0, np.zeros_like(weights)
    each = choices.each
    scores = np.where(choices.there, (weights @ each).reshape(choices.there.shape), -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    value = float((scores[:, 0] - np.log(total[:, 0])).sum())
    return value, choices.features[:, 0].sum(axis=0, dtype=np.float64) - each @ share.ravel()


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
    rows, there, moments, whose = [], [], [], []
    for start in range(0, len(asked), _BLOCK):
        block = [(passport, request) for passport, request, _, _ in asked[start : start + _BLOCK]]
        passed = [eligible(passport, catalogue, request, open_pool(catalogue, request)) for passport, request in block]
        for scored, (_, request, chosen, learner) in zip(
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
            whose.append(learner)
    if not rows:
        empty = np.empty((0, alternatives + 1, len(LEARNED)), dtype=np.float32)
        nobody = np.empty(0, dtype=np.int32)
        return Choices(empty, np.empty((0, alternatives + 1), dtype=np.bool_), np.empty(0, dtype=np.int64), nobody)
    return Choices(np.stack(rows), np.stack(there), np.array(moments, dtype=np.int64), np.array(whose, dtype=np.int32))


def _asked(
    tables: Tables, catalogue: Catalogue, cut: int, most: int, rng: np.random.Generator
) -> Iterator[tuple[Passport, Request, int, int]]:
    """For stamps after the cut, in order of time: the passport that morning, the request, what was chosen, by whom."""
    learner, activity, at, _, learners = stamp_arrays(tables, catalogue)
    late = np.flatnonzero(at >= cut)
    kept = np.sort(rng.permutation(late)[:most])
    kept = kept[np.argsort(at[kept], kind="stable")]
    names = sorted({learners.names[row] for row in learner[kept]})
    passports = dict(passports_from(tables, catalogue, names))
    for stamp in kept.tolist():
        morning = int(at[stamp] - catalogue.clock.local(at[stamp : stamp + 1])[0] % DAY)
        passport = until(passports[learners.names[learner[stamp]]], morning)
        request = Request(at=morning, count=1, policy="relevance", explain=False)
        yield passport, request, int(activity[stamp]), int(learner[stamp])


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
