"""The tests that need hands, from the controller's word to its acknowledgement: agent, terminal and keys are real."""

# ruff: noqa: F811 - fixtures of another file are used by their names

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agent.played import PlayedPC
from tests.integration.agent.test_link import Controller, Start, controller, pc, start, wait_until  # noqa: F401
from tests.unit.agent.hands_on.player import ENTER, TOUCHPAD, Player, make_root

pytestmark = pytest.mark.timeout(180)
Sit = Callable[[], Player]


@pytest.fixture
def sit(pc: PlayedPC, tmp_path: Path) -> Iterator[Sit]:
    """Sit down at the PC: what its unit would start."""
    root = make_root(tmp_path / "root", TOUCHPAD)
    players: list[Player] = []

    def down() -> Player:
        players.append(Player(pc.state_dir, root))
        return players[-1]

    yield down
    for player in players:
        player.close()


def say(controller: Controller, **body: Any) -> None:
    fresh = controller.folder / "say.new"
    fresh.write_text(json.dumps({"type": "tests.open", "body": body}))
    fresh.replace(controller.folder / "say.json")


def skip(player: Player, words: str) -> None:
    player.answer(words, "p")
    player.answer("Autre raison", ENTER)


def heard(controller: Controller) -> list[dict[str, Any]]:
    """Each message of answers once, by its id, in the order of their first arrival."""
    messages = {message["id"]: message["body"] for message in reversed(controller.received("tests.results"))}
    return list(reversed(messages.values()))


def test_asked_from_the_dashboard_answered_at_the_pc(
    controller: Controller,
    pc: PlayedPC,
    start: Start,
    sit: Sit,
) -> None:
    controller.start()
    start()
    wait_until(lambda: controller.received("inventory"))
    say(controller, session="s-7", tests=["screen", "pointer"], language="fr")
    request = pc.state_dir / "hands-on/s-7/request.json"
    wait_until(request.exists)
    player = sit()
    player.answer("Commencer", "o")
    skip(player, "grille")
    # The first answer is away before the second question has one.
    wait_until(lambda: len(heard(controller)) == 1)
    assert heard(controller)[0]["session"] == "s-7"
    assert heard(controller)[0]["ended"] is False
    assert heard(controller)[0]["results"][0]["name"] == "screen"
    # The controller dies, and the agent too: what is answered meanwhile waits.
    controller.kill()
    player.answer("TouchPad", "n")
    player.answer("Pointeur : ne marche pas", "o")
    assert player.ended() == 0
    controller.start()
    wait_until(lambda: len(heard(controller)) == 3, 60)
    assert [(body["ended"], [one["outcome"] for one in body["results"]]) for body in heard(controller)] == [
        (False, ["skipped"]),
        (False, ["fail"]),
        (True, []),
    ]
    wait_until(lambda: not list((pc.state_dir / "spool").glob("*.json")))


def test_answers_without_an_acknowledgement_come_again(
    controller: Controller,
    pc: PlayedPC,
    start: Start,
    sit: Sit,
) -> None:
    controller.behave(acknowledge=False)
    controller.start()
    start()
    player = sit()  # started at the PC, without any request
    player.answer("Commencer", "o")
    skip(player, "grille")
    wait_until(lambda: heard(controller))
    controller.kill()
    controller.behave()
    controller.start()
    wait_until(lambda: len(controller.received("tests.results")) >= 2, 60)
    assert len(heard(controller)) == 1  # the same message, by its id
    assert heard(controller)[0]["session"].startswith("pc-")
    wait_until(lambda: not list((pc.state_dir / "spool").glob("*.json")))
