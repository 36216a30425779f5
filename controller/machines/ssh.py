"""Our own SSH to a machine, with paramiko: only the host keys that were pinned at its announcement are taken."""

from __future__ import annotations

import base64
import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from controller.errors import RecyclerieError
from controller.i18n import N_

SSH_PORT = 22
CONNECT_TIMEOUT = 10.0
logger = logging.getLogger(__name__)


class HostKeyMismatch(RecyclerieError):
    """The machine that answers isn't the one that announced itself."""


def _pin(client: paramiko.SSHClient, address: str, port: int, host_keys: Sequence[str]) -> None:
    """Take these keys and no other; one that can't be read is left out, so that nothing is taken in its place."""
    keys = client.get_host_keys()
    name = address if port == SSH_PORT else f"[{address}]:{port}"
    for line in host_keys:
        try:
            kind, data = line.split()[:2]
            keys.add(name, kind, paramiko.PKey.from_type_string(kind, base64.b64decode(data)))
        except (ValueError, paramiko.SSHException, UnknownKeyType):
            logger.warning("the machine at %s announced a host key that can't be read: %.60s", address, line)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())


@contextmanager
def connect(address: str, host_keys: Sequence[str], key: Path, port: int = SSH_PORT) -> Iterator[paramiko.SSHClient]:
    """An SSH connection as root.

    Raises:
        HostKeyMismatch: another host key than the pinned ones was shown.
        OSError, paramiko.SSHException: it can't be reached.
    """
    client = paramiko.SSHClient()
    _pin(client, address, port, host_keys)
    try:
        client.connect(
            address,
            port=port,
            username="root",
            pkey=paramiko.Ed25519Key.from_private_key_file(str(key)),
            timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT * 3,
            auth_timeout=CONNECT_TIMEOUT * 3,
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.BadHostKeyException as error:
        raise HostKeyMismatch(
            N_("The machine at {address} shows another SSH host key than it announced."),
            N_("Don't go on: find out which machine has this address; restart the right one."),
            address=address,
        ) from error
    try:
        yield client
    finally:
        client.close()


THROUGH = "through-its-link"  # the name under which a machine's keys are pinned where it has no address


@contextmanager
def connect_through(plug: socket.socket, host_keys: Sequence[str], key: Path) -> Iterator[paramiko.SSHClient]:
    """An SSH connection as root over a socket that leads to the machine (``controller.assist.pipe.connect``).

    Raises:
        HostKeyMismatch: another host key than the pinned ones was shown.
        OSError, paramiko.SSHException: the machine does not let us in, or the stream ended.
    """
    client = paramiko.SSHClient()
    _pin(client, THROUGH, SSH_PORT, host_keys)
    try:
        client.connect(
            THROUGH,
            username="root",
            pkey=paramiko.Ed25519Key.from_private_key_file(str(key)),
            sock=plug,
            timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT * 3,
            auth_timeout=CONNECT_TIMEOUT * 3,
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.BadHostKeyException as error:
        plug.close()
        raise HostKeyMismatch(
            N_("The machine behind the link shows another SSH host key than it announced."),
            N_("Don't go on: look at the machine's page, and ask who has this machine."),
        ) from error
    except BaseException:
        plug.close()
        raise
    try:
        yield client
    finally:
        client.close()
        plug.close()


def wait_for_ssh(address: str, host_keys: Sequence[str], key: Path, seconds: float) -> None:
    """Wait until the machine takes our key, at most ``seconds``.

    Raises:
        HostKeyMismatch: see ``connect``.
        TimeoutError: it did not answer in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with connect(address, host_keys, key):
                return
        except (OSError, paramiko.SSHException) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no SSH at {address} for {seconds:.0f} s: {error}") from error
            time.sleep(1)


def run(client: paramiko.SSHClient, command: str, timeout: float = 60) -> tuple[int, bytes]:
    """Run one fixed command. Returns its exit status and output (both streams)."""
    channel = client.get_transport().open_session(timeout=timeout)  # type: ignore[union-attr]
    channel.settimeout(timeout)
    channel.set_combine_stderr(True)
    channel.exec_command(command)
    output = b"".join(iter(lambda: channel.recv(65536), b""))
    return channel.recv_exit_status(), output


BUNDLE = (
    "journalctl -b --no-pager -o short-iso 2>&1 | tail -n 20000 > /run/recyclerie/journal.txt; "
    "dmesg > /run/recyclerie/dmesg.txt 2>&1; "
    "tar -C /run/recyclerie --exclude=spec.json --exclude=token --ignore-failed-read -czf - "
    "journal.txt dmesg.txt jobs 2>/dev/null"
)


def fetch_bundle(client: paramiko.SSHClient, to: Path) -> int:
    """Fetch the machine's logs and job folders (never specs or tokens) as a .tar.gz. Returns its bytes."""
    _, data = run(client, BUNDLE, timeout=120)
    temporary = to.with_suffix(".new")
    temporary.write_bytes(data)
    temporary.rename(to)
    return len(data)
