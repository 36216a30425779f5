"""``python3 -m agent``: the same as the command ``recyclerie-agent``."""

from __future__ import annotations

import sys

from agent.cli import main

sys.exit(main())
