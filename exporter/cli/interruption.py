"""Ctrl-C where Python cannot be interrupted: a driver that waits for a server does so outside of it."""

import os
import signal
import socket
import threading
import time

INTERRUPTED = 130
# What is in Python's hands tidies up and ends sooner; files are whole at any time.
GRACE_SECONDS = 1.0


def end_soon_on_interrupt() -> None:
    """Make Ctrl-C end the process within the grace, whatever it waits for. Not for those that have others to stop."""
    ours, signals = socket.socketpair()
    signals.setblocking(False)
    signal.set_wakeup_fd(signals.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(ours,), daemon=True).start()


def _watch(ours: socket.socket) -> None:
    while ours.recv(1) != bytes([signal.SIGINT]):
        pass
    time.sleep(GRACE_SECONDS)
    os._exit(INTERRUPTED)
