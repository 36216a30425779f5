"""Runs one technique of a plan and keeps its record, however it ends."""

from __future__ import annotations

import logging
from functools import partial

from agent.clock import now_text
from agent.jobs.erase_techniques.ata_sanitize import ata_sanitize
from agent.jobs.erase_techniques.ata_security_erase import ata_security_erase
from agent.jobs.erase_techniques.bench import AttemptEnded, Bench, Technique
from agent.jobs.erase_techniques.mmc_sanitize import mmc_sanitize
from agent.jobs.erase_techniques.nvme_format import nvme_format
from agent.jobs.erase_techniques.nvme_sanitize import nvme_sanitize
from agent.jobs.erase_techniques.overwrite import overwrite_zero
from agent.jobs.erase_techniques.scsi_sanitize import scsi_sanitize
from agent.protocol_erase import Attempt
from agent.protocol_erase import Technique as TechniqueName

log = logging.getLogger("agent.erase")

TECHNIQUES: dict[TechniqueName, Technique] = {
    "ata-sanitize-crypto": partial(ata_sanitize, "crypto"),
    "ata-sanitize-block": partial(ata_sanitize, "block"),
    "ata-sanitize-overwrite": partial(ata_sanitize, "overwrite"),
    "ata-security-erase-enhanced": partial(ata_security_erase, True),
    "ata-security-erase": partial(ata_security_erase, False),
    "nvme-sanitize-crypto": partial(nvme_sanitize, "crypto"),
    "nvme-sanitize-block": partial(nvme_sanitize, "block"),
    "nvme-format-crypto": partial(nvme_format, "crypto"),
    "nvme-format-user-data": partial(nvme_format, "user-data"),
    "scsi-sanitize-crypto": partial(scsi_sanitize, "crypto"),
    "scsi-sanitize-block": partial(scsi_sanitize, "block"),
    "scsi-sanitize-overwrite": partial(scsi_sanitize, "overwrite"),
    "mmc-sanitize": mmc_sanitize,
    "overwrite-zero": overwrite_zero,
}


def new_attempt(technique: TechniqueName) -> Attempt:
    """The record of an attempt that begins now. Until it ends, it says ``failed``: nothing was proven."""
    return Attempt(
        technique=technique,
        started_at=now_text(),
        ended_at="",
        outcome="failed",
        accepted=False,
        in_progress_seen=False,
        detail="not ended",
        commands=[],
        log_before=None,
        log_after=None,
        writer=None,
    )


def run_attempt(attempt: Attempt, bench: Bench) -> None:
    """Do it; how it ended is in ``attempt``. Raises only for a fault of ours."""
    log.info("%s: %s", bench.path, attempt["technique"])
    try:
        TECHNIQUES[attempt["technique"]](bench, attempt)
        attempt["outcome"], attempt["detail"] = "completed", ""
    except AttemptEnded as ended:
        attempt["outcome"], attempt["detail"] = ended.outcome, str(ended)
        log.error("%s: %s %s: %s", bench.path, attempt["technique"], ended.outcome, ended)
    finally:
        attempt["ended_at"] = now_text()
