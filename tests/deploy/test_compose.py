"""deploy/compose.yaml and what it mounts: valid, in order, hardened, nothing open to others, and all ends meet."""

import os
import re
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from compose_spec import PyCompose

from dashboards import build
from exporter.cli import parser, running
from tests.alerts.rule_files import RULE_FILES
from tests.debian import program
from tests.deploy.dockerfile import ROOT, stages

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROMETHEUS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
ALERTMANAGER: dict[str, Any] = yaml.safe_load((DEPLOY / "alertmanager.yml").read_text())
RULES = "/etc/jobhive-exporter/alerts/rules"
service = pytest.mark.parametrize("name", SERVICES)


def mounts(name: str) -> dict[str, str]:
    """Where in the container → what is mounted there."""
    parts = [volume.split(":") for volume in SERVICES[name].get("volumes", ())]
    return {part[1]: part[0] for part in parts}


def waits_for(name: str) -> set[str]:
    return set(SERVICES[name].get("depends_on", ()))


def test_is_what_the_specification_of_compose_allows() -> None:
    # Merge keys are written out; PyYAML does that.
    PyCompose.from_yaml(yaml.safe_dump(COMPOSE)).validate()


def test_everything_is_there() -> None:
    assert SERVICES.keys() == {"postgres", "redis", "exporter", "mail", "alertmanager", "prometheus", "grafana"}


@service
def test_is_hardened(name: str) -> None:
    own = SERVICES[name]
    assert (own["read_only"], own["cap_drop"]) == (True, ["ALL"])
    assert own["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in own
    assert "cap_add" not in own


@service
def test_has_a_version(name: str) -> None:
    if "build" in SERVICES[name]:
        assert SERVICES[name]["build"]["target"] in stages((ROOT / "Dockerfile").read_text())
        assert (DEPLOY / SERVICES[name]["build"]["context"]).samefile(ROOT)
    else:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-alpine)?", SERVICES[name]["image"])


def test_grafana_has_no_known_fault() -> None:
    major, minor, patch = map(int, SERVICES["grafana"]["image"].partition(":")[2].split("."))
    assert (major, minor) == (13, 1) or (major, minor, patch) >= (13, 2, 1)


@service
def test_tells_its_health_without_a_shell(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert "curl" not in check["test"]
    assert check.keys() >= {"interval", "timeout", "retries"}


@service
def test_waits_until_what_it_needs_is_healthy(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        assert wait == {"condition": "service_healthy"}


def test_the_order_has_an_end() -> None:
    started: set[str] = set()
    while ready := {name for name in SERVICES.keys() - started if waits_for(name) <= started}:
        started |= ready
    assert started == SERVICES.keys()
    assert waits_for("exporter") == {"postgres", "redis", "alertmanager"}
    assert waits_for("prometheus") == {"exporter", "alertmanager"}
    assert waits_for("grafana") == {"prometheus"}


@service
def test_only_this_machine_reaches_it(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port)


def test_what_has_a_password_is_reached_by_the_exporter_alone() -> None:
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert {name for name, own in SERVICES.items() if "data" in own["networks"]} == {"postgres", "redis", "exporter"}
    assert all("ports" not in SERVICES[name] for name in ("postgres", "redis"))
    with_password = {name for name, own in SERVICES.items() if "PASSWORD" in str(own.get("environment"))}
    assert with_password == {"postgres", "exporter"}
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"] == SERVICES["exporter"]["environment"]["PGPASSWORD"]
    assert SERVICES["grafana"]["environment"]["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert SERVICES["grafana"]["environment"]["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


@service
def test_what_is_mounted_is_there(name: str) -> None:
    for target, source in mounts(name).items():
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert f"{source}:{target}:ro" in SERVICES[name]["volumes"]
        else:
            assert source in COMPOSE["volumes"]


def test_no_volume_is_forgotten() -> None:
    assert set(COMPOSE["volumes"]) <= {source for name in SERVICES for source in mounts(name).values()}


def test_the_exporter_is_told_what_it_understands() -> None:
    own = SERVICES["exporter"]
    words = [*own["entrypoint"], *own["command"]]
    given = vars(parser.Root().parse_args(words[1:]))
    assert given["call"] is running.demo
    database = SERVICES["postgres"]["environment"]
    assert given["database"] == f"postgresql+psycopg2://{database['POSTGRES_USER']}@postgres/{database['POSTGRES_DB']}"
    assert given["redis"] == "redis://redis:6379/0"
    assert given["alertmanager"] == ["http://alertmanager:9093"]
    (volume,) = mounts("exporter")
    assert f"VOLUME {volume}\n" in (ROOT / "Dockerfile").read_text()
    assert given["data_dir"].is_relative_to(volume)


def test_grafana_finds_its_files_and_prometheus() -> None:
    found = mounts("grafana")
    for kind in ("dashboards", "datasources"):
        assert (
            found[f"/etc/grafana/provisioning/{kind}/jobhive.yaml"] == f"../dashboards/provisioning/{kind}/jobhive.yaml"
        )
    folder = Path(build.__file__).parent
    (provider,) = yaml.safe_load((folder / "provisioning/dashboards/jobhive.yaml").read_text())["providers"]
    assert found[provider["options"]["path"]] == "../dashboards/json"
    (source,) = yaml.safe_load((folder / "provisioning/datasources/jobhive.yaml").read_text())["datasources"]
    assert source["url"] == "${PROMETHEUS_URL}"
    assert SERVICES["grafana"]["environment"]["PROMETHEUS_URL"] == "http://prometheus:9090"
    assert source["jsonData"]["timeInterval"] == PROMETHEUS["global"]["scrape_interval"]
    # The dashboards ask for their data source by a variable, or by the uid of the file.
    for path in (folder / "json").glob("*.json"):
        assert set(re.findall(r'"uid": "(prometheus|\$\{?\w+\}?)"', path.read_text())) <= {
            "${datasource}",
            source["uid"],
        }


def test_every_address_is_a_service() -> None:
    targets = list(
        chain.from_iterable(
            static["targets"]
            for config in (*PROMETHEUS["scrape_configs"], *PROMETHEUS["alerting"]["alertmanagers"])
            for static in config["static_configs"]
        )
    )
    addresses = [*targets, ALERTMANAGER["global"]["smtp_smarthost"]]
    assert {address.partition(":")[0] for address in addresses} == {"exporter", "alertmanager", "mail"}
    assert "exporter:10077" in targets


def test_prometheus_scrapes_the_job_that_the_rules_name() -> None:
    (scrape,) = PROMETHEUS["scrape_configs"]
    assert scrape["job_name"] == "jobhive"
    assert scrape["static_configs"][0]["labels"] == {"instance": as_the_daemon_calls_itself()}
    assert mounts("prometheus")[RULES] == "../alerts/rules"
    assert PROMETHEUS["rule_files"] == [f"{RULES}/*.rules.yml"]


def as_the_daemon_calls_itself() -> str:
    words: list[str] = SERVICES["exporter"]["command"]
    (url,) = (word.partition("=")[2] for word in words if word.startswith("--web.external-url="))
    return urlsplit(url).netloc


def test_one_engine_pages() -> None:
    """Prometheus tells Alertmanager what the daemon cannot, and nothing that the daemon tells too."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for path in RULE_FILES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            names[path.name.endswith(".prometheus.rules.yml")] |= {rule["alert"] for rule in group["rules"]}
    keep, drop = PROMETHEUS["alerting"]["alert_relabel_configs"]
    assert (keep["action"], keep["source_labels"]) == ("keep", ["alertname"])
    assert {name for name in names[True] | names[False] if re.fullmatch(keep["regex"], name)} == names[True]
    assert drop == {"action": "labeldrop", "regex": "replica"}


def test_promtool_accepts_prometheus_yml_with_every_rule(tmp_path: Path) -> None:
    text = (DEPLOY / "prometheus.yml").read_text().replace(RULES, str(ROOT / "alerts/rules"))
    (tmp_path / "prometheus.yml").write_text(text)
    said = ask("promtool", "check", "config", str(tmp_path / "prometheus.yml"))
    assert f"SUCCESS: {len(RULE_FILES)} rule files found" in said


def test_amtool_accepts_alertmanager_yml() -> None:
    assert "SUCCESS" in ask("amtool", "check-config", str(DEPLOY / "alertmanager.yml"))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=JobHiveMRRDrop", "severity=warning", "area=revenue"], "team"),
        (["alertname=JobHiveExporterDown", "severity=critical", "area=exporter"], "on-call"),
        (["alertname=Watchdog", "severity=none"], "watchdog"),
        (["alertname=Anything"], "team"),
    ],
)
def test_alerts_reach_who_should_know(labels: list[str], receiver: str) -> None:
    said = ask("amtool", "config", "routes", "test", f"--config.file={DEPLOY / 'alertmanager.yml'}", *labels)
    assert said.strip() == receiver


def test_no_alert_silences_itself() -> None:
    for rule in ALERTMANAGER["inhibit_rules"]:
        source, target = (
            dict(re.findall(r"(\w+)=\"(\w+)\"", " ".join(rule[f"{side}_matchers"]))) for side in ("source", "target")
        )
        assert source.items() - target.items()


def ask(name: str, *words: str) -> str:
    """What a program of Debian answers; its failure tells everything."""
    done = subprocess.run(
        [program(name), *words], capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
