"""How values are written: as Go writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from exporter.web.prometheus.answers import instant, number, seconds, success, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (79.99, "79.99"),
        (1e-6, "0.000001"),
        (9.5e-7, "9.5e-07"),
        (1e20, "100000000000000000000"),
        (-1e21, "-1e+21"),
        (float("nan"), "NaN"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
    ],
)
def test_a_value_of_a_sample_has_an_exponent_where_it_is_very_large_or_small(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 4, 20, 12, tzinfo=UTC), "2026-04-20T12:00:00Z"),
        (datetime(2026, 4, 20, 12, 0, 10, 250000, UTC), "2026-04-20T12:00:10.25Z"),
        (datetime(2026, 4, 20, 12, 0, 0, 1, timezone(timedelta(hours=2))), "2026-04-20T10:00:00.000001Z"),
        (None, "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_has_the_digits_it_needs(at: datetime | None, text: str) -> None:
    assert instant(at) == text


def test_seconds_that_are_whole_have_no_point() -> None:
    assert written([seconds(60.0), seconds(0.25)]) == "[60,0.25]"


def test_json_has_no_tags() -> None:
    assert written("<a>&é\u2028\u2029") == '"\\u003ca\\u003e\\u0026é\\u2028\\u2029"'


def test_warnings_stand_beside_the_data() -> None:
    assert success("1") == '{"status":"success","data":1}'
    assert success("1", ["<old>"]) == '{"status":"success","data":1,"warnings":["\\u003cold\\u003e"]}'
