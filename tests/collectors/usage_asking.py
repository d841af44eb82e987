"""Putting the worlds of the usage oracle into a database, and its settings into the words of a deployment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase
from hypothesis import settings as profile
from psycopg2.extensions import connection as Connection  # noqa: N812

from collectors.base import Run, complete
from collectors.definitions import Definitions, Interviews
from demo.postgres import EmbeddedPostgres
from exporter.contract import Contract
from exporter.model import Result, Value
from exporter.registry import modules
from exporter.sources.database import Database
from tests.collectors.asking import Key, definitions_of, source
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.usage import Settings, World
from tests.oracle.usage_histories import Case, clear, load

# No shrinking: an example is found in seconds, and making it smaller takes minutes with a database in between.
often = profile(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@dataclass(frozen=True)
class Place:
    """A database with JobHive's tables, as a writer and as the exporter sees it."""

    connection: Connection
    database: Database

    def fill(self, world: World) -> None:
        clear(self.connection)
        load(self.connection, world)


@contextmanager
def place(postgres: EmbeddedPostgres, name: str) -> Iterator[Place]:
    url = postgres.create(name)
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    with source(url, Definitions()) as database:
        yield Place(connection, database)
    connection.close()


def usage_definitions(settings: Settings) -> Definitions:
    """Translate the settings of the oracle: what it does not want to be mapped is null."""
    tables: dict[str, Any] = {
        "session": {
            "status_map": {name: list(words) for name, words in settings.session_statuses.items()},
            "ended_reason_map": {name: list(words) for name, words in settings.ended_reasons.items()},
            "duration_unit": settings.duration_unit,
            "score_scale": settings.score_scale,
        },
        "sentiment": {"score_scale": settings.sentiment_scale},
        "assessment": {"score_scale": settings.assessment_scale},
    }
    lacking = {
        ("user", "email_verified_at"): not settings.verification_time,
        ("activity", "feature"): not settings.feature_column,
        ("enrolment", "started_at"): not settings.enrolments,
        ("application", "stage"): settings.pipeline is None,
        ("stage_event", "to_stage"): settings.pipeline != "events",
    }
    for table, column in [*(name for name, missing in lacking.items() if missing), *settings.judging.lacking]:
        tables.setdefault(table, {}).setdefault("columns", {})[column] = None
    return replace(
        definitions_of(settings, **tables),
        week_start=settings.week_start,
        interviews=Interviews(max_interview_length=settings.max_interview_length),
        activity_source=settings.activity_source,  # type: ignore[arg-type]  # one of the three words
    )


def ask(name: str, database: Database, case: Case, definitions: Definitions, **options: Any) -> dict[Key, Value]:
    """Return every sample of a collector, which its contract lets pass."""
    module = modules()[name]
    chosen = module.Options.model_validate(options)
    harvest = module.Collector(chosen, database).collect(Run(case.at, 30, definitions))
    families = module.families(chosen)
    samples = complete(families, harvest)
    result = Result(name, case.at, case.at, 0, samples)
    Contract(name, families, timedelta(minutes=15), required=False, max_series=5000, fingerprint="").check(result)
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}


def of_family(values: Mapping[Key, Any], family: str) -> dict[Key, Any]:
    return {key: value for key, value in values.items() if key[0] == family}
