"""ATA SANITIZE: crypto scramble, block erase, overwrite (ACS-4 7.36), through hdparm 9.65."""

from __future__ import annotations

from functools import partial

from agent.jobs.erase_techniques.ata_state import identify, sanitize_status
from agent.jobs.erase_techniques.bench import Bench, Failed, Lost, Refused
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer, watch
from agent.protocol_erase import Attempt

# Kind → hdparm's arguments. Overwrite: zeros, once (hdparm takes 0 for sixteen passes).
COMMANDS = {
    "crypto": ["--sanitize-crypto-scramble"],
    "block": ["--sanitize-block-erase"],
    "overwrite": ["--sanitize-overwrite-passes", "1", "--sanitize-overwrite", "hex:00000000"],
}


def ata_sanitize(kind: str, bench: Bench, attempt: Attempt) -> None:
    """Start it, see it under way, wait for its end, and read the drive's verdict."""
    commands, path = attempt["commands"], bench.path
    bench.progress.begin("firmware", f"{path}: ATA sanitize, {kind}")
    try:
        if kind not in identify(commands, path).sanitize:
            raise Refused(f"the drive does not offer sanitize {kind}")
        before = sanitize_status(commands, path)
    except NoAnswer as problem:
        raise Refused(f"the drive can't be asked for its sanitize state: {problem}") from problem
    attempt["log_before"] = before.log
    if before.log["state"] == "frozen":
        raise Refused("the drive's sanitize commands are frozen by the firmware of the machine")
    if before.state == "running":
        raise Refused("a sanitize that is not ours is under way")
    ran = run_tool(commands, ["hdparm", "--yes-i-know-what-i-am-doing", *COMMANDS[kind], path])
    if not accepted(ran):
        raise Refused(why_not(ran))
    attempt["accepted"] = "Operation started in background" in ran.out
    ask = partial(sanitize_status, commands, path)
    after = watch(bench, attempt, ask)
    if not (attempt["accepted"] or attempt["in_progress_seen"]):
        raise Refused("hdparm reported no error, but nothing shows that the drive took the command")
    # An old success may be in the log from before: this one counts because ours was taken.
    if after.log["state"] != "succeeded":
        raise Failed("the drive ended its sanitize and does not say that it succeeded")
    try:
        identify(commands, path)
    except NoAnswer as problem:
        raise Lost(f"the drive does not answer after its sanitize: {problem}") from problem
