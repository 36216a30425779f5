"""Job ``install``: a profile's disk image onto one authorised drive, then made this machine's own."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.collectors.memory import parse_meminfo
from agent.config import Config
from agent.errors import AgentError
from agent.files import read_text
from agent.jobs.bootloader import replace_esp_uuid, replace_root_uuid
from agent.jobs.fetch import Fetcher
from agent.jobs.grow import grow_filesystem, grow_partition, wait_for_partition
from agent.jobs.image_manifest import Manifest, parse_manifest
from agent.jobs.image_verify import verify_written
from agent.jobs.image_write import ImageWriter, worker_count
from agent.jobs.job import Job
from agent.jobs.layout import ESP_NUMBER, SECTOR, Partition, find_partition, grown_root
from agent.jobs.personalise import add_user, make_host_keys, set_hostname, set_machine_id, set_region
from agent.jobs.progress import Phase
from agent.jobs.resident import configure_resident, install_agent, install_package
from agent.jobs.target_gate import Target, check_target, describe_key, open_target
from agent.jobs.target_root import TargetRoot, mounted, unmount_leftovers
from agent.jobs.zeros import looks_like_zeros
from agent.jobs.zstd import load_zstd
from agent.link.tls import client_context
from agent.protocol import InstallResult

log = logging.getLogger("agent.install")


class InstallJob(Job):
    """One install. ``result`` tells how far it came at any moment."""

    config: Config  # never without

    def set_up(self) -> None:
        """A result from the first moment on. Raises AgentError without settings."""
        if self.config is None:
            raise AgentError("An install needs the agent's settings.", hint="Run it in the live image.")
        self.done = False
        self.package: bytes | None = None  # the agent's, where the controller has one
        self.left = InstallResult(
            hostname="",
            ssh_host_keys=[],
            machine_id="",
            root_uuid="",
            image_version="",
            bytes_written=0,
            bytes_skipped=0,
            timings={},
        )

    def run(self) -> None:
        """Do it. Raises AgentError; the first chunk is written last, so half a system does not start."""
        unmount_leftovers(self.folder)
        with self._timed("check", "comparing the machine and the drive with the authorisation"):
            target = check_target(self.spec, self.config)
            manifest = self._manifest()
            self.package = self._agent_package()
            grown = self._fit(manifest, target)
        self.left["image_version"] = manifest.version
        self._plan(manifest)
        fd = open_target(self.spec, target, self.config)
        # A second, shared opening keeps the kernel from giving the drive's name to another one meanwhile.
        pin = os.open(target.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            try:
                with self._timed("write", f"{manifest.profile} {manifest.version}"):
                    self._write(fd, manifest, target)
            finally:
                os.close(fd)
            with self._timed("verify", "reading the image back", watched=True):
                self._verify(manifest, target)
            with self._timed("grow", "partition and file system to the drive's end"):
                grow_partition(target.path, grown)
                node = wait_for_partition(target.path, grown)
                self.left["root_uuid"] = grow_filesystem(node)
            with self._timed("personalise", "making the system this machine's own"):
                self._personalise(manifest, target, node)
                os.sync()
        finally:
            os.close(pin)
        self.done = True

    def result(self) -> InstallResult:
        """What is on the drive so far."""
        return self.left

    def error(self) -> str:
        """Only a whole install counts."""
        return "" if self.done else "The install did not come to its end. Start the install step again."

    # -- the phases ----------------------------------------------------------------------------------

    def _manifest(self) -> Manifest:
        fetcher = self._fetcher(self.stopping)
        try:
            text = fetcher.small(str(self.spec["manifest_path"]))
        finally:
            fetcher.close()
        manifest = parse_manifest(text, str(self.spec["manifest_sha256"]))
        if manifest.profile != self.spec["profile"]:
            raise AgentError(f"The image is of profile {manifest.profile}, the job wants {self.spec['profile']}.")
        return manifest

    def _agent_package(self) -> bytes | None:
        """The agent's package, fetched before anything is written. Its hash came with the job."""
        named = self.spec["resident"].get("package")
        if not named:
            return None
        fetcher = self._fetcher(self.stopping)
        try:
            content = fetcher.small(str(named["path"]))
        finally:
            fetcher.close()
        if hashlib.sha256(content).hexdigest() != named["sha256"]:
            raise AgentError(
                "The agent's package is not the one that the job names.", hint="Start the install step again."
            )
        return content

    def _fit(self, manifest: Manifest, target: Target) -> Partition:
        if target.logical_block_bytes != SECTOR:
            raise AgentError(
                f"{target.path} has blocks of {target.logical_block_bytes} bytes; the image is made for {SECTOR}.",
                hint="Most such drives can be set to 512 bytes (nvme format --lbaf, hdparm --set-sector-size); "
                "else put another drive in.",
            )
        return grown_root(manifest.root, target.size_bytes)

    def _plan(self, manifest: Manifest) -> None:
        content = manifest.content_bytes
        written = content if self.spec.get("zeroed") else manifest.size_bytes
        self.progress.plan(
            [
                Phase("check", 0),
                Phase("write", written),
                Phase("verify", content),
                Phase("grow", 0),
                Phase("personalise", 0),
            ]
        )

    def _write(self, fd: int, manifest: Manifest, target: Target) -> None:
        # The erase said so; a look costs nothing, and old data in the holes would be a broken file system.
        zeroed = bool(self.spec.get("zeroed")) and looks_like_zeros(fd, target.size_bytes)
        if self.spec.get("zeroed") and not zeroed:
            log.warning("%s is not zeros although it was erased: the image's holes are written too", target.path)
            self.progress.plan([Phase("write", manifest.size_bytes)])
        workers = self._workers(manifest)
        log.info(
            "writing %s %s to %s, %s, with %d workers",
            manifest.profile,
            manifest.version,
            target.path,
            describe_key(self.spec["drive"]),
            workers,
        )
        image_path = str(self.spec["manifest_path"]).rpartition("/")[0] + "/image.zst"
        writer = ImageWriter(
            fd,
            manifest,
            image_path,
            self._fetcher,
            load_zstd(),
            workers=workers,
            advance=self.progress.advance,
            busy=self.progress.busy,
            stopping=self.stopping,
        )
        try:
            writer.run(write_holes=not zeroed)
        finally:
            self.left["bytes_written"] = writer.report.bytes_written
            self.left["bytes_skipped"] = writer.report.bytes_skipped
        log.info(
            "wrote %d bytes, skipped %d; the connection was cut %d times, %d chunks came damaged",
            writer.report.bytes_written,
            writer.report.bytes_skipped,
            writer.cuts,
            writer.report.frames_again,
        )

    def _verify(self, manifest: Manifest, target: Target) -> None:
        count = verify_written(
            target.path,
            manifest.chunks,
            manifest.chunk_bytes,
            workers=self._workers(manifest),
            advance=self.progress.advance,
            stopping=self.stopping,
        )
        log.info("read %d bytes back: every chunk has its hash", count)

    def _personalise(self, manifest: Manifest, target: Target, node: str) -> None:
        machine, resident = self.spec["machine"], self.spec["resident"]
        new_uuid = self.left["root_uuid"]
        esp = find_partition(manifest.partitions, ESP_NUMBER)
        if esp is not None:
            log.info("on the ESP: %s", replace_esp_uuid(target.path, esp, manifest.root_uuid, new_uuid))
        with mounted(node, self.folder / "root") as where:
            root = TargetRoot(where)
            log.info("in the root: %s", replace_root_uuid(where, manifest.root_uuid, new_uuid))
            set_hostname(root, str(machine["hostname"]))
            self.left["machine_id"] = set_machine_id(root)
            self.left["ssh_host_keys"] = make_host_keys(root)
            set_region(root, machine)
            if machine.get("user"):
                add_user(root, machine["user"])
            if self.package is None:
                install_agent(root)
            else:
                install_package(root, self.package, str(resident["package"]["version"]))
            configure_resident(
                root, resident, image_version=manifest.version, profile=manifest.profile, rig=self.config.rig
            )
        self.left["hostname"] = str(machine["hostname"])

    # -- helpers -------------------------------------------------------------------------------------

    def _fetcher(self, stopping: Callable[[], bool]) -> Fetcher:
        return Fetcher(
            str(self.spec.get("controller_url") or self.config.controller_url),
            client_context(self.config.ca_file),
            self.config.token_file,
            stopping=stopping,
        )

    def _workers(self, manifest: Manifest) -> int:
        memory = parse_meminfo(read_text(Path("/proc/meminfo"))).get("MemAvailable")
        return worker_count(memory, len(os.sched_getaffinity(0)), manifest.chunk_bytes)

    @contextlib.contextmanager
    def _timed(self, phase: str, message: str, *, watched: bool = False) -> Iterator[None]:
        if self.stopping():
            raise AgentError("The install was stopped from outside before its end.")
        self.progress.begin(phase, message, watched=watched)
        began = time.monotonic()
        try:
            yield
        finally:
            self.left["timings"][phase] = round(time.monotonic() - began, 3)
            log.info("%s: %.1f s", phase, self.left["timings"][phase])
