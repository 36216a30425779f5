"""Asking a whole drive: which tools, in which order, and what becomes of their answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.collectors import erase_facts
from agent.collectors.drives import collect_drive, collect_drives
from agent.collectors.erase_facts import asking, collect_erase_facts, empty_erase_facts
from agent.collectors.erase_facts.holders import read_holders
from agent.collectors.smart import empty_smart
from agent.protocol_erase import EraseFacts
from agent.tools import TIMED_OUT, Ran
from tests.unit.agent.erase_records import Played, probed, record, sample
from tests.unit.agent.recordings import ROOT, needs_recordings

NVME = json.loads(sample("nvme.json"))
Ask = Callable[..., tuple[EraseFacts, Played]]


def drive(**more: Any) -> dict[str, Any]:
    return {
        "path": "/dev/sda", "serial": "", "size_bytes": 500107862016, "transport": "sata", "rotational": True,
        "boot_medium": False, "logical_block_bytes": 512,
    } | more  # fmt: skip


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """Asks a drive of an empty sysfs with played tools."""
    asking.tool_version.cache_clear()

    def asked(answers: dict[str, Any], **more: Any) -> tuple[EraseFacts, Played]:
        played = Played({"hdparm -V": "hdparm v9.65\n", "nvme version": "nvme version 2.13 (git 2.13)\n", **answers})
        monkeypatch.setattr(asking, "run", played)
        return collect_erase_facts(drive(**more), root=tmp_path), played

    return asked


def ata(facts: EraseFacts) -> Any:
    assert facts["ata"] is not None
    return facts["ata"]


def sata(identify: str, sizes: str = "", dco: str = "", status: str = "") -> dict[str, Any]:
    """The four questions to a SATA drive."""
    return {
        "hdparm -I /dev/sda": sample(f"hdparm-I-{identify}.txt"),
        "hdparm -N /dev/sda": sizes,
        "hdparm --dco-identify /dev/sda": dco,
        "hdparm --sanitize-status /dev/sda": status,
    }


def max_sectors(visible: int, native: int, what: str = "HPA is disabled") -> str:
    return f"\n/dev/sda:\n max sectors   = {visible}/{native}, {what}\n"


def dco(sectors: int) -> str:
    return record("hdparm-sizes.txt", "dco-same").replace("1465149168", str(sectors))


FROZEN = 976773168


def test_a_frozen_hdd_with_nothing_hidden(ask: Ask) -> None:
    facts, played = ask(sata("hdd-frozen", max_sectors(FROZEN, FROZEN), dco(FROZEN)))
    assert (facts["media"], facts["bridge"], facts["problems"]) == ("hdd", False, [])
    assert facts["tools"] == {"hdparm": "9.65"}
    assert ata(facts)["security"]["frozen"]
    assert (ata(facts)["hidden"], ata(facts)["native_bytes"], ata(facts)["trim"]) == ([], 500107862016, False)
    # Without SANITIZE in its list it isn't asked about one.
    assert [command for command in played.asked if "sanitize" in command] == []


def test_hpa_and_dco_on_one_drive(ask: Ask) -> None:
    hidden, whole = max_sectors(FROZEN, FROZEN + 2113, "HPA is enabled"), dco(FROZEN + 5000)
    facts, _ = ask(sata("hdd-frozen", hidden, whole))
    assert ata(facts)["hidden"] == [
        {"kind": "hpa", "visible_bytes": FROZEN * 512, "native_bytes": (FROZEN + 2113) * 512},
        {"kind": "dco", "visible_bytes": (FROZEN + 2113) * 512, "native_bytes": (FROZEN + 5000) * 512},
    ]
    assert ata(facts)["native_bytes"] == (FROZEN + 5000) * 512


def test_a_locked_device_configuration_leaves_the_native_size_unknown(ask: Ask) -> None:
    facts, _ = ask(sata("hdd-frozen", max_sectors(FROZEN, FROZEN), record("hdparm-sizes.txt", "dco-frozen")))
    assert (ata(facts)["hidden"], ata(facts)["native_bytes"]) == ([], None)
    assert ["DCO" in problem and "Input/output error" in problem for problem in facts["problems"]] == [True]


def test_accessible_max_address(ask: Ask) -> None:
    half, whole = 3907018584, 7814037168
    identify = sample("hdparm-I-hdd-ama.txt").replace(str(whole), str(half))
    answers = sata("hdd-ama") | {
        "hdparm -I /dev/sda": identify,
        "hdparm -N /dev/sda": record("hdparm-sizes.txt", "ama"),
        "hdparm --sanitize-status /dev/sda": record("hdparm-sanitize-status.txt", "idle"),
    }
    facts, _ = ask(answers, size_bytes=half * 512)
    assert ata(facts)["hidden"] == [{"kind": "ama", "visible_bytes": half * 512, "native_bytes": whole * 512}]
    assert ata(facts)["native_bytes"] == whole * 512
    assert ata(facts)["sanitize"]["state"] == "idle"
    assert facts["problems"] == []
    # Where hdparm gets no answer, openSeaChest is asked.
    said = f"openSeaChest_Erase Version: 4.6.0-8_0_1 X86_64\nMaxLBA: {half - 1}\nNative MaxLBA: {whole - 1}\n"
    answers["hdparm -N /dev/sda"] = " GET_NATIVE_MAX_ADDRESS_EXT failed: Input/output error\n"
    answers["openSeaChest_Erase -d /dev/sda -i"] = said + "Logical Sector Size (B): 512\n"
    facts, _ = ask(answers, size_bytes=half * 512)
    assert [area["kind"] for area in ata(facts)["hidden"]] == ["ama"]
    assert facts["tools"]["openSeaChest_Erase"] == "4.6.0-8_0_1"
    # And where that says nothing either, nothing is known.
    answers["openSeaChest_Erase -d /dev/sda -i"] = said.replace(
        f"Native MaxLBA: {whole - 1}", "Native MaxLBA: Not Reported"
    )
    facts, _ = ask(answers, size_bytes=half * 512)
    assert (ata(facts)["hidden"], ata(facts)["native_bytes"]) == ([], None)


def test_an_ssd_with_a_sanitize_of_somebody_else(ask: Ask) -> None:
    status = record("hdparm-sanitize-status.txt", "idle-after-success")
    facts, _ = ask(sata("ssd-sanitize", max_sectors(FROZEN, FROZEN), dco(FROZEN), status), rotational=False)
    assert facts["media"] == "ssd"
    assert ata(facts)["sanitize"] == {
        "crypto": True, "block": True, "overwrite": True, "antifreeze": True, "state": "succeeded", "progress": None,
    }  # fmt: skip
    # A controller that loses the answer: hdparm prints "idle" all the same.
    lost = Ran("hdparm", 0, record("hdparm-sanitize-status.txt", "idle"), "SG_IO: questionable sense data, results …\n")
    facts, _ = ask(sata("ssd-sanitize") | {"hdparm --sanitize-status /dev/sda": lost})
    assert ata(facts)["sanitize"]["state"] == ""
    assert any("questionable" in problem for problem in facts["problems"])


def test_an_early_ssd_is_one_though_the_kernel_takes_it_for_spinning(ask: Ask) -> None:
    facts, _ = ask(sata("ssd-early", max_sectors(62586880, 62586880)), size_bytes=32044482560)
    assert (facts["media"], ata(facts)["native_bytes"]) == ("ssd", 32044482560)
    # It knows no command that could hide a part of it: no answer to -N isn't a lack then.
    facts, _ = ask(sata("ssd-early"), size_bytes=32044482560)
    assert (ata(facts)["native_bytes"], facts["problems"]) == (32044482560, [])


def test_another_drive_under_the_same_name(ask: Ask) -> None:
    facts, played = ask(sata("hdd-frozen"), serial="S2R8J9KC123456")
    assert facts["ata"] is None
    assert any("S2R8J9KC123456" in problem for problem in facts["problems"])
    assert [command for command in played.asked if command.startswith("hdparm -")] == [
        "hdparm -I /dev/sda",
        "hdparm -V",
    ]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "path", "size", "media"),
    [("SATAHDD01", "/dev/sdb", 536870912, "hdd"), ("SATASSD01", "/dev/sdc", 2147483648, "ssd")],
)
def test_qemu_sata(ask: Ask, name: str, path: str, size: int, media: str) -> None:
    facts, _ = ask(probed(name), path=path, serial=name, size_bytes=size)
    assert (facts["media"], facts["problems"]) == (media, [])
    assert ata(facts)["security"]["supported"] is False
    assert (ata(facts)["hidden"], ata(facts)["native_bytes"]) == ([], size)


@needs_recordings
def test_qemu_usb_is_never_asked_ata_questions(ask: Ask) -> None:
    answers = probed("USB01") | {"smartctl -j -i /dev/sdd": ('{"smartctl": {"version": [7, 4]}}', 1)}
    facts, played = ask(answers, path="/dev/sdd", serial="USB01", size_bytes=536870912, transport="usb")
    assert (facts["media"], facts["bridge"], facts["ata"], facts["problems"]) == ("usb", True, None, [])
    assert [command for command in played.asked if command.startswith("hdparm -")] == []
    # Even if smartctl were wrong about the bridge: the bogus HPA and DCO must not become facts.
    told = {"smartctl": {"version": [7, 4]}, "device": {"protocol": "ATA"}, "serial_number": "USB01"}
    told["user_capacity"] = {"bytes": 536870912}
    answers["smartctl -j -i /dev/sdd"] = (json.dumps(told), 0)
    facts, _ = ask(answers, path="/dev/sdd", serial="USB01", size_bytes=536870912, transport="usb")
    assert facts["ata"] is None
    assert len(facts["problems"]) == 1


def test_a_bridge_that_passes_ata(ask: Ask) -> None:
    told = {"smartctl": {"version": [7, 4]}, "device": {"protocol": "ATA", "type": "sat"}}
    told |= {"serial_number": "WD-WMAYU1234567", "user_capacity": {"bytes": 500107862016}}
    answers = sata("hdd-frozen", max_sectors(FROZEN, FROZEN), dco(FROZEN))
    answers["smartctl -j -i /dev/sda"] = json.dumps(told)
    facts, _ = ask(answers, transport="usb", serial="20210101 the bridge's own")
    assert (facts["media"], facts["bridge"]) == ("usb", True)
    assert ata(facts)["native_bytes"] == 500107862016
    # Two tools that read two serial numbers through one bridge: neither is believed.
    answers["smartctl -j -i /dev/sda"] = json.dumps({**told, "serial_number": "WD-WMAYU7654321"})
    facts, _ = ask(answers, transport="usb")
    assert facts["ata"] is None


@pytest.mark.parametrize("protocol", ["SCSI", "NVMe"])
def test_a_bridge_that_speaks_another_language(ask: Ask, protocol: str) -> None:
    told: dict[str, Any] = {"device": {"protocol": protocol}, "serial_number": "WD-WMAYU1234567"}
    told["user_capacity"] = {"bytes": 500107862016}
    answers = sata("hdd-frozen", max_sectors(FROZEN, FROZEN), dco(FROZEN)) | {
        "smartctl -j -i /dev/sda": json.dumps(told)
    }
    facts, played = ask(answers, transport="usb")
    assert (facts["ata"], [command for command in played.asked if command.startswith("hdparm -")]) == (None, [])


@needs_recordings
def test_qemu_scsi(ask: Ask) -> None:
    facts, _ = ask(probed("SCSI01"), serial="SCSI01", size_bytes=536870912, transport="scsi")
    assert (facts["media"], facts["ata"], facts["scsi"]) == ("hdd", None, None)
    assert any("Illegal request" in problem for problem in facts["problems"])


def test_a_sas_drive(ask: Ask) -> None:
    facts, _ = ask({"sg_opcodes /dev/sda": record("sg_opcodes.txt", "sas-hdd")}, transport="scsi")
    assert facts["scsi"] == {"sanitize_crypto": True, "sanitize_block": False, "sanitize_overwrite": True}


def test_a_sata_drive_on_a_sas_controller(ask: Ask, tmp_path: Path) -> None:
    device = tmp_path / "sys/class/block/sda/device"
    device.mkdir(parents=True)
    (device / "vendor").write_text("ATA     \n")
    answers = sata("hdd-frozen", max_sectors(FROZEN, FROZEN), dco(FROZEN))
    facts, _ = ask(answers | {"sg_opcodes /dev/sda": record("sg_opcodes.txt", "none")}, transport="scsi")
    assert ata(facts)["security"]["supported"]
    assert facts["scsi"] == {"sanitize_crypto": False, "sanitize_block": False, "sanitize_overwrite": False}


def nvme(**names: str) -> dict[str, str]:
    controller = "/dev/nvme0"
    answers = {
        f"nvme id-ctrl {controller} -o json": json.dumps(NVME["id-ctrl"][names["controller"]]),
        f"nvme list-ns {controller} -o json": json.dumps(NVME["list-ns"][names.get("namespaces", "one")]),
        f"nvme list-ns {controller} -o json --all": json.dumps(NVME["list-ns"][names.get("namespaces", "one")]),
        f"nvme id-ns {controller} -n 1 --force -o json": json.dumps(NVME["id-ns"]["512"]),
        f"nvme id-ns {controller} -n 2 --force -o json": json.dumps(NVME["id-ns"]["4096"]),
    }
    if "log" in names:
        answers[f"nvme sanitize-log {controller} -o json"] = json.dumps(NVME["sanitize-log"][names["log"]])
    return answers


NVME_DRIVE = {"path": "/dev/nvme0n1", "transport": "nvme", "rotational": False, "size_bytes": 536870912}


def namespace(root: Path, name: str, number: int) -> None:
    folder = root / "sys/class/block" / name
    folder.mkdir(parents=True)
    (folder / "nsid").write_text(f"{number}\n")
    (folder / "size").write_text("1048576\n")


def test_qemu_nvme(ask: Ask, tmp_path: Path) -> None:
    namespace(tmp_path, "nvme0n1", 1)
    facts, _ = ask(nvme(controller="qemu"), **NVME_DRIVE, serial="NVME01")
    assert (facts["media"], facts["problems"]) == ("nvme", [])
    assert facts["nvme"] == {
        "controller": "/dev/nvme0", "format_supported": True, "crypto_format": False, "format_applies_to_all": False,
        "erase_applies_to_all": False, "sanitize_crypto": False, "sanitize_block": False, "sanitize_overwrite": False,
        "sanitize_seconds": None, "sanitize_state": "", "sanitize_progress": None,
        "namespaces": [{"nsid": 1, "size_bytes": 536870912, "path": "/dev/nvme0n1"}],
    }  # fmt: skip


def test_a_namespace_that_is_no_drive_is_found(ask: Ask, tmp_path: Path) -> None:
    namespace(tmp_path, "nvme0n1", 1)
    facts, _ = ask(nvme(controller="qemu", namespaces="two"), **NVME_DRIVE, serial="NVME01")
    assert facts["nvme"] is not None
    assert facts["nvme"]["namespaces"][1] == {"nsid": 2, "size_bytes": 536870912, "path": ""}


def test_an_nvme_drive_that_is_stuck(ask: Ask) -> None:
    facts, _ = ask(nvme(controller="intel", log="stuck"), **NVME_DRIVE)
    assert facts["nvme"] is not None
    assert (facts["nvme"]["sanitize_state"], facts["nvme"]["sanitize_progress"]) == ("in progress", 0.01)
    assert facts["nvme"]["sanitize_seconds"] is None
    assert facts["nvme"]["crypto_format"]


def test_the_longer_estimate_counts(ask: Ask) -> None:
    facts, _ = ask(nvme(controller="full", log="never"), **NVME_DRIVE)
    assert facts["nvme"] is not None
    assert facts["nvme"]["sanitize_seconds"] == 70.0


def test_another_nvme_drive_is_not_believed(ask: Ask) -> None:
    facts, _ = ask(nvme(controller="qemu"), **NVME_DRIVE, serial="NVME02")
    assert facts["nvme"] is None
    assert len(facts["problems"]) == 1


def test_an_emmc_and_its_side_areas(ask: Ask, tmp_path: Path) -> None:
    device = tmp_path / "sys/class/block/mmcblk0/device"
    device.mkdir(parents=True)
    (device / "type").write_text("MMC\n")
    (device / "csd").write_text("d02700320f5903ffffffffef8a40408d\n")
    (tmp_path / "sys/class/block/mmcblk0gp0").mkdir()
    answers = {"mmc extcsd read /dev/mmcblk0": record("mmc-extcsd.txt", "emmc-5.1")}
    facts, _ = ask(answers, path="/dev/mmcblk0", transport="mmc", rotational=False)
    assert facts["mmc"] == {
        "kind": "mmc",
        "erase": True,
        "sanitize": True,
        "side_areas": ["boot0", "boot1", "rpmb", "gp0"],
    }
    assert (facts["media"], facts["tools"]) == ("mmc", {"mmc": ""})
    (device / "type").write_text("SD\n")
    facts, played = ask(answers, path="/dev/mmcblk0", transport="mmc", rotational=False)
    assert (facts["media"], facts["mmc"] and facts["mmc"]["sanitize"], played.asked) == ("sd", False, [])


def test_the_boot_medium_is_not_asked(ask: Ask) -> None:
    facts, played = ask({}, boot_medium=True, transport="usb")
    assert (facts["media"], played.asked) == ("usb", [])


def test_tools_that_are_not_there(ask: Ask) -> None:
    facts, _ = ask({})
    assert (facts["ata"], facts["problems"], facts["tools"]) == (None, ["hdparm: not installed"], {})


def test_a_hung_drive_is_asked_once(ask: Ask) -> None:
    hung = Ran("hdparm", TIMED_OUT, "", "")
    facts, played = ask(sata("hdd-frozen") | {"hdparm -N /dev/sda": hung})
    assert [command for command in played.asked if command != "hdparm -V"] == [
        "hdparm -I /dev/sda",
        "hdparm -N /dev/sda",
    ]
    assert ata(facts)["native_bytes"] is None
    assert ["took too long" in problem for problem in facts["problems"]] == [True]


def test_all_questions_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ALL_SECONDS", 0.05)
    problems: list[str] = []
    questions = asking.Questions("/dev/sda", problems, {})
    assert questions.ask(["true"]) is not None
    time.sleep(0.06)
    assert questions.ask(["true"]) is None
    assert questions.ask(["true"]) is None
    assert len(problems) == 1


def test_a_broken_tool_costs_the_report_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def rotten(*arguments: Any, **options: Any) -> Ran:
        raise RuntimeError("rotten")

    monkeypatch.setattr(asking, "run", rotten)
    facts = collect_erase_facts(drive())
    assert facts["problems"] == ["/dev/sda: RuntimeError: rotten"]


def test_virtual_and_played_drives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(asking, "run", Played({}))
    assert collect_erase_facts(drive(transport="virtio"), root=tmp_path)["media"] == "virtual"
    rig: dict[str, Any] = {"drives": {"/dev/sda": {}, "/dev/sdb": {"erase": {"media": "ssd", "holders": []}}}}
    rig["drives"]["/dev/sdc"] = {"erase": erase_facts.ASK_TOOLS}
    assert collect_erase_facts(drive(), rig=rig, root=tmp_path) == empty_erase_facts("virtual")
    assert collect_erase_facts(drive(path="/dev/sdb"), rig=rig, root=tmp_path) == empty_erase_facts("ssd")
    # A rig's drive is asked only when the rig says so: its tools are doubles then.
    assert collect_erase_facts(drive(path="/dev/sdc"), rig=rig, root=tmp_path)["problems"] == ["hdparm: not installed"]


def test_holders_from_the_top(tmp_path: Path) -> None:
    block = tmp_path / "sys/class/block"
    (block / "sda/sda2").mkdir(parents=True)
    (block / "sda/sda2/partition").write_text("2\n")
    (block / "sda/sda2/holders/md127").mkdir(parents=True)
    (block / "md127/holders/dm-0").mkdir(parents=True)
    (block / "md127/md").mkdir()
    (block / "md127/md/level").write_text("raid1\n")
    (block / "dm-0/dm").mkdir(parents=True)
    (block / "dm-0/dm/uuid").write_text("LVM-abcdef\n")
    (block / "dm-0/dm/name").write_text("vg-root\n")
    (block / "dm-0/holders/dm-1").mkdir(parents=True)
    (block / "dm-1/dm").mkdir(parents=True)
    (block / "dm-1/dm/uuid").write_text("CRYPT-LUKS2-0123\n")
    (block / "dm-1/dm/name").write_text("home\n")
    (block / "dm-1/holders/dm-1").mkdir(parents=True)  # a loop: a rotten sysfs must not hang us
    found = read_holders(tmp_path, "sda")
    assert found[-2:] == ["/dev/dm-0 lvm vg-root (on md127)", "/dev/md127 md raid1 (on sda2)"]
    assert "/dev/dm-1 crypt home (on dm-0)" in found
    assert read_holders(tmp_path, "sdb") == []


def tool(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_drives_are_asked_all_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool(tmp_path, "smartctl", "echo '{}'")
    asked = f"date +%s.%N >> {tmp_path}/begun; sleep 2; date +%s.%N >> {tmp_path}/ended"
    tool(tmp_path, "hdparm", f'case "$*" in "-I /dev/hung") exec sleep 60;; -I*) {asked};; esac')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(asking, "ONE_SECONDS", 6.0)
    paths = ["/dev/one", "/dev/two", "/dev/three", "/dev/hung"]
    rig = {"drives": {path: {"transport": "sata", "erase": erase_facts.ASK_TOOLS} for path in paths}}
    drives = collect_drives(tmp_path, [], rig=rig, erase=True)
    begun, ended = ([float(line) for line in (tmp_path / name).read_text().split()] for name in ("begun", "ended"))
    assert len(begun) == 3
    assert max(begun) < min(ended)  # the last was asked before the first had answered
    problems = {found["path"]: found["erase"]["problems"] for found in drives}
    assert problems["/dev/hung"] == [
        "hdparm -I /dev/hung: took too long and was stopped; the drive was asked nothing more"
    ]
    assert problems["/dev/one"] == ["hdparm -I /dev/one: no identity"]


def test_a_drive_that_smart_hung_on_is_not_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = empty_smart("slow", exit_status=TIMED_OUT)
    monkeypatch.setattr("agent.collectors.drives.read_smart", lambda _: slow)
    monkeypatch.setattr(asking, "run", Played({}))
    known = {"erase": "tools", "transport": "sata", "rotational": False}
    (found,) = collect_drives(tmp_path, [], rig={"drives": {"/dev/sda": known}}, erase=True)
    assert ["does not answer" in problem for problem in found["erase"]["problems"]] == [True]
    assert found["erase"]["media"] == "ssd"  # the kernel knows that without asking the drive


def test_health_and_the_gate_ask_no_drive(tmp_path: Path) -> None:
    rig = {"drives": {"/dev/nothing": {"erase": {"media": "ssd"}}}}
    (found,) = collect_drives(tmp_path, [], rig=rig, smart=False, erase=True)
    assert "erase" not in found
    (found,) = collect_drives(tmp_path, [], rig=rig)
    assert "erase" not in found
    again = collect_drive(tmp_path, "/dev/nothing", [], rig=rig)
    assert again is not None
    assert again["erase"]["media"] == "ssd"
    assert collect_drive(tmp_path, "/dev/gone", [], rig=rig) is None


@pytest.mark.parametrize(("mode", "asked"), [("live", True), ("resident", False)])
def test_only_the_workshop_s_inventory_has_erase_facts(tmp_path: Path, mode: str, asked: bool) -> None:
    rig = {"drives": {"/dev/nothing": {"erase": {"media": "ssd"}}}}
    settings = {
        "mode": mode, "controller_url": "https://c.test", "ca_file": "/c", "token_file": "/t", "rig": rig,
        "state_dir": str(tmp_path),
    }  # fmt: skip
    (tmp_path / "agent.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "agent", "--config", str(tmp_path / "agent.json"), "inventory"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    (found,) = json.loads(ran.stdout)["drives"]
    assert ("erase" in found) is asked


def test_the_resident_agent_carries_none_of_it() -> None:
    code = (
        "import sys, agent.service, agent.collectors.snapshot, agent.collectors.health\n"
        "print([name for name in sys.modules if name.startswith('agent.collectors.erase_facts.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "['agent.collectors.erase_facts.holders']"


def test_a_mounted_volume_is_a_use_of_the_drive_below_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    block = tmp_path / "sys/class/block"
    for name, number in (("sda", "8:0"), ("md127", "9:127"), ("dm-0", "253:0")):
        (block / name).mkdir(parents=True)
        (block / name / "dev").write_text(f"{number}\n")
    (block / "sda/holders/md127").mkdir(parents=True)
    (block / "md127/holders/dm-0").mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    mount = "36 28 253:0 / /srv rw shared:1 - ext4 /dev/mapper/vg-root rw\n"
    (tmp_path / "proc/self/mountinfo").write_text(mount)
    listed = json.dumps({"blockdevices": [{"kname": "sda", "path": "/dev/sda", "type": "disk", "size": 512}]})
    monkeypatch.setattr("agent.collectors.drives.run", Played({"lsblk -J -b -O": listed}))
    (found,) = collect_drives(tmp_path, [], smart=False)
    # "held by" alone may be taken down by an authorised erase; a mount may not.
    assert found["in_use"] == ["mounted at /srv (/dev/dm-0)", "held by md127 (sda)"]
