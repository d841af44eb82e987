"""Applicant tracking (IA12d to IA12i) at its edges, by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.oracle.pipeline import expected_pipeline
from tests.oracle.usage import Application, Settings, StageEvent, User, Values, World, key

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
SETTINGS = Settings()
BORN = T - 10 * DAY
STAGES = (*SETTINGS.stages, "other")

Moves = list[tuple[timedelta, str]]


def world(*moves: Moves, stage: str = "screening", created: datetime = BORN) -> World:
    """One application per list of (time since its creation, stage)."""
    flat = [(number, created + span, name) for number, one in enumerate(moves, 1) for span, name in one]
    return World(
        users=(User(1, T - 90 * DAY),),
        applications=tuple(Application(n, 1, 1, created, stage) for n in range(1, len(moves) + 1)),
        stage_events=tuple(StageEvent(n, *event) for n, event in enumerate(flat, 1)),
    )


def get(values: Values, family: str, **labels: str) -> Fraction | int | None:
    return values.get(key(f"jobhive_{family}", **labels))


def ask(*moves: Moves) -> Values:
    return expected_pipeline(world(*moves), T, SETTINGS)


def where(values: Values) -> list[str]:
    return [stage for stage in STAGES if get(values, "pipeline_candidates", stage=stage)]


@pytest.mark.parametrize(
    ("moves", "stage"),
    [
        ([], "screening"),
        ([(DAY, "offer")], "offer"),
        ([(DAY, "OFFER")], "offer"),
        ([(DAY, "limbo")], "other"),
        ([(10 * DAY, "offer")], "applied"),
        ([(10 * DAY - TICK, "offer")], "offer"),
        ([(DAY, "offer"), (DAY, "interview")], "interview"),
        ([(2 * DAY, "offer"), (DAY, "interview")], "offer"),
        ([(-DAY, "offer")], "offer"),
    ],
)
def test_the_stage_is_that_of_the_last_event_before_t(moves: Moves, stage: str) -> None:
    assert where(ask(moves)) == [stage]


def test_without_a_table_of_events_the_column_is_all_there_is() -> None:
    rows = world([(DAY, "offer")], stage="Hired")
    values = expected_pipeline(rows, T, Settings(pipeline="stage"))
    assert where(values) == ["hired"]
    assert {family for family, _ in values} == {"jobhive_pipeline_candidates"}
    assert expected_pipeline(rows, T, Settings(pipeline=None)) == {}


def test_an_application_counts_from_its_creation_on() -> None:
    assert where(expected_pipeline(world([], created=T - TICK), T, SETTINGS)) == ["screening"]
    later = expected_pipeline(world([(-DAY, "offer")], created=T), T, SETTINGS)
    assert set(later.values()) == {0}


def test_each_change_of_stage_is_one_exit() -> None:
    moves = [(DAY, "applied"), (3 * DAY, "Screening"), (4 * DAY, "screening"), (8 * DAY, "limbo"), (9 * DAY, "phone")]
    values = ask([*moves, (10 * DAY - TICK, "offer"), (10 * DAY, "hired")])
    exits = {stage: get(values, "pipeline_stage_exits", stage=stage, window="30d") for stage in STAGES}
    assert exits == dict.fromkeys(STAGES, 0) | {"applied": 1, "screening": 1, "other": 1}
    spans = {stage: get(values, "pipeline_stage_duration_p50_seconds", stage=stage, window="30d") for stage in exits}
    assert spans["applied"] == 3 * 86400
    assert spans["screening"] == 5 * 86400
    assert spans["other"] == 2 * 86400 - Fraction(1, 10**6)
    assert spans["offer"] is None


def test_exits_lie_in_the_window() -> None:
    for span, inside in ((9 * DAY, 1), (9 * DAY - TICK, 0), (10 * DAY - TICK, 1), (10 * DAY, 0)):
        values = ask([(span, "offer")])
        assert get(values, "pipeline_stage_exits", stage="applied", window="24h") == inside


def test_conversion_is_to_the_next_stage_or_a_later_one() -> None:
    to = ("screening", "offer", "hired", "rejected", "limbo", "applied")
    values = ask(*([(DAY, stage)] for stage in to))
    label = {"from": "applied", "to": "screening", "window": "30d"}
    assert get(values, "pipeline_conversion_ratio", **label) == Fraction(3, 5)
    back = ask([(DAY, "offer"), (2 * DAY, "screening")], [(DAY, "offer"), (2 * DAY, "hired")])
    label = {"from": "offer", "to": "hired", "window": "30d"}
    assert get(back, "pipeline_conversion_ratio", **label) == Fraction(1, 2)
    pairs = {labels for family, labels in back if family == "jobhive_pipeline_conversion_ratio"}
    assert len(pairs) == 2  # nobody left screening or interview


def test_a_short_list_has_pairs_of_its_own() -> None:
    settings = Settings(stages=("applied", "Interview", "hired", "rejected"))
    values = expected_pipeline(world([(DAY, "interview"), (2 * DAY, "offer")]), T, settings)
    found = [
        (dict(labels)["from"], dict(labels)["to"], value)
        for (name, labels), value in values.items()
        if "conversion" in name and ("window", "30d") in labels
    ]
    assert found == [("applied", "Interview", 1), ("Interview", "hired", 0)]


def test_time_to_hire_is_from_the_creation_to_the_first_entry() -> None:
    twice: Moves = [(DAY, "hired"), (2 * DAY, "offer"), (10 * DAY - TICK, "HIRED")]
    values = ask(twice, [(4 * DAY, "Hired")], [(5 * DAY, "offer")])
    assert get(values, "pipeline_hires", window="30d") == 2
    assert get(values, "time_to_hire_p50_seconds", window="30d") == Fraction(5, 2) * 86400
    assert get(values, "pipeline_hires", window="24h") == 0
    assert get(values, "time_to_hire_p50_seconds", window="24h") is None


def test_events_before_the_creation_have_no_length() -> None:
    values = ask([(-TICK, "hired"), (DAY, "offer")])
    assert get(values, "pipeline_stage_exits", stage="applied", window="30d") == 0
    assert get(values, "pipeline_stage_exits", stage="hired", window="30d") == 1
    assert get(values, "pipeline_hires", window="30d") == 0
    at_once = ask([(timedelta(0), "hired")])
    assert get(at_once, "pipeline_stage_exits", stage="applied", window="30d") == 1
    assert get(at_once, "time_to_hire_p50_seconds", window="30d") == 0


def test_the_population_is_that_of_t() -> None:
    rows = world([(DAY, "hired")])
    staff = replace(rows, users=(User(1, BORN, is_staff=True),))
    assert set(expected_pipeline(staff, T, SETTINGS).values()) == {0}
