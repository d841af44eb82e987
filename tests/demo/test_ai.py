"""The AI components of the demo: ordinary days, troubles that come back, one that has gone silent."""

from itertools import groupby
from random import Random
from statistics import mean

import pytest

from demo.ai import COMPONENTS, DAY, MINUTE, TROUBLES, Trouble, day_before, measure, second
from demo.ai_traffic import AiTraffic
from tests.collectors.live_samples import ask, collector
from tests.redis_servers import embedded, now, plain
from tests.waiting import eventually

BY_NAME = {component.name: component for component in COMPONENTS}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.component)
def test_troubles_come_every_few_minutes_and_go(trouble: Trouble) -> None:
    held = [trouble.holds(age) for age in range(-DAY, 30 * MINUTE)]
    runs = [(holds, len(list(run))) for holds, run in groupby(held)]
    assert runs[0] == (False, DAY + trouble.after)
    assert [length for holds, length in runs[:-1] if holds] == [trouble.length] * (len(runs) // 2)
    assert len(runs) >= 4


def test_a_spike_is_seen_in_times_and_a_dip_in_accuracies() -> None:
    chance = Random(1)
    slow, right = BY_NAME["skill_scoring"], BY_NAME["sentiment_analysis"]

    def times(age: int) -> float:
        return mean(measure(slow, age, chance).processing_time for _ in range(300))

    def accuracies(age: int) -> float:
        return mean(measure(right, age, chance).accuracy for _ in range(300))

    assert times(MINUTE) > 4 * times(0)
    assert accuracies(3 * MINUTE) < accuracies(0) - 0.2


def test_all_but_the_silent_one_go_on() -> None:
    seen = {sample.component for age in range(60) for sample in second(age, Random(age))}
    assert seen == BY_NAME.keys() - {"transcription"}


def test_the_day_before_is_enough_for_what_is_usual_and_lies_in_the_past() -> None:
    history = list(day_before(1e9, Random(1)))
    assert all(1e9 - DAY <= at < 1e9 for at, _ in history)
    assert all(sample.processing_time > 0 and 0 <= sample.accuracy <= 1 for _, sample in history)
    assert max(at for at, sample in history if sample.component == "transcription") < 1e9 - 3600
    for name in BY_NAME:
        assert sum(sample.component == name and at < 1e9 - DAY + 300 for at, sample in history) >= 20
        # As many in the last minutes as there will be in the next ones.
        lately = sum(sample.component == name and at > 1e9 - 300 for at, sample in history)
        assert lately == pytest.approx(0 if name == "transcription" else 300 * BY_NAME[name].rate, rel=0.25)


def test_a_redis_fills_with_life() -> None:
    with embedded() as url:
        began = now()
        with AiTraffic(url, seed=7), plain(url) as client:
            key = "ai_processing_times:sentiment_analysis"
            eventually(lambda: client.zcount(key, began, "+inf") > 0, within=10)
            assert client.ttl(key) > 0
        found, harvest = ask(collector(url), now())
        assert set(harvest.dropped.values()) == {0}
        names = {
            dict(labels)["component"]: value
            for (name, labels), value in found.items()
            if name.endswith("data_available")
        }
        assert names == {name: int(name != "transcription") for name in BY_NAME}
        assert sum(name.endswith("spike_ratio") for name, _ in found) == 4
