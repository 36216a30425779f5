"""Running dnsmasq for the boot network, and looking after its files while it runs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.netboot.dnsmasq import Pool, Wire, render
from controller.netboot.files import boot_address, boot_url, live_dir, prepare_tftp, remember_address
from controller.settings import Settings

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_WATCH_SECONDS = 5.0

DHCP_PORT, TFTP_PORT, PROXY_PORT = 67, 69, 4011


def find_dnsmasq() -> str:
    """Path of the program. Raises RecyclerieError where it isn't installed."""
    found = shutil.which("dnsmasq", path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    if found is None:
        raise RecyclerieError(
            N_("dnsmasq is not installed on this machine."), N_("Install it with: apt-get install dnsmasq-base.")
        )
    return found


def check_ports(wire: Wire) -> None:
    """Fail when another program has a port that dnsmasq needs on this interface.

    Raises:
        RecyclerieError: naming the port and how to find who has it; or not being root.
    """
    for port in (DHCP_PORT, TFTP_PORT, PROXY_PORT):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                # DHCP servers listen on every address of one interface: so does the probe.
                if port == DHCP_PORT:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, wire.interface.encode())
                    probe.bind(("", port))
                else:
                    probe.bind((str(wire.address), port))
            except PermissionError as error:
                raise RecyclerieError(
                    N_("Serving the boot network needs the rights of root."), N_("Start it with sudo, or as a service.")
                ) from error
            except OSError as error:
                raise RecyclerieError(
                    N_("Another program already uses UDP port {port} on {interface}."),
                    N_("Find it with: ss -lunp 'sport = :{port}'. Stop it, or choose another interface."),
                    port=port,
                    interface=wire.interface,
                ) from error


def configuration(settings: Settings, wire: Wire, pool: Pool | None) -> str:
    """dnsmasq's configuration for this controller."""
    # dnsmasq gives up root once started: only where it then can't read the files does it stay.
    user = "" if readable_by_all(settings.tftp_dir) else "root"
    url = f"{boot_url(settings, address=str(wire.address))}/ipxe"
    leases = settings.data_dir / "dnsmasq.leases" if pool else None
    return render(wire, settings.tftp_dir, url, pool=pool, user=user, leases=leases)


def readable_by_all(folder: Path) -> bool:
    """Whether a user without rights of its own can enter ``folder``."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents) if place.exists())


def prepare(settings: Settings, wire: Wire, pool: Pool | None, goal: Path) -> Path:
    """Fill the TFTP root, write dnsmasq's configuration into the folder ``goal``, let dnsmasq check it."""
    program = find_dnsmasq()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    remember_address(settings, str(wire.address))
    prepare_tftp(settings)
    goal.mkdir(parents=True, exist_ok=True)
    path = goal / "recyclerie-netboot.conf"
    path.write_text(configuration(settings, wire, pool), encoding="utf-8")
    checked = subprocess.run([program, "--test", f"--conf-file={path}"], capture_output=True, text=True, check=False)
    if checked.returncode:
        raise RecyclerieError(
            N_("dnsmasq refuses the configuration {path}: {detail}"),
            N_("Debian 12's dnsmasq (2.89) or a newer one is needed."),
            path=path,
            detail=checked.stderr.strip(),
        )
    return path


def serve(settings: Settings, config: Path, say: Callable[[str], None]) -> int:
    """Run dnsmasq until it ends or we are told to stop; returns its exit status.

    When the live image is built anew meanwhile, the boot files follow it.
    """
    manifest = live_dir(settings) / "manifest.json"
    # --pid-file= : none, so that several workshops can be tried on one machine.
    process = subprocess.Popen([find_dnsmasq(), "--keep-in-foreground", f"--conf-file={config}", "--pid-file="])
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    seen = _stamp(manifest)
    while True:
        try:
            status = process.wait(timeout=_WATCH_SECONDS)
            return 0 if stopping else status
        except subprocess.TimeoutExpired:
            now = _stamp(manifest)
            if now != seen and now:
                seen = now
                _follow(settings, say)


def _follow(settings: Settings, say: Callable[[str], None]) -> None:
    try:
        prepare_tftp(settings)
    except RecyclerieError as error:
        say(str(error))
    else:
        say("the live image is new: boot files renewed")


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def http_answers(settings: Settings, *, seconds: float = 2.0) -> bool:
    """Whether something listens where PCs will ask for the boot files (``recyclerie serve`` does)."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((boot_address(settings), settings.boot_port), timeout=1):
                return True
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
