"""Everything about knowing the hardware in figures: ``make bench-hardware``.

python -m tests.bench.hardware [--turns 3] [--no-lab]
"""

from __future__ import annotations

import argparse
import json

from tests.bench.hardware_captures import survey
from tests.bench.hardware_here import measure as here
from tests.bench.hardware_verdicts import HARDWARE
from tests.bench.results import load, save


def main() -> None:
    """Measure, and keep the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--no-lab", action="store_true", help="no virtual PC: its figures stay as they were")
    options = arguments.parse_args()
    if not HARDWARE.is_dir():
        raise SystemExit(f"no recordings of real hardware at {HARDWARE}: set RECYCLERIE_SHARED")
    kept = load("hardware")
    lab = kept["figures"].get("lab") if kept else None
    if not options.no_lab:
        from tests.bench.hardware_lab import measure

        lab = measure(options.turns)
    figures = {"captures": survey(HARDWARE), "here": here(options.turns), "lab": lab}
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    print(save("hardware", "make bench-hardware", figures))


if __name__ == "__main__":
    main()
