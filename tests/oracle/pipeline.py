"""Applicant tracking, IA12d to IA12i of metrics.md 4.3."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.oracle.activity import population
from tests.oracle.measures import DAY
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import percentile, seconds
from tests.oracle.usage_rows import Application, Settings, StageEvent, World

WINDOWS = {"24h": 1, "7d": 7, "30d": 30}
HALF = Fraction("0.5")


@dataclass(frozen=True)
class Exit:
    """An application leaves one stage for another."""

    stage: str
    to: str
    at: datetime
    stayed: timedelta


def fold(stage: str, settings: Settings) -> str:
    """The configured name of a stage; two unknown ones are the same stage, ``other``."""
    return next((name for name in settings.stages if name.lower() == stage.lower()), "other")


def applications(world: World, at: datetime, settings: Settings) -> list[Application]:
    """Of users in P0(T), and created before T: a later row must not change what was, even if its events are earlier."""
    ids = {user.id for user in population(world, at, settings)}
    return [row for row in world.applications if row.user_id in ids and row.created_at < at]


def log(world: World, row: Application, settings: Settings) -> list[StageEvent]:
    if settings.pipeline != "events":
        return []
    own = [event for event in world.stage_events if event.application_id == row.id]
    return sorted(own, key=lambda event: (event.occurred_at, event.id))


def stage_at(world: World, row: Application, at: datetime, settings: Settings) -> str:
    """The stored stage; ``fold`` it before comparing."""
    events = log(world, row, settings)
    if not events:
        return row.stage
    past = [event for event in events if event.occurred_at < at]
    return past[-1].to_stage if past else settings.stages[0]


def exits(world: World, row: Application, at: datetime, settings: Settings) -> list[Exit]:
    """Before T. A first event before the creation ends a stay of negative length: no stay, so no exit (C13)."""
    stays = [(row.created_at, settings.stages[0])]
    for event in log(world, row, settings):
        stage = fold(event.to_stage, settings)
        if event.occurred_at < at and stage != stays[-1][1]:
            stays.append((event.occurred_at, stage))
    found = [Exit(stage, to, left, left - entered) for (entered, stage), (left, to) in pairwise(stays)]
    return [one for one in found if one.stayed >= timedelta(0)]


def hired(world: World, row: Application, at: datetime, settings: Settings) -> datetime | None:
    """The first entry into ``hired`` before T; none that precedes the creation (C13)."""
    events = [event for event in log(world, row, settings) if event.occurred_at < at]
    entries = [event.occurred_at for event in events if fold(event.to_stage, settings) == "hired"]
    return entries[0] if entries and entries[0] >= row.created_at else None


def expected_pipeline(world: World, at: datetime, settings: Settings) -> Values:
    if settings.pipeline is None:
        return {}
    rows = applications(world, at, settings)
    now = [fold(stage_at(world, row, at, settings), settings) for row in rows]
    values: Values = {
        key("jobhive_pipeline_candidates", stage=stage): now.count(stage) for stage in (*settings.stages, "other")
    }
    for name, days in WINDOWS.items() if settings.pipeline == "events" else ():
        values |= left(world, at, settings, name, days)
        values |= hires(world, at, settings, name, days)
    return values


def left(world: World, at: datetime, settings: Settings, name: str, days: int) -> Values:
    """IA12e, IA12f, IA12g."""
    every = [one for row in applications(world, at, settings) for one in exits(world, row, at, settings)]
    recent = [one for one in every if one.at >= at - days * DAY]
    values: Values = {}
    for stage in (*settings.stages, "other"):
        sample = [seconds(one.stayed) for one in recent if one.stage == stage]
        values[key("jobhive_pipeline_stage_exits", stage=stage, window=name)] = len(sample)
        values |= percentile(key("jobhive_pipeline_stage_duration_p50_seconds", stage=stage, window=name), sample, HALF)
    ladder = [stage for stage in settings.stages if stage != "rejected"]
    for place, (stage, to) in enumerate(pairwise(ladder)):
        targets = [one.to for one in recent if one.stage == stage]
        moved = sum(target in ladder[place + 1 :] for target in targets)
        labels = {"from": stage, "to": to, "window": name}
        values |= ratio(key("jobhive_pipeline_conversion_ratio", **labels), moved, len(targets))
    return values


def hires(world: World, at: datetime, settings: Settings, name: str, days: int) -> Values:
    """IA12h, IA12i."""
    entries = [(row, hired(world, row, at, settings)) for row in applications(world, at, settings)]
    sample = [
        seconds(entry - row.created_at) for row, entry in entries if entry is not None and entry >= at - days * DAY
    ]
    return {
        key("jobhive_pipeline_hires", window=name): len(sample),
        **percentile(key("jobhive_time_to_hire_p50_seconds", window=name), sample, HALF),
    }
