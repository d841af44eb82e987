"""What may be asked: the parameters of each endpoint, read from a query string. Whatever is unknown is refused."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from starlette.datastructures import QueryParams

from exporter.web.api.problem import Mistake, Refused
from exporter.windows import Window, midnight, previous_day, previous_month, previous_week

LARGEST_ID = 2**63 - 1
DAY_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# metrics.md FU0, and the calendar windows; months and years have no fixed length.
PERIOD = r"^([0-9]{1,6}[mhdw]|prev_day|prev_week|prev_month)$"
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST, USUAL = timedelta(days=366), timedelta(days=30)
CUSTOM = "custom"
Asked = TypeVar("Asked", bound="Parameters")


def _digits(given: object) -> object:
    if isinstance(given, str) and not re.fullmatch("[0-9]{1,19}", given):
        raise ValueError("not a number; write digits only")
    return given


def _instant(given: object) -> object:
    text = given if isinstance(given, str) else ""
    try:
        if DAY_TEXT.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT_TEXT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    raise ValueError("not a date nor an instant; write 2026-04-01 or 2026-04-01T00:00:00Z, a + in it as %2B")


Id = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(_digits)]
Instant = Annotated[
    date | datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]


class Parameters(BaseModel):
    """What every endpoint may be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class View(Parameters):
    """A view of the snapshot."""

    compat: Annotated[
        Literal["seed"] | None,
        Field(description="The keys of the original analytics document: percentages × 100, undefined is null."),
    ] = None


class Windowed(View):
    """A view of one window."""

    window: Annotated[
        str | None, Field(pattern=PERIOD, description="Only what speaks of this window, one of those that there are.")
    ] = None


class AiView(View):
    """A view of the AI."""

    mode: Annotated[Literal["last100"] | None, Field(description="Adds the last 100 samples of each component.")] = None


class InterviewsView(View):
    """A view of the interviews; with a company, a period, or a window that is not exported, the database is asked."""

    company: Annotated[Id | None, Field(description="Only interviews for the jobs of this company.")] = None
    from_: Annotated[
        Instant | None,
        Field(
            alias="from", description="Where the period begins: a business date, or an instant. 30 days before its end."
        ),
    ] = None
    to: Annotated[
        Instant | None,
        Field(description="Where the period ends, which does not belong to it. By default, and at the latest, now."),
    ] = None
    window: Annotated[
        str | None,
        Field(pattern=PERIOD, description="A period that ends now, as 90m, 24h, 14d or 2w, or the last complete one."),
    ] = None

    @property
    def has_period(self) -> bool:
        """Tell whether the ends of the period are given."""
        return self.from_ is not None or self.to is not None


def read(model: type[Asked], query: QueryParams) -> Asked:
    """Return the parameters of a query string; raises Refused with every mistake."""
    mistakes = [
        Mistake(parameter=name, detail="stands there twice; leave it in one place")
        for name in dict.fromkeys(query)
        if len(query.getlist(name)) > 1
    ]
    try:
        found = model.model_validate(dict(query))
    except ValidationError as error:
        mistakes += [_mistake(problem, model) for problem in error.errors(include_url=False, include_input=False)]
    if mistakes:
        raise refused(*mistakes)
    return found


def refused(*mistakes: Mistake) -> Refused:
    """Return the refusal of parameters."""
    first = mistakes[0]
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first.parameter}: {first.detail}", mistakes=mistakes)


def period(asked: InterviewsView, at: datetime, zone: ZoneInfo, week_start: int) -> Window:
    """Return the period that is asked for, up to `at`; raises Refused for one that is none, or too long."""
    if asked.window and asked.has_period:
        raise refused(Mistake(parameter="window", detail="stands beside from or to; leave one of them"))
    place = "window" if asked.window else "from"
    try:
        found = _window(asked.window, at, zone, week_start) if asked.window else _between(asked, at, zone)
    except OverflowError:
        raise refused(Mistake(parameter=place, detail="lies before all time")) from None
    if found.start >= found.end:
        raise refused(Mistake(parameter=place, detail="does not begin before it ends, or before now"))
    if found.end - found.start > LONGEST:
        raise refused(Mistake(parameter=place, detail=f"makes more than {LONGEST.days} days; ask for fewer"))
    return found


def _window(text: str, at: datetime, zone: ZoneInfo, week_start: int) -> Window:
    if text == "prev_day":
        return previous_day(at, zone)
    if text == "prev_week":
        return previous_week(at, zone, week_start)
    if text == "prev_month":
        return previous_month(at, zone)
    return Window(text, at - int(text[:-1]) * UNITS[text[-1]], at)


def _between(asked: InterviewsView, at: datetime, zone: ZoneInfo) -> Window:
    end = min(_moment(asked.to, zone), at) if asked.to else at
    return Window(CUSTOM, _moment(asked.from_, zone) if asked.from_ else end - USUAL, end)


def _moment(given: date | datetime, zone: ZoneInfo) -> datetime:
    return given.astimezone(UTC) if isinstance(given, datetime) else midnight(given, zone)


def _mistake(problem: Mapping[str, Any], model: type[Parameters]) -> Mistake:
    name = str(problem["loc"][0]) if problem["loc"] else "query"
    if problem["type"] == "extra_forbidden":
        # The name is not repeated: it may be anything, and personal.
        there = ", ".join(field.alias or key for key, field in model.model_fields.items())
        return Mistake(
            parameter="query",
            detail=f"has a parameter that is unknown; there are {there}"
            if there
            else "has a parameter, and there are none",
        )
    return Mistake(parameter=name, detail=_detail(problem))


def _detail(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "string_pattern_mismatch":
        return "not a window; write for example 90m, 24h, 14d, 2w or prev_week"
    if problem["type"] == "literal_error":
        return f"is not one of {problem['ctx']['expected']}"
    return str(problem["msg"]).removeprefix("Value error, ")
