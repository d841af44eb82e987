"""Custom queries: what becomes of rows, of parameters and of what is too much."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import make_url

from collectors.base import Harvest, Run
from collectors.custom_sql import Collector, Options, families
from collectors.custom_sql.collector import MOST_ROWS
from collectors.custom_sql.fold import OTHER, folded
from collectors.custom_sql.options import Query
from collectors.custom_sql.parameters import MOST_SETS, product_of
from collectors.custom_sql.rows import Answer, Reader, Series
from collectors.custom_sql.values import label, number
from collectors.definitions import Definitions
from exporter.connections import open_sql
from exporter.model import Reason, SourceError
from exporter.queries import SqlSource
from exporter.sources.sql_url import sql_url
from exporter.sources.sqlite import SqliteDatabase


def options(metrics: Mapping[str, Any], labels: Mapping[str, str] | None = None, **query: Any) -> Options:
    complete = {name: {"help": "What it is"} | metric for name, metric in metrics.items()}
    asked = Query.model_validate({"sql": "SELECT 1", "metrics": complete} | query)
    return Options(name="q", query=asked, labels=labels or {})


def read(
    told: Options, columns: Sequence[str], *rows: Sequence[Any], parameters: Mapping[str, Any] | None = None
) -> tuple[dict[tuple[str, frozenset[tuple[str, str]]], Any], dict[str, int]]:
    reader = Reader(told)
    reader.read(Answer(parameters or {}, columns, rows))
    samples = [one.sample(name) for name, series in reader.series.items() for one in series]
    found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found, {str(reason): rows for reason, rows in reader.dropped.items() if rows}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (7, 7),
        (-0.5, -0.5),
        (Decimal("12.30"), Decimal("12.30")),
        (True, 1),
        (False, 0),
        (timedelta(hours=1, milliseconds=500), 3600.5),
        (datetime(1970, 1, 2, tzinfo=UTC), 86400),
        (datetime(1970, 1, 2, tzinfo=UTC).replace(tzinfo=None), 86400),
        (datetime(1970, 1, 2, tzinfo=timezone(timedelta(hours=1))), 82800),
        (date(1970, 1, 2), None),
        ("12", None),
        (b"12", None),
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("1e400"), None),
        (10**400, None),
    ],
)
def test_a_value_is_a_finite_number(found: object, value: object) -> None:
    assert number(found) == value


def test_true_is_a_number_that_the_state_file_can_hold() -> None:
    assert type(number(True)) is int


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("open", "open"),
        (17, "17"),
        (True, "true"),
        (False, "false"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-04-01T00:00:00+00:00"),
        (UUID(int=0), str(UUID(int=0))),
        ("a\nb\x00c", "abc"),
        ("é" * 101, "é" * 100),
        ("", None),
        ("\n", None),
        (None, None),
    ],
)
def test_a_label_is_a_printable_text(found: object, text: str | None) -> None:
    assert label(found) == text


def test_columns_become_values_and_labels() -> None:
    told = options(
        {"orders": {"labels": ["status"]}, "amount": {"labels": ["status"]}, "all_orders": {"values": ["n"]}}
    )
    found, dropped = read(
        told, ("status", "orders", "amount", "n"), ("open", 3, Decimal("9.5"), 4), ("done", 1, None, None)
    )
    assert found == {
        key("orders", status="open"): 3,
        key("orders", status="done"): 1,
        key("amount", status="open"): Decimal("9.5"),
        key("all_orders"): 4,
    }
    assert dropped == {}


def test_labels_come_from_columns_parameters_the_text_and_the_database() -> None:
    told = options(
        {"orders": {"labels": ["status", "channel", "year"], "static_labels": {"team": "sales"}}},
        labels={"region": "eu"},
        parameters=[{"channel": "web", "year": 2026, "status": "of the column"}],
    )
    found, _ = read(told, ("status", "orders"), ("open", 3), parameters=told.query.parameters[0])
    assert found == {key("orders", status="open", channel="web", year="2026", team="sales", region="eu"): 3}


def test_the_name_of_a_column_can_be_a_label() -> None:
    told = options({"io_seconds": {"values": ["read", "write"], "value_label": "operation", "labels": ["disk"]}})
    found, dropped = read(told, ("disk", "read", "write"), ("a", 1.5, 2), ("b", None, 3))
    assert found == {
        key("io_seconds", disk="a", operation="read"): 1.5,
        key("io_seconds", disk="a", operation="write"): 2,
        key("io_seconds", disk="b", operation="write"): 3,
    }
    assert dropped == {}


def test_a_static_value_makes_an_info_metric() -> None:
    told = options({"server_info": {"static_value": 1, "labels": ["version"]}})
    assert read(told, ("version",), ("16.1",))[0] == {key("server_info", version="16.1"): 1}


def test_no_rows_are_no_series() -> None:
    assert read(options({"orders": {}}), ("orders",)) == ({}, {})


def test_rows_that_do_not_count_are_counted_once_per_reason() -> None:
    told = options(
        {"orders": {"labels": ["status"]}, "amount": {"labels": ["status"]}, "total": {"values": ["orders"]}}
    )
    rows = [("open", 1, 2), ("open", 3, 4), (None, 5, 6), ("", "x", 7), ("done", float("nan"), float("nan"))]
    found, dropped = read(told, ("status", "orders", "amount"), *rows)
    assert found == {key("orders", status="open"): 1, key("amount", status="open"): 2, key("total"): 1}
    # All but the first repeat `total`, unless their value is none.
    assert dropped == {"duplicate": 2, "label_missing": 2, "value_invalid": 2}


def test_labels_that_are_equal_when_cut_are_duplicates() -> None:
    told = options({"orders": {"labels": ["status"]}})
    found, dropped = read(told, ("status", "orders"), ("x" * 100 + "a", 1), ("x" * 100 + "b", 2))
    assert list(found.values()) == [1]
    assert dropped == {"duplicate": 1}


def test_a_repeated_label_set_of_another_set_of_parameters_is_a_duplicate() -> None:
    told = options({"orders": {}}, parameters=[{"a": 1}, {"a": 2}])
    reader = Reader(told)
    for parameters in told.query.parameters:
        reader.read(Answer(parameters, ("orders",), [(parameters["a"],)]))
    assert [one.value for one in reader.series["orders"]] == [1]
    assert reader.dropped["duplicate"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("metric", "columns", "text"),
    [
        (
            {},
            ("order", "status"),
            "the query has no column orders, which metric orders takes; its columns are order, status; "
            "name one of them, or write AS orders in the SQL",
        ),
        (
            {"labels": ["state"]},
            ("orders",),
            "the query has no column state, which metric orders takes; its columns are orders; "
            "name one of them, or write AS state in the SQL",
        ),
        (
            {},
            ("orders", "orders"),
            "the query has 2 columns orders, which metric orders takes; its columns are orders, orders; "
            "name one of them, or write AS orders in the SQL",
        ),
    ],
)
def test_a_column_that_is_not_there_once_fails_the_query_even_without_rows(
    metric: dict[str, Any], columns: Sequence[str], text: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(options({"orders": metric}), columns)
    assert (caught.value.reason, str(caught.value)) == (Reason.QUERY, text)


def series(*values: Any, fixed: tuple[tuple[str, str], ...] = ()) -> list[Series]:
    return [Series(fixed, (("company", f"c{number}"),), value) for number, value in enumerate(values)]


def test_the_largest_stay_and_the_rest_is_other() -> None:
    found = {one.own[0][1]: one.value for one in folded(series(1, 5, 3, 2, 4), 3)}
    assert found == {"c1": 5, "c4": 4, OTHER: 6}


def test_what_fits_is_not_folded() -> None:
    assert list(folded(series(1, 5, 3), 3)) == series(1, 5, 3)


def test_a_row_that_is_called_other_is_part_of_other() -> None:
    called_so = Series((), (("company", OTHER),), 100)
    found = {one.own[0][1]: one.value for one in folded([called_so, *series(1, 5, 3)], 2)}
    assert found == {"c1": 5, OTHER: 104}


def test_other_labels_part_the_budget() -> None:
    web, app = (("channel", "web"),), (("channel", "app"),)
    found = {
        (one.fixed, one.own[0][1]): one.value for one in folded(series(1, 2, 3, fixed=web) + series(9, fixed=app), 4)
    }
    assert found == {(web, "c2"): 3, (web, OTHER): 3, (app, "c0"): 9}


def exact(one: Series) -> Fraction:
    return Fraction(one.value)


VALUES = st.one_of(
    st.integers(-(10**12), 10**12), st.decimals(-(10**9), 10**9, places=4), st.floats(-1e9, 1e9, allow_nan=False)
)


@given(
    rows=st.dictionaries(
        st.tuples(st.sampled_from(["web", "app"]), st.sampled_from([OTHER, *"abcdefghij"])), VALUES, max_size=22
    ),
    budget=st.integers(1, 25),
)
def test_folding_keeps_the_sum_and_the_budget(rows: dict[tuple[str, str], Any], budget: int) -> None:
    given = [Series((("channel", part),), (("company", own),), value) for (part, own), value in rows.items()]
    found = list(folded(given, budget))
    assert len({(one.fixed, one.own) for one in found}) == len(found)
    parts = {part for part, _ in rows}
    assert len(found) <= max(budget, len(parts))
    for part in parts:
        before, after = (
            sum((exact(one) for one in some if one.fixed[0][1] == part), Fraction()) for some in (given, found)
        )
        assert abs(before - after) <= Fraction(1, 10**4)
        kept = [one for one in found if one.fixed[0][1] == part and one.own[0][1] != OTHER]
        assert all(one in given for one in kept)
        gone = [one for one in given if one.fixed[0][1] == part and one not in found and one.own[0][1] != OTHER]
        assert not kept or all(min(map(exact, kept)) >= exact(one) for one in gone)


def test_the_budget_is_shared_by_the_metrics_of_a_query() -> None:
    ten = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9)"
    sql = f"{ten} SELECT 'c' || i AS company, i AS a, -i AS b FROM n"
    told = options({name: {"labels": ["company"], "fold": "sum"} for name in "ab"}, sql=sql)
    with closing(SqliteDatabase(make_url("sqlite://"), workers=1)) as database:
        collector = Collector(told.model_copy(update={"max_series": 7}), database)
        harvest = collector.collect(Run(datetime(2026, 1, 1, tzinfo=UTC), 5, Definitions()))
    assert Counter(sample.name for sample in harvest.samples) == {"a": 3, "b": 3}
    found = {sample.labels[0][1]: sample.value for sample in harvest.samples if sample.name == "a"}
    assert found == {"c9": 9, "c8": 8, OTHER: 28}


@pytest.mark.parametrize(
    ("given", "sets"),
    [
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        (
            {"a": [1, 2], "b": ["x", None]},
            [{"a": 1, "b": "x"}, {"a": 1, "b": None}, {"a": 2, "b": "x"}, {"a": 2, "b": None}],
        ),
        (
            {"os": [{"name": "Linux", "arch": "arm64"}], "lang": ["py", "go"]},
            [
                {"os__name": "Linux", "os__arch": "arm64", "lang": "py"},
                {"os__name": "Linux", "os__arch": "arm64", "lang": "go"},
            ],
        ),
    ],
)
def test_parameters_are_a_list_or_a_matrix(given: object, sets: list[dict[str, Any]]) -> None:
    assert product_of(given) == tuple(sets)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("a", "write a list of maps, or a map of lists of which every combination is taken"),
        ([1], "write a list of maps, or a map of lists of which every combination is taken"),
        ([], "are no set at all; write one, or leave the key out"),
        ({"a": 1}, "a is not a list of values; write a: [VALUE, VALUE]"),
        ({"a": []}, "a is not a list of values; write a: [VALUE, VALUE]"),
        ([{"a": [1]}], "the value of a is not a text, a number, true, false or null; put it into quotes"),
        (
            [{"a": date(2026, 1, 1)}],
            "the value of a is not a text, a number, true, false or null; put it into quotes",
        ),
        (
            [{}] * (MOST_SETS + 1),
            "are more than 1000 sets; each one is a query: ask for them in the SQL",
        ),
        (
            {name: list(range(101)) for name in ("a", "b", "c", "d", "e")},
            "are more than 1000 combinations; each one is a query: ask for them in the SQL",
        ),
    ],
)
def test_other_parameters_are_refused(given: object, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options({"orders": {}}, parameters=given)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {text}"]


def test_families_are_what_the_metrics_declare() -> None:
    (orders, total) = families(
        options(
            {
                "orders": {"help": "Orders.", "labels": ["status"], "static_labels": {"a": "b"}, "value_label": "kind"},
                "orders_placed_total": {"type": "counter"},
            },
            labels={"database": "shop"},
        )
    )
    assert [found.name for found in orders.labels] == ["a", "database", "kind", "status"]
    assert (orders.help, orders.kind, orders.past) == ("Orders.", "gauge", "live only")
    assert (total.help, total.kind) == ("What it is.", "counter")


def test_a_query_that_asks_for_its_instant_has_a_past() -> None:
    (family,) = families(options({"orders": {}}, sql="SELECT 1 AS orders WHERE '12:30' < :at"))
    assert family.past == "exact"


def collected(url: str, sql: str, metrics: Mapping[str, Any], **query: Any) -> Harvest:
    """Run a query on a real database, as of the start of 2026."""
    client = open_sql(SqlSource(sql_url(url), None))
    with closing(client):
        told = options(metrics, sql=sql, **query)
        return Collector(told, client).collect(Run(datetime(2026, 1, 1, tzinfo=UTC), 10, Definitions()))


def test_the_types_of_postgresql(database: str) -> None:
    sql = """
        SELECT 'a' AS kind, value FROM (VALUES (1.50)) AS t(value) UNION ALL
        SELECT 'nan', 'NaN'::numeric UNION ALL SELECT 'null', NULL -- the end
    """
    harvest = collected(database, sql, {"value": {"labels": ["kind"]}})
    assert [(dict(sample.labels)["kind"], sample.value) for sample in harvest.samples] == [("a", Decimal("1.50"))]
    assert harvest.dropped == {
        ("custom_sql", "duplicate"): 0,
        ("custom_sql", "label_missing"): 0,
        ("custom_sql", "value_invalid"): 1,
    }
    sql = """
        SELECT true AS yes, interval '1 day 2 seconds' AS lasted, :at AS now, :at::timestamp AS naive, 2::bigint AS two,
               '-infinity'::float8 AS low, '7' AS written, '50%' AS share;
    """.replace(":at::timestamp", "(:at)::timestamp")
    names = ("yes", "lasted", "now", "naive", "two", "low", "written", "share")
    found = collected(database, sql, {name: {} for name in names})
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert {sample.name: sample.value for sample in found.samples} == {
        "yes": 1,
        "lasted": 86402,
        "now": start,
        "naive": start,
        "two": 2,
    }
    assert found.dropped["custom_sql", "value_invalid"] == 1


def test_parameters_are_bound_and_asked_in_one_transaction(database: str) -> None:
    sql = "SELECT :text AS word, txid_current_if_assigned() IS NULL AS a, pg_backend_pid() AS pid, now() AS began"
    metrics = {"a": {"labels": ["word", "number"]}, "pid": {"labels": ["word"]}, "began": {"labels": ["word"]}}
    texts = ["'; DROP TABLE billing_plan; --", "50% of :at"]
    harvest = collected(database, sql, metrics, parameters={"text": texts, "number": [7]})
    assert {dict(sample.labels)["word"] for sample in harvest.samples} == set(texts)
    assert {dict(sample.labels).get("number") for sample in harvest.samples if sample.name == "a"} == {"7"}
    for name in ("pid", "began"):
        assert len({sample.value for sample in harvest.samples if sample.name == name}) == 1


@pytest.mark.parametrize("rows", [MOST_ROWS, MOST_ROWS + 1])
def test_more_rows_than_anybody_can_look_at_fail_the_query(database: str, rows: int) -> None:
    half = rows // 2
    asked = {
        "sql": "SELECT n AS a, n AS b FROM generate_series(1, :rows) AS n",
        "metrics": {"a": {"labels": ["b", "rows"], "fold": "sum"}},
        "parameters": [{"rows": half}, {"rows": rows - half}],
    }
    if rows == MOST_ROWS:
        # Both sets are equal then, so that the second one repeats the first.
        assert collected(database, **asked).dropped["custom_sql", "duplicate"] == half  # type: ignore[arg-type]
        return
    with pytest.raises(SourceError) as caught:
        collected(database, **asked)  # type: ignore[arg-type]
    assert str(caught.value) == "the query has more than 100,000 rows; group them in the SQL"
