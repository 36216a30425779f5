"""GLPI's form of an inventory: what it says, and that its schema holds whatever a machine says."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from controller.inventory_export.about import About
from controller.inventory_export.clean import date, number, text
from controller.inventory_export.forms import FORMS, export
from controller.inventory_export.glpi import agent_id, device_id, glpi_inventory
from controller.inventory_export.makers import architecture, chassis_name, drive_maker, virtual_system
from tests.glpi import faults, needs_schema
from tests.unit.agent.recordings import HARDWARE, needs_recordings
from tests.unit.controller.snapshots import ANYTHING, FOLDERS, ODD, RECORDED, read, whole


def test_what_it_says() -> None:
    found = glpi_inventory(whole(), machine="R-000012", site="aix", tag="aix")
    assert (found["deviceid"], found["itemtype"], found["tag"]) == ("recyclerie-aix-R-000012", "Computer", "aix")
    content = found["content"]
    assert content["versionclient"] == "Recyclerie-Agent_v1.2"
    assert content["bios"] == {
        "bdate": "2019-07-15",
        "bmanufacturer": "LENOVO",
        "bversion": "1.11",
        "mmanufacturer": "LENOVO",
        "mmodel": "20HES0A100",
        "msn": "L1HF64A00K1",
        "skunumber": "LENOVO_MT_20HE",
        "smanufacturer": "LENOVO",
        "smodel": "20HES0A100",
        "ssn": "PF0ABCDE",
        "secure_boot": "enabled",
    }  # the placeholders of the case's serial number and of the asset tag are not there
    assert content["hardware"] == {
        "name": "R-000012",
        "uuid": "4C4C4544-0042-3510-8057-B4C04F4D3432",
        "chassis_type": "Notebook",
        "memory": 7906,
        "vmsystem": "Physical",
    }
    assert (content["cpus"][0]["core"], content["cpus"][0]["thread"], content["cpus"][0]["speed"]) == (2, 4, 3100)
    assert (content["memories"][0]["capacity"], content["memories"][0]["speed"]) == (8192, "2133 MT/s")
    assert content["storages"] == [
        {
            "name": "nvme0n1",
            "model": "SAMSUNG MZVLW256HEHP-000L7",
            "manufacturer": "Samsung",
            "serial": "S35ENX0J123456",
            "wwn": "eui.002538b971b0a1c2",
            "firmware": "4L7QCXB7",
            "disksize": 256061,
            "interface": "NVME",
            "description": "SSD",
            "type": "disk",
        }
    ]
    assert content["drives"] == [{"volumn": "/dev/nvme0n1p2", "filesystem": "ntfs", "total": 204800}]
    assert [(n["description"], n["type"], n["status"]) for n in content["networks"]] == [
        ("enp0s31f6", "ethernet", "up"),
        ("wlp4s0", "wifi", "down"),
    ]
    assert (content["batteries"][0]["capacity"], content["batteries"][0]["real_capacity"]) == (24050, 18500)
    assert content["monitors"][0]["description"] == "2016"
    assert (content["usbdevices"][0]["class"], content["usbdevices"][0]["vendorid"]) == ("14", "5986")
    assert content["inputs"][0]["pointingtype"] == "touchpad"
    assert content["slots"] == [{"name": "SimSlot", "description": "x1 PCI Express", "status": "free"}]
    assert {c.get("type") for c in content["controllers"]} >= {"Trusted Platform Module", "Audio device"}
    assert len(content["sensors"]) == 1


def test_what_belongs_to_others_stays_out() -> None:
    """The stick that the machine was started from, and what the donor called his disks."""
    said = json.dumps(glpi_inventory(whole()))
    assert "Marie" not in said
    assert "AA0001" not in said


def test_by_what_it_is_known_again() -> None:
    one = device_id(whole())
    later = whole() | {"taken_at": "2027-01-01T00:00:00Z", "problems": [], "agent_version": "9"}
    later["drives"] = []
    assert device_id(later) == one
    other = whole()
    other["chassis"]["system_serial"] = "PF0ABCDF"
    assert device_id(other) != one
    assert device_id({}) == device_id({"hostname": "recyclerie-live"})
    nothing = {"cpu": whole()["cpu"]}  # no serial number at all: its parts must do
    assert device_id(nothing) != device_id({})
    ids = {agent_id(glpi_inventory(s)) for s in (whole(), other, {}, nothing)}
    assert len(ids) == 4
    assert all(len(found) == 36 for found in ids)


@needs_schema
def test_the_schema_holds_for_the_whole_and_for_nothing() -> None:
    assert faults(glpi_inventory(whole(), machine="R-000012", site="aix")) == []
    assert faults(glpi_inventory({})) == []
    wrong = glpi_inventory(whole())
    wrong["content"]["cpus"][0]["arch"] = "z80"
    assert faults(wrong)  # the test itself sees faults


@needs_schema
@needs_recordings
def test_the_schema_holds_for_every_recording() -> None:
    """Every file by itself, and every folder: also an export in which most is missing must be valid."""
    assert len(RECORDED) > 400
    wrong, sections = {}, Counter[str]()
    for place in [*RECORDED, *FOLDERS]:
        inventory = glpi_inventory(read(place))
        if found := faults(inventory):
            wrong[str(place)] = found
        kind = place.relative_to(HARDWARE).parts[0]
        sections.update(f"{kind} {name}" for name in inventory["content"])
    assert wrong == {}
    # An export of nothing is valid too: each kind of recording brings what it tells.
    counts = Counter(place.relative_to(HARDWARE).parts[0] for place in RECORDED)
    assert sections["dmidecode bios"] == sections["dmidecode cpus"] == counts["dmidecode"]
    assert sections["dmidecode memories"] > 0.9 * counts["dmidecode"]
    assert sections["lscpu cpus"] == counts["lscpu"]
    assert sections["smartctl-text storages"] == counts["smartctl-text"]
    assert sections["smartctl-json storages"] > 0.9 * counts["smartctl-json"]


PLENTY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@needs_schema
@PLENTY
@given(snapshot=ODD)
def test_the_schema_holds_for_what_no_machine_should_say(snapshot: dict[str, Any]) -> None:
    before = copy.deepcopy(snapshot)
    found = glpi_inventory(snapshot, machine="R-000001")
    assert faults(found) == []
    assert repr(snapshot) == repr(before)  # pure
    json.dumps(found, ensure_ascii=False).encode()  # no half pair of UTF-16 is left


@PLENTY
@given(snapshot=ODD, value=ANYTHING)
def test_every_form_can_be_made_of_anything(snapshot: dict[str, Any], value: Any) -> None:
    for form in FORMS:
        made = export({**snapshot, "schema": value}, form, About(machine="R-000001", site="aix", state="ready"))
        made.content.decode("utf-8")
        if form != "csv":
            assert isinstance(json.loads(made.content), dict)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("07/15/2019", "2019-07-15"),
        ("15/07/2019", "2019-07-15"),
        ("2019-07-15", "2019-07-15"),
        ("12/21/06", "2006-12-21"),
        ("06/30/98", "1998-06-30"),
        ("2019-07-15T10:00:00Z", "2019-07-15"),
        ("02/31/2019", ""),
        ("00/00/0000", ""),
        ("Not Specified", ""),
        (None, ""),
        (20190715, ""),
    ],
)
def test_dates(said: object, meant: str) -> None:
    assert date(said) == meant


def test_small_parts() -> None:
    assert text(" a\0b\tc\ud83d ") == "a b c"
    assert text("x" * 1000) == "x" * 255
    assert (text(True), text([]), text(3), text(2.5), text(float("nan"))) == ("", "", "3", "2.5", "")
    assert (number(2**31), number(-1), number(True), number(float("inf")), number(10**5000)) == (None,) * 5
    assert number(8 * 2**30, scale=1 / 2**20) == 8192
    assert [architecture(a) for a in ("x86_64", "AMD64", "arm64", "armv7l", "riscv64", "")] == [
        *("x86_64", "x86_64", "aarch64", "armv7l", "", "")
    ]
    assert [chassis_name(k) for k in ("10", "138", "Notebook", "2", "99", "x")] == [
        *("Notebook", "Notebook", "Notebook", "", "", "")
    ]
    assert virtual_system("QEMU", "Standard PC (Q35 + ICH9, 2009)") == "QEMU"


@pytest.mark.parametrize(
    ("model", "maker"),
    [
        ("ST3500418AS", "Seagate"),
        ("WDC WD5000AAKX-001CA0", "Western Digital"),
        ("TOSHIBA MQ01ABD100", "Toshiba"),
        ("HTS545050A7E380", "Hitachi"),
        ("HGST HTS725050A7E630", "HGST"),
        ("INTEL SSDSC2BW240A4", "Intel"),
        ("CT240BX500SSD1", "Crucial"),
        ("Strange Thing 3000", ""),
    ],
)
def test_makers_of_drives(model: str, maker: str) -> None:
    assert drive_maker(model) == maker
