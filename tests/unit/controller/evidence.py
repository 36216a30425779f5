"""Evidence as a machine sends it, for the tests of what is made of it: good, and good with some things changed."""

from __future__ import annotations

import json
from typing import Any

from agent.protocol import DriveKey

SIZE = 500_107_862_016
DRIVE: DriveKey = {"serial": "S3Z9NB0K", "wwn": "0x5002538e40b5a1c2", "model": "Samsung SSD 860", "size_bytes": SIZE}
FACTS: dict[str, Any] = {**DRIVE, "path": "/dev/sda", "rotational": False, "transport": "sata"}
SMART: dict[str, Any] = {"available": True, "passed": True, "pending_sectors": 0}


def ata_security(**changes: Any) -> dict[str, Any]:
    """A drive with the Security feature set, open and at rest."""
    return {
        "supported": True,
        "enabled": False,
        "locked": False,
        "frozen": False,
        "count_expired": False,
        "enhanced_supported": True,
        "erase_minutes": 4,
        "enhanced_erase_minutes": 4,
        "master_password_revision": 65534,
        **changes,
    }


def ata_sanitize(**changes: Any) -> dict[str, Any]:
    """A SATA SSD's Sanitize feature set."""
    known = {"crypto": True, "block": True, "overwrite": False, "antifreeze": False, "state": "idle", "progress": None}
    return {**known, **changes}


def ata_facts(**changes: Any) -> dict[str, Any]:
    """What a whole SATA drive says."""
    return {
        "security": ata_security(),
        "sanitize": ata_sanitize(),
        "hidden": [],
        "native_bytes": SIZE,
        "trim": True,
        **changes,
    }


def nvme_facts(**changes: Any) -> dict[str, Any]:
    """What an NVMe controller with one namespace says."""
    return {
        "controller": "/dev/nvme0",
        "format_supported": True,
        "crypto_format": True,
        "format_applies_to_all": False,
        "erase_applies_to_all": False,
        "sanitize_crypto": True,
        "sanitize_block": True,
        "sanitize_overwrite": False,
        "sanitize_seconds": None,
        "sanitize_state": "never",
        "sanitize_progress": None,
        "namespaces": [{"nsid": 1, "size_bytes": SIZE, "path": "/dev/nvme0n1"}],
        **changes,
    }


def erase_facts(media: str = "ssd", **changes: Any) -> dict[str, Any]:
    """Erase facts of a drive of ``media`` that offers nothing, with ``changes``."""
    return {
        "schema": "recyclerie.erase-facts/1",
        "media": media,
        "bridge": False,
        "ata": None,
        "nvme": None,
        "scsi": None,
        "mmc": None,
        "holders": [],
        "problems": [],
        "tools": {},
        **changes,
    }


def attempt(technique: str, **changes: Any) -> dict[str, Any]:
    """An attempt that came to its end."""
    return {
        "technique": technique,
        "started_at": "2026-01-01T10:00:00Z",
        "ended_at": "2026-01-01T11:00:00Z",
        "outcome": "completed",
        "accepted": True,
        "in_progress_seen": False,
        "detail": "",
        "commands": COMMANDS.get(technique, []),
        "log_before": None,
        "log_after": None,
        "writer": None,
        **changes,
    }


def command(*argv: str, exit_status: int | None = 0) -> dict[str, Any]:
    """A command as it was run."""
    return {
        "argv": list(argv),
        "tool": argv[0],
        "version": "1",
        "exit_status": exit_status,
        "stdout": "",
        "stderr": "",
        "started_at": "2026-01-01T10:00:00Z",
        "seconds": 1.0,
    }


# The command that each technique stands for, as the agent runs it.
COMMANDS: dict[str, list[dict[str, Any]]] = {
    "overwrite-zero": [],
    "ata-sanitize-crypto": [
        command("hdparm", "--yes-i-know-what-i-am-doing", "--sanitize-crypto-scramble", "/dev/sda")
    ],
    "ata-sanitize-block": [command("hdparm", "--yes-i-know-what-i-am-doing", "--sanitize-block-erase", "/dev/sda")],
    "ata-sanitize-overwrite": [
        command("hdparm", "--sanitize-overwrite-passes", "1", "--sanitize-overwrite", "hex:00000000", "/dev/sda")
    ],
    "ata-security-erase-enhanced": [command("hdparm", "--security-erase-enhanced", "recyclerie", "/dev/sda")],
    "ata-security-erase": [command("hdparm", "--security-erase", "recyclerie", "/dev/sda")],
    "nvme-sanitize-crypto": [command("nvme", "sanitize", "/dev/nvme0", "--sanact=4", "--ause")],
    "nvme-sanitize-block": [command("nvme", "sanitize", "/dev/nvme0", "--sanact=2", "--ause")],
    "nvme-format-crypto": [command("nvme", "format", "/dev/nvme0", "--namespace-id=1", "--ses=2", "--force")],
    "nvme-format-user-data": [command("nvme", "format", "/dev/nvme0", "--namespace-id=1", "--ses=1", "--force")],
    "scsi-sanitize-crypto": [command("sg_sanitize", "--crypto", "--quick", "--early", "--ause", "/dev/sda")],
    "scsi-sanitize-block": [command("sg_sanitize", "--block", "--quick", "--early", "--ause", "/dev/sda")],
    "scsi-sanitize-overwrite": [command("sg_sanitize", "--overwrite", "--zero", "--quick", "--early", "/dev/sda")],
    "mmc-sanitize": [
        command("mmc", "erase", "legacy", "0", "1048575", "/dev/mmcblk0"),
        command("mmc", "sanitize", "/dev/mmcblk0", "600000"),
    ],
}
WRITER: dict[str, Any] = {
    "tool": "recyclerie direct writer",
    "version": "1",
    "bytes_written": SIZE,
    "bytes_expected": SIZE,
    "completed": True,
    "stopped": "",
    "errors": [],
    "started_at": "2026-01-01T10:00:00Z",
    "ended_at": "2026-01-01T11:00:00Z",
}
VALIDATOR: dict[str, Any] = {
    "tool": "recyclerie read-back validator",
    "version": "2",
    "mode": "full",
    "expect": "zeros",
    "bytes_read": SIZE,
    "bytes_expected": SIZE,
    "share": 1.0,
    "slices": 1,
    "seed": "",
    "places": 1,
    "first_lba_read": True,
    "last_lba_read": True,
    "nonzero": [],
    "nonzero_reads": 0,
    "unchanged": [],
    "samples_checked": 0,
    "samples_expected": 0,
    "canaries_found": [],
    "canaries_checked": 0,
    "canaries_expected": 0,
    "errors": [],
    "direct": True,
    "caches_dropped": True,
    "started_at": "2026-01-01T11:00:00Z",
    "ended_at": "2026-01-01T12:00:00Z",
    "completed": True,
    "stopped": "",
}
# A SATA SSD, overwritten and read back whole.
GOOD: dict[str, Any] = {
    "schema": "recyclerie.evidence/2",
    "agent_version": "0.3.0",
    "image_version": "2026.1",
    "authorisation_id": 1,
    "authorised_by": "user:1",
    "chassis": {},
    "plan": {},
    "drive_before": FACTS,
    "drive_after": FACTS,
    "erase_facts_before": erase_facts(ata=ata_facts(security=None, sanitize=None)),
    "erase_facts_after": erase_facts(ata=ata_facts(security=None, sanitize=None)),
    "smart_before": SMART,
    "smart_after": SMART,
    "size_bytes_reported": SIZE,
    "size_bytes_native": SIZE,
    "hidden_found": [],
    "hidden_left": [],
    "preparations": [],
    "canaries": None,
    "samples_before": None,
    "attempts": [attempt("overwrite-zero", writer=WRITER)],
    "technique": "overwrite-zero",
    "writer": WRITER,
    "validator": VALIDATOR,
    "interruptions": [],
    "resumed_from": "",
}
PLACES = [0, 1_048_576, SIZE - 4096]
SAMPLES = [
    {"offset": 0, "sha256": "a1" * 32, "uniform": False},
    {"offset": 8_388_608, "sha256": "b2" * 32, "uniform": False},
    {"offset": SIZE - 4096, "sha256": "c3" * 32, "uniform": True},
]
# The same drive, after its own block erase, validated in places.
BLOCK_ERASED: dict[str, Any] = {
    **GOOD,
    "erase_facts_before": erase_facts(ata=ata_facts()),
    "erase_facts_after": erase_facts(ata=ata_facts()),
    "canaries": {"marker_key": "00" * 16, "bytes_each": 4096, "places": PLACES, "errors": [], "written": True},
    "samples_before": {"bytes_each": 4096, "places": SAMPLES, "errors": []},
    "attempts": [attempt("ata-sanitize-block", in_progress_seen=True)],
    "technique": "ata-sanitize-block",
    "writer": None,
    "validator": {
        **VALIDATOR,
        "mode": "sampled",
        "expect": "changed",
        "bytes_read": 50_100_000_000,
        "bytes_expected": 50_100_000_000,
        "share": 0.1,
        "slices": 1000,
        "seed": "r1-erase-d1-1",
        "places": 2002,
        "samples_checked": 2,
        "samples_expected": 2,
        "canaries_checked": 3,
        "canaries_expected": 3,
    },
}


def changed(good: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """``good`` with some dotted paths set (or, with ``...``, taken away); numbers in a path are places in a list."""
    evidence: dict[str, Any] = json.loads(json.dumps(good))  # no part is shared with another one
    for path, value in changes:
        *parents, last = path.split(".")
        part: Any = evidence
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part[name]
        if value is ...:
            del part[last]
        elif isinstance(part, list):
            part[int(last)] = value
        else:
            part[last] = value
    return evidence
