"""Maintenance: an sshd of the agent's own, started for one stream, on a socket pair. No port is ever open.

It takes one kind of key only, from a file of its own (``maintenance_keys``) that the workshop wrote when it sealed the
system and that the system's other sshd, which stays disabled, never reads. See docs/adr/0007.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.files import write_text
from agent.protocol_streams import FAILED, NOT_NOW
from agent.services.base import Door, Refused

SSHD = "/usr/sbin/sshd"
PRIVILEGE_FOLDER = Path("/run/sshd")  # sshd's own; systemd makes it only for the unit, which is disabled
SAID_BYTES = 4096

# Written before each use, read by no other sshd. UsePAM: the session is the system's business then (limits, a scope of
# its own), and root's locked password is no hurdle.
CONFIG = """\
HostKey {host_key}
AuthorizedKeysFile {keys}
AllowUsers root
PermitRootLogin prohibit-password
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
GSSAPIAuthentication no
UsePAM {pam}
DisableForwarding yes
PermitTunnel no
PermitUserEnvironment no
PermitUserRC no
AcceptEnv LANG LC_*
UseDNS no
PidFile none
PrintMotd no
PrintLastLog no
LoginGraceTime 60
MaxAuthTries 3
MaxSessions 10
ClientAliveInterval 30
ClientAliveCountMax 6
Subsystem sftp internal-sftp
"""


class Sshd:
    """Starts one sshd for each stream. Paths are where the installed system has them."""

    def __init__(self, *, keys: Path, host_key: Path, config: Path, sshd: str = SSHD, pam: bool = True) -> None:
        self.keys, self.host_key, self.config, self.sshd, self.pam = keys, host_key, config, sshd, pam

    async def open(self, _: dict[str, Any]) -> Door:
        """One sshd that talks to one socket. Raises Refused."""
        if not self.keys.is_file() or not self.keys.read_text(errors="replace").strip():
            raise Refused(
                "This machine takes no maintenance key.",
                NOT_NOW,
                hint="It is put in when the workshop seals the system, and taken out when the machine is given back.",
            )
        if shutil.which(self.sshd) is None:
            raise Refused("openssh-server is not installed on this machine.", FAILED, hint="Install it again.")
        PRIVILEGE_FOLDER.mkdir(mode=0o755, exist_ok=True)
        text = CONFIG.format(host_key=self.host_key, keys=self.keys, pam="yes" if self.pam else "no")
        write_text(self.config, text, mode=0o600)
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                self.sshd,
                "-i",
                "-f",
                str(self.config),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            )
        except OSError as problem:
            ours.close()
            raise Refused(f"sshd can't be started: {problem.strerror}.", FAILED) from problem
        finally:
            theirs.close()
        ours.setblocking(False)
        return Door(ours, process, _last_words(process))


def _last_words(process: asyncio.subprocess.Process) -> Callable[[], str]:
    """Collects what sshd says on its error output, bounded; it tells there why it did not even begin."""
    heard = bytearray()

    async def listen(stream: asyncio.StreamReader) -> None:
        while data := await stream.read(1024):
            heard.extend(data)
            del heard[:-SAID_BYTES]

    # The task is kept by the closure for as long as the door is.
    task = asyncio.create_task(listen(process.stderr)) if process.stderr is not None else None

    def said() -> str:
        lines = [line.strip() for line in heard.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines and task is not None else ""

    return said
