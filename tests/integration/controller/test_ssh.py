"""Our own SSH against a real SSH server: only the machine that announced itself is spoken to."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from controller.machines.ssh import HostKeyMismatch, connect, run, wait_for_ssh
from controller.trust.keys import ensure_ssh_key


def public_line(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.get_base64()}"


class Door(paramiko.ServerInterface):
    """Takes one key for root; every command says what it is and ends with status 3."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        fits = username == "root" and key.get_base64() == self.allowed
        return AUTH_SUCCESSFUL if fits else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        def answer() -> None:
            channel.sendall(b"ran " + command)
            channel.sendall_stderr(b" and complained")
            channel.send_exit_status(3)
            channel.close()

        threading.Timer(0.05, answer).start()
        return True


class Machine:
    """An SSH server on loopback, with its host key and the controller's key let in."""

    def __init__(self, folder: Path) -> None:
        self.host_key = paramiko.RSAKey.generate(2048)
        self.key, public = ensure_ssh_key(folder)
        self.door = Door(public.split()[1])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.transports: list[paramiko.Transport] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.add_server_key(self.host_key)
            self.transports.append(transport)
            try:
                transport.start_server(server=self.door)
            except (paramiko.SSHException, EOFError):
                continue

    def close(self) -> None:
        self.listener.close()
        for transport in self.transports:
            transport.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path)
    yield found
    found.close()


def test_the_pinned_key_opens(machine: Machine) -> None:
    with connect("127.0.0.1", [public_line(machine.host_key)], machine.key, machine.port) as client:
        assert run(client, "reboot") == (3, b"ran reboot and complained")


def test_another_host_key_is_told_apart_from_silence(machine: Machine) -> None:
    """Somebody else has its address: nothing is sent there, and a person is told."""
    other = paramiko.RSAKey.generate(2048)
    with pytest.raises(HostKeyMismatch), connect("127.0.0.1", [public_line(other)], machine.key, machine.port):
        pytest.fail("it was spoken to")


def test_without_a_pinned_key_nothing_is_taken(machine: Machine) -> None:
    with pytest.raises(paramiko.SSHException), connect("127.0.0.1", [], machine.key, machine.port):
        pytest.fail("it was spoken to")


def test_a_machine_that_does_not_know_us(machine: Machine, tmp_path: Path) -> None:
    stranger, _ = ensure_ssh_key(tmp_path / "other")
    with (
        pytest.raises(paramiko.AuthenticationException),
        connect("127.0.0.1", [public_line(machine.host_key)], stranger, machine.port),
    ):
        pytest.fail("it let us in")


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 not-base64", f"ssh-dss {base64.b64encode(b'x').decode()}"]
)
def test_a_host_key_that_is_none(machine: Machine, line: str) -> None:
    """It pins nothing, and without a pinned key nothing is taken."""
    with pytest.raises(paramiko.SSHException), connect("127.0.0.1", [line], machine.key, machine.port):
        pytest.fail("it was spoken to")


def test_waiting_gives_up(machine: Machine) -> None:
    """It looks at port 22, where nothing answers here."""
    with pytest.raises(TimeoutError, match="no SSH at"):
        wait_for_ssh("127.0.0.99", [public_line(machine.host_key)], machine.key, 0.5)
