"""One boot of a PC: systemd-nspawn over a root folder, from start to the end of its PID 1.

nspawn ends with 133 when the system inside rebooted and with 0 when it powered off; what boots next is the
supervisor's choice, as the firmware's and the boot server's on a real PC.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from .cgroup import RigCgroup
from .command import RigError

REBOOTED = 133
CAPABILITIES = "CAP_SYS_ADMIN,CAP_NET_ADMIN,CAP_SYS_RAWIO"


class Boot:
    """A running system. ``binds`` are device nodes, ``read_only`` are files shown over those of the root."""

    def __init__(
        self,
        name: str,
        root: Path,
        cgroup: RigCgroup,
        console: Path,
        binds: list[str],
        read_only: dict[Path, str],
    ) -> None:
        argv = ["systemd-nspawn", "--directory", str(root), "--boot", "--register=no", "--keep-unit"]
        argv += ["--machine", name, f"--network-namespace-path=/run/netns/{name}"]
        argv += ["--drop-capability=CAP_MKNOD", f"--capability={CAPABILITIES}", "--console=read-only"]
        argv += ["--resolv-conf=off", "--timezone=off", "--link-journal=no"]
        argv += [f"--bind={bind}" for bind in binds]
        argv += [f"--bind-ro={file}:{place}" for file, place in read_only.items()]
        self.root = root
        self.cgroup = cgroup
        with console.open("ab") as output:
            self.process = subprocess.Popen(
                cgroup.wrap(argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the system still runs."""
        return self.process.poll() is None

    def leader(self) -> int:
        """Process id, on the host, of the system's PID 1."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if not children:
            raise RigError(f"{self.root}: nothing runs in it", "read the PC's console file")
        return int(children[0])

    def wait(self, timeout: float | None = None) -> int:
        """Exit status of the boot; :data:`REBOOTED` when the system asked for another one."""
        return self.process.wait(timeout)

    def shut_down(self, timeout: float = 30) -> None:
        """Asks the system to halt, as the power button does; pulls the plug when it doesn't within ``timeout``."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.pull_plug()

    def pull_plug(self) -> None:
        """Ends every process at once: no service gets a chance to write anything."""
        self.cgroup.kill()
        self.process.wait(10)
