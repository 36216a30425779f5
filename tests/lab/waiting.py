"""Waiting for conditions, never for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.lab.errors import LabTimeout

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T | None],
    what: str,
    timeout: float,
    *,
    poll: float = 1.0,
    hint: Callable[[], str] | None = None,
) -> T:
    """The first true value of ``condition()``, asked every ``poll`` seconds for ``timeout`` seconds.

    :param hint: called on time-out; what the person should read to see why
    :raises LabTimeout: naming ``what`` did not happen
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise LabTimeout(f"after {timeout:.0f} s, still waiting for: {what}", hint() if hint else "")
        time.sleep(poll)
