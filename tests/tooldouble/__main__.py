"""``python -m tests.tooldouble NAME ARGUMENTS…``: one call of one tool, on the drives of RECYCLERIE_TOOLDOUBLE."""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.tooldouble.answer import Answer
from tests.tooldouble.drive import file_of, opened

FOLDER = "RECYCLERIE_TOOLDOUBLE"
VERSIONS = {
    "hdparm": "hdparm v9.65",
    "nvme": "nvme version 2.13 (git 2.13)\nlibnvme version 1.13 (git 1.13)",
    "sg_sanitize": "sg_sanitize: version: 1.22 20230622",
    "sg_requests": "sg_requests: version: 1.40 20230622",
    "sg_opcodes": "Version string: 1.02 20230622",
    "rtcwake": "rtcwake from util-linux 2.41",
}
MODULES = {"sg_opcodes": "sg3", "sg_requests": "sg3", "sg_sanitize": "sg3"}


def main() -> int:
    """Answer as the tool would."""
    name, argv = sys.argv[1], sys.argv[2:]
    folder = Path(os.environ[FOLDER])
    if argv in (["-V"], ["--version"], ["version"]):
        print(VERSIONS.get(name, ""))
        return 0
    module = import_module(f"tests.tooldouble.{MODULES.get(name, name)}")
    if name == "rtcwake":
        return say(module.rtcwake(argv, folder))
    device = next((word for word in argv if word.startswith("/dev/")), "")
    file = file_of(folder, device)
    if file is None:
        print(f"{name}: {device}: No such file or directory", file=sys.stderr)
        return 2
    with opened(file) as drive:
        drive.state["calls"].append([name, *argv])
        seconds = module.slow(argv, drive) if name == "hdparm" else 0.0
    time.sleep(seconds)
    with opened(file) as drive:
        answer = getattr(module, name)(argv, drive)
    return say(answer)


def say(answer: Answer) -> int:
    """Print an answer as a tool does."""
    sys.stderr.write(answer.err)
    sys.stdout.write(answer.out)
    return answer.status


if __name__ == "__main__":
    sys.exit(main())
