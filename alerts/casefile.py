"""Files of tests of rules, in promtool's format. Read once into frozen values, every problem with its place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeVar

from alerts.durations import duration
from alerts.promql import Expression, PromQLError, parse
from alerts.promql.labels import NOTHING, Labels
from alerts.series_notation import Step, series, values
from alerts.yaml_reader import Reader
from alerts.yaml_source import Entry, Node, Place, YamlError
from alerts.yaml_source import parse as parse_yaml
from exporter.model import ExporterError

Read = TypeVar("Read")
MINUTE = timedelta(minutes=1)
FILE_KEYS = {"rule_files", "evaluation_interval", "group_eval_order", "tests"}
CASE_KEYS = {
    *("name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url"),
}


class CaseFileError(ExporterError):
    """A file of tests that cannot be used; `problems` are pairs of place and text."""

    def __init__(self, problems: Sequence[tuple[Place, str]]) -> None:
        super().__init__("\n".join(text for _, text in problems))
        self.problems = tuple(problems)


class ExpectedAlert(NamedTuple):
    """An alert that should fire; `alertname` is not among its labels."""

    labels: Labels
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """Which alerts of a name fire at a time after the start."""

    at: timedelta
    name: str
    expected: tuple[ExpectedAlert, ...]


@dataclass(frozen=True, slots=True)
class ExpressionCheck:
    """What an expression gives at a time after the start."""

    at: timedelta
    expression: Expression
    expected: tuple[tuple[Labels, float], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A test: series with a sample each `interval`, and what is to become of them."""

    name: str
    interval: timedelta
    series: tuple[tuple[Labels, tuple[Step, ...]], ...]
    alerts: tuple[AlertCheck, ...]
    expressions: tuple[ExpressionCheck, ...]
    external_labels: Mapping[str, str]
    external_url: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of tests; `rule_files` are patterns relative to it."""

    rule_files: tuple[str, ...]
    evaluation_interval: timedelta
    group_order: tuple[str, ...]
    cases: tuple[Case, ...]


def read(source: bytes) -> CaseFile:
    """Read a file of tests; raises CaseFileError."""
    reader = _Reader()
    try:
        found = reader.file(parse_yaml(source))
    except YamlError as error:
        raise CaseFileError([(error.place, str(error))]) from None
    if reader.problems:
        raise CaseFileError(sorted(reader.problems))
    return found


@dataclass
class _Reader(Reader):
    problems: list[tuple[Place, str]] = field(default_factory=list)

    def file(self, root: Node | None) -> CaseFile:
        entries = self.table(root, FILE_KEYS)
        return CaseFile(
            rule_files=tuple(self.texts(entries.get("rule_files"))),
            evaluation_interval=self._read(entries.get("evaluation_interval"), duration, MINUTE) or MINUTE,
            group_order=tuple(self.texts(entries.get("group_eval_order"))),
            cases=tuple(self._case(node) for node in self.items(entries.get("tests"))),
        )

    def _case(self, node: Node) -> Case:
        entries = self.table(node, CASE_KEYS)
        interval = self._read(entries.get("interval"), duration, timedelta(0))
        if not interval and not self.problems:
            self.problem(node.place, "a test needs an interval; write for example interval: 1m")
        return Case(
            name=self.text(entries.get("name")),
            interval=interval,
            series=tuple(self._series(one) for one in self.items(entries.get("input_series"))),
            alerts=tuple(self._alerts(one) for one in self.items(entries.get("alert_rule_test"))),
            expressions=tuple(self._expressions(entries.get("promql_expr_test"))),
            external_labels=self._map(entries.get("external_labels")),
            external_url=self.text(entries.get("external_url")),
        )

    def _series(self, node: Node) -> tuple[Labels, tuple[Step, ...]]:
        entries = self.table(node, {"series", "values"})
        return self._read(entries.get("series"), series, NOTHING), self._read(entries.get("values"), values, ())

    def _alerts(self, node: Node) -> AlertCheck:
        entries = self.table(node, {"eval_time", "alertname", "exp_alerts"})
        name = self.text(entries.get("alertname"))
        if not name:
            self.problem(node.place, "a check of alerts needs an alertname")
        expected = []
        for one in self.items(entries.get("exp_alerts")):
            parts = self.table(one, {"exp_labels", "exp_annotations"})
            expected.append(ExpectedAlert(self._map(parts.get("exp_labels")), self._map(parts.get("exp_annotations"))))
        return AlertCheck(self._time(entries), name, tuple(expected))

    def _expressions(self, entry: Entry | None) -> Iterator[ExpressionCheck]:
        for node in self.items(entry):
            entries = self.table(node, {"expr", "eval_time", "exp_samples"})
            expected = []
            for one in self.items(entries.get("exp_samples")):
                parts = self.table(one, {"labels", "value"})
                labels = self._read(parts.get("labels"), series, NOTHING)
                expected.append((labels, self._read(parts.get("value"), _number, 0.0)))
            if expression := self._expression(entries.get("expr"), node.place):
                yield ExpressionCheck(self._time(entries), expression, tuple(expected))

    def _expression(self, entry: Entry | None, place: Place) -> Expression | None:
        try:
            return parse(self.text(entry))
        except PromQLError as error:
            self.problem(entry.place if entry else place, f"expr: {error}")
            return None

    def _time(self, entries: Mapping[str, Entry]) -> timedelta:
        return self._read(entries.get("eval_time"), duration, timedelta(0))

    def _read(self, entry: Entry | None, reader: Callable[[str], Read], default: Read) -> Read:
        text = self.text(entry)
        if entry is None or not text:
            return default
        try:
            return reader(text)
        except ValueError as error:
            self.problem(entry.place, str(error))
            return default

    def _map(self, entry: Entry | None) -> Mapping[str, str]:
        return {name: self.text(one) for name, one in self.table(entry.value if entry else None).items()}

    def problem(self, place: Place, text: str) -> None:
        self.problems.append((place, text))


def _number(text: str) -> float:
    """Read a number of YAML, where infinities and NaN have a dot in front."""
    try:
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").lstrip(".") if "." in text[:2] else text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
