"""The inventory plugin as ansible-inventory and ansible-playbook load it, against a real little HTTPS server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbooks.little_controller import TOKEN, little_controller, make_certificates
from tests.rig.fixtures import MakePC
from tests.rig.site import REPOSITORY

BIN = Path(sys.executable).parent
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
MACHINES: list[dict[str, Any]] = [
    {
        "name": "R-000123",
        "ansible_host": "10.77.0.12",
        "host_keys": [KEY],
        "state": "inspected",
        "profile": "mini",
        "lot": "2025-11 Mairie d’Aix",
        "mode": "live",
        "site": "main",
        "machine_id": 12,
    },
    {
        "name": "machine-13",
        "ansible_host": None,
        "host_keys": [],
        "state": "expected",
        "profile": "famille",
        "lot": None,
        "mode": None,
        "site": "main",
        "machine_id": 13,
    },
]


def ansible(tool: str, *argv: str, url: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs an Ansible command from the repository's root, as a person does."""
    settings = {
        "RECYCLERIE_CONTROLLER_URL": url,
        "RECYCLERIE_CA_FILE": str(folder / "ca.crt"),
        "RECYCLERIE_API_TOKEN": TOKEN,
        "RECYCLERIE_INVENTORY_CACHE": str(folder / "cache"),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",  # a connection left open would hide what the next one does
        "LC_ALL": "C.UTF-8",
    } | environment
    return subprocess.run(
        [BIN / tool, "-i", "inventory/recyclerie.yml", *argv],
        cwd=REPOSITORY,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def plain(value: Any) -> Any:
    """A variable's value: ansible-inventory marks what came from outside, which Ansible never takes for a template."""
    return value["__ansible_unsafe"] if isinstance(value, dict) and "__ansible_unsafe" in value else value


def listed(url: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What ``ansible-inventory --list`` prints."""
    done = ansible("ansible-inventory", "--list", url=url, folder=folder, **environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_machines_groups_and_variables(tmp_path: Path) -> None:
    with little_controller(tmp_path, MACHINES) as url:
        inventory = listed(url, tmp_path)
    groups = {"state_inspected", "profile_mini", "lot_2025_11_Mairie_d_Aix", "mode_live", "site_main"}
    assert {name for name, group in inventory.items() if "R-000123" in group.get("hosts", [])} == groups
    host = {name: plain(value) for name, value in inventory["_meta"]["hostvars"]["R-000123"].items()}
    assert (host["ansible_host"], host["ansible_user"], host["ansible_python_interpreter"]) == (
        "10.77.0.12",
        "root",
        "/usr/bin/python3",
    )
    assert any(check["kind"] == "booted" for check in host["profile_checks"]), "group_vars apply"
    assert "StrictHostKeyChecking=yes" in host["ansible_ssh_common_args"]
    (known,) = (tmp_path / "cache").glob("known_hosts.*")
    assert known.read_text() == f"recyclerie-12 {KEY}\n"
    assert "ansible_host" not in inventory["_meta"]["hostvars"]["machine-13"]


def says(url: str, folder: Path, **environment: str) -> str:
    """What ansible-inventory complains about."""
    done = ansible("ansible-inventory", "--list", url=url, folder=folder, **environment)
    return " ".join((done.stderr + done.stdout).split())


def test_each_error_says_what_to_do_next(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other)
    with little_controller(tmp_path, MACHINES) as url:
        assert "POST /api/token" in says(url, tmp_path, RECYCLERIE_API_TOKEN="wrong")
        assert "put one into RECYCLERIE_API_TOKEN" in says(url, tmp_path, RECYCLERIE_API_TOKEN="")
        assert "keys/ca.crt of this controller" in says(url, tmp_path, RECYCLERIE_CA_FILE=str(other / "ca.crt"))
        assert "copied to this computer" in says(url, tmp_path, RECYCLERIE_CA_FILE=str(tmp_path / "none"))
        missing = says(url, tmp_path, RECYCLERIE_API_TOKEN="", RECYCLERIE_API_TOKEN_FILE="/nonexistent")
        assert "The token file /nonexistent can't be read" in missing
        assert "only sent over https" in says(url.replace("https:", "http:"), tmp_path)
    assert "recyclerie serve" in says(url, tmp_path), "nobody listens there any more"
    with little_controller(tmp_path, [], body=b"<html>") as url:
        assert "Is that address a Recyclerie controller" in says(url, tmp_path)


def test_the_token_is_in_no_output(tmp_path: Path) -> None:
    with little_controller(tmp_path, MACHINES) as url:
        done = ansible("ansible-inventory", "--list", "-vvvv", url=url, folder=tmp_path)
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.rig
def test_a_playbook_by_hand_over_ssh(make_pc: MakePC, tmp_path: Path) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    machine = MACHINES[0] | {"ansible_host": pc.address, "host_keys": [pc.host_key()]}
    argv = ("playbooks/inspect.yml", "-l", "R-000123")
    with little_controller(tmp_path, [machine]) as url:
        key = {"RECYCLERIE_SSH_KEY": str(pc.bench.key)}
        done = ansible("ansible-playbook", *argv, url=url, folder=tmp_path, **key)
        assert done.returncode == 0, done.stdout + done.stderr
    with little_controller(tmp_path, [machine | {"host_keys": [KEY]}]) as url:
        refused = ansible("ansible-playbook", *argv, url=url, folder=tmp_path, **key)
        assert refused.returncode != 0
        assert "Host key verification failed" in refused.stdout
