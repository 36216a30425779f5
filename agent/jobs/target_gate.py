"""The last gate before a write: is this the machine and the drive that a person authorised, and is it free?

The comparisons are pure (facts in, reasons out); ``open_target`` is the only way to a writable descriptor.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.collectors.block import geometry
from agent.collectors.chassis import collect_chassis
from agent.collectors.drives import collect_drives
from agent.config import Config
from agent.errors import AgentError
from agent.files import read_text
from agent.rubbish import is_rubbish, normal

# What names a machine; each is compared, unless it is rubbish on both sides.
STRONG = ("system_uuid", "system_serial", "board_serial", "chassis_serial")
# What describes it: compared too, and all that is left on machines whose every serial is rubbish.
WEAK = ("manufacturer", "product", "version", "sku")
# Preparations of an erase after which a drive is larger than it was inspected and authorised.
REMOVALS = ("remove-hpa", "remove-dco", "remove-ama")
HELD = "held by "  # how a use by LVM, md or dm begins (collectors.mounts.holders)


class TargetRefused(AgentError):
    """Nothing was written: this is not the machine or drive that was authorised, or it is in use."""


@dataclass(frozen=True)
class Target:
    """A drive that passed the gate. ``number`` is its device number ("8:0")."""

    path: str
    number: str
    size_bytes: int
    logical_block_bytes: int
    drive: dict[str, Any]


def chassis_mismatches(authorised: Mapping[str, Any], observed: Mapping[str, Any]) -> list[str]:
    """Why this is not the authorised machine; empty when it is.

    Strict, because minutes lie between inspection and write: an identifier that appeared, vanished or changed
    means another machine, or a repair that a person should look at.
    """
    reasons = []
    for field in STRONG:
        wanted, seen = normal(str(authorised.get(field, ""))), normal(str(observed.get(field, "")))
        if wanted != seen:
            reasons.append(_differs(f"this machine's {field}", authorised.get(field), observed.get(field)))
    for field in WEAK:
        wanted, seen = (" ".join(str(side.get(field, "")).split()) for side in (authorised, observed))
        if wanted.upper() != seen.upper():
            reasons.append(_differs(f"this machine's {field}", wanted, seen))
    return reasons


def find_drive(key: Mapping[str, Any], drives: Sequence[dict[str, Any]]) -> tuple[dict[str, Any] | None, list[str]]:
    """The one drive that the authorisation names, and why there is none."""
    name = describe_key(key)
    if is_rubbish(str(key.get("serial", ""))) and is_rubbish(str(key.get("wwn", ""))):
        return None, [f"{name} has neither a serial number nor a WWN: it can't be told from another drive"]
    found = [drive for drive in drives if not drive_mismatches(key, drive)]
    if len(found) == 1:
        return found[0], []
    if len(found) > 1:
        paths = ", ".join(drive["path"] for drive in found)
        return None, [f"{name} is there {len(found)} times ({paths}): they can't be told apart"]
    near = [drive for drive in drives if _same_number(key, drive)]
    if near:
        return None, [reason for drive in near for reason in drive_mismatches(key, drive)]
    others = ", ".join(f"{drive['path']} {describe_key(drive)}" for drive in drives) or "none"
    return None, [f"{name} is not in this machine; its drives: {others}"]


def drive_mismatches(key: Mapping[str, Any], drive: Mapping[str, Any]) -> list[str]:
    """In what a drive differs from the one that an authorisation names. Every part must match."""
    where = f"the {{}} of {drive.get('path', 'the drive')}"
    reasons = [
        _differs(where.format(field), key.get(field), drive.get(field))
        for field in ("serial", "wwn", "model")
        if _plain(key.get(field)) != _plain(drive.get(field))
    ]
    if drive.get("size_bytes") not in allowed_sizes(key):
        reasons.append(_differs(where.format("size in bytes"), key.get("size_bytes"), drive.get("size_bytes")))
    return reasons


def allowed_sizes(key: Mapping[str, Any]) -> tuple[int, ...]:
    """The sizes in bytes that a drive's key allows: the authorised one, and a larger native one where it names it.

    A hidden area (HPA, DCO, AMA) is removed as part of the erase. From then on the drive has its native size, also
    for the job that goes on after a power cut: serial number, WWN and model still have to be the same.
    """
    sizes = [size for size in (key.get("size_bytes"), key.get("native_bytes")) if isinstance(size, int)]
    return tuple(size for size in sizes if size >= sizes[0])


def spec_key(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The key of a spec's drive. Its native size counts only where the authorised plan removes a hidden area."""
    key = dict(spec["drive"])
    if not any(name in REMOVALS for name in _preparations(spec)):
        key.pop("native_bytes", None)
    return key


def spec_with_native(spec: Mapping[str, Any], native_bytes: int) -> dict[str, Any]:
    """The spec of a drive whose native size was read right before its hidden area is removed."""
    return {**spec, "drive": {**spec["drive"], "native_bytes": native_bytes}}


def takes_down_holders(spec: Mapping[str, Any]) -> bool:
    """Whether the authorised plan stops LVM, md and dm devices on the drive."""
    return "take-down-holders" in _preparations(spec)


def _preparations(spec: Mapping[str, Any]) -> Sequence[str]:
    plan = spec.get("plan")
    found = plan.get("preparations") if isinstance(plan, Mapping) else None
    return found if isinstance(found, list) else []


def refusals(drive: Mapping[str, Any], *, holders: bool = False) -> list[str]:
    """Why a drive must not be written, whoever authorised it. ``holders``: what holds it will be taken down first."""
    path = drive["path"]
    reasons = []
    if drive.get("boot_medium"):
        reasons.append(f"{path} is what this system runs from")
    uses = [use for use in drive.get("in_use") or [] if not (holders and use.startswith(HELD))]
    if uses:
        reasons.append(f"{path} is in use: {'; '.join(uses)}")
    if drive.get("read_only"):
        reasons.append(f"{path} is read-only (a switch on the drive, or a drive that gave up)")
    if not drive.get("size_bytes"):
        reasons.append(f"{path} reports no size")
    return reasons


def check_target(
    spec: Mapping[str, Any], config: Config | None, root: Path = Path("/"), *, holders: bool = False
) -> Target:
    """Look at the machine and find the drive of a spec. Raises TargetRefused with every reason at once.

    ``holders``: LVM, md and dm devices on it are no reason, because they are about to be taken down.
    """
    problems: list[str] = []
    rig = config.rig if config else None
    chassis = collect_chassis(root, problems, rig=rig)
    drives = collect_drives(root, problems, rig=rig, smart=False)
    target, reasons = judge(spec, dict(chassis), drives, holders=holders)
    if target is None:
        raise TargetRefused(
            f"Nothing was written to {describe_key(spec['drive'])}: " + "; ".join(reasons) + ".",
            hint="Inspect the machine again and authorise what is really there.",
        )
    name = Path(target["path"]).name
    number = read_text(root / "sys/class/block" / name / "dev")
    if (root / "sys/class/block" / name / "partition").exists():
        raise TargetRefused(f"Nothing was written: {target['path']} is a partition, not a whole drive.")
    return Target(
        path=target["path"],
        number=number,
        size_bytes=int(target["size_bytes"]),
        logical_block_bytes=int(target["logical_block_bytes"] or 512),
        drive=target,
    )


def judge(
    spec: Mapping[str, Any],
    chassis: Mapping[str, Any],
    drives: Sequence[dict[str, Any]],
    *,
    holders: bool = False,
) -> tuple[dict[str, Any] | None, list[str]]:
    """The drive that may be written, or None and every reason. Pure."""
    reasons = chassis_mismatches(spec["chassis"], chassis)
    drive, missing = find_drive(spec_key(spec), drives)
    reasons += missing
    if drive is not None:
        reasons += refusals(drive, holders=holders)
    return (drive, []) if drive is not None and not reasons else (None, reasons)


def open_target(spec: Mapping[str, Any], target: Target, config: Config | None) -> int:
    """Open the drive for writing, alone, and check that what was opened is what was checked.

    O_EXCL on a block device fails while a mount, swap, md or dm holds it, and keeps them out as long as we hold
    it. Raises TargetRefused; the caller closes the descriptor.
    """
    flags = os.O_RDWR | os.O_EXCL | os.O_CLOEXEC
    try:
        try:
            fd = os.open(target.path, flags | os.O_DIRECT)
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
            fd = os.open(target.path, flags)  # a driver without direct I/O: slower, still right
    except OSError as problem:
        why = "something holds it" if problem.errno == errno.EBUSY else problem.strerror
        raise TargetRefused(
            f"Nothing was written: {target.path} can't be opened alone: {why}.",
            hint="Unmount it, stop its RAID or LVM, then start the step again.",
        ) from problem
    with contextlib.suppress(OSError):
        # Asks udev to keep its hands off while we write (systemd's block device locking).
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        seen = geometry(fd)
        if (seen.number, seen.size_bytes) != (target.number, target.size_bytes) or seen.read_only:
            raise TargetRefused(
                f"Nothing was written: {target.path} changed while it was being opened "
                f"({target.number} {target.size_bytes} bytes → {seen.number} {seen.size_bytes} bytes).",
                hint="Inspect the machine again.",
            )
        # While we hold the device its name can't move to another drive: what is read now is what we write to.
        again = collect_drives(Path("/"), [], rig=_rig(config), smart=False)
        same = [d for d in again if d["path"] == target.path and not drive_mismatches(spec_key(spec), d)]
        if not same:
            raise TargetRefused(
                f"Nothing was written: {target.path} is no longer {describe_key(spec['drive'])}.",
                hint="Inspect the machine again.",
            )
    except (OSError, TargetRefused) as problem:
        os.close(fd)
        if isinstance(problem, OSError):
            raise TargetRefused(f"Nothing was written: {target.path}: {problem.strerror}.") from problem
        raise
    return fd


def verify_specs(specs: Sequence[dict[str, Any]], config: Config | None) -> dict[str, Any]:
    """Compare job specs with this machine without touching anything (command ``verify``)."""
    problems: list[str] = []
    chassis = dict(collect_chassis(Path("/"), problems, rig=_rig(config)))
    drives = collect_drives(Path("/"), problems, rig=_rig(config), smart=False)
    answers = []
    for spec in specs:
        try:
            drive, reasons = judge(spec, chassis, drives, holders=takes_down_holders(spec))
        except (KeyError, TypeError) as problem:
            drive, reasons = None, [f"the spec is not one: {problem!r}"]
        answers.append(
            {
                "job_id": spec.get("job_id") if isinstance(spec, dict) else None,
                "ok": drive is not None,
                "path": drive["path"] if drive else None,
                "mismatches": reasons,
            }
        )
    return {"ok": all(answer["ok"] for answer in answers), "targets": answers, "problems": problems}


def describe_key(key: Mapping[str, Any]) -> str:
    """A drive in words: model, serial, WWN, size."""
    size = key.get("size_bytes")
    gigabytes = f"{size / 1e9:.1f} GB" if isinstance(size, int) and size else "size unknown"
    model = str(key.get("model") or "drive")
    return f"{model} (serial {key.get('serial') or 'none'}, WWN {key.get('wwn') or 'none'}, {gigabytes})"


def _rig(config: Config | None) -> dict[str, Any] | None:
    return config.rig if config else None


def _same_number(key: Mapping[str, Any], drive: Mapping[str, Any]) -> bool:
    return any(
        not is_rubbish(str(key.get(field, ""))) and _plain(key.get(field)) == _plain(drive.get(field))
        for field in ("serial", "wwn")
    )


def _plain(value: Any) -> str:
    return " ".join(str(value or "").split()).upper()


def _differs(what: str, wanted: Any, seen: Any) -> str:
    return f"{what} is {str(seen or '') or 'empty'!s}, the authorisation says {str(wanted or '') or 'empty'!s}"
