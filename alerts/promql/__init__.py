"""PromQL, tier 1 of docs/promql.md: instant expressions, evaluated exactly as Prometheus does or refused.

`evaluate` is for one question. Who asks again and again parses once, and indexes the samples once::

    expression = parse("max by (kind) (jobhive_interviews_stale) > 5")
    samples = Samples.of(pairs)
    expression.evaluate(at, samples)
"""

from collections.abc import Iterable
from datetime import datetime

from alerts.promql.dependencies import families
from alerts.promql.errors import BadExpression, EvaluationError, PromQLError, Unsupported
from alerts.promql.expression import Expression, parse
from alerts.promql.samples import Pair, Sample, Samples, Vector

__all__ = [
    "BadExpression",
    "EvaluationError",
    "Expression",
    "PromQLError",
    "Sample",
    "Samples",
    "Unsupported",
    "Vector",
    "evaluate",
    "families",
    "parse",
]


def evaluate(expression: str, at: datetime, samples: Iterable[Pair]) -> Vector | float:
    """Evaluate an expression at an aware instant on samples, pairs of labels (with `__name__`) and value.

    Returns a vector, a sequence of pairs of labels and value, or a scalar. Raises PromQLError: BadExpression for what
    is not PromQL, Unsupported for what is outside the subset, EvaluationError for what fails on these samples.
    """
    return parse(expression).evaluate(at, Samples.of(samples))
