"""Who pays for what: the amounts of a window by service, and by feature (metrics.md CO2, CO4). Pure.

Nothing is clamped, and nothing is lost: the parts add up to the whole in both.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from collectors.cost.options import UNALLOCATED, Options
from collectors.cost.table import Group

MOST_SERVICES, OTHER, LONGEST = 20, "other", 100
# An address or an id is never the name of a service.
UNFIT = re.compile(r"@|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
Groups = Mapping[Group, Decimal]


def by_service(groups: Groups) -> dict[str, Decimal]:
    """Add up the amounts of each service, by what a label may say of it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for group, amount in groups.items():
        found[_label(group.service)] += amount
    return found


def largest(recent: Mapping[str, Decimal], every: Iterable[str]) -> list[str]:
    """Return the services that get a label of their own: by what they cost lately, then by name."""
    named = {service for service in every if service != OTHER}
    return sorted(named, key=lambda service: (-recent.get(service, Decimal(0)), service))[:MOST_SERVICES]


def folded(services: Mapping[str, Decimal], chosen: Iterable[str]) -> dict[str, Decimal]:
    """Return the chosen services, those that cost nothing too, and the sum of all others."""
    named = {service: services.get(service, Decimal(0)) for service in chosen}
    others = (amount for service, amount in services.items() if service not in named)
    return named | {OTHER: sum(others, Decimal(0))}


def by_feature(groups: Groups, options: Options) -> dict[tuple[str, str], Decimal]:
    """Return the amounts by feature and method: by its tag, by the rules for what has no tag, or unallocated."""
    owners = {value: feature for feature, values in options.features.items() for value in values}
    found = {(feature, "tag"): Decimal(0) for feature in options.features}
    found |= {(feature, "rule"): Decimal(0) for feature in options.ruled}
    found[UNALLOCATED, "none"] = Decimal(0)
    for (service, tag), amount in groups.items():
        left = amount
        if tag in owners:
            found[owners[tag], "tag"] += amount
            continue
        for feature, weight in () if tag else options.rules.get(service, {}).items():
            share = amount * weight
            found[feature, "rule"] += share
            left -= share
        found[UNALLOCATED, "none"] += left
    return found


def _label(service: str) -> str:
    text = "".join(filter(str.isprintable, service))[:LONGEST]
    return OTHER if not text or UNFIT.search(text) else text
