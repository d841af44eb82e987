"""Random expressions on random samples: a real Prometheus answers the same.

A long run: `PROMQL_EXPRESSIONS=20000 PROMQL_SEED=7 make test ARGS="tests/alerts/promql --log-cli-level=INFO"`.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from alerts.promql.floats import ARITHMETIC, COMPARISONS
from alerts.promql.functions import FUNCTIONS
from alerts.promql.statistics import STATISTICS
from tests.alerts.promql.comparing import difference, smallest
from tests.alerts.promql.conftest import SEED
from tests.alerts.promql.generator import Grammar, Made
from tests.alerts.promql.patterns import expression as with_pattern
from tests.alerts.promql.prometheus import Answer, Prometheus, ours
from tests.alerts.promql.rows import WORLD
from tests.alerts.promql.slips import slip
from tests.alerts.promql.worlds import World

LOG = logging.getLogger(__name__)
COUNT = int(os.environ.get("PROMQL_EXPRESSIONS", "1200"))
SHOWN = 5
# Everything that tier 1 has must have been asked.
ASKED = {*FUNCTIONS, *STATISTICS, *ARITHMETIC, *COMPARISONS, "^", "absent", "label_replace", "label_join"}
ASKED |= {
    "topk",
    "bottomk",
    "quantile",
    "count_values",
    "and",
    "or",
    "unless",
    "bool",
    "on",
    "ignoring",
    "by",
    "without",
}
ASKED |= {"group_left", "group_right", "=", "=~", "!~"}


class Trial:
    """Asks both, and keeps where they differ and how often there was what."""

    def __init__(self, server: Prometheus) -> None:
        self.server = server
        self.differences: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.words: set[str] = set()

    def compare(self, made: Made, world: World) -> None:
        theirs, mine = self.server.ask(made.text, world), ours(made.text, world)
        if mine.unsupported:
            self.kinds["unsupported"] += 1
            return
        self.kinds[_kind(theirs)] += 1
        if not theirs.error:
            self.words |= set(re.findall(r"[a-z_0-9]+|[=!<>]=|=~|!~|[-+*/%^<>=]", made.text))
        if difference(made, theirs, mine) and len(self.differences) < SHOWN:
            part = smallest(made, lambda one: self._difference(one, world))
            self.differences.append(f"{part.text} at {world.at}: {self._difference(part, world)}")

    def _difference(self, made: Made, world: World) -> str:
        return difference(made, self.server.ask(made.text, world), ours(made.text, world))


def _kind(answer: Answer) -> str:
    if answer.error:
        return "error"
    return "found" if answer.found else "empty"


@pytest.fixture(scope="module")
def trial(server: Prometheus, found: Sequence[World]) -> Trial:
    trial, random = Trial(server), Random(SEED)
    for _ in range(COUNT):
        trial.compare(Grammar(random).expression(), random.choice(found))
    return trial


def test_expressions_are_evaluated_as_by_prometheus(trial: Trial) -> None:
    assert trial.differences == []


def test_the_expressions_say_something(trial: Trial) -> None:
    LOG.info("%d expressions: %s", COUNT, dict(trial.kinds))
    assert trial.kinds["found"] > COUNT * 0.3
    assert COUNT * 0.05 < trial.kinds["error"] < COUNT * 0.35
    assert trial.kinds["unsupported"] < COUNT * 0.01
    assert ASKED - trial.words == set()


def test_slips_of_the_pen_are_taken_or_refused_as_by_prometheus(server: Prometheus, found: Sequence[World]) -> None:
    trial, random = Trial(server), Random(SEED)
    for _ in range(COUNT):
        trial.compare(slip(random), random.choice(found))
    LOG.info("%d slips: %s", COUNT, dict(trial.kinds))
    assert trial.differences == []
    assert trial.kinds["error"] > COUNT * 0.5
    assert trial.kinds["found"] + trial.kinds["empty"] > COUNT * 0.05


def test_regular_expressions_match_as_in_prometheus(server: Prometheus) -> None:
    trial, random = Trial(server), Random(SEED)
    for _ in range(COUNT):
        trial.compare(Made(with_pattern(random)), WORLD)
    LOG.info("%d patterns: %s", COUNT, dict(trial.kinds))
    assert trial.differences == []
    assert trial.kinds["found"] > COUNT * 0.2
    assert trial.kinds["error"] > COUNT * 0.3
