"""What a log bundle may hold: bounded, and no secret that some program wrote where it should not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

MODULE = Path(__file__).resolve().parents[3] / "playbooks" / "library" / "recyclerie_logs.py"


@pytest.fixture
def logs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recyclerie_logs", MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (b"proxy http://marie:s3cr3t@proxy.example:3128/", b"proxy http://marie:...@proxy.example:3128/"),
        (b"wpa_supplicant: psk=0a1b2c3d4e", b"wpa_supplicant: psk=..."),
        (b'{"password": "hunter2hunter2"}', b'{"password": ...'),
        (b"Authorization: Bearer abcdefgh12345678", b"Authorization: Bearer ..."),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\nafter", b"...\nafter"),
        (b"the agent said abcdef123456 to nobody", b"the agent said ... to nobody"),
        (b"sshd[1]: Failed password for root", b"sshd[1]: Failed password for root"),
        (b"12:34:56 kernel: usb 1-1: new device", b"12:34:56 kernel: usb 1-1: new device"),
    ],
)
def test_secrets_are_put_out(
    logs: ModuleType, line: bytes, instead: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("abcdef123456\n")
    monkeypatch.setattr(logs, "SECRETS", (tmp_path / "token",))
    assert logs.without_secrets(line).startswith(instead)
    for secret in (b"s3cr3t", b"hunter2", b"0a1b2c3d4e", b"12345678", b"AAAA", b"abcdef123456"):
        assert secret not in logs.without_secrets(line)


def test_of_a_long_log_the_newest_lines_are_taken(
    logs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 100)
    path = tmp_path / "dpkg.log"
    path.write_text("".join(f"line {n}\n" for n in range(1000)))
    found = logs.bounded(logs.end_of(path)).decode().splitlines()
    assert found[0] == "(older lines were left out)"
    assert found[-1] == "line 999"
    assert 5 < len(found) < 15
    assert all(line.startswith("line ") for line in found[1:])
