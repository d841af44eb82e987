"""Prints the layers of an image, as the Dockerfile declares them, with their sizes: `buildah inspect` | layers.py FILE.

FILE is the list of layers in buildah's storage, which knows what each of them holds uncompressed.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WIDTH = 100


def lines(image: Mapping[str, Any], sizes: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each layer, and what they are together."""
    digests = iter(image["OCIv1"]["rootfs"]["diff_ids"])
    total = 0
    for step in image["OCIv1"]["history"]:
        size = 0 if step.get("empty_layer") else sizes[next(digests)]
        total += size
        yield f"{size / 1e6:8.1f} MB  {_shown(step.get('created_by', ''))}"
    yield f"{total / 1e6:8.1f} MB  together"


def _shown(instruction: str) -> str:
    text = " ".join(instruction.removeprefix("/bin/sh -c").replace("#(nop)", "").split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


if __name__ == "__main__":
    known = {layer["diff-digest"]: layer["diff-size"] for layer in json.loads(Path(sys.argv[1]).read_text())}
    sys.stdout.writelines(f"{line}\n" for line in lines(json.load(sys.stdin), known))
