"""Makes of an image what a runtime of containers runs (`config.json`), as strict as deploy/compose.yaml is.

`buildah inspect` | bundle.py ROOT STATE [NAME=VALUE...], where ROOT is the mounted image and STATE becomes its volume;
`buildah inspect` | bundle.py --healthcheck prints the words of the health check, each ended by a zero byte.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

KERNEL = {"proc": "proc", "sysfs": "sys", "tmpfs": "dev"}


def config(image: Mapping[str, Any], root: str, state: str, environ: Sequence[str]) -> dict[str, Any]:
    """Return the configuration: no capabilities, nothing to write but the volume, the network of the host."""
    user, _, group = image["User"].partition(":")
    (volume,) = image["Volumes"]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": int(user), "gid": int(group)},
            "args": image["Entrypoint"],
            "env": [*image["Env"], *environ],
            "cwd": image["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": root, "readonly": True},
        "mounts": [
            *({"destination": f"/{place}", "type": kind, "source": kind} for kind, place in KERNEL.items()),
            {"destination": volume, "type": "bind", "source": state, "options": ["rbind", "rw", "nosuid", "nodev"]},
        ],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
    }


if __name__ == "__main__":
    inspected = json.load(sys.stdin)["Docker"]["config"]
    if sys.argv[1] == "--healthcheck":
        kind, *words = inspected["Healthcheck"]["Test"]
        sys.stdout.write("".join(f"{word}\0" for word in words))
    else:
        json.dump(config(inspected, sys.argv[1], sys.argv[2], sys.argv[3:]), sys.stdout)
