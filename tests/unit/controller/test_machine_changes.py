"""What is another between two inventories: tables of cases, and of what is none."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.collectors import snapshot
from controller.machines.changes.change import _COLLECTORS, same_name
from controller.machines.changes.diff import changes

Body = dict[str, Any]
GIB = 1024**3


def module(slot: str, size: int = 4, **more: Any) -> dict[str, Any]:
    """A memory module of ``size`` GiB."""
    made = {"slot": slot, "bank": "", "type": "DDR4", "manufacturer": "Samsung", "part_number": f"M471-{size}"}
    return {**made, "size_bytes": size * GIB, "speed_mts": 2400, "serial": f"38F1A0{len(slot)}{size}", **more}


def drive(number: int, **more: Any) -> dict[str, Any]:
    """A built-in drive."""
    made = {"path": "/dev/sda", "model": "WD5000AAKX", "serial": f"WD-WCC2E{number:06d}", "wwn": ""}
    return {**made, "size_bytes": 500107862016, "transport": "sata", "removable": False, **more}


def card(name: str, kind: str = "wireless", bus: str = "pci") -> dict[str, Any]:
    """A network card."""
    return {"kind": kind, "name": name, "bus": bus, "driver": "iwlwifi", "slot": "02:00.0", "interface": "wlp2s0"}


def laptop() -> Body:
    """An inventory of a laptop, with everything in it."""
    return {
        "agent_version": "1",
        "firmware": {
            "type": "uefi",
            "vendor": "LENOVO",
            "version": "N1QET88W",
            "date": "05/02/2019",
            "secure_boot": True,
        },
        "chassis": {
            "system_uuid": "4C4C4544-0042-3510-8057-B4C04F4D4832",
            "system_serial": "PF0ABCDE",
            "board_serial": "L1HF65E00X9",
        },
        "board": {"manufacturer": "LENOVO", "product": "20HD000EFR"},
        "cpu": {"model": "Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", "cores": 2},
        "memory": {"total_bytes": 7_900_000_000, "modules": [module("ChannelA-DIMM0"), module("ChannelB-DIMM00")]},
        "drives": [
            drive(1, in_use=[], partitions=[{"path": "/dev/sda1"}], smart={"temperature_celsius": 31}),
            drive(2, path="/dev/nvme0n1", model="SAMSUNG MZVLB256", wwn="eui.0025388b71b2d0a6", transport="nvme"),
        ],
        "batteries": [
            {
                "name": "BAT0",
                "manufacturer": "SMP",
                "model": "01AV430",
                "serial": "5217",
                "energy_full_wh": 30.1,
                "energy_full_design_wh": 57.0,
                "cycle_count": 412,
                "charge_percent": 80,
            }
        ],
        "graphics": [{"name": "Intel Corporation HD Graphics 620", "driver": "i915", "slot": "00:02.0"}],
        "network_cards": [
            card("Intel Corporation Wireless 8265 / 8275"),
            card("Intel Corporation Ethernet Connection (4) I219-V", "wired"),
        ],
        "sound": [{"name": "Intel Corporation Sunrise Point-LP HD Audio", "bus": "pci", "driver": "snd_hda_intel"}],
        "cameras": [{"name": "Integrated Camera", "built_in": True, "path": "/dev/video0", "bus": "usb"}],
        "bluetooth": [{"name": "hci0", "interface": "hci0"}],
        "screens": [
            {
                "connector": "eDP-1",
                "internal": True,
                "manufacturer": "AUO",
                "name": "B140HAN",
                "product_code": 0x12ED,
                "serial": "",
                "year": 2016,
                "diagonal_inches": 14.0,
                "edid_valid": True,
            }
        ],
        "security": [{"kind": "tpm", "name": "INTC", "version": "2.0"}, {"kind": "fingerprint", "name": "Synaptics"}],
        "sensors": [{"kind": "temperature", "value": 41.0}],
        "network": [{"name": "enp0s31f6", "mac": "8c:16:45:00:11:22", "link": True, "speed_mbps": 1000}],
    }


def said(change: Callable[[Body], object]) -> list[str]:
    """What is said of a laptop that ``change`` was done to, every placeholder filled."""
    after = laptop()
    change(after)
    return [str(found.message).format(**found.params) for found in changes([laptop()], after)]


def memory(*modules: dict[str, Any]) -> Callable[[Body], object]:
    return lambda body: body["memory"].update(modules=list(modules))


def put(key: str, *items: dict[str, Any]) -> Callable[[Body], object]:
    return lambda body: body.update({key: list(items)})


def within(key: str, **values: Any) -> Callable[[Body], object]:
    return lambda body: (body[key][0] if isinstance(body[key], list) else body[key]).update(values)


A, B, BIG = module("ChannelA-DIMM0"), module("ChannelB-DIMM00"), module("ChannelB-DIMM00", 8)
HDD, NVME = laptop()["drives"]
WIFI, WIRED = laptop()["network_cards"]
G4, G8 = 4 * GIB, 8 * GIB


@pytest.mark.parametrize(
    ("change", "words"),
    [
        # memory
        (memory(A), [f"{G4} DDR4 Samsung M471-4 taken out of ChannelB-DIMM00"]),
        (memory(A, B, module("C", 8)), [f"{G8} DDR4 Samsung M471-8 added in C"]),
        (memory(A, BIG), [f"{G8} DDR4 Samsung M471-8 in place of {G4} DDR4 Samsung M471-4 in ChannelB-DIMM00"]),
        (memory(A, {**B, "slot": "C"}), [f"{G4} DDR4 Samsung M471-4 moved from ChannelB-DIMM00 to C"]),
        # another of the same kind in the same slot: only its serial number tells
        (
            memory(A, {**B, "serial": "11AA22BB"}),
            [f"{G4} DDR4 Samsung M471-4 in place of {G4} DDR4 Samsung M471-4 in ChannelB-DIMM00"],
        ),
        # swapped with each other
        (
            memory({**A, "slot": B["slot"]}, {**B, "slot": A["slot"]}),
            [
                f"{G4} DDR4 Samsung M471-4 moved from ChannelA-DIMM0 to ChannelB-DIMM00",
                f"{G4} DDR4 Samsung M471-4 moved from ChannelB-DIMM00 to ChannelA-DIMM0",
            ],
        ),
        (lambda b: b.update(memory={"total_bytes": 3_900_000_000}), ["3900000000 of memory in place of 7900000000"]),
        # drives
        (put("drives", NVME), ["WD5000AAKX WD-WCC2E000001 (500107862016) taken out"]),
        (put("drives", HDD, NVME, drive(3)), ["WD5000AAKX WD-WCC2E000003 (500107862016) put in"]),
        (
            put("drives", drive(3, model="Crucial BX500", size_bytes=240057409536), NVME),
            ["Crucial BX500 WD-WCC2E000003 (240057409536) in place of WD5000AAKX WD-WCC2E000001 (500107862016)"],
        ),
        (put("drives", {**HDD, "firmware_revision": "2"}, NVME), []),  # not known before
        (
            put("drives", {**HDD, "size_bytes": 500107862016 + 512000}, NVME),
            ["WD5000AAKX WD-WCC2E000001 shows 500108374016, before 500107862016: hidden sectors were opened or closed"],
        ),
        # battery
        (put("batteries"), ["battery SMP 01AV430 5217 (30/57 Wh) taken out"]),
        (
            within("batteries", serial="9911"),
            ["battery replaced: SMP 01AV430 9911 (30/57 Wh), before SMP 01AV430 5217 (30/57 Wh)"],
        ),
        (
            within("batteries", serial="", energy_full_wh=56.0),
            ["battery replaced: SMP 01AV430 (56/57 Wh), before SMP 01AV430 5217 (30/57 Wh)"],
        ),
        (
            within("batteries", serial="0000", cycle_count=3),
            ["battery replaced: SMP 01AV430 (30/57 Wh), before SMP 01AV430 5217 (30/57 Wh)"],
        ),
        # firmware
        (
            within("firmware", version="N1QET95W", date="11/20/2021"),
            ["firmware N1QET95W, 11/20/2021, before N1QET88W, 05/02/2019"],
        ),
        (within("firmware", secure_boot=False), ["Secure Boot was switched off"]),
        # cards
        (put("network_cards", WIRED), ["Wi-Fi card Intel Corporation Wireless 8265 / 8275 gone"]),
        (
            put("network_cards", card("Qualcomm Atheros QCA6174 802.11ac"), WIRED),
            ["Wi-Fi card Qualcomm Atheros QCA6174 802.11ac in place of Intel Corporation Wireless 8265 / 8275"],
        ),
        (put("bluetooth"), ["Bluetooth is gone"]),
        (put("cameras"), ["camera Integrated Camera gone"]),
        (put("sound"), ["sound Intel Corporation Sunrise Point-LP HD Audio gone"]),
        (
            lambda b: b["graphics"].append({"name": "NVIDIA Corporation GM108M [GeForce 940MX]"}),
            ["graphics card NVIDIA Corporation GM108M [GeForce 940MX] added"],
        ),
        (
            within("screens", product_code=0x1234, name="N140HCE", manufacturer="CMN", year=2020),
            ['built-in screen CMN N140HCE 14.0" 2020 in place of AUO B140HAN 14.0" 2016'],
        ),
        (put("security", {"kind": "fingerprint"}), ["the TPM is not to be seen any more"]),
        # board
        (
            within("chassis", board_serial="L1HF7770000"),
            ["another main board: LENOVO 20HD000EFR L1HF7770000, before LENOVO 20HD000EFR L1HF65E00X9"],
        ),
        (within("chassis", system_serial="PF0ZZZZZ"), ["the machine says serial number PF0ZZZZZ, before PF0ABCDE"]),
        (
            within("cpu", model="Intel(R) Core(TM) i5-7300U CPU @ 2.60GHz"),
            ["processor Intel(R) Core(TM) i5-7300U CPU @ 2.60GHz in place of Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz"],
        ),
    ],
)
def test_what_changed_in_words(change: Callable[[Body], object], words: list[str]) -> None:
    assert said(change) == words


@pytest.mark.parametrize(
    "change",
    [
        dict.copy,
        lambda b: [b[key].reverse() for key in ("drives", "network_cards", "security", "sensors")],
        lambda b: b["memory"]["modules"].reverse(),
        within("drives", path="/dev/sdc", smart={"temperature_celsius": 45}, in_use=["mounted at /"], partitions=[]),
        lambda b: b["drives"].append(drive(9, transport="usb")),  # somebody's stick
        lambda b: b["drives"].append(drive(9, removable=True)),
        within("batteries", energy_full_wh=29.8, cycle_count=413, charge_percent=20, state="discharging"),
        within("batteries", serial=""),
        within("batteries", energy_full_design_wh=57.02),
        within("memory", total_bytes=7_600_000_000),  # graphics takes more of it
        lambda b: b["memory"]["modules"][0].update(speed_mts=2133),
        lambda b: b["memory"]["modules"][0].update(serial="00000000"),  # firmware that tells it now and then
        lambda b: b["memory"].update(modules=[]),  # dmidecode failed
        within("firmware", type="bios", secure_boot=None),
        within("graphics", driver=""),  # safe graphics
        put("screens"),  # no graphics driver, or a closed lid
        within("screens", serial="000"),
        within("cameras", path="/dev/video2", driver=""),
        lambda b: b["cameras"].append({"name": "HD Webcam C270", "built_in": None, "bus": "usb"}),
        lambda b: b["network_cards"].append(card("Realtek RTL8153", "wired", "usb")),  # a dock
        lambda b: b["network_cards"][0].update(interface="", driver="", slot="03:00.0"),
        lambda b: b["network"].clear(),
        lambda b: b["sensors"].clear(),
        lambda b: b["bluetooth"][0].update(name="Intel Bluetooth", interface=""),
        within("chassis", system_serial="To be filled by O.E.M.", board_serial="Default string", system_uuid=""),
        within("board", product="Default string"),
        within("cpu", model="Intel(R) Core(TM) i5-7200U CPU @ 2.71GHz"),
        lambda b: [b.pop(key) for key in list(b) if key != "agent_version"],  # nothing could be read
        lambda b: b.update(drives=[], problems=["drives can't be read: OSError: lsblk is not there"]),
        lambda b: b.update(bluetooth=[], problems=["Bluetooth can't be read: KeyError: 1"]),
        lambda b: b.update(network_cards=[], missing=[{"what": "network_cards", "why": "not among the files: lspci"}]),
        lambda b: b.update(batteries=[], security=[], missing=[{"what": "batteries"}, {"what": "security"}]),
        lambda b: b.update(drives=None, memory=[], batteries="?", graphics=[1], firmware=None, chassis=3),
    ],
)
def test_what_is_no_change(change: Callable[[Body], object]) -> None:
    assert said(change) == []


def test_a_list_of_names_that_was_brought_up_to_date() -> None:
    assert same_name("Intel Corporation HD Graphics 620", "Intel Corporation HD Graphics 620 (rev 02)")
    assert same_name("Realtek Semiconductor Co., Ltd. RTL8111/8168/8411", "Realtek RTL8111/8168/8211/8411")
    assert not same_name("NVIDIA GK208B [GeForce GT 710]", "NVIDIA GK208B [GeForce GT 730]")
    assert not same_name("Intel Corporation Wireless 7265", "Intel Corporation Wireless 8265 / 8275")
    assert not same_name("Intel Corporation Wireless 8265", "Qualcomm Atheros QCA6174")
    assert not same_name("", "Intel Corporation Wireless 8265")


def test_an_inventory_in_between_that_says_nothing_hides_nothing() -> None:
    """Full, then one that dmidecode failed in, then one without a module: that is a change since the first."""
    broken, now = laptop(), laptop()
    broken["memory"] = {"total_bytes": 0, "modules": []}
    now["memory"]["modules"].pop()
    assert [found.part for found in changes([broken, laptop()], now)] == ["memory"]
    assert changes([broken], now) == (), "nothing to compare with"


def test_the_agents_collectors_call_themselves_so() -> None:
    """The words that are read above are the ones the agent writes."""
    written = (Path(snapshot.__file__)).read_text(encoding="utf-8")
    for key in ("drives", "batteries", "security", "cameras", "sound", "graphics", "bluetooth", "network_cards"):
        assert f'guard("{_COLLECTORS.get(key, key)}"' in written


def test_the_first_inventory_changes_nothing() -> None:
    assert changes([], laptop()) == ()


@pytest.mark.parametrize("seed", range(40))
def test_there_and_back_again(seed: int) -> None:
    """Whatever is taken out and put back: the same number of changes each way, and none at the end."""
    roll = random.Random(seed)
    other = laptop()
    for key in roll.sample(["drives", "network_cards", "cameras", "sound", "batteries", "security"], 3):
        other[key] = copy.deepcopy(roll.sample(other[key], roll.randint(0, len(other[key]))))
    other["memory"]["modules"] = roll.sample(other["memory"]["modules"], roll.randint(1, 2))
    assert len(changes([laptop()], other)) == len(changes([other], laptop()))
    assert changes([other], copy.deepcopy(other)) == ()
