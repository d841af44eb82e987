"""The custom queries of config.yaml: where each one is asked, and what is wrong between them (pure)."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import URL

from collectors.custom_sql.families import label_names
from collectors.custom_sql.mistakes import mistakes
from collectors.custom_sql.options import DATABASE, Options
from exporter.settings import QuerySection, Root
from exporter.sources.sql_url import shown
from exporter.yaml_file import Document, KeyPath, Problem

# The database of JobHive, for queries that name no other one.
HOME = "jobhive"
PATH = ("collectors", "custom_sql")


class SqlSource(NamedTuple):
    """A database of custom queries; without a `schema` it is the one that its role has."""

    url: URL
    schema: str | None


class Asked(NamedTuple):
    """A query on one database: a collector `name`. `family_owner` is what its HELP texts call it."""

    name: str
    family_owner: str
    database: str
    section: QuerySection
    options: Options
    meaning: str


def source_name(database: str) -> str:
    """Return the name of the source, and of the lane, of a database."""
    return f"custom_sql:{database}"


def sources(root: Root) -> dict[str, SqlSource]:
    """Return the databases by their names."""
    found = {name: SqlSource(given.url, given.schema_) for name, given in root.collectors.custom_sql.databases.items()}
    if root.database:
        found[HOME] = SqlSource(root.database.url, root.database.schema_)
    return found


def asked(root: Root, *, enabled: bool) -> Iterator[Asked]:
    """Yield the queries that run, or those that are switched off, once for each of their databases."""
    section = root.collectors.custom_sql
    known = sources(root)
    for name, query in section.queries.items():
        if (section.enabled and query.enabled) != enabled:
            continue
        owner = f"custom_sql:{name}"
        for database in databases(query):
            options = Options(
                name=name, query=query, labels=_labels(root, query, database), max_series=query.max_series
            )
            own = owner if query.databases is None else f"{owner}:{database}"
            meaning = repr((own, _wording(options), known[database].schema, shown(known[database].url)))
            yield Asked(own, owner, database, query, options, meaning)


def databases(query: QuerySection) -> tuple[str, ...]:
    """Return the databases of a query."""
    return query.databases or (query.database or HOME,)


def metrics(root: Root) -> Iterator[tuple[str, str]]:
    """Yield every query with each of its metrics."""
    for name, query in root.collectors.custom_sql.queries.items():
        yield from ((name, metric) for metric in query.metrics)


def problems(root: Root, document: Document) -> Iterator[Problem]:
    """Yield what is wrong in and between queries, each at the key that is to be mended."""
    section = root.collectors.custom_sql
    if HOME in section.databases:
        path = (*PATH, "databases", HOME)
        text = f"the name {HOME} is that of the database of JobHive; choose another one"
        yield Problem(document.place(path, key=True), path, text)
    for name, query in section.queries.items():
        path = (*PATH, "queries", name)
        for keys, text in mistakes(query):
            yield _problem(document, (*path, *keys), text)
        # One with a mistake of its own is there, though it was left out.
        if not query.metrics and not _has_keys(document, (*path, "metrics")):
            yield _problem(document, (*path, "metrics"), "has no metric; write NAME: {help: WHAT IT IS}")
        yield from _of_databases(root, document, path, query)
    yield from _repeated(root, document)


def _has_keys(document: Document, path: KeyPath) -> bool:
    return any(len(key) > len(path) and key[: len(path)] == path for key in document.keys)


def _of_databases(root: Root, document: Document, path: KeyPath, query: QuerySection) -> Iterator[Problem]:
    given = root.collectors.custom_sql.databases
    key = (*path, "database" if query.databases is None else "databases")
    for database, times in Counter(databases(query)).items():
        if times > 1:
            yield _problem(document, key, f"{database} stands here {times} times; leave one")
        if database in given or (*PATH, "databases", database) in document.keys:
            continue
        if database != HOME:
            there = ", ".join(sorted({*given, HOME}))
            yield _problem(document, key, f"there is no database {database}; there are {there}")
        elif ("database",) not in document.keys:
            yield _problem(document, key, "there is no database of JobHive in this file; name one of your own")
    chosen = [(name, given[name].labels) for name in dict.fromkeys(databases(query)) if name in given]
    for name, labels in chosen[1:]:
        if labels.keys() != chosen[0][1].keys():
            text = f"{chosen[0][0]} and {name} have different labels; give them the same ones"
            yield _problem(document, key, text)
    own = {label for metric in query.metrics.values() for label in label_names(metric)}
    own |= {DATABASE} if query.databases else set()
    for name, labels in chosen:
        for label in sorted(own & labels.keys()):
            yield _problem(document, key, f"{name} gives the label {label}, which the query has itself; leave one")


def _repeated(root: Root, document: Document) -> Iterator[Problem]:
    """Yield metrics that two queries have; in OpenMetrics a counter has its name without the ending."""
    owners: dict[str, str] = {}
    for name, query in root.collectors.custom_sql.queries.items():
        for metric in query.metrics:
            first = owners.setdefault(metric.removesuffix("_total"), name)
            if first != name:
                text = f"query {first} has this metric already; choose another name, or join the two by UNION ALL"
                yield _problem(document, (*PATH, "queries", name, "metrics", metric), text)


def _problem(document: Document, path: KeyPath, text: str) -> Problem:
    return Problem(document.place(path, key=True), path, text)


def _labels(root: Root, query: QuerySection, database: str) -> dict[str, str]:
    given = root.collectors.custom_sql.databases.get(database)
    own = dict(given.labels) if given else {}
    return own if query.databases is None else own | {DATABASE: database}


def _wording(options: Options) -> object:
    """Return all of a query that decides on its numbers and on their labels."""
    query = options.query
    metrics = {name: metric.model_copy(update={"help": ""}) for name, metric in query.metrics.items()}
    return query.sql, query.parameters, metrics, options.labels, options.max_series
