"""What kustomize makes of a folder: as much of it as deploy/kubernetes needs, and no hash after the names of what it generates.

kustomize itself is in no registry that the tests may use. `make kubernetes-check` holds this against `kubectl kustomize`
where there is one: that it renders the same is what the tests here stand on.
"""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.dockerfile import ROOT

OVERLAYS = ("minimal", "prometheus-operator", "existing-secret")
FOLDER = ROOT / "deploy" / "kubernetes"
KNOWN = {
    "apiVersion",
    "kind",
    "labels",
    "resources",
    "images",
    "patches",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
}
HASH = re.compile("^(jobhive-exporter)-[bcdfghkmt0-9]{10}$")
Manifest = dict[str, Any]


def rendered(overlay: str) -> list[Manifest]:
    """Return the manifests of an overlay."""
    return _render(FOLDER / "overlays" / overlay)


def _render(folder: Path) -> list[Manifest]:
    own = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert own.keys() <= KNOWN, f"{folder}: the renderer knows no {sorted(own.keys() - KNOWN)}"
    found: list[Manifest] = []
    for name in own.get("resources", ()):
        path = folder / name
        found += _render(path) if path.is_dir() else yaml.safe_load_all(path.read_text())
    for made in _generated(own, folder):
        same = [one for one in found if _id(one) == _id(made)]
        for one in same:
            one["data"] = made["data"]
        found += [] if same else [made]
    for patch in own.get("patches", ()):
        found = _patched(found, patch)
    _label(found, own.get("labels", ()))
    for image in own.get("images", ()):
        _name_image(found, image)
    return found


def _generated(own: Mapping[str, Any], folder: Path) -> Iterable[Manifest]:
    options = own.get("generatorOptions", {})
    extra = {key: options[key] for key in ("labels", "annotations") if key in options}
    for one in own.get("configMapGenerator", ()):
        data = {Path(name).name: (folder / name).read_text() for name in one["files"]}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": one["name"], **extra}, "data": data}
    for one in own.get("secretGenerator", ()):
        lines = [line.partition("=") for name in one["envs"] for line in (folder / name).read_text().splitlines()]
        data = {key: base64.b64encode(value.encode()).decode() for key, _, value in lines}
        yield {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": one["name"]}, "type": "Opaque", "data": data}


def _id(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


def _patched(manifests: list[Manifest], patch: Mapping[str, Any]) -> list[Manifest]:
    target = patch["target"]
    chosen = [one for one in manifests if _id(one) == (target["kind"], target["name"])]
    assert chosen, f"nothing to patch: {target}"
    operations = yaml.safe_load(patch["patch"])
    if isinstance(operations, dict):
        assert operations["$patch"] == "delete"
        return [one for one in manifests if one not in chosen]
    for one in chosen:
        for operation in operations:
            _apply(one, operation)
    return manifests


def _apply(manifest: Manifest, operation: Mapping[str, Any]) -> None:
    *parents, last = operation["path"].strip("/").split("/")
    place: Any = manifest
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if operation["op"] == "add" and last == "-":
        place.append(operation["value"])
        return
    key = int(last) if isinstance(place, list) else last
    assert operation["op"] in ("remove", "replace")
    place[key]
    if operation["op"] == "remove":
        del place[key]
    else:
        place[key] = operation["value"]


def _label(manifests: Iterable[Manifest], rules: Iterable[Mapping[str, Any]]) -> None:
    for rule in rules:
        for one in manifests:
            one["metadata"].setdefault("labels", {}).update(rule["pairs"])
            if rule.get("includeTemplates") and "template" in one.get("spec", {}):
                one["spec"]["template"]["metadata"].setdefault("labels", {}).update(rule["pairs"])


def _name_image(manifests: Iterable[Manifest], image: Mapping[str, str]) -> None:
    for one in manifests:
        if one["kind"] == "Deployment":
            for container in one["spec"]["template"]["spec"]["containers"]:
                if container["image"] == image["name"]:
                    container["image"] = f"{image['newName']}:{image['newTag']}"


def _comparable(manifests: Iterable[Manifest]) -> list[str]:
    """Without the hashes, and in an order."""
    return sorted(json.dumps(_plain(one), sort_keys=True, indent=1) for one in manifests)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        # kustomize breaks long values in base64.
        return HASH.sub(r"\1", node.replace("\n", "") if re.fullmatch(r"[A-Za-z0-9+/=\n]{60,}", node) else node)
    return node


if __name__ == "__main__":
    for each in OVERLAYS:
        command = ["kubectl", "kustomize", str(FOLDER / "overlays" / each)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ours, theirs = _comparable(rendered(each)), _comparable(yaml.safe_load_all(said))
        if ours != theirs:
            sys.exit(f"{each}: not what kubectl kustomize makes of it:\n" + "\n".join(set(ours) ^ set(theirs)))
        sys.stdout.write(f"{each}: {len(ours)} manifests, as kubectl kustomize renders them\n")
