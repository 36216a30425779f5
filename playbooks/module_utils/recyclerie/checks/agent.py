"""The resident agent runs and is linked to the controller."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed, run

SETTINGS = Path("/etc/recyclerie/agent.json")
UNIT = "recyclerie-agent.service"


def read_status(settings: Path = SETTINGS) -> dict[str, Any]:
    """What the agent last wrote about itself: state (``linked`` when connected), message, since, tag."""
    try:
        folder = json.loads(settings.read_text()).get("state_dir") or "/var/lib/recyclerie-agent"
        status = json.loads((Path(folder) / "status.json").read_text())
    except (OSError, ValueError):
        return {}
    return status if isinstance(status, dict) else {}


def check(options: Mapping[str, Any]) -> Outcome:
    """Its unit is active and its link stands, if need be after ``wait_seconds`` (default 60)."""
    deadline = time.monotonic() + float(options.get("wait_seconds", 60))
    while True:
        active = run(["systemctl", "is-active", UNIT]).last_line
        status = read_status()
        state = str(status.get("state") or "unknown")
        if active == "active" and state == "linked":
            return passed(f"the agent is linked to {status.get('controller_url') or 'its controller'}")
        if time.monotonic() > deadline:
            said = f" ({status['message']})" if status.get("message") else ""
            return failed(f"{UNIT} is {active}, its link is {state}{said}: see `journalctl -u {UNIT}` on the machine.")
        time.sleep(1)
