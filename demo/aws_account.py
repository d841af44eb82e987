"""An AWS account that does not exist: what it costs by day, and what Cost Explorer would say of it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

ONE_DAY = timedelta(days=1)
# Whoever sees one of these on a dashboard must not take it for real.
LABEL = " (simulated)"
EC2, RDS, CACHE, S3 = (
    f"{name}{LABEL}"
    for name in (
        "Amazon Elastic Compute Cloud - Compute",
        "Amazon Relational Database Service",
        "Amazon ElastiCache",
        "Amazon Simple Storage Service",
    )
)
BEDROCK, SUPPORT, TAX = (f"{name}{LABEL}" for name in ("Amazon Bedrock", "AWS Support (Business)", "Tax"))
# Service, tag, record type and what it costs on a usual day.
USUAL = (
    (EC2, "interview", "Usage", "31.70"),
    (EC2, "frontend", "Usage", "12.25"),
    (EC2, "", "Usage", "4.10"),
    (BEDROCK, "sentiment", "Usage", "22.40"),
    (BEDROCK, "interview-engine", "Usage", "17.85"),
    (RDS, "", "Usage", "19.60"),
    (CACHE, "", "Usage", "6.35"),
    (S3, "interview", "Usage", "2.95"),
    (S3, "experiments$2026", "Usage", "0.40"),
    (SUPPORT, "", "Usage", "3.30"),
    (TAX, "", "Tax", "9.20"),
    (EC2, "", "Credit", "-5.00"),
)


class Amount(NamedTuple):
    """One amount of a day; `tag` is the value of the cost-allocation tag, empty where there is none."""

    service: str
    tag: str
    amount: Decimal
    currency: str = "USD"
    record_type: str = "Usage"


@dataclass(frozen=True)
class Account:
    """What Cost Explorer knows: amounts by day, days that it may still change, and ready answers to the rest.

    An operation without an answer is refused with AccessDeniedException.
    """

    days: Mapping[date, Sequence[Amount]]
    estimated: frozenset[date] = frozenset()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def simulated(today: date) -> Account:
    """Return an account of JobHive as of a day: 70 days that grow slowly, with weekends and one anomaly."""
    days = {today - n * ONE_DAY: _usual(today - n * ONE_DAY, n) for n in range(1, 71)}
    month = today.replace(day=1)
    open_days = frozenset(day for day in days if day >= month or day >= today - 3 * ONE_DAY)
    return Account(days, open_days, _answers(today, days))


def _usual(day: date, ago: int) -> list[Amount]:
    load = Decimal(str(round(1.15 - ago / 400 - 0.18 * (day.weekday() >= 5) + 0.04 * math.sin(ago), 6)))
    spike = Decimal(2) if ago == 12 else Decimal(1)
    return [
        Amount(service, tag, Decimal(amount) * load * (spike if service == BEDROCK else 1), record_type=kind)
        for service, tag, kind, amount in USUAL
    ]


def _answers(today: date, days: Mapping[date, Sequence[Amount]]) -> dict[str, dict[str, Any]]:
    mean = sum((part.amount for n in range(1, 31) for part in days[today - n * ONE_DAY]), Decimal(0)) / 30
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    rest = mean * (following - today).days
    spike = today - 12 * ONE_DAY
    return {
        "GetCostForecast": {
            "Total": {"Amount": str(rest), "Unit": "USD"},
            "ForecastResultsByTime": [
                {
                    "TimePeriod": {"Start": today.isoformat(), "End": following.isoformat()},
                    "MeanValue": str(rest),
                    "PredictionIntervalLowerBound": str(rest * Decimal("0.9")),
                    "PredictionIntervalUpperBound": str(rest * Decimal("1.12")),
                }
            ],
        },
        "GetAnomalies": {
            "Anomalies": [
                {
                    "AnomalyId": "simulated",
                    "AnomalyStartDate": f"{spike}T00:00:00Z",
                    "AnomalyEndDate": f"{spike}T00:00:00Z",
                    "DimensionValue": BEDROCK,
                    "RootCauses": [{"Service": BEDROCK}],
                    "AnomalyScore": {"MaxScore": 0.9, "CurrentScore": 0.1},
                    "Impact": {"MaxImpact": 43.5, "TotalImpact": 43.5},
                }
            ]
        },
        "GetAnomalyMonitors": {"AnomalyMonitors": [{"MonitorName": "simulated", "MonitorType": "DIMENSIONAL"}]},
        "GetRightsizingRecommendation": {
            "Metadata": {"GenerationTimestamp": f"{today}T00:00:00Z"},
            "Summary": {
                "TotalRecommendationCount": "1",
                "EstimatedTotalMonthlySavingsAmount": "84.10",
                "SavingsCurrencyCode": "USD",
            },
            "RightsizingRecommendations": [
                {
                    "RightsizingType": "TERMINATE",
                    "CurrentInstance": {"ResourceId": "i-simulated"},
                    "TerminateRecommendationDetail": {"EstimatedMonthlySavings": "84.10", "CurrencyCode": "USD"},
                }
            ],
        },
        "GetSavingsPlansPurchaseRecommendation": {
            "Metadata": {"GenerationTimestamp": f"{today}T00:00:00Z"},
            "SavingsPlansPurchaseRecommendation": {
                "SavingsPlansPurchaseRecommendationDetails": [
                    {
                        "HourlyCommitmentToPurchase": "0.75",
                        "EstimatedMonthlySavingsAmount": "210.40",
                        "CurrencyCode": "USD",
                    }
                ],
                "SavingsPlansPurchaseRecommendationSummary": {
                    "EstimatedMonthlySavingsAmount": "210.40",
                    "CurrencyCode": "USD",
                    "TotalRecommendationCount": "1",
                },
            },
        },
        "GetReservationPurchaseRecommendation": {
            "Recommendations": [
                {
                    "RecommendationDetails": [
                        {
                            "RecommendedNumberOfInstancesToPurchase": "2",
                            "EstimatedMonthlySavingsAmount": "61.00",
                            "CurrencyCode": "USD",
                        }
                    ],
                    "RecommendationSummary": {"TotalEstimatedMonthlySavingsAmount": "61.00", "CurrencyCode": "USD"},
                }
            ]
        },
    }
