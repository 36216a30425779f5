"""Evidence → claim. Each case is good evidence with one thing wrong: only what is whole is ``erased``."""

from __future__ import annotations

from typing import Any

import pytest

from agent.jobs.erase_outcome import outcome_of
from controller.erasure.claim import claim
from tests.unit.controller.evidence import (
    BLOCK_ERASED,
    COMMANDS,
    DRIVE,
    FACTS,
    GOOD,
    PLACES,
    SIZE,
    SMART,
    ata_facts,
    ata_sanitize,
    ata_security,
    attempt,
    changed,
    command,
    erase_facts,
    nvme_facts,
)


def test_an_overwrite() -> None:
    found = claim(GOOD, DRIVE)
    assert (found.outcome, found.level, found.technique, found.reason) == ("erased", "clear", "overwrite-zero", "")


def test_a_block_erase() -> None:
    found = claim(BLOCK_ERASED, DRIVE)
    assert (found.outcome, found.level, found.technique) == ("erased", "purge", "ata-sanitize-block")


IO_ERROR = [{"offset": 4096, "error": "Input/output error"}]
HPA: dict[str, Any] = {"kind": "hpa", "visible_bytes": SIZE, "native_bytes": SIZE + 8_388_608}
NOT_ERASED: dict[str, dict[str, Any]] = {
    "the drive failed a write": changed(GOOD, ("writer.errors", IO_ERROR)),
    "nothing was written": changed(GOOD, ("writer", None)),
    "the gate refused": changed(
        GOOD, ("drive_before", None), ("drive_after", None), ("attempts", []), ("writer", None), ("validator", None)
    ),
    "nothing was tried": changed(GOOD, ("attempts", [])),
    "the write has no end": changed(GOOD, ("writer.ended_at", None)),
    "the write was stopped": changed(GOOD, ("writer.completed", False)),
    "a short write": changed(GOOD, ("writer.bytes_written", SIZE - 512)),
    "more written than there is": changed(GOOD, ("writer.bytes_written", SIZE + 512)),
    "old data was read": changed(GOOD, ("validator.nonzero", [{"offset": 1048576}])),
    "old data was read, its place not kept": changed(GOOD, ("validator.nonzero_reads", 1)),
    "the drive failed a read": changed(GOOD, ("validator.errors", IO_ERROR)),
    "the drive failed a read after its own erase": changed(BLOCK_ERASED, ("validator.errors", IO_ERROR)),
    "more native bytes than were written": changed(GOOD, ("size_bytes_native", SIZE + 8_388_608)),
    "a hidden area could not be removed": changed(GOOD, ("hidden_found", [HPA]), ("hidden_left", [HPA])),
    "a hidden area was removed and not overwritten": changed(GOOD, ("hidden_found", [HPA])),
    "a marker is still there": changed(BLOCK_ERASED, ("validator.canaries_found", [0])),
    "a sample is what it was": changed(BLOCK_ERASED, ("validator.unchanged", [{"offset": 8_388_608}])),
    "a marker is still there after an overwrite": changed(GOOD, ("validator.canaries_found", [0])),
    "the last technique was refused": changed(
        GOOD, ("attempts.0.outcome", "refused"), ("technique", ""), ("writer", None), ("validator", None)
    ),
    "the last technique failed": changed(GOOD, ("attempts.0.outcome", "failed")),
    "it was stopped": changed(GOOD, ("attempts.0.outcome", "stopped")),
}
UNKNOWN: dict[str, Any] = {
    "nothing came back": None,
    "an empty object": {},
    "the first format of evidence": changed(GOOD, ("schema", "recyclerie.evidence/1")),
    "no format": changed(GOOD, ("schema", ...)),
    "not read back": changed(GOOD, ("validator", None)),
    "the drive's own erase not read back": changed(BLOCK_ERASED, ("validator", None)),
    "the reading has no end": changed(GOOD, ("validator.ended_at", "")),
    "the reading was stopped": changed(GOOD, ("validator.completed", False)),
    "a short read": changed(GOOD, ("validator.bytes_read", SIZE - 512)),
    "read to the end of a smaller drive": changed(
        GOOD, ("validator.bytes_read", SIZE - 512), ("validator.bytes_expected", SIZE - 512)
    ),
    "the first block was not read": changed(GOOD, ("validator.first_lba_read", False)),
    "the last block was not read": changed(BLOCK_ERASED, ("validator.last_lba_read", False)),
    "it doesn't say whether the last block was": changed(GOOD, ("validator.last_lba_read", ...)),
    "read from memory": changed(GOOD, ("validator.direct", False), ("validator.caches_dropped", False)),
    "an overwrite read back for change only": changed(GOOD, ("validator.expect", "changed")),
    "an erase read back for nothing": changed(BLOCK_ERASED, ("validator.expect", "")),
    "one place of a sample missing": changed(BLOCK_ERASED, ("validator.bytes_read", 50_099_995_904)),
    "9 % of the drive": changed(
        BLOCK_ERASED,
        ("validator.share", 0.09),
        ("validator.bytes_read", SIZE * 9 // 100),
        ("validator.bytes_expected", SIZE * 9 // 100),
    ),
    "said to be 10 %, in truth one": changed(
        BLOCK_ERASED, ("validator.bytes_read", SIZE // 100), ("validator.bytes_expected", SIZE // 100)
    ),
    "all in one slice": changed(BLOCK_ERASED, ("validator.slices", 1)),
    "a share that is no number": changed(BLOCK_ERASED, ("validator.share", "most")),
    "an unknown mode": changed(GOOD, ("validator.mode", "quick")),
    "two of three markers were looked for": changed(BLOCK_ERASED, ("validator.canaries_checked", 2)),
    "one of two samples was compared": changed(BLOCK_ERASED, ("validator.samples_checked", 1)),
    "it doesn't say what was compared": changed(BLOCK_ERASED, ("validator.samples_checked", ...)),
    "neither markers nor samples": changed(BLOCK_ERASED, ("canaries", None), ("samples_before", None)),
    "no markers, and samples that tell nothing": changed(
        BLOCK_ERASED, ("canaries", None), ("samples_before.places", [{"offset": 0, "sha256": "", "uniform": True}])
    ),
    "markers that could not be written": changed(
        BLOCK_ERASED, ("canaries.written", False), ("samples_before", None), ("validator.canaries_checked", 0)
    ),
    "markers of which one could not be written": changed(
        BLOCK_ERASED, ("canaries.errors", IO_ERROR), ("samples_before", None)
    ),
    "no word of markers": changed(BLOCK_ERASED, ("canaries", ...)),
    "a success from before we came": changed(
        BLOCK_ERASED, ("attempts.0.accepted", False), ("attempts.0.in_progress_seen", False)
    ),
    "no word of an accepted command": changed(BLOCK_ERASED, ("attempts.0.accepted", ...)),
    "accepted, says a text": changed(
        BLOCK_ERASED, ("attempts.0.accepted", "yes"), ("attempts.0.in_progress_seen", False)
    ),
    "the drive was lost": changed(
        BLOCK_ERASED, ("attempts.0.outcome", "lost"), ("technique", ""), ("validator", None), ("drive_after", None)
    ),
    "the drive stalled": changed(BLOCK_ERASED, ("attempts.0.outcome", "stalled"), ("technique", "")),
    "lost, though a technique is named": changed(BLOCK_ERASED, ("attempts.0.outcome", "lost")),
    "another technique than was completed": changed(BLOCK_ERASED, ("technique", "ata-sanitize-crypto")),
    "completed, then lost in the next": changed(
        BLOCK_ERASED,
        ("attempts", [attempt("ata-sanitize-block"), attempt("ata-security-erase-enhanced", outcome="lost")]),
    ),
    "another drive was written": changed(GOOD, ("drive_before", {**FACTS, "serial": "OTHER"})),
    "another size was written": changed(GOOD, ("drive_before", {**FACTS, "size_bytes": SIZE // 2})),
    "another WWN was written": changed(GOOD, ("drive_before", {**FACTS, "wwn": ""})),
    "another drive was there at the end": changed(GOOD, ("drive_after", {**FACTS, "serial": "OTHER"})),
    "a smaller drive was there at the end": changed(GOOD, ("drive_after", {**FACTS, "size_bytes": SIZE - 512})),
    "the drive was gone at the end": changed(GOOD, ("drive_after", None)),
    "locked at the end": changed(
        BLOCK_ERASED, ("erase_facts_after.ata.security", ata_security(enabled=True, locked=True))
    ),
    "our password was left": changed(BLOCK_ERASED, ("erase_facts_after.ata.security", ata_security(enabled=True))),
    "still at it": changed(BLOCK_ERASED, ("erase_facts_after.ata.sanitize", ata_sanitize(state="in progress"))),
    "its sanitize failed": changed(BLOCK_ERASED, ("erase_facts_after.ata.sanitize", ata_sanitize(state="failed"))),
    "an NVMe drive still at it": changed(
        GOOD, ("erase_facts_after", erase_facts("nvme", nvme=nvme_facts(sanitize_state="in progress")))
    ),
    "read back by the eraser itself": changed(GOOD, ("validator.tool", "recyclerie direct writer")),
    "neither says which tool": changed(GOOD, ("validator.tool", ...), ("writer.tool", ...)),
    "the reader says no tool": changed(GOOD, ("validator.tool", "")),
    "an unknown technique": changed(GOOD, ("technique", "blkdiscard"), ("attempts.0.technique", "blkdiscard")),
    "no list of attempts": changed(GOOD, ("attempts", ...)),
    "attempts that are no list": changed(GOOD, ("attempts", {"0": "done"})),
    "an attempt that is text": changed(GOOD, ("attempts", ["overwrite-zero"])),
    "no list of write errors": changed(GOOD, ("writer.errors", ...)),
    "write errors that are no list": changed(GOOD, ("writer.errors", None)),
    "what was found is no list": changed(GOOD, ("validator.nonzero", 0)),
    "no list of what was found": changed(GOOD, ("validator.nonzero", ...)),
    "no list of what is hidden": changed(GOOD, ("hidden_left", None)),
    "a hidden area without its size": changed(GOOD, ("hidden_left", [{"kind": "hpa"}])),
    "a number that is none": changed(GOOD, ("writer.bytes_written", "all")),
    "a number that is true": changed(GOOD, ("writer.bytes_written", True)),
    "an infinite number": changed(GOOD, ("writer.bytes_written", float("inf"))),
    "the reader's part is a list": changed(GOOD, ("validator", [1])),
    "the writer's part is text": changed(GOOD, ("writer", "done")),
    "an error without its place": changed(GOOD, ("writer.errors", [{}])),
    "erase facts that are text": changed(GOOD, ("erase_facts_before", "ssd")),
    "a list": [1, 2],
    "text": "erased",
    "a number": 7,
}


@pytest.mark.parametrize("name", NOT_ERASED)
def test_not_erased(name: str) -> None:
    found = claim(NOT_ERASED[name], DRIVE)
    assert found.outcome == "not_erased"
    assert found.level == ""
    assert found.reason.format(**found.params)


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(name: str) -> None:
    found = claim(UNKNOWN[name], DRIVE)
    assert found.outcome == "unknown"
    assert found.level == ""
    assert found.reason.format(**found.params)


@pytest.mark.parametrize("field", ["authorised_by", "size_bytes_reported", "plan", "preparations", "chassis"])
def test_what_was_asked_for_plays_no_part(field: str) -> None:
    """Negative control of the table: what isn't evidence of the outcome changes nothing."""
    assert claim(changed(GOOD, (field, None)), DRIVE).outcome == "erased"


@pytest.mark.parametrize("level", ["purge", "clear", "nonsense"])
def test_the_plans_word_is_no_level(level: str) -> None:
    plan = {"techniques": [{"technique": "overwrite-zero", "level": level}], "minimum": level}
    assert claim(changed(GOOD, ("plan", plan)), DRIVE).level == "clear"


def _erased(technique: str, media: str, *, bridge: bool = False, **drive: Any) -> dict[str, Any]:
    good = GOOD if technique == "overwrite-zero" else BLOCK_ERASED
    facts = {**FACTS, "rotational": media == "hdd", **drive}
    return changed(
        good,
        ("technique", technique),
        ("attempts.0.technique", technique),
        ("attempts.0.commands", COMMANDS[technique]),
        ("drive_before", facts),
        ("drive_after", facts),
        ("erase_facts_before.media", media),
        ("erase_facts_before.bridge", bridge),
    )


@pytest.mark.parametrize(
    ("technique", "media", "bridge", "level"),
    [
        ("overwrite-zero", "hdd", False, "clear"),
        ("overwrite-zero", "ssd", False, "clear"),
        ("overwrite-zero", "nvme", False, "clear"),
        ("overwrite-zero", "usb", True, "clear"),
        ("overwrite-zero", "virtual", False, "clear"),
        ("ata-sanitize-overwrite", "hdd", False, "purge"),
        ("ata-sanitize-overwrite", "ssd", False, "clear"),  # flash: never purge by overwriting
        ("ata-sanitize-block", "ssd", False, "purge"),
        ("ata-sanitize-crypto", "hdd", False, "purge"),
        ("ata-sanitize-crypto", "ssd", True, "clear"),  # a bridge's word
        ("ata-sanitize-block", "usb", True, "clear"),
        ("ata-sanitize-block", "unknown", False, "clear"),
        ("ata-security-erase", "ssd", False, "clear"),
        ("ata-security-erase", "hdd", False, "clear"),
        ("ata-security-erase-enhanced", "hdd", False, "purge"),
        ("ata-security-erase-enhanced", "ssd", False, "purge"),
        ("nvme-sanitize-block", "nvme", False, "purge"),
        ("nvme-sanitize-crypto", "nvme", False, "purge"),
        ("nvme-format-user-data", "nvme", False, "purge"),
        ("nvme-format-crypto", "nvme", False, "purge"),
        ("nvme-format-crypto", "virtual", False, "clear"),
        ("scsi-sanitize-block", "ssd", False, "purge"),
        ("scsi-sanitize-overwrite", "hdd", False, "purge"),
        ("scsi-sanitize-overwrite", "ssd", False, "clear"),
        ("scsi-sanitize-crypto", "hdd", False, "purge"),
        ("mmc-sanitize", "mmc", False, "clear"),
    ],
)
def test_level(technique: str, media: str, bridge: bool, level: str) -> None:
    """Asking plays no part: the level is what the technique is worth on what the drive is."""
    found = claim(_erased(technique, media, bridge=bridge), DRIVE)
    assert (found.outcome, found.level) == ("erased", level)


FORMAT = ("nvme", "format", "/dev/nvme0", "--namespace-id=1", "--ses=1", "--force")
SPACES = [{"nsid": n, "size_bytes": SIZE, "path": ""} for n in (1, 2)]


@pytest.mark.parametrize(
    ("technique", "commands", "outcome"),
    [
        ("nvme-format-user-data", [command(*FORMAT)], "erased"),
        ("nvme-format-user-data", [command(*FORMAT, "--timeout=1800000")], "erased"),
        ("nvme-format-user-data", [command(*(a for a in FORMAT if a != "--ses=1"))], "unknown"),  # keeps the data
        ("nvme-format-user-data", [command(*FORMAT[:4], "--ses=0")], "unknown"),
        ("nvme-format-crypto", [command(*FORMAT)], "unknown"),
        ("nvme-format-user-data", [command(*FORMAT, exit_status=1)], "unknown"),
        ("nvme-format-user-data", [command(*FORMAT, exit_status=None)], "unknown"),
        ("nvme-format-user-data", [], "unknown"),
        ("nvme-format-user-data", [command("blkdiscard", "/dev/nvme0n1")], "unknown"),
        ("nvme-sanitize-block", [command("nvme", "sanitize", "/dev/nvme0", "--sanact=1")], "unknown"),
        ("nvme-sanitize-block", [command("nvme", "sanitize-log", "/dev/nvme0")], "unknown"),
        ("ata-sanitize-block", [command("hdparm", "--sanitize-status", "/dev/sda")], "unknown"),
        ("ata-sanitize-block", [command("hdparm", "--trim-sector-ranges", "0:1", "/dev/sda")], "unknown"),
        ("ata-security-erase-enhanced", [command("hdparm", "--security-erase", "recyclerie", "/dev/sda")], "unknown"),
        ("mmc-sanitize", [command("mmc", "erase", "legacy", "0", "9", "/dev/mmcblk0")], "unknown"),
    ],
)
def test_the_commands_are_the_techniques_own(technique: str, commands: list[dict[str, Any]], outcome: str) -> None:
    evidence = changed(_erased(technique, "nvme"), ("attempts.0.commands", commands))
    assert claim(evidence, DRIVE).outcome == outcome


@pytest.mark.parametrize(
    ("numbers", "outcome"), [((1, 2), "erased"), ((1,), "not_erased"), (("0xffffffff",), "erased")]
)
def test_format_counts_when_every_namespace_was_formatted(numbers: tuple[Any, ...], outcome: str) -> None:
    commands = [command("nvme", "format", "/dev/nvme0", f"--namespace-id={n}", "--ses=1") for n in numbers]
    evidence = changed(
        _erased("nvme-format-user-data", "nvme"),
        ("erase_facts_before.nvme", nvme_facts(namespaces=SPACES)),
        ("attempts.0.commands", commands),
    )
    assert claim(evidence, DRIVE).outcome == outcome


def test_a_disk_that_does_not_turn_is_flash() -> None:
    assert claim(_erased("ata-sanitize-overwrite", "hdd", rotational=False), DRIVE).level == "clear"


def test_without_erase_facts_nothing_is_purged() -> None:
    assert claim(changed(BLOCK_ERASED, ("erase_facts_before", None)), DRIVE).level == "clear"


@pytest.mark.parametrize(("native", "outcome"), [(None, "erased"), (SIZE, "erased"), (SIZE + 512, "not_erased")])
def test_native_size(native: int | None, outcome: str) -> None:
    assert claim(changed(GOOD, ("size_bytes_native", native)), DRIVE).outcome == outcome


def test_a_hidden_area_that_was_uncovered_counts_with_the_rest() -> None:
    whole = HPA["native_bytes"]
    evidence = changed(
        GOOD,
        ("hidden_found", [HPA]),
        ("size_bytes_native", whole),
        ("writer.bytes_written", whole),
        ("validator.bytes_read", whole),
        ("validator.bytes_expected", whole),
        ("drive_after.size_bytes", whole),
    )
    found = claim(evidence, DRIVE)
    assert (found.outcome, found.level) == ("erased", "clear")
    assert any("8388608 bytes were hidden" in _text(note) for note in found.notes)
    # Negative control: the same without its last part.
    short = changed(evidence, ("validator.bytes_read", SIZE), ("validator.bytes_expected", SIZE))
    assert claim(short, DRIVE).outcome == "unknown"


def test_a_drive_that_a_power_cut_had_left_at_its_native_size() -> None:
    """The authorisation names the one other size that it may come back with, and no other is taken."""
    whole = HPA["native_bytes"]
    key: Any = {**DRIVE, "native_bytes": whole}
    evidence = changed(
        GOOD,
        ("hidden_found", [HPA]),
        ("size_bytes_native", whole),
        ("writer.bytes_written", whole),
        ("validator.bytes_read", whole),
        ("validator.bytes_expected", whole),
        ("drive_before.size_bytes", whole),
        ("drive_after.size_bytes", whole),
    )
    assert claim(evidence, key).outcome == "erased"
    assert claim(evidence, DRIVE).outcome == "unknown"  # nobody authorised a drive of this size
    assert claim(changed(evidence, ("drive_before.size_bytes", whole - 512)), key).outcome == "unknown"
    assert claim(changed(evidence, ("hidden_found", [])), key).outcome != "erased"


def test_earlier_attempts_that_failed_play_no_part() -> None:
    earlier = [attempt("ata-sanitize-block", outcome="refused", accepted=False), *GOOD["attempts"]]
    found = claim(changed(GOOD, ("attempts", earlier)), DRIVE)
    assert (found.outcome, found.level) == ("erased", "clear")  # purge was tried, clear is what was done
    assert any("stronger technique" in _text(note) for note in found.notes)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (changed(GOOD, ("size_bytes_native", None)), "true size"),
        (changed(GOOD, ("interruptions", [{"at": "2026-01-01T10:30:00Z", "what": "power cut"}])), "interrupted"),
        (changed(GOOD, ("smart_after", {**SMART, "pending_sectors": 3})), "begun to fail"),
        (changed(GOOD, ("erase_facts_before.bridge", True)), "connected by USB"),
        (GOOD, "spare cells"),
        (BLOCK_ERASED, "2002 places"),
        (
            changed(
                GOOD,
                ("erase_facts_before.media", "mmc"),
                ("erase_facts_before.mmc", {"kind": "mmc", "erase": True, "sanitize": True, "side_areas": ["boot0"]}),
            ),
            "start-up areas boot0",
        ),
        (
            changed(
                GOOD,
                ("erase_facts_before.ata", ata_facts(security=ata_security(enabled=True))),
                ("erase_facts_after.ata", ata_facts(security=ata_security(enabled=True))),
            ),
            "donor's password",
        ),
    ],
)
def test_notes(evidence: dict[str, Any], said: str) -> None:
    found = claim(evidence, DRIVE)
    assert found.outcome == "erased"
    assert any(said in _text(note) for note in found.notes), found.notes


def _text(note: dict[str, Any]) -> str:
    return str(note["message"]).format(**note["params"])


def test_never_more_favourable_than_the_agent() -> None:
    """Two judges that share no code: what the agent calls erased may be refused here, never the contrary."""
    assert outcome_of(GOOD)[0] == "erased"
    assert outcome_of(BLOCK_ERASED)[0] == "erased"
    for evidence in (*NOT_ERASED.values(), *(e for e in UNKNOWN.values() if isinstance(e, dict))):
        assert claim(evidence, DRIVE).outcome != "erased"
    for path in ("validator.completed", "drive_after", "attempts.0.outcome"):
        assert outcome_of(changed(GOOD, (path, None)))[0] != "erased"


@pytest.mark.parametrize("name", sorted(BLOCK_ERASED))
@pytest.mark.parametrize("junk", [None, [], {}, "x", -1, 1e400, [{}], {"places": [None]}, True])
def test_it_never_raises(name: str, junk: Any) -> None:
    """Whatever a machine sends in whatever place, there is a claim."""
    for good in (GOOD, BLOCK_ERASED):
        assert claim(changed(good, (name, junk)), DRIVE).outcome in ("erased", "not_erased", "unknown")


def test_every_part_matters() -> None:
    """Negative control of the good evidence itself: each leaf that the claim rests on bites when it is turned over."""
    for path in (
        "accepted@attempts.0",
        "completed@validator",
        "first_lba_read@validator",
        "last_lba_read@validator",
        "written@canaries",
    ):
        name, _, part = path.partition("@")
        turned = changed(BLOCK_ERASED, (f"{part}.{name}", False), ("samples_before", None))
        if name == "accepted":
            turned = changed(turned, ("attempts.0.in_progress_seen", False))
        assert claim(turned, DRIVE).outcome != "erased", path
    assert len(PLACES) == BLOCK_ERASED["validator"]["canaries_checked"]
