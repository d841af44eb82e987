"""The routes: from a request to an answer of memory, or of the database where that is what is asked for."""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collectors.base import Harvest, Reader
from collectors.candidates.performance import Performance
from collectors.interviews.filtered import declared
from exporter.model import Snapshot
from exporter.web.api import filtered, openapi, parameters
from exporter.web.api.answers import Client, Content, client_of, content, fresh_for, response, written
from exporter.web.api.candidates import asked_performance, asked_population, candidate
from exporter.web.api.endpoints import CANDIDATE, ENDPOINTS, INTERVIEWS, Endpoint
from exporter.web.api.parameters import Id, InterviewsView, Parameters, read
from exporter.web.api.problem import Mistake, Refused, rendered
from exporter.web.api.reads import GRACE, Answer, Question, Reads
from exporter.web.api.sections import windows
from exporter.web.api.seed.candidate import candidate as seed_candidate
from exporter.web.api.seed.dashboards import interviews as seed_interviews
from exporter.web.api.seed.values import Values
from exporter.web.api.terms import Terms, View
from exporter.web.credentials import Identity
from exporter.windows import Window

MOST_KEPT = 64
# The document is that of a version.
DOCUMENT_MAX_AGE = 3600
# Quartiles of half a year move slowly, and cost much where candidates are many.
POPULATION_LASTS, POPULATION_DEADLINE = timedelta(hours=1), 240.0
ID: TypeAdapter[int] = TypeAdapter(Id)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be seen, and the way to the database."""

    clock: Callable[[], datetime]
    snapshot: Callable[[datetime], Snapshot]
    terms: Callable[[], Terms]
    reads: Reads


@dataclass(slots=True)
class Memory:
    """Answers that were written once, as long as the snapshot and the terms they are made of hold."""

    _view: View | None = None
    _kept: dict[tuple[str, Parameters], Content] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def content(self, endpoint: Endpoint, asked: Parameters, view: View) -> Content:
        """Return the content of an answer."""
        key = (endpoint.path, asked)
        with self._lock:
            if self._view is None or self._view.snapshot is not view.snapshot or self._view.terms is not view.terms:
                self._view, self._kept = view, {}
            if key in self._kept:
                return self._kept[key]
        make = endpoint.make_seed if getattr(asked, "compat", None) else endpoint.make
        if make is None:
            raise ValueError(endpoint.path)
        made = written(make(view, asked))
        with self._lock:
            if self._view.snapshot is view.snapshot and self._view.terms is view.terms and len(self._kept) < MOST_KEPT:
                self._kept[key] = made
        return made


def routes(sight: Sight) -> list[Route]:
    """Return the routes."""
    memory, document = Memory(), content(json.dumps(openapi.document()).encode())

    def described(request: Request) -> Response:
        return response(document, client_of(request), DOCUMENT_MAX_AGE)

    def route(endpoint: Endpoint) -> Route:
        def answered(request: Request) -> Response:
            return _guarded(endpoint, lambda: _answered(endpoint, request, sight, memory), request)

        return Route(endpoint.path, answered)

    return [*(route(endpoint) for endpoint in ENDPOINTS), Route(openapi.PATH, described)]


def _guarded(endpoint: Endpoint, answer: Callable[[], Response], request: Request) -> Response:
    """Return the answer or its refusal; who asks for candidates is noted, and nothing of what they are told."""
    try:
        found = answer()
    except Refused as refused:
        found = rendered(refused)
    except Exception as error:  # noqa: BLE001 - the border of a unit: a request fails alone
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        log.error("request failed", endpoint=endpoint.name, error=type(error).__name__, place=where)
        found = rendered(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "a mistake of ours; the log tells where"))
    if endpoint is CANDIDATE:
        log.info("candidate asked for", by=_name(request), status=found.status_code)
    return found


def _answered(endpoint: Endpoint, request: Request, sight: Sight, memory: Memory) -> Response:
    asked, now = read(endpoint.parameters, request.query_params), sight.clock()
    view, client = View(sight.snapshot(now), sight.terms()), client_of(request)
    if endpoint is CANDIDATE:
        return _of_candidate(asked, request, sight, now, client)
    if endpoint is INTERVIEWS and isinstance(asked, InterviewsView):
        own = asked.model_copy(update={"company": _company(asked.company, request)})
        if own.company is not None or own.has_period or not _is_collected(own.window, view):
            return _of_interviews(own, sight, view, now, client)
    max_age = fresh_for(view.snapshot, endpoint.collectors or view.terms.intervals, view.terms.intervals, now)
    return response(memory.content(endpoint, asked, view), client, max_age)


def _is_collected(window: str | None, view: View) -> bool:
    return window is None or window in windows(view.snapshot, filtered.COLLECTOR)


def _of_interviews(asked: InterviewsView, sight: Sight, view: View, now: datetime, client: Client) -> Response:
    def window_of(terms: Terms, at: datetime) -> Window:
        return parameters.period(asked, at, terms.definitions.timezone, terms.definitions.week_start)

    def ask(reader: Reader, terms: Terms, at: datetime) -> tuple[Window, Harvest]:
        window = window_of(terms, at)
        return window, filtered.asked(reader, terms, at, window, asked.company)

    # What is no period is refused before anybody is asked.
    window_of(view.terms, now - view.terms.settle)
    key = ("interviews", asked.company, asked.from_, asked.to, asked.window)
    answer = sight.reads.answer(Question(key, ask))
    window, found = answer.found
    if asked.compat:
        model: Any = seed_interviews(Values(declared(view.terms.interviews, window.key), found.samples), window.key)
    else:
        model = filtered.interviews(view.terms, found, answer.at, window, asked.company)
    return response(written(model), client, _until(answer, now))


def _of_candidate(asked: Any, request: Request, sight: Sight, now: datetime, client: Client) -> Response:
    user_id, company = _user_id(request.path_params["user_id"]), _identity_company(request)
    population = sight.reads.answer(
        Question("population", asked_population, POPULATION_LASTS, POPULATION_DEADLINE, patience=10.0 + GRACE)
    )

    def ask(reader: Reader, terms: Terms, at: datetime) -> Performance | None:
        return asked_performance(reader, terms, at, user_id, company, population.found)

    answer = sight.reads.answer(Question(("candidate", user_id, company), ask))
    found = answer.found
    # Whether somebody is a user at all is nothing that a company may learn of those who never came to it.
    if found is None or (company is not None and not found.history):
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such candidate")
    model: Any = seed_candidate(found) if asked.compat else candidate(found, answer.at, population.at)
    return response(written(model), client, _until(answer, now))


def _user_id(text: str) -> int:
    try:
        return ID.validate_python(text)
    except ValidationError:
        raise parameters.refused(
            Mistake(parameter="user_id", detail="not the id of a user; write digits only")
        ) from None


def _until(answer: Answer[Any], now: datetime) -> int:
    return max(int((answer.until - now).total_seconds()), 1)


def _company(wanted: int | None, request: Request) -> int | None:
    """Return the company that interviews are filtered by; raises Refused for another one than that of the token."""
    own = _identity_company(request)
    if own is not None and wanted not in (None, own):
        detail = f"{_name(request)} is limited to company {own}; leave company out"
        raise Refused(HTTPStatus.FORBIDDEN, detail)
    return wanted if own is None else own


def _identity_company(request: Request) -> int | None:
    identity: Identity | None = request.scope.get("identity")
    return identity.company if identity else None


def _name(request: Request) -> str:
    identity: Identity | None = request.scope.get("identity")
    return identity.name if identity else "somebody"
