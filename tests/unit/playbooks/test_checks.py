"""The checks' judgements, on recorded output of real tools and on small trees of sysfs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.recyclerie.checks import account, agent, antivirus, drivers, office, programs, system
from ansible.module_utils.recyclerie.checks.registry import run_check, run_checks

# systemctl 257 (Debian 13) list-units --state=failed --plain --no-legend
FAILED = """\
nvmf-autoconnect.service       loaded failed failed Connect NVMe-oF subsystems automatically during boot
systemd-remount-fs.service     loaded failed failed Remount Root and Kernel File Systems
"""
# dpkg-query 1.22 --show --showformat='${db:Status-Abbrev}|${Package}\n'
PACKAGES = "ii |atril\nii |bash\nrc |exim4\niU |firefox-esr\nii |libc6\n"
# passwd 4.17 (Debian 13), after useradd --create-home and chage -d 0
PASSWD = """\
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
famille:x:1000:1000::/home/famille:/bin/bash
"""
SHADOW = "root:*:20649:0:99999:7:::\nfamille:$6$a$b:0:0:99999:7:::\n"


def test_failed_units() -> None:
    assert system.failed_units(FAILED, []) == ["nvmf-autoconnect.service", "systemd-remount-fs.service"]
    assert system.failed_units(FAILED, ["nvmf-*"]) == ["systemd-remount-fs.service"]
    assert system.failed_units("", []) == []


def test_packages_half_installed_are_missing() -> None:
    assert programs.missing_packages(PACKAGES, ["atril", "exim4", "firefox-esr", "nosuch"]) == [
        "exim4",
        "firefox-esr",
        "nosuch",
    ]


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("/dev/sda3 / ext4 rw,relatime 0 0\n", ("/dev/sda3", "ext4", "rw,relatime")),
        ("rootfs / rootfs rw 0 0\noverlay / overlay rw,lowerdir=/x 0 0\n", ("overlay", "overlay", "rw,lowerdir=/x")),
        ("", ("", "", "")),
    ],
)
def test_root_mount(mounts: str, expected: tuple[str, str, str]) -> None:
    assert system.root_mount(mounts) == expected


@pytest.mark.parametrize(
    ("shadow", "user", "ok", "word"),
    [
        (SHADOW, None, True, "famille"),
        (SHADOW, "famille", True, "famille"),
        (SHADOW.replace(":0:0:", ":20649:0:"), None, False, "keeps the workshop's password"),
        (SHADOW.replace("$6$a$b", "!"), None, False, "no usable password"),
        (SHADOW, "other", False, "does not exist"),
        ("", None, False, "does not exist"),
    ],
)
def test_account(shadow: str, user: str | None, ok: bool, word: str) -> None:
    outcome = account.judge(PASSWD, shadow, user)
    assert outcome.ok is ok
    assert word in outcome.detail


def test_no_account_at_all() -> None:
    assert not account.judge("root:x:0:0:root:/root:/bin/bash\n", SHADOW, None).ok


def test_desktop_entry_reads_the_main_group_only() -> None:
    text = "[Desktop Entry]\nName=Atril\nExec=atril %U\nMimeType=application/pdf;\n[Desktop Action x]\nExec=evil\n"
    assert programs.desktop_entry(text)["Exec"] == "atril %U"


@pytest.mark.parametrize(
    ("data", "word"),
    [(None, "no PDF came out"), (b"<html>", "not a whole PDF"), (b"%PDF-1.7\n" + b"x" * 100, "not a whole PDF")],
)
def test_what_is_no_pdf_does_not_pass(tmp_path: Path, data: bytes | None, word: str) -> None:
    pdf = tmp_path / "lettre.pdf"
    if data is not None:
        pdf.write_bytes(data)
    outcome = office.judge(pdf, 0, "convert lettre.fodt as a Writer document -> lettre.pdf using filter")
    assert not outcome.ok, "soffice's exit status 0 proves nothing"
    assert word in outcome.detail


def test_the_antivirus_database_of_ours_is_eicars_hash() -> None:
    assert antivirus.own_signature() == "44d88612fea8a8f36de82e1278abb02f:68:Recyclerie.Eicar\n"
    assert "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" in antivirus.EICAR.decode()


def test_no_signatures_in_an_empty_or_foreign_folder(tmp_path: Path) -> None:
    (tmp_path / "freshclam.dat").write_text("x")
    (tmp_path / "main.cvd").touch()
    assert antivirus.signatures(tmp_path) == []
    (tmp_path / "main.cvd").write_text("x")
    assert [path.name for path in antivirus.signatures(tmp_path)] == ["main.cvd"]


def card(sys: Path, address: str, number: str, driver: str = "", interface: str = "") -> None:
    """A PCI device in a tree that looks like sysfs."""
    device = sys / "bus/pci/devices" / address
    device.mkdir(parents=True)
    (device / "class").write_text(f"{number}\n")
    if driver:
        (sys / "bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
        (device / "driver").symlink_to(sys / "bus/pci/drivers" / driver)
    if interface:
        (device / interface).mkdir(parents=True)


NETWORK = {"pci_classes": ["02"], "interface": True, "at_least": 1}


def test_bound_cards_pass(tmp_path: Path) -> None:
    card(tmp_path, "0000:00:19.0", "0x020000", "e1000e", "net/enp0s25")
    card(tmp_path, "0000:00:03.0", "0x020000", "virtio-pci", "virtio0/net/ens3")
    card(tmp_path, "0000:00:1f.2", "0x010601")
    outcome = drivers.judge(NETWORK, tmp_path)
    assert outcome.ok
    assert outcome.detail == "2 devices, drivers: e1000e, virtio-pci"


@pytest.mark.parametrize(
    ("driver", "interface", "word"),
    [("", "", "no driver is bound to 0000:03:00.0"), ("iwlwifi", "", "its firmware may be missing")],
)
def test_a_card_that_does_not_work_fails(tmp_path: Path, driver: str, interface: str, word: str) -> None:
    card(tmp_path, "0000:03:00.0", "0x028000", driver, interface)
    outcome = drivers.judge(NETWORK, tmp_path)
    assert not outcome.ok
    assert word in outcome.detail


def test_no_card_at_all(tmp_path: Path) -> None:
    assert not drivers.judge(NETWORK, tmp_path).ok
    assert drivers.judge({"pci_classes": ["0403"]}, tmp_path).detail == "no device of this kind"


def test_an_agent_that_never_wrote_its_status(tmp_path: Path) -> None:
    settings = tmp_path / "agent.json"
    assert agent.read_status(settings) == {}
    settings.write_text(f'{{"state_dir": "{tmp_path}"}}')
    (tmp_path / "status.json").write_text('{"state": "linked"}')
    assert agent.read_status(settings) == {"state": "linked"}


def test_nothing_that_goes_wrong_looks_like_a_pass() -> None:
    unknown = run_check({"name": "x", "kind": "nosuch"})
    assert not unknown["ok"]
    assert "Mend the profile" in unknown["detail"]
    broken = run_check({"name": "y", "kind": "unit_active"})  # its unit is missing
    assert not broken["ok"]
    assert "The check itself broke" in broken["detail"]
    missing = run_check({"name": "z", "kind": "program", "argv": ["/no/such/program"]})
    assert "is not installed" in missing["detail"]


def test_results_keep_the_checks_order_and_fields() -> None:
    checks = [{"name": str(number), "kind": "nosuch", "mandatory": bool(number % 2)} for number in range(6)]
    results = run_checks(checks, parallel=3)
    assert [result["name"] for result in results] == ["0", "1", "2", "3", "4", "5"]
    assert [result["mandatory"] for result in results] == [False, True] * 3
    assert run_check({"kind": "nosuch"})["mandatory"] is True, "a check is mandatory unless it says otherwise"


def test_a_program_that_prints_something_else_fails() -> None:
    assert run_check({"kind": "program", "argv": ["sh", "-c", "echo version 3.4"]})["ok"]
    assert not run_check({"kind": "program", "argv": ["sh", "-c", "echo usage"]})["ok"]
    assert not run_check({"kind": "program", "argv": ["sh", "-c", "echo 3.4; exit 3"]})["ok"]
    assert not run_check({"kind": "program", "argv": ["sleep", "9"], "timeout": 0.1})["ok"]
