"""Reports are collected by a process of their own.

The collectors' libraries then never weigh on the resident agent, and a drive that hangs a collector hangs a
child that can be given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from agent.config import PATH_VARIABLE, Config
from agent.errors import AgentError

TIMEOUT_SECONDS = 180.0


async def collect_report(what: str, config: Config, *options: str) -> dict[str, Any]:
    """Run ``recyclerie-agent inventory`` or ``health`` and return what it prints. Raises AgentError."""
    package = Path(__file__).resolve().parent.parent
    environment = dict(os.environ, PYTHONPATH=str(package))
    if config.source is not None:
        environment[PATH_VARIABLE] = str(config.source)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent",
        what,
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            out, _ = await process.communicate()
        value = json.loads(out)
    except TimeoutError as problem:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise AgentError(f"The {what} took more than {TIMEOUT_SECONDS:.0f} s and was given up.") from problem
    except ValueError as problem:
        raise AgentError(f"The {what} ended with status {process.returncode} and no report.") from problem
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
    if not isinstance(value, dict):
        raise AgentError(f"The {what} is not an object.")
    return value
