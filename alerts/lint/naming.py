"""What people read: names, severity, texts."""

import re
from collections.abc import Iterator
from datetime import timedelta

from alerts.durations import written
from alerts.lint.findings import WATCHDOG, Fault, Subject
from alerts.rules import Group

CAMEL_CASE, LONGEST_NAME = re.compile("([A-Z]+[a-z0-9]+)+"), 40
MOST_RULES, LONGEST_INTERVAL = 20, timedelta(minutes=5)
SEVERITIES = ("critical", "warning", "info")
SUMMARY = re.compile(r"[A-Z].+\.", re.DOTALL)
VALUE = re.compile(r"\$value|\.Value")
TEXTS = ("summary", "description", "runbook_url", "dashboard_url")


def of_group(group: Group) -> Iterator[str]:
    """Tell what is wrong with a group as a whole."""
    if len(group.name) > LONGEST_NAME:
        yield f"the name is longer than {LONGEST_NAME} characters"
    if len(group.rules) > MOST_RULES:
        yield f"has more than {MOST_RULES} rules; split it"
    if group.interval > LONGEST_INTERVAL:
        yield f"the interval {written(group.interval)} is longer than 5m, after which Prometheus forgets a series"


def name(subject: Subject) -> Iterator[Fault]:
    """Names of alerts are CamelCase and short."""
    if subject.alert:
        if not CAMEL_CASE.fullmatch(subject.rule.name):
            yield Fault("alert", "the name is not CamelCase; write for example JobHiveMRRDrop")
        if len(subject.rule.name) > LONGEST_NAME:
            yield Fault("alert", f"the name is longer than {LONGEST_NAME} characters")


def severity(subject: Subject) -> Iterator[Fault]:
    """Whoever routes alerts finds severity and area."""
    if not subject.alert:
        return
    labels = subject.rule.labels
    given = labels.get("severity")
    if given not in SEVERITIES and (given, subject.rule.name) != ("none", WATCHDOG):
        yield Fault("labels.severity", f"severity is {given or 'missing'}; write one of {', '.join(SEVERITIES)}")
    if not labels.get("area"):
        yield Fault("labels", "the label area is missing; it says who looks after the alert")


def texts(subject: Subject) -> Iterator[Fault]:
    """Whoever is paged finds what is the matter, and where to go."""
    if not subject.alert or subject.rule.name == WATCHDOG:
        return
    annotations = subject.alert.annotations
    for key in TEXTS:
        if not annotations.get(key):
            yield Fault("annotations", f"the annotation {key} is missing")
    summary, description = annotations.get("summary", ""), annotations.get("description", "")
    if "{{" in summary:
        yield Fault(
            "annotations.summary",
            "the summary is a template; it names many alerts at once, so write what they share",
        )
    elif summary and not SUMMARY.fullmatch(summary):
        yield Fault("annotations.summary", "the summary is no sentence; begin with a capital and end with a full stop")
    if description and "{{" not in description:
        yield Fault(
            "annotations.description", "the description says nothing of this alert; name its labels or its value"
        )


def links(subject: Subject) -> Iterator[Fault]:
    """Links of texts lead somewhere."""
    if not subject.alert or subject.rule.name == WATCHDOG:
        return
    runbook, dashboard = (_page(subject.alert.annotations.get(key, "")) for key in ("runbook_url", "dashboard_url"))
    known = subject.known
    if known.runbooks is not None and runbook and runbook not in known.runbooks:
        yield Fault("annotations.runbook_url", f"there is no runbook {runbook}; write alerts/runbooks/{runbook}.md")
    if known.dashboards is not None and dashboard and dashboard not in known.dashboards:
        yield Fault(
            "annotations.dashboard_url",
            f"there is no dashboard {dashboard}; there are {', '.join(sorted(known.dashboards))}",
        )


def value_label(subject: Subject) -> Iterator[Fault]:
    """The value is no part of what an alert is."""
    for key, text in subject.rule.labels.items() if subject.alert else ():
        if VALUE.search(text):
            yield Fault(
                f"labels.{key}",
                f"the label {key} has the value in it, so each round makes another alert; use an annotation",
            )


def _page(url: str) -> str:
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
