"""What the agent's and the modules' own functions say of bad days, shown in French: no English word is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.drives import parse_lsblk
from agent.collectors.smart import parse_smart
from agent.errors import AgentError
from agent.jobs import erase_outcome, image_manifest, personalise, target_gate
from agent.jobs.folder import JobFolder
from agent.jobs.layout import Partition, grown_root
from agent.tools import MISSING, TIMED_OUT, Ran
from controller import i18n
from playbooks.module_utils.recyclerie import target
from playbooks.module_utils.recyclerie.checks import account, office, registry, system

KEY = {"serial": "WD-1", "wwn": "0x50014ee2b1", "model": "WDC WD5000LPLX", "size_bytes": 500_107_862_016}
DRIVE: dict[str, Any] = {**KEY, "path": "/dev/sda", "in_use": [], "boot_medium": False, "read_only": False}
CHASSIS = {"system_uuid": "4c4c4544", "system_serial": "7QM6C52", "manufacturer": "Dell Inc.", "product": "E5470"}
ENGLISH = re.compile(
    r"\b(the|was|were|its?|their|is|are|and|then|without|again|not|be|has|have|no|read|with|from|to|by|can't|does"
    r"|drive|byte|bytes|found|failed|unknown|empty|none|days|old)\b"
)


def raised(call: Any, *args: Any) -> str:
    """What an AgentError says."""
    with pytest.raises(AgentError) as error:
        call(*args)
    return str(error.value)


def _gate() -> Iterator[str]:
    spec = {"chassis": CHASSIS, "drive": KEY, "job_id": "r1-erase-d1-1"}
    for chassis, drives in (
        ({**CHASSIS, "system_serial": "OTHER", "product": ""}, [DRIVE]),
        (CHASSIS, [{**DRIVE, "serial": "WD-2", "wwn": ""}]),
        (CHASSIS, [{**DRIVE, "size_bytes": 4}]),
        (CHASSIS, [DRIVE, {**DRIVE, "path": "/dev/sdb"}]),
        (CHASSIS, []),
        (CHASSIS, [{**DRIVE, "boot_medium": True, "read_only": True}]),
        (CHASSIS, [{**DRIVE, "in_use": ["mounted at / (sda1)", "swap (/dev/sda2)"]}]),
    ):
        _, reasons = target_gate.judge(spec, chassis, drives)
        assert reasons
        yield f"Nothing was written to {target_gate.describe_key(KEY)}: " + "; ".join(reasons) + "."
    yield from target_gate.find_drive({**KEY, "serial": "", "wwn": ""}, [DRIVE])[1]


def _play() -> Iterator[str]:
    yield from target.chassis_problems({**CHASSIS, "system_serial": ""}, CHASSIS)
    for found in ([], [{**DRIVE, "size_bytes": 4}], [DRIVE, DRIVE], [{**DRIVE, "in_use": ["mounted at / (sda1)"]}]):
        problems = target.drive_problems(found, [KEY])
        assert problems
        yield f"Nothing was started. {' '.join(problems)}"
    yield from target.drive_problems([DRIVE, {**DRIVE, "serial": "WD-9"}], [KEY])


def _outcomes() -> Iterator[str]:
    attempt = {"technique": "overwrite-zero", "outcome": "completed", "accepted": True, "detail": ""}
    writer = {"errors": [], "completed": True, "bytes_written": 100, "bytes_expected": 100, "stopped": ""}
    validator = {"errors": [], "completed": True, "bytes_read": 100, "bytes_expected": 100, "mode": "full"}
    good = {
        "attempts": [{**attempt, "writer": writer}],
        "validator": validator,
        "size_bytes_reported": 100,
        "drive_after": DRIVE,
    }
    error = {"offset": 512, "error": "EIO"}
    change: dict[str, Any]
    for change in (
        {"attempts": []},
        {"attempts": [{**attempt, "writer": {**writer, "errors": [error]}}]},
        {"attempts": [{**attempt, "writer": {**writer, "completed": False, "stopped": "stopped from outside"}}]},
        {"attempts": [{**attempt, "writer": {**writer, "bytes_written": 99}}]},
        {"attempts": [{**attempt, "outcome": "lost", "detail": "the drive is gone (No such device)", "writer": None}]},
        {"hidden_left": [{"kind": "hpa", "visible_bytes": 100, "native_bytes": 120}]},
        {"validator": None},
        {"validator": {**validator, "errors": [error]}},
        {"validator": {**validator, "completed": False, "stopped": "given up after 20 read errors"}},
        {"validator": {**validator, "nonzero": [{"offset": 0}], "canaries_found": [4096]}},
        {"drive_after": None, "size_bytes_native": 120},
    ):
        outcome, reasons = erase_outcome.outcome_of({**good, **change})
        assert outcome != "erased"
        name = target_gate.describe_key(KEY)
        yield f"{name} is not proven erased: {'; '.join(reasons)}. Try once more, or take the drive out and destroy it."


def _checks() -> Iterator[str]:
    for shadow in ("", "marie:!:19000:0:99999:7:::", "marie:$6$x:19000:0:99999:7:::", "marie:$6$x:0:0:99999:7:::"):
        yield account.judge("marie:x:1000:1000::/home/marie:/bin/bash", shadow, None).detail
    yield account.judge("", "", None).detail
    yield office.judge(Path("/nowhere.pdf"), 77, "no output").detail
    yield registry.run_check({"kind": "nothing", "name": "x"})["detail"]
    yield system.check_disk_space({"mount": "/", "min_free_mib": 2**40}).detail


def _agent(tmp_path: Path) -> Iterator[str]:
    yield raised(image_manifest.parse_manifest, b"{}", "0" * 64)
    yield raised(personalise.set_hostname, None, "-bad-")
    yield raised(JobFolder(tmp_path).spec)
    yield raised(grown_root, Partition(3, 2**20, 2**33), 2**32)
    problems: list[str] = []
    parse_lsblk("", problems)
    yield from problems
    yield parse_smart("nonsense")["error"]
    for status, said in ((MISSING, ""), (TIMED_OUT, ""), (32, "mount: Input/output error")):
        yield f"/dev/sda3 can't be mounted: {Ran('mount', status, '', said).explain()}. Start the install step again."


def test_nothing_english_is_left(tmp_path: Path) -> None:
    i18n.set_language("fr")
    texts = [*_gate(), *_play(), *_outcomes(), *_checks(), *_agent(tmp_path)]
    assert len(texts) > 35
    left = {text: (shown, ENGLISH.findall(shown)) for text in texts if ENGLISH.search(shown := i18n.heard(text))}
    assert not left, "\n".join(f"{text}\n  → {shown}\n  {words}" for text, (shown, words) in left.items())
