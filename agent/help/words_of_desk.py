"""What the window and the agent say to each other: one JSON object a line, one question for each connection."""

from __future__ import annotations

from pathlib import Path

SOCKET = Path("/run/recyclerie/help.sock")
SOCKET_VARIABLE = "RECYCLERIE_HELP_SOCKET"  # for tests: where the window looks for it
LINE_BYTES = 16 * 1024  # a thousand characters of any script, and the rest

ASK, CODE, STATE = "ask", "code", "state"

# Why not.
BAD = "bad-request"
TOO_MANY = "too-many"
NOT_LINKED = "not-linked"
NOT_ALLOWED = "not-allowed"
FAILED = "failed"

WAITING = "waiting"  # a call for help that the controller doesn't have yet; then HelpState's own states
MAX_TEXT, MAX_PHONE = 1000, 30
