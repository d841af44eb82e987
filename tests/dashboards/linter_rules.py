"""Our port of the rules of grafana/dashboard-linter: each yields what is wrong with a dashboard.

Left out are target-instance-rule and template-instance-rule: our gauges are merged over replicas, and to filter by one
would invite adding them up; and the two rules on Loki, which we do not use: a query that is no PromQL is an error.
"""

from collections.abc import Iterator

from grafana_foundation_sdk.models import units

from tests.dashboards.boards import Board, asked, of_panels, panels, variables
from tests.dashboards.promql import RATE_INTERVAL, VARIABLE_QUERY, parse, ranges, selectors

UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
DATASOURCES = {"$datasource", "${datasource}", "$prometheus_datasource", "${prometheus_datasource}"}
RATES = {"rate", "irate"}
OF_COUNTERS = RATES | {"increase"}


def template_datasource(board: Board) -> Iterator[str]:
    found = [variable for variable in variables(board) if variable["type"] == "datasource"]
    if len(found) != 1:
        yield f"{len(found)} variables are data sources, not one"
    for variable in found:
        if variable["name"] not in ("datasource", f"{variable['query']}_datasource"):
            yield f"the data source variable is called {variable['name']}"
        if variable.get("label") != "Data source":
            yield f"the data source variable has the label {variable.get('label')}"


def template_job(board: Board) -> Iterator[str]:
    found = [variable for variable in variables(board) if variable["name"] == "job"]
    if not found:
        yield "there is no variable job"
    wanted = {"type": "query", "label": "Job", "multi": True, "allValue": ".+"}
    for job in found:
        yield from (f"job has {key} {job.get(key)}" for key, value in wanted.items() if job.get(key) != value)
        if job["datasource"]["uid"] not in DATASOURCES:
            yield f"job asks {job['datasource']['uid']}"


def template_label_promql(board: Board) -> Iterator[str]:
    for variable in variables(board):
        if variable["type"] == "query" and not VARIABLE_QUERY.fullmatch(variable["query"]):
            yield f"{variable['name']} has the query {variable['query']}"


def template_on_time_change_reload(board: Board) -> Iterator[str]:
    for variable in variables(board):
        if variable["type"] == "query" and variable.get("refresh") != 2:
            yield f"{variable['name']} has refresh {variable.get('refresh')}"


def panel_datasource(board: Board) -> Iterator[str]:
    for panel in panels(board):
        uid = panel.get("datasource", {}).get("uid")
        if uid not in DATASOURCES:
            yield f"{panel['title']} asks {uid}"


def panel_title_description(board: Board) -> Iterator[str]:
    for panel in panels(board):
        if not panel.get("title"):
            yield f"panel {panel['id']} has no title"
        if not panel.get("description"):
            yield f"{panel['title']} has no description"


def panel_units(board: Board) -> Iterator[str]:
    for panel in panels(board):
        config = panel["fieldConfig"]
        found = [config["defaults"].get("unit")]
        found += [one["value"] for change in config["overrides"] for one in change["properties"] if one["id"] == "unit"]
        yield from (f"{panel['title']} has the unit {unit}" for unit in found if unit not in UNITS)


def panel_no_targets(board: Board) -> Iterator[str]:
    for panel in panels(board):
        if not [target for target in panel.get("targets") or [] if target.get("expr")]:
            yield f"{panel['title']} asks nothing"


def target_promql(board: Board) -> Iterator[str]:
    for item in asked(board):
        try:
            parse(item.expression)
        except ValueError as error:
            yield f"{item.where}: {error}"


def target_rate_interval(board: Board) -> Iterator[str]:
    for item in of_panels(board):
        for function, span in ranges(item.expression):
            if not function:
                yield f"{item.where} has a range outside any function"
            elif function in RATES and span != _shown(RATE_INTERVAL):
                yield f"{item.where} has {function} over {span}"


def target_job(board: Board) -> Iterator[str]:
    for item in of_panels(board):
        for selector in selectors(item.expression):
            if ("job", "=~", "$job") not in selector.matchers and selector.name != "ALERTS":
                yield f"{item.where}: {selector.name} is not of $job"


def target_counter_agg(board: Board) -> Iterator[str]:
    for item in asked(board):
        for selector in selectors(item.expression):
            if selector.name.endswith("_total") and selector.within() not in OF_COUNTERS:
                yield f"{item.where}: {selector.name} is a counter"


def uneditable_dashboard(board: Board) -> Iterator[str]:
    if board.get("editable") is not False:
        yield "it can be edited"


RULES = (
    *(template_datasource, template_job, template_label_promql, template_on_time_change_reload),
    *(panel_datasource, panel_title_description, panel_units, panel_no_targets),
    *(target_promql, target_rate_interval, target_job, target_counter_agg, uneditable_dashboard),
)


def _shown(duration: str) -> str:
    ((_, span),) = ranges(f"rate(x[{duration}])")
    return span
