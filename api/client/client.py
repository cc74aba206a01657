"""A client for makers of passport apps: every address of the contract, typed, over httpx."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from api.client import asked
from api.shapes.answer import (
    ActivitiesShape,
    ActivityShape,
    AnswerShape,
    HealthShape,
    ProblemShape,
    ReleaseShape,
    ThemesShape,
)
from api.shapes.lines import LinesShape
from api.shapes.people import KeptShape, LearnerShape
from api.shapes.route_answer import RoutesShape

Shape = TypeVar("Shape", bound=BaseModel)
LATER = frozenset({429, 503})
"""Answers that say when to come back."""


class ProblemError(Exception):
    """An answer that is an error.

    Attributes
    ----------
    problem : ProblemShape
        What is wrong, with the path of every field that does not fit.
    retry_after : float or None
        Seconds after which the same request may be made again.
    """

    def __init__(self, problem: ProblemShape, retry_after: float | None) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail} (request {problem.request_id})")
        self.problem, self.retry_after = problem, retry_after


class Leerlijn:
    """One city, asked with one key.

    Parameters
    ----------
    url : str
        Where the service is, such as ``https://leerlijn.example``.
    key : str
        As ``python -m api keys create`` shows it; ``""`` for demo mode.
    patience : float
        Seconds to wait, altogether, for a service that says to come back later; 0 never waits.
    transport : httpx.BaseTransport or None
        For tests and proxies.
    wait : callable
        Waits so many seconds.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        timeout: float = 10.0,
        patience: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._patience, self._wait = patience, wait

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    # What next, and which route

    def recommendations(self, **question: Unpack[asked.Question]) -> AnswerShape:
        """A ranked list with reasons."""
        return self._told(AnswerShape, "POST", "/v1/recommendations", question)

    def outing(self, **question: Unpack[asked.OutingQuestion]) -> RoutesShape:
        """A day out; ``**{"from": …}`` says when to leave."""
        return self._told(RoutesShape, "POST", "/v1/routes", {"kind": "outing", **question})

    def journey(self, **question: Unpack[asked.JourneyQuestion]) -> RoutesShape:
        """Some weeks along a start, a core and a finish."""
        return self._told(RoutesShape, "POST", "/v1/routes", {"kind": "journey", **question})

    def calendar(self, kind: str, question: Mapping[str, Any]) -> str:
        """The best route as iCalendar."""
        body = {"kind": kind, **question}
        return self._ask("POST", "/v1/routes", json=body, headers={"Accept": "text/calendar"}).text

    # The city

    def activities(
        self, theme: str | None = None, domain: asked.Domain | None = None, lang: str | None = None
    ) -> Iterator[ActivityShape]:
        """All activities, page after page."""
        offset: int | None = 0
        while offset is not None:
            query = {"theme": theme, "domain": domain, "lang": lang, "limit": 500, "offset": offset}
            page = self._told(ActivitiesShape, "GET", "/v1/activities", query=query)
            yield from page.activities
            offset = page.next

    def themes(self, lang: str | None = None) -> ThemesShape:
        """The city's own list of topics."""
        return self._told(ThemesShape, "GET", "/v1/themes", query={"lang": lang})

    def lines(self, lang: str | None = None) -> LinesShape:
        """The learning lines."""
        return self._told(LinesShape, "GET", "/v1/lines", query={"lang": lang})

    def progress(self, **question: Unpack[asked.LinesQuestion]) -> LinesShape:
        """The learning lines, with how far somebody is."""
        return self._told(LinesShape, "POST", "/v1/lines", question)

    def metro_map(self, lang: str | None = None) -> str:
        """The lines as a metro map, in SVG."""
        return self._ask("GET", "/v1/lines.svg", params=_given({"lang": lang})).text

    def release(self) -> ReleaseShape:
        """What is in service."""
        return self._told(ReleaseShape, "GET", "/v1/release")

    # What learners did and said; sent again until it is kept, and kept once

    def stamps(self, stamps: Sequence[asked.StampIn]) -> KeptShape:
        """Keep visits."""
        return self._kept("/v1/stamps", stamps)

    def feedback(self, feedback: Sequence[asked.FeedbackIn]) -> KeptShape:
        """Keep what learners say."""
        return self._kept("/v1/feedback", feedback)

    def learner(self, learner: str) -> LearnerShape:
        """A learner's own page."""
        return self._told(LearnerShape, "GET", _page(learner))

    def change(self, learner: str, **changes: Unpack[asked.Changes]) -> LearnerShape:
        """Change what a passport says."""
        return self._told(LearnerShape, "PATCH", _page(learner), changes)

    def erase(self, learner: str) -> None:
        """Remove every trace of a learner."""
        self._ask("DELETE", _page(learner))

    # The service

    def alive(self) -> HealthShape:
        """Whether the process answers."""
        return self._told(HealthShape, "GET", "/health/live")

    def ready(self) -> HealthShape:
        """Whether it can answer well."""
        return self._told(HealthShape, "GET", "/health/ready")

    def metrics(self) -> str:
        """The service's own figures, for a key with the scope ``admin``."""
        return self._ask("GET", "/metrics").text

    def _kept(self, path: str, batch: Sequence[Mapping[str, Any]]) -> KeptShape:
        answer = self._ask("POST", path, json=list(batch), headers={"Idempotency-Key": uuid.uuid4().hex})
        return KeptShape.model_validate_json(answer.content)

    def _told(
        self, shape: type[Shape], method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Shape:
        more: dict[str, Any] = {} if body is None else {"json": body}
        return shape.model_validate_json(self._ask(method, path, params=_given(query or {}), **more).content)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        left = self._patience
        while True:
            answer = self._http.request(method, path, **more)
            if answer.is_success:
                return answer
            error = _problem(answer)
            seconds = error.retry_after
            if answer.status_code not in LATER or seconds is None or seconds > left:
                raise error
            self._wait(seconds)
            left -= seconds


def _problem(answer: httpx.Response) -> ProblemError:
    after = answer.headers.get("retry-after", "")
    try:
        problem = ProblemShape.model_validate_json(answer.content)
    except ValueError:  # something in between answered
        problem = ProblemShape(
            type="about:blank", title=answer.reason_phrase or "Error", status=answer.status_code, request_id="",
            detail="The answer did not come from Leerlijn.",
        )  # fmt: skip
    return ProblemError(problem, float(after) if after.isdecimal() else None)


def _page(learner: str) -> str:
    return f"/v1/learners/{quote(learner, safe='')}"


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
