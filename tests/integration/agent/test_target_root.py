"""The installed system's root, while it is made this machine's own: a real ext4 on a loop device of the test."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from agent.jobs.target_root import mounted
from tests.integration.agent.loops import LoopDisk, can_use_loops

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")
MEGABYTE = 1 << 20


def test_scripts_of_packages_can_write_to_its_dev_null(tmp_path: Path) -> None:
    """hicolor-icon-theme's script asks ``which … >/dev/null``: refused, it left the icons of ours out of the cache."""
    with LoopDisk(tmp_path / "root.img", 16 * MEGABYTE) as loop:
        subprocess.run(["mkfs.ext4", "-q", loop.path], check=True)
        with mounted(loop.path, tmp_path / "root") as root:
            os.mknod(root / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            assert (root / "null").write_bytes(b"nothing") == 7
        assert not os.path.ismount(tmp_path / "root")
