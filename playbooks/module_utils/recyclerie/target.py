"""Compares this machine with what a person authorised. Pure: an inventory and an authorisation → problems in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# What identifies a chassis. Version, SKU, asset tag and type are left out: a firmware update rewrites them.
CHASSIS_FIELDS = {
    "system_uuid": "system UUID",
    "system_serial": "system serial number",
    "board_serial": "board serial number",
    "chassis_serial": "chassis serial number",
    "manufacturer": "manufacturer",
    "product": "product",
}
DRIVE_FIELDS = {"serial": "serial number", "wwn": "WWN", "model": "model", "size_bytes": "size in bytes"}
AGAIN = "Inspect the machine again and authorise anew."
# Preparations of an erase after which a drive has its native size.
REMOVALS = ("remove-hpa", "remove-dco", "remove-ama")
HELD = "held by "  # how the agent's inventory names a use by LVM, md or dm


def describe(drive: Mapping[str, Any]) -> str:
    """A drive in words: ``S/N WD-1234 (WDC WD5000, 500.1 GB, WWN 0x50…)``."""
    size = int(drive.get("size_bytes") or 0) / 1e9
    parts = [str(drive.get("model") or "unknown model"), f"{size:.1f} GB"]
    if drive.get("wwn"):
        parts.append(f"WWN {drive['wwn']}")
    return f"S/N {drive.get('serial') or 'none'} ({', '.join(parts)})"


def chassis_problems(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """How this chassis differs from the authorised one."""
    problems = []
    for field, words in CHASSIS_FIELDS.items():
        want, have = str(expected.get(field) or ""), str(found.get(field) or "")
        if want != have:
            problems.append(
                f"This is another machine than the one authorised: {words} is {have or 'empty'!s}, "
                f"expected {want or 'empty'!s}. {AGAIN}"
            )
    return problems


def with_plan(key: Mapping[str, Any], plan: Mapping[str, Any] | None) -> dict[str, Any]:
    """A drive's key with what its authorised plan allows: its native size, and holders that will be taken down."""
    names = (plan or {}).get("preparations") or []
    allowed = dict(key)
    if not any(name in REMOVALS for name in names):
        allowed.pop("native_bytes", None)
    return {**allowed, "holders_taken_down": "take-down-holders" in names}


def _same(drive: Mapping[str, Any], key: Mapping[str, Any]) -> bool:
    native = key.get("native_bytes")
    if native and drive.get("size_bytes") == native and native > (key.get("size_bytes") or 0):
        key = {**key, "size_bytes": native}  # an erase that was cut off had already uncovered its hidden part
    return all((drive.get(field) or "") == (key.get(field) or "") for field in DRIVE_FIELDS)


def _missing(key: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> str:
    """Why an authorised drive isn't among those found: changed, swapped, or gone."""
    others = list(others)
    for drive in others:
        if key.get("serial") and drive.get("serial") == key["serial"]:
            changed = [
                f"{words} is {drive.get(field) or 'empty'}, expected {key.get(field) or 'empty'}"
                for field, words in DRIVE_FIELDS.items()
                if (drive.get(field) or "") != (key.get(field) or "")
            ]
            return f"The drive {describe(key)} is not as it was authorised: {'; '.join(changed)}. {AGAIN}"
    found = ", ".join(describe(drive) for drive in others) or "no other drive"
    return (
        f"The authorised drive {describe(key)} is not in this machine; found: {found}. "
        f"Put the drive back, or inspect the machine again and authorise anew."
    )


def _refused(drive: Mapping[str, Any], key: Mapping[str, Any]) -> str:
    """Why a drive that was found must not be written; "" when nothing speaks against it."""
    if drive.get("boot_medium"):
        return f"{describe(drive)} is what this machine started from: boot media are never erased."
    in_use = [str(use) for use in drive.get("in_use") or []]
    if key.get("holders_taken_down"):
        in_use = [use for use in in_use if not use.startswith(HELD)]
    if in_use:
        uses = ", ".join(in_use)
        return f"{describe(drive)} is in use ({uses}): unmount it, or restart the machine and inspect it again."
    if drive.get("read_only"):
        return f"{describe(drive)} can't be written: look for a write-protect switch, or take the drive out."
    return ""


def drive_problems(
    found: Iterable[Mapping[str, Any]],
    expected: Iterable[Mapping[str, Any]],
    started: Iterable[Mapping[str, Any]] = (),
    every_drive: bool = True,
) -> list[str]:
    """How the drives differ from the authorised ones; those whose job has ``started`` are not asked for again.

    A drive
    that nobody authorised stops everything unless it is removable, or ``every_drive`` is
    False: somebody changed the machine meanwhile.
    """
    found, expected = list(found), list(expected)
    left = list(found)
    for key in started:
        match = next((drive for drive in left if _same(drive, key)), None)
        if match is not None:
            left.remove(match)
    problems, missing = [], []
    for key in expected:
        match = next((drive for drive in left if _same(drive, key)), None)
        if match is None:
            missing.append(key)
            continue
        left.remove(match)
        refused = _refused(match, key)
        if refused:
            problems.append(refused)
    for key in expected:
        if sum(_same(drive, key) for drive in found) > 1:
            problems.append(f"{describe(key)} is there twice: two drives that can't be told apart are not erased here.")
    problems += [_missing(key, left) for key in missing]
    if every_drive and not missing:
        problems += [
            f"The drive {describe(drive)} was not authorised: take it out, or inspect again and authorise anew."
            for drive in left
            if not (drive.get("boot_medium") or drive.get("removable") or drive.get("transport") == "usb")
        ]
    return problems
