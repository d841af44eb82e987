"""The catalogue is the contract: each family with its row, owner, labels and windows, and none beside them."""

import pytest

from exporter.model import Family
from exporter.reference import catalogue
from tests.contract.families import AWAITED_COLLECTORS, AWAITED_ROWS, BESIDE, Row, contract, wanted

DECLARED = {family.name: (owner, family) for owner, families in catalogue().items() for family in families}


def windows(family: Family) -> tuple[str, ...] | None:
    return next((label.values for label in family.labels if label.name == "window"), None)


def test_every_family_that_is_wanted_is_declared() -> None:
    assert {row.name for row in wanted()} - DECLARED.keys() == set()


def test_no_family_is_outside_the_contract() -> None:
    assert DECLARED.keys() - {row.name for row in wanted()} == BESIDE, "in tests/contract, tick off what has arrived"


@pytest.mark.parametrize("row", [row for row in wanted() if row.name in DECLARED], ids=lambda row: str(row.name))
def test_a_family_is_what_the_contract_says(row: Row) -> None:
    owner, family = DECLARED[row.name]
    assert (owner, family.id) == (row.collector, row.id)
    assert tuple(label.name for label in family.labels) == row.labels
    if row.windows:
        assert set(windows(family) or ()) == set(row.windows)


def test_what_is_awaited_has_not_arrived() -> None:
    assert catalogue().keys() & AWAITED_COLLECTORS == set(), "it has arrived: take it from AWAITED_COLLECTORS"
    assert {family.id for _, family in DECLARED.values()} & AWAITED_ROWS == set(), "take them from AWAITED_ROWS"


def test_what_is_awaited_is_in_the_contract() -> None:
    assert AWAITED_COLLECTORS - {row.collector for row in contract()} == set()
    assert AWAITED_ROWS - {row.id for row in contract()} == set()
    assert {row.collector for row in contract()} - AWAITED_COLLECTORS == catalogue().keys()
