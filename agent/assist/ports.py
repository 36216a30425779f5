"""Whether a process listens on the network: x11vnc is told not to, and is looked after all the same."""

from __future__ import annotations

import contextlib
from pathlib import Path

LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp


def listens_on_network(pid: int) -> bool:
    """Whether the process has a listening TCP socket, of either family."""
    own = set()
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False  # it has ended
    for descriptor in descriptors:
        with contextlib.suppress(OSError):  # closed meanwhile
            name = str(descriptor.readlink())
            if name.startswith("socket:["):
                own.add(name[len("socket:[") : -1])
    for family in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]
        except OSError:
            continue
        if any(line.split()[3] == LISTENS and line.split()[9] in own for line in lines):
            return True
    return False
