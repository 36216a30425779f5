"""Does the new agent work? Its own test, then: it runs, and the controller has welcomed it under its version."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent.config import Config
from agent.files import read_json
from agent.protocol_updates import UpdateCode
from agent.tools import run
from agent.update.places import CODE, UNIT, Patience


def self_test(version: str) -> str:
    """What the installed code says of itself; "" when all is well. It must be able to update itself again."""
    environment = f"PYTHONPATH={CODE}"
    ran = run(["env", environment, sys.executable, "-m", "agent.update", "self-test"], seconds=120)
    if not ran.ok:
        return ran.explain()
    said = ran.out.strip()
    return "" if said == version else f"it says that it is {said or 'nothing'}"


def check_self() -> None:
    """Load everything that keeps this machine within reach, and read all the rest. Raises whatever is wrong with it."""
    import agent.cli
    import agent.link.connection
    import agent.service
    import agent.services.listed
    import agent.update.updater

    for path in sorted(Path(agent.cli.__file__).parent.rglob("*.py")):
        compile(path.read_bytes(), str(path), "exec")


class Unit:
    """The agent's service, as systemd sees it."""

    def state(self) -> tuple[bool, int, int]:
        """Whether it is active, its main process, how often systemd started it again."""
        names = "ActiveState,MainPID,NRestarts"
        ran = run(["systemctl", "show", f"--property={names}", UNIT], seconds=30)
        values = dict(line.split("=", 1) for line in ran.out.splitlines() if "=" in line)
        number = {name: int(values.get(name) or 0) for name in ("MainPID", "NRestarts")}
        return values.get("ActiveState") == "active", number["MainPID"], number["NRestarts"]

    def restart(self) -> None:
        """Start it, whatever it did before."""
        run(["systemctl", "reset-failed", UNIT], seconds=60)
        run(["systemctl", "restart", UNIT], seconds=120)


def prove(config: Config, version: str, patience: Patience, stopped: Callable[[], bool]) -> tuple[UpdateCode, str]:
    """("", "") once the agent of that version was linked for ``settle`` seconds without a restart; else why not."""
    wrong = self_test(version)
    if wrong:
        return "broken", wrong
    unit = Unit()
    until = time.monotonic() + patience.prove
    linked_since: tuple[float, int] | None = None  # when, and which process
    stayed = False
    first = last = unit.state()
    while time.monotonic() < until and not stopped():
        last = unit.state()
        active, pid, _ = last
        now = time.monotonic()
        if active and pid and is_linked(config.state_dir / "status.json", version, pid):
            if linked_since is None or linked_since[1] != pid:
                linked_since = (now, pid)
            elif now - linked_since[0] >= patience.settle:
                return "", ""
        else:
            linked_since = None
        stayed = active and last[2] == first[2]
        time.sleep(patience.poll)
    restarts = last[2] - first[2]
    if not stayed or not last[0]:
        return "not-started", f"the service did not stay up: systemd started it again {restarts} times"
    said = read_json(config.state_dir / "status.json") or {}
    state = f"{said.get('state', 'nothing')} {said.get('message', '')}".strip()
    return "not-linked", f"after {patience.prove:.0f} s: {state}"


def is_linked(status: Path, version: str, pid: int) -> bool:
    """Whether that very process, of that version, says that the controller has welcomed it."""
    said = read_json(status) or {}
    return (said.get("state"), said.get("agent_version"), said.get("pid")) == ("linked", version, pid)


def self_version() -> str:
    """The version of this code."""
    from agent import VERSION

    return VERSION


def no_byte_code() -> None:
    """The updater's own copy leaves nothing behind."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
