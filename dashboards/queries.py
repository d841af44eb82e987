"""PromQL as we write it: every selector names the job, and a gauge is merged over replicas before anything else."""

from collections.abc import Sequence
from typing import Literal, Protocol

JOB = 'job=~"$job"'
CURRENCY = 'currency="$currency"'
WINDOW = 'window="$window"'
KIND = 'kind="$kind"'
COHORT = 'cohort="$cohort"'
COMPONENT = 'component=~"$component"'
# Whether Prometheus evaluates the rules, whose alerts need not have a job, or the daemon.
FIRING = (
    'max by (alertname) (ALERTS{alertstate="firing",alertname=~"JobHive.*"} '
    f'or jobhive_exporter_alerts{{{JOB},state="firing",alertname=~"JobHive.*"}} > 0)'
)
JOBS = "label_values(jobhive_exporter_build_info, job)"
CURRENCIES = f"label_values(jobhive_mrr{{{JOB}}}, currency)"
COST_CURRENCIES = f"label_values(jobhive_aws_cost{{{JOB}}}, currency)"
COMPONENTS = f"label_values(jobhive_ai_realtime_data_available{{{JOB}}}, component)"


class Query(Protocol):
    """An expression that can be asked for an earlier time, like `7d` ago."""

    def __call__(self, *, ago: str = "") -> str:
        """Return the expression."""
        ...


def mx(family: str, *matchers: str, by: Sequence[str] = (), ago: str = "") -> str:
    """Return the greatest value over replicas, one for each combination of the labels that are kept."""
    return _merged("max", family, matchers, by, ago)


def mn(family: str, *matchers: str, by: Sequence[str] = (), ago: str = "") -> str:
    """Return the smallest value over replicas."""
    return _merged("min", family, matchers, by, ago)


def across(function: Literal["max", "min", "sum"], query: Query) -> Query:
    """Return the greatest, the smallest or the sum of what is left after replicas are merged."""

    def asked(*, ago: str = "") -> str:
        return f"{function}({query(ago=ago)})"

    return asked


def share(part: str, whole: str) -> str:
    """Return a part of a whole, and nothing where the whole is 0."""
    return f"{part} / ({whole} > 0)"


def padded(label: str, query: str) -> str:
    """Write the values of a label that have one digit with two, so that they sort as numbers."""
    return f'label_replace({query}, "{label}", "0$1", "{label}", "([0-9])")'


def since(query: Query, ago: str, *, relative: bool) -> str:
    """Return how much a value has changed since an earlier time."""
    now, then = query(), query(ago=ago)
    return f"{share(now, then)} - 1" if relative else f"{now} - {then}"


def from_collectors(names: Sequence[str]) -> str:
    """Return the condition that a series speaks of one of these collectors."""
    return f'collector="{names[0]}"' if len(names) == 1 else f'collector=~"{"|".join(names)}"'


def _merged(function: str, family: str, matchers: Sequence[str], by: Sequence[str], ago: str) -> str:
    kept = f" by ({', '.join(by)}) " if by else ""
    offset = f" offset {ago}" if ago else ""
    return f"{function}{kept}({family}{{{','.join((JOB, *matchers))}}}{offset})"
