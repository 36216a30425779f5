"""What the agent says of the machine when it announces it: boot, chassis, cards, host keys."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from agent import VERSION
from agent.collectors.chassis import collect_chassis
from agent.collectors.firmware import firmware_type, secure_boot
from agent.collectors.network import collect_network
from agent.config import Config
from agent.files import read_json, read_text, write_json
from agent.protocol import PROTOCOL_VERSION, Announcement


def boot_id(root: Path = Path("/")) -> str:
    """The kernel's number for this boot. Containers share the host's: a played PC has its own file."""
    return read_text(root / "proc/sys/kernel/random/boot_id")


def boot_secret(state_dir: Path, boot: str) -> str:
    """This boot's secret, the same when the agent is restarted, new after each boot; 64 hex digits.

    Whoever knows it can claim the token of this machine: the file is 0600.
    """
    path = state_dir / "boot.json"
    kept = read_json(path)
    if kept and kept.get("boot_id") == boot and len(str(kept.get("secret", ""))) >= 64:
        return str(kept["secret"])
    secret = secrets.token_hex(32)
    write_json(path, {"boot_id": boot, "secret": secret}, mode=0o600)
    return secret


def ssh_host_keys(folder: Path = Path("/etc/ssh")) -> list[str]:
    """The public host keys of this system, without their comments."""
    keys = []
    for path in sorted(folder.glob("ssh_host_*_key.pub")):
        words = read_text(path).split()
        if len(words) >= 2:
            keys.append(" ".join(words[:2]))
    return keys


def host_key_folder(config: Config) -> Path:
    """Where this system's SSH host keys are; a played PC has its own."""
    played = (config.rig or {}).get("ssh_host_key")
    return Path(played).parent if played else Path("/etc/ssh")


def announcement(config: Config, root: Path = Path("/")) -> Announcement:
    """The body of the announcement, from what the machine shows at this moment."""
    problems: list[str] = []  # the inventory tells them; here only what was found counts
    boot = str((config.rig or {}).get("boot_id") or boot_id(root))
    return Announcement(
        protocol=PROTOCOL_VERSION,
        mode=config.mode,
        boot_id=boot,
        boot_secret=boot_secret(config.state_dir, boot),
        agent_version=VERSION,
        image_version=config.image_version,
        chassis=collect_chassis(root, problems, rig=config.rig),
        nics=collect_network(root, problems, rig=config.rig),
        ssh_host_keys=ssh_host_keys(host_key_folder(config)),
        firmware=firmware_type(root),
        secure_boot=secure_boot(root),
        hostname=socket.gethostname(),
    )
