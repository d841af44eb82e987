"""Snapshot → the answers of the dashboards, in our own shapes (metrics.md, section 5). Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from exporter.model import PERSONAL, Family, Snapshot
from exporter.web.api import shapes
from exporter.web.api.sections import Wanted, document, rows, section, without
from exporter.web.api.units import MONEY_DECIMALS

CURRENT, HEADLINE = "24h", "customer"
Shaped = TypeVar("Shaped", bound=shapes.Shape)


def of_sessions(family: Family) -> bool:
    """Want the families that speak of all interviews."""
    return not (of_interviewers(family) or of_companies(family) or rows("IA12")(family))


def of_interviewers(family: Family) -> bool:
    """Want the families by interviewer."""
    return family.name.startswith("jobhive_interviewer_")


def of_companies(family: Family) -> bool:
    """Want the families by company."""
    return family.name.startswith("jobhive_company_")


def realtime(snapshot: Snapshot) -> shapes.Realtime:
    """Return DB1 to DB5; the instant is that of the live numbers."""
    active = section(snapshot, "operations", rows("DB1"))
    return shapes.Realtime(
        timestamp=active.as_of,
        active_interviews=active,
        recent_completions=section(snapshot, "operations", rows("DB2")),
        average_scores=section(snapshot, "interviews", both(rows("IA5"), of_sessions), CURRENT),
        ai_performance=section(snapshot, "ai_realtime"),
    )


def business(snapshot: Snapshot) -> shapes.Business:
    """Return DB6."""
    return shapes.Business(
        generated_at=snapshot.changed,
        revenue=revenue(snapshot),
        engagement=section(snapshot, "engagement"),
        interviews=section(snapshot, "interviews", both(rows("UE5", "UE6", "UE7"), of_sessions)),
        features=section(snapshot, "features"),
    )


def revenue(snapshot: Snapshot) -> shapes.Revenue:
    """Return the families of the revenue, logo retention, and the event view."""
    plain = section(snapshot, "revenue")
    churn = plain.families.get("jobhive_churn_ratio")
    stayed = [
        shapes.Retained(
            window=series.labels["window"],
            value=None if series.value is None else 1 - series.value,
            reason=series.reason,
        )
        for series in (churn.series if churn else None) or ()
        if series.labels["level"] == HEADLINE
    ]
    events = document(snapshot, "revenue", "customer_events", _customer_events)
    return shapes.Revenue(**dict(plain), logo_retention=stayed, customer_events=events)


def interviews(snapshot: Snapshot, window: str | None = None) -> shapes.Interviews:
    """Return the interviews as they were collected, of one window if asked."""
    return shapes.Interviews(
        filter=None,
        interviews=section(snapshot, "interviews", of_sessions, window),
        pipeline=section(snapshot, "interviews", rows("IA12"), window),
        interviewers=section(snapshot, "interviews", of_interviewers, window),
        companies=section(snapshot, "interviews", of_companies, window),
    )


def ai(snapshot: Snapshot, *, last100: bool) -> shapes.Ai:
    """Return the AI rows and the live ones, with the last samples if asked."""
    return shapes.Ai(
        ai_quality=section(snapshot, "ai_quality"),
        ai_realtime=shapes.AiRealtime(
            **dict(section(snapshot, "ai_realtime")),
            slopes=document(snapshot, "ai_realtime", "components", _of_components("slopes", shapes.Slope)) or {},
            last100=last_samples(snapshot) if last100 else None,
        ),
    )


def last_samples(snapshot: Snapshot) -> dict[str, dict[str, shapes.Last100]] | None:
    """Return RT4 by component and series; None where nothing is served."""
    return document(snapshot, "ai_realtime", "components", _of_components("last100", shapes.Last100))


def features(snapshot: Snapshot, window: str | None = None) -> shapes.Features:
    """Return the use of features."""
    return shapes.Features(features=section(snapshot, "features", window=window))


def funnel(snapshot: Snapshot) -> shapes.Funnel:
    """Return the funnel."""
    return shapes.Funnel(funnel=section(snapshot, "journey", without(rows("UJ6"))))


def cohorts(snapshot: Snapshot) -> shapes.Cohorts:
    """Return the monthly cohorts."""
    return shapes.Cohorts(
        cohorts=section(snapshot, "journey", rows("UJ6")),
        active_in_month_0=document(snapshot, "journey", "cohort_active_users_month_0", dict),
    )


def system(snapshot: Snapshot, window: str | None = None) -> shapes.System:
    """Return the technical performance, with all endpoints."""
    return shapes.System(
        system=section(snapshot, "system", window=window),
        endpoints=document(snapshot, "system", "endpoints", _endpoints),
    )


def costs(snapshot: Snapshot) -> shapes.Costs:
    """Return what AWS costs, day by day too, and what is recommended."""
    return shapes.Costs(
        costs=section(snapshot, "cost"),
        unit_economics=section(snapshot, "unit_economics"),
        daily=document(snapshot, "cost", "daily_costs", _priced(shapes.DailyCost)),
        anomalies=document(snapshot, "cost", "anomalies", _priced(shapes.Anomaly)),
        recommendations=document(snapshot, "cost", "recommendations", _priced(shapes.Recommendation)),
    )


def both(one: Wanted, other: Wanted) -> Wanted:
    """Want what both want."""
    return lambda family: one(family) and other(family)


def _of_components(part: str, shape: type[Shaped]) -> Callable[[Any], dict[str, dict[str, Shaped]]]:
    def shaped(components: Mapping[str, Any]) -> dict[str, dict[str, Shaped]]:
        return {
            name: {key: shape.model_validate(given) for key, given in known[part].items()}
            for name, known in components.items()
        }

    return shaped


def _customer_events(windows: Mapping[str, Mapping[str, int]]) -> list[shapes.CustomerEvents]:
    return [shapes.CustomerEvents(window=window, **counts) for window, counts in windows.items()]


def _endpoints(found: Iterable[Mapping[str, Any]]) -> list[shapes.Endpoint]:
    """Return the resources; one whose name may be personal is left out."""
    return [
        shapes.Endpoint(endpoint=one["name"], p95=one["p95_seconds"], requests=one["requests"])
        for one in found
        if not PERSONAL.search(one["name"])
    ]


def _priced(shape: type[Shaped]) -> Callable[[Any], list[Shaped]]:
    """Return what makes shapes of items with amounts, which get their last decimals here."""

    def shaped(items: Iterable[Mapping[str, Any]]) -> list[Shaped]:
        return [
            shape.model_validate(
                {
                    key: round(value, MONEY_DECIMALS) if isinstance(value, float) else value
                    for key, value in item.items()
                }
            )
            for item in items
        ]

    return shaped
