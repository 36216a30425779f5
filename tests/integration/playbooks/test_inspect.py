"""inspect.yml on a PC of the rig, over a real sshd."""

from __future__ import annotations

import pytest

from tests.integration.playbooks.playing import play
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig


def test_the_inventory_comes_back(make_pc: MakePC) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    played = play(pc, "inspect.yml")
    assert played.status == "successful", played.error
    assert played.changed == 0
    inventory = played.data["inventory"]
    assert inventory["schema"] == "recyclerie.inventory/1"
    assert inventory["chassis"]["system_serial"] == pc.chassis["system_serial"]
    assert [drive["serial"] for drive in inventory["drives"]] == [pc.disks[0].facts.serial]
    assert inventory["network"][0]["mac"] == pc.mac


def test_a_pc_without_the_agent_says_so(make_pc: MakePC) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    pc.ssh("rm /usr/bin/recyclerie-agent")
    played = play(pc, "inspect.yml")
    assert played.status == "failed"
    assert "/usr/bin/recyclerie-agent is not on this machine" in played.error
    assert "live image" in played.error, "it says what to do next"


def test_another_host_key_is_refused(make_pc: MakePC) -> None:
    pc, other = make_pc(), make_pc()
    for one in (pc, other):
        one.power_on()
        one.wait_ssh()
    address, pc.address = pc.address, other.address
    played = play(pc, "inspect.yml")
    pc.address = address
    assert played.status == "failed"
    assert "Host key verification failed" in played.error
