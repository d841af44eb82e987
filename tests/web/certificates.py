"""Certificates made by the openssl command, and the programs that speak to us as strangers would."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple


class Issued(NamedTuple):
    """A certificate and its key."""

    cert: Path
    key: Path


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"the program {name} is missing, and the tests of access need it; install it (apt-get install {name})"
    return found


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run([program("openssl"), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def authority(folder: Path, name: str, *, signer: Issued | None = None) -> Issued:
    return issue(folder, name, signer, "basicConstraints=critical,CA:TRUE")


def server(folder: Path, name: str, signer: Issued) -> Issued:
    return issue(folder, name, signer, "subjectAltName=DNS:localhost,IP:127.0.0.1")


def client(folder: Path, name: str, signer: Issued, *names: str) -> Issued:
    return issue(folder, name, signer, *([f"subjectAltName={','.join(names)}"] if names else []))


def issue(folder: Path, name: str, signer: Issued | None, *extensions: str) -> Issued:
    """Make a key and a certificate of it, signed by another one or by itself."""
    made = Issued(folder / f"{name}.crt", folder / f"{name}.key")
    options: list[str | Path] = ["-CA", signer.cert, "-CAkey", signer.key] if signer else []
    for extension in extensions:
        options += ["-addext", extension]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    if name.startswith("rsa"):
        kind = ["-newkey", "rsa:2048"]
    subject = ["-subj", f"/CN={name}", "-days", "2", "-nodes"]
    openssl("req", "-x509", *kind, *subject, "-keyout", made.key, "-out", made.cert, *options)
    return made
