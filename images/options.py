"""How to build: what an operator can choose, from ``RECYCLERIE_*`` variables or the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """Choices of one build."""

    firmware: bool = True  # non-free firmware of network cards and the like: real PCs need it, virtual ones not
    mirror: str = ""  # URI of a Debian archive; "" = the machine's own apt sources
    security_mirror: str = ""  # URI of its security archive, used with ``mirror``
    renew: bool = False  # root file systems anew even when their inputs are the same: newer packages


def options_from_environment(*, renew: bool = False) -> BuildOptions:
    """The choices that ``RECYCLERIE_IMAGE_FIRMWARE``, ``_MIRROR`` and ``_SECURITY_MIRROR`` make."""
    return BuildOptions(
        firmware=os.environ.get("RECYCLERIE_IMAGE_FIRMWARE", "1").lower() not in ("0", "no", "false", "off"),
        mirror=os.environ.get("RECYCLERIE_IMAGE_MIRROR", ""),
        security_mirror=os.environ.get("RECYCLERIE_IMAGE_SECURITY_MIRROR", ""),
        renew=renew,
    )
