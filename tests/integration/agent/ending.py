"""End an agent that a test started; one that does not end says where it stands."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

TRACED = {"PYTHONFAULTHANDLER": "1"}  # what it is started with: SIGABRT makes it print where every thread stands


def end(process: subprocess.Popen[bytes], how: signal.Signals, log: Callable[[], str], seconds: float = 30) -> None:
    """Send it the signal and wait until it is gone.

    :param log: what it has said so far (its standard error)
    :raises AssertionError: with the places of its threads, where it is still there after ``seconds``
    """
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as problem:
        process.send_signal(signal.SIGABRT)
        process.wait(20)
        raise AssertionError(f"the agent does not end: {log()[-6000:]}") from problem
