"""Templates here and in a real Prometheus: the same text, or an error in both."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.alerts.templates.generator import Templates
from tests.alerts.templates.promtool import FAILED, World, expanded, loads, ours, same

SEED = int(os.environ.get("TEMPLATES_SEED", "1"))
COUNT = int(os.environ.get("TEMPLATES_COUNT", "150"))
TABLE = Path(__file__).parent / "table.txt"
UP = [({"__name__": "up", "job": "a"}, 1.0), ({"__name__": "up", "job": "b"}, 0.5)]
LABELS = {"__name__": "sample", "host": "a.b.c:80", "i": "1", "weird": "<é\"'&\\>"}
VALUES = [12.0, 0.00001234, 12345678.0, float("inf"), float("nan"), -1000000.5]
WORLDS = [World(LABELS, value, UP) for value in VALUES]


def compared(templates: list[str], world: World, folder: Path) -> list[str]:
    """Compare all, and return what Prometheus makes of those that it takes."""
    taken = loads(templates, folder)
    assert [(one, ours(one, world) is not None) for one in templates] == list(zip(templates, taken, strict=True))
    good = [one for one, loaded in zip(templates, taken, strict=True) if loaded]
    theirs = expanded(good, world, folder)
    found = [ours(one, world) for one in good]
    assert [
        (template, text, mine) for template, text, mine in zip(good, theirs, found, strict=True) if not same(text, mine)
    ] == []
    return theirs


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: str(world.value))
def test_the_table_reads_as_in_prometheus(world: World, tmp_path: Path) -> None:
    templates = TABLE.read_text().rstrip("\n").split("\n----\n")
    theirs = compared(templates, world, tmp_path)
    assert 90 < len(theirs) < len(templates)
    assert 20 < sum(FAILED in text for text in theirs) < 70


@pytest.mark.parametrize("number", range(len(WORLDS)))
def test_generated_templates_read_as_in_prometheus(number: int, tmp_path: Path) -> None:
    generator = Templates(Random(SEED * 1000 + number))
    theirs = compared([generator.template() for _ in range(COUNT)], WORLDS[number], tmp_path)
    failed = sum(FAILED in text for text in theirs)
    # Both happen often, or little would be compared.
    assert min(failed, len(theirs) - failed) > COUNT / 5
