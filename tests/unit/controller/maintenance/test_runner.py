"""How Ansible is led to a machine that only its agent's link reaches."""

from __future__ import annotations

import json
from pathlib import Path

from controller.workflows.runner import FROM_MACHINE, PlayResult, Target, _on_event, _prepare


def prepared(folder: Path, *, linked: bool) -> dict[str, str]:
    target = Target(
        name="R-000007", address="machine-7-ab12", host_keys=("ssh-ed25519 AAAA",), profile="mini", linked=linked
    )
    _prepare(folder, target, {"maintain_id": "action-1"}, folder / "key")
    hosts = json.loads((folder / "inventory" / "hosts.json").read_text())
    found: dict[str, str] = hosts["all"]["children"]["profile_mini"]["hosts"]["R-000007"]
    return found


def test_a_linked_machine_is_reached_by_its_tag_and_known_by_its_key_only(tmp_path: Path) -> None:
    host = prepared(tmp_path, linked=True)
    assert 'recyclerie assist pipe R-000007 --service ssh"' in host["ansible_ssh_args"]
    assert "StrictHostKeyChecking=yes" in host["ansible_ssh_args"]
    assert (tmp_path / "known_hosts").read_text() == f"{host['ansible_host']} ssh-ed25519 AAAA\n"
    assert (tmp_path / "env" / "extravars").stat().st_mode & 0o777 == 0o600


def test_a_machine_of_the_workshop_is_reached_directly(tmp_path: Path) -> None:
    assert "ProxyCommand" not in prepared(tmp_path, linked=False)["ansible_ssh_args"]


def test_what_long_work_says_is_told_and_that_it_is_waited_for_is_not() -> None:
    heard: list[tuple[str, str]] = []
    result = PlayResult(status="failed")
    event = {
        "event": "runner_retry",
        "stdout": "FAILED - RETRYING: [R-000007]: Bring the system up to date (4999 retries left).",
        "event_data": {"res": {"lines": ["Unpacking…", "Setting up…"], "running": True}},
    }
    _on_event(event, result, lambda level, text: heard.append((level, text)))
    assert heard == [(FROM_MACHINE, "Unpacking…"), (FROM_MACHINE, "Setting up…")]
    assert result.error == ""
