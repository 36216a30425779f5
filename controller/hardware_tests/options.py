"""What the workshop's settings say of the automatic tests, as a machine is told it (docs/hardware-tests.md)."""

from __future__ import annotations

from typing import Any

from controller.settings import Settings

DAY = 24 * 3600.0
MARGIN_SECONDS = 3600.0  # for the short self-test of a slow drive, and everything that takes seconds


def options_for(settings: Settings, controller_url: str) -> dict[str, Any]:
    """The options of a job of kind ``test``."""
    return {
        "memory_seconds": settings.tests_memory_seconds,
        "cpu_seconds": settings.tests_cpu_seconds,
        "surface": settings.tests_surface,
        "surface_seconds": settings.tests_surface_seconds,
        "self_test": settings.tests_self_test,
        "controller_url": controller_url,
    }


def longest_seconds(settings: Settings) -> float:
    """How long the automatic tests of one machine may take; reading the largest drives whole takes days."""
    surface = 5 * DAY if settings.tests_surface == "full" else settings.tests_surface_seconds
    return settings.tests_memory_seconds + settings.tests_cpu_seconds + surface + MARGIN_SECONDS
