"""What is done once on the family's display, by a process of theirs that shows nothing: it ends, or is ended."""

from __future__ import annotations

import asyncio
from typing import Literal

from agent.assist.display import Screen
from agent.assist.person import as_person, environment_for, window_command

ERRAND_SECONDS = 10.0


async def run_errand(screen: Screen, errand: Literal["keys", "wake"]) -> None:
    """Give the keyboard's repetition back, or light a screen that went dark. Raises OSError where it can't start."""
    process = await asyncio.create_subprocess_exec(
        *as_person(screen, window_command(errand)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment_for(screen),
        cwd="/",
    )
    try:
        async with asyncio.timeout(ERRAND_SECONDS):
            await process.wait()
    except TimeoutError:
        pass  # what it was to do is not worth more waiting
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
