"""A rig PC and a way to play a playbook on it."""

from tests.rig.fixtures import bench, make_pc, rig_ready

__all__ = ["bench", "make_pc", "rig_ready"]
