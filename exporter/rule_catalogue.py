"""The families that rules can ask for: those of every collector, and the daemon's own."""

from collections.abc import Iterator, Mapping

from alerts.owners import Catalogue
from exporter import health, rule_health, spending
from exporter.config import Config
from exporter.model import Family, Label
from exporter.registry import modules
from exporter.telemetry import Telemetry

# What unit_economics divides by and what it divides.
READS = {"unit_economics": frozenset({"cost", "engagement", "interviews"})}


def catalogue(config: Config | None = None) -> Catalogue:
    """Return the families by their collectors: those that are configured, or all with their defaults."""
    if config is not None:
        return Catalogue({job.name: job.contract.families for job in config.jobs}, READS)
    return Catalogue({name: module.families(module.Options()) for name, module in modules().items()}, READS)


def known(config: Config | None = None) -> Catalogue:
    """Return the families of every collector: as configured, or else with their defaults."""
    defaults = catalogue()
    return defaults if config is None else Catalogue({**defaults.families, **catalogue(config).families}, READS)


def by_name(families: Catalogue) -> Mapping[str, Family]:
    """Index all families, the daemon's own among them, by the name that their samples have."""
    of_collectors = (family for some in families.families.values() for family in some)
    own = (*health.FAMILIES, *spending.FAMILIES, *rule_health.FAMILIES, *_counters())
    return {family.name: family for family in (*of_collectors, *own)}


def _counters() -> Iterator[Family]:
    telemetry = Telemetry()
    telemetry.configure(["any"])
    telemetry.notifications.configure(["any"])
    for metric in telemetry.metrics():
        for sample in metric.samples:
            if not sample.name.endswith("_created"):
                yield Family("EX", sample.name, metric.documentation, tuple(map(Label, sorted(sample.labels))))
