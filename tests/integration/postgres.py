"""A throwaway PostgreSQL cluster: in RAM where there is room, on loopback, gone at the end."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

INITDB = ("-U", "recyclerie", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
USERS = ("postgres", "nobody")


def _binary(name: str) -> Path | None:
    """A server binary: on PATH, else the newest of Debian's versions."""
    found = shutil.which(name)
    if found:
        return Path(found)
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[-3]))
    return versions[-1] if versions else None


def missing() -> str:
    """Why there can be no cluster here, in words with the next step; ``""`` when there can."""
    if _binary("initdb") is None or _binary("postgres") is None:
        return "no PostgreSQL server binaries: apt-get install postgresql"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL refuses to run as root and setpriv is missing: apt-get install util-linux"
    return ""


@dataclass
class Cluster:
    """A server that runs. ``create`` makes databases in it."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, name: str) -> str:
        """URL of one database, as an operator would write it."""
        return f"postgresql://recyclerie@127.0.0.1:{self.port}/{name}"

    def create(self, name: str = "", template: str = "template1") -> str:
        """A new database, a copy of ``template``. Returns its URL."""
        name = name or f"test_{next(self._numbers)}"
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=recyclerie dbname=postgres", autocommit=True) as c:
            c.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Initialise and start a server as a user without rights; stopped and deleted at the end."""
    base = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 500_000_000 else None  # noqa: S108 - a private folder in it
    folder = Path(tempfile.mkdtemp(prefix="recyclerie-pg-", dir=base))
    as_user: Sequence[str] = ()
    if os.geteuid() == 0:
        user = next(pwd.getpwnam(name) for name in USERS if _known(name))
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--")
    data, log = folder / "data", folder / "log"
    try:
        done = subprocess.run(
            [*as_user, str(_binary("initdb")), "-D", str(data), *INITDB],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, f"initdb failed: {done.stdout}{done.stderr}"
        port = _free_port()
        options = f"-p {port} -k {folder} -h 127.0.0.1 -F -c full_page_writes=off -c max_connections=300"
        process = subprocess.Popen(
            [*as_user, str(_binary("postgres")), "-D", str(data), *options.split()],
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        try:
            _wait(port, process, log)
            yield Cluster(port)
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: connections are cut
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _known(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    from tests.lab.waiting import wait_until

    def ready() -> bool:
        assert process.poll() is None, f"PostgreSQL ended: {log.read_text()}"
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"host=127.0.0.1 port={port} user=recyclerie dbname=postgres").close()
            return True
        return False

    wait_until(ready, "PostgreSQL answers", 60, poll=0.1, hint=lambda: log.read_text()[-2000:])
