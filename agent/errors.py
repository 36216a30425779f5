"""Errors of the agent: each says what happened, to what, and what to do next."""

from __future__ import annotations


class AgentError(Exception):
    """Something the agent can't do. ``hint`` is the next action for the person who reads it."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()
