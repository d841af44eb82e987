"""What of the features is disabled or computed from a substitute, and why (metrics.md C18, sources.md 1.8)."""

from collections.abc import Collection, Iterable, Iterator

from collectors.activity import Activity
from collectors.features.families import ADOPTION_BASE, BY_ACTIVITY, COMPLETABLE, COMPLETIONS
from exporter.model import Family, Note

SUBSTITUTES = {"derived": "activity_derived", "login": "activity_login_only"}


def of_features(missing: Iterable[str], families: Iterable[Family]) -> Iterator[Note]:
    """Say why some of the features are in none of the families."""
    yield from (Note("partial", family.name, reason) for family in families for reason in sorted(set(missing)))


def of_adoption(activity: Activity | None, unknown: str | None) -> Iterator[Note]:
    """Say what the activity is taken from, or why it is unknown."""
    for family in (*BY_ACTIVITY, ADOPTION_BASE):
        if unknown:
            yield Note("disabled", family.name, unknown)
        if activity and activity.source in SUBSTITUTES:
            yield Note("approximate", family.name, SUBSTITUTES[activity.source])


def of_completion(missing: Collection[str]) -> Iterator[Note]:
    """Say why nothing is known of the ends of one feature or all that have any."""
    if len(missing) < len(COMPLETABLE.values or ()):
        yield from of_features(missing, COMPLETIONS)
    else:
        yield from (Note("disabled", family.name, reason) for family in COMPLETIONS for reason in sorted(set(missing)))
