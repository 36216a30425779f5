"""TPM, fingerprint and smart-card readers: what a new owner may need, or a lock that the old one left."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, text
from agent.collectors.usb import SMART_CARD, with_interface
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "security",
    "TPM, fingerprint and smart-card readers",
    many=True,
    tools=("dmidecode", "lsusb"),
    files=("sys/class/tpm/*/tpm_version_major", "sys/class/tpm/*/device/description", "sys/class/tpm/*/device/driver"),
    fields=(
        text("kind", "tpm, fingerprint, smart_card"),
        text("name", "as the device says"),
        text("version", "of a TPM: 1.2 or 2.0"),
        text("source", "kernel, firmware or usb"),
    ),
)
# Makers whose USB devices without a class are fingerprint readers (libfprint's drivers); Elan makes touch screens too.
_READERS = ("08ff", "138a", "06cb", "27c6", "147e", "1c7a", "10a5", "2808", "0483:2015", "0483:2016", "04f3:0c", "05ba")


def collect_security(root: Path, usb: list[dict[str, Any]], dmidecode_text: str) -> list[dict[str, Any]]:
    """What is there, each once: the kernel's word on the TPM before the firmware's."""
    found = []
    for chip in sorted((root / "sys/class/tpm").glob("tpm*")):
        major = read_text(chip / "tpm_version_major")
        version = {"1": "1.2", "2": "2.0"}.get(major, "")
        found.append(_entry("tpm", read_text(chip / "device/description"), version, "kernel"))
    found = found or parse_tpm(dmidecode_text)
    found += [_entry("fingerprint", d["name"], "", "usb") for d in usb if is_fingerprint_reader(d)]
    readers = with_interface(usb, SMART_CARD, r"smart ?card")
    return found + [_entry("smart_card", d["name"], "", "usb") for d in readers]


def parse_tpm(dmidecode_text: str) -> list[dict[str, Any]]:
    """TPM chips in the firmware's table (type 43)."""
    return [
        _entry(
            "tpm", said(b.values.get("Description", "")), said(b.values.get("Specification Version", "")), "firmware"
        )
        for b in parse_dmidecode(dmidecode_text)
        if b.type == 43
    ]


def is_fingerprint_reader(device: dict[str, Any]) -> bool:
    """By its name, or by its maker when it has an interface that no class describes."""
    if re.search(r"finger|biometric", device["name"], re.IGNORECASE):
        return True
    number = f"{device['vendor_id']}:{device['product_id']}"
    own = not device["interfaces"] or any(interface.startswith("ff") for interface in device["interfaces"])
    return own and number.startswith(_READERS)


def _entry(kind: str, name: str, version: str, source: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "version": version, "source": source}
