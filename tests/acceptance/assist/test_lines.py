"""The family's line during a session: cut, with another address, slow, and used for maintenance besides."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from controller.access.people import create_token
from controller.access.tables import User
from tests.acceptance.assist.conftest import Scene
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, FamilyPC
from tests.acceptance.assist.office import Technician
from tests.acceptance.assist.programs import Card
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import controlled, same_picture, shared
from tests.integration.agent.played import ROOT
from tests.integration.playbooks.test_inventory import BIN
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("limits", [{"link_seconds": 120.0}])
def test_the_home_gets_another_address(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    """The old link is dead without a word; the agent makes a new one, and the session is still the same."""
    card = Card(screen)
    controlled(karim, pc, family)
    same_picture(karim, screen, card)
    scene.net.new_address()
    screen.click(*card.middle())
    karim.wait_said("link", "connecting", "lost", "waiting", seconds=120)
    assert family.window(BANNER) is not None
    karim.wait_said("link", "connected", seconds=150)
    same_picture(karim, screen, card)
    before = card.turned()
    karim.click(*card.middle())
    wait_until(lambda: card.turned() != before, "mouse and keyboard work again", 30, poll=0.2)


@pytest.mark.parametrize("limits", [{"link_seconds": 10.0}])
def test_a_pulled_cable_ends_it_after_the_limit(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician
) -> None:
    shared(karim, pc, family)
    scene.net.unplug()
    try:
        pc.wait_for_nothing(150)
    finally:
        scene.net.plug()
    karim.wait_said("state", "ended", seconds=150)
    (entry,) = scene.world.entries("assist.ended", pc.home)
    assert entry["body"]["code"] == "link"


def test_a_slow_uplink(scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician) -> None:
    """A phone's 4G in the country, 1 Mbit/s: there is a picture, it follows, and the page says how the line is."""
    card = Card(screen)
    scene.net.slow_uplink("1mbit")
    controlled(karim, pc, family)
    same_picture(karim, screen, card, 90)
    for _ in range(3):
        before = card.turned()
        karim.click(*card.middle())
        wait_until(lambda before=before: card.turned() != before, "the click has arrived", 60, poll=0.2)  # type: ignore[misc]
        same_picture(karim, screen, card, 60)
    wait_until(lambda: karim.page.locator("#speed").inner_text(), "the page says how fast the line is", 30, poll=0.3)


PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: sh -c 'echo played through the link >"$0"' {path}
    - ansible.builtin.shell: head -c 20000000 /dev/urandom | base64
      register: much
    - ansible.builtin.copy:
        content: "{{{{ much.stdout | length }}}}"
        dest: {path}.length
"""


def test_a_playbook_runs_through_the_link_meanwhile(
    scene: Scene, pc: FamilyPC, family: Family, screen: Screen, karim: Technician, tmp_path: Path
) -> None:
    """Twenty megabytes of output beside the picture: it goes on following, and the play ends well."""
    card = Card(screen)
    controlled(karim, pc, family)
    done = tmp_path / "done"
    book = tmp_path / "play.yml"
    book.write_text(PLAY.format(path=done))
    with subprocess.Popen(
        scene.net.inside(scene.net.net, str(BIN / "ansible-playbook"), "-i", "inventory", str(book), "-l", pc.tag),
        cwd=ROOT,
        env=scene.world.environment() | _settings(scene, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as play:
        turns = 0
        while play.poll() is None:
            before = card.turned()
            karim.click(*card.middle())
            wait_until(lambda before=before: card.turned() != before, "the click has arrived", 30, poll=0.1)  # type: ignore[misc]
            same_picture(karim, screen, card)
            turns += 1
        assert play.stdout is not None
        said = play.stdout.read()
    assert play.returncode == 0, said
    assert done.read_text() == "played through the link\n"
    assert int(Path(f"{done}.length").read_text()) > 20_000_000
    assert turns > 1
    assert karim.said("link") == "connected"
    opened = [entry["body"]["service"] for entry in scene.world.entries("stream.opened", pc.home)]
    assert set(opened) == {"screen", "ssh"}, json.dumps(opened)


def _settings(scene: Scene, folder: Path) -> dict[str, str]:
    """As in docs/playbooks.md, for somebody at the controller's computer."""
    with scene.world.core.database.write() as session:
        user = session.execute(select(User).where(User.login == "karim")).scalar_one()
        token = create_token(session, user, "ansible")
    keys = scene.world.core.keys
    return {
        "RECYCLERIE_CONTROLLER_URL": scene.url,
        "RECYCLERIE_CA_FILE": str(keys.ca),
        "RECYCLERIE_API_TOKEN": token,
        "RECYCLERIE_MAINTENANCE_KEY": str(keys.maintenance),
        "RECYCLERIE_INVENTORY_CACHE": str(folder / "cache"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
