"""Values as people read them."""

from decimal import Decimal

import pytest

from exporter.model import Value
from exporter.reports.numbers import Unit, change, compact, direction, relative, shown


@pytest.mark.parametrize(
    ("value", "unit", "currency", "expected"),
    [
        (0, Unit.COUNT, "", "0"),
        (1234567, Unit.COUNT, "", "1,234,567"),
        (Decimal("14090.235714285714"), Unit.MONEY, "USD", "$14,090.24"),
        (Decimal("0.005"), Unit.MONEY, "USD", "$0.01"),
        (Decimal(-30), Unit.MONEY, "EUR", "−€30.00"),
        (Decimal("-0.001"), Unit.MONEY, "EUR", "€0.00"),
        (Decimal("1234.5"), Unit.MONEY, "JPY", "¥1,235"),
        (Decimal("1.2345"), Unit.MONEY, "KWD", "KWD\u00a01.235"),
        (0.1 + 0.2, Unit.SHARE, "", "30.0%"),
        (0.0042, Unit.SHARE, "", "0.42%"),
        (0, Unit.SHARE, "", "0.0%"),
        (1.25, Unit.SHARE, "", "125.0%"),
        (0.3 - 0.1, Unit.NUMBER, "", "0.20"),
        (0.1734, Unit.SECONDS, "", "173\u00a0ms"),
        (1.5, Unit.SECONDS, "", "1.50\u00a0s"),
        (1800, Unit.SECONDS, "", "30.0\u00a0min"),
        (6300, Unit.SECONDS, "", "1.8\u00a0h"),
        (259200, Unit.SECONDS, "", "3.0\u00a0d"),
        (None, Unit.COUNT, "", "–"),
        (Decimal("12345678901234567890.12"), Unit.MONEY, "USD", "$12,345,678,901,234,567,890.12"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: Value | None, unit: Unit, currency: str, expected: str) -> None:
    assert shown(value, unit, currency) == expected


@pytest.mark.parametrize(
    ("value", "before", "unit", "expected", "towards"),
    [
        (85, 115, Unit.MONEY, "−$30.00 (−26.1%)", -1),
        (12, 10, Unit.COUNT, "+2 (+20.0%)", 1),
        (5, 0, Unit.COUNT, "+5", 1),
        (0, 5, Unit.COUNT, "−5 (−100%)", -1),
        (0, 0, Unit.COUNT, "±0", 0),
        (2_500_821, 2_500_952, Unit.COUNT, "−131", -1),
        (0.5, 0.45, Unit.SHARE, "+5.0 pp", 1),
        (0.4341, 0.4342, Unit.SHARE, "±0", 0),
        (Decimal("10.001"), Decimal("10.002"), Unit.MONEY, "±0", 0),
        (None, 5, Unit.COUNT, "–", 0),
        (5, None, Unit.COUNT, "–", 0),
    ],
)
def test_a_change_is_told_absolutely_and_in_percent(
    value: Value | None, before: Value | None, unit: Unit, expected: str, towards: int
) -> None:
    assert change(value, before, unit, "USD") == expected
    assert direction(value, before, unit, "USD") == towards


def test_a_large_change_has_no_digits_after_the_point() -> None:
    assert (relative(300, 100), relative(150, 100), relative(100, 100)) == ("+200%", "+50.0%", "±0%")


@pytest.mark.parametrize(
    ("value", "expected"), [(950, "$950"), (17550, "$17.55k"), (18000, "$18k"), (-129, "−$129"), (2_500_000, "$2.5M")]
)
def test_an_axis_has_short_numbers(value: int, expected: str) -> None:
    assert compact(value, Unit.MONEY, "USD") == expected
