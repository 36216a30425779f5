"""The controller process and the PCs of the run tests."""

from tests.acceptance.runs.conftest import bench, make_pc, rig_ready, shop

__all__ = ["bench", "make_pc", "rig_ready", "shop"]
