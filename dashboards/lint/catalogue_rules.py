"""What dashboards may say of our metrics: names and labels that exist, values that they can have, replicas merged."""

from collections.abc import Iterator, Mapping
from functools import cache

from promql_parser import AggregateExpr

from dashboards.boards import Asked, Board, asked, of_panels, panels, variables
from dashboards.lint.house_rules import EXPORTER, LABEL
from dashboards.lint.problems import Problem, Rule, of_panel, of_query
from dashboards.promql import Selector, labels_of, selectors
from exporter.model import Family, Label
from exporter.reference import catalogue

# What Prometheus adds to every series, and the only family it makes of itself.
OF_TARGETS = {"job", "instance"}
ALERTS = "ALERTS"
# The client library tells of its process.
OF_THE_LIBRARY = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
LABELS_OF_ALERTS = {"alertname", "alertstate", "severity", "area"}
# Values of these labels mean different things, so that neither their sum nor their maximum means anything.
WINDOWS = {"window", "day", "cohort", "mode"}


@cache
def families() -> dict[str, Family]:
    """Return every family by name."""
    return {family.name: family for owned in catalogue().values() for family in owned}


@cache
def owners() -> dict[str, str]:
    """Return who exports a family."""
    return {family.name: owner for owner, owned in catalogue().items() for family in owned}


def names(board: Board) -> Iterator[Problem]:
    """A query names families that exist."""
    for item, selector in _selected(board):
        if selector.name not in families().keys() | OF_THE_LIBRARY | {ALERTS}:
            yield of_query(item, f"there is no family {selector.name}")


def labels(board: Board) -> Iterator[Problem]:
    """A query names labels that the family has."""
    for item, selector in _selected(board):
        used = {matcher.label for matcher in selector.matchers}
        used |= {label for node in selector.around if isinstance(node, AggregateExpr) for label in labels_of(node)}
        for label in sorted(used - _has(selector.name) - OF_TARGETS):
            yield of_query(item, f"{selector.name} has no label {label}")


def values(board: Board) -> Iterator[Problem]:
    """A label has the value that is asked for, and every one that may be chosen from a list."""
    offered = {f"${one['name']}": one["query"].split(",") for one in variables(board) if one["type"] == "custom"}
    for item, selector in _selected(board):
        domains = {label.name: label.values for label in _labels(selector.name)}
        for matcher in selector.matchers:
            allowed = domains.get(matcher.label)
            given = matcher.value.split("|") if "~" in matcher.operator else [matcher.value]
            given = offered.get(matcher.value, given)
            if allowed is None or given[0].startswith("$"):
                continue
            yield from (
                of_query(item, f"{matcher.label} of {selector.name} is never {value}")
                for value in given
                if value not in allowed
            )


def legends(board: Board) -> Iterator[Problem]:
    """A legend speaks of labels that survive, and of all of them."""
    for panel in panels(board):
        for number, target in enumerate(panel["targets"]):
            kept = set.union(*(selector.kept() for selector in selectors(target["expr"])))
            said = set(LABEL.findall(target["legendFormat"]))
            if said - kept or (kept - said and panel["type"] != "table"):
                yield of_panel(
                    panel, f"{target['refId']} keeps {sorted(kept)} and its legend has {sorted(said)}", number
                )


def overrides(board: Board) -> Iterator[Problem]:
    """A colour by name is for a name that a series can have, a link for a column of a table."""
    for panel in panels(board):
        known = {target["legendFormat"] for target in panel["targets"]}
        for target in panel["targets"]:
            for selector in selectors(target["expr"]):
                kept = (label for label in _labels(selector.name) if label.name in selector.kept())
                known |= {name for label in kept for name in label.values or ()}
                known |= selector.kept() if panel["type"] == "table" else set()
        for change in panel["fieldConfig"]["overrides"]:
            if change["matcher"]["id"] == "byName" and change["matcher"]["options"] not in known:
                yield of_panel(panel, f"has no series {change['matcher']['options']}")


def replica(board: Board) -> Iterator[Problem]:
    """Two replicas export the same numbers: their sum would be twice as much."""
    for item in of_panels(board):
        for selector in selectors(item.expression):
            family = families().get(selector.name)
            if family and family.kind == "gauge" and selector.merged_by() not in ("max", "min"):
                yield of_query(item, f"{selector.name} is not merged over replicas")


def window(board: Board) -> Iterator[Problem]:
    """What is of different windows is not merged."""
    for item in of_panels(board):
        for selector in selectors(item.expression):
            for label in sorted((_has(selector.name) & WINDOWS) - selector.pinned() - selector.kept()):
                yield of_query(item, f"{selector.name} mixes values of {label}")


def currency(board: Board) -> Iterator[Problem]:
    """Amounts in different currencies have nothing in common."""
    for item in of_panels(board):
        for selector in selectors(item.expression):
            if "currency" in _has(selector.name) and ("currency", "=", "$currency") not in selector.matchers:
                yield of_query(item, f"{selector.name} is not of $currency")


def freshness(board: Board) -> Iterator[Problem]:
    """The age of the data is that of the collectors whose families are shown, of all and of no others."""
    shown = {owners()[selector.name] for _, selector in _selected(board) if selector.name in owners()} - {"exporter"}
    for panel in panels(board):
        if panel["title"] in ("Data age", "Sources") and board["uid"] != EXPORTER:
            for number, target in enumerate(panel["targets"]):
                of_collectors = (one for one in selectors(target["expr"]) if "collector" in _has(one.name))
                for selector in of_collectors:
                    said = {m.value for m in selector.matchers if m.label == "collector"}
                    if {name for one in said for name in one.split("|")} != shown:
                        yield of_panel(
                            panel, f"{target['refId']} speaks of {sorted(said)}, the page of {sorted(shown)}", number
                        )


def used(board: Board) -> set[str]:
    """Return the families that a dashboard shows."""
    return {selector.name for item in of_panels(board) for selector in selectors(item.expression)} - {
        ALERTS,
        *OF_THE_LIBRARY,
    }


RULES: Mapping[str, Rule] = {
    rule.__name__: rule for rule in (names, labels, values, legends, overrides, replica, window, currency, freshness)
}


def _selected(board: Board) -> Iterator[tuple[Asked, Selector]]:
    yield from ((item, selector) for item in asked(board) for selector in selectors(item.expression))


def _labels(name: str) -> tuple[Label, ...]:
    return families()[name].labels if name in families() else ()


def _has(name: str) -> set[str]:
    return LABELS_OF_ALERTS if name == ALERTS else {label.name for label in _labels(name)}
