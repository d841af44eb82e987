"""Who may import whom: the house stays what CONTRIBUTING.md says it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("exporter", "collectors", "alerts", "dashboards", "demo")
BASE = {"collectors.base", "collectors.schema", "collectors.definitions", "collectors.mapping", "collectors.tables"}

# What a module may import of ours; a prefix ends in a dot. What is not named here may import everything but `TOP`.
ALLOWED: dict[str, set[str]] = {
    # Values and pure rules: anything may import them, so they may import nothing.
    "exporter.model": set(),
    "exporter.windows": set(),
    "exporter.scalars": set(),
    "exporter.telemetry": {"exporter.model", "exporter.notifications", "exporter.reporting"},
    "exporter.notifications": set(),
    "exporter.reporting": set(),
    "exporter.secrets": set(),
    # JobHive's services import it, and want nothing else of ours.
    "exporter.live": set(),
    "exporter.contract": {"exporter.model"},
    # Clients of sources know nothing of what is asked of them.
    "exporter.sources.": {
        "exporter.model",
        "exporter.scalars",
        "exporter.secrets",
        "exporter.telemetry",
        "exporter.state",
        "exporter.stored",
        "exporter.budget",
        "exporter.sources.",
    },
    # A collector never sees the config, the store or another collector.
    "collectors.base": {"exporter.model", "exporter.windows", "collectors.definitions"},
    "collectors.schema": BASE | {"exporter.model", "exporter.windows"},
    "collectors.data_quality": {"collectors.data_quality."},
    "collectors.candidates": {"collectors.candidates."},
    "collectors.cost": {"collectors.cost."},
    "collectors.unit_economics": {"collectors.unit_economics."},
    "collectors.custom_sql": {"collectors.custom_sql."},
    "collectors.ai_realtime": {"collectors.ai_realtime."},
    "collectors.ai_quality": {"collectors.ai_quality."},
    "collectors.engagement": {"collectors.engagement."},
    "collectors.features": {"collectors.features."},
    "collectors.interviews": {"collectors.interviews."},
    "collectors.journey": {"collectors.journey."},
    "collectors.revenue": {"collectors.revenue."},
    "collectors.system": {"collectors.system."},
    "collectors.": BASE
    | {
        "exporter.model",
        "exporter.windows",
        "collectors.activity",
        "collectors.data_quality.",
        "collectors.candidates.",
        "collectors.cost.",
        "collectors.unit_economics.",
        "collectors.custom_sql.",
        "collectors.ai_realtime.",
        "collectors.ai_quality.",
        "collectors.engagement.",
        "collectors.features.",
        "collectors.interviews.",
        "collectors.labels",
        "collectors.journey.",
        "collectors.periods",
        "collectors.prices",
        "collectors.session_values",
        "collectors.sessions",
        "collectors.skills",
        "collectors.slots",
        "collectors.subscriptions",
        "collectors.subscription_events",
        "collectors.revenue.",
        "collectors.metric_names",
        "collectors.system.",
        "exporter.scalars",
    },
    # Expressions are a language of their own, which knows of families only that they have names.
    "alerts.promql": {"alerts.promql."},
    "alerts.promql.": {"alerts.promql.", "exporter.model"},
    # Templates are another one, which asks questions in the first.
    "alerts.templates": {"alerts.templates."},
    "alerts.templates.": {"alerts.templates.", "alerts.model", "alerts.promql", "alerts.promql.", "exporter.model"},
    # Delivery knows alerts, and nothing of where they come from.
    "alerts.delivery.": {
        "alerts.delivery.",
        "alerts.model",
        "alerts.promql.labels",
        "exporter.model",
        "exporter.notifications",
        "exporter.secrets",
    },
    "alerts.notifier": {"alerts.delivery.", "alerts.model", "alerts.promql.labels", "exporter.notifications"},
    # Rules know samples, never the store, the config or a clock: what they decide can be replayed.
    "alerts.": {"alerts.", "exporter.model"},
    # Dashboards are made of names alone, which the lint compares with the catalogue.
    "dashboards.lint.": {"dashboards.", "exporter.model", "exporter.reference"},
    "dashboards.": {"dashboards."},
    # An answer of the API is made of a snapshot, or of a question put to an open database: it opens nothing.
    "exporter.web.api.": {
        "exporter.web.api.",
        "exporter.web.credentials",
        "exporter.web.negotiation",
        "exporter.web.packing",
        "exporter.model",
        "exporter.registry",
        "exporter.reference",
        "exporter.windows",
        "collectors.base",
        "collectors.definitions",
        "collectors.schema",
        "collectors.candidates.",
        "collectors.interviews.filtered",
        "collectors.interviews.options",
    },
    # What is served is a function of a snapshot.
    "exporter.store": {"exporter.model", "exporter.contract"},
    "exporter.exposition": {"exporter.model"},
    "exporter.health": {"exporter.model", "exporter.exposition"},
    "exporter.spending": {"exporter.model", "exporter.exposition", "exporter.budget"},
    # A report is a function of evidence; who asks, draws and sends is beside it.
    "exporter.reports.calendar": {"exporter.windows"},
    "exporter.reports.numbers": {"exporter.model"},
    "exporter.reports.evidence": {"exporter.model"},
    "exporter.reports.lines": {"exporter.reports.calendar", "exporter.reports.numbers"},
    "exporter.reports.weekly": {"exporter.model", "exporter.reports."},
    "exporter.reports.pdf": {"exporter.reports."},
    "exporter.reports.html": {"exporter.reports."},
    "exporter.reports.text": {"exporter.reports."},
    # When something runs has nothing to do with what it is.
    "exporter.scheduler": {
        "exporter.model",
        "exporter.store",
        "exporter.telemetry",
        "exporter.triggers",
        "collectors.base",
    },
    "exporter.triggers": set(),
}
# They know everything, so nobody may know them.
TOP = {
    "exporter.cli": set[str](),
    "exporter.daemon": {
        "exporter.cli.running",
        "exporter.cli.past",
        "exporter.check",
        "exporter.collect",
        "demo.command",
    },
}


def modules() -> dict[str, Path]:
    found = {}
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    """Return our own modules that a file imports, inside functions too."""
    known, found = modules(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else node.module for name in below]
        found |= {name for name in names if name.partition(".")[0] in OURS and name != "exporter"}
    return found


def allowed(name: str) -> set[str] | None:
    if name in ALLOWED:
        return ALLOWED[name]
    return next((rule for prefix, rule in ALLOWED.items() if prefix.endswith(".") and name.startswith(prefix)), None)


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_imports_only_what_it_may(name: str) -> None:
    rule, found = allowed(name), imports(modules()[name])
    if rule is not None:
        exact = {item for item in rule if not item.endswith(".")}
        prefixes = tuple(item for item in rule if item.endswith("."))
        assert {item for item in found if item not in exact and not (prefixes and item.startswith(prefixes))} == set()
    for top, users in TOP.items():
        assert top not in found or name in users | {"exporter.__main__"}, f"{name} may not import {top}"


def test_the_rules_name_modules_that_exist() -> None:
    names = set(modules())
    assert {name for name in ALLOWED if not name.endswith(".")} <= names
    assert {name for rule in ALLOWED.values() for name in rule if not name.endswith(".")} <= names


def test_only_the_command_line_knows_the_demo() -> None:
    importers = {name for name, path in modules().items() if any(item.startswith("demo") for item in imports(path))}
    assert {name for name in importers if not name.startswith("demo")} == {"exporter.cli.running"}
