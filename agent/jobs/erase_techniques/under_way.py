"""A drive may be found erasing itself: a sanitize goes on after a power cut, by itself, until it is done.

It is waited for, because the drive takes nothing else meanwhile. It is never claimed: it was not this job's.
"""

from __future__ import annotations

import contextlib
from functools import partial

from agent.jobs.erase_techniques import ata_state, nvme_state, scsi_sanitize
from agent.jobs.erase_techniques.bench import Bench, Failed
from agent.jobs.erase_techniques.watch import Ask, NoAnswer, watch
from agent.protocol_erase import Attempt


def wait_for_earlier(bench: Bench, attempt: Attempt) -> bool:
    """Wait for a sanitize that was running before us; whether there was one. Raises Stalled, Lost or Stopped."""
    ask = _asking(bench, attempt)
    if ask is None:
        return False
    try:
        if ask().state != "running":
            return False
    except NoAnswer:
        return False  # each technique finds out for itself
    bench.progress.begin("firmware", f"{bench.path}: the drive is still at a sanitize from before")
    with contextlib.suppress(Failed):
        watch(bench, attempt, ask)
    return True


def _asking(bench: Bench, attempt: Attempt) -> Ask | None:
    facts, records = bench.facts, attempt["commands"]
    if facts["ata"] is not None and facts["ata"]["sanitize"] is not None:
        return partial(ata_state.sanitize_status, records, bench.path)
    nvme = facts["nvme"]
    if nvme is not None and (nvme["sanitize_crypto"] or nvme["sanitize_block"] or nvme["sanitize_overwrite"]):
        return partial(nvme_state.sanitize_status, records, nvme["controller"])
    scsi = facts["scsi"]
    if scsi is not None and any((scsi["sanitize_crypto"], scsi["sanitize_block"], scsi["sanitize_overwrite"])):
        return partial(scsi_sanitize.sense, records, bench.path)
    return None
