"""The page: read back by the official parsers, one gzip member that strangers can open, rendered once."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter import exposition, health
from exporter.exposition import Format, number
from exporter.health import Build
from exporter.model import Failure, Note, Reason, Sample, Snapshot
from exporter.page import Page
from exporter.store import Store
from exporter.telemetry import Missed, Telemetry, process_registry
from tests.families import HIDDEN, MINUTE, MONEY, NOW, USERS, contract, result

BUILD = Build("1.2.3", "abc")
PARSERS: dict[Format, Any] = {Format.TEXT: parse_text, Format.OPENMETRICS: parse_openmetrics}


def store() -> Store:
    made = Store(NOW)
    note = Note("disabled", "jobhive_x", "collector_disabled")
    made.configure([contract("cost"), contract("revenue")], (note,), {"grace_seconds": 2592000.0}, NOW)
    return made


def telemetry() -> Telemetry:
    made = Telemetry()
    made.configure(["cost", "revenue"])
    made.reloaded(NOW)
    return made


@pytest.fixture
def page() -> Page:
    return Page(BUILD, telemetry(), process_registry())


def parsed(body: bytes, form: Format) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    parse: Callable[[str], Iterator[Metric]] = PARSERS[form]
    samples = [sample for family in parse(body.decode()) for sample in family.samples]
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    assert len(found) == len(samples), "a series is there twice"
    return found


@pytest.mark.parametrize("form", Format)
def test_the_official_parser_reads_back_what_was_stored(page: Page, form: Format) -> None:
    kept = store()
    tricky = 'a "quoted" \\ back\\nslash'
    kept.put(
        result(MONEY.sample(Decimal("0.1"), currency="USD"), USERS.sample(-3, plan=tricky, window="7d")), contract()
    )
    found = parsed(page.body(kept.snapshot(NOW), form, gzip=False), form)
    assert found["jobhive_mrr", (("currency", "USD"),)] == 0.1
    assert found["jobhive_users", (("plan", tricky), ("window", "7d"))] == -3
    assert found["jobhive_config_threshold", (("name", "grace_seconds"),)] == 2592000
    assert found["jobhive_exporter_build_info", (("revision", "abc"), ("version", "1.2.3"))] == 1
    disabled = (("family", "jobhive_x"), ("reason", "collector_disabled"))
    assert found["jobhive_exporter_metric_disabled_info", disabled] == 1
    assert any(name == "process_cpu_seconds_total" for name, _ in found)
    assert not any(name.endswith("_created") for name, _ in found)


@pytest.mark.parametrize("form", Format)
def test_health_is_there_in_every_state(page: Page, form: Format) -> None:
    kept = store()
    kept.fail(contract("cost"), Failure(Reason.AUTH, "no", NOW + MINUTE, 0.25))
    kept.put(result(), contract())
    found = parsed(page.body(kept.snapshot(NOW + MINUTE), form, gzip=False), form)

    def of(name: str, collector: str) -> float:
        return found[f"jobhive_exporter_collector_{name}", (("collector", collector),)]

    names = (
        "success",
        "stale",
        "last_success_timestamp_seconds",
        "evaluation_timestamp_seconds",
        "duration_seconds",
        "series",
    )
    assert [of(name, "cost") for name in names] == [0, 1, 0, 0, 0.25, 0]
    assert [of(name, "revenue") for name in names] == [1, 0, NOW.timestamp(), NOW.timestamp() - 1, 0.5, 1]
    assert of("last_attempt_timestamp_seconds", "cost") == (NOW + MINUTE).timestamp()
    for collector in ("cost", "revenue"):
        assert of("runs_total", collector) == 0
        for reason in Reason:
            labels = (("collector", collector), ("reason", reason.value))
            assert found["jobhive_exporter_collector_failures_total", labels] == 0
        for missed in Missed:
            labels = (("collector", collector), ("reason", missed.value))
            assert found["jobhive_exporter_collector_missed_runs_total", labels] == 0


@pytest.mark.parametrize("form", Format)
def test_the_compressed_page_is_one_member_of_the_same_text(page: Page, form: Format) -> None:
    kept = store()
    kept.put(result(*(USERS.sample(n, plan=f"plan {n}", window="7d") for n in range(90))), contract())
    without_process = Page(BUILD, telemetry(), None)
    snapshot = kept.snapshot(NOW)
    plain = without_process.body(snapshot, form, gzip=False)
    packed = without_process.body(snapshot, form, gzip=True)
    opened = zlib.decompressobj(wbits=31)
    assert opened.decompress(packed) == plain
    assert opened.eof, "the check sum and the length were right"
    assert opened.unused_data == b"", "nothing stands behind the one member"
    assert gzip.GzipFile(fileobj=io.BytesIO(packed)).read() == plain
    assert len(packed) < len(plain) / 3


def test_a_result_is_rendered_once_and_health_when_something_changed(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []
    original = exposition.render

    def counting(blocks: object, form: Format) -> bytes:
        found = list(blocks)  # type: ignore[call-overload]
        rendered.extend(block.name for block in found)
        return original(found, form)

    monkeypatch.setattr("exporter.page.render", counting)
    kept, counters = store(), telemetry()
    served = Page(BUILD, counters, None)
    kept.put(result(), contract())
    for _ in range(3):
        served.body(kept.snapshot(NOW), Format.TEXT, gzip=True)
    assert rendered.count("jobhive_mrr") == 1
    assert rendered.count(health.SUCCESS.name) == 1
    assert rendered.count("jobhive_exporter_collector_runs_total") == 1
    counters.run_started("revenue")
    served.body(kept.snapshot(NOW), Format.TEXT, gzip=True)
    assert rendered.count("jobhive_exporter_collector_runs_total") == 2
    assert rendered.count(health.SUCCESS.name) == 1
    kept.fail(contract(), Failure(Reason.QUERY, "", NOW, 0))
    served.body(kept.snapshot(NOW), Format.TEXT, gzip=True)
    assert rendered.count(health.SUCCESS.name) == 2
    assert rendered.count("jobhive_mrr") == 1


def test_what_is_json_only_is_not_on_the_page_unless_the_configuration_lists_it(page: Page) -> None:
    kept, samples = store(), (MONEY.sample(1, currency="USD"), HIDDEN.sample(3, who="me"))
    kept.put(result(*samples), contract())
    served = ("jobhive_exporter_collector_series", (("collector", "revenue"),))
    found = parsed(page.body(kept.snapshot(NOW), Format.TEXT, gzip=False), Format.TEXT)
    assert found[served] == 1
    assert not [name for name, _ in found if name == "jobhive_hidden"]

    exported = contract(families=(MONEY, USERS, replace(HIDDEN, visibility="everywhere")))
    kept.configure([exported], (), {}, NOW)
    found = parsed(page.body(kept.snapshot(NOW), Format.TEXT, gzip=False), Format.TEXT)
    assert (found["jobhive_hidden", (("who", "me"),)], found[served]) == (3, 2)


def test_a_family_that_is_partial_is_listed_as_disabled_once(page: Page) -> None:
    kept, reason = store(), "table_unmapped"
    notes = (Note("partial", USERS.name, reason), Note("disabled", USERS.name, reason))
    kept.put(replace(result(), notes=notes), contract())
    found = parsed(page.body(kept.snapshot(NOW), Format.TEXT, gzip=False), Format.TEXT)
    labels = (("family", USERS.name), ("reason", reason))
    assert found["jobhive_exporter_metric_disabled_info", labels] == 1


def test_a_result_too_old_leaves_the_page(page: Page) -> None:
    kept = store()
    kept.put(result(), contract())
    assert b"jobhive_mrr{" in page.body(kept.snapshot(NOW), Format.TEXT, gzip=False)
    assert b"jobhive_mrr{" not in page.body(kept.snapshot(NOW + 16 * MINUTE), Format.TEXT, gzip=False)


def test_counters_of_removed_collectors_vanish_and_do_not_come_back() -> None:
    counters = telemetry()
    served = Page(BUILD, counters, None)
    counters.configure(["revenue"])
    counters.run_started("cost")
    counters.run_failed("cost", Reason.QUERY)
    counters.runs_missed("cost", Missed.LATE)
    assert b'collector="cost"' not in served.body(Snapshot(NOW, {}, {}), Format.TEXT, gzip=False)


def test_a_reload_is_told() -> None:
    counters = telemetry()
    served = Page(BUILD, counters, None)
    counters.reload_failed()
    found = parsed(served.body(Snapshot(NOW, {}, {}), Format.TEXT, gzip=False), Format.TEXT)
    assert found["jobhive_exporter_config_last_reload_successful", ()] == 0
    assert found["jobhive_exporter_config_last_reload_success_timestamp_seconds", ()] == NOW.timestamp()


@given(st.floats() | st.integers(-(2**70), 2**70) | st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_reads_back(value: float | Decimal) -> None:
    try:
        expected = float(value)
    except OverflowError:
        return
    read = float(number(value))
    assert read == expected or (read != read and expected != expected)


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1))
def test_any_label_value_reads_back(text: str) -> None:
    sample = Sample("jobhive_users", (("plan", text), ("window", "7d")), 1)
    blocks = [exposition.block(replace(USERS, help=text), [sample])]
    for form in Format:
        body = exposition.render(blocks, form) + exposition.END[form]
        if "\r" in text or any(char in text for char in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
            continue  # The parsers split lines at these; a contract refuses them as not printable.
        assert parsed(body, form) == {("jobhive_users", (("plan", text), ("window", "7d"))): 1}


def test_a_reload_that_keeps_a_result_shows_the_new_texts(page: Page) -> None:
    kept = store()
    kept.put(result(), contract())
    page.body(kept.snapshot(NOW), Format.TEXT, gzip=False)
    retold = contract(families=(replace(MONEY, help="Refreshed more often."), USERS))
    kept.configure([retold], (), {}, NOW)
    assert b"# HELP jobhive_mrr Refreshed more often.\n" in page.body(kept.snapshot(NOW), Format.TEXT, gzip=False)
