"""What AWS says could be saved, of three kinds that overlap (metrics.md CO9). Asked once a day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from collectors.cost import families as f
from collectors.cost.options import Options
from collectors.cost.source import NOT_ENABLED, Page, Questions, currency, money
from exporter.model import Note, Sample

REFUSED = (*NOT_ENABLED, "DataUnavailableException")
TERMS = {"TermInYears": "ONE_YEAR", "PaymentOption": "NO_UPFRONT", "LookbackPeriodInDays": "THIRTY_DAYS"}


class Advice(NamedTuple):
    """What is to be saved per month by one kind, how many recommendations there are, and what they say."""

    amounts: Sequence[tuple[str, Decimal]]
    recommendations: int
    details: Sequence[dict[str, object]]


def savings(asked: Questions, options: Options) -> tuple[list[Sample], list[Note], list[object]]:
    """Return the samples of every kind that is enabled, notes on the others, and the recommendations themselves."""
    found = {"rightsizing": _rightsizing(asked), "savings_plans": _plans(asked)}
    found |= {"reservations": _reservations(asked, options)} if options.reservation_services else {}
    given = {kind: advice for kind, advice in found.items() if advice is not None}
    samples = [sample for kind, advice in given.items() for sample in _samples(kind, advice, options)]
    details: list[object] = [{"kind": kind} | detail for kind, advice in given.items() for detail in advice.details]
    if len(given) == len(f.KINDS):
        return samples, [], details
    notes = [
        Note("partial" if given else "disabled", family.name, "not_enabled")
        for family in (f.SAVINGS, f.RECOMMENDATIONS)
    ]
    return samples, notes, details


def _samples(kind: str, advice: Advice, options: Options) -> Iterator[Sample]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    # Without a recommendation there is no currency either.
    for unit, amount in advice.amounts or [(options.currency, Decimal(0))]:
        amounts[unit] += amount
    for unit, amount in amounts.items():
        yield f.SAVINGS.sample(amount, currency=unit, kind=kind)
    yield f.RECOMMENDATIONS.sample(advice.recommendations, kind=kind)


def _rightsizing(asked: Questions) -> Advice | None:
    request = {"Service": "AmazonEC2"}
    answer = asked.ask("get_rightsizing_recommendation", request, unless=REFUSED, once_a_day=True)
    if answer.refused:
        return None
    # The summary is that of all pages.
    summary = answer.pages[0].get("Summary") or {}
    items = [item for page in answer.pages for item in page.get("RightsizingRecommendations", ())]
    count = int(summary.get("TotalRecommendationCount") or len(items))
    amounts = _amounts([summary], "SavingsCurrencyCode", "EstimatedTotalMonthlySavingsAmount")
    return Advice(amounts, count, [_resized(item) for item in items])


def _resized(item: Page) -> dict[str, object]:
    targets = (item.get("ModifyRecommendationDetail") or {}).get("TargetInstances") or [{}]
    best = item.get("TerminateRecommendationDetail") or targets[0]
    resource = (item.get("CurrentInstance") or {}).get("ResourceId")
    return {"action": item.get("RightsizingType"), "resource": resource} | _saved(
        best, "EstimatedMonthlySavings", "CurrencyCode"
    )


def _plans(asked: Questions) -> Advice | None:
    request = {"SavingsPlansType": "COMPUTE_SP", **TERMS}
    answer = asked.ask("get_savings_plans_purchase_recommendation", request, unless=REFUSED, once_a_day=True)
    # Before somebody has had them generated there is no time of it.
    if answer.refused or not (answer.pages[0].get("Metadata") or {}).get("GenerationTimestamp"):
        return None
    found = [page.get("SavingsPlansPurchaseRecommendation") or {} for page in answer.pages]
    summary = found[0].get("SavingsPlansPurchaseRecommendationSummary") or {}
    items = [item for part in found for item in part.get("SavingsPlansPurchaseRecommendationDetails", ())]
    count = int(summary.get("TotalRecommendationCount") or len(items))
    details = [
        {"action": "buy COMPUTE_SP", "hourly_commitment": _number(item, "HourlyCommitmentToPurchase")}
        | _saved(item, "EstimatedMonthlySavingsAmount", "CurrencyCode")
        for item in items
    ]
    return Advice(_amounts([summary], "CurrencyCode", "EstimatedMonthlySavingsAmount"), count, details)


def _reservations(asked: Questions, options: Options) -> Advice | None:
    amounts: list[tuple[str, Decimal]] = []
    details: list[dict[str, object]] = []
    enabled = False
    for service in options.reservation_services:
        request = {"Service": service, **TERMS}
        answer = asked.ask("get_reservation_purchase_recommendation", request, unless=REFUSED, once_a_day=True)
        enabled |= not answer.refused
        for part in (part for page in answer.pages for part in page.get("Recommendations", ())):
            summary = part.get("RecommendationSummary") or {}
            amounts += _amounts([summary], "CurrencyCode", "TotalEstimatedMonthlySavingsAmount")
            details += [_reserved(service, item) for item in part.get("RecommendationDetails", ())]
    return Advice(amounts, len(details), details) if enabled else None


def _reserved(service: str, item: Page) -> dict[str, object]:
    number = _number(item, "RecommendedNumberOfInstancesToPurchase")
    return {"action": "reserve", "service": service, "instances": number} | _saved(
        item, "EstimatedMonthlySavingsAmount", "CurrencyCode"
    )


def _amounts(summaries: Iterable[Page], unit: str, amount: str) -> list[tuple[str, Decimal]]:
    return [(currency(item.get(unit)), money(item[amount])) for item in summaries if item.get(amount) is not None]


def _saved(item: Page, amount: str, unit: str) -> dict[str, object]:
    return {"monthly_savings": _number(item, amount), "currency": item.get(unit)}


def _number(item: Page, key: str) -> float | None:
    return float(money(item[key])) if item.get(key) is not None else None
