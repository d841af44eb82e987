"""The demo shows every figure of AI quality."""

from psycopg2.extensions import connection

from collectors.ai_quality import Options, families
from demo.postgres import EmbeddedPostgres
from tests.collectors.judged import asked
from tests.demo.conftest import NOW

# A small company has few rows of each kind; that of the demo has seven times as many.
LEAST = {"min_validated": 5, "min_group": 1, "min_calibrated": 5, "min_drift": 5, "min_pairs": 5}


def test_every_figure_of_ai_quality_has_a_value(server: EmbeddedPostgres, company: connection) -> None:
    options = {**LEAST, "by_model_version": True}
    found = asked(server.url("company"), NOW, options)
    assert found.notes == set()
    assert found.names() == {family.name.removeprefix("jobhive_") for family in families(Options())}
    assert {"communication", "data", "leadership"} <= found.labels("ai_category_accuracy_ratio", "category")
    assert found.labels("ai_calibration_error_ratio", "component") == {"sentiment", "skill_assessment"}
