"""One workshop for all tests of the lab: starting it costs little, but each PC takes minutes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.paths import LAB, LIVE_KERNEL, RESULTS
from tests.lab.workshop import Workshop, workshop


@pytest.fixture(scope="session")
def profile() -> str:
    """What is installed: ``RECYCLERIE_LAB_PROFILE``, default mini."""
    return os.environ.get("RECYCLERIE_LAB_PROFILE", "mini")


@pytest.fixture(scope="session")
def room(profile: str) -> Iterator[Workshop]:
    """A running workshop; its logs stay in test-results/lab."""
    if os.geteuid() != 0:
        pytest.skip("virtual PCs need a network namespace: run as root (make lab does)")
    if not LIVE_KERNEL.exists():
        pytest.skip("the live image is not built: make images PROFILE=mini")
    shutil.rmtree(RESULTS, ignore_errors=True)
    data = LAB / "data"
    shutil.rmtree(data, ignore_errors=True)
    with workshop(data, RESULTS, profile) as running:
        yield running
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def lot(room: Workshop, profile: str) -> int:
    """The donation that the PCs came with."""
    return room.technician.new_lot("Lycée du laboratoire", 3, profile)


@pytest.fixture
def disks() -> Iterator[Path]:
    """Where the disks of a test's PCs are; gone afterwards."""
    folder = LAB / "disks"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder)
