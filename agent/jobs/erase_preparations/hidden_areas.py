"""remove-hpa, remove-dco, remove-ama: gives the system the whole native size of an ATA drive, for good.

hdparm 9.65 ``-N p…`` sets the maximum address: SET MAX ADDRESS on drives with an HPA, SET ACCESSIBLE MAX ADDRESS on
those with the newer setting (it picks by the drive's own words). ``--dco-restore`` undoes a configuration overlay.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from agent.collectors.erase_facts.hdparm_sizes import parse_dco_sectors, parse_max_sectors
from agent.jobs.erase_preparations.ground import Ground, PreparationFailed
from agent.jobs.erase_techniques.ata_state import identify
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer
from agent.jobs.target_gate import spec_with_native

NEXT = "Switch the machine off and on again (not just a restart) and try once more; else destroy the drive."
YES = "--yes-i-know-what-i-am-doing"


def remove_max_address(ground: Ground) -> str:
    """HPA or AMA: set the maximum address to the native one. Raises PreparationFailed."""
    before, unit = ground.target.size_bytes, ground.target.logical_block_bytes
    native = native_sectors(ground)
    if native * unit > before:
        _grow(ground, native * unit, ["-N", f"p{native}"])
    return _told(before, ground)


def remove_dco(ground: Ground) -> str:
    """DCO: the factory's configuration again. Raises PreparationFailed."""
    before, unit = ground.target.size_bytes, ground.target.logical_block_bytes
    native = native_sectors(ground)
    ran = run_tool(ground.records, ["hdparm", "--dco-identify", ground.target.path])
    real = parse_dco_sectors(ran.out, native) if accepted(ran) else None
    if real is None:
        raise PreparationFailed(f"the drive does not tell its factory size: {why_not(ran)}. {NEXT}")
    if real * unit > before:
        _grow(ground, real * unit, ["--dco-restore"])
    return _told(before, ground)


def native_sectors(ground: Ground) -> int:
    """What the drive calls its native size, in sectors. Raises PreparationFailed."""
    try:
        visible = identify(ground.records, ground.target.path).sectors
    except NoAnswer as problem:
        raise PreparationFailed(f"the drive does not tell its size: {problem}. {NEXT}") from problem
    ran = run_tool(ground.records, ["hdparm", "-N", ground.target.path])
    answer = parse_max_sectors(ran.out, visible) if accepted(ran) else None
    if answer is None:
        raise PreparationFailed(f"the drive does not tell its native size: {why_not(ran)}. {NEXT}")
    return answer.native


def _grow(ground: Ground, wanted: int, arguments: list[str]) -> None:
    _allow(ground, wanted)
    ran = run_tool(ground.records, ["hdparm", YES, *arguments, ground.target.path])
    if not accepted(ran):
        raise PreparationFailed(f"{why_not(ran)}. {NEXT}")
    _wait_for_growth(ground, wanted)


def _allow(ground: Ground, wanted: int) -> None:
    """Let the gate know the one other size that this drive may have from now on. Raises PreparationFailed."""
    if ground.recorded_native is not None and wanted > ground.recorded_native:
        raise PreparationFailed(
            f"the drive would have {wanted} bytes, the inspection found {ground.recorded_native}: inspect it again"
        )
    ground.spec = spec_with_native(ground.spec, wanted)


def _wait_for_growth(ground: Ground, wanted: int) -> None:
    """Make the kernel look at the drive again, until it has the new size and passes the gate with it."""
    device = Path("/sys/class/block") / Path(ground.target.path).name / "device"
    for switch, text in [(device / "rescan", "1"), *((h, "- - -") for h in _hosts(device))]:
        with contextlib.suppress(OSError):
            switch.write_text(text)
    try:
        ground.find_again(lambda target: target.size_bytes == wanted)
    except PreparationFailed as problem:
        raise PreparationFailed(
            f"the drive was told to show all its {wanted} bytes and does not yet: {problem} {NEXT}"
        ) from problem


def _hosts(device: Path) -> list[Path]:
    """The ``scan`` switch of the controller port that the drive hangs on: a look that makes libata ask it anew."""
    name = next((part for part in device.resolve().parts if part.startswith("host")), "")
    return [Path("/sys/class/scsi_host") / name / "scan"] if name else []


def _told(before: int, ground: Ground) -> str:
    grown = ground.target.size_bytes - before
    return f"{grown} hidden bytes are visible now" if grown else "nothing was hidden any more"
