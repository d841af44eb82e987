"""A deployment's own names for the JobHive tables, columns and vocabularies (sources.md 1.7)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from collectors.tables import TABLES

Vocabulary = Mapping[str, tuple[str, ...]]

SUBSCRIPTION_STATUS: Vocabulary = {
    "active": ("active",),
    "past_due": ("past_due",),
    "trialing": ("trialing", "trial"),
    "paused": ("paused",),
    "unpaid": ("unpaid",),
    "canceled": ("canceled", "cancelled", "ended", "expired", "incomplete_expired"),
    "other": ("incomplete",),
}
SESSION_STATUS: Vocabulary = {
    "completed": ("completed", "complete", "done", "finished"),
    "in_progress": ("in_progress", "active", "live", "started"),
    "abandoned": ("abandoned", "dropped", "expired"),
    "cancelled": ("cancelled", "canceled"),
    "no_show": ("no_show", "noshow", "missed"),
    "scheduled": ("scheduled", "pending", "invited", "booked", "created"),
    "other": (),
}
# A session whose reason for ending is listed gets that class, whatever its status.
ENDED_REASON: Vocabulary = dict.fromkeys(SESSION_STATUS, ())
# What is in no class is voluntary, and nothing at all is unknown.
CANCEL_REASON: Vocabulary = {
    "voluntary": (),
    "involuntary": ("payment_failed", "card_expired", "dunning", "involuntary"),
    "unknown": (),
}
PLAN_INTERVAL: Vocabulary = {
    "day": ("day", "daily"),
    "week": ("week", "weekly"),
    "month": ("month", "monthly"),
    "quarter": ("quarter", "quarterly"),
    "half_year": ("half_year", "semiannual"),
    "year": ("year", "yearly", "annual", "annually"),
}
# What the log of activity calls a feature; the empty string is activity in general.
ACTIVITY_FEATURE: Vocabulary = {
    "ai_feedback": ("ai_feedback",),
    "learning_paths": ("learning_path", "learning_paths"),
    "analytics_dashboard": ("dashboard", "analytics_dashboard"),
}


def merged(default: Vocabulary, given: Any) -> dict[str, tuple[str, ...]]:
    """Lay a deployment's vocabulary over the default one.

    A class that is given has exactly the values given; the others keep their default values, less those that were
    given to another class. Values are compared without regard to case, and each may stand under one class only.
    """
    if not isinstance(given, Mapping):
        raise ValueError("not a map of class: [values]; write for example {canceled: [gone, left]}")
    taken: dict[str, str] = {}
    for word, values in given.items():
        if word not in default:
            raise ValueError(f"{word!r} is no class; the classes are {', '.join(default)}")
        if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
            raise ValueError(f"the values of {word!r} are not a list of strings; write {word}: [value, value]")
        for value in values:
            if taken.setdefault(value.lower(), word) != word:
                raise ValueError(
                    f"{value!r} stands under both {taken[value.lower()]!r} and {word!r}; leave it under one"
                )
    return {
        word: tuple(value.lower() for value in given[word])
        if word in given
        else tuple(value for value in values if value not in taken)
        for word, values in default.items()
    }


def _over(default: Vocabulary) -> BeforeValidator:
    return BeforeValidator(lambda given: merged(default, given))


ActivityValues = Annotated[Vocabulary, _over(ACTIVITY_FEATURE)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Constant(_Frozen):
    """A fixed value in place of a column: `{const: false}`."""

    const: bool | int | float | str
    """What every row has."""


class TableMapping(_Frozen):
    """Where a logical table lies: its name, and the columns whose names differ (null: we do not have it)."""

    name: str
    """The table or view, in the schema."""
    columns: Any

    def column(self, logical: str) -> str | Constant | None:
        """Return what stands for a logical column in the database."""
        found: str | Constant | None = getattr(self.columns, logical)
        return found

    def is_explicit(self, logical: str) -> bool:
        """Tell whether the configuration gives the column another name, so that its absence is a mistake."""
        return self.column(logical) != logical


class SessionMapping(TableMapping):
    """The mapping of interview sessions, with the meaning of their statuses, durations and scores."""

    status_map: Annotated[Vocabulary, _over(SESSION_STATUS)] = Field(default=SESSION_STATUS)
    """Class: the words for it, in any case; other words are `other`."""
    ended_reason_map: Annotated[Vocabulary, _over(ENDED_REASON)] = Field(default=ENDED_REASON)
    """A session with one of these reasons has that class, whatever its status."""
    duration_unit: Literal["from_timestamps", "seconds", "minutes", "microseconds", "interval"] = "from_timestamps"
    """Of the column `duration`; `from_timestamps` does without it."""
    score_scale: Annotated[float, Field(gt=0)] = 100.0
    """The highest score."""


class AnalysisMapping(TableMapping):
    """The mapping of what a model judged, with the highest score that it gives; confidence is from 0 to 1."""

    score_scale: Annotated[float, Field(gt=0)] = 1.0
    """The highest score; confidence is always from 0 to 1."""


class PlanMapping(TableMapping):
    """The mapping of plans, with the meaning of their prices and intervals."""

    interval_map: Annotated[Vocabulary, _over(PLAN_INTERVAL)] = Field(default=PLAN_INTERVAL)
    """Class: the words for it, in any case."""
    price_unit: Literal["major", "minor"] = "major"
    """`minor`: prices are in cents."""
    default_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """Where a plan has no currency."""


class SubscriptionMapping(TableMapping):
    """The mapping of subscriptions, with the meaning of their statuses."""

    status_map: Annotated[Vocabulary, _over(SUBSCRIPTION_STATUS)] = Field(default=SUBSCRIPTION_STATUS)
    """Class: the words for it, in any case; other words are `other`."""
    reason_map: Annotated[Vocabulary, _over(CANCEL_REASON)] = Field(default=CANCEL_REASON)
    """Why a customer left; other words are voluntary, and none is unknown."""


def _mapping_of(table: str, base: type[TableMapping] = TableMapping) -> Any:
    """Make the config type of one table: a column that the table does not have is an unknown key at its own place."""
    logical = TABLES[table]
    names: dict[str, Any] = {name: (str | Constant | None, name) for name in logical.columns}
    columns = create_model(f"{table}_columns", __base__=_Frozen, **names)
    return create_model(
        f"{table}_mapping",
        __base__=base,
        name=(str, logical.default_name),
        columns=(columns, Field(default_factory=columns)),
    )


class Tables(_Frozen):
    """The mapping of every logical table; `mapped` makes one."""

    assessment: AnalysisMapping
    plan: PlanMapping
    sentiment: AnalysisMapping
    session: SessionMapping
    subscription: SubscriptionMapping

    def __getitem__(self, table: str) -> TableMapping:
        """Return the mapping of a logical table."""
        found: TableMapping = getattr(self, table)
        return found

    def names(self) -> list[str]:
        """Return the tables' names in the database."""
        return [self[table].name for table in TABLES]


def _tables_model() -> type[Tables]:
    bases: Mapping[str, type[TableMapping]] = {
        "assessment": AnalysisMapping,
        "plan": PlanMapping,
        "sentiment": AnalysisMapping,
        "session": SessionMapping,
        "subscription": SubscriptionMapping,
    }
    kinds = {table: _mapping_of(table, bases.get(table, TableMapping)) for table in TABLES}
    fields: dict[str, Any] = {table: (kind, Field(default_factory=kind)) for table, kind in kinds.items()}
    return create_model("tables", __base__=Tables, **fields)


_MODEL = _tables_model()


def mapped(given: object) -> Tables:
    """Return the mapping a `tables` section of config.yaml describes; pydantic.ValidationError where it is wrong."""
    return _MODEL.model_validate(given)
