"""One Prometheus with all sample sets."""

import os
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from tests.alerts.promql.prometheus import Prometheus, prometheus
from tests.alerts.promql.rows import WORLD
from tests.alerts.promql.worlds import World, worlds

SEED = int(os.environ.get("PROMQL_SEED", "1"))


@pytest.fixture(scope="session")
def found() -> Sequence[World]:
    """Random sample sets."""
    return worlds(Random(SEED), 30)


@pytest.fixture(scope="session")
def server(found: Sequence[World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that holds the random sample sets and that of the tables."""
    with prometheus([*found, WORLD], tmp_path_factory.mktemp("promql")) as running:
        yield running
