"""Whether the commands in the evidence are those of the technique that it names. Pure.

A technique's name is only the agent's word; the commands that were run are what reached the drive. ``nvme format``
without ``--ses`` keeps the data, whatever the evidence calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.erasure.claim_parts import Fault, listed
from controller.i18n import N_

# technique → arguments that one command that ended well must have, all of them
_NEEDED: dict[str, frozenset[str]] = {
    "ata-sanitize-crypto": frozenset({"hdparm", "--sanitize-crypto-scramble"}),
    "ata-sanitize-block": frozenset({"hdparm", "--sanitize-block-erase"}),
    "ata-sanitize-overwrite": frozenset({"hdparm", "--sanitize-overwrite"}),
    "ata-security-erase-enhanced": frozenset({"hdparm", "--security-erase-enhanced"}),
    "ata-security-erase": frozenset({"hdparm", "--security-erase"}),
    "nvme-sanitize-crypto": frozenset({"nvme", "sanitize", "--sanact=4"}),
    "nvme-sanitize-block": frozenset({"nvme", "sanitize", "--sanact=2"}),
    "nvme-format-crypto": frozenset({"nvme", "format", "--ses=2"}),
    "nvme-format-user-data": frozenset({"nvme", "format", "--ses=1"}),
    "scsi-sanitize-crypto": frozenset({"sg_sanitize", "--crypto"}),
    "scsi-sanitize-block": frozenset({"sg_sanitize", "--block"}),
    "scsi-sanitize-overwrite": frozenset({"sg_sanitize", "--overwrite"}),
    "mmc-sanitize": frozenset({"mmc", "sanitize"}),
}
_EVERY_NAMESPACE = "--namespace-id=0xffffffff"


def check_commands(attempt: Mapping[str, Any], technique: str, facts: Any) -> None:
    """Raise a Fault when no command of ``technique`` ended well, or Format left a namespace out."""
    needed = _NEEDED.get(technique)
    if needed is None:
        return  # our own overwrite: its writer is checked instead
    ran = [set(map(str, listed(c, "argv"))) for c in listed(attempt, "commands") if c["exit_status"] == 0]
    fitting = [argv for argv in ran if needed <= argv]
    if not fitting:
        raise Fault("unknown", N_("The commands of the evidence are not those of the technique that it names."))
    if technique.startswith("nvme-format"):
        _check_namespaces(fitting, facts)


def _check_namespaces(formats: list[set[str]], facts: Any) -> None:
    nvme = facts["nvme"] if facts else None
    given = set().union(*formats)
    if _EVERY_NAMESPACE in given or not nvme:
        return
    left = [n["nsid"] for n in nvme["namespaces"] if f"--namespace-id={n['nsid']}" not in given]
    if left:
        raise Fault(
            "not_erased",
            N_("Not every part of the drive was formatted: namespaces {numbers} are left."),
            numbers=", ".join(map(str, left)),
        )
