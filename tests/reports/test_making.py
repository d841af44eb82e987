"""What a report says of figures that mean something else than in the last one."""

import pytest

from exporter.reports.making import EXPORTER, changed


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"revenue": "x"}, {"revenue": "x"}, []),
        ({"revenue": "x"}, {"revenue": "y"}, ["Collector revenue was configured in another way in the last report."]),
        ({}, {"revenue": "y"}, []),
        ({EXPORTER: "1.0"}, {EXPORTER: "1.1"}, ["Version 1.1 of the exporter made this report, 1.0 the last one."]),
        ({}, {"jobhive_mrr": "2"}, ["The definition of jobhive_mrr has changed: version 1 in the last report, 2 now."]),
        ({"jobhive_mrr": "2"}, {"jobhive_mrr": "2"}, []),
    ],
)
def test_another_meaning_is_told(before: dict[str, str], after: dict[str, str], said: list[str]) -> None:
    assert list(changed(before, after)) == said
