"""A controller on the rig's network, and a machine of a family."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.assist.running import shop
from tests.integration.assist.world import World
from tests.integration.updates.home import PackagedHome
from tests.rig import Bench
from tests.rig.fixtures import MakePC, bench, make_pc, rig_ready
from tests.rig.osimage import image_folder

__all__ = ["bench", "make_pc", "rig_ready", "shop"]


@pytest.fixture
def home(shop: World, bench: Bench, make_pc: MakePC, tmp_path: Path) -> PackagedHome:
    """A delivered machine, its agent installed as a package, linked."""
    if not image_folder("mini").joinpath("manifest.json").exists():
        pytest.skip("no mini image: build it with `recyclerie image build os mini`")
    found = PackagedHome(shop, bench, make_pc, tmp_path)
    found.wait_linked(found.first.version)
    return found
