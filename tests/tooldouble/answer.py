"""What a double says: text on both outputs and an exit status."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

RECORDS = Path(__file__).parent / "records"


if TYPE_CHECKING:

    class Answer(NamedTuple):
        """The end of a call."""

        status: int = 0
        out: str = ""
        err: str = ""

else:  # A dataclass, or typing itself, would double the time that a double takes to start.
    Answer = namedtuple("Answer", ("status", "out", "err"), defaults=(0, "", ""))


def record(file: str, name: str, **values: object) -> Answer:
    """A block ``## name [exit N]`` of a file of records; ``! `` begins a line of the error output.

    ``{name}`` is filled in. Lines before the first block are the record's source.
    """
    blocks = (RECORDS / file).read_text().split("\n## ")[1:]
    for block in blocks:
        head, _, body = block.partition("\n")
        title, _, status = head.partition(" exit ")
        if title.strip() == name:
            lines = [line.format(**values) for line in body.rstrip("\n").split("\n")]
            out = [line for line in lines if not line.startswith("! ")]
            err = [line[2:] for line in lines if line.startswith("! ")]
            return Answer(int(status or 0), _text(out), _text(err))
    raise KeyError(f"no record {name!r} in {file}")


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""
