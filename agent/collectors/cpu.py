"""The processor, from lscpu(1)."""

from __future__ import annotations

import contextlib
import platform
from typing import Any

from agent.tools import run


def collect_cpu(problems: list[str]) -> dict[str, Any]:
    """Facts of the processor; what can't be read is "" or None."""
    ran = run(["lscpu"], seconds=10)
    if not ran.ok:
        problems.append(f"the processor can't be described: {ran.explain()}")
    cpu = parse_lscpu(ran.out)
    cpu["architecture"] = cpu["architecture"] or platform.machine()
    return cpu


def parse_lscpu(text: str) -> dict[str, Any]:
    """Facts out of lscpu's text (util-linux 2.2x to 2.4x, C locale).

    ``cores`` and ``threads`` count the whole machine; ``max_mhz`` is the highest rated clock, None if unsaid.
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition(":")
        if separator:
            values.setdefault(key.strip(), value.strip())
    sockets = _number(values.get("Socket(s)"))
    # Machines of another architecture count clusters, and lscpu then prints "-" for sockets.
    per_socket = _number(values.get("Core(s) per socket")) or _number(values.get("Core(s) per cluster"))
    max_mhz = _decimal(values.get("CPU max MHz")) or _decimal(values.get("CPU MHz"))
    return {
        "model": " ".join(values.get("Model name", "").split()),
        "vendor": values.get("Vendor ID", ""),
        "sockets": sockets,
        "cores": (sockets or 1) * per_socket if per_socket else None,
        "threads": _number(values.get("CPU(s)")),
        "max_mhz": round(max_mhz) if max_mhz else None,
        "architecture": values.get("Architecture", ""),
    }


def _number(text: str | None) -> int | None:
    with contextlib.suppress(TypeError, ValueError):
        return int(text or "")
    return None


def _decimal(text: str | None) -> float | None:
    with contextlib.suppress(TypeError, ValueError):
        return float((text or "").replace(",", "."))
    return None
