"""The OpenAPI document is the contract: what it shows can be sent as it stands, and what it promises is answered."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api import body, problems
from api.shapes.question import Question
from tests.api.conftest import ASK, Served

pytestmark = pytest.mark.usefixtures("ready_to_plan")


@pytest.fixture(scope="module")
def document(oss: Served) -> dict[str, Any]:
    answer = oss.http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    written: dict[str, Any] = answer.json()
    return written


def resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands on its own, with the document's components beside it."""
    return {**schema, "components": document["components"]}


def every_reference(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(every_reference(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(every_reference(inner) for inner in value))
    return set()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert every_reference(document) <= known
    assert len(known) > 10


def test_every_example_can_be_sent_and_is_answered_as_promised(oss: Served, document: dict[str, Any]) -> None:
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = content.get("examples", {})
            if not examples:
                continue
            promised = operation["responses"]["200"]["content"]["application/json"]["schema"]
            for name, example in examples.items():
                Draft202012Validator(resolve(content["schema"], document)).validate(example["value"])
                answer = oss.http.request(method, path, json=example["value"])
                assert answer.status_code == 200, (name, answer.text)
                Draft202012Validator(resolve(promised, document)).validate(answer.json())
                (listed,) = {"recommendations", "routes", "lines"} & answer.json().keys()
                assert answer.json()[listed], name
                tried += 1
    assert tried >= 9


def test_every_get_is_answered_as_promised(oss: Served, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        if "get" in methods:
            answer = oss.http.get(path.format(learner="r-1"))
            promised = methods["get"]["responses"]["200"]["content"]
            media_type = answer.headers["content-type"].partition(";")[0]
            assert media_type in promised, path
            if media_type == "application/json":
                Draft202012Validator(resolve(promised[media_type]["schema"], document)).validate(answer.json())


def test_every_problem_is_described_in_the_one_shape(oss: Served, document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status not in ("200", "204"):
                    assert list(response["content"]) == [problems.MEDIA_TYPE], status
    answer = oss.http.post(ASK, content=b"{")
    shape = {"$ref": "#/components/schemas/ProblemShape"}
    Draft202012Validator(resolve(shape, document)).validate(answer.json())


def test_the_document_and_the_service_agree_on_what_is_refused(document: dict[str, Any]) -> None:
    """What the schema refuses, the service refuses: an app can check before it sends."""
    schema = Draft202012Validator(resolve({"$ref": "#/components/schemas/Question"}, document))
    for bad in ('{"count": 0}', '{"x": 1}', '{"passport": {"age": 121}}', '{"curiosity": 2}', '{"domains": ["pub"]}'):
        assert not schema.is_valid(body.json.loads(bad)), bad
        with pytest.raises(problems.Problem):
            body.parse(bad.encode(), Question)


def test_the_addresses_are_the_promised_ones(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        ASK, "/v1/routes", "/v1/stamps", "/v1/feedback", "/v1/learners/{learner}", "/v1/activities", "/v1/themes", "/v1/lines", "/v1/lines.svg", "/v1/release", "/health/live", "/health/ready",
        "/metrics",
    }  # fmt: skip
