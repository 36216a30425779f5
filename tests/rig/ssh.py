"""Logging in to a rig PC as root, its host key pinned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .command import quietly, run


@dataclass(frozen=True)
class Login:
    """One way in: address, private key, the expected host key (``ssh-ed25519 AAAA…``)."""

    address: str
    key: Path
    host_key: str
    known_hosts: Path

    def argv(self, *command: str) -> list[str]:
        """The ssh command line; writes the known_hosts file it names."""
        self.known_hosts.write_text(f"{self.address} {self.host_key}\n")
        options = {
            "UserKnownHostsFile": self.known_hosts,
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": 5,
            "LogLevel": "ERROR",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", "-i", str(self.key), *words, f"root@{self.address}", *command]

    def run(self, *command: str, timeout: float = 60) -> str:
        """Standard output of the command."""
        return run(*self.argv(*command), timeout=timeout, hint="read the PC's console file")

    def answers(self) -> bool:
        """Whether a command runs now."""
        return quietly(*self.argv("true"), timeout=15)
