"""Run something in a thread of its own: pyHanko starts an event loop, which a thread that has one refuses."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def apart(function: Callable[[], Result]) -> Result:
    """What ``function`` returns or raises, from another thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(function).result()
