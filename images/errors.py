"""The one error of this package: what failed, and what to do next."""

from __future__ import annotations


class ImageError(Exception):
    """{message}. {hint}"""

    def __init__(self, message: str, *, hint: str) -> None:
        """``message`` says what failed and on what; ``hint`` says what the person can do about it."""
        super().__init__(f"{message}\n  hint: {hint}")
        self.message = message
        self.hint = hint
