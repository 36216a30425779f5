"""What the workshop puts into a live system: the controller's address and CA, the SSH keys, the agent's settings.

On a real PC an initramfs script writes these files from ``site.cpio``; here the rig writes them before the start.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The workshop as ``/recyclerie/site.json`` describes it."""

    controller_url: str
    ca_pem: str = ""
    authorized_keys: tuple[str, ...] = ()
    image_version: str = "rig"

    @classmethod
    def from_json(cls, site: dict[str, Any]) -> Site:
        """From the controller's own ``site.json``."""
        return cls(
            controller_url=site["controller_url"],
            ca_pem=site["ca_pem"],
            authorized_keys=tuple(site["authorized_keys"]),
        )


def chassis(number: int, bench: str, **changes: str) -> dict[str, str]:
    """A chassis as SMBIOS tells it (protocol.Chassis), different for each PC unless ``changes`` says otherwise."""
    facts = {
        "system_uuid": f"4c4c4544-00{number % 100:02d}-4d10-8036-b7c04f{bench:0>6}",
        "system_serial": f"RIG{bench.upper()}{number:03d}",
        "board_serial": f"/RIG{bench.upper()}{number:03d}/CN1296363A0123/",
        "chassis_serial": f"RIG{bench.upper()}{number:03d}",
        "manufacturer": "Dell Inc.",
        "product": "OptiPlex 7010",
        "version": "01",
        "sku": "OptiPlex 7010",
        "asset_tag": "",
        "chassis_type": "3",
    }
    return facts | changes


def agent_settings(site: Site, rig: dict[str, Any]) -> dict[str, Any]:
    """``agent.json`` of a live system in the rig."""
    return {
        "mode": "live",
        "controller_url": site.controller_url,
        "ca_file": "/etc/recyclerie/ca.crt",
        "token_file": "/run/recyclerie/token",
        "state_dir": "/run/recyclerie",
        "image_version": site.image_version,
        "rig": rig,
    }


def write_site(root: Path, site: Site, rig: dict[str, Any]) -> None:
    """Writes the site's files into a live root, as the image's initramfs does."""
    folder = root / "etc" / "recyclerie"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agent.json").write_text(json.dumps(agent_settings(site, rig), indent=1))
    (folder / "ca.crt").write_text(site.ca_pem)
    ssh = root / "root" / ".ssh"
    ssh.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = ssh / "authorized_keys"
    keys.write_text("".join(f"{key}\n" for key in site.authorized_keys))
    keys.chmod(0o600)


def install_agent(root: Path) -> None:
    """Puts this checkout's agent into the live root, so that tests run the code as it is now."""
    source = REPOSITORY / "agent"
    target = root / "usr" / "lib" / "recyclerie" / "agent"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    wrapper = root / "usr" / "bin" / "recyclerie-agent"
    wrapper.write_text('#!/bin/sh\nPYTHONPATH=/usr/lib/recyclerie exec python3 -m agent "$@"\n')
    wrapper.chmod(0o755)
    unit = source / "systemd" / "recyclerie-agent.service"
    if unit.exists():
        units = root / "etc" / "systemd" / "system"
        shutil.copy(unit, units / unit.name)
        wants = units / "multi-user.target.wants"
        wants.mkdir(exist_ok=True)
        (wants / unit.name).unlink(missing_ok=True)
        (wants / unit.name).symlink_to(f"/etc/systemd/system/{unit.name}")
