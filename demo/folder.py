"""The folder of a demo: ours alone, and used by one demo at a time."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from demo.errors import DemoError

LOCK = "lock"


@dataclass(frozen=True)
class Account:
    """The user and group a server runs as."""

    uid: int
    gid: int


def claim(folder: Path, mode: int) -> TextIO:
    """Make the folder with this mode, refuse one that is not ours, and hold its lock until the file is closed."""
    _make(folder)
    lock = _lock(folder)
    folder.chmod(mode)
    return lock


def make_private(folder: Path, account: Account | None) -> None:
    """Make a folder inside ours that only the server's account (None: we ourselves) and root can enter."""
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def remove(folder: Path) -> None:
    """Delete a folder inside ours with all it holds, if there is one."""
    if folder.exists():
        shutil.rmtree(folder)


def first_closed(folder: Path, account: Account) -> Path | None:
    """The topmost existing parent of the folder that the account cannot pass through."""
    parents = [parent for parent in reversed(folder.parents) if parent.exists()]
    return next((parent for parent in parents if not _passable(parent, account)), None)


def _make(folder: Path) -> None:
    if folder.is_symlink():
        raise DemoError(f"{folder} is a symbolic link; pass --data-dir with the folder itself")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"cannot make {folder} ({error.strerror}); pass --data-dir with another folder") from error
    # Not followed, should somebody have put a link there meanwhile: the link is theirs.
    owner = folder.lstat().st_uid
    if owner != os.geteuid():
        raise DemoError(
            f"{folder} belongs to user {owner} and you are user {os.geteuid()}; pass --data-dir with another folder"
        )
    # We change modes and delete below the folder: never do that to a home directory passed by mistake.
    names = {path.name for path in folder.iterdir()}
    if names and LOCK not in names:
        raise DemoError(f"{folder} holds files of something else; pass --data-dir with a new or an empty folder")


def _lock(folder: Path) -> TextIO:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    lock = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = lock.read().strip()
        lock.close()
        raise DemoError(
            f"another demo is running in {folder} (process {holder}); stop it, or pass --data-dir"
        ) from None
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _passable(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
