"""A group over minutes: what its rules see each minute goes in, what becomes of the alerts and who is told comes out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts import rounds
from alerts.model import Alert, Outgoing, Query
from alerts.owners import Catalogue, owners
from alerts.promql import Samples
from alerts.promql.labels import Key, Labels
from alerts.rounds import GroupState, Others, Terms, World
from alerts.rulefile import Terms as FileTerms
from alerts.rulefile import read
from alerts.rules import Group
from alerts.sending import Sending, plan
from exporter.model import Family, Label
from tests.alerts.promql.rows import labels

START = datetime(2026, 4, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AM = "am:9093"
ONE = Family("T1", "one", "Of collector one.", (Label("room"),))
TWO = Family("T2", "two", "Of collector two.", (Label("room"),))
CATALOGUE = Catalogue({"one": (ONE,), "two": (TWO,)}, {})


@dataclass(frozen=True)
class Plain:
    """A text that knows two words, so that tests of the engine need no templates."""

    text: str

    def expand(
        self,
        labels: Labels,
        value: float,
        external_labels: Mapping[str, str],
        external_url: str,
        query: Query,  # noqa: ARG002
    ) -> str:
        words = {"VALUE": f"{value:g}", "ROOM": labels.get("room", ""), "NAME": labels.get("__name__", "")}
        words |= {"URL": external_url, "SITE": external_labels.get("site", "")}
        return " ".join(words.get(word, word) for word in self.text.split())


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def group(rules: str, header: str = "") -> Group:
    """Read a group from the YAML of its rules, one in a line."""
    lines = "".join(f"  - {rule.strip()}\n" for rule in rules.strip().splitlines())
    read_file = read("test.rules.yml", f"groups:\n- name: test\n  {header}\n  rules:\n{lines}".encode(), FILE_TERMS)
    assert read_file.problems == ()
    return read_file.groups[0]


FILE_TERMS = FileTerms(lambda text, _name: Plain(text), min_prometheus=(3, 0))


@dataclass
class Timeline:
    """Plays minutes; every step is a pure call, so a test may go back to an earlier `state`."""

    group: Group
    terms: Terms = field(default_factory=lambda: Terms(CATALOGUE))
    sending: Sending = field(default_factory=Sending)
    targets: Sequence[str] = (AM,)
    state: GroupState = field(init=False)
    told: dict[str, tuple[Outgoing, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = rounds.fresh(self.group)

    def play(
        self,
        minute: float,
        samples: Mapping[str, float],
        unknown: Collection[str] = (),
        failed: Mapping[str, Collection[Key]] | None = None,
    ) -> None:
        """Run a round with samples like {"one room=a": 1}; `unknown` collectors failed."""
        found = Samples.of((labels(text), value) for text, value in samples.items())
        world = World(found, {"failed": frozenset(unknown)})
        needed = [owners([self.group], CATALOGUE)[self.group.id, place] for place in range(len(self.group.rules))]
        after = rounds.run(self.group, self.state, world, at(minute), self.terms, needed, Others())
        made = plan(self.group, after, at(minute), self.targets, failed or {}, self.sending)
        self.state, self.told = made.state, dict(made.outgoing)

    @property
    def alerts(self) -> list[Alert]:
        """The alerts of the first rule, by their labels."""
        found = self.state.rules[0].alerts
        return [found[key] for key in sorted(found)]

    @property
    def states(self) -> dict[str, str]:
        """The state of each alert of the first rule, by its room."""
        return {alert.labels.get("room", ""): str(alert.state) for alert in self.alerts}

    @property
    def published(self) -> dict[str, float]:
        """What the rules publish, in the words of `rows`."""
        return {
            " ".join([one["__name__"], *(f"{name}={text}" for name, text in one.items() if name != "__name__")]): float(
                value
            )
            for one, value in self.state.outputs
        }
