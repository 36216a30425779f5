"""NVMe Format with Secure Erase Settings 2 (crypto) or 1 (user data), on every namespace, through nvme-cli 2.13.

Without ``--ses`` Format may keep the data: the tests put that back and must fail.
"""

from __future__ import annotations

import time

from agent.jobs.erase_techniques.bench import Bench, Failed, Lost, Refused, Stalled
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.nvme_state import controller_of, identify, namespaces
from agent.jobs.erase_techniques.watch import NoAnswer, limit_seconds, show
from agent.protocol_erase import Attempt

SETTINGS = {"crypto": 2, "user-data": 1}
OACS_FORMAT = 1 << 1
FNA_CRYPTO = 1 << 2


def nvme_format(kind: str, bench: Bench, attempt: Attempt) -> None:
    """Format one namespace after the other; each must report success, and the controller must live on."""
    commands, controller = attempt["commands"], controller_of(bench)
    bench.progress.begin("firmware", f"{bench.path}: NVMe format, {kind}")
    try:
        can = identify(commands, controller)
        ids = namespaces(commands, controller)
    except NoAnswer as problem:
        raise Refused(f"the drive can't be asked what it offers: {problem}") from problem
    if not can.admin_commands & OACS_FORMAT:
        raise Refused("the drive does not offer Format")
    # QEMU's drive takes SES=2 although it says that it can't: what a drive doesn't claim proves nothing.
    if kind == "crypto" and not can.format_attributes & FNA_CRYPTO:
        raise Refused("the drive does not offer a crypto erase by Format")
    if not ids:
        raise Refused("the drive names no namespace")
    attempt["log_before"] = {"namespaces": ids}
    done: list[int] = []
    attempt["log_after"] = {"formatted": done}
    for number, nsid in enumerate(ids):
        _format(kind, controller, nsid, (number, len(ids)), bench, attempt)
        done.append(nsid)
    attempt["accepted"] = True
    _still_alive(bench, attempt, controller)


def _format(kind: str, controller: str, nsid: int, place: tuple[int, int], bench: Bench, attempt: Attempt) -> None:
    expected = bench.planned(attempt)["expected_seconds"]
    number, count = place

    def waiting(gone: float) -> None:
        bench.check_stop()
        show(bench, gone, expected, (number + min(0.99, gone / max(1.0, expected))) / count)

    limit = limit_seconds(expected)
    ran = run_tool(
        attempt["commands"],
        # --force: no question, and no exclusive opening, which this job holds itself.
        [
            *("nvme", "format", controller, f"--namespace-id={nsid}", f"--ses={SETTINGS[kind]}", "--force"),
            f"--timeout={int(limit * 1000)}",
        ],
        seconds=limit + 60,
        waiting=waiting,
    )
    if attempt["commands"][-1]["exit_status"] is None:
        raise Stalled(f"Format of namespace {nsid} did not end in {limit:.0f} s")
    if accepted(ran) and "Success formatting namespace" in ran.out:
        return
    _still_alive(bench, attempt, controller)
    if number:
        raise Failed(f"namespace {nsid} was not formatted: {why_not(ran)}")
    raise Refused(why_not(ran))


def _still_alive(bench: Bench, attempt: Attempt, controller: str) -> None:
    """A format can kill a drive. Raises Lost when it answers nothing for a minute."""
    began = time.monotonic()
    while True:
        bench.check_stop()
        try:
            identify(attempt["commands"], controller)
        except NoAnswer as problem:
            if time.monotonic() - began > bench.timing.silence:
                raise Lost(f"the drive does not answer any more since it was formatted: {problem}") from problem
            time.sleep(bench.timing.poll)
        else:
            return
