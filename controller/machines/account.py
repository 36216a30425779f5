"""The account that a family signs in with the first time."""

from __future__ import annotations

from controller.machines.lifecycle import State

ACCOUNT = "famille"
# In these states the machine has the account, and somebody must still be told its first password.
TOLD_IN = (State.INSTALLED, State.READY, State.ALLOCATED)
