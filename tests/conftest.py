"""For all tiers. How fast examples are made depends on who else uses the computer: it is no fault of a test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
