"""Errors that a person reads: what happened, to what, and what to do next."""

from __future__ import annotations


class RecyclerieError(Exception):
    """Something that a person must know. ``message`` and ``hint`` are gettext message ids in English.

    ``params`` fill the ``{placeholders}`` of both; ``str()`` gives the English text.
    """

    status = 400

    def __init__(self, message: str, hint: str = "", **params: object) -> None:
        """Keep the message id apart from its parameters, so that the page can translate it."""
        self.message = message
        self.hint = hint
        self.params = params
        super().__init__(self.text())

    def text(self) -> str:
        """English text: message, then hint."""
        text = self.message.format(**self.params)
        return f"{text} {self.hint.format(**self.params)}".strip() if self.hint else text


class NotFound(RecyclerieError):
    """The named thing does not exist (HTTP 404)."""

    status = 404


class Conflict(RecyclerieError):
    """The thing is not in a state that allows this (HTTP 409)."""

    status = 409


class Forbidden(RecyclerieError):
    """This person or machine may not do this (HTTP 403)."""

    status = 403


class Unauthenticated(RecyclerieError):
    """Nobody is signed in, or the token is wrong (HTTP 401)."""

    status = 401


class TooMany(RecyclerieError):
    """Too many requests from one address (HTTP 429)."""

    status = 429
