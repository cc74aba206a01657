"""Removal test: every reason of ten thousand answers. Taking its part out of the model lowers the score."""

import os
from dataclasses import replace

import numpy as np
import pytest

from recommender.passport import Request
from recommender.recommend import recommend_many
from tests.prove.towns import passport, records

NUMBER = int(os.environ.get("LEERLIJN_PROVE", "10000"))
BLOCK = 500
PARTS = {
    "like_stamp": ("similar",),
    "together_with": ("als", "graph"),
    "wish": ("wishes",),
    "theme": ("metadata",),
    "popular": ("popular",),
    "next_station": ("station",),
    "near": ("minutes",),
    "known_venue": ("venue",),
    "free": ("price",),
    "soon": ("days",),
}
"""Which parts of the score each reason speaks of."""

pytestmark = pytest.mark.prove


def without(release, parts):
    """The same release with the weight of some parts at 0."""
    model = release.model
    weights = {name: 0.0 if name in parts else value for name, value in model.source_weights.items()}
    context = {name: 0.0 if name in parts else value for name, value in model.context_weights.items()}
    return replace(release, model=replace(model, source_weights=weights, context_weights=context))


def heard(release):
    """The reasons whose parts have any weight."""
    weights = {**release.model.source_weights, **release.model.context_weights}
    return {code for code, parts in PARTS.items() if any(weights[part] for part in parts)}


@pytest.fixture(scope="module", params=["weights as fitted", "every source speaks"])
def release(request, town_release):
    """A fit gives a source no weight where it does not help; then its reasons are never heard."""
    if request.param == "weights as fitted":
        return town_release
    model = town_release.model
    weights = {name: max(value, 0.3) for name, value in model.source_weights.items()}
    return replace(town_release, model=replace(model, source_weights=weights))


def blocks(catalogue):
    everything = records(catalogue, NUMBER, seed=8)
    rng = np.random.default_rng(12)
    for _ in range(0, NUMBER, BLOCK):
        block = [passport(*pair, catalogue) for pair in (next(everything) for _ in range(min(BLOCK, NUMBER)))]
        policy = str(rng.choice(["served", "relevance"]))
        yield block, Request(at=catalogue.as_of, count=10, policy=policy, curiosity=float(rng.random()))


def test_every_reason_names_a_part_that_lifted_the_score(town_catalogue, release):
    """What each answer says of itself adds up: the score is the sum of its parts, a gain the sum of the reason's."""
    codes = set()
    for block, request in blocks(town_catalogue):
        for answer in recommend_many(block, town_catalogue, release, request):
            for entry in answer.recommendations:
                assert sum(entry.parts.values()) == pytest.approx(entry.score, abs=1e-4)
                for reason in entry.reasons:
                    assert reason.gain > 0
                    assert sum(entry.parts[name] for name in PARTS[reason.code]) == pytest.approx(reason.gain, abs=1e-5)
                    codes.add(reason.code)
    assert codes == heard(release)


def test_taking_a_part_away_lowers_the_score_of_what_it_spoke_for(town_catalogue, release):
    """Asked again of a model without that part, the same activity (at the same session) scores less, by the gain."""
    lesser = {code: without(release, parts) for code, parts in PARTS.items()}
    checked = dict.fromkeys(PARTS, 0)
    for block, request in blocks(town_catalogue):
        answers = list(recommend_many(block, town_catalogue, release, request))
        everything = replace(request, count=len(town_catalogue.activities), policy="relevance", explain=False)
        for code, less in lesser.items():
            spoken = [
                (row, entry, reason)
                for row, answer in enumerate(answers)
                for entry in answer.recommendations
                for reason in entry.reasons
                if reason.code == code
            ]
            rows = sorted({row for row, _, _ in spoken})
            again = dict(
                zip(
                    rows,
                    recommend_many([block[row] for row in rows], town_catalogue, less, everything),
                    strict=True,
                )
            )
            scores = {
                row: {entry.activity: (entry.session, entry.score) for entry in answer.recommendations}
                for row, answer in again.items()
            }
            for row, entry, reason in spoken:
                session, score = scores[row][entry.activity]
                if session != entry.session:
                    # Without travel or wait another session of the same activity is the best: no like for like.
                    assert code in ("near", "soon")
                    continue
                assert score < entry.score
                assert entry.score - score == pytest.approx(reason.gain, abs=1e-3)
                checked[code] += 1
    assert {code for code, times in checked.items() if times} == heard(release), checked
