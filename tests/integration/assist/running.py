"""A controller that runs while a test does: on loopback, or on the rig's network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.assist.world import World, missing
from tests.rig import Bench


@contextmanager
def running(host: str = "127.0.0.1", *, prefix: tuple[str, ...] = (), **settings: Any) -> Iterator[World]:
    """Until the block ends, whatever settings this computer has; ``prefix``: what it is started with."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RECYCLERIE_CONFIG", "/nonexistent")
        found = World(Path(tempfile.mkdtemp(prefix="rcy-assist-")), host, **settings)
    found.prefix = list(prefix)
    try:
        found.start()
        yield found
    finally:
        found.close()


@pytest.fixture
def shop(bench: Bench) -> Iterator[World]:
    """A controller on the rig's network. Import it beside the rig's own fixtures."""
    if missing():
        pytest.skip(missing())
    with running(bench.address) as found:
        yield found
