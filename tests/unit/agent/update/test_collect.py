"""What Debian's own updates did, from the files that they leave."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.updates import collect_updates, count_pending, parse_log
from agent.tools import Ran

DRY_RUN = """NOTE: This is only a simulation!
Inst libc6 [2.41-12] (2.41-12+deb13u1 Debian-Security:13/stable-security [amd64])
Inst vim [2:9.1.1] (2:9.1.2 Debian:13.2/stable [amd64]) []
Inst openssl [3.5.1-1] (3.5.4-1~deb13u1 Debian:13.2/stable, Debian-Security:13/stable-security [amd64])
Inst linux-image-6.12.48 (6.12.48-1 Debian-Security:13/stable-security [amd64])
Conf libc6 (2.41-12+deb13u1 Debian-Security:13/stable-security [amd64])
"""


def test_waiting_updates_are_counted_by_the_archive_they_come_from() -> None:
    assert count_pending(DRY_RUN) == (3, 2)  # what is new is pulled in by another
    assert count_pending("") == (0, 0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("usr/bin", "var/lib/apt/periodic", "var/log/unattended-upgrades", "run"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def collected(root: Path, out: str = "", status: int = 0) -> dict[str, Any]:
    return collect_updates(root, ask=lambda argv: Ran(argv[0], status, out, ""))


def test_a_system_without_them(root: Path) -> None:
    found = collected(root, status=100)
    assert found["unattended"] is False
    assert [found[name] for name in ("last_run_at", "last_success_at", "pending", "pending_security")] == [None] * 4
    assert (found["reboot_required"], found["agent"]) == (False, None)


def log_lines(*lines: tuple[float, str, str]) -> str:
    return "".join(
        f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))},123 {level} {text}\n" for at, level, text in lines
    )


def test_a_run_in_french_that_worked_and_one_that_failed(root: Path) -> None:
    (root / "usr/bin/unattended-upgrade").touch()
    (root / "run/reboot-required").touch()
    log = root / "var/log/unattended-upgrades/unattended-upgrades.log"
    now = 1_790_000_000.0
    yesterday = now - 86400
    # The words of unattended-upgrades 2.12 on Debian 13, run on the rig (tests/integration/updates/test_security.py).
    failed = (yesterday, "ERROR", "Échec de l'installation des mises à niveau !")
    good = [
        (now, "INFO", "Démarrage du script de mise à niveau automatique"),
        (now + 60, "INFO", "Toutes les mises à niveau ont été installées"),
    ]
    log.write_text(log_lines(failed, *good), encoding="utf-8")
    stamp = root / "var/lib/apt/periodic/unattended-upgrades-stamp"
    stamp.touch()
    os.utime(stamp, (now + 61, now + 61))
    found = collected(root, DRY_RUN)
    assert found["last_run_failed"] is False
    assert found["last_run_at"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 60))
    assert found["last_success_at"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 61))
    assert (found["reboot_required"], found["unattended"], found["pending_security"]) == (True, True, 2)
    log.write_text(log_lines(*good, (now + 7200, "ERROR", "Échec")), encoding="utf-8")
    assert collected(root)["last_run_failed"] is True


def test_a_rotten_log_says_nothing_and_a_clock_put_back_begins_anew() -> None:
    assert parse_log("\x00\n2026-99-99 99:99:99,000 INFO x\nTraceback\n") == []
    text = log_lines((1_790_000_000, "ERROR", "in the future"), (1_700_000_000, "INFO", "now"))
    assert [level for _, level in parse_log(text)] == ["INFO"]


def test_nothing_of_the_family_is_in_it(root: Path) -> None:
    """Names of packages say what somebody installed: only numbers leave the machine."""
    (root / "var/log/unattended-upgrades/unattended-upgrades.log").write_text(
        log_lines((1_790_000_000, "INFO", "Packages that will be upgraded: tor keepassxc"))
    )
    assert "keepassxc" not in str(collected(root))
    assert "libc6" not in str(collected(root, DRY_RUN))
