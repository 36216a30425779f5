"""What an NVMe controller can do, and all its namespaces: also those that are no drive of the system."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.erase_facts import nvme_json
from agent.collectors.erase_facts.asking import Questions
from agent.files import read_int
from agent.protocol_erase import NvmeFacts, NvmeNamespace

MANY = 16  # more namespaces than any PC's drive has: their sizes aren't asked one by one


def ask_nvme(questions: Questions, drive: dict[str, Any], root: Path) -> NvmeFacts | None:
    """Facts of the controller behind a namespace; None when it isn't believed."""
    controller = controller_of(root, questions.path)
    ran = questions.ask(["nvme", "id-ctrl", controller, "-o", "json"])
    if ran is None:
        return None
    found = nvme_json.parse_controller(ran.out)
    if found is None:
        questions.complain(ran, "no identity")
        return None
    serial = str(drive.get("serial") or "")
    if serial and found.serial != " ".join(serial.split()):
        questions.complain(ran, f"it calls itself {found.serial}, the system {serial}")
        return None
    facts: NvmeFacts = {
        "controller": controller,
        "format_supported": bool(found.admin_commands & 0b10),
        "crypto_format": bool(found.format_attributes & 0b100),
        "format_applies_to_all": bool(found.format_attributes & 0b1),
        "erase_applies_to_all": bool(found.format_attributes & 0b10),
        "sanitize_crypto": bool(found.sanitize & 0b1),
        "sanitize_block": bool(found.sanitize & 0b10),
        "sanitize_overwrite": bool(found.sanitize & 0b100),
        "sanitize_seconds": None,
        "sanitize_state": "",
        "sanitize_progress": None,
        "namespaces": _namespaces(questions, root, controller, managed=bool(found.admin_commands & 0b1000)),
    }
    if found.sanitize & 0b111:
        _sanitize(questions, facts)
    return facts


def controller_of(root: Path, path: str) -> str:
    """/dev/nvme0 for /dev/nvme0n1; also where several paths lead to one drive (nvme_core.multipath)."""
    name = Path(path).name
    device = root / "sys/class/block" / name / "device"
    if device.exists():
        real = device.resolve()
        if re.fullmatch(r"nvme\d+", real.name):
            return f"/dev/{real.name}"
        paths = sorted(part.name for part in real.glob("nvme*") if re.fullmatch(r"nvme\d+", part.name))
        if paths:
            return f"/dev/{paths[0]}"
    match = re.fullmatch(r"(nvme\d+)n\d+", name)
    return f"/dev/{match.group(1)}" if match else path


def _namespaces(questions: Questions, root: Path, controller: str, *, managed: bool) -> list[NvmeNamespace]:
    attached = _attached(root, questions.path)
    asked = ["nvme", "list-ns", controller, "-o", "json"]
    ran = questions.ask([*asked, "--all"] if managed else asked)
    numbers = nvme_json.parse_namespaces(ran.out) if ran else None
    if numbers is None and managed:
        ran = questions.ask(asked)
        numbers = nvme_json.parse_namespaces(ran.out) if ran else None
    if numbers is None:
        if ran is not None:
            questions.complain(ran, "the list of namespaces can't be read")
        numbers = []
    found: list[NvmeNamespace] = []
    for number in sorted({*numbers, *attached}):
        path, size = attached.get(number, ("", 0))
        if not path and len(found) < MANY:
            size = _namespace_bytes(questions, controller, number)
        found.append({"nsid": number, "size_bytes": size, "path": path})
    return found


def _attached(root: Path, path: str) -> dict[int, tuple[str, int]]:
    """Namespaces that are block devices of this system: number → path and size."""
    match = re.fullmatch(r"(nvme\d+)n\d+", Path(path).name)
    found: dict[int, tuple[str, int]] = {}
    for folder in sorted((root / "sys/class/block").glob(f"{match.group(1)}n*" if match else "\0")):
        number, sectors = read_int(folder / "nsid"), read_int(folder / "size")
        if number and re.fullmatch(r"nvme\d+n\d+", folder.name):
            found[number] = (f"/dev/{folder.name}", (sectors or 0) * 512)
    return found


def _namespace_bytes(questions: Questions, controller: str, number: int) -> int:
    """Size of a namespace that isn't attached (``--force``: asked as an allocated one); 0 when it isn't said."""
    ran = questions.ask(["nvme", "id-ns", controller, "-n", str(number), "--force", "-o", "json"])
    size = nvme_json.parse_namespace_bytes(ran.out) if ran else None
    if ran is not None and size is None:
        questions.complain(ran, f"the size of namespace {number} is not known")
    return size or 0


def _sanitize(questions: Questions, facts: NvmeFacts) -> None:
    ran = questions.ask(["nvme", "sanitize-log", facts["controller"], "-o", "json"])
    if ran is None:
        return
    log = nvme_json.parse_sanitize_log(ran.out)
    if log is None:
        questions.complain(ran, "the sanitize log can't be read")
        return
    facts["sanitize_state"], facts["sanitize_progress"] = log.state, log.progress
    can = {
        "crypto": facts["sanitize_crypto"],
        "block": facts["sanitize_block"],
        "overwrite": facts["sanitize_overwrite"],
    }
    # Crypto and block are what is chosen first: the longer of the two, so that nobody waits for less.
    quick = [log.seconds[name] for name in ("crypto", "block") if can[name] and name in log.seconds]
    slow = [log.seconds[name] for name in ("overwrite",) if can[name] and name in log.seconds]
    times = quick or ([] if can["crypto"] or can["block"] else slow)
    facts["sanitize_seconds"] = float(max(times)) if times else None
