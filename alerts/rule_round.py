"""One round of one rule: evaluated, held because a source is unknown, or failed. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from alerts import engine
from alerts.engine import Alerts
from alerts.evidence import is_missing
from alerts.labelling import Found, LimitExceeded, RuleError, Surroundings, as_vector, found, recorded
from alerts.owners import Catalogue
from alerts.policies import Policy
from alerts.promql import EvaluationError, Samples, parse
from alerts.promql.labels import Key, key
from alerts.promql.samples import Pair, Vector
from alerts.rules import NO_TIME, AlertingRule, RecordingRule, Rule

# Seconds that a rule may take.
LONGEST = 10.0
NO_SAMPLES = Samples()
Health = Literal["unknown", "ok", "err"]


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where a rule stands after a round.

    `outputs` are the series it publishes, `fetched` is how many its selectors found. `held_since` is since when a
    source is unknown, `held_by` names what is, while the rule is held; `erring_since` is since when it fails.
    `evaluated_at` is the latest round that asked, and `seconds` is how long that took.
    """

    alerts: Alerts = field(default_factory=dict)
    outputs: Samples = NO_SAMPLES
    health: Health = "unknown"
    error: str = ""
    fetched: int = 0
    held_since: datetime | None = None
    held_by: tuple[str, ...] = ()
    erring_since: datetime | None = None
    evaluated_at: datetime | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """What a rule may look at in a round at `ts`; `elapsed` tells for how many seconds it has been asked."""

    ts: datetime
    samples: Samples
    policy: Policy
    catalogue: Catalogue
    limit: int
    external_labels: Mapping[str, str]
    external_url: str
    elapsed: Callable[[], float]

    def expired(self) -> bool:
        """Tell whether the rule takes too long."""
        return self.elapsed() > LONGEST

    @property
    def surroundings(self) -> Surroundings:
        """Return what the texts of a rule may speak of."""

        def query(text: str) -> Vector | float:
            return parse(text).evaluate(self.ts, self.samples, self.expired)

        return Surroundings(query, self.external_labels, self.external_url)


def restored(rule: Rule, before: RuleState, ts: datetime) -> RuleState:
    """Pass the first round after a restart: it resolves nothing, and what was not delivered yet is, however old."""
    late = {key: alert for key, alert in before.alerts.items() if engine.is_forgotten(alert, ts)}
    return _with(rule, before, {**engine.hold(before.alerts, ts), **late})


def unasked(rule: Rule, before: RuleState, ts: datetime) -> RuleState:
    """Pass a round of a rule whose collectors nobody runs: it finds nothing, and nothing failed."""
    alerts = engine.step(rule, before.alerts, {}, ts) if isinstance(rule, AlertingRule) else {}
    return _with(rule, RuleState(), alerts)


def passed(rule: Rule, before: RuleState, unknown: frozenset[str], around: Round) -> RuleState:
    """Pass a round while some collectors are `unknown`, which the rule needs."""
    since, longest = (before.held_since or around.ts) if unknown else None, around.policy.max_hold
    if since and (longest == NO_TIME or around.ts - since < longest):
        held = replace(before, health="unknown", error="", erring_since=None)
        held = replace(held, held_since=since, held_by=tuple(sorted(unknown)))
        return _with(rule, held, engine.hold(before.alerts, around.ts))
    if unknown:
        # Nobody waits any longer: the rule is asked as if the source were empty.
        around = replace(around, samples=around.samples.without(around.catalogue.names(unknown)))
    after = _evaluated(rule, replace(before, held_since=since, held_by=()), around)
    return replace(after, evaluated_at=around.ts, seconds=around.elapsed())


def _evaluated(rule: Rule, before: RuleState, around: Round) -> RuleState:
    try:
        vector = as_vector(rule.expression.evaluate(around.ts, around.samples, around.expired))
        if isinstance(rule, RecordingRule):
            after = replace(before, outputs=_indexed(recorded(rule, vector, around.limit)))
        else:
            after = _with(rule, before, _stepped(rule, before.alerts, vector, around))
    except LimitExceeded as error:
        return _failed(replace(before, alerts={}, outputs=NO_SAMPLES), str(error), around.ts)
    except (EvaluationError, RuleError) as error:
        # What cannot be recorded is not what it was; alerts stay, and so do the series that tell them.
        outputs = NO_SAMPLES if isinstance(rule, RecordingRule) else before.outputs
        return _failed(replace(before, outputs=outputs), str(error), around.ts)
    except Exception as error:  # noqa: BLE001 - the border of a unit: a rule fails alone
        return _failed(before, f"internal error ({type(error).__name__}); please report it", around.ts)
    fetched = sum(len(around.samples.select(one.name, one.matchers)) for one in rule.expression.selectors)
    return replace(after, health="ok", error="", erring_since=None, fetched=fetched)


def _stepped(rule: AlertingRule, alerts: Alerts, vector: Vector, around: Round) -> Alerts:
    asked = found(rule, vector, around.surroundings)
    after = engine.step(rule, alerts, asked, around.ts, _without_evidence(rule, alerts, asked, around))
    engine.check_limit(after.values(), around.limit)
    return after


def _without_evidence(rule: AlertingRule, alerts: Alerts, asked: Mapping[Key, Found], around: Round) -> set[Key]:
    """Return the alerts that keep their last state for a while, because the series they speak of are missing."""
    if around.policy.keep_last == NO_TIME:
        return set()
    return {
        key
        for key, alert in alerts.items()
        if key not in asked
        and around.ts - (alert.held_since or around.ts) < around.policy.keep_last
        and is_missing(rule.expression, alert.labels, around.samples, around.catalogue)
    }


def _with(rule: Rule, state: RuleState, alerts: Alerts) -> RuleState:
    """Return a state with these alerts and the series that tell them; a recording rule then publishes nothing."""
    outputs = _indexed(engine.series(rule, alerts.values())) if isinstance(rule, AlertingRule) else NO_SAMPLES
    return replace(state, alerts=alerts, outputs=outputs)


def _indexed(series: Iterable[Pair]) -> Samples:
    """Index what a rule publishes; of two series with the same labels the later one counts."""
    return Samples.of({key(labels): (labels, value) for labels, value in series}.values())


def _failed(before: RuleState, error: str, ts: datetime) -> RuleState:
    return replace(before, health="err", error=error, erring_since=before.erring_since or ts)
