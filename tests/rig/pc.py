"""A PC of the fast rig: boots the live root file system, or what was written to its own disk, in about a second."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from .boot import REBOOTED, Boot
from .cgroup import RigCgroup
from .command import RigError, quietly, run
from .disk import RigDisk
from .network import Bench
from .requirements import live_rootfs
from .site import Site, chassis, install_agent, write_site
from .ssh import Login

Source = Literal["live", "disk"]
HOST_KEY = "etc/ssh/ssh_host_ed25519_key.pub"


class RigPC:
    """One PC on a bench. A context manager: leaving it switches the PC off and gives everything back."""

    def __init__(
        self,
        bench: Bench,
        disks: list[RigDisk],
        *,
        site: Site | None = None,
        rootfs: Path | None = None,
        chassis_facts: dict[str, str] | None = None,
        with_agent: bool = True,
    ) -> None:
        self.bench = bench
        self.number = bench.next_number()
        self.name = f"{bench.name}-{self.number}"
        self.folder = bench.folder / str(self.number)
        self.disks = disks
        self.site = site or Site(controller_url=f"https://{bench.address}:8443")
        self.rootfs = rootfs or live_rootfs()
        self.chassis = chassis_facts or chassis(self.number, bench.id)
        self.with_agent = with_agent
        self.mac = f"52:54:00:{bench.id[:2]}:{bench.id[2:]}:{self.number:02x}"
        self.address = f"{bench.subnet}.{9 + self.number}"
        self.console = self.folder / "console.log"
        self.source: Source | None = None  # what runs now; None: switched off
        self.boots: list[Source] = []
        self._boot: Boot | None = None
        self._cgroup = RigCgroup(self.name)
        self._lock = threading.RLock()
        self._supervisor: threading.Thread | None = None
        self._closed = threading.Event()

    # -- making and unmaking ------------------------------------------------------------------------------
    def __enter__(self) -> RigPC:
        self.folder.mkdir()
        try:
            self._join_network()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switches off and gives back namespace, control group and loop devices; the console file stays."""
        self._closed.set()
        self.power_off()
        if self._supervisor:
            self._supervisor.join(timeout=30)
        for disk in self.disks:
            disk.detach()
        quietly("ip", "netns", "delete", self.name)
        quietly("ip", "link", "delete", self.name)
        self._cgroup.remove()

    def _join_network(self) -> None:
        run("ip", "netns", "add", self.name)
        peer = ("peer", "name", "eth0", "address", self.mac, "netns", self.name)
        run("ip", "link", "add", self.name, "type", "veth", *peer)
        run("ip", "link", "set", self.name, "master", self.bench.name, "up")
        self.bench.reserve(self.mac, self.address)

    # -- the power button ---------------------------------------------------------------------------------
    def power_on(self) -> None:
        """Boots the live system from the network: a fresh overlay, as the memory of a PC that was off."""
        with self._lock:
            self._must_be_off()
            root = self._live_root()
            self._start("live", root, {})

    def boot_from_disk(self) -> None:
        """Boots what was written to the first disk: its root partition itself, without any overlay."""
        with self._lock:
            self._must_be_off()
            root = self._disk_root()
            settings = root / "etc" / "recyclerie" / "agent.json"
            shown = {}
            if settings.exists():
                mine = self.folder / "agent.json"
                mine.write_text(json.dumps(json.loads(settings.read_text()) | {"rig": self.rig_facts()}))
                mine.chmod(0o600)
                shown[mine] = "/etc/recyclerie/agent.json"
            # No file system has its UUID on a device here: the container's root is mounted before it starts.
            fstab = self.folder / "fstab"
            fstab.write_text("")
            shown[fstab] = "/etc/fstab"
            self._start("disk", root, shown)

    def power_off(self, hard: bool = True) -> None:
        """Pulls the plug (``hard``), or presses the power button and waits."""
        with self._lock:
            if self._boot:
                if hard:
                    self._boot.pull_plug()
                else:
                    self._boot.shut_down()
            self._after_boot()

    def supervise(self, next_boot: Callable[[], Source]) -> None:
        """From now on a restart inside boots again from what ``next_boot`` says, as firmware does."""
        self._supervisor = threading.Thread(
            target=self._watch, args=(next_boot,), name=f"firmware-{self.name}", daemon=True
        )
        self._supervisor.start()

    def _watch(self, next_boot: Callable[[], Source]) -> None:
        while not self._closed.wait(0.05):
            boot = self._boot
            if boot is None or boot.running:
                continue
            with self._lock:
                if self._boot is not boot:
                    continue  # somebody pulled the plug meanwhile
                status = boot.wait()
                self._after_boot()
                if status == REBOOTED:
                    self._firmware(next_boot)

    def _firmware(self, next_boot: Callable[[], Source]) -> None:
        """Starts the next boot; what can't boot leaves a message on the screen and the PC off."""
        try:
            if next_boot() == "disk":
                self.boot_from_disk()
            else:
                self.power_on()
        except RigError as error:
            with self.console.open("a") as console:
                console.write(f"rig firmware: {error}\n")

    # -- inside -------------------------------------------------------------------------------------------
    @property
    def root(self) -> Path:
        """The running system's root folder, seen from the host."""
        return self.folder / "root"

    def rig_facts(self) -> dict[str, Any]:
        """The ``rig`` section of agent.json: the only drives that exist for the agent, and the firmware's words."""
        nic = {"name": "eth0", "mac": self.mac, "bus": "pci", "driver": "e1000e", "wireless": False}
        return {
            "chassis": self.chassis,
            "drives": {disk.node: disk.agent_facts() for disk in self.disks if disk.node},
            "nics": [nic | {"link": True, "speed_mbps": 1000}],
        }

    def host_key(self) -> str:
        """``ssh-ed25519 AAAA…`` of the running system, read on the host; "" before it was made."""
        path = self.root / HOST_KEY
        return " ".join(path.read_text().split()[:2]) if path.exists() else ""

    @property
    def login(self) -> Login:
        """How to log in as root with the rig's own key, the host key pinned."""
        return Login(self.address, self.bench.key, self.host_key(), self.folder / "known_hosts")

    def ssh(self, *command: str, timeout: float = 60) -> str:
        """Standard output of a command run inside over SSH."""
        return self.login.run(*command, timeout=timeout)

    def wait_ssh(self, timeout: float = 30) -> float:
        """Waits until a command runs over SSH; returns how many seconds it took."""
        began = time.monotonic()
        while not (self.host_key() and self.login.answers()):
            died = self._boot is not None and not self._boot.running and self._supervisor is None
            if died or time.monotonic() - began > timeout:
                took = "it is off" if died else f"after {timeout} s"
                raise RigError(f"{self.name} does not answer over SSH: {took}", f"read {self.console}")
            time.sleep(0.05)
        return time.monotonic() - began

    # -- the cable and the drives, while it runs ----------------------------------------------------------
    def cut_network(self) -> None:
        """Pulls the network cable: the PC sees no carrier."""
        run("ip", "link", "set", self.name, "down")

    def restore_network(self) -> None:
        """Plugs the network cable in again."""
        run("ip", "link", "set", self.name, "up")

    def tell_agent(self) -> None:
        """Writes the ``rig`` section again: after a change of a disk's facts, the agent sees another drive."""
        path = self.root / "etc" / "recyclerie" / "agent.json"
        settings = json.loads(path.read_text()) | {"rig": self.rig_facts()}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(settings))
        fresh.replace(path)

    def plug(self, disk: RigDisk) -> None:
        """Plugs a disk in while the PC runs: its node appears inside, and in the agent's list."""
        disk.attach()
        self.disks.append(disk)
        if self._boot and self.source == "live":
            number = os.stat(disk.node).st_rdev  # noqa: PTH116
            inside = f"/proc/{self._boot.leader()}/root{disk.node}"
            if self._cgroup.devices:
                rule = f"b {os.major(number)}:{os.minor(number)} rw"
                (self._cgroup.devices / "devices.allow").write_text(rule)
            os.mknod(inside, stat.S_IFBLK | 0o660, number)
            self.tell_agent()

    # -- steps of a boot ----------------------------------------------------------------------------------
    def _must_be_off(self) -> None:
        if self._boot and self._boot.running:
            raise RigError(f"{self.name} is already running", "power_off() first")
        self._after_boot()

    def _live_root(self) -> Path:
        upper, work = self.folder / "upper", self.folder / "work"
        for folder in (upper, work):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        self.root.mkdir(exist_ok=True)
        layers = f"lowerdir={self.rootfs},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        self._attach()
        keys = (*self.site.authorized_keys, self.bench.public_key)
        site = Site(**{**self.site.__dict__, "authorized_keys": keys})
        write_site(self.root, site, self.rig_facts())
        if self.with_agent:
            install_agent(self.root)
        return self.root

    def _disk_root(self) -> Path:
        self._attach()
        if not self.disks or not self.disks[0].root_node:
            raise RigError(f"{self.name} has no disk with a root partition", "plug a larger disk in")
        self.root.mkdir(exist_ok=True)
        hint = "was the install job finished, and does the image's root partition start where the rig's does?"
        run("mount", "-t", "ext4", self.disks[0].root_node, self.root, hint=hint)
        return self.root

    def _attach(self) -> None:
        for disk in self.disks:
            disk.attach()
            disk.check_own()

    def _start(self, source: Source, root: Path, shown: dict[Path, str]) -> None:
        nodes = [node for disk in self.disks for node in (disk.node, disk.root_node) if node]
        self._cgroup.create(nodes)
        binds = [bind for disk in self.disks for bind in disk.binds()]
        self._boot = Boot(self.name, root, self._cgroup, self.console, binds, shown)
        self.source = source
        self.boots.append(source)

    def _after_boot(self) -> None:
        """What is left of a boot that ended: processes, mounts, the disks' loop devices."""
        if self._boot:
            self._cgroup.kill()
            self._boot.process.wait(10)
            self._boot = None
        self.source = None
        if os.path.ismount(self.root):
            # What is written back after a lazy unmount would land on the disk during its next life.
            for _ in range(600):
                if quietly("umount", self.root):
                    break
                time.sleep(0.05)
            else:
                run("umount", "--lazy", self.root)
        for disk in self.disks:
            disk.detach()
