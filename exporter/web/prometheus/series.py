"""Which series there are now, and what they mean: what a person who writes an expression is offered. Pure."""

import re
from collections.abc import Iterable, Sequence

from alerts.promql import Samples
from alerts.promql.labels import Labels, key
from alerts.promql.selectors import Selector
from exporter.exposition import Block
from exporter.web.prometheus.answers import Refused
from exporter.web.prometheus.parameters import Form, first, selectors, whole

LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


def series(form: Form, samples: Samples) -> list[dict[str, str]]:
    """Return the label sets that some selectors find, each once; raises Refused."""
    chosen = selectors(form, "match[]")
    if not chosen:
        raise Refused("bad_data", "no match[] parameter provided")
    found = {key(labels): labels for labels in _found(chosen, samples)}
    return [dict(found[one]) for one in sorted(found)]


def label_names(form: Form, samples: Samples) -> list[str]:
    """Return the labels that all series have, or those that some selectors find; raises Refused."""
    return sorted({name for labels in _found(selectors(form, "match[]"), samples) for name in labels})


def label_values(name: str, form: Form, samples: Samples) -> list[str]:
    """Return the values of a label; raises Refused."""
    if not LABEL_NAME.fullmatch(name):
        raise Refused("bad_data", f'invalid label name: "{name}"')
    found = _found(selectors(form, "match[]"), samples)
    return sorted({labels[name] for labels in found if name in labels})


def metadata(form: Form, blocks: Iterable[Block]) -> dict[str, list[dict[str, str]]]:
    """Return type and meaning of the families, or of one; raises Refused."""
    wanted, most = first(form, "metric"), _limit(form)
    meant = sorted(blocks, key=lambda one: one.name)
    found = {
        one.name: [{"type": one.kind, "help": one.help, "unit": ""}]
        for one in meant
        if not wanted or one.name == wanted
    }
    return dict(list(found.items())[:most])


def _found(chosen: Sequence[Selector], samples: Samples) -> Iterable[Labels]:
    if not chosen:
        return (labels for labels, _ in samples.select("", ()))
    return (labels for one in chosen for labels, _ in samples.select(one.name, one.matchers))


def _limit(form: Form) -> int | None:
    try:
        limit = whole(form, "limit")
    except ValueError:
        raise Refused("bad_data", "limit must be a number") from None
    return limit if limit is not None and limit >= 0 else None
