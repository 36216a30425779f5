"""Where the running controller's socket is. A Unix socket's path may have 107 bytes: a longer one goes by /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.settings import Settings

NAME = "assist.sock"
LONGEST = 100


def socket_path(settings: Settings) -> Path:
    """The socket by which programs on this computer open streams."""
    return settings.run_dir / NAME


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name of ``path`` that fits into a socket's address, for as long as the context lasts."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
