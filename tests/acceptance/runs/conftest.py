"""Fixtures of the run tests: a bench, PCs on it, and a controller process that can be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.runs.workshop import Workshop, image_dir, workshop
from tests.rig.fixtures import bench, make_pc, rig_ready
from tests.rig.network import Bench

__all__ = ["bench", "make_pc", "rig_ready"]


@pytest.fixture
def shop(bench: Bench, tmp_path: Path) -> Iterator[Workshop]:
    """A controller on the bench, with SQLite."""
    if not (image_dir() / "os" / "mini" / "manifest.json").exists():
        pytest.skip("no mini image: build it with `recyclerie image build os --profile mini`")
    with workshop(bench, tmp_path) as one:
        yield one
