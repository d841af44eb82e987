"""The rule files, their tests and runbooks as plain data, and promtool."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from exporter import health, rule_health, spending
from exporter.model import Family, Label
from exporter.registry import modules
from exporter.telemetry import Telemetry
from tests.debian import program

ALERTS = Path(__file__).parent.parent.parent / "alerts"
RULE_FILES = sorted((ALERTS / "rules").glob("*.rules.yml"))
TEST_FILES = sorted((ALERTS / "tests").glob("*.test.yml"))
RUNBOOKS = {path.stem: path for path in sorted((ALERTS / "runbooks").glob("*.md"))}
# Series that Prometheus makes itself.
OF_PROMETHEUS = {"up": {"job", "instance"}, "scrape_duration_seconds": {"job", "instance"}, "ALERTS": set[str]()}

STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
SELECTOR = re.compile(r"\b([a-zA-Z_][a-zA-Z0-9_]*)\s*\{([^}]*)\}")
GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
BARE_NAME = re.compile(r"\b(?!(?:and|or|unless|bool|offset)\b)[a-zA-Z_][a-zA-Z0-9_]*\b(?!\s*\()")


class Matcher(NamedTuple):
    """One condition of a selector, like `level="customer"`."""

    label: str
    operator: str
    value: str


class Selector(NamedTuple):
    """A metric name in an expression, with its conditions."""

    name: str
    matchers: tuple[Matcher, ...]


def rules() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every rule with its file."""
    for path in RULE_FILES:
        yield from ((path, rule) for group in read(path)["groups"] for rule in group["rules"])


def read(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text())


def selectors(expression: str) -> list[Selector]:
    """Return what an expression selects. It reads the PromQL that we write, not all there is."""
    found = [Selector(name, _matchers(inner)) for name, inner in SELECTOR.findall(expression)]
    rest = GROUPING.sub(" ", SELECTOR.sub(" ", STRING.sub(" ", expression)))
    rest = re.sub(r"\[[^]]*\]", " ", rest)
    return found + [Selector(name, ()) for name in BARE_NAME.findall(rest)]


def _matchers(inner: str) -> tuple[Matcher, ...]:
    found = re.findall(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"", inner)
    return tuple(Matcher(*one) for one in found)


def grouping_labels(expression: str) -> set[str]:
    """Return the labels that an expression keeps."""
    lists = [labels for word, labels in GROUPING.findall(expression) if word in ("by", "group_left", "group_right")]
    return {label.strip() for labels in lists for label in labels.split(",") if label.strip()}


def catalogue() -> dict[str, Family]:
    """Return every family that the exporter can serve, by the name that its samples have."""
    of_collectors = [family for module in modules().values() for family in module.families(module.Options())]
    telemetry = Telemetry()
    telemetry.configure(["revenue"])
    telemetry.notifications.configure(["alertmanager:9093"])
    telemetry.reports.configure(["weekly"])
    counters = [
        Family("EX", sample.name, metric.documentation, tuple(map(Label, sorted(sample.labels))))
        for metric in telemetry.metrics()
        for sample in metric.samples
        if not sample.name.endswith("_created")
    ]
    own = (*health.FAMILIES, *spending.FAMILIES, *rule_health.FAMILIES, *counters)
    return {family.name: family for family in (*of_collectors, *own)}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Prometheus' own checker."""
    return subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
