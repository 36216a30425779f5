"""Putting the resident agent into the installed system: always this agent, never an older one of the image."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import agent
from agent.errors import AgentError
from agent.jobs.target_root import TargetRoot
from agent.protocol_updates import PACKAGE as PACKAGE_NAME

PACKAGE = Path(agent.__file__).resolve().parent
PLACE = "usr/lib/recyclerie/agent"
COMMAND = "usr/bin/recyclerie-agent"
WRAPPER = '#!/bin/sh\nPYTHONPATH=/usr/lib/recyclerie exec /usr/bin/python3 -m agent "$@"\n'
UNIT = "recyclerie-agent.service"
TOKEN_FILE = "/etc/recyclerie/token"  # noqa: S105 - a path


def install_agent(root: TargetRoot) -> None:
    """Copy this agent's own code, its command and its unit; enable the unit. It is never updated by itself.

    For a controller that has no package of the agent (docs/updates.md).
    """
    place = root.inside(PLACE)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(PACKAGE, place, ignore=_only_ours, copy_function=shutil.copyfile)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    root.write(COMMAND, WRAPPER, mode=0o755)
    root.write(f"etc/systemd/system/{UNIT}", (PACKAGE / "systemd" / UNIT).read_text(encoding="utf-8"))
    root.link(f"etc/systemd/system/multi-user.target.wants/{UNIT}", f"/etc/systemd/system/{UNIT}")


KEPT = "var/lib/recyclerie-agent/update/kept.deb"  # where the updater looks for the way back


def install_package(root: TargetRoot, content: bytes, version: str) -> None:
    """Have the installed system's own dpkg install the agent's package, and keep the package for the way back.

    Raises AgentError: dpkg failed, or what it installed isn't that version.
    """
    place = root.inside("var/lib/recyclerie-agent")
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    kept = root.inside(KEPT)
    kept.parent.mkdir(exist_ok=True)
    kept.parent.chmod(0o700)
    kept.write_bytes(content)
    kept.chmod(0o600)
    root.run(["dpkg", "--force-confdef", "--force-confold", "--install", f"/{KEPT}"])
    query = ["dpkg-query", "--show", "--showformat=${Version} ${db:Status-Abbrev}", PACKAGE_NAME]
    said = root.run(query).out.strip()
    if said != f"{version} ii":
        raise AgentError(
            f"The installed system says that its agent is {said!r}, not {version}.",
            hint="Restart the controller, so that it makes the agent's package again; then start the install again.",
        )


def _only_ours(folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name == "__pycache__" or not (name.endswith((".py", ".service", ".po")) or (Path(folder) / name).is_dir())
    }


def configure_resident(
    root: TargetRoot,
    resident: dict[str, Any],
    *,
    image_version: str,
    profile: str,
    rig: dict[str, Any] | None,
) -> None:
    """Settings, authority, token and the controller's SSH key. Secrets are 0600 from the first moment."""
    url, ca_pem, token = (str(resident.get(key) or "") for key in ("controller_url", "ca_pem", "token"))
    if not url.startswith("https://") or "BEGIN CERTIFICATE" not in ca_pem or len(token) < 16:
        raise AgentError("The job came without the controller's address, authority or token.")
    settings: dict[str, Any] = {
        "mode": "resident",
        "controller_url": url,
        "ca_file": "/etc/recyclerie/ca.crt",
        "token_file": TOKEN_FILE,
        "state_dir": "/var/lib/recyclerie-agent",
        "image_version": image_version,
        "profile": profile,
        "machine_id": resident.get("machine_id"),
    }
    if rig is not None:
        settings["rig"] = rig
    root.write("etc/recyclerie/agent.json", json.dumps(settings, indent=1) + "\n")
    root.write("etc/recyclerie/ca.crt", ca_pem.rstrip("\n") + "\n")
    root.write(TOKEN_FILE, token + "\n", mode=0o600)
    keys = [str(key).strip() for key in resident.get("authorized_keys") or []]
    if any("\n" in key for key in keys):
        raise AgentError("An authorised SSH key has more than one line.")
    root.write("root/.ssh/authorized_keys", "".join(f"{key}\n" for key in keys), mode=0o600)
    root.inside("root/.ssh").chmod(0o700)
