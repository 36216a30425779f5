"""Where the updater keeps what, and how patient it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.files import read_json

CODE = Path("/usr/lib/recyclerie")
KEYRING = Path("/usr/share/recyclerie/agent-keyring.asc")
UNIT = "recyclerie-agent.service"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders and files. ``state`` survives everything, ``cache`` may be emptied, ``run`` is gone after a restart."""

    state: Path
    cache: Path = Path("/var/cache/recyclerie-agent")
    run: Path = Path("/run/recyclerie-update")

    @property
    def journal(self) -> Path:
        """The update that is under way. The units look for it too: see recyclerie-agent-mend.service."""
        return self.state / "under-way.json"

    @property
    def memory(self) -> Path:
        """What is known from earlier times: versions that failed, what came of the last look."""
        return self.state / "memory.json"

    @property
    def kept(self) -> Path:
        """The package of the version that works."""
        return self.state / "kept.deb"

    @property
    def new(self) -> Path:
        """The package of the version that is being tried."""
        return self.state / "new.deb"

    @property
    def code(self) -> Path:
        """The updater's own code while an update is under way: the installed one may be half written then."""
        return self.state / "code"

    @property
    def outgoing(self) -> Path:
        """What the agent has to tell the controller."""
        return self.state / "outgoing"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds. Key ``update`` of the agent's settings."""

    prove: float = 600.0  # for the new agent to be welcomed by the controller
    settle: float = 30.0  # it must then stay so
    lock: float = 600.0  # for whatever else installs packages
    busy: float = 3600.0  # for sessions and jobs to end
    poll: float = 2.0
    room_bytes: int = 50_000_000  # free on the disk, or nothing is begun


def places_of(config: Config) -> Places:
    """As this machine has them."""
    return Places(state=config.state_dir / "update")


def patience_of(config: Config) -> Patience:
    """As the settings say; what they don't know is left out."""
    raw: Any = (read_json(config.source) or {}).get("update") if config.source else None
    known = Patience.__dataclass_fields__
    said = raw if isinstance(raw, dict) else {}
    given: dict[str, Any] = {k: v for k, v in said.items() if k in known and isinstance(v, int | float)}
    return Patience(**given)
