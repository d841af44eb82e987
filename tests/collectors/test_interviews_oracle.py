"""Interviews, operations and the checks of sessions against a brute-force oracle, over random worlds in a database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from psycopg2.extensions import connection as Connection  # noqa: N812

from collectors.base import Run, complete
from collectors.definitions import Definitions, Interviews, Population
from collectors.mapping import mapped
from demo.postgres import EmbeddedPostgres
from exporter.contract import Contract
from exporter.model import Result, Value
from exporter.registry import modules
from exporter.sources.database import Database
from tests.collectors.asking import Key, differences, source
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.usage import Settings, expected_interviews, expected_operations, expected_session_quality
from tests.oracle.usage_histories import Case, cases, clear, load

# No shrinking: an example is found in seconds, and making it smaller takes minutes with a database in between.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[tuple[Connection, Database]]:
    url = postgres.create("interviews_oracle")
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    with source(url, Definitions()) as database:
        yield connection, database
    connection.close()


def definitions_of(settings: Settings) -> Definitions:
    """Translate the settings of the oracle."""
    tables: dict[str, Any] = {
        "session": {
            "status_map": {name: list(words) for name, words in settings.session_statuses.items()},
            "ended_reason_map": {name: list(words) for name, words in settings.ended_reasons.items()},
            "duration_unit": settings.duration_unit,
            "score_scale": settings.score_scale,
        }
    }
    # What a deployment says that it does not have.
    if settings.pipeline is None:
        tables["application"] = {"columns": {"stage": None}}
    if not settings.interviewers:
        tables["session"]["columns"] = {"interviewer_id": None}
    if settings.pipeline != "events":
        tables["stage_event"] = {"columns": {"to_stage": None}}
    return Definitions(
        timezone=ZoneInfo(settings.timezone),
        tables=mapped(tables),
        population=Population(settings.exclude_staff, settings.exclude_test, tuple(settings.exclude_company_ids)),
        interviews=Interviews(
            high_performer_completion=float(settings.high_completion),
            high_performer_technical=float(settings.high_technical),
            pass_dimension=settings.pass_dimension,  # type: ignore[arg-type]
            pass_threshold=float(settings.pass_threshold),
            max_interview_length=settings.max_interview_length,
        ),
    )


def ask(name: str, database: Database, case: Case, **options: Any) -> dict[Key, Value]:
    module = modules()[name]
    chosen = module.Options.model_validate(options)
    harvest = module.Collector(chosen, database).collect(Run(case.at, 30, definitions_of(case.settings)))
    families = module.families(chosen)
    samples = complete(families, harvest)
    result = Result(name, case.at, case.at, 0, samples)
    Contract(name, families, timedelta(minutes=15), required=False, max_series=5000, fingerprint="").check(result)
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(case=cases())
def test_interviews_are_what_the_oracle_says(place: tuple[Connection, Database], case: Case) -> None:
    connection, database = place
    clear(connection)
    load(connection, case.world)
    companies = [{"id": number, "label": label} for number, label in case.settings.companies]
    found = ask("interviews", database, case, stages=case.settings.stages, per_company=companies)
    expected = expected_interviews(case.world, case.at, case.settings)
    assert differences(found, expected) == []

    found = ask("operations", database, case)
    assert differences(found, expected_operations(case.world, case.at, case.settings)) == []

    found = {key: n for key, n in ask("data_quality", database, case).items() if ("table", "session") in key[1]}
    rows = {key: n for key, n in found.items() if key[0] == "jobhive_data_quality_rows"}
    checks = {
        ("jobhive_data_quality_rows", frozenset({"table": table, "check": check}.items())): n
        for (table, check), n in expected_session_quality(case.world, case.at, case.settings).items()
        if table == "session"
    }
    assert differences(rows, checks) == []
