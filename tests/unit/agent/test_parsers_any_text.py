"""No text makes a parser of the inventory raise, and no folder makes the inspection raise."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.collectors import (
    batteries,
    cpu,
    dmidecode,
    firmware,
    graphics,
    inputs,
    memory,
    memory_slots,
    mounts,
    network_cards,
    onboard,
    pci,
    ports,
    security,
    smart,
    usb,
)
from agent.collectors.chassis import parse_board, parse_chassis
from agent.collectors.drives import parse_lsblk
from agent.collectors.drives_recorded import drive_of, hdparm_reports, recorded_drives, reports_in
from agent.collectors.snapshot import read_inventory
from agent.inspect_text import in_words
from agent.sources import open_source
from agent.sources.dumps import edids_in
from agent.sources.kinds import kind_of
from tests.unit.agent.recordings import recorded, text
from tests.unit.agent.test_collectors_sysfs import KEYBOARD, LSPCI

RECORDS = [
    text(path)[:20_000]
    for pattern in ("machines/peracotta/alecase/*", "dmidecode/Notebook/*/*/*/*", "lscpu/VIA/*/*/*",
                    "smartctl-text/failed/*/*/*/*", "smartctl-json/peracotta/ide0*", "erase-tools/hdparm/*")
    for path in recorded(pattern)[:12]
] + [KEYBOARD, LSPCI]  # fmt: skip


@st.composite
def rotten(draw: st.DrawFn) -> str:
    """A record with pieces cut out, doubled or replaced, or any text at all."""
    said = draw(st.one_of(st.sampled_from(RECORDS), st.text(max_size=200)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(said)))
        end = draw(st.integers(start, min(len(said), start + 400)))
        put = draw(
            st.sampled_from(["", "\0", "0x", "\n", "\n\n", "9" * 5000, "²٣", ": ", '"', "[{", said[start:end] * 2])
        )
        said = said[:start] + put + said[end:]
    return said


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        "smartctl device model_name serial_number user_capacity bytes wwn naa oui id messages rotation_rate "
        "smart_status ata_smart_attributes table raw value string temperature nvme_smart_health_information_log "
        "blockdevices children"
        " size type name scsi_error_counter_log power_on_time hours passed".split()), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rotten())
def test_no_text_makes_a_parser_raise(said: str) -> None:
    dmidecode.parse_dmidecode(said)
    parse_chassis(said)
    parse_board(said)
    firmware.parse_firmware(said)
    cpu.parse_lscpu(said)
    cpu.parse_processors(said)
    memory.parse_modules(said)
    memory.parse_meminfo(said)
    memory_slots.parse_slots(said)
    memory_slots.parse_old_modules(said)
    memory_slots.parse_decode_dimms(said)
    batteries.parse_batteries(said)
    inputs.parse_inputs(said)
    inputs.parse_pointing(said)
    security.parse_tpm(said)
    ports.parse_ports(said)
    ports.parse_slots(said)
    onboard.parse_onboard(said)
    usb.parse_lsusb(said)
    pci.controllers(pci.parse_lspci(said))
    graphics.parse_glxinfo(said)
    network_cards.parse_net(said)
    mounts.parse_mountinfo(said)
    mounts.parse_swaps(said)
    smart.parse_smart(said)
    parse_lsblk(said, [])
    hdparm_reports(said)
    recorded_drives([], [("a", said)], [("b", said)])
    edids_in(said)
    kind_of(said)


@settings(max_examples=150, deadline=None)
@given(ANY_JSON)
def test_no_json_makes_a_parser_raise(value: object) -> None:
    said = json.dumps(value)
    smart.parse_smart(said)
    parse_lsblk(said, [])
    for report in reports_in(said):
        drive_of(report)
    if isinstance(value, dict):
        drive_of(value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rotten(), max_size=4), st.binary(max_size=200))
def test_no_folder_makes_the_inspection_raise(texts: list[str], raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, said in enumerate(texts):
            (folder / f"{number}.txt").write_text(said, encoding="utf-8", errors="surrogateescape")
        (folder / "raw").write_bytes(raw)
        (folder / "edid").write_bytes(b"\0\xff\xff\xff\xff\xff\xff\0" + raw)
        found = read_inventory(open_source(folder))
        json.dumps(found)
        assert in_words(found)
        assert not [problem for problem in found["problems"] if "Error:" in problem], found["problems"]
