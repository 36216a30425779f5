"""Text that is translated where it is shown: a message id and what fills its placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.i18n import translate, translate_plural


@dataclass(frozen=True, kw_only=True)
class Words:
    """A message id with its parameters. Text from a machine passes as an id without parameters.

    A parameter that is itself a message id (a state's name, a reason) is translated too.
    """

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    plural: str = ""  # for other counts than one of params["n"]

    def __str__(self) -> str:
        """The text in the request's language; a message whose parameters don't fit is shown as it is."""
        params: dict[str, Any] = {
            key: translate(value) if isinstance(value, str) else value for key, value in self.params.items()
        }
        try:
            if self.plural:
                return translate_plural(self.id, self.plural, params.pop("n"), **params)
            return translate(self.id, **params)
        except (KeyError, IndexError, ValueError):
            return translate(self.id)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.id)


def words(message: str, /, **params: Any) -> Words:
    """Short for ``Words``; ``message`` was marked with ``N_``."""
    return Words(id=message, params=params)


def counted(singular: str, plural: str, n: int, /, **params: Any) -> Words:
    """Words about ``n`` things."""
    return Words(id=singular, plural=plural, params={"n": n, **params})


NOTHING = Words(id="")
