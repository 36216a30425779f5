#!/usr/bin/python
"""Ansible module: the system's own logs in one file. Nothing of the people who use it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: recyclerie_logs
short_description: Collect the logs of this system in one file
description:
  - The journal of the system's services, the kernel's messages, what apt and dpkg did, failed units, the agent's state.
  - Never the journals of users' own sessions or files from homes.
  - What a program wrote there and should not have is put out: the agent's token, keys, passwords in addresses.
  - Of each part the newest 8 MB at most.
options:
  lines:
    description: How many lines of the journal.
    type: int
    default: 20000
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Collect the logs
  recyclerie_logs:
"""

RETURN = r"""
bundle:
  description: The file, root's own.
  returned: success
  type: str
taken_at:
  description: When, in UTC.
  returned: success
  type: str
"""

FILES = ("/var/log/apt/history.log", "/var/log/dpkg.log", "/var/lib/recyclerie-agent/status.json")
MOST_BYTES = 8_000_000  # of one part; the bundle is packed, and the controller takes 32 MB of it
SECRETS = (Path("/etc/recyclerie/token"),)
SECRET_SHAPES = (
    (re.compile(rb"(://[^/\s:@]{1,200}):[^/\s@]{1,200}@"), rb"\1:...@"),
    (re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), b"..."),
    (re.compile(rb"(?i)\b((?:password|passwd|passphrase|psk|secret|token)[\"']?\s*[=:]\s*)[^\s,;]{4,}"), rb"\1..."),
    (re.compile(rb"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"), rb"\1..."),
)


def commands(lines: int) -> dict[str, list[str]]:
    """What is asked, by the name of its file in the bundle."""
    return {
        "journal.txt": ["journalctl", "--system", "--no-pager", "-o", "short-iso", "-n", str(lines)],
        "kernel.txt": ["dmesg"],
        "failed.txt": ["systemctl", "--failed", "--no-pager"],
        "disks.txt": ["df", "-h", "-x", "tmpfs", "-x", "devtmpfs"],
        "packages.txt": ["dpkg", "--audit"],
    }


def bounded(said: bytes) -> bytes:
    """The newest part of it, from a whole line on."""
    if len(said) <= MOST_BYTES:
        return said
    tail = said[-MOST_BYTES:]
    return b"(older lines were left out)\n" + tail[tail.find(b"\n") + 1 :]


def without_secrets(said: bytes) -> bytes:
    """What no log should hold and some program may have written there all the same is put out."""
    for path in SECRETS:
        secret = path.read_bytes().strip() if path.is_file() else b""
        if len(secret) >= 8:
            said = said.replace(secret, b"...")
    for shape, instead in SECRET_SHAPES:
        said = shape.sub(instead, said)
    return said


def end_of(path: Path) -> bytes:
    """The end of a file, a little more than is taken."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_BYTES - 1))
        return file.read(MOST_BYTES + 1)


def add(bundle: tarfile.TarFile, name: str, said: bytes) -> None:
    """One file of the bundle."""
    said = without_secrets(bounded(said))
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(said), int(time.time())
    bundle.addfile(member, io.BytesIO(said))


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec={"lines": {"type": "int", "default": 20000}}, supports_check_mode=True)
    taken_at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number, name = tempfile.mkstemp(prefix="recyclerie-logs-", suffix=".tar.gz", dir="/run")
    with os.fdopen(number, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as bundle:
        for entry, argv in commands(module.params["lines"]).items():
            try:
                said = subprocess.run(argv, capture_output=True, timeout=120, check=False).stdout
            except (OSError, subprocess.TimeoutExpired) as problem:
                said = f"{argv[0]} did not answer: {problem}\n".encode()
            add(bundle, entry, said)
        for path in map(Path, FILES):
            if path.is_file():
                add(bundle, path.name, end_of(path))
    module.exit_json(changed=False, bundle=name, taken_at=taken_at)


if __name__ == "__main__":
    main()
