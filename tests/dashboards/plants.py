"""Mistakes to plant into a dashboard, each for one rule, with what the rule must say of it."""

from typing import Any, NamedTuple

from dashboards.boards import Board, everything, named
from dashboards.lint import catalogue_rules as catalogue
from dashboards.lint import house_rules as house
from dashboards.lint import linter_rules as linter
from dashboards.lint.problems import Rule

GONE = object()


class Plant(NamedTuple):
    """A mistake: what is put at a place of a panel, or of the dashboard itself where `panel` is empty."""

    rule: Rule
    says: str
    panel: str
    path: tuple[str | int | slice, ...]
    content: object = GONE
    board: str = "jobhive-revenue"

    def planted(self) -> Board:
        """Return the dashboard with the mistake in it."""
        changed = named(self.board)
        node: Any = next((one for one in everything(changed) if one["title"] == self.panel), changed)
        *way, last = self.path
        for step in way:
            node = node[step]
        if self.content is GONE:
            del node[last]
        else:
            node[last] = self.content
        return changed


def query(rule: Rule, says: str, expression: str, panel: str = "MRR trend") -> Plant:
    """Make a mistake in a query."""
    return Plant(rule, says, panel, ("targets", 0, "expr"), expression)


EXPORTER, QUALITY, REALTIME, INTERVIEWS = (
    "jobhive-exporter",
    "jobhive-ai-quality",
    "jobhive-ai-realtime",
    "jobhive-interviews",
)
SOURCE, JOB, CURRENCY = (("templating", "list", number) for number in range(3))
COLOUR = ("fieldConfig", "defaults", "color")
PLANTS = (
    Plant(linter.template_datasource, "0 variables are data sources, not one", "", (*SOURCE, "type"), "custom"),
    Plant(linter.template_datasource, "the data source variable is called source", "", (*SOURCE, "name"), "source"),
    Plant(linter.template_datasource, "the data source variable has the label DS", "", (*SOURCE, "label"), "DS"),
    Plant(linter.template_job, "there is no variable job", "", (*JOB, "name"), "jobs"),
    Plant(linter.template_job, "job has multi False", "", (*JOB, "multi"), False),
    Plant(linter.template_job, "job has allValue None", "", (*JOB, "allValue")),
    Plant(linter.template_job, "job asks Prometheus", "", (*JOB, "datasource", "uid"), "Prometheus"),
    Plant(linter.template_instance, "instance has label Currency", "", (*CURRENCY, "name"), "instance"),
    Plant(linter.template_label_promql, "job has the query values(up, job)", "", (*JOB, "query"), "values(up, job)"),
    Plant(linter.template_on_time_change_reload, "currency has refresh 1", "", (*CURRENCY, "refresh"), 1),
    Plant(linter.panel_datasource, "MRR asks prometheus", "MRR", ("datasource", "uid"), "prometheus"),
    Plant(linter.panel_datasource, "Data age asks None", "Data age", ("datasource",), {}),
    Plant(linter.panel_title_description, "panel 1 has no title", "MRR", ("title",), ""),
    Plant(linter.panel_title_description, "MRR has no description", "MRR", ("description",)),
    Plant(linter.panel_units, "ARR has the unit suffix:€", "ARR", ("fieldConfig", "defaults", "unit"), "suffix:€"),
    Plant(linter.panel_units, "ARR has the unit None", "ARR", ("fieldConfig", "defaults", "unit")),
    Plant(
        linter.panel_units,
        "ARR has the unit %",
        "ARR",
        ("fieldConfig", "overrides", 0, "properties", 0),
        {"id": "unit", "value": "%"},
    ),
    Plant(linter.panel_no_targets, "ARR asks nothing", "ARR", ("targets",), []),
    query(linter.target_rate_interval, "MRR trend A: it has rate over 5m", "rate(a_total[5m])"),
    query(linter.target_rate_interval, "MRR trend A: it has a range outside any function", "a[5m]"),
    query(linter.target_job, "MRR trend A: jobhive_mrr is not of $job", 'max(jobhive_mrr{job="$job"})'),
    query(linter.target_job, "Data age A: up is not of $job", "up", "Data age"),
    query(linter.target_instance, "MRR trend A: jobhive_arr is not of $instance", 'max(jobhive_arr{job=~"$job"})'),
    query(linter.target_counter_agg, "MRR trend A: a_total is a counter", "sum(a_total)"),
    query(linter.target_counter_agg, "MRR trend A: a_total is a counter", "delta(a_total[1h])"),
    Plant(linter.uneditable_dashboard, "it can be edited", "", ("editable",), True),
    Plant(house.layout, "ARR lies on MRR", "ARR", ("gridPos", "x"), 3),
    Plant(house.layout, "line 1 is 23 wide", "Paying customers", ("gridPos", "w"), 5),
    Plant(house.layout, "line 1 is 25 wide", "Paying customers", ("gridPos", "w"), 7),
    Plant(house.layout, "line 72 is empty", "Data freshness", ("gridPos", "y"), 74),
    Plant(house.ids, "id 1 is there 2 times", "ARR", ("id",), 1),
    Plant(house.ids, "id 1 is there 2 times", "Sources", ("id",), 1),
    Plant(house.ids, "title MRR is there 2 times", "ARR", ("title",), "MRR"),
    Plant(house.ids, "the dashboard has a number", "", ("id",), 7),
    Plant(house.ids, "the uid is Revenue", "", ("uid",), "Revenue"),
    Plant(house.clean, "__inputs is there", "", ("__inputs",), []),
    Plant(house.clean, "placement is there", "", ("links", 0, "placement"), "inControlsMenu"),
    Plant(house.clean, "repeatDirection is there", "Sources", ("repeatDirection",), "h"),
    Plant(
        house.clean,
        "uid is ${DS_PROMETHEUS}, which only the import dialog resolves",
        "Sources",
        ("datasource", "uid"),
        "${DS_PROMETHEUS}",
    ),
    Plant(house.clean, "showPercentChange is on", "MRR", ("options", "showPercentChange"), True),
    Plant(house.clean, "the schema is 38", "", ("schemaVersion",), 38),
    Plant(house.wording, "MRR does not say why it may be empty", "MRR", ("fieldConfig", "defaults", "noValue")),
    Plant(house.wording, "MRR has a description that is no sentence", "MRR", ("description",), "Revenue"),
    Plant(house.colour, "MRR has no colour of its own", "MRR", COLOUR),
    Plant(house.colour, "MRR has no colour of its own", "MRR", COLOUR, {"mode": "thresholds"}),
    Plant(house.colour, "Movements, 30 d has no colour of its own", "Movements, 30 d", COLOUR),
    Plant(house.colour, "MRR has no thresholds for B", "MRR", ("fieldConfig", "overrides", 0, "properties", 2)),
    Plant(
        house.mapping,
        "Sources has words for ['1']",
        "Sources",
        ("fieldConfig", "defaults", "mappings", 0, "options", "0"),
    ),
    Plant(
        house.bins,
        "Confidence, skill does not show bins by their lower bound",
        "Confidence, skill",
        ("options", "calculate"),
        True,
        QUALITY,
    ),
    Plant(
        house.bins,
        "Confidence, skill does not show bins by their lower bound",
        "Confidence, skill",
        ("options", "rowsFrame", "layout"),
        "le",
        QUALITY,
    ),
    Plant(
        house.bins,
        "Confidence, skill does not show bins by their lower bound",
        "Confidence, skill",
        ("targets", 0, "format"),
        "heatmap",
        QUALITY,
    ),
    Plant(
        house.instant,
        "Confidence, skill A has instant False, range False",
        "Confidence, skill",
        ("targets", 0, "range"),
        False,
        QUALITY,
    ),
    Plant(house.instant, "MRR B has instant True, range True", "MRR", ("targets", 1, "range"), True),
    Plant(house.instant, "MRR trend A has instant False, range False", "MRR trend", ("targets", 0, "range"), False),
    Plant(house.instant, "Churn in numbers A is not a table", "Churn in numbers", ("targets", 0, "format")),
    query(house.instant, "MRR trend A flickers: topk over a range", "topk(3, jobhive_mrr)"),
    Plant(house.legend, "MRR trend A has no legend", "MRR trend", ("targets", 0, "legendFormat"), ""),
    Plant(
        house.legend,
        "From invited to passed has steps that are not numbered",
        "From invited to passed",
        ("targets", 1, "legendFormat"),
        "1 started",
        INTERVIEWS,
    ),
    Plant(house.legend, "MRR has 2 queries A", "MRR", ("targets", 1, "refId"), "A"),
    Plant(
        house.links,
        "Past due share leads to /d/jobhive-nowhere, which is not there",
        "Past due share",
        ("links", 0, "url"),
        "/d/jobhive-nowhere",
    ),
    Plant(
        house.links,
        "Past due share leads to https://runbooks.example.org/Nobody, which is not there",
        "Past due share",
        ("links", 0, "url"),
        "https://runbooks.example.org/Nobody",
    ),
    Plant(
        house.links,
        "Components leads to /d/jobhive-nowhere, which is not there",
        "Components",
        ("fieldConfig", "overrides", -1, "properties", 0, "value", 0, "url"),
        "/d/jobhive-nowhere",
        REALTIME,
    ),
    Plant(
        house.links,
        "Alerts firing leads to https://runbooks.example.org/${__data.fields.name}, which is not there",
        "Alerts firing",
        ("fieldConfig", "overrides", -1, "properties", 0, "value", 0, "url"),
        "https://runbooks.example.org/${__data.fields.name}",
        "jobhive-business",
    ),
    Plant(house.links, "there is no menu of the other dashboards", "", ("links", 0, "includeVars"), False),
    Plant(house.links, "there is no link to the runbooks", "", ("links", 1)),
    Plant(house.frame, "timezone is utc", "", ("timezone",), "utc"),
    Plant(house.frame, "refresh is 1m", "", ("refresh",), "1m", REALTIME),
    Plant(house.frame, "refresh is 30s", "", ("refresh",), "30s"),
    Plant(house.frame, "it has 2 panels", "", ("panels", slice(1, -1)), []),
    Plant(house.frame, "its variables are datasource, currency", "", JOB),
    Plant(house.frame, "its variables are datasource, job, plan", "", (*CURRENCY, "name"), "plan"),
    Plant(house.frame, "it begins with {'from': 'now-90d', 'to': 'now-1d'}", "", ("time", "to"), "now-1d"),
    Plant(
        house.increases,
        "Failures per hour A counts over another span than its interval",
        "Failures per hour",
        ("interval",),
        "1m",
        EXPORTER,
    ),
    Plant(house.frame, "it does not show the alerts that fire", "", ("annotations", "list"), []),
    Plant(house.frame, "it does not say its question", "", ("description",), "Revenue."),
    Plant(house.frame, "it does not end with the age of its data", "Data freshness", ("collapsed",), False),
    query(house.ratios, "MRR trend A: it averages", "avg(jobhive_churn_ratio)"),
    query(catalogue.names, "MRR trend A: there is no family jobhive_mrrr", 'max(jobhive_mrrr{job=~"$job"})'),
    query(catalogue.labels, "MRR trend A: jobhive_arr has no label window", 'max(jobhive_arr{window="30d"})'),
    query(catalogue.labels, "MRR trend A: jobhive_arr has no label plan", "max by (plan) (jobhive_arr)"),
    query(catalogue.values, "MRR trend A: window of jobhive_churned is never 7d", 'jobhive_churned{window="7d"}'),
    query(catalogue.values, "MRR trend A: window of jobhive_churned is never 7d", 'jobhive_churned{window=~"30d|7d"}'),
    Plant(
        catalogue.values,
        "Analyses A: window of jobhive_ai_analyses is never 1y",
        "",
        ("templating", "list", 2, "query"),
        "7d,1y",
        QUALITY,
    ),
    query(catalogue.legends, "MRR trend A keeps ['plan'] and its legend has []", "max by (plan) (jobhive_mrr_by_plan)"),
    Plant(
        catalogue.legends,
        "MRR trend A keeps [] and its legend has ['plan']",
        "MRR trend",
        ("targets", 0, "legendFormat"),
        "{{plan}}",
    ),
    Plant(
        catalogue.overrides,
        "Churn by level has no series user",
        "Churn by level",
        ("fieldConfig", "overrides", 0, "matcher", "options"),
        "user",
    ),
    Plant(
        catalogue.overrides,
        "Components has no series place",
        "Components",
        ("fieldConfig", "overrides", -1, "matcher", "options"),
        "place",
        REALTIME,
    ),
    query(catalogue.replica, "MRR trend A: jobhive_mrr is not merged over replicas", "sum(jobhive_mrr)"),
    query(catalogue.replica, "MRR trend A: jobhive_mrr is not merged over replicas", "max(sum(jobhive_mrr))"),
    query(catalogue.replica, "MRR trend A: jobhive_mrr is not merged over replicas", "jobhive_mrr"),
    query(catalogue.window, "MRR trend A: jobhive_churned mixes values of window", "max by (level) (jobhive_churned)"),
    query(catalogue.currency, "MRR trend A: jobhive_mrr is not of $currency", "max(jobhive_mrr)"),
    query(
        catalogue.freshness,
        "Data age A speaks of ['revenue'], the page of ['data_quality', 'revenue']",
        "max(jobhive_data_quality_rows)",
    ),
)
