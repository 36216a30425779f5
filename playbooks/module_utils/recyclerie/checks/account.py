"""The user's account: it can sign in, and must choose a password of its own when it first does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed

FIRST_UID, LAST_UID = 1000, 59999  # of people, by Debian's policy


def people(passwd: str) -> list[str]:
    """Accounts of people who may sign in, from /etc/passwd."""
    found = []
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdigit() or not FIRST_UID <= int(fields[2]) <= LAST_UID:
            continue
        if not fields[6].endswith(("nologin", "false")):
            found.append(fields[0])
    return found


def judge(passwd: str, shadow: str, user: str | None) -> Outcome:
    """Every person's account (or ``user``) has a password whose change is forced (last change: day 0)."""
    names = [user] if user else people(passwd)
    entries = {line.split(":")[0]: line.split(":") for line in shadow.splitlines() if line.count(":") >= 8}
    if not names:
        return failed("no account for a person exists: the install did not make one")
    for name in names:
        entry = entries.get(name)
        if entry is None:
            return failed(f"the account {name} does not exist")
        if not entry[1].startswith("$"):
            return failed(f"the account {name} has no usable password: nobody can sign in")
        if entry[2] != "0":
            return failed(f"the account {name} keeps the workshop's password: run `chage -d 0 {name}`")
    return passed(f"{', '.join(names)}: a new password is asked for at the first sign-in")


def check(options: Mapping[str, Any]) -> Outcome:
    """All accounts of people, or only ``user``."""
    user = options.get("user")
    return judge(Path("/etc/passwd").read_text(), Path("/etc/shadow").read_text(), str(user) if user else None)
