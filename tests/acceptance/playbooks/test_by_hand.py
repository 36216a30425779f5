"""Ansible by hand against a real controller: its API token, its CA, its SSH key, a machine that announced itself."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from tests.acceptance.runs.workshop import LOGIN, Workshop
from tests.integration.playbooks.test_inventory import ansible, listed
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig


def test_a_technician_inspects_a_machine_by_hand(
    shop: Workshop, make_pc: MakePC, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pc = make_pc(site=shop.site())
    pc.power_on()
    lot = shop.technician.new_lot("Ville d'Exemple", 1, "mini")
    machine = shop.admit(pc, lot)
    shop.wait_step(machine, "authorise", "waiting")
    name = shop.technician.machine(machine)["name"]

    credentials = {"login": LOGIN, "password": shop.password, "name": "ansible"}
    trust = ssl.create_default_context(cafile=str(shop.ca))
    token = httpx.post(f"{shop.url}/api/token", json=credentials, verify=trust).json()["token"]
    (tmp_path / "ca.crt").write_bytes(shop.ca.read_bytes())
    (tmp_path / "token").write_text(f"{token}\n")
    monkeypatch.setenv("RECYCLERIE_API_TOKEN_FILE", str(tmp_path / "token"))
    keys = {"RECYCLERIE_API_TOKEN": "", "RECYCLERIE_SSH_KEY": str(shop.data_dir / "keys" / "ssh_ed25519")}

    inventory = listed(shop.url, tmp_path, **keys)
    groups = {group for group, members in inventory.items() if name in members.get("hosts", [])}
    assert {"state_inspected", "profile_mini", "mode_live"} <= groups
    argv = ("playbooks/inspect.yml", "-l", name)
    done = ansible("ansible-playbook", *argv, url=shop.url, folder=tmp_path, **keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout
