"""The two families of metrics.md 4.13, of every table of the database; what a collector dropped is its own to say."""

from datetime import UTC, datetime

from tests.oracle.analysis_quality import expected_analysis_quality
from tests.oracle.quality import expected_quality
from tests.oracle.revenue import Values, key
from tests.oracle.samples import seconds
from tests.oracle.usage_quality import expected_session_quality
from tests.oracle.usage_rows import Settings, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def expected_checks(world: World, at: datetime, settings: Settings) -> Values:
    """DQ1 and DQ2."""
    counts = expected_session_quality(world, at, settings) | expected_quality(world, at, settings)
    counts |= expected_analysis_quality(world, at, settings)
    if not settings.feature_column:
        del counts["activity", "feature_unknown"]
    rows: Values = {
        key("jobhive_data_quality_rows", table=table, check=check): count for (table, check), count in counts.items()
    }
    return rows | newest(world, at)


def newest(world: World, at: datetime) -> Values:
    """DQ2: how fresh a table is, so that nobody's rows are left out."""
    instants = {
        "user": [row.date_joined for row in world.users],
        "session": [row.start_time for row in world.sessions if row.start_time is not None],
        "sentiment": [row.created_at for row in world.sentiments],
        "assessment": [row.created_at for row in world.assessments],
        "recommendation": [row.created_at for row in world.recommendations],
        "subscription": [row.created_at for row in world.subscriptions],
        "activity": [row.occurred_at for row in world.activities],
    }
    past = {table: [instant for instant in some if instant < at] for table, some in instants.items()}
    name = "jobhive_source_newest_row_timestamp_seconds"
    return {key(name, table=table): seconds(max(some) - EPOCH) for table, some in past.items() if some}
