"""Our port of the rules of grafana/dashboard-linter: each yields what is wrong with a dashboard.

Left out are the two rules on Loki, which we do not use: a query that is no PromQL is an error.
"""

from collections.abc import Iterator, Mapping

from grafana_foundation_sdk.models import units

from dashboards.boards import Board, asked, of_panels, panels, variables
from dashboards.lint.problems import Problem, Rule, of_panel, of_query
from dashboards.promql import RATE_INTERVAL, VARIABLE_QUERY, parse, ranges, selectors

UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
DATASOURCES = {"$datasource", "${datasource}", "$prometheus_datasource", "${prometheus_datasource}"}
RATES = {"rate", "irate"}
OF_COUNTERS = RATES | {"increase"}


def template_datasource(board: Board) -> Iterator[Problem]:
    """There is one variable for the data source, called as Grafana's own dashboards call it."""
    found = [variable for variable in variables(board) if variable["type"] == "datasource"]
    if len(found) != 1:
        yield Problem(f"{len(found)} variables are data sources, not one")
    for variable in found:
        if variable["name"] not in ("datasource", f"{variable['query']}_datasource"):
            yield Problem(f"the data source variable is called {variable['name']}")
        if variable.get("label") != "Data source":
            yield Problem(f"the data source variable has the label {variable.get('label')}")


def template_job(board: Board) -> Iterator[Problem]:
    """Every page lets a job be chosen, or all."""
    yield from _chooses(board, "job")


def template_instance(board: Board) -> Iterator[Problem]:
    """The same for an instance."""
    yield from _chooses(board, "instance")


def template_label_promql(board: Board) -> Iterator[Problem]:
    """A variable asks for something that Grafana can ask Prometheus for."""
    for variable in variables(board):
        if variable["type"] == "query" and not VARIABLE_QUERY.fullmatch(variable["query"]):
            yield Problem(f"{variable['name']} has the query {variable['query']}")


def template_on_time_change_reload(board: Board) -> Iterator[Problem]:
    """A variable asks again when another time is shown."""
    for variable in variables(board):
        if variable["type"] == "query" and variable.get("refresh") != 2:
            yield Problem(f"{variable['name']} has refresh {variable.get('refresh')}")


def panel_datasource(board: Board) -> Iterator[Problem]:
    """A panel asks the data source that is chosen."""
    for panel in panels(board):
        uid = panel.get("datasource", {}).get("uid")
        if uid not in DATASOURCES:
            yield of_panel(panel, f"asks {uid}")


def panel_title_description(board: Board) -> Iterator[Problem]:
    """A panel says what it shows."""
    for panel in panels(board):
        if not panel.get("title"):
            yield Problem(f"panel {panel['id']} has no title")
        if not panel.get("description"):
            yield of_panel(panel, "has no description")


def panel_units(board: Board) -> Iterator[Problem]:
    """A unit is one that Grafana knows, in overrides too."""
    for panel in panels(board):
        config = panel["fieldConfig"]
        found = [config["defaults"].get("unit")]
        found += [one["value"] for change in config["overrides"] for one in change["properties"] if one["id"] == "unit"]
        yield from (of_panel(panel, f"has the unit {unit}") for unit in found if unit not in UNITS)


def panel_no_targets(board: Board) -> Iterator[Problem]:
    """A panel asks for something."""
    for panel in panels(board):
        if not [target for target in panel.get("targets") or [] if target.get("expr")]:
            yield of_panel(panel, "asks nothing")


def target_promql(board: Board) -> Iterator[Problem]:
    """Everything that is asked is PromQL."""
    for item in asked(board):
        try:
            parse(item.expression)
        except ValueError as error:
            yield of_query(item, str(error))


def target_rate_interval(board: Board) -> Iterator[Problem]:
    """A rate is over the interval that suits the scrape interval and the resolution."""
    for item in of_panels(board):
        for function, span in ranges(item.expression):
            if not function:
                yield of_query(item, "it has a range outside any function")
            elif function in RATES and span != _shown(RATE_INTERVAL):
                yield of_query(item, f"it has {function} over {span}")


def target_job(board: Board) -> Iterator[Problem]:
    """Every selector is of the chosen jobs; only what rules publish need not have a job."""
    yield from _of_the_chosen(board, "job")


def target_instance(board: Board) -> Iterator[Problem]:
    """Every selector is of the chosen instances."""
    yield from _of_the_chosen(board, "instance")


def target_counter_agg(board: Board) -> Iterator[Problem]:
    """A counter is seen through how fast it rises; it falls to 0 at a restart."""
    for item in asked(board):
        for selector in selectors(item.expression):
            if selector.name.endswith("_total") and selector.within() not in OF_COUNTERS:
                yield of_query(item, f"{selector.name} is a counter")


def uneditable_dashboard(board: Board) -> Iterator[Problem]:
    """Nobody edits what the next change of a file would undo."""
    if board.get("editable") is not False:
        yield Problem("it can be edited")


RULES: Mapping[str, Rule] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": template_job,
    "template-instance-rule": template_instance,
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": target_job,
    "target-instance-rule": target_instance,
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable_dashboard,
}


def _chooses(board: Board, name: str) -> Iterator[Problem]:
    found = [variable for variable in variables(board) if variable["name"] == name]
    if not found:
        yield Problem(f"there is no variable {name}")
    wanted = {"type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+"}
    for one in found:
        yield from (
            Problem(f"{name} has {key} {one.get(key)}") for key, value in wanted.items() if one.get(key) != value
        )
        if one["datasource"]["uid"] not in DATASOURCES:
            yield Problem(f"{name} asks {one['datasource']['uid']}")


def _of_the_chosen(board: Board, label: str) -> Iterator[Problem]:
    for item in of_panels(board):
        for selector in selectors(item.expression):
            if (label, "=~", f"${label}") not in selector.matchers and selector.name != "ALERTS":
                yield of_query(item, f"{selector.name} is not of ${label}")


def _shown(duration: str) -> str:
    ((_, span),) = ranges(f"rate(x[{duration}])")
    return span
