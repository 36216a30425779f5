"""Time: the text form that travels (ISO 8601, UTC, ``Z``), and putting a wrong clock right."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

TOLERANCE_SECONDS = 60.0
# systemd-timesyncd makes this file once it has heard a time server: such a clock is not ours to change.
SYNCHRONISED_FLAG = Path("/run/systemd/timesync/synchronized")


def now_text() -> str:
    """The present moment, to the millisecond, as it travels."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """The moment a text names. Raises ValueError for anything else; a time without a zone is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def clock_error_seconds(server_time: str, local: float) -> float:
    """How far ``local`` (seconds since the epoch) is from the server's time; positive means ours is slow."""
    return parse_time(server_time).timestamp() - local


def set_clock_from(server_time: str) -> str:
    """Step the system clock if it is wrong by more than a minute; returns what was done, in words, or "".

    Donated PCs have dead CMOS batteries: a clock years behind makes certificates and file dates useless.
    Never raises: a wrong clock is bad, no agent is worse.
    """
    try:
        error = clock_error_seconds(server_time, time.time())
        if abs(error) <= TOLERANCE_SECONDS or SYNCHRONISED_FLAG.exists():
            return ""
        time.clock_settime(time.CLOCK_REALTIME, parse_time(server_time).timestamp())
    except (ValueError, OSError) as problem:
        return f"the clock could not be set from {server_time!r}: {problem}"
    return f"the clock was {error:+.0f} s off and has been set from the controller"
