"""The provisioning files are what Grafana 10 to 13 read, as they are."""

import re
from pathlib import Path
from typing import Any

import yaml

from dashboards import build

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
    assert source["jsonData"].keys() == {"httpMethod", "prometheusType", "timeInterval", "manageAlerts"}
    assert source["jsonData"]["httpMethod"] == "POST"


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
    assert provider["updateIntervalSeconds"] > 10
    assert provider["options"].keys() == {"path"}


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
