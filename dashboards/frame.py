"""A page around its panels: variables, annotation, links, the row of data age, and places for everything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as shapes
from grafana_foundation_sdk.models import units

from dashboards import queries
from dashboards.fields import Targets
from dashboards.house import BAD, DATASOURCE, GOOD, NEUTRAL, RUNBOOKS, TAG
from dashboards.panels import Panel, Text, states, value, worded_state
from dashboards.queries import mn, mx

WIDTH = 24
# Visual rows of panels by their ids, which stay when a panel moves: links and bookmarks name them.
Rows = Sequence[Mapping[int, Panel]]
HEALTH = "jobhive_exporter_collector"


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading; `id` is that of the heading."""

    id: int
    title: str
    rows: Rows
    collapsed: bool = False


@dataclass(frozen=True)
class Page:
    """A dashboard: one question, answered from top to bottom from what some collectors export.

    `origins` are series of value 1 whose names say what the page is made of, shown beside the age of its data; a page
    without collectors is about that age itself, and has no such row.
    """

    name: str
    title: str
    question: str
    collectors: Sequence[str]
    start: str
    sections: Sequence[Section]
    variables: Sequence[Builder[shapes.VariableModel]] = ()
    refresh: str = "1m"
    origins: Targets = field(default_factory=dict)

    @property
    def uid(self) -> str:
        """Return what links name it by."""
        return f"{TAG}-{self.name}"


class Uneven(Exception):
    """A visual row that is not as wide as the page."""

    def __init__(self, titles: Sequence[str | None], width: int) -> None:
        super().__init__(f"the row of {', '.join(map(str, titles))} is {width} wide, not {WIDTH}")


def variable(name: str, label: str, query: str) -> builders.QueryVariable:
    """Make a variable of which one value is chosen."""
    made = builders.QueryVariable(name).label(label).datasource(DATASOURCE).query(query).definition(query)
    return made.refresh(shapes.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(shapes.VariableSort.ALPHABETICAL_ASC)


def several(one: builders.QueryVariable) -> builders.QueryVariable:
    """Let several values of a variable be chosen, and all of them at first."""
    return one.multi(True).include_all(True).all_value(".+")


def choice(name: str, label: str, values: Sequence[str], chosen: str) -> builders.CustomVariable:
    """Make a variable of values that are known."""
    options = [shapes.VariableOption(text=value, value=value, selected=value == chosen) for value in values]
    (current,) = [option for option in options if option.selected]
    return builders.CustomVariable(name).label(label).values(",".join(values)).options(options).current(current)


def dashboard(page: Page) -> shapes.Dashboard:
    """Put a page together."""
    made = builders.Dashboard(f"JobHive / {page.title}").uid(page.uid).description(page.question).tags([TAG])
    made = made.readonly().timezone("browser").tooltip(shapes.DashboardCursorSync.CROSSHAIR).refresh(page.refresh)
    made = made.time(page.start, "now").link(_others()).link(_runbooks()).annotation(_firing())
    job = several(variable("job", "Job", queries.JOBS))
    source = builders.DatasourceVariable("datasource").label("Data source").type("prometheus")
    for one in (source, job, *page.variables):
        made = made.with_variable(one)
    result = made.build()
    freshness = [_freshness(page.collectors, page.origins)] if page.collectors else []
    result.panels = list(_placed((*page.sections, *freshness)))
    return result


def _placed(sections: Sequence[Section]) -> Iterator[shapes.Panel | shapes.RowPanel]:
    """Give every panel its place; those of a collapsed section lie inside its heading."""
    top = 0
    for section in sections:
        heading = builders.Row(section.title).id(section.id).collapsed(section.collapsed)
        row = heading.grid_pos(shapes.GridPos(x=0, y=top, w=WIDTH, h=1)).build()
        panels = list(_rows(section.rows, top + 1))
        if section.collapsed:
            row.panels = panels
        yield row
        if not section.collapsed:
            yield from panels
        top = max(_bottom(panel) for panel in panels)


def _rows(rows: Rows, top: int) -> Iterator[shapes.Panel]:
    for row in rows:
        panels, left = [], 0
        for number, builder in row.items():
            panel = builder.build()
            panel.id_val, place = number, panel.grid_pos or shapes.GridPos()
            panel.grid_pos = shapes.GridPos(x=left, y=top, w=place.w, h=place.h)
            left += place.w
            panels.append(panel)
        if left != WIDTH:
            raise Uneven([panel.title for panel in panels], left)
        top = max(map(_bottom, panels))
        yield from panels


def _bottom(panel: shapes.Panel) -> int:
    place = panel.grid_pos or shapes.GridPos()
    return place.y + place.h


def _firing() -> builders.AnnotationQuery:
    made = builders.AnnotationQuery().name("Alerts firing").datasource(DATASOURCE).enable(True)
    return made.expr(queries.FIRING).title_format("{{alertname}}").icon_color("red")


def _others() -> builders.DashboardLink:
    made = builders.DashboardLink("JobHive dashboards").type(shapes.DashboardLinkType.DASHBOARDS).tags([TAG])
    return made.as_dropdown(True).include_vars(True).keep_time(True)


def _runbooks() -> builders.DashboardLink:
    return builders.DashboardLink("Runbooks").type(shapes.DashboardLinkType.LINK).url(RUNBOOKS).target_blank(True)


def _freshness(collectors: Sequence[str], origins: Targets) -> Section:
    """Make the last row of every page: can what it says still be believed?"""
    of_page = queries.from_collectors(collectors)
    last = mx(f"{HEALTH}_last_success_timestamp_seconds", of_page, by=("collector",))
    age = value(
        Text(
            "Data age",
            "Time since the last successful run of the collector of this page that has waited longest, "
            "from the exporter's own series.",
            "no run has succeeded yet",
        ),
        {"oldest source": f"time() - min({last} > 0)", "state": mx(f"{HEALTH}_stale", of_page), **origins},
        units.Seconds,
    )
    sources = states(
        Text(
            "Sources",
            "Whether the latest run of each collector of this page succeeded, from the exporter's own series.",
            "no collector of this page is configured",
        ),
        "{{collector}}",
        mn(f"{HEALTH}_success", of_page, by=("collector",)),
        {0: ("failed", BAD), 1: ("ok", GOOD)},
    )
    age = worded_state(age, "B", {0: ("fresh", NEUTRAL), 1: ("stale", BAD)})
    for letter in ascii_uppercase[2 : 2 + len(origins)]:
        age = worded_state(age, letter, {1: ("in use", NEUTRAL)})
    return Section(900, "Data freshness", [{901: age, 902: sources}], collapsed=True)
