"""What goes wrong in the lab, each with what to do next."""

from __future__ import annotations


class LabError(Exception):
    """Something of the lab itself failed (not what it tests)."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(f"{what}\n  → {hint}" if hint else what)
        self.what, self.hint = what, hint


class LabTimeout(LabError):
    """A condition did not come true in time."""
