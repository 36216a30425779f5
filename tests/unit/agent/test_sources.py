"""One code for live machines, captures and dumps: every recording parses, and what is missing is named."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.collectors.dmidecode import parse_dmidecode
from agent.collectors.snapshot import read_inventory
from agent.collectors.table import markdown, subsystems
from agent.errors import AgentError
from agent.inspect_text import in_words
from agent.sources import Source, open_source
from agent.sources.archive import unpacked
from agent.sources.kinds import kind_of
from agent.tools import MISSING
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

MACHINES = sorted(path for path in (HARDWARE / "machines/peracotta").glob("*") if (path / "lscpu.txt").is_file())
DMI = recorded("dmidecode/**/*")
SMART = recorded("smartctl-json/**/*") + recorded("smartctl-text/**/*")


def read(path: Path) -> dict[str, Any]:
    found = read_inventory(open_source(path))
    json.dumps(found)
    assert in_words(found)
    declared = {subsystem.key: subsystem for subsystem in subsystems()}
    for key, subsystem in declared.items():
        rows = found[key] if subsystem.many else [found[key]]
        names = {field.name.partition("[")[0] for field in subsystem.fields}
        for row in rows:
            assert set(row) <= names, (key, set(row) - names)
    return found


def missing(found: dict[str, Any]) -> set[str]:
    return {one["what"] for one in found["missing"]}


@needs_recordings
@pytest.mark.parametrize("folder", MACHINES, ids=lambda path: path.name)
def test_every_recorded_machine(folder: Path) -> None:
    found = read(folder)
    assert found["source"] == "dumps"
    assert found["cpu"]["model"]
    assert found["cpu"]["cores"]
    assert found["board"]["manufacturer"]
    assert found["board"]["product"]
    assert found["chassis"]["chassis_type"].isdecimal()
    assert found["form"] or found["chassis"]["chassis_type"] in ("1", "2")  # "Other", "Unknown"
    said = text(folder / "lspci.txt")
    assert bool(found["graphics"]) == bool(re.search(r"VGA compatible|3D controller|Display controller", said))
    assert len(found["network_cards"]) == len(re.findall(r"^\S+ (?:Ethernet|Network) controller: ", said, re.MULTILINE))
    assert bool(found["sound"]) == bool(re.search(r"^\S+ (?:Audio device|Multimedia audio)", said, re.MULTILINE))
    assert len([p for p in found["ports"] if p["source"] == "firmware"]) > 0 or "type 8" not in text(
        folder / "connector.txt"
    )
    modules = text(folder / "dimms.txt").count("---=== SPD EEPROM Information")
    assert len(found["memory"]["modules"]) == modules
    nics = [line.split()[0] for line in text(folder / "net.txt").splitlines()]
    assert [nic["name"] for nic in found["network"]] == nics
    # Nothing of this is in these folders: it must be named, not taken for absent.
    assert {"drives", "usb", "screens", "sensors", "batteries", "bluetooth", "cameras"} <= missing(found)


@needs_recordings
@pytest.mark.parametrize("path", DMI, ids=lambda path: str(path.relative_to(HARDWARE / "dmidecode")))
def test_every_recorded_firmware_table(path: Path) -> None:
    found = read(path)
    blocks = parse_dmidecode(text(path))
    have = {block.type for block in blocks}
    assert found["firmware"]["vendor"]
    assert found["firmware"]["version"]
    memory = found["memory"]
    if 17 in have:
        assert memory["installed_bytes"] > 0
        assert memory["total_bytes"] == memory["installed_bytes"]
        assert 0 <= memory["slots_free"] <= memory["slots_total"]
        assert memory["maximum_bytes"] is None or memory["maximum_bytes"] >= memory["installed_bytes"]
        assert memory["ecc"] in (True, False)
        free = sum(1 for slot in memory["slots"] if slot["free"])
        assert free == memory["slots_free"]
    assert len(found["slots"]) == sum(block.type == 9 for block in blocks)
    for battery in found["batteries"]:
        assert 10 < battery["energy_full_design_wh"] < 120
    for chip in found["security"]:
        assert chip["version"] in ("1.2", "2.0")
    assert {"drives", "usb", "screens"} <= missing(found)
    kinds = {port["kind"] for port in found["ports"]}
    assert kinds <= set(
        "usb video audio network serial parallel ps2 sata ide firewire modem midi cardbus floppy power other".split()
    )


@needs_recordings
@pytest.mark.parametrize("path", SMART, ids=lambda path: str(path.relative_to(HARDWARE)))
def test_every_recorded_drive(path: Path) -> None:
    found = read(path)
    said = text(path)
    names = re.findall(r"^(?:Device Model|Model Number|Product):\s+(\S.*?)\s*$", said, re.MULTILINE)
    names += re.findall(r'^ *"model_name": "([^"]+)"', said, re.MULTILINE)
    for name in names:
        assert any(" ".join(name.split()) in drive["model"] for drive in found["drives"]), (name, found["drives"])
    if not names:
        return
    for drive in found["drives"]:
        smart = drive["smart"]
        if "result: FAILED" in said or '"passed": false' in said:
            assert smart["passed"] is False
        if "result: PASSED" in said:
            assert smart["passed"] is True
        hours = re.search(r"^Power On Hours: +([\d,]+)$", said, re.MULTILINE)
        if hours:
            assert smart["power_on_hours"] == int(hours.group(1).replace(",", ""))
        size = re.search(r"^(?:User Capacity|Total NVM Capacity): +([\d,]+) ", said, re.MULTILINE)
        if size:
            assert drive["size_bytes"] == int(size.group(1).replace(",", ""))


@needs_recordings
def test_share_of_recordings_without_a_missing_mandatory_field(record_property: Callable[[str, object], None]) -> None:
    """Mandatory fields are counted where the recording has their subsystem at all; what lacks is the firmware's."""
    places = [*MACHINES, *DMI, *recorded("lscpu/**/*"), *SMART]
    whole, lacking = 0, []
    for path in places:
        fields = {what for what in missing(read(path)) if "." in what}
        whole += not fields
        lacking += [(path.name, field) for field in fields]
    share = whole / len(places)
    record_property("share_without_missing", round(share, 4))
    record_property("recordings", len(places))
    print(f"{whole} of {len(places)} recordings ({share:.1%}) without a missing mandatory field")
    assert share > 0.9, lacking


@needs_recordings
def test_two_machines_in_one_folder_are_said() -> None:
    found = read(HARDWARE / "machines/peracotta")
    assert any("outputs of lscpu" in problem for problem in found["problems"])


@needs_recordings
@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("machines/peracotta/*/lscpu.txt", "lscpu"), ("machines/peracotta/*/lspci.txt", "lspci"),
        ("machines/peracotta/*/baseboard.txt", "dmidecode"), ("machines/peracotta/*/dimms.txt", "decode-dimms"),
        ("machines/peracotta/*/glxinfo.txt", "glxinfo"), ("machines/peracotta/*/net.txt", "net"),
        ("dmidecode/**/*", "dmidecode"), ("lscpu/**/*", "lscpu"), ("smartctl-text/**/*", "smartctl"),
        ("smartctl-json/peracotta/*", "smartctl"), ("erase-tools/hdparm/*", "hdparm"),
    ],
)  # fmt: skip
def test_outputs_are_known_by_themselves(pattern: str, kind: str) -> None:
    found = {kind_of(text(path)) for path in recorded(pattern) if text(path).strip()}
    assert found == {kind}


def test_nothing_at_all(tmp_path: Path) -> None:
    found = read(tmp_path)
    everything = {subsystem.key for subsystem in subsystems()}
    assert missing(found) == everything
    with pytest.raises(AgentError, match="nothing at"):
        open_source(tmp_path / "no")


def test_a_tree_of_kernel_files_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "sys/class/power_supply/BAT0").mkdir(parents=True)
    for name, value in {"type": "Battery", "energy_full": "30000000", "energy_full_design": "60000000"}.items():
        (tmp_path / "sys/class/power_supply/BAT0" / name).write_text(value)
    found = read(tmp_path)
    assert found["batteries"][0]["wear_percent"] == 50.0
    assert "sensors" not in missing(found)  # its kernel has none
    assert found["firmware"]["type"] == ""  # not in this tree: not "no UEFI"


def capture(folder: Path, tools: list[dict[str, Any]], **more: Any) -> Path:
    (folder / "tools").mkdir(parents=True)
    (folder / "tools/1.out").write_text(
        "Architecture: x86_64\nCPU(s): 2\nModel name: Some CPU\nCore(s) per socket: 2\n"
    )
    about = {"schema": "recyclerie.capture/1", "taken_at": "2026-01-01T00:00:00Z", "tools": tools, **more}
    (folder / "capture.json").write_text(json.dumps(about))
    return folder


LSCPU = {"arguments": ["lscpu"], "status": 0, "out": "tools/1.out"}


def test_a_capture_never_asks_this_machine(tmp_path: Path) -> None:
    source = open_source(capture(tmp_path / "c", [LSCPU]))
    found = read_inventory(source)
    assert (found["source"], found["cpu"]["model"], found["taken_at"]) == (
        "capture",
        "Some CPU",
        "2026-01-01T00:00:00Z",
    )
    assert found["hostname"] == ""
    assert found["memory"]["total_bytes"] is None
    assert source.run(["dmidecode"]).status == MISSING
    assert not source.has_tool("dmidecode")


@pytest.mark.parametrize("out", ["../../secret", "/etc/passwd", "tools/none", 7, None, "", "tools", "a\0b"])
def test_a_capture_names_no_file_of_this_machine(tmp_path: Path, out: Any) -> None:
    (tmp_path / "secret").write_text("secret")
    source = open_source(capture(tmp_path / "a/c", [{**LSCPU, "out": out}]))
    assert source.run(["lscpu"]).out == ""


@pytest.mark.parametrize(
    "tools", [None, "no", [7], [{}], [{"arguments": "lscpu"}], [{"arguments": [1], "status": "x"}]]
)
def test_a_rotten_capture(tmp_path: Path, tools: Any) -> None:
    read(capture(tmp_path / "c", tools))


def test_not_a_capture(tmp_path: Path) -> None:
    (tmp_path / "capture.json").write_text("{}")
    with pytest.raises(AgentError, match="not a capture"):
        open_source(tmp_path)


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_archives(tmp_path: Path, ending: str) -> None:
    folder = capture(tmp_path / "c", [LSCPU])
    archive = tmp_path / f"c{ending}"
    with tarfile.open(archive, "w:gz" if ending.endswith("gz") else "w") as tar:
        tar.add(folder, arcname="c")
    assert read_inventory(open_source(archive))["cpu"]["model"] == "Some CPU"


def test_a_hostile_archive(tmp_path: Path) -> None:
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        for name in ("../escaped", "/absolute-escaped"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        for name, target in (("up", ".."), ("up/../../escaped", "x"), ("inside", "a/b")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name in ("up/escaped", "inside/kept"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        pipe = tarfile.TarInfo("pipe")
        pipe.type = tarfile.FIFOTYPE
        tar.addfile(pipe)
    folder = unpacked(archive)
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()) == [
        "a/b/kept",
        "absolute-escaped",
        "up/escaped",
    ]
    read_inventory(open_source(archive))
    assert not (tmp_path.parent / "escaped").exists()
    assert not (folder.parent / "escaped").exists()
    assert not Path("/absolute-escaped").exists()
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b\x08cut")
    with pytest.raises(AgentError, match="can't be unpacked"):
        open_source(tmp_path / "cut.tar.gz")


def test_the_live_machine_as_a_source() -> None:
    found = read_inventory(Source())
    assert found["source"] == "live"
    assert found["cpu"]["threads"]
    assert found["memory"]["total_bytes"]


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = capture(tmp_path / "c", [LSCPU])
    assert main(["inspect", "--from", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cpu"]["model"] == "Some CPU"
    assert main(["inspect", "--from", str(folder)]) == 0
    assert "Some CPU" in capsys.readouterr().out
    assert main(["inspect", "--from", str(tmp_path / "no")]) == 1
    assert main(["fields", "--json"]) == 0
    assert {one["key"] for one in json.loads(capsys.readouterr().out)} == {one.key for one in subsystems()}
    assert main(["fields"]) == 0
    assert capsys.readouterr().out.strip() == markdown().strip()


FRENCH = """Architecture :                          x86_64
Mode(s) opératoire(s) des processeurs : 32-bit, 64-bit
Processeur(s) :                         12
Thread(s) par cœur :                    2
Cœur(s) par socket :                    6
Socket(s) :                             1
Identifiant constructeur :              GenuineIntel
Nom de modèle :                         Some Core
Vitesse maximale du processeur en MHz : 4100,0000
Cache L3 :                              9 MiB
"""


@pytest.mark.parametrize(
    "raw",
    [
        FRENCH.encode(),
        FRENCH.replace(" :", "\u00a0:").encode(),
        FRENCH.replace("\n", "\r\n").encode("utf-8-sig"),
        FRENCH.encode("utf-16"),
    ],
    ids=["plain", "hard spaces", "Windows", "UTF-16"],
)
def test_what_people_send(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "processeur.txt").write_bytes(raw)
    cpu = read(tmp_path)["cpu"]
    assert (cpu["model"], cpu["vendor"], cpu["cores"], cpu["threads"]) == ("Some Core", "GenuineIntel", 6, 12)
    assert (cpu["max_mhz"], cpu["bits_64"], cpu["cache_bytes"]) == (4100, True, 9 * 2**20)
