"""Every query of every panel, variable and annotation on a Prometheus with history: no error, and something to see."""

import math
from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboards.boards import Asked, Board, boards, of_annotations, of_panels, variables
from dashboards.lint.catalogue_rules import families, owners
from dashboards.promql import VARIABLE_QUERY, of_variable, selectors
from demo.postgres import EmbeddedPostgres
from tests.dashboards.grafana import ALL, UnknownVariable, interpolated, span_of, step_of
from tests.dashboards.history import TARGET
from tests.dashboards.stack import Answer, Prometheus, demo

CHOSEN: dict[str, str | list[str]] = {
    "job": ALL,
    "currency": "USD",
    "window": "30d",
    "component": ALL,
    "kind": "hiring",
    "cohort": "90d",
    "instance": ALL,
}
# The first of these that a dashboard offers is chosen there.
WINDOWS = ("30d", "1h")
# What the demo has none of.
OTHERS: dict[str, str | list[str]] = {
    "currency": "EUR",
    "window": "1y",
    "component": ["nobody"],
    "kind": "chat",
    "cohort": "1y",
    "instance": ["nobody"],
}
# Place → why it may have nothing to show in the demo.
MAY_BE_EMPTY = {
    "jobhive-system / Replica lag A": "the database of the demo is a primary",
    "jobhive-system / Replica lag B": "the database of the demo is a primary",
}
DAY = timedelta(days=1)
BOARDS = {board["uid"]: board for board in boards()}
ASKED = [item for board in BOARDS.values() for item in (*of_panels(board), *of_annotations(board))]
EVERY_QUERY = pytest.mark.parametrize("item", ASKED, ids=lambda item: item.place)


@pytest.fixture(scope="module")
def prometheus(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with pytest.MonkeyPatch.context() as environ:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environ.setenv(name, "simulated")
        with demo(postgres, tmp_path_factory.mktemp("dashboards")) as server:
            yield server


def answer(server: Prometheus, item: Asked, **chosen: str | list[str]) -> Answer:
    board = BOARDS[item.board]
    span = span_of(board["time"])
    step = step_of(span)
    expression = interpolated(item.expression, CHOSEN | {"window": window_of(board)} | chosen, step)
    return server.course(expression, span, step) if item.ranged else server.now(expression)


def window_of(board: Board) -> str:
    """Return the window that is chosen of those that a dashboard offers."""
    offered = {name for one in variables(board) if one["name"] == "window" for name in one["query"].split(",")}
    return next((window for window in WINDOWS if window in offered), "")


@EVERY_QUERY
def test_a_query_has_something_to_show(prometheus: Prometheus, item: Asked) -> None:
    for job in (ALL, [TARGET["job"]], [TARGET["job"], "other.job"]):
        found = answer(prometheus, item, job=job)
        assert found.problem == ""
        assert bool(found.series) != (item.place in MAY_BE_EMPTY)
        assert all(math.isfinite(value) for _, values in found.series for value in values)


@pytest.mark.parametrize(
    "item", [item for item in ASKED if "ALERTS" not in item.expression], ids=lambda item: item.place
)
def test_a_query_is_of_the_chosen_job(prometheus: Prometheus, item: Asked) -> None:
    assert answer(prometheus, item, job=["nobody"]).series == []


@pytest.mark.parametrize(
    ("item", "name"),
    [
        pytest.param(item, name, id=f"{item.place} {name}")
        for item in ASKED
        for name in OTHERS
        if f"${name}" in item.expression
    ],
)
def test_a_query_is_of_what_is_chosen(prometheus: Prometheus, item: Asked, name: str) -> None:
    assert answer(prometheus, item, **{name: OTHERS[name]}).series == []


@EVERY_QUERY
def test_a_course_reaches_back_over_what_is_shown(prometheus: Prometheus, item: Asked) -> None:
    """What is drawn over time has a past; only the exporter's own series begin with the daemon."""
    span = span_of(BOARDS[item.board]["time"])
    if item.ranged and item.place not in MAY_BE_EMPTY and has_past(item.expression, span):
        longest = max(len(values) for _, values in answer(prometheus, item).series)
        assert longest > span / step_of(span) / 2


def has_past(expression: str, span: timedelta) -> bool:
    """Tell whether there could be a past of so long: of the exporter itself there is none, of live samples a day."""
    names = {selector.name for selector in selectors(expression)}
    if any(owners().get(name, "exporter") == "exporter" for name in names):
        return False
    return span <= DAY or all(families()[name].past != "exact within 24 h" for name in names)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_variable_has_values(prometheus: Prometheus, board: Board) -> None:
    found = {}
    for variable in variables(board):
        if query := VARIABLE_QUERY.fullmatch(variable.get("query", "")):
            selector = interpolated(of_variable(variable["query"]), CHOSEN, timedelta(minutes=1))
            found[variable["name"]] = prometheus.label_values(query[2].rpartition(",")[2].strip(), selector)
    assert found["job"] == [TARGET["job"]]
    assert all(found.values()), found


def test_what_may_be_empty_is_asked_and_has_a_reason() -> None:
    assert MAY_BE_EMPTY.keys() <= {item.place for item in ASKED}
    assert all(MAY_BE_EMPTY.values())


def test_variables_are_put_in_as_grafana_does() -> None:
    text = 'rate(x{job=~"$job",currency="${currency}",a=~"${job:regex}"}[$__rate_interval])'
    minute = timedelta(minutes=1)
    assert interpolated(text, {"job": ALL, "currency": "USD"}, minute) == (
        'rate(x{job=~".+",currency="USD",a=~".+"}[120s])'
    )
    several = interpolated('x{job=~"$job"}[$__interval]', {"job": ["a.b", "c"]}, minute)
    assert several == r'x{job=~"(a\\.b|c)"}[60s]'
    assert interpolated("$job", {"job": ["a.b"]}, minute) == r"a\\.b"
    of_prometheus = 'label_replace(x, "a", "0$1", "b", "(.)")'
    assert interpolated(of_prometheus, {}, minute) == of_prometheus
    with pytest.raises(UnknownVariable, match=r"^window$"):
        interpolated('x{window="$window"}', {}, minute)
