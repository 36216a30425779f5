"""What a session that was cut off leaves behind: a note of it, perhaps processes, a socket."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from agent.assist.screen_server import remove_folder
from agent.assist.shared_memory import remove_segments
from agent.files import read_json, read_text, write_json
from agent.protocol_assist import BY_RESTART, AssistState

LAST = ("ended", "refused", "unanswered", "impossible")
NOTE = "session.json"  # in the agent's folder of sessions, only while one is on


def note(folder: Path, state: AssistState, pids: list[int]) -> None:
    """Keep what is needed to tell its end, whatever happens to the agent."""
    kept = {
        "session": state["session"] if state["state"] not in LAST else "",  # "" once its end is told
        "number": state["number"],
        "seen": bool(state["ends_at"]),
        "control": state["control"],
        "processes": [[pid, _started(pid)] for pid in pids],
    }
    write_json(folder / NOTE, kept, mode=0o600, durable=True)


def forget(folder: Path) -> None:
    """The session ended, and its end was told."""
    (folder / NOTE).unlink(missing_ok=True)


def sweep(folder: Path, socket: Path) -> AssistState | None:
    """At the agent's start: end what is still there. What is to be told, if a session was cut off."""
    kept = read_json(folder / NOTE)
    if kept is None:
        return None
    for pid, started in kept.get("processes") or []:
        if isinstance(pid, int) and pid > 1 and started and _started(pid) == started:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if isinstance(pid, int) and _started(pid) in ("", started):
            remove_segments({pid})  # another process may bear the number now: its memory is its own
    remove_folder(socket)
    forget(folder)
    if not kept.get("session"):
        return None
    return AssistState(
        session=str(kept["session"]),
        state="ended" if kept.get("seen") else "unanswered",
        number=int(kept.get("number") or 0) + 1,
        code=BY_RESTART,
        detail="",
        control=False,
        ends_at="",
        seconds=0,
    )


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks: with its number it names one process. "" when there is none."""
    return (read_text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split() + [""] * 20)[19]
