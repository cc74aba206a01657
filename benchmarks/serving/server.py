"""The service with three endpoints beside its own, each of the same shape: the same question in, as large an answer out.

    python -m benchmarks.serving.server --home HOME --port PORT

``/v1/nothing`` reads and checks the question and answers what it was given to answer; ``/v1/implicit`` asks the library
of that name for its list, ``/v1/filter-first`` picks what passes with numpy and scores that. None of the three has
reasons, breadth or a guarantee. For benchmarks alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, Request, Response
from implicit.als import AlternatingLeastSquares
from pydantic_core import from_json
from scipy import sparse

from api import body
from api.app import create_app
from api.listen import listen
from api.respond import json_answer
from api.service import language_of, live_of
from api.settings import Settings
from api.shapes.question import Question
from api.state import Live
from api.translate import passport_from_given, request_from
from recommender import passport as engine
from recommender.city import UNKNOWN
from recommender.interest import folded, history_of
from recommender.travel import travel_minutes
from training.config import Config

Ranking = Callable[[Live, engine.Passport, engine.Request], list[tuple[int, float]]]


def with_rivals(app: FastAPI, answer: bytes) -> FastAPI:
    """The application with the three endpoints.

    Parameters
    ----------
    answer : bytes
        One of the service's own answers: what they fill in.
    """
    content = from_json(answer)

    async def nothing(request: Request) -> Response:
        question = await body.read(request, Question)
        return json_answer(content, language_of(request, question.lang, live_of(request)))

    def ranked_by(rank: Ranking) -> Callable[[Request], Any]:
        async def ranked(request: Request) -> Response:
            question = await body.read(request, Question)
            live = live_of(request)
            at, _ = live.moment(question.at, 0.0)
            assert question.passport is not None
            passport = passport_from_given(question.passport, live.catalogue, at)
            names = live.catalogue.activities.ids.names
            found = rank(live, passport, request_from(question, live.catalogue, at))
            entries = [
                {**entry, "activity": {**entry["activity"], "id": names[row]}, "score": score}
                for entry, (row, score) in zip(content["recommendations"], found, strict=False)
            ]
            return json_answer({**content, "recommendations": entries}, language_of(request, question.lang, live))

        return ranked

    for path, endpoint in (
        ("/v1/nothing", nothing),
        ("/v1/implicit", ranked_by(by_implicit)),
        ("/v1/filter-first", ranked_by(filter_first)),
    ):
        app.add_api_route(path, endpoint, methods=["POST"], response_model=None)
    return app


def passing(live: Live, passport: engine.Passport, request: engine.Request) -> np.ndarray:
    """Rows that pass the filters of the benchmark's questions, one mask over the city after the other."""
    activities, sessions = live.catalogue.activities, live.catalogue.sessions
    opens = max(request.opens or request.at, request.at)
    ok = (sessions.status == 0) & (sessions.capacity_left != 0) & (sessions.start >= opens)
    if request.closes is not None:
        ok &= sessions.end <= request.closes
    row = sessions.activity
    ok &= (activities.price == 0)[row]
    ok &= (~(passport.age_high < activities.age_min) & ~(passport.age_low >= activities.age_max + 1))[row]
    spoken = activities.languages.find(("", *passport.languages))
    ok &= np.isin(activities.language_row, spoken[spoken != UNKNOWN])[row]
    wanted = np.zeros(len(live.catalogue.themes.ids), dtype=np.float32)
    wanted[np.isin(live.catalogue.themes.parent, request.themes)] = 1
    wanted[request.themes] = 1
    ok &= ((activities.themes @ wanted) > 0)[row]
    if request.max_minutes is not None:
        minutes = travel_minutes(passport.home, sessions.lat, sessions.lon, live.catalogue.travel[request.mode])
        ok &= minutes <= request.max_minutes
    found = np.zeros(len(activities), dtype=np.bool_)
    found[row[ok]] = True
    found[passport.stamps.activity] = False
    return np.flatnonzero(found)


def filter_first(live: Live, passport: engine.Passport, request: engine.Request) -> list[tuple[int, float]]:
    """Masks with numpy, one product with the factors of what is left, the best by partition."""
    assert live.release is not None
    model, rows = live.release.model, passing(live, passport, request)
    scores = model.als.activities[rows] @ folded(*history_of(passport.stamps), model).astype(np.float32)
    best = np.argpartition(-scores, min(request.count, len(rows) - 1))[: request.count] if len(rows) else rows
    best = best[np.argsort(-scores[best])]
    return list(zip(rows[best].tolist(), scores[best].tolist(), strict=True))


def by_implicit(live: Live, passport: engine.Passport, request: engine.Request) -> list[tuple[int, float]]:
    """``implicit``'s own ``recommend`` with the same factors, the learner folded in, among what passes."""
    rows, (stamped, weights) = passing(live, passport, request), history_of(passport.stamps)
    stamps = sparse.csr_matrix((weights, stamped, [0, len(stamped)]), shape=(1, len(live.catalogue.activities)))
    best, scores = _implicit(live).recommend(0, stamps, N=request.count, recalculate_user=True, items=rows)
    return list(zip(best.tolist(), scores.tolist(), strict=True))


@cache
def _implicit(live: Live) -> AlternatingLeastSquares:
    assert live.release is not None
    model = live.release.model
    fitted = AlternatingLeastSquares(
        factors=model.als.activities.shape[1],
        regularization=Config().als.regularisation,
        alpha=model.als_confidence,
        num_threads=1,
    )
    fitted.item_factors = np.array(model.als.activities)
    fitted.user_factors = np.zeros((1, model.als.activities.shape[1]), dtype=np.float32)
    return fitted


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--answer", type=Path, required=True, help="file with one of the service's own answers")
    given = parser.parse_args()
    app = with_rivals(create_app(Settings(home=given.home, port=given.port)), given.answer.read_bytes())
    with listen("127.0.0.1", given.port) as listening:
        config = uvicorn.Config(app, access_log=False, server_header=False, log_level="warning")
        uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
