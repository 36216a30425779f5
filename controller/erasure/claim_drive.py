"""The drive that evidence is about: whether it is the authorised one, whole, free afterwards; what to note. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.protocol import DriveKey
from controller.erasure.advice import failing
from controller.erasure.claim_parts import Fault, listed
from controller.erasure.levels import OVERWRITE, Medium
from controller.i18n import N_, said


def other_drive(facts: Mapping[str, Any], drive: DriveKey, size: int | None = None) -> None:
    """Raise a Fault when ``facts`` are of another drive; ``size`` once hidden parts were uncovered."""
    for found, expected in (
        (facts["serial"], drive["serial"]),
        (facts["wwn"], drive["wwn"]),
        (facts["size_bytes"], drive["size_bytes"] if size is None else size),
    ):
        if found != expected:
            raise Fault(
                "unknown",
                N_("The evidence is of another drive ({found} instead of {expected})."),
                found=str(found),
                expected=str(expected),
            )


def size_before(facts: Mapping[str, Any], drive: DriveKey) -> int:
    """The size that the drive may have had before: as authorised, or already its native one (an erase cut off)."""
    native = drive.get("native_bytes")
    grown = isinstance(native, int) and facts["size_bytes"] == native > drive["size_bytes"]
    return native if grown and isinstance(native, int) else drive["size_bytes"]


def whole_size(evidence: Mapping[str, Any], drive: DriveKey) -> int:
    """Bytes that had to be erased: all that the drive has, hidden parts included. Raises a Fault when some are left."""
    for left in listed(evidence, "hidden_left"):
        _hidden(int(left["native_bytes"]) - int(left["visible_bytes"]))
    native = [int(area["native_bytes"]) for area in listed(evidence, "hidden_found")]
    size = max(drive["size_bytes"], *native) if native else drive["size_bytes"]
    said_native = evidence["size_bytes_native"]
    if said_native is not None and int(said_native) > size:
        _hidden(int(said_native) - size)
    return size


def _hidden(count: int) -> None:
    raise Fault(
        "not_erased",
        N_("{hidden} bytes of the drive are hidden from the system: they were not erased."),
        hidden=count,
    )


def is_free(before: Any, facts: Any) -> None:
    """Raise a Fault when the drive is locked, keeps our password, or is still at work afterwards."""
    if facts is None:
        return  # a drive that has no such states, or was not asked: what was read back speaks for itself
    ata, nvme = facts["ata"], facts["nvme"]
    security = ata["security"] if ata else None
    if security and (security["locked"] or (security["enabled"] and not _has_password(before))):
        raise Fault(
            "unknown",
            N_("The erase left its temporary password on the drive: start it again, it is taken away then."),
        )
    states = [ata["sanitize"]["state"] if ata and ata["sanitize"] else "", nvme["sanitize_state"] if nvme else ""]
    if "in progress" in states or "failed" in states:
        raise Fault("unknown", N_("The drive is still busy with an erase, or in one that failed."))


def _has_password(facts: Any) -> bool:
    ata = facts["ata"] if facts else None
    return bool(ata and ata["security"] and ata["security"]["enabled"])


def notes_on(evidence: Mapping[str, Any], technique: str, medium: Medium) -> list[dict[str, Any]]:
    """What must be known beside "erased", as said(…)."""
    return list(_notes(evidence, technique, medium))


def _notes(evidence: Mapping[str, Any], technique: str, medium: Medium) -> Iterator[dict[str, Any]]:
    facts = evidence["erase_facts_before"]
    ata = facts["ata"] if facts else None
    if evidence["size_bytes_native"] is None and (ata or medium in ("hdd", "ssd")):
        yield said(N_("The drive didn't say its true size: whether it hides a part is not known."))
    found = listed(evidence, "hidden_found")
    if found:
        count = max(int(a["native_bytes"]) for a in found) - min(int(a["visible_bytes"]) for a in found)
        yield said(N_("{hidden} bytes were hidden from the system: uncovered, and erased with the rest."), hidden=count)
    if _has_password(evidence["erase_facts_after"]):
        yield said(N_("The donor's password is still on the drive: take it away in the firmware's settings."))
    mmc = facts["mmc"] if facts else None
    if mmc and mmc["side_areas"]:
        yield said(N_("Not erased: the small start-up areas {areas}."), areas=", ".join(map(str, mmc["side_areas"])))
    if facts and facts["bridge"]:
        yield said(N_("It was connected by USB: what the drive says of itself was not relied on."))
    if len(evidence["attempts"]) > 1:
        yield said(N_("A stronger technique was tried before, without success."))
    if evidence["interruptions"]:
        yield said(N_("The erase was interrupted (power cut or restart) and done again to its end."))
    validator = evidence["validator"]
    if validator["mode"] == "sampled":
        yield said(
            N_("Read back in {places} places all over the drive, {percent} % of it."),
            places=int(validator["places"]),
            percent=round(100 * float(validator["share"])),
        )
    if technique == OVERWRITE and medium in ("ssd", "nvme", "mmc", "sd"):
        yield said(N_("Flash memory keeps spare cells that an overwrite doesn't reach."))
    if not failing(evidence["smart_before"]) and failing(evidence["smart_after"]):
        yield said(N_("The drive has begun to fail: don't give it to anybody."))
