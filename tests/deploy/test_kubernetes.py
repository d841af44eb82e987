"""deploy/kubernetes: valid for old and new clusters, nothing refers to what is not there, no right too many."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from dashboards import build
from deploy import manifests
from exporter import __version__
from exporter.config import Config, load
from tests.alerts.rule_files import RULE_FILES
from tests.debian import program
from tests.deploy.dockerfile import ROOT, stages
from tests.deploy.kustomize import FOLDER, OVERLAYS, Manifest, rendered

OPERATOR = "monitoring.coreos.com/v1"
# What the operator's definitions require of us, and all that we may say there.
OPERATED = {
    "PrometheusRule": {"groups"},
    "ServiceMonitor": {"selector", "endpoints"},
}
# Secrets that somebody else makes, by the overlay that wants them.
GIVEN = {"minimal": set(), "prometheus-operator": {"jobhive-exporter"}, "existing-secret": {"jobhive-database"}}
LARGEST = 1 << 20
RENDERED = {overlay: rendered(overlay) for overlay in OVERLAYS}
overlays = pytest.mark.parametrize("overlay", OVERLAYS)


def of_kind(overlay: str, kind: str) -> list[Manifest]:
    return [one for one in RENDERED[overlay] if one["kind"] == kind]


def only(overlay: str, kind: str) -> Manifest:
    (found,) = of_kind(overlay, kind)
    return found


def pod(overlay: str) -> dict[str, Any]:
    spec: dict[str, Any] = only(overlay, "Deployment")["spec"]["template"]["spec"]
    return spec


def container(overlay: str) -> dict[str, Any]:
    (found,) = pod(overlay)["containers"]
    assert isinstance(found, dict)
    return found


def names(overlay: str, kind: str) -> set[str]:
    return {one["metadata"]["name"] for one in of_kind(overlay, kind)}


@overlays
@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_is_valid(overlay: str, version: str) -> None:
    for one in RENDERED[overlay]:
        if one["apiVersion"] != OPERATOR:
            kubernetes_validate.validate(one, version, strict=True)


def test_a_mistake_would_be_found() -> None:
    wrong = rendered("minimal")
    deployment = next(one for one in wrong if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbes"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_what_the_operator_takes() -> None:
    operated = [one for one in RENDERED["prometheus-operator"] if one["apiVersion"] == OPERATOR]
    assert {one["kind"] for one in operated} == OPERATED.keys()
    for one in operated:
        assert one.keys() == {"apiVersion", "kind", "metadata", "spec"}
        assert one["spec"].keys() == OPERATED[one["kind"]]


@overlays
def test_every_name_is_one_for_kubernetes(overlay: str) -> None:
    for one in RENDERED[overlay]:
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", one["metadata"]["name"])
    found = [(one["kind"], one["metadata"]["name"]) for one in RENDERED[overlay]]
    assert len(found) == len(set(found))


@overlays
def test_whatever_is_named_is_there(overlay: str) -> None:
    spec, own = pod(overlay), container(overlay)
    assert {spec["serviceAccountName"]} == names(overlay, "ServiceAccount")
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert {mount["name"] for mount in own["volumeMounts"]} == volumes.keys()
    assert {one["configMap"]["name"] for one in volumes.values() if "configMap" in one} <= names(overlay, "ConfigMap")
    claims = {one["persistentVolumeClaim"]["claimName"] for one in volumes.values() if "persistentVolumeClaim" in one}
    assert claims == names(overlay, "PersistentVolumeClaim")
    secrets = {one["secretRef"]["name"] for one in own.get("envFrom", ())}
    secrets |= {one["secret"]["secretName"] for one in volumes.values() if "secret" in one}
    assert secrets - names(overlay, "Secret") == GIVEN[overlay]


@overlays
def test_everything_selects_the_pod(overlay: str) -> None:
    labels = only(overlay, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        only(overlay, "Deployment")["spec"]["selector"]["matchLabels"],
        only(overlay, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        only(overlay, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        only(overlay, "Service")["spec"]["selector"],
    ]
    assert all(selector and selector.items() <= labels for selector in selectors)


@overlays
def test_ports_have_one_name(overlay: str) -> None:
    (port,) = container(overlay)["ports"]
    assert port == {"name": "http", "containerPort": 10077}
    (served,) = only(overlay, "Service")["spec"]["ports"]
    assert served["targetPort"] == "http"
    assert only(overlay, "NetworkPolicy")["spec"]["ingress"][0]["ports"] == [{"port": "http"}]
    probes = {kind: container(overlay)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {probe["port"] for probe in probes.values()} == {"http"}
    assert [probe["path"] for probe in probes.values()] == ["/-/healthy", "/-/healthy", "/-/ready"]


@overlays
def test_one_at_a_time(overlay: str) -> None:
    spec = only(overlay, "Deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    # A budget that allows no disruption of the only pod would keep its node from ever being emptied.
    assert only(overlay, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


@overlays
def test_no_right_too_many(overlay: str) -> None:
    spec, own = pod(overlay), container(overlay)
    assert own["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    context = spec["securityContext"]
    assert (context["runAsNonRoot"], context["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    assert spec["automountServiceAccountToken"] is False
    assert only(overlay, "ServiceAccount")["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]
    assert not names(overlay, "Role") | names(overlay, "RoleBinding") | names(overlay, "ClusterRole")
    assert own["resources"].keys() == {"requests", "limits"}


@overlays
def test_fits_the_image(overlay: str) -> None:
    runtime = stages((ROOT / "Dockerfile").read_text())["runtime"]
    context = pod(overlay)["securityContext"]
    assert runtime.one("USER").text == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert context["fsGroup"] == context["runAsGroup"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(overlay)["volumeMounts"]}
    assert mounts["state"] == runtime.one("VOLUME").text
    assert mounts["config"] in {one.words[-1] for one in runtime.all("COPY")}
    assert container(overlay)["image"].endswith(f"/jobhive-exporter:{__version__}")


def configured(path: Path, tmp_path: Path) -> Config:
    (tmp_path / "url").write_text("postgresql://reader@db/jobhive\n")
    copy = tmp_path / "config.yaml"
    copy.write_text(path.read_text().replace("/run/secrets/jobhive/url", str(tmp_path / "url")))
    return load(copy, {}, {"DATABASE_URL": "postgresql://reader@db/jobhive"})


@pytest.mark.parametrize("path", [FOLDER / "base", FOLDER / "overlays/existing-secret"], ids=lambda path: path.name)
def test_its_configuration_is_one(path: Path, tmp_path: Path) -> None:
    config = configured(path / "config.yaml", tmp_path)
    assert config.web.listen_addresses == (":10077",)


def test_an_existing_secret_is_read_from_where_it_is_mounted() -> None:
    (mount,) = [one for one in container("existing-secret")["volumeMounts"] if one["name"] == "secrets"]
    config = only("existing-secret", "ConfigMap")["data"]["config.yaml"]
    assert f"!file {mount['mountPath']}/url\n" in config
    assert "envFrom" not in container("existing-secret")


def test_what_is_made_is_fresh() -> None:
    for path, text in manifests.contents():
        assert path.read_text() == text, f"{path} is stale; run: make kubernetes"


def rules() -> Iterator[tuple[str, Any]]:
    for one in of_kind("prometheus-operator", "PrometheusRule"):
        yield one["metadata"]["name"], one["spec"]


def test_the_rules_are_those_of_the_files(tmp_path: Path) -> None:
    groups = [group for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"]]
    found = [group for _, spec in rules() for group in spec["groups"]]
    assert sorted(found, key=str) == sorted(groups, key=str)
    assert len(dict(rules())) == len(RULE_FILES)
    for name, spec in rules():
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(spec))
    files = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run([program("promtool"), "check", "rules", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_scrape_is_named_as_the_rules_expect() -> None:
    (endpoint,) = only("prometheus-operator", "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["port"] == "http"
    assert {"targetLabel": "job", "replacement": "jobhive"} in endpoint["relabelings"]
    labels = only("prometheus-operator", "Service")["metadata"]["labels"].items()
    assert only("prometheus-operator", "ServiceMonitor")["spec"]["selector"]["matchLabels"].items() <= labels


def test_the_dashboards_are_found_by_the_sidecar_of_grafana() -> None:
    boards = [
        one for one in of_kind("prometheus-operator", "ConfigMap") if one["metadata"]["name"] != "jobhive-exporter"
    ]
    provider = yaml.safe_load((Path(build.__file__).parent / "provisioning/dashboards/jobhive.yaml").read_text())
    for one in boards:
        assert one["metadata"]["labels"] == {"grafana_dashboard": "1"}
        assert one["metadata"]["annotations"] == {"grafana_folder": provider["providers"][0]["folder"]}
        (text,) = one["data"].values()
        assert json.loads(text)["uid"] == one["metadata"]["name"].replace("jobhive-dashboard-", "jobhive-")
        assert len(json.dumps(one).encode()) < LARGEST
    assert len(boards) == len(list((Path(build.__file__).parent / "json").glob("*.json")))
