"""USB, cameras, Bluetooth, input devices, security, sensors, memory slots: trees and texts as kernels make them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.collectors.batteries import collect_batteries, parse_batteries
from agent.collectors.bluetooth import blocked_by_switch, collect_bluetooth
from agent.collectors.cameras import collect_cameras
from agent.collectors.chassis import machine_form
from agent.collectors.cpu import parse_lscpu, parse_processors
from agent.collectors.graphics import collect_graphics, parse_glxinfo
from agent.collectors.inputs import collect_inputs, parse_inputs
from agent.collectors.memory_slots import parse_old_modules, parse_slots
from agent.collectors.network_cards import collect_network_cards, parse_net
from agent.collectors.pci import parse_lspci
from agent.collectors.ports import parse_ports, port_kind
from agent.collectors.security import collect_security, is_fingerprint_reader
from agent.collectors.sensors import collect_sensors
from agent.collectors.sound import collect_sound
from agent.collectors.usb import collect_usb, collect_usb_buses, parse_lsusb


def put(root: Path, path: str, **files: str) -> Path:
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content + "\n")
    return folder


def usb_device(root: Path, place: str, vendor: str, number: str, *interfaces: str, **files: str) -> None:
    put(root, f"sys/bus/usb/devices/{place}", idVendor=vendor, idProduct=number, **files)
    for at, numbers in enumerate(interfaces):
        put(root, f"sys/bus/usb/devices/{place}:1.{at}", bInterfaceClass=numbers[:2],
            bInterfaceSubClass=numbers[2:4], bInterfaceProtocol=numbers[4:])  # fmt: skip


@pytest.fixture
def laptop(tmp_path: Path) -> Path:
    usb_device(
        tmp_path, "1-5", "04f2", "b2eb", "0e0100", "0e0200", product="HP HD Camera", speed="480", removable="fixed"
    )
    usb_device(tmp_path, "1-6", "8087", "07dc", "e00101", "e00101", speed="12", removable="fixed")
    usb_device(tmp_path, "1-7", "138a", "003f", "ff0000", product="Validity Sensor", speed="12")
    usb_device(tmp_path, "1-8", "0a5c", "5800", "0b0000", product="Smart Card Reader")
    usb_device(tmp_path, "2-1", "046d", "c52b", "030101", product="USB Receiver", removable="removable")
    usb_device(tmp_path, "2-2", "0bda", "5411", bDeviceClass="09", product="Hub")
    put(tmp_path, "sys/bus/usb/devices/usb1", speed="480", maxchild="12", idVendor="1d6b", idProduct="0002")
    put(tmp_path, "sys/bus/usb/devices/usb2", speed="5000", maxchild="4")
    return tmp_path


def test_usb(laptop: Path) -> None:
    devices = collect_usb(laptop)
    assert [device["path"] for device in devices] == ["1-5", "1-6", "1-7", "1-8", "2-1"]
    assert devices[0] == {**devices[0], "name": "HP HD Camera", "built_in": True, "interfaces": ["0e0100", "0e0200"]}
    assert devices[4]["built_in"] is False
    assert [bus["speed_mbps"] for bus in collect_usb_buses(laptop)] == [480, 5000]
    assert [(c["name"], c["path"]) for c in collect_cameras(laptop, devices)] == [("HP HD Camera", "")]
    assert collect_bluetooth(laptop, devices)[0]["bus"] == "usb"
    found = collect_security(laptop, devices, "")
    assert [(one["kind"], one["name"]) for one in found] == [
        ("fingerprint", "Validity Sensor"), ("smart_card", "Smart Card Reader"),
    ]  # fmt: skip


def test_camera_nodes(laptop: Path) -> None:
    for node, index in (("video0", "0"), ("video1", "1")):
        folder = put(laptop, f"sys/class/video4linux/{node}", name="HP HD Camera: HP HD Camera", index=index)
        (folder / "device").symlink_to(laptop / "sys/bus/usb/devices/1-5:1.0")
    (found,) = collect_cameras(laptop, collect_usb(laptop))
    assert (found["path"], found["name"], found["built_in"]) == ("/dev/video0", "HP HD Camera", True)


def test_a_switch_that_blocks_bluetooth(laptop: Path) -> None:
    assert blocked_by_switch(laptop, "bluetooth") is None
    put(laptop, "sys/class/rfkill/rfkill0", type="bluetooth", hard="0", soft="0")
    assert blocked_by_switch(laptop, "bluetooth") is False
    put(laptop, "sys/class/rfkill/rfkill1", type="bluetooth", hard="1", soft="0")
    put(laptop, "sys/class/bluetooth/hci0")
    (found,) = collect_bluetooth(laptop, collect_usb(laptop))
    assert (found["interface"], found["blocked"]) == ("hci0", True)


def test_tpm(tmp_path: Path) -> None:
    table = "Handle 0x1, DMI type 43, 31 bytes\nTPM Device\n\tSpecification Version: 1.2\n\tDescription: <BAD INDEX>\n"
    assert collect_security(tmp_path, [], table) == [
        {"kind": "tpm", "name": "", "version": "1.2", "source": "firmware"}
    ]
    put(tmp_path, "sys/class/tpm/tpm0", tpm_version_major="2")
    assert collect_security(tmp_path, [], table)[0] == {"kind": "tpm", "name": "", "version": "2.0", "source": "kernel"}


@pytest.mark.parametrize(
    ("name", "numbers", "interfaces", "reader"),
    [
        ("Goodix", "27c6:5110", ["ff0000"], True), ("Elan", "04f3:0c26", ["ff0000"], True),
        ("Elan Touchscreen", "04f3:2234", ["030000"], False), ("Synaptics TouchPad", "06cb:0001", ["030001"], False),
        ("Any Fingerprint Reader", "1234:5678", [], True), ("Stick", "0781:5567", ["080650"], False),
    ],
)  # fmt: skip
def test_fingerprint_readers(name: str, numbers: str, interfaces: list[str], reader: bool) -> None:
    vendor, product = numbers.split(":")
    device = {"name": name, "vendor_id": vendor, "product_id": product, "interfaces": interfaces}
    assert is_fingerprint_reader(device) is reader


def test_lsusb() -> None:
    said = (
        "Bus 002 Device 001: ID 1d6b:0003 Linux Foundation 3.0 root hub\n"
        "Bus 001 Device 003: ID 04f2:b2eb Chicony Electronics Co., Ltd HP HD Webcam\n"
        "Bus 001 Device 004: ID 8087:07dc Intel Corp. Bluetooth wireless interface\nBus x\n"
    )
    devices = parse_lsusb(said)
    assert [device["path"] for device in devices] == ["1:3", "1:4"]
    assert collect_cameras(Path("/no"), devices)[0]["name"].endswith("HP HD Webcam")
    assert collect_bluetooth(Path("/no"), devices)[0]["name"].startswith("Intel")
    assert collect_network_cards(Path("/no"), [], devices) == []


# Recorded forms of 64-bit and 32-bit kernels (linux Documentation/input).
KEYBOARD = """I: Bus=0011 Vendor=0001 Product=0001 Version=ab41
N: Name="AT Translated Set 2 keyboard"
H: Handlers=sysrq kbd event3 leds
B: PROP=0
B: EV=120013
B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe
"""
TOUCHPAD = """I: Bus=0018 Vendor=06cb Product=7a13 Version=0100
N: Name="SYNA8004:00 06CB:CD8B Touchpad"
H: Handlers=event6 mouse1
B: PROP=5
B: EV=1b
B: KEY=e520 10000 0 0 0 0
B: ABS=2e0800000000003
"""
MOUSE = """I: Bus=0003 Vendor=046d Product=c077 Version=0111
N: Name="Logitech USB Optical Mouse"
H: Handlers=mouse0 event5
B: PROP=0
B: EV=17
B: KEY=ff0000 0 0 0 0
B: REL=903
"""
STICK = """I: Bus=0011 Vendor=0002 Product=000a Version=0000
N: Name="TPPS/2 IBM TrackPoint"
H: Handlers=mouse2 event7
B: PROP=21
B: EV=7
B: KEY=70000 0 0 0 0
B: REL=3
"""
SCREEN = """I: Bus=0003 Vendor=04f3 Product=2234 Version=0110
N: Name="ELAN Touchscreen"
H: Handlers=mouse3 event8
B: PROP=2
B: EV=b
B: KEY=400 0 0 0 0 0
B: ABS=3273800000000003
"""
BUTTON = """I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
H: Handlers=kbd event0
B: EV=3
B: KEY=10000000000000 0
"""


def test_input_devices() -> None:
    found = parse_inputs("\n".join([BUTTON, KEYBOARD, TOUCHPAD, MOUSE, STICK, SCREEN]))
    assert [(one["kind"], one["bus"], one["path"], one["built_in"]) for one in found] == [
        ("keyboard", "i8042", "/dev/input/event3", True),
        ("touchpad", "i2c", "/dev/input/event6", True),
        ("mouse", "usb", "/dev/input/event5", None),
        ("trackpoint", "i8042", "/dev/input/event7", True),
        ("touchscreen", "usb", "/dev/input/event8", None),
    ]


def test_input_devices_of_a_32_bit_kernel() -> None:
    keyboard = KEYBOARD.replace("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", "4 2000000 3803078 "
                                "f800d001 feffffdf ffefffff ffffffff fffffffe")  # fmt: skip
    mouse = MOUSE.replace("ff0000 0 0 0 0", "ff0000 0 0 0 0 0 0 0 0")
    assert [one["kind"] for one in parse_inputs(keyboard + "\n" + mouse)] == ["keyboard", "mouse"]


def test_pointing_device_of_the_firmware() -> None:
    table = "Handle 0x1, DMI type 21, 7 bytes\nBuilt-in Pointing Device\n\tType: Touch Pad\n\tInterface: PS/2\n"
    assert collect_inputs(Path("/no"), table) == [
        {"kind": "touchpad", "name": "", "bus": "i8042", "path": "", "built_in": True}
    ]


def test_sensors(tmp_path: Path) -> None:
    put(tmp_path, "sys/class/hwmon/hwmon0", name="coretemp", temp1_input="45000", temp1_label="Package id 0",
        temp1_crit="100000", temp2_input="-128000", temp3_input="255000", temp4_input="rotten")  # fmt: skip
    put(tmp_path, "sys/class/hwmon/hwmon1", name="thinkpad", fan1_input="2700", fan2_input="65535", in0_input="12100")
    found = collect_sensors(tmp_path)
    assert [(s["kind"], s["chip"], s["label"], s["value"]) for s in found] == [
        ("temperature", "coretemp", "Package id 0", 45.0), ("fan", "thinkpad", "fan1", 2700),
        ("voltage", "thinkpad", "in0", 12.1),
    ]  # fmt: skip
    assert found[0]["critical"] == 100.0


def test_thermal_zones_where_there_is_no_other(tmp_path: Path) -> None:
    put(tmp_path, "sys/class/thermal/thermal_zone0", type="acpitz", temp="27800")
    assert collect_sensors(tmp_path)[0] == {
        "kind": "temperature", "chip": "acpitz", "label": "thermal_zone0", "value": 27.8, "maximum": None,
        "critical": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("full", "design", "wear"),
    [("30000000", "60000000", 50.0), ("61000000", "60000000", 0.0), ("0", "60000000", None), ("999000000", "1", None)],
)
def test_wear(tmp_path: Path, full: str, design: str, wear: float | None) -> None:
    put(tmp_path, "sys/class/power_supply/BAT0", type="Battery", energy_full=full, energy_full_design=design)
    assert collect_batteries(tmp_path, [])[0]["wear_percent"] == wear


@pytest.mark.parametrize(
    ("values", "watt_hours"),
    [
        ("Design Capacity: 57000 mWh", [57.0]), ("Design Capacity: Unknown", []), ("Design Capacity: 0 mWh", []),
        ("Design Capacity: 4400 mWh\n\tDesign Voltage: 10800 mV", [47.52]),  # milliampere-hours, says AMILO's firmware
    ],
)  # fmt: skip
def test_batteries_of_the_firmware(values: str, watt_hours: list[float]) -> None:
    table = f"Handle 0x1, DMI type 22, 26 bytes\nPortable Battery\n\tLocation: Bay\n\t{values}\n"
    assert [one["energy_full_design_wh"] for one in parse_batteries(table)] == watt_hours


def memory(maximum: str, *devices: tuple[str, str, str], use: str = "System Memory") -> dict[str, Any]:
    table = f"Handle 0x10, DMI type 16, 23 bytes\nArray\n\tUse: {use}\n\tMaximum Capacity: {maximum}\n"
    table += "\tError Correction Type: None\n"
    for number, (size, form, kind) in enumerate(devices):
        table += f"\nHandle 0x{number + 32:x}, DMI type 17, 34 bytes\nMemory Device\n\tArray Handle: 0x10\n"
        table += f"\tSize: {size}\n\tForm Factor: {form}\n\tType: {kind}\n\tLocator: DIMM{number}\n"
    return parse_slots(table)


EMPTY = ("No Module Installed", "DIMM", "Unknown")
GIB = 2**30


@pytest.mark.parametrize(
    ("found", "total", "free", "maximum", "soldered"),
    [
        (memory("16 GB", ("4 GB", "SODIMM", "DDR3"), ("No Module Installed", "SODIMM", "Unknown")), 2, 1, 16 * GIB, 0),
        # Chips on the board: no free slot, whatever the empty rows say.
        (memory("8 GB", ("4 GB", "Row Of Chips", "LPDDR3"), ("No Module Installed", "Unknown", "Unknown")),
         2, 0, 8 * GIB, 4 * GIB),
        # Some soldered, one real slot.
        (memory("20 GB", ("4 GB", "Row Of Chips", "DDR4"), ("No Module Installed", "SODIMM", "Unknown")),
         2, 1, 20 * GIB, 4 * GIB),
        # LPDDR is never on a module, whatever form the firmware names.
        (memory("8 GB", ("8 GB", "SODIMM", "LPDDR4"), ("No Module Installed", "Other", "Unknown")),
         2, 0, 8 * GIB, 8 * GIB),
        # A limit below what is in it, or of nothing, is not believed.
        (memory("4 GB", ("8 GB", "DIMM", "DDR3"), EMPTY), 2, 1, None, 0),
        (memory("0 bytes", ("8 GB", "DIMM", "DDR3")), 1, 0, None, 0),
        (memory("Unknown", EMPTY, EMPTY), 2, 2, None, 0),
        # "Unknown" is not empty.
        (memory("8 GB", ("Unknown", "DIMM", "Unknown")), 1, 0, 8 * GIB, 0),
        # The firmware's own flash chip is no memory.
        (memory("1 MB", ("1 MB", "DIMM", "Flash"), use="Flash Memory"), None, None, None, None),
        (parse_slots(""), None, None, None, None),
    ],
)  # fmt: skip
def test_memory_slots(
    found: dict[str, Any], total: int | None, free: int | None, maximum: int | None, soldered: int | None
) -> None:
    seen = found["slots_total"], found["slots_free"], found["maximum_bytes"], found["soldered_bytes"]
    assert seen == (total, free, maximum, soldered)


def test_old_tables() -> None:
    table = (
        "Handle 0x6, DMI type 6, 12 bytes\nMemory Module Information\n\tSocket Designation: DIMM1\n\tType: DIMM SDRAM\n"
    )
    (found,) = parse_old_modules(f"{table}\tInstalled Size: 2048 MB (Single-bank Connection)\n")
    assert (found["slot"], found["size_bytes"]) == ("DIMM1", 2 * GIB)
    assert parse_old_modules(f"{table}\tInstalled Size: Not Installed\n") == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("USB", "Access Bus (USB)", "USB1"), "usb"), (("", "HDMI port"), "video"),
        (("Video Port", "VGA"), "video"),
        (("Audio Port", "Mic in"), "audio"), (("Network Port", "RJ-45"), "network"), (("", "", ""), "other"),
        (("Serial Port 16550A Compatible", "DB-9 male", "COM 1"), "serial"), (("Keyboard Port", "PS/2"), "ps2"),
        (("Parallel Port ECP/EPP", "DB-25 female"), "parallel"), (("SATA", "eSATA"), "sata"),
        (("", "CPU FAN"), "power"),
    ],
)  # fmt: skip
def test_port_kinds(words: tuple[str, ...], kind: str) -> None:
    assert port_kind(*words) == kind


def test_ports_inside_and_outside() -> None:
    head = "Handle 0x8, DMI type 8, 9 bytes\nPort Connector Information\n"
    inside = f"{head}\tInternal Reference Designator: JFAN1\n\tInternal Connector Type: None\n"
    inside += "\tExternal Reference Designator: Not Specified\n\tExternal Connector Type: None\n\tPort Type: Other\n"
    assert parse_ports(inside)[0]["internal"] is True
    assert (
        parse_ports(head + "\tExternal Reference Designator: LAN\n\tPort Type: Network Port\n")[0]["internal"] is False
    )
    assert parse_ports(head + "\tPort Type: None\n") == []


LSPCI = """00:02.0 VGA compatible controller: Intel Corporation HD Graphics 4000 (rev 09)
\tSubsystem: Hewlett-Packard Company Device 17e9
\tKernel driver in use: i915
00:02.1 Display controller: Intel Corporation HD Graphics 4000 (rev 09)
00:1b.0 Audio device: Intel Corporation 7 Series HDA (rev 04)
01:00.0 3D controller: NVIDIA Corporation GK107M [GeForce GT 650M] (rev a1)
02:00.0 Network controller: Broadcom Inc. BCM43228 802.11a/b/g/n
03:00.0 Ethernet controller: Atheros Communications AR242x Wireless Network Adapter
"""


def test_cards(tmp_path: Path) -> None:
    cards = parse_lspci(LSPCI)
    graphics = collect_graphics(tmp_path, cards, glxinfo_text="OpenGL renderer string: NVE7\nVideo memory: 2048MB")
    assert [card["slot"] for card in graphics] == ["00:02.0", "01:00.0"]
    assert graphics[0]["subsystem"] == "Hewlett-Packard Company Device 17e9"
    assert (graphics[1]["renderer"], graphics[1]["memory_bytes"]) == ("NVE7", 2 * GIB)
    network = collect_network_cards(tmp_path, cards, [])
    assert [(card["kind"], card["driver"]) for card in network] == [("wireless", ""), ("wireless", "")]
    put(tmp_path, "proc/asound/card0").joinpath("codec#0").write_text("Codec: IDT 92HD81B1X5\nAddress: 0\n")
    put(tmp_path, "sys/devices/0000:00:1b.0")
    put(tmp_path, "sys/class/sound/card0").joinpath("device").symlink_to(tmp_path / "sys/devices/0000:00:1b.0")
    assert collect_sound(tmp_path, cards, [])[0]["codecs"] == ["IDT 92HD81B1X5"]


def test_memory_shared_with_the_machine_is_not_the_cards() -> None:
    assert parse_glxinfo("Video memory: 1536MB\n Unified memory: yes\n")["memory_bytes"] is None


def test_network_lists() -> None:
    found = parse_net("enp5s0 cc:ae:c5:a1:88:a0 1000\nwlp0s19f2u1 18:d6:c7:40:f1:56\n")
    assert [(nic["bus"], nic["wireless"], nic["speed_mbps"]) for nic in found] == [
        ("pci", False, 1000),
        ("usb", True, None),
    ]


@pytest.mark.parametrize(
    ("number", "form"),
    [("10", "laptop"), ("3", "desktop"), ("13", "all_in_one"), ("35", "mini"), ("30", "tablet"), ("2", ""), ("²", "")],
)  # fmt: skip
def test_forms(number: str, form: str) -> None:
    assert machine_form(number) == form


def test_the_processors_level() -> None:
    two = "fpu cmov cx8 fxsr mmx sse sse2 lm cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 aes"
    assert parse_lscpu(f"Flags: {two}\nL3 cache: 3 MiB (1 instance)\nCPU op-mode(s): 32-bit, 64-bit")["level"] == 2
    old = parse_lscpu("Flags: fpu mmx sse\nL2 cache: 512K\nCPU op-mode(s): 32-bit")
    assert (old["level"], old["bits_64"], old["cache_bytes"], old["virtualization"]) == (None, False, 2**19, False)
    said = '{"lscpu": [{"field": "Model name:", "data": "X", "children": [{"field": "Socket(s):", "data": "1"}]}]}'
    assert (parse_lscpu(said)["model"], parse_lscpu(said)["sockets"]) == ("X", 1)


def test_processors_of_the_firmware() -> None:
    head = "Handle 0x4, DMI type 4, 42 bytes\nProcessor Information\n\tManufacturer: Intel(R) Corporation\n"
    one = f"{head}\tVersion: Xeon\n\tStatus: Populated, Enabled\n\tCore Count: 4\n\tThread Count: 8\n"
    found = parse_processors(f"{one}\n{one}\n{head}\tStatus: Unpopulated\n\tVersion: Not Specified\n")
    assert (found["model"], found["sockets"], found["cores"], found["threads"]) == ("Xeon", 2, 8, 16)
    assert parse_processors("") == {}
