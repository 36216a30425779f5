"""``recyclerie-agent capture``: run the whole inspection once, keep every answer, copy every file it reads."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.capture.files import TreeCopy
from agent.capture.mask import Mask, secrets_in
from agent.capture.recording import RecordingSource
from agent.clock import now_text
from agent.collectors.network import permanent_address
from agent.collectors.snapshot import read_inventory
from agent.collectors.table import subsystems
from agent.errors import AgentError
from agent.files import write_json
from agent.sources.archive import ENDINGS, pack
from agent.sources.capture import MANIFEST, SCHEMA

# What the inspection does not ask and a person who looks into a bug wants to see; and files beside the collectors'.
EXTRA_TOOLS = (["lspci", "-nnvv"], ["lsusb"], ["uname", "-srvm"], ["dmesg", "--level", "emerg,alert,crit,err,warn"])
EXTRA_FILES = ("proc/cpuinfo", "proc/version", "etc/os-release", "sys/class/dmi/id/*", "dev/disk/by-uuid/*")


def take_capture(out: Path, *, mask: bool = False, root: Path = Path("/")) -> str:
    """Write the capture to ``out`` (a new folder, or an archive by its ending); returns one line about it.

    Raises AgentError when ``out`` exists already or can't be written.
    """
    archive = out.name.lower().endswith(ENDINGS)
    if out.exists():
        raise AgentError(f"{out} exists already.", hint="Name a new folder or file: nothing is overwritten.")
    try:
        folder = Path(tempfile.mkdtemp(prefix="recyclerie-capture-")) if archive else out
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tools = write_capture(folder, mask=mask, root=root)
        if archive:
            pack(folder, out)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as problem:
        raise AgentError(f"The capture {out} can't be written: {problem.strerror}.", hint="Is there room?") from problem
    hidden = "serial numbers are masked" if mask else "serial numbers are in it: --mask leaves them out"
    return f"{out}: {tools} answers of tools; {hidden}"


def write_capture(folder: Path, *, mask: bool = False, root: Path = Path("/")) -> int:
    """Fill a folder; returns how many answers it holds."""
    source = RecordingSource(root)
    inventory = read_inventory(source, erase=True)
    for command in EXTRA_TOOLS:
        source.run(command, seconds=20)
    answers = {words: (ran.status, ran.out, ran.err) for words, ran in source.answers.items()}
    for nic in inventory["network"]:
        address = permanent_address(nic["name"]) if root == Path("/") else ""
        if address:  # asked through the kernel's own door; written down in the words of the tool that does the same
            answers["ethtool", "-P", nic["name"]] = (0, f"Permanent address: {address}\n", "")
    tree = TreeCopy(root, folder / "root")
    for subsystem in subsystems():
        for pattern in subsystem.files:
            tree.copy(pattern)
    for pattern in EXTRA_FILES:
        tree.copy(pattern)

    masked = Mask(secrets_in(inventory, [text for _, out, err in answers.values() for text in (out, err)]))
    index: list[dict[str, Any]] = []
    (folder / "tools").mkdir(parents=True, exist_ok=True)
    for number, (words, (status, out, err)) in enumerate(sorted(answers.items())):
        entry: dict[str, Any] = {"arguments": list(words), "status": status, "out": "", "err": ""}
        name = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(words)).strip("-")[:60]
        for key, text in (("out", out), ("err", err)):
            if text:
                entry[key] = f"tools/{number:04d}-{name}.{key}"
                (folder / entry[key]).write_text(masked.text(text) if mask else text, encoding="utf-8")
        index.append(entry)
    if mask:
        masked.tree(folder / "root")
    about = {"schema": SCHEMA, "taken_at": now_text(), "agent_version": VERSION, "masked": mask, "tools": index}
    write_json(folder / MANIFEST, about)
    return len(index)
