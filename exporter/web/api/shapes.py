"""The shapes of answers: what is sent, and what the OpenAPI document says of it, are made of the same models."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Number = int | float
Unit = Literal["count", "ratio", "seconds", "bytes", "money", "usd", "per_second", "number", "info"]
Reason = Annotated[
    Literal[
        "collector_disabled",
        "table_unmapped",
        "column_unmapped",
        "history_unavailable",
        "not_enabled",
        "never_ran",
        "collector_failed",
        "too_old",
        "internal",
        "not_defined",
    ],
    Field(
        description="Why there is no value. `not_defined`: 0 ÷ 0, or fewer rows than the figure needs. `never_ran`: "
        "the collector has not finished a run yet. `collector_failed`, `too_old`: values are too old, because "
        "the latest run failed, or because none came. "
        "`internal`: a mistake of ours. All others: the deployment lacks what the figure needs, or it is not wanted."
    ),
]
AsOf = Annotated[
    AwareDatetime | None, Field(description="The instant that the values speak of; null before the first.")
]


class Shape(BaseModel):
    """Base of all shapes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Series(Shape):
    """One value of a family. A ratio is from 0 to 1, a duration in seconds; money has at most four decimals."""

    labels: dict[str, str]
    value: Number | None
    reason: Reason | None = None


class Figure(Shape):
    """All values of one family, whose name is its key. `series` is null where there can be none, for the `reason`.

    What is `approximate` is computed from a substitute, what is `partial` lacks some values of its labels.
    """

    id: str = Field(description="The row of the metric contract.")
    unit: Unit
    approximate: Sequence[str] = ()
    partial: Sequence[str] = ()
    reason: Reason | None = None
    series: Sequence[Series] | None


class Section(Shape):
    """What one collector knows: all of one instant. It fails alone."""

    collector: str
    as_of: AsOf
    stale: bool = Field(description="Whether nothing is served: no run has succeeded lately enough.")
    reason: Reason | None = Field(default=None, description="Why nothing is served.")
    failure: str | None = Field(default=None, description="How the latest run failed, if it did: a reason of EX9.")
    families: dict[str, Figure]


class Realtime(Shape):
    """What goes on now."""

    timestamp: AsOf
    active_interviews: Section
    recent_completions: Section
    average_scores: Section
    ai_performance: Section


class Retained(Shape):
    """The share of customers who stayed: 1 less the churn."""

    window: str
    value: Number | None
    reason: Reason | None = None


class CustomerEvents(Shape):
    """Every beginning and end of paying inside a window, in customers: who leaves and returns counts as both.

    A gap of at most three days is a switch of plans, and no event.
    """

    window: str
    joined: int = Field(description="Began to pay, and never had before.")
    returned: int = Field(description="Paid again.")
    left: int = Field(description="Ceased to pay.")


class Revenue(Section):
    """The revenue, the share of customers who stayed, and who came and went inside each window."""

    logo_retention: Sequence[Retained] = ()
    customer_events: Sequence[CustomerEvents] | None = None


class Business(Shape):
    """The figures of the business."""

    generated_at: AwareDatetime = Field(description="When what is served last changed.")
    revenue: Revenue
    engagement: Section
    interviews: Section
    features: Section


class Period(Shape):
    """A half-open period: `to` does not belong to it."""

    from_: AwareDatetime = Field(alias="from", serialization_alias="from")
    to: AwareDatetime


class Filter(Shape):
    """What the interviews were filtered by; the label `window` of the figures is `custom` then."""

    company: int | None
    period: Period


class Interviews(Shape):
    """The interviews, who led them, and what became of applications."""

    filter: Filter | None
    interviews: Section
    pipeline: Section
    interviewers: Section
    companies: Section


class Last100(Shape):
    """The last 100 samples of one series by time, `from` and `to` in seconds since the epoch; `trend` is per second."""

    samples: int
    from_: Number | None = Field(alias="from", serialization_alias="from")
    to: Number | None
    mean: Number | None
    trend: Number | None = Field(description="Least-squares slope; null for fewer than two samples.")


class Slope(Shape):
    """How the processing time changes over a window, in seconds per second."""

    samples: int
    slope: Number | None
    theil_sen_slope: Number | None = Field(
        description="The median of the slopes of all pairs: outliers do not move it."
    )


class AiRealtime(Section):
    """The live samples; `last100` only with `mode=last100`. Both are by component, then by series or window."""

    slopes: dict[str, dict[str, Slope]]
    last100: dict[str, dict[str, Last100]] | None = None


class Ai(Shape):
    """How good the AI is, and how fast."""

    ai_quality: Section
    ai_realtime: AiRealtime


class Features(Shape):
    """Who uses what."""

    features: Section


class Funnel(Shape):
    """How far users come."""

    funnel: Section


class Cohorts(Shape):
    """Who stays, by the month of joining. `active_in_month_0` are those active in that month, by cohort."""

    cohorts: Section
    active_in_month_0: dict[str, int] | None


class Endpoint(Shape):
    """A resource of the API that Datadog watches; `p95` in seconds, of the last hour."""

    endpoint: str
    p95: Number | None
    requests: Number | None


class System(Shape):
    """Response times, the database host and the cache. `endpoints` are all that are known, the slowest first."""

    system: Section
    endpoints: Sequence[Endpoint] | None


class DailyCost(Shape):
    """What a UTC day cost."""

    day: date
    currency: str
    cost: Number
    estimated: bool


class Anomaly(Shape):
    """An unusual cost that AWS noticed."""

    start: date
    end: date | None
    service: str | None
    impact: Number


class Recommendation(Shape):
    """What AWS recommends; the kinds overlap, so that savings of several must not be added up."""

    kind: str
    action: str | None = None
    service: str | None = None
    resource: str | None = None
    instances: Number | None = None
    hourly_commitment: Number | None = None
    monthly_savings: Number | None
    currency: str | None


class Costs(Shape):
    """What AWS costs, and what a user and an interview cost."""

    costs: Section
    unit_economics: Section
    daily: Sequence[DailyCost] | None
    anomalies: Sequence[Anomaly] | None
    recommendations: Sequence[Recommendation] | None


class CatalogueLabel(Shape):
    """A label; `values` is its domain, null where the data decide."""

    name: str
    values: Sequence[str] | None


class CatalogueFamily(Shape):
    """One metric family. `version` is raised when its meaning changes."""

    name: str
    id: str
    type: Literal["gauge", "counter"]
    unit: Unit
    labels: Sequence[CatalogueLabel]
    help: str
    collector: str = Field(description="Who makes it; `exporter` for the exporter's own.")
    version: int
    past: str = Field(description="Whether it can be computed for a past instant.")
    visibility: str
    of: Sequence[str] | None = Field(description="Numerator and denominator of a ratio.")
    min_n: int = Field(description="The denominator below which a ratio is not defined.")
    state: Literal["exact", "approximate", "partial", "disabled"]
    reasons: Sequence[str]


class Catalogue(Shape):
    """Every metric family there is."""

    families: Sequence[CatalogueFamily]
