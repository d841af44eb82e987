"""One round of a group: its rules in order, each seeing what those above it published. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.engine import ALERTS, ALERTS_FOR_STATE
from alerts.owners import Catalogue, RuleId
from alerts.policies import Policies, When
from alerts.promql import Samples
from alerts.rule_round import NO_SAMPLES, Round, RuleState, passed, restored, unasked
from alerts.rules import AlertingRule, Group, RecordingRule, Rule

# Seconds since whenever.
Monotonic = Callable[[], float]
NO_FAMILIES = Catalogue({}, {})


@dataclass(frozen=True, slots=True)
class GroupState:
    """Where a group stands: its rules, in order, its latest round and how many seconds that took.

    `restored`: the next round resolves nothing.
    """

    rules: tuple[RuleState, ...]
    ts: datetime | None = None
    restored: bool = False
    seconds: float = 0.0

    @property
    def outputs(self) -> Samples:
        """What the rules publish; of two series with the same labels that of the later rule counts."""
        return Samples.together(rule.outputs for rule in self.rules)


@dataclass(frozen=True, slots=True)
class World:
    """What a round may look at beside what rules publish: samples of families, and the collectors nobody knows of.

    `unknown` depends on when a policy says that one knows nothing.
    """

    samples: Samples
    unknown: Mapping[When, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Others:
    """The other groups: what their rules publish, and the names of the series that any of them can publish."""

    outputs: Samples = NO_SAMPLES
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What all rounds of a set of rules have in common; texts of rules may speak of the external labels and URL.

    `lacking` has the rules that cannot be asked, because collectors that they need are not configured, with these.
    """

    catalogue: Catalogue = NO_FAMILIES
    policies: Policies = field(default_factory=Policies)
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    lacking: Mapping[RuleId, frozenset[str]] = field(default_factory=dict)


def fresh(group: Group) -> GroupState:
    """Return the state of a group that never ran."""
    return GroupState(tuple(RuleState() for _ in group.rules))


def run(
    group: Group,
    before: GroupState,
    world: World,
    ts: datetime,
    terms: Terms,
    owners: Sequence[frozenset[str]],
    others: Others,
    monotonic: Monotonic = lambda: 0.0,
) -> GroupState:
    """Run a group at a slot; `owners` are the collectors that each rule depends on.

    `monotonic` measures how long it takes, which decides nothing but that a rule takes too long.
    """
    after, names, began = list(before.rules), others.names | published(group), monotonic()
    for place, rule in enumerate(group.rules):
        if before.restored:
            after[place] = restored(rule, after[place], ts)
            continue
        if (group.id, place) in terms.lacking:
            after[place] = unasked(rule, after[place], ts)
            continue
        policy = terms.policies.of(group.name, rule.name)
        # Few rules read what others publish; to search it for each of many would take most of the time.
        outputs = others.outputs | Samples.together(one.outputs for one in after) if _reads(rule, names) else NO_SAMPLES
        around = Round(
            ts=ts,
            samples=world.samples | outputs,
            policy=policy,
            catalogue=terms.catalogue,
            limit=group.limit,
            external_labels=terms.external_labels,
            external_url=terms.external_url,
            elapsed=_stopwatch(monotonic),
        )
        unknown = owners[place] & world.unknown.get(policy.when, frozenset()) | _broken(group, after, place)
        after[place] = passed(rule, after[place], unknown if policy.hold else frozenset(), around)
    return GroupState(tuple(after), ts, seconds=monotonic() - began)


def _stopwatch(monotonic: Monotonic) -> Monotonic:
    """Return what tells the seconds from now on."""
    began = monotonic()
    return lambda: monotonic() - began


def published(group: Group) -> frozenset[str]:
    """Return the names of the series that the rules of a group publish."""
    return frozenset(
        {ALERTS, ALERTS_FOR_STATE, *(rule.name for rule in group.rules if isinstance(rule, RecordingRule))}
    )


def _reads(rule: Rule, names: Collection[str]) -> bool:
    """Tell whether a rule may select one of these names, itself or by a query in its texts."""
    if isinstance(rule, AlertingRule) and any("query" in text for text in rule.templates):
        return True
    selectors = rule.expression.selectors
    return any(one.name in names if one.name else any(map(one.could_match, names)) for one in selectors)


def _broken(group: Group, states: Sequence[RuleState], place: int) -> frozenset[str]:
    """Return the recorded series that a rule reads and whose rule failed: they are unknown too."""
    selectors = group.rules[place].expression.selectors
    return frozenset(
        rule.name
        for other, (rule, state) in enumerate(zip(group.rules, states, strict=True))
        if other != place and isinstance(rule, RecordingRule) and state.health == "err"
        if any(selector.could_match(rule.name) for selector in selectors)
    )
