"""What is planted in a simulated city is found again, inside the interval of the study that looks for it, and not where it is not planted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from data.simulation import (
    Simulation,
    SimulationConfig,
    interest_at,
    planted_truths,
    simulate,
    state_at,
    themes_in_fashion,
)
from data.simulation.choice import FEATURES, features, interest_in
from data.simulation.people import GAP, YEAR, in_fashion, with_parents
from data.translate import catalogue_from
from tests.data.test_simulation import logit
from training.evaluation.uncertainty import intervals
from training.interactions import interactions_of
from training.sources.adjacency import fit_adjacency

pytestmark = pytest.mark.prove

PLAIN = SimulationConfig(
    seed=21, learners=3000, interests_spread=False, exposure_bias=False, group_gap=False, drift=False
)
TOGETHER = 3.3
"""Standard errors: with some sixty intervals in this file all of them hold together in 95 of 100 towns (Bonferroni: 3.35)."""


@cache
def world(*on: str) -> Simulation:
    """A town in which only the assumptions named are on."""
    return simulate(replace(PLAIN, **dict.fromkeys(on, True)))


def study(made: Simulation, looks: int, more) -> pd.DataFrame:
    """Choice sets of looks where people chose for themselves; ``more(rows, at)`` adds features to those of a choice."""
    truth = made.truth
    log, offer = truth.exposure, truth.offer
    alone = np.unique(log.look[~log.family])
    wanted = np.sort(np.random.default_rng(1).permutation(alone)[:looks])
    rows = np.flatnonzero(np.isin(log.look, wanted))
    parts = []
    for moment in np.unique(log.at[rows]):
        here = rows[log.at[rows] == moment]
        state = state_at(truth, int(moment))
        found = dict(features(offer, truth.people, log.learner[here], log.session[here], state, truth.as_of))
        found |= more(log.learner[here], log.session[here], int(moment))
        frame = pd.DataFrame(found)
        frame["popularity"] = np.log1p(log.popularity[here])
        frame["quality"] = offer.quality[offer.activity[log.session[here]]]
        frame["look"], frame["chosen"], frame["nothing"] = log.look[here], log.chosen[here], 0.0
        parts.append(frame)
    seen = pd.concat(parts)
    stay = pd.DataFrame(0.0, index=np.arange(len(wanted)), columns=seen.columns)
    stay["look"], stay["nothing"] = wanted, 1.0
    stay["chosen"] = ~seen.groupby("look")["chosen"].any().reindex(wanted).to_numpy()
    return pd.concat([stay, seen]).sort_values("look", kind="stable")


def found_in(frame: pd.DataFrame, names: list[str]) -> dict[str, tuple[float, float]]:
    estimate, error = logit(frame, names)
    return dict(zip(names, zip(estimate.tolist(), error.tolist(), strict=True), strict=True))


def holds(found: tuple[float, float], planted: float) -> bool:
    return abs(found[0] - planted) <= TOGETHER * found[1]


def test_what_a_minute_and_a_euro_cost_and_how_much_more_in_a_poor_neighbourhood():
    for on in ((), ("group_gap",), ("group_gap", "exposure_bias", "drift")):
        made = world(*on)
        people, truth = made.truth.people, made.truth
        gap = "group_gap" in on
        factor = {name: np.where(people.poor & gap, GAP[f"{name}_factor"], 1.0) for name in ("travel", "price")}

        def apart(learner, session, at, truth=truth, people=people, factor=factor):
            state = state_at(truth, at)
            found = features(truth.offer, people, learner, session, state, truth.as_of)
            # The learner's own weight without what their neighbourhood adds: in minutes and euros.
            minutes = found["travel"] * 10 / factor["travel"][learner]
            euros = found["price"] * 5 / factor["price"][learner]
            poor = people.poor[learner]
            return {
                "minute": np.where(poor, 0, minutes),
                "minute_poor": np.where(poor, minutes, 0),
                "euro": np.where(poor, 0, euros),
                "euro_poor": np.where(poor, euros, 0),
            }

        costs = ["minute", "minute_poor", "euro", "euro_poor"]
        rest = [name for name in FEATURES if name not in ("travel", "price")]
        found = found_in(study(made, 12_000, apart), [*costs, *rest, "nothing"])
        planted = planted_truths(truth)
        for name in [*costs, *rest, "nothing"]:
            assert holds(found[name], planted[name]), (on, name, found[name], planted[name])
        # The study is sharp enough to tell: without a gap both minutes cost the same, with it they do not.
        apart_by = found["minute_poor"][0] - found["minute"][0]
        error = float(np.hypot(found["minute_poor"][1], found["minute"][1]))
        assert (apart_by < -TOGETHER * error) == gap


def test_how_often_people_in_poor_neighbourhoods_look():
    for on in ((), ("group_gap",)):
        made = world(*on)
        truth, people = made.truth, made.truth.people
        _, first = np.unique(truth.exposure.look, return_index=True)
        count = np.bincount(truth.exposure.learner[first], minlength=len(people))
        # Somebody who found nothing on for them leaves no trace of a look; children and seniors in a desert do so more often.
        years = (truth.as_of - people.joined) / YEAR
        has = years > 0.25
        # Looks scatter as a lognormal times a Poisson: on a logarithmic scale the ratio is a difference of means.
        rate = np.log((count[has] + 0.5) / years[has])
        poor = people.poor[has]
        part = [intervals(rate[poor == side][:, None], 999, 5)[0] for side in (True, False)]
        error = np.hypot(*[(one.high - one.low) / 2 / 1.96 for one in part])
        ratio = part[0].value - part[1].value
        planted = np.log(planted_truths(truth)["looks_poor"])
        assert abs(ratio - planted) <= TOGETHER * error, (on, np.exp(ratio), np.exp(planted), error)
        assert (ratio < -TOGETHER * error) == ("group_gap" in on)


def test_what_a_visit_woke_counts_as_much_as_what_was_there():
    made = world("interests_spread")
    truth = made.truth
    begin = truth.snapshots[0]

    def apart(learner, session, at):
        activity = truth.offer.activity[session]
        return {
            "born": interest_in(truth.offer, begin, learner, activity),
            "awakened": interest_in(truth.offer, interest_at(truth, at) - begin, learner, activity),
        }

    names = ["born", "awakened", *FEATURES[1:], "nothing"]
    found = found_in(study(made, 12_000, apart), names)
    planted = planted_truths(truth)
    assert holds(found["awakened"], planted["awakened"])
    assert holds(found["born"], planted["interest"])
    assert found["awakened"][0] > 10 * found["awakened"][1]
    still = world().truth
    assert planted_truths(still)["awakened"] == 0
    assert not len(still.shifts.at)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_the_city_itself_learns_which_themes_are_neighbours(seed: int):
    """From stamps alone: what the engine learns links planted neighbours more strongly than other themes."""

    def areas(made: Simulation) -> tuple[float, float]:
        catalogue = catalogue_from(made.tables)
        shares = catalogue.activities.themes
        _, _, links = fit_adjacency(interactions_of(made.tables, catalogue), shares)
        near, parent = made.truth.neighbours, made.truth.parent
        leaf = ~np.isin(np.arange(len(parent)), parent)
        pairs = np.triu(leaf[:, None] & leaf[None, :], 1)
        lift = links / np.maximum(links.std(), 1e-12)
        one, other = lift[pairs & near], lift[pairs & ~near]
        area = stats.mannwhitneyu(one, other).statistic / len(one) / len(other)
        # Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747
        q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
        spread = area * (1 - area) + (len(one) - 1) * (q1 - area**2) + (len(other) - 1) * (q2 - area**2)
        return float(area), float(np.sqrt(spread / len(one) / len(other)))

    config = replace(PLAIN, seed=seed, looks=40.0)
    area, error = areas(simulate(replace(config, interests_spread=True)))
    assert area - 1.96 * error > 0.5, (area, error)


def test_a_fashion_is_found_in_both_directions_and_not_where_there_is_none():
    for on in (("fashion",), ("fashion", "drift", "interests_spread"), ()):
        made = world(*on)
        truth = made.truth
        # Without a fashion: the themes that it would have been about.
        there = [truth.offer.themes[row] for row in in_fashion(truth.config.seed, truth.parent)]
        rising, falling = themes_in_fashion(truth) or there
        assert [rising, falling] == there
        moved = {}
        for name, theme in (("rising", rising), ("falling", falling)):
            unit = np.zeros((1, len(truth.parent)))
            unit[0, truth.offer.themes.index(theme)] = 1.0
            moved[name] = with_parents(unit, truth.parent)[0]

        def apart(learner, session, at, truth=truth, moved=moved):
            activity = truth.offer.activity[session]
            season = max(0, int(np.searchsorted(truth.snapshot_at, at, side="right")) - 1)
            found = {name: season * (truth.offer.weights[activity] @ by) for name, by in moved.items()}
            # What else moved since: drift and awakened interests, as they are, so that fashion is what is left.
            step = planted_truths(truth)["fashion"] * season * (moved["rising"] - moved["falling"])
            now = interest_at(truth, at) - step
            return {**found, "own": interest_in(truth.offer, now, learner, activity)}

        names = ["own", "rising", "falling", *FEATURES[1:], "nothing"]
        found = found_in(study(made, 20_000, apart), names)
        planted = planted_truths(truth)
        worth = planted["interest"] * planted["fashion"]
        assert holds(found["rising"], worth), (on, found["rising"], worth)
        assert holds(found["falling"], -worth), (on, found["falling"], -worth)
        assert holds(found["own"], planted["interest"])
        assert (abs(found["rising"][0]) > TOGETHER * found["rising"][1]) == ("fashion" in on)


def test_how_much_interests_keep_from_season_to_season():
    for on in (("drift",), ()):
        made = world(*on)
        truth = made.truth
        parent = truth.parent
        leaf = np.flatnonzero(~np.isin(np.arange(len(parent)), parent))
        one, two = truth.snapshots[0][:, leaf], truth.snapshots[1][:, leaf]
        # The spread of a theme is that of the start, so a regression on it finds the correlation itself.
        kept = ((one - one.mean(0)) * (two - two.mean(0))).mean(0) / one.var(0)
        found = intervals(kept[:, None], 999, 0)[0]
        planted = planted_truths(truth)["kept"]
        assert found.low - 0.005 <= planted <= found.high + 0.005, (on, found, planted)
