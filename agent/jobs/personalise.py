"""Making the installed system this machine's own: name, identity, host keys, language, the family's account."""

from __future__ import annotations

import re
import uuid
from typing import Any

from agent.errors import AgentError
from agent.files import read_text
from agent.jobs.target_root import TargetRoot
from agent.tools import run

# What Debian's installer gives the first account, as far as the image has the group.
GROUPS = "adm cdrom sudo dip plugdev users lpadmin scanner netdev bluetooth audio video dialout input render".split()
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
_LOCALE = re.compile(r"[A-Za-z0-9_.@-]+")
_LAYOUT = re.compile(r"([a-z]{2,3})(?:[:(]([A-Za-z0-9_-]+)\)?)?")
_HASH = re.compile(r"\$[0-9a-z]+\$[^:\s]+")


def set_hostname(root: TargetRoot, hostname: str) -> None:
    """The machine's name, and what it means on the machine itself."""
    if not _HOSTNAME.fullmatch(hostname):
        raise AgentError(f"{hostname!r} can't be a machine's name.", hint="Use letters, digits and hyphens.")
    root.write("etc/hostname", hostname + "\n")
    root.write(
        "etc/hosts",
        f"127.0.0.1\tlocalhost\n127.0.1.1\t{hostname}\n\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
    )


def set_machine_id(root: TargetRoot) -> str:
    """A random machine-id of its own: two PCs with one id fight over addresses. Returns it."""
    machine_id = uuid.uuid4().hex
    root.write("etc/machine-id", machine_id + "\n", mode=0o444)
    root.link("var/lib/dbus/machine-id", "/etc/machine-id")
    for seed in ("var/lib/systemd/random-seed", "boot/efi/loader/random-seed"):
        root.inside(seed).unlink(missing_ok=True)
    return machine_id


def make_host_keys(root: TargetRoot) -> list[str]:
    """New SSH host keys (ed25519 only); returns the public ones, which the controller pins."""
    folder = root.inside("etc/ssh")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("ssh_host_*"):
        old.unlink()
    key = folder / "ssh_host_ed25519_key"
    ran = run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], seconds=60)
    if not ran.ok:
        raise AgentError(f"The SSH host key can't be made: {ran.explain()}.", hint="Build the live image again.")
    return [" ".join(read_text(key.with_suffix(".pub")).split()[:2])]


def set_region(root: TargetRoot, machine: dict[str, Any]) -> None:
    """Time zone, language and keyboard. Raises AgentError when the image doesn't have the zone."""
    zone, locale = str(machine.get("timezone") or ""), str(machine.get("locale") or "")
    keyboard = str(machine.get("keyboard") or "")
    if zone:
        if not _ZONE.fullmatch(zone) or not root.inside(f"usr/share/zoneinfo/{zone}").exists():
            raise AgentError(f"The image does not know the time zone {zone!r}.", hint="Correct it in the settings.")
        root.link("etc/localtime", f"/usr/share/zoneinfo/{zone}")
        root.write("etc/timezone", zone + "\n")
    if locale:
        if not _LOCALE.fullmatch(locale):
            raise AgentError(f"{locale!r} is no locale.", hint="Correct it in the settings.")
        language = locale.split(".")[0]
        root.write("etc/locale.conf", f"LANG={locale}\n")
        root.write("etc/default/locale", f"LANG={locale}\nLANGUAGE={language}:{language.split('_')[0]}\n")
    if keyboard:
        layout, variant = parse_keyboard(keyboard)
        root.write(
            "etc/default/keyboard",
            f'XKBMODEL="pc105"\nXKBLAYOUT="{layout}"\nXKBVARIANT="{variant}"\nXKBOPTIONS=""\nBACKSPACE="guess"\n',
        )


def parse_keyboard(text: str) -> tuple[str, str]:
    """Layout and variant in "fr", "fr:oss" or "fr(oss)". Raises AgentError."""
    match = _LAYOUT.fullmatch(text)
    if match is None:
        raise AgentError(f"{text!r} is no keyboard layout.", hint="Write it as fr or fr:oss.")
    return match.group(1), match.group(2) or ""


def add_user(root: TargetRoot, user: dict[str, Any]) -> None:
    """The family's account. Its first password must be changed at the first login."""
    name, full_name = str(user.get("name") or ""), str(user.get("full_name") or "")
    password_hash = str(user.get("password_hash") or "")
    if not _USER_NAME.fullmatch(name) or re.search(r"[:,\n]", full_name):
        raise AgentError(f"{name!r} ({full_name!r}) can't be an account.", hint="Use lower-case letters and digits.")
    if not _HASH.fullmatch(password_hash):
        raise AgentError(f"The account {name} came without a usable password hash.")
    groups = existing_groups(read_text(root.inside("etc/group")))
    wanted = [group for group in user.get("groups") or GROUPS if group in groups]
    known = re.search(rf"^{re.escape(name)}:", read_text(root.inside("etc/passwd")), re.MULTILINE)
    if known is None:
        root.run(["useradd", "--create-home", "--shell", "/bin/bash", "--comment", full_name, name])
    if wanted:
        root.run(["usermod", "--append", "--groups", ",".join(wanted), name])
    # Through standard input: a command line is visible to every process.
    root.run(["chpasswd", "--encrypted"], text_in=f"{name}:{password_hash}\n")
    root.run(["chage", "--lastday", "0", name])


def existing_groups(group_file: str) -> set[str]:
    """The names in /etc/group."""
    return {line.split(":")[0] for line in group_file.splitlines() if ":" in line}
