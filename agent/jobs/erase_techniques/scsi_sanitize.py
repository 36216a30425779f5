"""SCSI SANITIZE: crypto erase, block erase, overwrite (SBC-4 5.35), through sg3-utils 1.48."""

from __future__ import annotations

import re
from functools import partial

from agent.collectors.erase_facts.sg_opcodes import parse_opcodes
from agent.jobs.erase_techniques.bench import Bench, Failed, Refused
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.watch import NoAnswer, Status, watch
from agent.protocol_erase import Attempt, CommandRecord

OPTIONS = {"crypto": ["--crypto"], "block": ["--block"], "overwrite": ["--overwrite", "--zero"]}


def scsi_sanitize(kind: str, bench: Bench, attempt: Attempt) -> None:
    """Start it (IMMED), follow the drive's sense data, and see that it ended without a failure."""
    commands, path = attempt["commands"], bench.path
    bench.progress.begin("firmware", f"{path}: SCSI sanitize, {kind}")
    _check(kind, bench, attempt)
    argv = ["sg_sanitize", *OPTIONS[kind], "--quick", "--early", "--ause", path]
    ran = run_tool(commands, argv)
    if not accepted(ran) or "failed" in (ran.out + ran.err).lower():
        raise Refused(why_not(ran))
    attempt["accepted"] = True  # with IMMED, GOOD status means that it has begun
    try:
        after = watch(bench, attempt, partial(sense, commands, path))
    except Failed:
        run_tool(commands, ["sg_sanitize", "--fail", "--quick", path])  # leave the failure mode
        raise
    if after.log["sense"]:
        raise Failed(f"the drive reports after its sanitize: {after.log['sense']}")


def _check(kind: str, bench: Bench, attempt: Attempt) -> None:
    commands, path = attempt["commands"], bench.path
    ran = run_tool(commands, ["sg_opcodes", path])
    can = parse_opcodes(ran.out)
    offered = can and {
        "crypto": can["sanitize_crypto"],
        "block": can["sanitize_block"],
        "overwrite": can["sanitize_overwrite"],
    }
    if not offered or not offered[kind]:
        raise Refused(f"the drive does not offer sanitize {kind}" + ("" if ran.ok else f" ({ran.explain()})"))
    try:
        before = sense(commands, path)
    except NoAnswer as problem:
        raise Refused(f"the drive can't be asked for its state: {problem}") from problem
    attempt["log_before"] = before.log
    if before.state == "running":
        raise Refused("a sanitize that is not ours is under way")


def sense(records: list[CommandRecord], path: str) -> Status:
    """The drive's state from REQUEST SENSE. Raises NoAnswer."""
    ran = run_tool(records, ["sg_requests", path])
    if not ran.ok:
        raise NoAnswer(ran.explain())
    return parse_sense(ran.out + ran.err)


def parse_sense(text: str) -> Status:
    """Facts out of ``sg_requests`` (sense data in words; ASC 04h/1Bh in progress, 31h/03h failed)."""
    progress = re.search(r"Progress indication:\s*(\d+(?:\.\d+)?)\s*%", text)
    lower = text.lower()
    running = "sanitize in progress" in lower
    broken = "sanitize command failed" in lower or "sanitize failed" in lower
    key = re.search(r"[Ss]ense key:\s*([A-Za-z ]+?)\s*(?:$|\n)", text)
    quiet = key is None or key.group(1).strip().lower() in ("no sense", "unit attention", "recovered error")
    said = "" if quiet else " ".join(text.split())[:300]
    return Status(
        state="running" if running else "failed" if broken else "idle",
        progress=float(progress.group(1)) / 100 if progress else None,
        log={"sense": said, "progress": float(progress.group(1)) if progress else None},
    )
