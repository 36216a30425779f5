"""What makes an installed system this machine's own, on folders; accounts are proved in the integration tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AgentError
from agent.jobs.bootloader import replace_root_uuid
from agent.jobs.personalise import add_user, existing_groups, parse_keyboard, set_hostname, set_machine_id, set_region
from agent.jobs.resident import configure_resident, install_agent
from agent.jobs.target_root import TargetRoot

OLD, NEW = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"


@pytest.fixture
def root(tmp_path: Path) -> TargetRoot:
    for folder in ("etc/default", "boot/grub", "usr/share/zoneinfo/Europe", "root", "var/lib/dbus"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/share/zoneinfo/Europe/Paris").write_text("TZif")
    (tmp_path / "boot/grub/grub.cfg").write_text(f"search --fs-uuid {OLD}\n")
    (tmp_path / "etc/fstab").write_text(f"UUID={OLD} / ext4\nUUID=1A2B-3C4D /boot/efi vfat\n")
    return TargetRoot(tmp_path)


def test_uuids(root: TargetRoot) -> None:
    assert replace_root_uuid(root.path, OLD, NEW) == ["etc/fstab", "boot/grub/grub.cfg"]
    assert NEW in (root.path / "etc/fstab").read_text()
    assert "1A2B-3C4D" in (root.path / "etc/fstab").read_text()
    with pytest.raises(AgentError, match="does not name its root"):
        replace_root_uuid(root.path, OLD, NEW)


@pytest.mark.parametrize("name", ["", "R-1", "-a", "a-", "a b", "a.b", "x" * 64, "a\nb"])
def test_bad_hostnames(root: TargetRoot, name: str) -> None:
    with pytest.raises(AgentError):
        set_hostname(root, name)


def test_names_and_ids(root: TargetRoot) -> None:
    set_hostname(root, "r-000007")
    assert (root.path / "etc/hostname").read_text() == "r-000007\n"
    ids = {set_machine_id(root), set_machine_id(root)}
    assert len(ids) == 2
    assert (root.path / "var/lib/dbus/machine-id").readlink() == Path("/etc/machine-id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("fr", ("fr", "")), ("fr:oss", ("fr", "oss")), ("fr(oss)", ("fr", "oss")), ("gb", ("gb", ""))],
)
def test_keyboards(text: str, expected: tuple[str, str]) -> None:
    assert parse_keyboard(text) == expected


@pytest.mark.parametrize("text", ["", "FR", 'fr"; rm', "fr:os s", "french"])
def test_no_keyboards(text: str) -> None:
    with pytest.raises(AgentError):
        parse_keyboard(text)


@pytest.mark.parametrize(
    "machine",
    [{"timezone": "Europe/Nowhere"}, {"timezone": "../../etc/passwd"}, {"locale": 'fr"\nX=1'}, {"keyboard": "??"}],
)
def test_bad_regions(root: TargetRoot, machine: dict[str, Any]) -> None:
    with pytest.raises(AgentError):
        set_region(root, machine)


@pytest.mark.parametrize(
    "user",
    [
        {}, {"name": "Root!", "password_hash": "$6$a$b"}, {"name": "famille", "password_hash": ""},
        {"name": "famille", "password_hash": "plain"}, {"name": "famille", "password_hash": "$6$a$b\nroot:$6$a$b"},
        {"name": "famille", "full_name": "A:B", "password_hash": "$6$a$b"},
    ],
)  # fmt: skip
def test_bad_accounts(root: TargetRoot, user: dict[str, Any]) -> None:
    with pytest.raises(AgentError):
        add_user(root, user)


def test_groups() -> None:
    assert existing_groups("root:x:0:\nsudo:x:27:a\n\nbroken\n") == {"root", "sudo"}


def test_links_must_not_lead_out_of_the_system(root: TargetRoot, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (root.path / "etc/evil").symlink_to(outside)
    with pytest.raises(AgentError, match="leads out of it"):
        root.write("etc/evil/file", "x")
    # A link in the place of a file is replaced, never followed.
    (outside / "target").write_text("mine")
    (root.path / "etc/hostname").symlink_to(outside / "target")
    root.write("etc/hostname", "new\n")
    assert (outside / "target").read_text() == "mine"


def test_the_agent_copies_itself_and_nothing_else(root: TargetRoot) -> None:
    stale = root.path / "usr/lib/recyclerie/agent/old.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    install_agent(root)
    files = [path for path in (root.path / "usr/lib/recyclerie/agent").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".py", ".service", ".po"}
    assert not stale.exists()
    assert (root.path / "usr/bin/recyclerie-agent").stat().st_mode & 0o777 == 0o755


RESIDENT = {
    "controller_url": "https://192.0.2.1:8443", "ca_pem": "-----BEGIN CERTIFICATE-----\n", "token": "t" * 43,
    "authorized_keys": ["ssh-ed25519 AAAA x"], "machine_id": 7,
}  # fmt: skip


def test_resident_settings(root: TargetRoot) -> None:
    configure_resident(root, RESIDENT, image_version="1", profile="mini", rig={"drives": {}})
    settings = json.loads((root.path / "etc/recyclerie/agent.json").read_text())
    assert settings["rig"] == {"drives": {}}
    assert (root.path / "etc/recyclerie/token").stat().st_mode & 0o777 == 0o600
    configure_resident(root, RESIDENT, image_version="1", profile="mini", rig=None)
    assert "rig" not in json.loads((root.path / "etc/recyclerie/agent.json").read_text())


@pytest.mark.parametrize(
    "change",
    [
        {"controller_url": "http://x"},
        {"ca_pem": ""},
        {"token": ""},
        {"authorized_keys": ["ssh-ed25519 A\nssh-ed25519 B"]},
    ],
)
def test_incomplete_resident_settings(root: TargetRoot, change: dict[str, Any]) -> None:
    with pytest.raises(AgentError):
        configure_resident(root, RESIDENT | change, image_version="1", profile="mini", rig=None)
