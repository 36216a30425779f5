"""From the updater's reports into the agent's spool."""

from __future__ import annotations

import logging
from pathlib import Path

from agent.files import read_json
from agent.link.outbox import Outbox
from agent.protocol_updates import UPDATE_DONE, UPDATE_ROLLED_BACK

log = logging.getLogger("agent.update")


def send_reports(state_dir: Path, outbox: Outbox) -> None:
    """Leave each in the outbox once. A kill between the two steps sends it twice under one name: that is harmless."""
    folder = state_dir / "update" / "outgoing"
    try:
        files = sorted(folder.glob("*.json"))
    except OSError:
        return
    for file in files:
        said = read_json(file) or {}
        if said.get("kind") in (UPDATE_DONE, UPDATE_ROLLED_BACK) and isinstance(said.get("body"), dict):
            outbox.keep(said["kind"], said["body"], message_id=f"update:{file.stem}")
        else:
            log.warning("%s is no report of an update; it is dropped", file)
        file.unlink(missing_ok=True)
