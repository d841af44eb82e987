"""The conditions of a selector."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alerts.promql.regexes import compiled

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on the value of one label; a label that is not there has the value ""."""

    label: str
    operator: str
    value: str
    matches: Test = field(repr=False, compare=False)

    @classmethod
    def of(cls, label: str, operator: str, value: str) -> "Matcher":
        """Make a condition with `=`, `!=`, `=~` or `!~`; raises BadExpression for a regex that is none."""
        return cls(label, operator, value, TESTS[operator](label, value))


def _equal(_label: str, value: str) -> Test:
    return value.__eq__


def _unequal(_label: str, value: str) -> Test:
    return value.__ne__


def _like(label: str, value: str) -> Test:
    fullmatch = compiled(value, f'label "{label}"').fullmatch
    return lambda given: fullmatch(given) is not None


def _unlike(label: str, value: str) -> Test:
    like = _like(label, value)
    return lambda given: not like(given)


TESTS: dict[str, Callable[[str, str], Test]] = {"=": _equal, "!=": _unequal, "=~": _like, "!~": _unlike}
