"""Writes what Kubernetes gets of the rules and the dashboards: `python -m deploy.manifests`, or `make kubernetes`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
RULES = ROOT / "alerts" / "rules"
OPERATOR = ROOT / "deploy" / "kubernetes" / "prometheus-operator"
DASHBOARDS = ROOT / "dashboards"
NOTICE = "# Made by `make kubernetes` of {source}; do not edit.\n"
WIDTH = 120
# The folder in Grafana, as dashboards/provisioning has it; the sidecar of Grafana's chart looks for the label.
LABELS = {"grafana_dashboard": "1"}
ANNOTATIONS = {"grafana_folder": "JobHive"}


def contents() -> Iterator[tuple[Path, str]]:
    """Yield each file that is made, and what it should hold."""
    files = sorted(RULES.glob("*.rules.yml"))
    alone = [path for path in files if path.name.endswith(".prometheus.rules.yml")]
    for name, some in (("rules.prometheus.yaml", alone), ("rules.yaml", [path for path in files if path not in alone])):
        yield OPERATOR / name, NOTICE.format(source="alerts/rules") + _rules(some)
    yield DASHBOARDS / "kustomization.yaml", NOTICE.format(source="dashboards/json") + _boards()


def _rules(files: Iterable[Path]) -> str:
    """Return a PrometheusRule for each file; the groups are as they stand there."""
    return yaml.safe_dump_all([_rule(path) for path in files], sort_keys=False, width=WIDTH, allow_unicode=True)


def _rule(path: Path) -> dict[str, Any]:
    stem = path.name.removesuffix(".rules.yml").replace(".", "-")
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": f"jobhive-{stem}"},
        "spec": yaml.safe_load(path.read_text(encoding="utf-8")),
    }


def _boards() -> str:
    """Return a ConfigMap for each dashboard, as one for all would soon be larger than Kubernetes allows."""
    generated = [
        {"name": path.stem, "files": [f"json/{path.name}"]} for path in sorted((DASHBOARDS / "json").glob("*.json"))
    ]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "generatorOptions": {"disableNameSuffixHash": True, "labels": LABELS, "annotations": ANNOTATIONS},
        "configMapGenerator": generated,
    }
    return yaml.safe_dump(kustomization, sort_keys=False, width=WIDTH)


if __name__ == "__main__":
    for made, text in contents():
        made.write_text(text, encoding="utf-8")
