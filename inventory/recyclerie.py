"""Ansible inventory plugin: the workshop's machines, as the controller knows them."""

from __future__ import annotations

import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = r"""
name: recyclerie
short_description: Machines of a Recyclerie controller
description:
  - Reads C(GET /api/inventory) of the controller and makes one host for each machine, in the groups
    C(state_<state>), C(profile_<profile>), C(lot_<lot>), C(site_<site>) and C(mode_live) or C(mode_resident).
  - Pins every machine's SSH host keys, as announced, in a known_hosts file of its own; no other key is accepted.
options:
  plugin:
    description: Must be C(recyclerie).
    required: true
    choices: [recyclerie]
  controller_url:
    description: Address of the controller, for example C(https://192.0.2.1:8443).
    env: [{name: RECYCLERIE_CONTROLLER_URL}]
    required: true
  ca_file:
    description: The authority to trust, the controller's C(keys/ca.crt). Without it, those of the system.
    type: path
    env: [{name: RECYCLERIE_CA_FILE}]
  token:
    description: Token of the API. Prefer the variable or O(token_file); a token in this file ends up in Git.
    env: [{name: RECYCLERIE_API_TOKEN}]
  token_file:
    description: File that holds the token.
    type: path
    env: [{name: RECYCLERIE_API_TOKEN_FILE}]
  private_key_file:
    description: The controller's SSH key, C(keys/ssh_ed25519). Without it, SSH's own choice.
    type: path
    env: [{name: RECYCLERIE_SSH_KEY}]
  maintenance_key_file:
    description: The controller's C(keys/maintenance_ed25519), for machines that only their agent's link leads to.
    type: path
    env: [{name: RECYCLERIE_MAINTENANCE_KEY}]
  pipe_command:
    description: The command that leads to a machine through its agent's link; run on the controller's own computer.
    default: recyclerie assist pipe
    env: [{name: RECYCLERIE_PIPE}]
  cache_dir:
    description: Where the known_hosts file is kept.
    type: path
    default: ~/.cache/recyclerie/inventory
    env: [{name: RECYCLERIE_INVENTORY_CACHE}]
  timeout:
    description: Seconds to wait for the controller.
    type: int
    default: 20
"""

EXAMPLES = r"""
# inventory/recyclerie.yml
plugin: recyclerie
controller_url: https://192.0.2.1:8443
ca_file: /var/lib/recyclerie/keys/ca.crt
private_key_file: /var/lib/recyclerie/keys/ssh_ed25519
"""

PATH = "/api/inventory"
NAMES = ("recyclerie.yml", "recyclerie.yaml")
GROUPED = {"state": "state_", "profile": "profile_", "lot": "lot_", "site": "site_", "mode": "mode_"}


def group_name(prefix: str, value: str) -> str:
    """A group's name: what Ansible doesn't allow becomes an underscore (``2025-11 Mairie`` → lot_2025_11_Mairie)."""
    return prefix + re.sub(r"[^A-Za-z0-9_]", "_", value)


def host_alias(machine: dict[str, Any]) -> str:
    """The name under which a machine's host keys are pinned: addresses go from one machine to another, ids don't."""
    return f"recyclerie-{machine.get('machine_id') or machine['name']}"


def known_hosts(machines: list[dict[str, Any]]) -> str:
    """The known_hosts file: every machine's keys under its alias."""
    return "".join(f"{host_alias(one)} {key}\n" for one in machines for key in one.get("host_keys") or [])


def own_command(command: str) -> str:
    """``recyclerie`` beside this interpreter, where Ansible was installed with it; else as PATH has it."""
    program = command.split()[0]
    beside = Path(sys.executable).parent / program
    return f"{beside}{command[len(program) :]}" if beside.is_file() else command


def ssh_arguments(machine: dict[str, Any], known: Path, pipe: str = "") -> str:
    """Options of ssh that accept the pinned keys only, and that lead through ``pipe`` where there is one."""
    options = {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": f'\\"{known}\\"' if " " in str(known) else str(known),
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlias": host_alias(machine),
        "CheckHostIP": "no",
    }
    if pipe:
        options |= {"ProxyCommand": f"{pipe} {machine['name']} --service ssh", "IdentitiesOnly": "yes"}
    return " ".join(f'-o "{name}={value}"' for name, value in options.items())


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc] # Ansible has no types
    """The plugin, as Ansible loads it."""

    NAME = "recyclerie"

    def verify_file(self, path: str) -> bool:
        """Only files named recyclerie.yml are ours."""
        return super().verify_file(path) and Path(path).name.endswith(NAMES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fills the inventory. Raises AnsibleParserError saying what is wrong and what to do."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        machines = self._fetch()
        known = self._write_known_hosts(known_hosts(machines))
        for machine in machines:
            self._add(machine, known)

    def _add(self, machine: dict[str, Any], known: Path) -> None:
        name = machine["name"]
        self.inventory.add_host(name)
        for field, prefix in GROUPED.items():
            if machine.get(field):
                group = self.inventory.add_group(group_name(prefix, str(machine[field])))
                self.inventory.add_child(group, name)
        linked = machine.get("reach") == "link"
        pipe = own_command(self.get_option("pipe_command")) if linked else ""
        variables = {
            "ansible_user": "root",
            "ansible_connection": "ssh",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_common_args": ssh_arguments(machine, known, pipe),
            "ansible_pipelining": True,
            "machine_id": machine.get("machine_id"),
            "profile": machine.get("profile"),
        }
        if linked:
            variables["recyclerie_linked"] = bool(machine.get("linked", True))
            variables["ansible_host"] = name  # it has no address that leads to it
        elif machine.get("ansible_host"):
            variables["ansible_host"] = machine["ansible_host"]
        key = self.get_option("maintenance_key_file" if linked else "private_key_file")
        if key:
            variables["ansible_ssh_private_key_file"] = key
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)

    def _token(self) -> str:
        token, file = self.get_option("token"), self.get_option("token_file")
        if not token and file:
            try:
                token = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise AnsibleParserError(
                    f"The token file {file} can't be read ({error.strerror}). Name another with "
                    f"RECYCLERIE_API_TOKEN_FILE, or put the token into RECYCLERIE_API_TOKEN."
                ) from error
        if not token:
            raise AnsibleParserError(
                "The controller's inventory needs a token: put one into RECYCLERIE_API_TOKEN, or name a file with "
                "RECYCLERIE_API_TOKEN_FILE. POST /api/token gives one for a login and password (docs/playbooks.md)."
            )
        return str(token)

    def _context(self) -> ssl.SSLContext:
        ca_file = self.get_option("ca_file")
        try:
            return ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise AnsibleParserError(
                f"The CA file {ca_file} can't be used ({error}). RECYCLERIE_CA_FILE must name the controller's "
                f"keys/ca.crt, copied to this computer."
            ) from error

    def _fetch(self) -> list[dict[str, Any]]:
        url = urllib.parse.urljoin(str(self.get_option("controller_url")), PATH)
        if not url.startswith("https://"):
            raise AnsibleParserError(f"{url}: the token is only sent over https. Mend controller_url.")
        request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - https, see above
        request.add_unredirected_header("Authorization", f"Bearer {self._token()}")
        try:
            timeout, context = self.get_option("timeout"), self._context()
            with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:  # noqa: S310
                body = answer.read()
        except urllib.error.HTTPError as error:
            raise AnsibleParserError(f"{url} answered {error.code} {error.reason}. {_next_step(error.code)}") from error
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            reason = getattr(error, "reason", error)
            hint = "Is the controller running (`recyclerie serve`), and can this computer reach it?"
            if isinstance(reason, ssl.SSLError):
                hint = "Is RECYCLERIE_CA_FILE the keys/ca.crt of this controller, and its address in the certificate?"
            raise AnsibleParserError(f"{url} can't be read: {reason}. {hint}") from error
        return _machines(url, body)

    def _write_known_hosts(self, text: str) -> Path:
        """One file for each controller, replaced in one step: another ansible may be reading it."""
        host = re.sub(r"[^A-Za-z0-9.]", "_", urllib.parse.urlsplit(self.get_option("controller_url")).netloc)
        folder = Path(self.get_option("cache_dir")).expanduser()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = folder / f".known_hosts.{os.getpid()}"
            fresh.write_text(text, encoding="utf-8")
            return fresh.replace(folder / f"known_hosts.{host}").absolute()
        except OSError as error:
            raise AnsibleParserError(
                f"The host keys can't be written to {folder} ({error.strerror}). Name a folder of yours with "
                f"RECYCLERIE_INVENTORY_CACHE."
            ) from error


def _machines(url: str, body: bytes) -> list[dict[str, Any]]:
    """The machines in the controller's answer. Raises AnsibleParserError when it is something else."""
    try:
        machines = json.loads(body)["machines"]
        return [dict(machine) for machine in machines if machine["name"]]
    except (ValueError, KeyError, TypeError) as error:
        raise AnsibleParserError(
            f"{url} answered something else than an inventory ({error!r}). Is that address a Recyclerie controller, "
            f"of the same version as this plugin?"
        ) from error


def _next_step(status: int) -> str:
    if status in (401, 403):
        return "The token is unknown, has ended or may not read machines: ask for a new one, POST /api/token."
    if status == 404:
        return "Is that address a Recyclerie controller, of the same version as this plugin?"
    return "Read the controller's log, then try again."
