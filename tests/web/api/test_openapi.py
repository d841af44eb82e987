"""The OpenAPI document: valid, complete, and true for whatever schemathesis sends."""

from typing import Any

import pytest
import schemathesis
from hypothesis import Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from exporter.web.api.endpoints import CANDIDATE, CATALOGUE, ENDPOINTS, INTERVIEWS
from exporter.web.api.openapi import PATH, document
from tests.web.api.house import House

# Of each operation; all in one process, on answers of a few milliseconds.
EXAMPLES = 15
PHASES = (Phase.explicit, Phase.generate)


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_the_document_is_served_as_it_is_made(full: House) -> None:
    assert full.client().get(PATH).json() == document()
    assert document()["openapi"] == "3.1.0"


def test_every_endpoint_and_every_shape_is_in_it() -> None:
    paths = document()["paths"]
    assert list(paths) == [endpoint.path for endpoint in ENDPOINTS]
    named = set(document()["components"]["schemas"])
    for endpoint in ENDPOINTS:
        assert {shape.__name__ for shape in (endpoint.shape, endpoint.seed) if shape} <= named
        assert list(paths[endpoint.path]) == ["parameters", "get", "head"]
    assert "Problem" in named


def test_every_refusal_has_the_one_shape() -> None:
    for path, item in document()["paths"].items():
        answers = item["get"]["responses"]
        live = {"504"} if path in (INTERVIEWS.path, CANDIDATE.path) else set()
        missing = {"404"} if path == CANDIDATE.path else set()
        refusals = {status for status in answers if status not in ("200", "304")}
        assert refusals == {"401", "403", "405", "422", "429", "500", "503"} | live | missing
        for status in refusals:
            schema = answers[status]["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_parameters_say_what_they_take() -> None:
    parameters = {one["name"]: one for one in document()["paths"][INTERVIEWS.path]["parameters"]}
    assert list(parameters) == ["compat", "company", "from", "to", "window", "If-None-Match"]
    assert parameters["company"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    assert all(one["description"] for one in parameters.values())


@pytest.fixture(scope="module")
def described(full: House) -> Any:
    return schemathesis.openapi.from_asgi(PATH, full.client().app)


# Where there is no parameter there is none to get wrong, and HEAD reads them as GET does.
ASKED = [
    (endpoint.path, method, mode)
    for endpoint in ENDPOINTS
    for method in ("get", "head")
    for mode in GenerationMode
    if mode.is_positive or (method == "get" and endpoint is not CATALOGUE)
]


@pytest.mark.parametrize(("path", "method", "mode"), ASKED)
def test_it_is_true(described: Any, path: str, method: str, mode: GenerationMode) -> None:
    parameters = {one["name"] for one in document()["paths"][path]["parameters"]}
    # That a period begins before it ends, and a window is one of those that there are, no schema can say.
    unchecked: list[Any] = [positive_data_acceptance] if "window" in parameters else []

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=PHASES)
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(excluded_checks=unchecked)

    holds()
