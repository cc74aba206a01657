"""The recipe read slowly: every activity by itself, dense matrices, no column laid out beforehand, no bound used."""

from __future__ import annotations

import math

import numpy as np

from recommender.beliefs import beliefs_of
from recommender.city import UNKNOWN, Catalogue
from recommender.context import (
    ADULT,
    DAY,
    DEAREST,
    FARTHEST,
    UNSURE_WHEN_YOUNG,
    USUAL_DAYS,
    USUAL_MINUTES,
    USUAL_PRICE,
    YOUNG,
)  # fmt: skip
from recommender.eligibility import Eligible
from recommender.filling import SMOOTH
from recommender.interest import stamp_weights
from recommender.listing import (
    CALIBRATION,
    ENOUGH_STAMPS,
    HABIT,
    LIFTS,
    ONCE,
    PAST,
    REPEAT,
    WONDER,
)  # fmt: skip
from recommender.model import AGE_BANDS, Model
from recommender.passport import Passport, Request


def plain_parts(
    passport: Passport, catalogue: Catalogue, request: Request, model: Model, can: Eligible
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Every part of every eligible activity's score, float64, and the best session of each."""
    parts = plain_sources(passport, catalogue, request, model, can.activities)
    around, best = plain_context(passport, catalogue, request, model, can)
    return parts | around, best


def plain_sources(passport, catalogue, request, model, rows) -> dict[str, np.ndarray]:
    n = len(catalogue.activities)
    history = np.zeros(n)
    np.add.at(history, passport.stamps.activity, stamp_weights(passport.stamps.chosen_by).astype(float))
    stamped = np.flatnonzero(history)
    reference, weight = model.reference, model.source_weights
    nothing = np.zeros(len(rows))

    def level(values, over=None):
        mean, spread = (values[reference] if over is None else over).mean(), None
        spread = (values[reference] if over is None else over).std()
        return (values - mean) / spread if spread > 1e-6 * max(abs(mean), 1e-3) else np.zeros_like(values)

    def along(factors, vector):
        spread = math.sqrt(max(vector @ factors.moments.covariance @ vector, 0))
        scores = factors.activities.astype(float) @ vector - factors.moments.mean @ vector
        return scores / spread if spread > 1e-9 else np.zeros(n)

    found = dict.fromkeys(("als", "graph", "metadata", "similar", "places"), nothing)
    if len(stamped):
        known = model.visited[stamped, None]
        y = np.where(known, model.als.activities[stamped], model.metadata.activities[stamped]).astype(float)
        c = model.als_confidence * history[stamped]
        gram = np.linalg.inv(model.als_inverse) + (y * (c - 1)[:, None]).T @ y
        vector = np.linalg.solve(gram, y.T @ c)
        degree = model.degree[stamped].astype(float)
        share = np.where(degree > 0, history[stamped] / np.maximum(degree, 1e-12), 0)
        low = along(model.low_pass, share @ model.low_pass.activities[stamped].astype(float))
        near = level(history @ model.graph.weights.toarray())
        been = catalogue.activities.venue[stamped]
        at_venue = np.bincount(been[been >= 0], history[stamped][been >= 0], minlength=len(catalogue.venues.ids))
        close = at_venue @ model.place_kernel.toarray()
        close = level(close, over=close)
        venue = catalogue.activities.venue
        found = {
            "als": (along(model.als, vector) * model.visited)[rows],
            "graph": ((near + low) / 2 * model.visited)[rows],
            "metadata": along(model.metadata, vector)[rows],
            "similar": level(history @ model.similar.weights.toarray())[rows],
            "places": np.array([close[v] if v >= 0 and not np.isnan(catalogue.venues.lat[v]) else 0.0 for v in venue[rows]]),
        }  # fmt: skip
    shares = model.theme_shares.toarray().astype(float)
    said = len(passport.stamps) + len(passport.liked) + len(passport.declined)
    beliefs = beliefs_of([passport], [request.at], model).mean[0]
    themed = shares.any(axis=1)
    said = said and themed[reference].any()
    likes = level(shares @ beliefs, over=(shares @ beliefs)[reference[themed[reference]]]) if said else np.zeros(n)
    found["themes"] = np.where(themed, likes, 0.0)[rows]
    bands = [AGE_BANDS.index(max(b for b in AGE_BANDS if b <= age)) if age == age else -1
             for age in (passport.age_low, *request.company)]  # fmt: skip
    found["popular"] = model.popular[bands][:, rows].min(axis=0).astype(float)
    wished = np.zeros(shares.shape[1])
    wished[passport.wishes] = 1
    found["wishes"] = (shares @ wished)[rows]
    return {name: values * weight[name] for name, values in found.items()}


def plain_context(passport, catalogue, request, model, can) -> tuple[dict[str, np.ndarray], np.ndarray]:
    activities, sessions = catalogue.activities, catalogue.sessions
    weight = {name: value * model.source_weights["context"] for name, value in model.context_weights.items()}
    names = ("minutes", "days", "hour", "price", "venue", "organiser", "station", "age")
    parts = {name: np.zeros(len(can.activities)) for name in names}
    best = np.zeros(len(can.activities), dtype=int)
    stamped = passport.stamps.activity.tolist()
    weeks = [part_of_week(int(catalogue.clock.local(np.array([at]))[0])) for at in passport.stamps.at.tolist()]
    next_of = {}
    for line, stations in enumerate(catalogue.lines.stations):
        left = [row for row in stations.tolist() if row not in stamped]
        if left and len(left) < len(stations):
            next_of[left[0]] = line
    ages = [age for age in (passport.age_low, *request.company) if age == age]
    ends = [*can.first[1:].tolist(), len(can.sessions)]
    for one, (row, begin, end) in enumerate(zip(can.activities.tolist(), can.first.tolist(), ends, strict=True)):
        choices = []
        for place in range(begin, end):
            s, minutes = can.sessions[place], can.minutes[place]
            m = 0.0 if np.isnan(minutes) else weight["minutes"] * (USUAL_MINUTES - min(minutes, FARTHEST))
            d = h = 0.0
            if not sessions.always:
                days = max(int(sessions.start[s]) - request.at, 0) / DAY
                d = weight["days"] * min(max(USUAL_DAYS - days, -2 * USUAL_DAYS), USUAL_DAYS)
                if weeks:
                    here = part_of_week(int(catalogue.clock.local(sessions.start[[s]])[0]))
                    h = weight["hour"] * ((weeks.count(here) + 4 / 6) / (len(weeks) + 4) - 1 / 6)
            choices.append((m + d + h, -place, (m, d, h)))
        _, place, (parts["minutes"][one], parts["days"][one], parts["hour"][one]) = max(choices)
        best[one] = can.sessions[-place]
        price = activities.price[row]
        parts["price"][one] = 0 if np.isnan(price) else weight["price"] * (USUAL_PRICE - min(price, DEAREST))
        there, who = sessions.venue[best[one]], activities.organiser[row]
        parts["venue"][one] = weight["venue"] * (there >= 0 and there in activities.venue[stamped])
        parts["organiser"][one] = weight["organiser"] * (
            who != "" and who in [activities.organiser[r] for r in stamped]
        )
        parts["station"][one] = weight["station"] * (row in next_of)
        unsure = float(can.not_known["language"][one])
        if ages and np.isnan(activities.age_min[row]):
            ended = activities.age_max[row] < ADULT if min(ages) < ADULT else not np.isnan(activities.age_max[row])
            if not ended:
                unsure = max(unsure, float(np.interp(min(ages), [YOUNG, ADULT], [UNSURE_WHEN_YOUNG, 1.0])))
        parts["age"][one] = -weight["age"] * unsure
    return parts, best


def part_of_week(local: int) -> int:
    hour = local % DAY // 3600
    return 3 * ((local // DAY + 3) % 7 >= 5) + (hour >= 12) + (hour >= 18)


def plain_filling(pool, total, parts, passport, catalogue, request, model, rows, places) -> list[int]:
    """Places in the pool as the served policy fills them: every gain of every turn, with dense themes."""
    shares = model.theme_shares.toarray().astype(float)[rows[pool]]
    broad = np.isin(np.arange(shares.shape[1]), catalogue.themes.parent[catalogue.themes.parent != UNKNOWN])
    own = shares * ~broad
    whole = own.sum(axis=1, keepdims=True)
    narrow = np.where(whole > 0, own / np.where(whole > 0, whole, 1), shares)
    beliefs = beliefs_of([passport], [request.at], model)
    evidence, begun = beliefs.evidence[0], len(passport.stamps) > 0
    novelty = np.zeros(len(evidence))
    if begun:
        novelty = np.clip(beliefs.prior[0] / np.maximum(model.theme_base, 0.005), *LIFTS) * np.maximum(1 - evidence, 0)
        novelty[passport.less] = 0
    spread, bold = total.std(), request.curiosity**3
    calibrate = CALIBRATION * min(1.0, 2 - 2 * request.curiosity)
    if len(passport.stamps) < ENOUGH_STAMPS or evidence.sum() <= 0:
        calibrate = 0.0
    mix = evidence / max(evidence.sum(), 1e-9)
    fits = total[pool] - HABIT * bold * sum(parts[name] for name in PAST)[pool]
    so_far, chosen = np.zeros(len(mix)), []
    while len(chosen) < min(places, len(pool)):
        gain = fits - REPEAT * 2 * request.curiosity * spread * begun * (shares @ so_far)
        gain = gain + WONDER * bold * spread * (narrow @ (novelty * np.exp(-ONCE * so_far)))
        themes, known = (so_far + shares) / (len(chosen) + 1), mix > 0
        smooth = (1 - SMOOTH) * themes[:, known] + SMOOTH * mix[known]
        gain = gain - calibrate * (mix[known] * np.log(mix[known] / smooth)).sum(axis=1)
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
        so_far += shares[chosen[-1]]
    return sorted(chosen)
