"""The endpoints: where each is, what it may be asked and what it answers. Routes and the document are made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exporter.web.api import dashboards, shapes
from exporter.web.api import parameters as p
from exporter.web.api.candidate_shapes import Performance
from exporter.web.api.catalogue import catalogue
from exporter.web.api.problem import Mistake
from exporter.web.api.sections import windows
from exporter.web.api.seed import dashboards as seed
from exporter.web.api.seed import shapes as old
from exporter.web.api.terms import View

PREFIX = "/api/v1"
Make = Callable[[View, Any], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path. `make` and `make_seed` make the answer of the snapshot; without a snapshot, the database is asked.

    `collectors` are those whose results it shows, all of them where there are none; `live` tells that the database may
    be asked.
    """

    path: str
    name: str
    summary: str
    parameters: type[p.Parameters]
    shape: Any
    make: Make | None = None
    seed: Any = None
    make_seed: Make | None = None
    collectors: tuple[str, ...] = ()
    live: bool = False


def _window(view: View, asked: p.Windowed, collector: str) -> str | None:
    """Return the window that is asked for, if the collector has it; raises Refused otherwise."""
    there = windows(view.snapshot, collector)
    if asked.window is not None and asked.window not in there:
        raise p.refused(Mistake(parameter="window", detail=f"is not one of {', '.join(there)}"))
    return asked.window


DASHBOARD = f"{PREFIX}/dashboard"
INTERVIEWS = Endpoint(
    path=f"{DASHBOARD}/interviews",
    name="interviews",
    summary="Volumes, durations, completion, scores, pipelines, interviewers and companies; filtered, the database is "
    "asked.",
    parameters=p.InterviewsView,
    shape=shapes.Interviews,
    make=lambda view, asked: dashboards.interviews(view.snapshot, asked.window),
    seed=old.SeedInterviews,
    make_seed=lambda view, asked: seed.all_interviews(view.snapshot, asked.window),
    collectors=("interviews",),
    live=True,
)
CANDIDATE = Endpoint(
    path=f"{PREFIX}/candidates/{{user_id}}/performance",
    name="candidate_performance",
    summary="How one candidate does: personal data, asked of the database.",
    parameters=p.View,
    shape=Performance,
    seed=old.SeedCandidate,
    live=True,
)
CATALOGUE = Endpoint(
    path=f"{PREFIX}/metrics",
    name="metrics",
    summary="The catalogue of every metric family: type, unit, labels, meaning, owner, version and state.",
    parameters=p.Parameters,
    shape=shapes.Catalogue,
    make=lambda view, _: catalogue(view.snapshot),
)
ENDPOINTS = (
    Endpoint(
        path=f"{DASHBOARD}/realtime",
        name="realtime",
        summary="Interviews that go on, what was completed in the last hour, scores of the last day, live AI samples.",
        parameters=p.View,
        shape=shapes.Realtime,
        make=lambda view, _: dashboards.realtime(view.snapshot),
        seed=old.SeedRealtime,
        make_seed=lambda view, _: seed.realtime(view.snapshot),
        collectors=("operations", "interviews", "ai_realtime"),
    ),
    Endpoint(
        path=f"{DASHBOARD}/business",
        name="business",
        summary="Revenue, engagement and the use of features.",
        parameters=p.View,
        shape=shapes.Business,
        make=lambda view, _: dashboards.business(view.snapshot),
        seed=old.SeedBusiness,
        make_seed=lambda view, _: seed.business(view.snapshot, view.terms),
        collectors=("revenue", "engagement", "interviews", "features"),
    ),
    INTERVIEWS,
    Endpoint(
        path=f"{DASHBOARD}/ai",
        name="ai",
        summary="Accuracy, confidence, drift and recommendations of the AI, and its live samples.",
        parameters=p.AiView,
        shape=shapes.Ai,
        make=lambda view, asked: dashboards.ai(view.snapshot, last100=asked.mode == "last100"),
        seed=old.SeedAi,
        make_seed=lambda view, _: seed.ai(view.snapshot),
        collectors=("ai_quality", "ai_realtime"),
    ),
    Endpoint(
        path=f"{DASHBOARD}/features",
        name="features",
        summary="Who uses which feature.",
        parameters=p.Windowed,
        shape=shapes.Features,
        make=lambda view, asked: dashboards.features(view.snapshot, _window(view, asked, "features")),
        seed=old.SeedFeatures,
        make_seed=lambda view, asked: seed.features(view.snapshot, _window(view, asked, "features")),
        collectors=("features",),
    ),
    Endpoint(
        path=f"{DASHBOARD}/funnel",
        name="funnel",
        summary="How far users come, from registration to a paid subscription.",
        parameters=p.View,
        shape=shapes.Funnel,
        make=lambda view, _: dashboards.funnel(view.snapshot),
        seed=old.SeedFunnel,
        make_seed=lambda view, _: seed.funnel(view.snapshot),
        collectors=("journey",),
    ),
    Endpoint(
        path=f"{DASHBOARD}/cohorts",
        name="cohorts",
        summary="Who stays, by the month of joining.",
        parameters=p.View,
        shape=shapes.Cohorts,
        make=lambda view, _: dashboards.cohorts(view.snapshot),
        seed=old.SeedCohorts,
        make_seed=lambda view, _: seed.cohorts(view.snapshot),
        collectors=("journey",),
    ),
    Endpoint(
        path=f"{DASHBOARD}/system",
        name="system",
        summary="Response times with all endpoints, the database host and the cache.",
        parameters=p.Windowed,
        shape=shapes.System,
        make=lambda view, asked: dashboards.system(view.snapshot, _window(view, asked, "system")),
        seed=old.SeedSystem,
        make_seed=lambda view, asked: seed.system(view.snapshot, _window(view, asked, "system")),
        collectors=("system",),
    ),
    Endpoint(
        path=f"{DASHBOARD}/costs",
        name="costs",
        summary="What AWS costs, day by day too, what is recommended, and what a user and an interview cost.",
        parameters=p.View,
        shape=shapes.Costs,
        make=lambda view, _: dashboards.costs(view.snapshot),
        seed=old.SeedCosts,
        make_seed=lambda view, _: seed.costs(view.snapshot, view.terms),
        collectors=("cost", "unit_economics"),
    ),
    CANDIDATE,
    CATALOGUE,
)
