"""NVMe Sanitize: crypto erase and block erase (NVM Express 2.0, 5.24), through nvme-cli 2.13."""

from __future__ import annotations

from functools import partial

from agent.jobs.erase_techniques.bench import Bench, Failed, Refused
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.nvme_state import controller_of, identify, sanitize_status, succeeded
from agent.jobs.erase_techniques.watch import NoAnswer, watch
from agent.protocol_erase import Attempt

ACTIONS = {"crypto": 4, "block": 2}  # SANACT
CAPABLE = {"crypto": 0b001, "block": 0b010}  # SANICAP


def nvme_sanitize(kind: str, bench: Bench, attempt: Attempt) -> None:
    """Start it, see it under way, wait for its end, and read the log page."""
    commands, controller = attempt["commands"], controller_of(bench)
    bench.progress.begin("firmware", f"{bench.path}: NVMe sanitize, {kind}")
    try:
        if not identify(commands, controller).sanitize & CAPABLE[kind]:
            raise Refused(f"the drive does not offer sanitize {kind}")
        before = sanitize_status(commands, controller)
    except NoAnswer as problem:
        raise Refused(f"the drive can't be asked for its sanitize state: {problem}") from problem
    attempt["log_before"] = before.log
    if before.state == "running":
        raise Refused("a sanitize that is not ours is under way")
    # --ause: a sanitize that fails may be left again, so that a weaker technique can still be tried.
    ran = run_tool(commands, ["nvme", "sanitize", controller, f"--sanact={ACTIONS[kind]}", "--ause"])
    if not accepted(ran) or "NVMe status" in ran.out + ran.err:
        raise Refused(why_not(ran))
    attempt["accepted"] = True  # the controller completes the command once it has begun
    try:
        after = watch(bench, attempt, partial(sanitize_status, commands, controller))
    except Failed:
        run_tool(commands, ["nvme", "sanitize", controller, "--sanact=1"])  # leave the failure mode
        raise
    # "Succeeded" may be from long ago: the page must speak of our command, and have changed or been seen under way.
    ours = after.log["scdw10"] is None or after.log["scdw10"] & 0b111 == ACTIONS[kind]
    if not succeeded(after) or not ours:
        raise Failed("the drive's sanitize log does not say that this sanitize succeeded")
