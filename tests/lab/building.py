"""Images, built when they are not up to date, with what the builder says as progress."""

from __future__ import annotations

import subprocess

from tests.lab.errors import LabError
from tests.lab.paths import REPOSITORY
from tests.lab.reporting import Lines


def build_image(lines: Lines, kind: str, profile: str = "") -> None:
    """Build ``live`` or ``os`` with a profile into the cache; quick when it is there.

    :raises LabError: when the builder fails; what it said is on the screen
    """
    name = f"{kind} image {profile}".strip()
    lines.wait(name)
    status = subprocess.run([REPOSITORY / "scripts" / "images", kind, *([profile] if profile else [])], check=False)
    if status.returncode != 0:
        raise LabError(f"the {name} could not be built", "read the lines above")
    lines.done(name)
