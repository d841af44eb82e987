"""The OpenAPI 3.1 document, made of the same endpoints and models that the routes are made of."""

from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from exporter import __version__
from exporter.web.api.answers import JSON
from exporter.web.api.endpoints import CANDIDATE, ENDPOINTS, PREFIX, Endpoint
from exporter.web.api.parameters import LARGEST_ID
from exporter.web.api.problem import MEDIA_TYPE, Problem

PATH = f"{PREFIX}/openapi.json"
DESCRIPTION = """Views of the daemon's snapshot. A ratio is from 0 to 1, a duration in seconds, money in major units
with its `currency`; what is not defined is null with a `reason`. Names are those of the metrics, and never change.
`?compat=seed` answers in the keys of the original analytics document."""
REFUSALS = {
    401: "Nobody known asks.",
    403: "Who asks may not have this.",
    405: "There is GET and HEAD only.",
    422: "A parameter is wrong or unknown.",
    429: "Too many requests.",
    500: "A mistake of ours; the log tells where.",
    503: "Too many requests at once.",
}
OF_LIVE = {503: "Too many requests at once, or the database did not answer.", 504: "The database took too long."}
OF_CANDIDATE = {404: "There is no such candidate, or none that who asks may see."}
HEADERS = {
    "ETag": {"description": "Names the content; send it as If-None-Match.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "Until the next run of a collector.", "schema": {"type": "string"}},
}
USER_ID = {
    "name": "user_id",
    "in": "path",
    "required": True,
    "description": "The id of the user in JobHive's database.",
    "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what is known already.",
    "schema": {"type": "string"},
}


def document() -> dict[str, Any]:
    """Return the document."""
    shapes = [shape for endpoint in ENDPOINTS for shape in (endpoint.shape, endpoint.seed) if shape] + [Problem]
    mode: JsonSchemaMode = "serialization"
    references, definitions = models_json_schema(
        [(shape, mode) for shape in dict.fromkeys(shapes)], ref_template="#/components/schemas/{model}"
    )
    schemas = {shape: reference for (shape, _), reference in references.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "JobHive exporter",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"basic": []}, {}],
        "paths": {endpoint.path: _item(endpoint, schemas) for endpoint in ENDPOINTS},
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of the section web.tokens."},
                "basic": {"type": "http", "scheme": "basic", "description": "A user of the web configuration file."},
            },
        },
    }


def _item(endpoint: Endpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    parameters = [*_parameters(endpoint), IF_NONE_MATCH]
    return {
        "parameters": [USER_ID, *parameters] if endpoint is CANDIDATE else parameters,
        "get": _operation(endpoint, schemas),
        "head": _operation(endpoint, schemas, head=True),
    }


def _operation(endpoint: Endpoint, schemas: dict[Any, Any], *, head: bool = False) -> dict[str, Any]:
    shapes = [schemas[shape] for shape in (endpoint.shape, endpoint.seed) if shape]
    body = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    answers: dict[str, Any] = {
        "200": {"description": "The answer.", "headers": HEADERS}
        | ({} if head else {"content": {JSON: {"schema": body}}}),
        "304": {"description": "What is known already is still right.", "headers": HEADERS},
    }
    problem = {} if head else {"content": {MEDIA_TYPE: {"schema": schemas[Problem]}}}
    for status, text in _refusals(endpoint).items():
        answers[str(status)] = {"description": text} | problem
    return {
        "operationId": f"{endpoint.name}_head" if head else endpoint.name,
        "summary": endpoint.summary,
        "tags": ["live" if endpoint.live else "snapshot"],
        "responses": answers,
    }


def _refusals(endpoint: Endpoint) -> dict[int, str]:
    more = OF_LIVE if endpoint.live else {}
    return dict(sorted((REFUSALS | more | (OF_CANDIDATE if endpoint is CANDIDATE else {})).items()))


def _parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    schema = endpoint.parameters.model_json_schema(by_alias=True)
    for name, own in schema.get("properties", {}).items():
        # A parameter that is not sent is none; null cannot be sent.
        kinds = [kind for kind in own.get("anyOf", [own]) if kind.get("type") != "null"]
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "description": own.get("description", ""),
            "schema": kinds[0] if len(kinds) == 1 else {"anyOf": kinds},
        }
