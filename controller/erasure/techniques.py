"""Erase facts → the techniques that a drive has, best first, each with the level that it may claim. Pure.

Order, and why: a technique that resets the cells or the sectors themselves goes before one that only throws a key
away (nothing shows from outside that every byte had been encrypted), where it costs minutes; on a hard disk, where
it costs hours, the key goes first. Sanitize goes before the older commands: it tells its progress, survives a power
cut, and leaves no password behind. Overwriting is last: it is the weakest, and always there.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.protocol_erase import AtaFacts, EraseFacts, NvmeFacts, ScsiFacts, Technique
from controller.erasure.history import NOTHING_BEFORE, DriveHistory
from controller.erasure.levels import OVERWRITE, RANK, Medium, level_of
from controller.erasure.quirks import stalls_in_sanitize

# A power cut in the middle of these leaves a drive that starts again at once; all others leave one that is busy,
# locked, or must be sanitized once more before it takes any other command.
INTERRUPTIBLE: frozenset[Technique] = frozenset({"overwrite-zero", "mmc-sanitize"})
NVME_FORMATS: tuple[Technique, ...] = ("nvme-format-crypto", "nvme-format-user-data")


def techniques_of(
    facts: EraseFacts | None, medium: Medium, *, model: str = "", before: DriveHistory = NOTHING_BEFORE
) -> list[Technique]:
    """What may be tried, best first; overwriting is always the last.

    A technique that stalled, or lost the drive, in an earlier erase of this drive isn't tried again.
    """
    own = [] if facts is None or facts["bridge"] else list(dict.fromkeys(_own(facts, medium, model)))
    usable = [t for t in own if t not in before.given_up]
    usable.sort(key=lambda t: -RANK[level_of(t, medium) or ""])  # stable: the order below holds within a level
    return [*usable, OVERWRITE]


def _own(facts: EraseFacts, medium: Medium, model: str) -> Iterator[Technique]:
    """Every technique that the drive itself offers, in order of preference."""
    if facts["nvme"]:
        yield from _nvme(facts["nvme"], model)
    if facts["ata"]:
        yield from _ata(facts["ata"], medium)
    if facts["scsi"]:
        yield from _scsi(facts["scsi"], medium)
    if facts["mmc"] and facts["mmc"]["kind"] == "mmc" and facts["mmc"]["erase"] and facts["mmc"]["sanitize"]:
        yield "mmc-sanitize"


def _nvme(nvme: NvmeFacts, model: str) -> Iterator[Technique]:
    sanitize: list[Technique] = []
    if nvme["sanitize_block"]:
        sanitize.append("nvme-sanitize-block")
    if nvme["sanitize_crypto"]:
        sanitize.append("nvme-sanitize-crypto")
    formats: list[Technique] = []
    if nvme["format_supported"]:
        # SES=2 on a controller without FNA bit 2 is refused, or taken for a plain format by some: never asked for.
        formats = [t for t in NVME_FORMATS if t != "nvme-format-crypto" or nvme["crypto_format"]]
        formats.reverse()  # user data (SES=1) resets the cells on most, the key is the second choice
    # Known to stall for ever in sanitize: only once everything else was refused.
    yield from (*formats, *sanitize) if stalls_in_sanitize(model) else (*sanitize, *formats)


def _ata(ata: AtaFacts, medium: Medium) -> Iterator[Technique]:
    sanitize, security = ata["sanitize"], ata["security"]
    if sanitize:
        cells: list[Technique] = ["ata-sanitize-block"] if sanitize["block"] else []
        key: list[Technique] = ["ata-sanitize-crypto"] if sanitize["crypto"] else []
        yield from (*key, *cells) if medium == "hdd" else (*cells, *key)
        if sanitize["overwrite"] and medium == "hdd":  # on flash it is worth no more than our own overwrite
            yield "ata-sanitize-overwrite"
    if security and security["supported"]:
        if security["enhanced_supported"]:
            yield "ata-security-erase-enhanced"
        if medium != "hdd":  # on a disk it takes as long as an overwrite, proves less, and can't be interrupted
            yield "ata-security-erase"


def _scsi(scsi: ScsiFacts, medium: Medium) -> Iterator[Technique]:
    cells: list[Technique] = ["scsi-sanitize-block"] if scsi["sanitize_block"] else []
    key: list[Technique] = ["scsi-sanitize-crypto"] if scsi["sanitize_crypto"] else []
    yield from (*key, *cells) if medium == "hdd" else (*cells, *key)
    if scsi["sanitize_overwrite"] and medium == "hdd":
        yield "scsi-sanitize-overwrite"
