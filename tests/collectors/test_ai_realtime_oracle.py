"""The collector and the oracle agree about any samples, at any instant, on a real Redis."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collectors.live_samples import T, ask, collector, differences, write
from tests.oracle.realtime import Entry, realtime
from tests.redis_servers import embedded, plain

KEYS = ("ai_processing_times:parser", "ai_accuracy:parser", "ai_processing_times:scorer", "ai_accuracy:Not-Ours")
# Around every edge: of windows, bins and segments, of the retention, of what is ancient and what is from the future.
EDGES = (
    0,
    60,
    61,
    -0.000001,
    -300,
    -300.000001,
    -599,
    -600,
    -900,
    -3600,
    -3600.000001,
    -86400,
    -86400.5,
    -172800,
    -172801,
)
NUMBERS = st.one_of(
    st.floats(0, 1, allow_subnormal=False),
    st.sampled_from([0.0, 1.0, 1.5, 99.5, 100.0, 101.0, 1e9, -0.5, float("nan"), float("inf")]),
)
MEMBERS = st.one_of(
    st.tuples(st.text("abc:{} é", min_size=1, max_size=6), NUMBERS).map(lambda pair: f"{{at}}:{pair[0]}:{pair[1]!r}"),
    st.sampled_from(
        ["{at}", "{at}:0.5", "x:y:0.5", "{at}:id:", "{at}:id:1_0", "::", "{at}::0.5", "noise", "{at}:id:0x1p3"]
    ),
)
ENTRIES = st.lists(
    st.builds(
        lambda key, at, member: Entry(key, T + at, member.replace("{at}", f"{T + at:.6f}")),
        st.sampled_from(KEYS),
        st.one_of(st.sampled_from(EDGES), st.integers(-4000, 100).map(float), st.integers(-90000, 0).map(float)),
        MEMBERS,
    ),
    max_size=80,
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with embedded() as url:
        yield url


def kept(entries: list[Entry]) -> list[Entry]:
    """Return what a sorted set makes of them: a member has one score, the last one given."""
    return list({(entry.key, entry.member): entry for entry in entries}.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ENTRIES,
    st.booleans(),
    st.sampled_from([[], ["idle"], ["scorer", "idle"]]),
    st.sampled_from([0, 0.000001, -300, 59]),
)
def test_agrees_with_the_oracle(
    url: str, entries: list[Entry], percent: bool, configured: list[str], later: float
) -> None:
    with plain(url) as client:
        client.flushall()
    write(url, entries)
    unit = "percent" if percent else "ratio"
    found, harvest = ask(collector(url, components=configured, accuracy_unit=unit), T + later)
    expected = realtime(kept(entries), set(), configured, T + later, percent)
    assert differences(found, expected.values) == []
    assert {check: n for (_, check), n in harvest.dropped.items()} == expected.dropped


def busy(chance: Random, per_bin: int, hours: float) -> list[Entry]:
    """Return a day of a component: so many samples per five minutes on average, some bins empty."""
    entries = []
    for start in range(-int(hours * 3600), 0, 300):
        for _ in range(chance.choice([0, per_bin, 2 * per_bin])):
            at, value = T + start + chance.random() * 300, chance.lognormvariate(0, 0.5)
            entries.append(Entry("ai_processing_times:parser", round(at, 6), f"{at:.6f}:{chance.random()}:{value!r}"))
            entries.append(Entry("ai_accuracy:parser", round(at, 6), f"{at:.6f}:{chance.random()}:{chance.random()!r}"))
    return entries


@pytest.mark.parametrize(("per_bin", "hours"), [(10, 24), (21, 24), (25, 3.9), (25, 4.6), (30, 24)])
def test_agrees_about_a_whole_day(url: str, per_bin: int, hours: float) -> None:
    with plain(url) as client:
        client.flushall()
    entries = busy(Random(per_bin), per_bin, hours)
    write(url, entries)
    for at in (T, T - 41.5, T - 300):
        found, _ = ask(collector(url), at)
        assert differences(found, realtime(entries, set(), [], at, False).values) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(ENTRIES, min_size=2, max_size=4), st.lists(st.sampled_from([0, 15, 61, 300, -120]), min_size=4, max_size=4)
)
def test_what_was_read_before_changes_nothing(url: str, batches: list[list[Entry]], steps: list[int]) -> None:
    """A collector that has run before says what a new one says, also of samples that came late."""
    with plain(url) as client:
        client.flushall()
    lasting, at, entries = collector(url, components=["parser"]), T, list[Entry]()
    for batch, step in zip(batches, steps, strict=False):
        at += step
        write(url, batch)
        entries += batch
        found, _ = ask(lasting, at)
        expected = realtime(kept(entries), set(), ["parser"], at, False).values
        assert (
            differences(
                {key: v for key, v in found.items() if ("component", "parser") in key[1]},
                {key: v for key, v in expected.items() if ("component", "parser") in key[1]},
            )
            == []
        )
