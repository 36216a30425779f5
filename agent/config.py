"""Settings of the agent: ``/etc/recyclerie/agent.json``, written by the live image or by the install job."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from agent.errors import AgentError

DEFAULT_PATH = Path("/etc/recyclerie/agent.json")
PATH_VARIABLE = "RECYCLERIE_AGENT_CONFIG"
LIVE_SERVICES = ("ssh",)
RESIDENT_SERVICES = ("ssh", "screen")


@dataclass(frozen=True, kw_only=True)
class Config:
    """One agent's settings. Seconds are seconds; paths are absolute."""

    mode: Literal["live", "resident"]
    controller_url: str  # https://ADDRESS:PORT
    ca_file: Path  # the only authority the agent trusts
    token_file: Path  # 0600; live: this boot's token, resident: the machine's own
    state_dir: Path  # spool, status, boot secret
    jobs_dir: Path
    image_version: str = ""
    heartbeat_seconds: float = 30.0  # until the controller's welcome says otherwise
    health_seconds: float = 300.0  # between two health samples
    services: tuple[str, ...] = ()  # what the controller may open a stream to, by name
    proxy: str = "auto"  # auto: what the environment says; none; or http://HOST:PORT. Resident only
    source: Path | None = None  # the file it was read from
    # Tests only: chassis, drives and cards of a played PC. Where present, only these drives exist.
    rig: dict[str, Any] | None = field(default=None)


def load_config(path: Path | None = None) -> Config:
    """Read the settings. Raises AgentError naming the file and what is wrong with it."""
    path = path or Path(os.environ.get(PATH_VARIABLE) or DEFAULT_PATH)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise AgentError(
            f"The agent's settings {path} can't be read: {problem.strerror}.",
            hint="They are written when the live image boots, or by the install job.",
        ) from problem
    except ValueError as problem:
        raise AgentError(f"The agent's settings {path} are not JSON: {problem}.") from problem
    return replace(parse_config(raw, where=str(path)), source=path)


def load_config_if_any(path: Path | None = None) -> Config | None:
    """The same, or none: for what also works without. Raises AgentError where a file was named."""
    try:
        return load_config(path)
    except AgentError:
        if path is not None:
            raise
        return None


def parse_config(raw: Any, *, where: str = "the settings") -> Config:
    """Settings from their JSON form. Unknown keys are left for newer versions. Raises AgentError."""
    if not isinstance(raw, dict):
        raise AgentError(f"{where}: an object was expected.")
    mode = raw.get("mode", "live")
    if mode not in ("live", "resident"):
        raise AgentError(f"{where}: mode is {mode!r}.", hint="It must be 'live' or 'resident'.")
    url = str(raw.get("controller_url", "")).rstrip("/")
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise AgentError(f"{where}: controller_url is {url!r}.", hint="It must look like https://192.0.2.1:8443.")
    live = mode == "live"
    state_dir = raw.get("state_dir") or ("/run/recyclerie" if live else "/var/lib/recyclerie-agent")
    token_file = raw.get("token_file") or ("/run/recyclerie/token" if live else "/etc/recyclerie/token")
    rig = raw.get("rig")
    services = raw.get("services", list(LIVE_SERVICES if live else RESIDENT_SERVICES))
    if not isinstance(services, list) or not all(isinstance(name, str) for name in services):
        raise AgentError(f"{where}: services is {services!r}.", hint="It must be a list of names (ssh, screen).")
    return Config(
        mode=mode,
        controller_url=url,
        ca_file=Path(raw.get("ca_file") or "/etc/recyclerie/ca.crt"),
        token_file=Path(token_file),
        state_dir=Path(state_dir),
        jobs_dir=Path(raw.get("jobs_dir") or "/run/recyclerie/jobs"),
        image_version=str(raw.get("image_version") or ""),
        heartbeat_seconds=_seconds(raw, "heartbeat_seconds", 30.0, where),
        health_seconds=_seconds(raw, "health_seconds", 300.0 if live else 900.0, where),
        services=tuple(services),
        proxy="none" if live else str(raw.get("proxy") or "auto"),
        rig=rig if isinstance(rig, dict) else None,
    )


def _seconds(raw: dict[str, Any], key: str, default: float, where: str) -> float:
    value = raw.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        raise AgentError(f"{where}: the setting {key} is {value!r}.", hint="It must be a positive number of seconds.")
    return float(value)
