"""Numbers and strings as Go writes them."""

import math

import pytest

from alerts.promql.literals import exponential, general, plain, quoted

NUMBERS = {
    12345678.0: ("12345678", "1.2345678e+07", "1.2345678e+07"),
    1000000.5: ("1000000.5", "1.0000005e+06", "1.0000005e+06"),
    1000000.0: ("1000000", "1e+06", "1e+06"),
    999999.0: ("999999", "999999", "9.99999e+05"),
    100000.0: ("100000", "100000", "1e+05"),
    900.0: ("900", "900", "9e+02"),
    12.3456789: ("12.3456789", "12.3456789", "1.23456789e+01"),
    2.5: ("2.5", "2.5", "2.5e+00"),
    -2.5: ("-2.5", "-2.5", "-2.5e+00"),
    0.0001: ("0.0001", "0.0001", "1e-04"),
    0.00001: ("0.00001", "1e-05", "1e-05"),
    -1.5e-7: ("-0.00000015", "-1.5e-07", "-1.5e-07"),
    1e22: ("10000000000000000000000", "1e+22", "1e+22"),
    1.25e100: ("125" + "0" * 98, "1.25e+100", "1.25e+100"),
    0.0: ("0", "0", "0e+00"),
    120.0: ("120", "120", "1.2e+02"),
    math.inf: ("+Inf", "+Inf", "+Inf"),
    -math.inf: ("-Inf", "-Inf", "-Inf"),
}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_written_as_in_go(number: float) -> None:
    assert (plain(number), general(number), exponential(number)) == NUMBERS[number]


def test_numbers_that_are_equal_to_no_other_are_written_too() -> None:
    assert (plain(math.nan), general(math.nan), exponential(math.nan)) == ("NaN", "NaN", "NaN")
    assert (plain(-0.0), general(-0.0), exponential(-0.0)) == ("-0", "-0", "-0e+00")


def test_a_string_is_written_as_in_go() -> None:
    assert quoted('é"\\\n\t\x00\u200b\U000e0001') == '"é\\"\\\\\\n\\t\\x00\\u200b\\U000e0001"'
