"""Runs tests of rules as promtool does: same file, same verdict. Pure.

Here a series stays for five minutes after its last sample, as in Prometheus' storage; the live engine has no such
lookback. Every source is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, takewhile

from alerts import durations, rounds
from alerts.casefile import AlertCheck, Case, ExpressionCheck
from alerts.labelling import ALERT_NAME, as_vector
from alerts.model import AlertState
from alerts.promql import EvaluationError, Samples
from alerts.promql.expression import EPOCH
from alerts.promql.labels import Labels, written
from alerts.promql.literals import general
from alerts.promql.samples import Pair
from alerts.rounds import GroupState, Others, Terms, World
from alerts.rule_round import NO_SAMPLES
from alerts.rules import AlertingRule, Group

LOOKBACK = timedelta(minutes=5)
NOTHING = "[]"


@dataclass(frozen=True, slots=True)
class Moment:
    """All groups after the round at `at`, a time after the start."""

    at: timedelta
    states: tuple[GroupState, ...]


def failures(case: Case, groups: Sequence[Group], interval: timedelta) -> Iterator[str]:
    """Yield what is not as a test expects it; a rule that fails ends the test."""
    times = [*(check.at for check in case.alerts), *(check.at for check in case.expressions)]
    latest, moments = max(times, default=timedelta(0)), list[Moment]()
    for at in takewhile(lambda at: at <= latest, (step * interval for step in count())):
        moment = _round(case, groups, moments[-1] if moments else None, at)
        moments.append(moment)
        if errors := list(_errors(groups, moment)):
            yield from errors
            return
        due = (check for check in sorted(case.alerts, key=lambda check: check.at) if at <= check.at < at + interval)
        for check in due:
            yield from _alert_failures(check, groups, moment)
    for expression in case.expressions:
        yield from _expression_failures(expression, case, moments)


def _round(case: Case, groups: Sequence[Group], before: Moment | None, at: timedelta) -> Moment:
    visible = before is not None and at - before.at <= LOOKBACK
    states = list(before.states if before else map(rounds.fresh, groups))
    if not visible:
        states = [_unseen(state) for state in states]
    names = frozenset[str]().union(*map(rounds.published, groups))
    loaded, ts = Samples.of(_loaded(case, at)), EPOCH + at
    terms = Terms(external_labels=case.external_labels, external_url=case.external_url)
    for place, group in enumerate(groups):
        outputs = Samples.together(one.outputs for one in states if one is not states[place])
        nobody = [frozenset[str]()] * len(group.rules)
        states[place] = rounds.run(group, states[place], World(loaded), ts, terms, nobody, Others(outputs, names))
    return Moment(at, tuple(states))


def _unseen(state: GroupState) -> GroupState:
    return replace(state, rules=tuple(replace(rule, outputs=NO_SAMPLES) for rule in state.rules))


def _loaded(case: Case, at: timedelta) -> Iterator[Pair]:
    """Yield the newest sample of each series that is not older than the lookback."""
    newest = at // case.interval
    oldest = max(-((LOOKBACK - at) // case.interval), 0)
    for labels, steps in case.series:
        seen = [step for step in steps[oldest : newest + 1] if step is not None]
        if seen and not isinstance(seen[-1], str):
            yield labels, seen[-1]


def _errors(groups: Sequence[Group], moment: Moment) -> Iterator[str]:
    for group, state in zip(groups, moment.states, strict=True):
        for rule, one in zip(group.rules, state.rules, strict=True):
            if one.health == "err":
                yield f"rule {rule.name} fails at {durations.written(moment.at)}: {one.error}"


def _alert_failures(check: AlertCheck, groups: Sequence[Group], moment: Moment) -> Iterator[str]:
    got = [
        _line(alert.labels, alert.annotations)
        for group, state in zip(groups, moment.states, strict=True)
        for rule, one in zip(group.rules, state.rules, strict=True)
        if isinstance(rule, AlertingRule) and rule.name == check.name
        for alert in one.alerts.values()
        if alert.state is AlertState.FIRING
    ]
    expected = [_line({**alert.labels, ALERT_NAME: check.name}, alert.annotations) for alert in check.expected]
    if sorted(expected) != sorted(got):
        yield _difference(f"alertname: {check.name}, time: {durations.written(check.at)}", expected, got)


def _line(labels: Labels, annotations: Mapping[str, str]) -> str:
    """Write an alert. An empty text is a text here: promtool compares an expected empty label with none."""
    return f"{written(dict(sorted(labels.items())))} {written(dict(sorted(annotations.items())))}"


def _expression_failures(check: ExpressionCheck, case: Case, moments: Sequence[Moment]) -> Iterator[str]:
    what = f"expr: {check.expression.text!r}, time: {durations.written(check.at)}"
    latest = next(moment for moment in reversed(moments) if moment.at <= check.at)
    seen = latest.states if check.at - latest.at <= LOOKBACK else ()
    outputs = Samples.together(state.outputs for state in seen)
    try:
        found = check.expression.evaluate(EPOCH + check.at, Samples.of(_loaded(case, check.at)) | outputs)
    except EvaluationError as error:
        yield f"{what}, err: {error}"
        return
    got = {written(labels): value for labels, value in as_vector(found)}
    expected = {written(labels): value for labels, value in check.expected}
    # As in promtool NaN is not even equal to itself, and -0 is 0.
    alike = expected.keys() == got.keys() and all(expected[one] == value for one, value in got.items())
    if not alike or len(expected) != len(check.expected):
        sides = ([f"{one} {general(value)}" for one, value in side.items()] for side in (expected, got))
        yield _difference(what, *sides)


def _difference(what: str, expected: Sequence[str], got: Sequence[str]) -> str:
    lines = [what, "exp:", *(sorted(expected) or [NOTHING]), "got:", *(sorted(got) or [NOTHING])]
    return "\n    ".join(lines)
