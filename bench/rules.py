"""Rounds of the alert engine by rules and series; the peer is Debian's Prometheus with the same rules and samples.

The peer's figure is its own, of the group's latest round: rules evaluated, and their series appended to its database.
Ours is the same without what follows; the whole round has a new snapshot indexed before, and alerts written after it.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from alerts.manager import Edges, Manager
from alerts.promql import Samples
from alerts.promql.labels import NAME
from alerts.promql.samples import Pair
from alerts.rounds import Terms, World
from alerts.rulefile import Terms as FileTerms
from alerts.rulefile import read
from alerts.rules import Group
from alerts.sending import Sending
from alerts.templates import compile_template
from bench.table import Row
from exporter.alert_state import AlertMemory
from exporter.model import Value
from tests.e2e.page import page
from tests.e2e.processes import Service, configured_prometheus
from tests.waiting import eventually

# Rules and series.
SIZES = ((10, 1_000), (50, 10_000), (200, 10_000), (200, 50_000))
FAMILIES, KINDS, ROUNDS = 100, 10, 9
TARGET = {"job": "bench", "instance": "bench"}
SECOND, PATIENCE = timedelta(seconds=1), 60.0
START = datetime(2026, 1, 1, tzinfo=UTC)
PENDING = "count(ALERTS)"
DURATION, ITERATIONS = "prometheus_rule_group_last_duration_seconds", "prometheus_rule_group_iterations_total"


class Cost(NamedTuple):
    """What a round takes, by itself and with all that belongs to it, in seconds; and how many alerts are pending."""

    round: float
    whole: float | None
    alerts: int


def rows() -> Iterator[Row]:
    """Yield how long a round takes, and with what the daemon does around it."""
    for rules, series in SIZES:
        text, samples = written(rules), list(made(series))
        own, peer = ours(text, samples), theirs(text, samples)
        if own.alerts != peer.alerts:
            raise RuntimeError(f"{own.alerts} alerts are pending, and {peer.alerts} in Prometheus")
        size = f"{rules} rules, {series:,} series"
        yield Row(f"round of {size}", "ms", 1000 * own.round, 1000 * peer.round)
        if own.whole is not None:
            yield Row(f"whole round of {size}", "ms", 1000 * own.whole)


def written(rules: int) -> str:
    """Return a file of so many rules, of which every tenth records."""
    return "".join(["groups:\n- name: bench\n  interval: 1s\n  rules:\n", *map(_rule, range(rules))])


def _rule(number: int) -> str:
    one, other = number % FAMILIES, (number + 1) % FAMILIES
    if number % 10 == 0:
        return f"  - record: bench:{number}:max\n    expr: max by (kind) (bench_{one})\n"
    expression = f'max by (kind) (bench_{one}{{kind!="none"}}) > 0.9 and max by (kind) (bench_{other}) >= 0'
    text = "{{ $labels.kind }} is at {{ $value | humanizePercentage }}."
    return (
        f"  - alert: Bench{number}\n    expr: {expression}\n    for: 1h\n    labels: {{severity: warning}}\n"
        f"    annotations: {{description: '{text}'}}\n"
    )


def made(series: int) -> Iterator[Pair]:
    """Yield so many samples, evenly over the families."""
    for number in range(series):
        place = number // FAMILIES
        labels = {NAME: f"bench_{number % FAMILIES}", "kind": f"k{place % KINDS}", "place": f"{place}", **TARGET}
        yield labels, number * 7919 % 1000 / 1000


def ours(text: str, samples: Iterable[Pair]) -> Cost:
    """Run rounds of the engine as the daemon does, each on a snapshot of its own."""
    group, rounds, whole = _read(text), [], []

    def look(_: datetime) -> World:
        return World(Samples.of(samples))

    with tempfile.TemporaryDirectory(prefix="jhb-") as name:
        edges = Edges(look, AlertMemory(Path(name) / "state.db"), monotonic=perf_counter)
        manager = Manager(edges, [group], Terms(), Sending(), START)
        for number in range(1, ROUNDS + 1):
            began = perf_counter()
            manager.run_due(START + number * SECOND, float(number))
            whole.append(perf_counter() - began)
            rounds.append(manager.standing[0].state.seconds)
    alerts = sum(len(rule.alerts) for rule in manager.standing[0].state.rules)
    return Cost(median(rounds), median(whole), alerts)


def _read(text: str) -> Group:
    content = read("bench.rules.yml", text.encode(), FileTerms(compile_template))
    if content.problems:
        raise RuntimeError(str(content.problems[0]))
    return content.groups[0]


def theirs(text: str, samples: Iterable[Pair]) -> Cost:
    """Run rounds of Prometheus on the same samples, and ask it how long they took."""
    shown = "".join(_shown(labels, value) for labels, value in samples)
    with tempfile.TemporaryDirectory(prefix="jhb-") as name, page(lambda: shown) as url:
        folder = Path(name)
        rules = folder / "bench.rules.yml"
        rules.write_text(text)
        scraped = {"job_name": "bench", "static_configs": [{"targets": [urlsplit(url).netloc], "labels": TARGET}]}
        config = {"rule_files": [str(rules)], "scrape_configs": [{"scrape_interval": "5s", **scraped}]}
        with configured_prometheus(config, folder) as peer:
            eventually(lambda: _asked(peer, PENDING), within=PATIENCE)
            took = dict([eventually(lambda: _latest(peer), within=PATIENCE)])
            while len(took) < ROUNDS:
                number, seconds = eventually(
                    lambda: _latest(peer),
                    until=lambda found: found[0] not in took,
                    within=PATIENCE,
                )
                took[number] = seconds
            return Cost(median(took.values()), None, int(_asked(peer, PENDING)))


def _shown(labels: Mapping[str, str], value: Value) -> str:
    inner = ",".join(f'{name}="{labels[name]}"' for name in ("kind", "place"))
    return f"{labels[NAME]}{{{inner}}} {value}\n"


def _asked(peer: Service, expression: str) -> float:
    found = peer.json(f"/api/v1/query?query={expression}")["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0


def _latest(peer: Service) -> tuple[float, float]:
    """Return how many rounds there were, and how many seconds the latest one took."""
    families = text_string_to_metric_families(peer.get("/metrics").text)
    values = {sample.name: sample.value for family in families for sample in family.samples}
    return values[ITERATIONS], values[DURATION]
