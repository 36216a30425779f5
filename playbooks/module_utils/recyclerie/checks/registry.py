"""Runs checks given as data: ``{"name", "kind", "title", "mandatory", …options of the kind}`` → results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import account, agent, antivirus, drivers, office, programs, system
from .outcome import Outcome, failed

Options = Mapping[str, Any]
KINDS: dict[str, Callable[[Options], Outcome]] = {
    "account": account.check,
    "agent": agent.check,
    "antivirus": antivirus.check_engine,
    "antivirus_signatures": antivirus.check_signatures,
    "booted": system.check_booted,
    "disk_space": system.check_disk_space,
    "drivers": drivers.check,
    "installed_root": system.check_installed_root,
    "locale": system.check_locale,
    "no_failed_units": system.check_no_failed_units,
    "office_pdf": office.check,
    "opens": programs.check_opens,
    "packages": programs.check_packages,
    "program": programs.check_program,
    "unit_active": system.check_unit_active,
}
# These look at what all others did to the system, so they run when those are done.
LAST = ("no_failed_units",)


def run_check(options: Options) -> dict[str, Any]:
    """One check's result. A check that breaks has failed: nothing that goes wrong here may look like a pass."""
    began = time.monotonic()
    kind = str(options.get("kind"))
    function = KINDS.get(kind)
    if function is None:
        outcome = failed(f"No check of kind {kind!r} exists; known: {', '.join(sorted(KINDS))}. Mend the profile.")
    else:
        try:
            outcome = function(options)
        except Exception as error:
            outcome = failed(f"The check itself broke: {type(error).__name__}: {error}")
    return {
        "name": str(options.get("name") or kind),
        "title": str(options.get("title") or options.get("name") or kind),
        "ok": outcome.ok,
        "detail": outcome.detail,
        "mandatory": bool(options.get("mandatory", True)),
        "seconds": round(time.monotonic() - began, 2),
    }


def run_checks(checks: list[dict[str, Any]], parallel: int = 3) -> list[dict[str, Any]]:
    """All results, in the checks' order."""
    first = [check for check in checks if check.get("kind") not in LAST]
    last = [check for check in checks if check.get("kind") in LAST]
    with ThreadPoolExecutor(max_workers=max(1, parallel)) as pool:
        results = dict(zip(map(id, first), pool.map(run_check, first), strict=True))
    results.update((id(check), run_check(check)) for check in last)
    return [results[id(check)] for check in checks]
