"""Groups of rules → the families that speak of them and of their alerts (metrics.md EX20–EX22, alerting.md 15). Pure.

They exist for every rule that is loaded, before its first round too. Rules of one name in a group are told as one: the
worst of them counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from alerts.engine import FIRING, PENDING
from alerts.manager import Standing
from alerts.rule_round import RuleState
from alerts.rules import AlertingRule
from exporter.exposition import Block, block
from exporter.model import Family, Label, Sample

PREFIX = "jobhive_exporter_rule"
GROUP = Label("rule_group")
RULE = (Label("rule"), GROUP)
STATES = (PENDING, FIRING)

EVALUATIONS = Family("EX20", f"{PREFIX}_evaluations_total", "Evaluations of rules.", (GROUP,), "counter")
FAILURES = Family("EX21", f"{PREFIX}_evaluation_failures_total", "Those that failed.", (GROUP,), "counter")
ALERTS = Family(
    "EX22", "jobhive_exporter_alerts", "Alerts by state.", (Label("alertname"), Label("state", tuple(map(str, STATES))))
)
INTERVAL = Family("EX33", f"{PREFIX}_group_interval_seconds", "Time between two rounds of a group.", (GROUP,))
LAST_EVALUATION = Family(
    "EX34",
    f"{PREFIX}_group_last_evaluation_timestamp_seconds",
    "The slot of the latest round of a group; 0 is never.",
    (GROUP,),
)
DURATION = Family("EX35", f"{PREFIX}_group_last_duration_seconds", "How long the latest round took.", (GROUP,))
MISSED = Family(
    "EX36", f"{PREFIX}_group_missed_rounds_total", "Rounds that never were, as it was too late.", (GROUP,), "counter"
)
SUCCESS = Family("EX37", f"{PREFIX}_success", "Whether the rule did not fail when it was last asked.", RULE)
SERIES = Family("EX38", f"{PREFIX}_series", "Series that the selectors of the rule found when it was last asked.", RULE)
HELD = Family("EX39", f"{PREFIX}_held", "Whether the rule waits for a source that is unknown.", RULE)
SUPPORTED = Family("EX40", f"{PREFIX}_supported", "Whether this daemon can evaluate the rule.", RULE)

FAMILIES = (
    *(EVALUATIONS, FAILURES, ALERTS, INTERVAL, LAST_EVALUATION, DURATION, MISSED),
    *(SUCCESS, SERIES, HELD, SUPPORTED),
)


def blocks(standing: Sequence[Standing]) -> Iterator[Block]:
    """Make the families, in the order of their declaration."""
    names = group_names(standing)
    samples: dict[str, list[Sample]] = {family.name: [] for family in FAMILIES}
    of_groups = (
        chain(_of_group(one, name), _of_rules(one, name)) for one in standing for name in [names[one.group.id]]
    )
    for sample in chain(_of_alerts(standing), *of_groups):
        samples[sample.name].append(sample)
    for family in FAMILIES:
        yield block(family, sorted(samples[family.name]))


def group_names(standing: Iterable[Standing]) -> dict[tuple[str, str], str]:
    """Return by what a group is called: its name, and its file too where another one has groups of that name."""
    ids = [one.group.id for one in standing]
    often = Counter(name for _, name in ids)
    return {(file, name): name if often[name] == 1 else f"{file};{name}" for file, name in ids}


def _of_alerts(standing: Iterable[Standing]) -> Iterator[Sample]:
    counts = defaultdict[str, Counter[str]](Counter)
    for group, state, *_ in standing:
        for rule, one in zip(group.rules, state.rules, strict=True):
            if isinstance(rule, AlertingRule):
                counts[rule.name].update(alert.state for alert in one.alerts.values())
    for name, by_state in counts.items():
        for wanted in STATES:
            yield ALERTS.sample(by_state[wanted], alertname=name, state=str(wanted))


def _of_group(standing: Standing, name: str) -> Iterator[Sample]:
    group, state, counts, *_ = standing
    yield EVALUATIONS.sample(counts.evaluations, rule_group=name)
    yield FAILURES.sample(counts.failures, rule_group=name)
    yield INTERVAL.sample(group.interval.total_seconds(), rule_group=name)
    yield LAST_EVALUATION.sample(state.ts.timestamp() if state.ts else 0, rule_group=name)
    yield DURATION.sample(state.seconds, rule_group=name)
    yield MISSED.sample(counts.missed, rule_group=name)


def _of_rules(standing: Standing, name: str) -> Iterator[Sample]:
    by_name = defaultdict[str, list[RuleState]](list)
    for one, state in zip(standing.group.rules, standing.state.rules, strict=True):
        by_name[one.name].append(state)
    for rule, states in by_name.items():
        yield SUCCESS.sample(min(int(state.health != "err") for state in states), rule=rule, rule_group=name)
        yield SERIES.sample(min(state.fetched for state in states), rule=rule, rule_group=name)
        yield HELD.sample(max(int(bool(state.held_by)) for state in states), rule=rule, rule_group=name)
        yield SUPPORTED.sample(int(rule not in standing.group.unsupported), rule=rule, rule_group=name)
    for rule in sorted({*standing.group.unsupported} - by_name.keys()):
        yield SUPPORTED.sample(0, rule=rule, rule_group=name)
