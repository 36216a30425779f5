"""eMMC: every block of the user area erased (CMD38), then SANITIZE_START (JESD84-B51), through mmc-utils.

Erasing only unmaps; the sanitize command then removes the unmapped blocks physically. Clear, never more.
"""

from __future__ import annotations

from agent.collectors.erase_facts.mmc import can_sanitize, parse_ext_csd
from agent.jobs.erase_techniques.bench import Bench, Failed, Refused, Stalled
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import limit_seconds, show
from agent.protocol_erase import Attempt

SECTOR = 512
PIECE_SECTORS = 2**20  # 512 MiB a command: progress shows, and none lasts longer than the kernel waits


def mmc_sanitize(bench: Bench, attempt: Attempt) -> None:
    """Erase the user area piece by piece, then sanitize. Every command must report success."""
    commands, path = attempt["commands"], bench.path
    bench.progress.begin("firmware", f"{path}: eMMC erase and sanitize")
    registers = parse_ext_csd(run_tool(commands, ["mmc", "extcsd", "read", path]).out)
    if not can_sanitize(registers):
        raise Refused("the card does not offer sanitize")
    attempt["log_before"] = {"revision": registers.revision, "sec_feature_support": registers.secure_features}
    last = bench.target.size_bytes // SECTOR - 1
    for start in range(0, last + 1, PIECE_SECTORS):
        bench.check_stop()
        end = min(start + PIECE_SECTORS - 1, last)
        ran = run_tool(commands, ["mmc", "erase", "legacy", str(start), str(end), path], seconds=600)
        if not accepted(ran) or "Succeed" not in ran.out:
            raise (Failed if start else Refused)(f"sectors {start} to {end} were not erased: {why_not(ran)}")
        bench.progress.advance(int((end + 1) * SECTOR * 0.9))
    _sanitize(bench, attempt)
    attempt["accepted"] = True


def _sanitize(bench: Bench, attempt: Attempt) -> None:
    expected = bench.planned(attempt)["expected_seconds"]

    def waiting(gone: float) -> None:
        bench.check_stop()
        show(bench, gone, expected, 0.9 + min(0.09, gone / max(1.0, expected) / 10))

    limit = limit_seconds(expected)
    argv = ["mmc", "sanitize", bench.path, str(int(limit * 1000))]
    ran = run_tool(attempt["commands"], argv, seconds=limit + 60, waiting=waiting)
    if attempt["commands"][-1]["exit_status"] is None:
        raise Stalled(f"the sanitize did not end in {limit:.0f} s")
    if not accepted(ran) or ran.err.strip():
        raise Failed(f"the card did not sanitize itself: {why_not(ran)}")
