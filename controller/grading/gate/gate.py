"""May a machine be called reconditioned? What is missing, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from controller.machines.tables import Machine


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that keeps a machine from being called reconditioned."""

    item: str  # lists.Item.key, for a drive with ":" and its serial number
    label: str  # message id
    params: Mapping[str, Any] = field(default_factory=dict)
    was: str = "untested"  # untested, failed
    may_be_waived: bool = True


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The outcome."""

    met: bool
    missing: tuple[Missing, ...] = ()


def gate(session: Session, machine: Machine) -> Gate:
    """What is missing before ``machine`` may be called reconditioned."""
    return Gate(met=False)
