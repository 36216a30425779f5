"""``python -m agent.locales``: what is missing or left over in the catalogues; status 1 when anything is."""

from __future__ import annotations

import sys

from agent.locales.check import faults

found = faults()
print("\n".join(found) or "the agent's catalogues are complete")
sys.exit(bool(found))
