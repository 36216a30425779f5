"""Every kind of fact that the ledger holds, with its meaning. ``docs/ledger.md`` is checked against this."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of entries; the text is what is written."""

    LEDGER_STARTED = "ledger.started"
    LOT_CREATED = "lot.created"
    LOT_PREAUTHORISED = "lot.preauthorised"
    MACHINE_EXPECTED = "machine.expected"
    MACHINE_ANNOUNCED = "machine.announced"
    MACHINE_ACCEPTED = "machine.accepted"
    MACHINE_REFUSED = "machine.refused"
    MACHINE_TIED = "machine.tied"
    MACHINE_MERGED = "machine.merged"
    MACHINE_STATE = "machine.state"
    MACHINE_INSPECTED = "machine.inspected"
    DRIVE_SEEN = "drive.seen"
    DRIVE_GONE = "drive.gone"
    ERASE_AUTHORISED = "erase.authorised"
    ERASE_REVOKED = "erase.revoked"
    ERASE_STARTED = "erase.started"
    DRIVE_CLAIM = "drive.claim"
    ERASE_POLICY = "erase.policy"
    RECHECK_DRAWN = "recheck.drawn"
    RECHECK_ASKED = "recheck.asked"
    RECHECK_DONE = "recheck.done"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_SIGNED = "certificate.signed"
    DRIVE_DESTROYED = "drive.destroyed"
    INSTALL_STARTED = "install.started"
    INSTALL_DONE = "install.done"
    MACHINE_CHECKED = "machine.checked"
    MACHINE_SEALED = "machine.sealed"
    RUN_STARTED = "run.started"
    RUN_ENDED = "run.ended"
