"""How long an erase takes, roughly: for the person who waits, and for the watchdog's first guess. Pure."""

from __future__ import annotations

from agent.protocol_erase import EraseFacts, Technique, Validation
from controller.erasure.levels import Medium

# Sustained speeds of ten-year-old drives, bytes per second.
ASSUMED_BYTES_PER_SECOND: dict[Medium, int] = {
    "nvme": 1_000_000_000,
    "ssd": 350_000_000,
    "hdd": 110_000_000,
    "virtual": 350_000_000,
    "usb": 25_000_000,
    "mmc": 60_000_000,
    "sd": 20_000_000,
    "unknown": 25_000_000,
}
AT_ONCE_SECONDS = 30.0  # a new key, or cells reset all at once; the command's own overhead
BLOCK_SECONDS = 120.0  # a block erase whose time the drive doesn't say
# Sampled reading costs more than its share on a disk that has to seek: ten times the bytes' own time, at most all.
SEEK_FACTOR = {"hdd": 4.0}


def technique_seconds(technique: Technique, medium: Medium, size_bytes: int, facts: EraseFacts | None) -> float:
    """The technique alone, without preparation and validation."""
    whole = size_bytes / ASSUMED_BYTES_PER_SECOND[medium]
    ata = facts["ata"] if facts else None
    security = ata["security"] if ata else None
    nvme = facts["nvme"] if facts else None
    if technique.startswith("ata-security-erase"):
        enhanced = technique.endswith("enhanced")
        minutes = security and (security["enhanced_erase_minutes"] if enhanced else security["erase_minutes"])
        return minutes * 60.0 if minutes else (whole if medium == "hdd" else BLOCK_SECONDS)
    if technique.endswith("-crypto"):
        return AT_ONCE_SECONDS
    if technique.endswith("-block"):
        given = nvme["sanitize_seconds"] if nvme and technique.startswith("nvme") else None
        return max(given, AT_ONCE_SECONDS) if given else BLOCK_SECONDS
    if technique in ("nvme-format-user-data", "mmc-sanitize"):
        return BLOCK_SECONDS
    return whole


def validation_seconds(validation: Validation, medium: Medium, size_bytes: int) -> float:
    """Reading back."""
    whole = size_bytes / ASSUMED_BYTES_PER_SECOND[medium]
    if validation["mode"] == "full":
        return whole
    return whole * min(1.0, validation["share"] * SEEK_FACTOR.get(medium, 1.0))
