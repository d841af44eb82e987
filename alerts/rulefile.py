"""Rule files in Prometheus' strict format: everything that is wrong with one, each with file, line, group and rule."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from alerts.durations import duration
from alerts.model import CompileTemplate, Template, TemplateError
from alerts.promql import BadExpression, Expression, PromQLError, Unsupported, parse
from alerts.rules import NO_TIME, AlertingRule, Group, RecordingRule, Rule
from alerts.yaml_reader import Reader, is_null
from alerts.yaml_source import START, Entry, Node, Place, Scalar, Table, YamlError
from alerts.yaml_source import parse as parse_yaml

METRIC_NAME = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
WHOLE_NUMBER = re.compile("-?[0-9]{1,18}")
ONLY_PROMETHEUS = ".prometheus.rules.yml"
GROUP_KEYS = {"name", "interval", "limit", "rules", "labels", "query_offset"}
RULE_KEYS = {"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
# Key → the Prometheus that first has it.
NEWER = {"labels": (3, 0), "query_offset": (2, 53)}
Version = tuple[int, int]


class Problem(NamedTuple):
    """What is wrong in a place; `unsupported`: nothing, but Prometheus alone can evaluate the rule."""

    place: Place
    text: str
    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a file is read under: the interval of groups that name none, and the Prometheus that must read it too."""

    compile_template: CompileTemplate
    interval: timedelta = timedelta(minutes=1)
    min_prometheus: Version = (2, 42)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file: its groups without the rules that have problems, and these."""

    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]

    def told(self, file: str) -> tuple[str, ...]:
        """Return the problems as lines, in the order of the file."""
        return tuple(f"{file}:{problem.place}: {problem.text}" for problem in sorted(self.problems))


def read(file: str, source: bytes, terms: Terms) -> RuleFile:
    """Read a rule file; `file` is its name for messages. Never raises for what is in it."""
    reader = _Reader(file, terms)
    try:
        groups = tuple(reader.groups(parse_yaml(source)))
    except YamlError as error:
        return RuleFile((), (Problem(error.place, str(error)),))
    return RuleFile(groups, tuple(reader.problems))


@dataclass
class _Reader(Reader):
    """Collects problems while it reads; `where` names group and rule for messages."""

    file: str
    terms: Terms
    problems: list[Problem] = field(default_factory=list)
    where: str = ""

    def groups(self, root: Node | None) -> Iterator[Group]:
        names: dict[str, int] = {}
        for node in self.items(self.table(root, {"groups"}).get("groups")):
            if not isinstance(node, Table):
                self.table(node)
                continue
            name = self.text(node.entries.get("name"))
            self.where = f'group "{name}"'
            entries = self.table(node, GROUP_KEYS)
            if not name:
                self.problem(node.place, "a group needs a name")
            elif name in names:
                self.problem(node.place, f"the name stands here again, first in line {names[name]}; choose another")
            names.setdefault(name, node.place.line)
            yield self._group(name, entries)
            self.where = ""

    def _group(self, name: str, entries: Mapping[str, Entry]) -> Group:
        for key in NEWER.keys() & entries.keys():
            self._check_version(key, entries[key])
        if self._duration(entries.get("query_offset")):
            self.problem(
                entries["query_offset"].place, "query_offset needs history, which this daemon has not; leave it out"
            )
        shared = self._labels(entries.get("labels"))
        group, rules, unsupported = self.where, list[Rule](), list[str]()
        for number, node in enumerate(self.items(entries.get("rules")), 1):
            self.where = f"{group}, rule {number}"
            before = len(self.problems)
            rule = self._rule(node, shared)
            found = self.problems[before:]
            if rule is not None and not found:
                rules.append(rule)
            elif all(one.unsupported for one in found):
                entries = self.table(node)
                unsupported.append(self.text(entries.get("alert") or entries.get("record")))
        self.where = group
        interval = self._duration(entries.get("interval")) or self.terms.interval
        limit = self._limit(entries.get("limit"))
        return Group(name, self.file, interval, limit, tuple(rules), tuple(unsupported))

    def _check_version(self, key: str, entry: Entry) -> None:
        needed = NEWER[key]
        if needed > self.terms.min_prometheus:
            version = ".".join(map(str, needed))
            self.problem(
                entry.place, f'{key} of a group needs Prometheus {version}; set alerts.min_prometheus: "{version}"'
            )

    def _rule(self, node: Node, shared: Mapping[str, str]) -> Rule | None:
        entries = self.table(node)
        record, alert = self.text(entries.get("record")), self.text(entries.get("alert"))
        if name := record or alert:
            self.where = f'{self.where} "{name}"'
        self.table(node, RULE_KEYS)
        if bool(record) == bool(alert):
            self.problem(node.place, f"{'only ' if record else ''}one of record and alert must be set")
            return None
        expression = self._expression(entries.get("expr"), node.place)
        labels = {**shared, **self._labels(entries.get("labels"))}
        times = {key: self._duration(entries.get(key)) for key in ("for", "keep_firing_for")}
        annotations = self._texts(entries.get("annotations"))
        if record:
            self._check_record(record, node.place, {**times, "annotations": annotations})
            return RecordingRule(record, expression, labels, node.place.line, _places(entries)) if expression else None
        templates = self._templates(name, entries, [*labels.values(), *annotations.values()])
        if expression is None:
            return None
        return AlertingRule(
            name=name,
            expression=expression,
            hold_for=times["for"],
            keep_firing_for=times["keep_firing_for"],
            labels=labels,
            annotations=annotations,
            templates=templates,
            line=node.place.line,
            places=_places(entries),
        )

    def _check_record(self, name: str, place: Place, given: Mapping[str, object]) -> None:
        for key in (key for key, value in given.items() if value):
            self.problem(place, f"{key} is for alerts; a recording rule cannot have it")
        if not METRIC_NAME.fullmatch(name):
            self.problem(place, f"{name!r} is not the name of a metric; use letters, digits, _ and :")

    def _expression(self, entry: Entry | None, place: Place) -> Expression | None:
        text = self.text(entry)
        if entry is None or not text:
            self.problem(place, "expr must be set")
            return None
        try:
            return parse(text)
        except Unsupported as error:
            only = re.sub(r"(\.rules)?\.ya?ml$", "", self.file.rpartition("/")[2]) + ONLY_PROMETHEUS
            self.problem(_character(entry.value), error.told(only), unsupported=True)
        except PromQLError as error:
            position = error.position if isinstance(error, BadExpression) else None
            self.problem(_character(entry.value, position or 0), str(error))
        return None

    def _templates(self, name: str, entries: Mapping[str, Entry], texts: Sequence[str]) -> Mapping[str, Template]:
        compiled = {}
        for text in dict.fromkeys(texts):
            try:
                compiled[text] = self.terms.compile_template(text, name)
            except TemplateError as error:
                self.problem(self._place_of(text, entries), str(error))
        return compiled

    @staticmethod
    def _place_of(text: str, entries: Mapping[str, Entry]) -> Place:
        """Return the place of the label or annotation with this text."""
        tables = [entries[key].value for key in ("labels", "annotations") if key in entries]
        found = [entry for table in tables if isinstance(table, Table) for entry in table.entries.values()]
        places = (one.place for one in found if isinstance(one.value, Scalar) and one.value.text == text)
        return next(places, min((entry.place for entry in entries.values()), default=START))

    def _labels(self, entry: Entry | None) -> Mapping[str, str]:
        found = self._texts(entry)
        if entry is not None and "__name__" in found:
            self.problem(entry.place, "the label __name__ cannot be set; it is the name of the metric")
        return found

    def _texts(self, entry: Entry | None) -> Mapping[str, str]:
        """Read labels or annotations; what is null is empty, as in Prometheus."""
        found = {}
        for name, one in self.table(entry.value if entry else None).items():
            if not LABEL_NAME.fullmatch(name):
                self.problem(one.place, f"{name!r} is not the name of a label; use letters, digits and _")
            found[name] = self.text(one)
        return found

    def _limit(self, entry: Entry | None) -> int:
        text = self.text(entry)
        if entry is None or is_null(entry.value):
            return 0
        if not WHOLE_NUMBER.fullmatch(text):
            self.problem(entry.place, f"limit {text!r} is not a whole number")
            return 0
        return int(text)

    def _duration(self, entry: Entry | None) -> timedelta:
        text = self.text(entry)
        if entry is None or is_null(entry.value):
            return NO_TIME
        try:
            return duration(text)
        except ValueError as error:
            self.problem(entry.place, str(error))
            return NO_TIME

    def problem(self, place: Place, text: str, *, unsupported: bool = False) -> None:
        self.problems.append(Problem(place, f"{self.where}: {text}" if self.where else text, unsupported))


def _places(entries: Mapping[str, Entry]) -> Mapping[str, Place]:
    """Return where the keys of a rule stand, those of its labels and annotations too; that of expr is its text."""
    found = {key: entry.place for key, entry in entries.items()}
    for key in ("labels", "annotations"):
        table = entries[key].value if key in entries else None
        if isinstance(table, Table):
            found |= {f"{key}.{name}": entry.place for name, entry in table.entries.items()}
    return {**found, "expr": _character(entries["expr"].value)}


def _character(text: Node, position: int = 0) -> Place:
    """Return where a character of a text stands, counted from 0."""
    return text.at(position) if isinstance(text, Scalar) else text.place
