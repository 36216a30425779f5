"""Fixtures of the fast rig. Import them in a conftest: ``from tests.rig.fixtures import bench, make_pc``.

Mark what uses them with ``@pytest.mark.rig``. Tests skip with the reason where the rig can't run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .network import Bench
from .pc import RigPC
from .requirements import missing
from .sweep import sweep

GIB = 1024**3
MakePC = Callable[..., RigPC]


@pytest.fixture(scope="session")
def rig_ready() -> None:
    """Skips where the rig can't run; takes away what crashed runs left."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    sweep()


@pytest.fixture
def bench(rig_ready: None) -> Iterator[Bench]:
    """A workshop network of the test's own."""
    with Bench() as one:
        yield one


@pytest.fixture
def make_pc(bench: Bench) -> Iterator[MakePC]:
    """Makes PCs that are switched off at the end: ``make_pc(disks=[…], site=…)``; one small disk by default."""
    with ExitStack() as stack:

        def make(**options: object) -> RigPC:
            disks = options.pop("disks", None) or [bench.disk(64 * 1024**2)]
            return stack.enter_context(RigPC(bench, disks, **options))  # type: ignore[arg-type]

        yield make
