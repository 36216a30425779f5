"""The fast rig's fixtures for its own tests."""

from tests.rig.fixtures import bench, make_pc, rig_ready

__all__ = ["bench", "make_pc", "rig_ready"]
