"""Recorded outputs of erase tools: QEMU's drives in our lab (shared recordings) and our own records in ``samples``."""

from __future__ import annotations

import re
from pathlib import Path

from agent.tools import MISSING, Ran
from tests.unit.agent.recordings import HARDWARE, text

SAMPLES = Path(__file__).parent / "samples" / "erase"
PROBE = HARDWARE / "erase-tools" / "qemu-erase-probe.txt"


def record(file: str, name: str) -> str:
    """One block ``## name…`` of a file of records."""
    blocks = re.split(r"^## ", (SAMPLES / file).read_text(), flags=re.MULTILINE)[1:]
    found = {re.split(r"[:\n]", block, maxsplit=1)[0]: block.partition("\n")[2] for block in blocks}
    return found[name]


def sample(file: str) -> str:
    return (SAMPLES / file).read_text()


def probed(drive: str) -> dict[str, tuple[str, int]]:
    """Command → what it printed (both outputs) and its exit status, on one of QEMU's drives ("SATAHDD01")."""
    _, _, rest = text(PROBE).partition(f"=================== {drive} ")
    part = rest.partition("\n=================== ")[0]
    found = {}
    for block in part.split("\n--- $ ")[1:]:
        command, _, said = block.partition("\n")
        said, _, status = said.rpartition("[rc=")
        found[command] = (said, int(status.partition("]")[0]))
    return found


class Played:
    """Stands in for ``agent.tools.run``: answers from records, remembers what was asked."""

    def __init__(self, answers: dict[str, tuple[str, int] | str | Ran]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, arguments: list[str], *, seconds: float = 30.0) -> Ran:
        command = " ".join(arguments)
        self.asked.append(command)
        answer = self.answers.get(command)
        if answer is None:
            return Ran(arguments[0], MISSING, "", "")
        if isinstance(answer, Ran):
            return answer
        said, status = answer if isinstance(answer, tuple) else (answer, 0)
        return Ran(arguments[0], status, said, "")
