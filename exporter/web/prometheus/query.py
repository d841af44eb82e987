"""The value of an expression now, in the shape of `/api/v1/query`. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from alerts.promql import EvaluationError, Samples, Vector
from alerts.promql.errors import TimedOut
from alerts.promql.expression import EPOCH, Expression
from alerts.promql.literals import plain
from alerts.promql.nodes import Text
from exporter.web.prometheus.answers import Refused, number, written

# How long an answer may become, in characters.
LONGEST = 16_000_000


def answer(expression: Expression, at: datetime, samples: Samples, expired: Callable[[], bool]) -> str:
    """Return the data of an answer as JSON; raises Refused."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    if isinstance(expression.root, Text):
        return _single("string", milliseconds, expression.root.text)
    try:
        found = expression.evaluate(at, samples, expired)
    except TimedOut as error:
        raise Refused("timeout", str(error)) from None
    except EvaluationError as error:
        raise Refused("execution", str(error)) from None
    if isinstance(found, float):
        return _single("scalar", milliseconds, plain(found))
    return _data("vector", f"[{','.join(_bounded(_series(found, milliseconds)))}]")


def _single(kind: str, milliseconds: int, text: str) -> str:
    return _data(kind, f"[{plain(milliseconds / 1000)},{written(text)}]")


def _data(kind: str, result: str) -> str:
    return f'{{"resultType":"{kind}","result":{result}}}'


def _series(vector: Vector, milliseconds: int) -> Iterator[str]:
    # Here Prometheus writes all three digits of milliseconds, or none.
    whole, rest = divmod(milliseconds, 1000)
    at = f"{whole}.{rest:03d}" if rest else str(whole)
    for labels, value in vector:
        yield f'{{"metric":{written(dict(labels))},"value":[{at},"{number(value)}"]}}'


def _bounded(parts: Iterator[str]) -> Iterator[str]:
    length = 0
    for part in parts:
        length += len(part)
        if length > LONGEST:
            raise Refused("execution", f"the result is longer than {LONGEST} characters; aggregate, or select less")
        yield part
