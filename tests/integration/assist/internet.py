"""A home behind NAT and a controller on the other side of it: the network and the world in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.integration.assist import network, world
from tests.integration.assist.network import CONTROLLER, HomeNetwork, home_network
from tests.integration.assist.running import running
from tests.integration.assist.world import World


def missing() -> str:
    """Why this can't be made here, or nothing."""
    return world.missing() or network.missing()


@contextmanager
def internet(**settings: Any) -> Iterator[tuple[HomeNetwork, World]]:
    """The namespaces, with a running controller in one of them, until the block ends."""
    with home_network() as net, running(CONTROLLER, prefix=tuple(net.inside(net.net)), **settings) as found:
        yield net, found
