"""The provisioning files are what Grafana 10 to 13 read, as they are."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from dashboards import build
from tests.dashboards.grafana import SCRAPE_INTERVAL

FOLDER = Path(build.__file__).parent / "provisioning"
DOCS = Path(build.__file__).parent.parent / "docs" / "dashboards.md"
# What a field of the files may be; Grafana passes over what it does not know in silence.
DATASOURCE = {"name", "uid", "type", "access", "url", "isDefault", "editable", "jsonData"}
PROVIDER = {
    *("name", "orgId", "type", "folder", "folderUid", "disableDeletion", "allowUiUpdates"),
    *("updateIntervalSeconds", "options"),
}


def read(kind: str) -> dict[str, Any]:
    (path,) = (FOLDER / kind).iterdir()
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def test_there_is_one_file_for_each_folder_of_grafana() -> None:
    assert sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*")) == [
        "dashboards/jobhive.yaml",
        "datasources/jobhive.yaml",
    ]


def test_the_data_source() -> None:
    content = read("datasources")
    assert content.keys() == {"apiVersion", "datasources"}
    assert content["apiVersion"] == 1
    (source,) = content["datasources"]
    assert source.keys() == DATASOURCE
    assert (source["type"], source["access"], source["editable"]) == ("prometheus", "proxy", False)
    # Checked by Grafana since 12.0.
    assert re.fullmatch("[A-Za-z0-9_-]{1,40}", source["uid"])
    assert (source["uid"], source["url"], source["isDefault"]) == ("prometheus", "${PROMETHEUS_URL}", True)
    assert source["jsonData"] == {
        "httpMethod": "POST",
        "prometheusType": "Prometheus",
        # What the queries of dashboards are checked with.
        "timeInterval": f"{SCRAPE_INTERVAL.seconds}s",
        "manageAlerts": True,
    }


def test_a_dollar_stands_only_before_a_variable_of_the_environment() -> None:
    files = FOLDER.rglob("*.yaml")
    values = [value for path in files for value in leaves(yaml.safe_load(path.read_text())) if "$" in str(value)]
    assert values == ["${PROMETHEUS_URL}"]


def test_the_provider() -> None:
    content = read("dashboards")
    assert content.keys() == {"apiVersion", "providers"}
    assert content["apiVersion"] == 1
    (provider,) = content["providers"]
    assert provider.keys() == PROVIDER
    assert (provider["type"], provider["allowUiUpdates"], provider["disableDeletion"]) == ("file", False, False)
    assert provider["updateIntervalSeconds"] == 30
    # With a folder of its own there are none made from the structure of files.
    assert (provider["orgId"], provider["folder"], provider["folderUid"]) == (1, "JobHive", "jobhive")
    assert provider["options"] == {"path": "/var/lib/grafana/dashboards/jobhive"}


def test_the_dashboards_are_what_a_provider_of_files_takes() -> None:
    """The classic schema, nothing that only the import dialog resolves, and no number of another Grafana."""
    for path in build.FOLDER.glob("*"):
        board = json.loads(path.read_text())
        assert path.suffix == ".json"
        assert board.keys().isdisjoint({"__inputs", "__requires", "apiVersion", "kind", "spec"})
        assert board.get("id") is None
        assert len(board["uid"]) <= 40
        assert "${DS_" not in path.read_text()


def test_no_alerting_is_provisioned() -> None:
    """To provision one notification policy replaces the whole tree of whoever has some already."""
    assert [path.name for path in FOLDER.iterdir() if path.name not in ("dashboards", "datasources")] == []


def test_the_page_says_where_to_mount_what() -> None:
    text = DOCS.read_text()
    (provider,) = read("dashboards")["providers"]
    assert provider["options"]["path"] in text
    for kind in ("dashboards", "datasources"):
        assert f"/etc/grafana/provisioning/{kind}/jobhive.yaml" in text
        assert f"/etc/grafana/provisioning/{kind}/jobhive.yaml" in next((FOLDER / kind).iterdir()).read_text()
    assert "PROMETHEUS_URL" in text


def leaves(node: Any) -> list[Any]:
    if isinstance(node, dict | list):
        return [leaf for child in (node.values() if isinstance(node, dict) else node) for leaf in leaves(child)]
    return [node]
