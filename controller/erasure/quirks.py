"""Models known to misbehave, with where that was read. Pure."""

from __future__ import annotations

import re

# Intel 660p (SSDPEKNW…) and its OEM twins: sanitize stays at 1 % for weeks, over power cycles, whatever the action.
# https://github.com/linux-nvme/nvme-cli/issues/752, …/1784, …/3027
_SANITIZE_STALLS = re.compile(r"\bSSDPEKNW|\b660p\b", re.IGNORECASE)


def stalls_in_sanitize(model: str) -> bool:
    """Whether this model is known never to end a sanitize: other techniques are tried first."""
    return bool(_SANITIZE_STALLS.search(model))
