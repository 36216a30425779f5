"""Taking a capture: what a machine says there, its capture says elsewhere; masked, nothing names the machine."""

from __future__ import annotations

import json
import os
import stat
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.capture.mask import Mask, secrets_in, without_serial
from agent.capture.take import take_capture
from agent.cli import main
from agent.collectors.edid import parse_edid
from agent.collectors.erase_facts.asking import tool_version
from agent.collectors.snapshot import read_inventory
from agent.errors import AgentError
from agent.sources import Source, open_source
from tests.unit.agent.test_edid import FULL_HD, edid, words

SECRETS = {
    "serial": "5CG1234XYZ", "board": "PBRD7788AA", "uuid": "4c4c4544-0042-3510-8052-b4c04f4d3532",
    "mac": "3c:52:82:11:22:33", "drive": "WD-WCC4N5678901", "wwn": "0x50014ee2b1234567", "battery": "BATT90817",
    "stick": "AA00000000012345", "screen": "CN0TESTSCREEN", "module": "7A3B9C1D", "host": "pc-de-martine",
}  # fmt: skip


def put(root: Path, path: str, content: str | bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else (content + "\n").encode())


@pytest.fixture(autouse=True)
def no_versions_of_others() -> Iterator[None]:
    """A process asks each tool for its version once; here other tools go by the same names."""
    tool_version.cache_clear()
    yield
    tool_version.cache_clear()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small laptop: a tree of kernel files with links as in sysfs, and tools that answer for it."""
    root = tmp_path / "machine"
    s = SECRETS
    ids = {"product_uuid": s["uuid"], "product_serial": s["serial"], "board_serial": s["board"], "chassis_type": "10"}
    ids |= {"sys_vendor": "HP", "product_name": "ProBook 450", "bios_vendor": "HP", "chassis_serial": "Default string"}
    for name, value in (ids | {"bios_version": "68ICF", "bios_date": "03/25/2014", "board_name": "198F"}).items():
        put(root, f"sys/devices/virtual/dmi/id/{name}", value)
    (root / "sys/firmware").mkdir(parents=True)
    (root / "sys/class").mkdir()
    (root / "sys/class/dmi").mkdir()
    (root / "sys/class/dmi/id").symlink_to("../../devices/virtual/dmi/id")
    nic = "sys/devices/pci0000:00/0000:00:19.0"
    for name, value in {
        "address": s["mac"],
        "type": "1",
        "addr_assign_type": "0",
        "speed": "1000",
        "carrier": "1",
    }.items():
        put(root, f"{nic}/net/eth0/{name}", value)
    put(root, f"{nic}/class", "0x020000")
    (root / "sys/bus/pci/drivers/e1000e").mkdir(parents=True)
    (root / "sys/bus/pci/devices").mkdir()
    (root / "sys/bus/pci/devices/0000:00:19.0").symlink_to("../../../devices/pci0000:00/0000:00:19.0")
    (root / nic / "driver").symlink_to("../../../bus/pci/drivers/e1000e")
    (root / nic / "subsystem").symlink_to("../../../bus/pci")
    (root / nic / "net/eth0/device").symlink_to("../../../0000:00:19.0")
    (root / "sys/class/net").mkdir()
    (root / "sys/class/net/eth0").symlink_to("../../devices/pci0000:00/0000:00:19.0/net/eth0")
    battery = {"type": "Battery", "present": "1", "energy_full": "30000000", "energy_full_design": "47520000"}
    for name, value in (battery | {"cycle_count": "321", "serial_number": s["battery"]}).items():
        put(root, f"sys/class/power_supply/BAT0/{name}", value)
    put(root, "sys/class/drm/card0-HDMI-A-1/status", "connected")
    put(root, "sys/class/drm/card0-HDMI-A-1/edid", edid(FULL_HD, words(0xFC, "BIG"), words(0xFF, s["screen"])))
    put(root, "sys/class/block/sda/dev", "8:0")
    put(root, "run/udev/data/b8:0", f"E:ID_SERIAL_SHORT={s['drive']}\nE:ID_WWN_WITH_EXTENSION={s['wwn']}\nE:ID_BUS=ata")
    put(root, "proc/meminfo", "MemTotal:        8000000 kB")
    put(root, "proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sda1 rw")
    for name, value in {"idVendor": "0781", "idProduct": "5567", "product": "Cruzer", "serial": s["stick"]}.items():
        put(root, f"sys/bus/usb/devices/1-2/{name}", value)

    lsblk = {"blockdevices": [{"name": "sda", "kname": "sda", "path": "/dev/sda", "type": "disk", "size": 500107862016,
             "model": "WDC WD5000", "serial": s["drive"], "wwn": s["wwn"], "tran": "sata", "rota": True,
             "children": [{"path": "/dev/sda1", "size": 1, "label": "Martine", "uuid": s["uuid"]}]}]}  # fmt: skip
    smart = {"smartctl": {"version": [7, 4]}, "smart_status": {"passed": True}, "serial_number": s["drive"],
             "wwn": {"naa": 5, "oui": 5358, "id": 11897423207}}  # fmt: skip
    dmi = (
        "# dmidecode 3.6\nHandle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n\tVendor: HP\n\n"
        "Handle 0x0010, DMI type 17, 34 bytes\nMemory Device\n\tSize: 8 GB\n\tForm Factor: SODIMM\n\tType: DDR3\n"
        f"\tLocator: Bottom\n\tSerial Number: {s['module']}\n\tAsset Tag: To be filled by O.E.M.\n"
    )
    bin_dir = tmp_path / "bin"
    answers = {"lsblk": json.dumps(lsblk), "smartctl": json.dumps(smart), "dmidecode": dmi,
               "lscpu": "Architecture: x86_64\nCPU(s): 4\nModel name: Core i5\nSocket(s): 1\nCore(s) per socket: 2",
               "lspci": "00:19.0 Ethernet controller: Intel Corporation Ethernet Connection I217-V",
               "hdparm": f"Serial Number: {s['drive']}", "dmesg": f"{s['host']} usb 1-2: SerialNumber: {s['stick']}",
               "lsusb": "Bus 001 Device 002: ID 0781:5567 SanDisk"}  # fmt: skip
    for tool, answer in answers.items():
        put(bin_dir, tool, f"#!/bin/sh\ncat <<'X'\n{answer}\nX")
        (bin_dir / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_dir}:{os.environ['PATH']}")
    return root


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {key for key in one if one[key] != other[key]}


def test_a_capture_gives_the_machines_own_inventory(machine: Path, tmp_path: Path) -> None:
    said = take_capture(tmp_path / "c", root=machine)
    assert "--mask" in said
    live, read = read_inventory(Source(machine), erase=True), read_inventory(open_source(tmp_path / "c"), erase=True)
    assert live["chassis"]["system_serial"] == SECRETS["serial"]
    assert live["drives"][0]["wwn"] == SECRETS["wwn"]
    assert live["drives"][0]["boot_medium"] is False or live["drives"][0]["in_use"]
    assert live["network"][0] == {**live["network"][0], "bus": "pci", "driver": "e1000e", "mac": SECRETS["mac"]}
    assert live["network"][0]["model"].startswith("Intel Corporation Ethernet")
    assert live["screens"][0]["serial"] == SECRETS["screen"]
    assert differing(live, read) <= {"taken_at", "hostname", "source"}


def test_masked(machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_capture(tmp_path / "c", mask=True, root=machine)
    everything = b"".join(
        path.name.encode() + path.read_bytes() for path in (tmp_path / "c").rglob("*") if path.is_file()
    ).lower()
    # The host's name stands alone in a message of the kernel: only what is known to be a name is found.
    for what, secret in SECRETS.items():
        assert what == "host" or secret.lower().encode() not in everything, what
    assert b'martine"' not in everything
    assert b"11897423207" not in everything
    assert b"to be filled by o.e.m." in everything
    live, read = read_inventory(Source(machine), erase=True), read_inventory(open_source(tmp_path / "c"), erase=True)
    # What names is different and of the same shape; everything else is as it was.
    assert read["cpu"] == live["cpu"]
    assert read["chassis"]["product"] == "ProBook 450"
    assert read["chassis"]["chassis_serial"] == "Default string"
    assert len(read["chassis"]["system_serial"]) == len(SECRETS["serial"])
    assert read["chassis"]["system_uuid"].count("-") == 4
    assert read["network"][0]["mac"].count(":") == 5
    assert read["drives"][0]["serial"] != SECRETS["drive"]
    assert read["drives"][0]["serial"].startswith("")
    assert read["drives"][0]["size_bytes"] == live["drives"][0]["size_bytes"]
    assert read["batteries"][0]["wear_percent"] == live["batteries"][0]["wear_percent"]
    assert (read["screens"][0]["name"], read["screens"][0]["edid_valid"]) == ("BIG", True)
    # The same value has the same other everywhere: the drive of lsblk is the drive of udev and of smartctl.
    index = json.loads((tmp_path / "c/capture.json").read_text())
    outs = {" ".join(tool["arguments"]): tool["out"] for tool in index["tools"]}
    lsblk = json.loads((tmp_path / "c" / outs["lsblk -J -b -O"]).read_text())["blockdevices"][0]
    assert lsblk["serial"] == read["drives"][0]["serial"]
    assert index["masked"] is True


def test_archives_and_what_is_there_already(machine: Path, tmp_path: Path) -> None:
    for name in ("c.tar", "c.tar.gz"):
        take_capture(tmp_path / name, root=machine)
        found = read_inventory(open_source(tmp_path / name))
        assert found["chassis"]["product"] == "ProBook 450"
        with tarfile.open(tmp_path / name) as tar:
            assert {member.uname for member in tar} == {""}
    with pytest.raises(AgentError, match="exists already"):
        take_capture(tmp_path / "c.tar", root=machine)
    take_capture(tmp_path / "folder", root=machine)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


def test_zstd(machine: Path, tmp_path: Path) -> None:
    if not Path("/usr/bin/zstd").exists():
        pytest.skip("zstd is not installed")
    take_capture(tmp_path / "c.tar.zst", root=machine)
    assert read_inventory(open_source(tmp_path / "c.tar.zst"))["chassis"]["product"] == "ProBook 450"
    (tmp_path / "bad.tar.zst").write_bytes(b"no")
    with pytest.raises(AgentError, match="damaged"):
        open_source(tmp_path / "bad.tar.zst")


def test_the_command_on_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capture", str(tmp_path / "c"), "--mask"]) == 0
    assert "masked" in capsys.readouterr().out
    assert main(["capture", str(tmp_path / "c")]) == 1
    live, read = read_inventory(Source()), read_inventory(open_source(tmp_path / "c"))
    assert read["cpu"] == live["cpu"]
    assert len(read["drives"]) == len(live["drives"])


def test_shapes() -> None:
    mask = Mask(secrets_in({"serial": "AB12-34cd"}, ['{"wwn": {"naa": 5, "id": 123456789}}']))
    other = mask.text("AB12-34cd ab12-34CD")
    assert other.split()[0].lower() == other.split()[1].lower() != "ab12-34cd"
    assert mask.text("52:54:00:ab:cd:ef")[2] == ":"
    card = "Capabilities: [140 v1] Device Serial Number 3c-52-82-ff-ff-11-22-33"
    assert "3c-52-82" not in Mask(secrets_in({}, [card])).text(card)
    assert mask.text("no serial here") == "no serial here"
    assert mask.other("Default string") == "Default string"
    assert Mask([]).other("AB12-34cd") != other.split()[0]  # a salt of its own


def test_an_edid_without_its_numbers() -> None:
    raw = edid(FULL_HD, words(0xFC, "NAME"), words(0xFF, "SECRET99"), number=77777)
    found = parse_edid(without_serial(raw))
    assert found is not None
    assert (found["serial"], found["name"], found["edid_valid"]) == ("MASKED", "NAME", True)
    broken = parse_edid(without_serial(edid(FULL_HD, number=77777, good=False)))
    assert broken is not None
    assert broken["edid_valid"] is False


def test_it_runs_without_other_libraries() -> None:
    """On a target there is Debian's python3 and three libraries; inspecting a folder needs none of them."""
    import subprocess

    code = (
        "import sys; sys.modules.update(dict.fromkeys(['psutil', 'pyudev', 'websockets']));"
        "from agent.cli import main; sys.exit(main(['inspect', '--from', 'docs', '--json']))"
    )
    root = Path(__file__).resolve().parents[3]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["source"] == "dumps"
