"""What an update waits for: people who are helped right now, and work that is under way."""

from __future__ import annotations

from pathlib import Path

from agent.files import read_text
from agent.tools import run
from agent.update.places import UNIT

CGROUP = Path("/sys/fs/cgroup")
WORK = ("recyclerie-job-*", "recyclerie-maintain-*")  # jobs; what maintain.yml runs
OURSELVES = "recyclerie-maintain-agent"  # its tag ``agent``, which runs this very program
STREAMS = ("sshd", "sshd-session", "sshd-auth", "x11vnc")  # what the agent starts for a stream


def busy(*, streams: bool) -> str:
    """Why not now; "" when nothing is in the way. ``streams`` counts sessions of maintenance too.

    What runs as somebody else than root in the agent's own group is a window of remote help, or x11vnc.
    """
    ran = run(["systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating", *WORK], seconds=30)
    units = [line.split()[0] for line in ran.out.splitlines() if line.split()]
    working = [unit for unit in units if not unit.startswith(OURSELVES)]
    if working:
        return f"{working[0]} is at work"
    for pid in _processes():
        name, uid = read_text(Path(f"/proc/{pid}/comm")), _uid(pid)
        if uid not in (None, 0) or name == "x11vnc":
            return "remote help is on"
        if streams and name in STREAMS:
            return "somebody works on this machine through its link"
    return ""


def _processes() -> list[int]:
    ran = run(["systemctl", "show", "--value", "--property=ControlGroup", UNIT], seconds=30)
    group = ran.out.strip()
    if not group:
        return []
    for root in (CGROUP, CGROUP / "unified", CGROUP / "systemd"):
        text = read_text(root / group.lstrip("/") / "cgroup.procs")
        if text:
            return [int(pid) for pid in text.split() if pid.isdigit()]
    return []


def _uid(pid: int) -> int | None:
    """Effective user; None when it has ended."""
    for line in read_text(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[2])
    return None
