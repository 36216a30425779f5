"""What can be asked, what is refused, and what an end means."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from controller.errors import NotFound, RecyclerieError
from controller.maintenance.actions import ACTIONS, checked, get_action, timezones
from controller.maintenance.bundle import NAME, forget_old
from controller.maintenance.outcome import WORDS, cause, was_lost

PLAY = Path(__file__).resolve().parents[4] / "playbooks" / "maintain.yml"


def test_every_action_is_a_tag_of_the_play_and_the_other_way_round() -> None:
    (play,) = yaml.safe_load(PLAY.read_text())
    tags = {tag for task in play["tasks"] for tag in task["tags"]} - {"always", "never"}
    assert tags == set(ACTIONS)


def test_whatever_may_take_long_is_asked_until_it_ends() -> None:
    """With patience the module tells that it still runs: a task that doesn't ask again would pass for done."""
    (play,) = yaml.safe_load(PLAY.read_text())
    long = [task for task in play["tasks"] if "recyclerie_long" in task]
    assert len(long) >= 5
    for task in long:
        assert task["until"] == f"not {task['register']}.running | default(false)"
        assert task["retries"] > 1000


@pytest.mark.parametrize(
    "package",
    ["libreoffice-writer", "g++", "lib32gcc-s1", "vlc", " firefox-esr "],
)
def test_packages(package: str) -> None:
    assert checked(get_action("reinstall"), {"package": package, "timezone": "ignored"}) == {"package": package.strip()}


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("reinstall", {}),
        ("reinstall", {"package": "a"}),
        ("reinstall", {"package": "Vlc"}),
        ("reinstall", {"package": "vlc; reboot"}),
        ("reinstall", {"package": "-o=x"}),
        ("reinstall", {"package": "vlc\n" * 9}),
        ("reinstall", {"package": "{{ lookup('pipe', 'id') }}"}),
        ("settings", {}),
        ("settings", {"timezone": "Europe/Gardanne"}),
        ("settings", {"timezone": "../../etc/passwd"}),
        ("settings", {"keyboard": "fr; reboot"}),
        ("settings", {"keyboard": "FR"}),
    ],
)
def test_what_can_t_be_asked(action: str, given: dict[str, str]) -> None:
    with pytest.raises(RecyclerieError):
        checked(get_action(action), given)


def test_an_unknown_action() -> None:
    with pytest.raises(NotFound):
        get_action("reboot")
    assert "Europe/Paris" in timezones()


@pytest.mark.parametrize(
    ("action", "error", "code"),
    [
        (
            "update",
            "ended with 100. The machine reaches no server of the internet",
            "offline",
        ),
        ("update", "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12", "locked"),
        ("update", "dpkg: error: cannot copy: No space left on device", "full"),
        ("update", "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", "half-done"),
        ("reinstall", "E: Unable to locate package nonsense", "no-package"),
        ("antivirus", "the signatures did not find the test virus", "signatures"),
        ("antivirus", "sh: 1: freshclam: not found", "missing"),
        ("update", "update was ended before its time", "failed"),
        ("update", "", "failed"),
    ],
)
def test_what_went_wrong(action: str, error: str, code: str) -> None:
    assert cause(action, error) == code
    assert code in WORDS


@pytest.mark.parametrize(
    ("status", "error", "lost"),
    [
        ("unreachable", "anything", True),
        ("failed", "Shared connection to machine-1 closed.", True),
        ("failed", "update ended with 100", False),
        ("successful", "", False),
        ("canceled", "Connection closed by", False),
    ],
)
def test_a_lost_machine_is_no_failed_play(status: str, error: str, lost: bool) -> None:
    assert was_lost(status, error) is lost


@pytest.mark.parametrize(
    "name",
    ["/etc/shadow", "/run/recyclerie-logs-../../etc/shadow.tar.gz", "/run/recyclerie-logs-x.tar.gz\n", "", "None"],
)
def test_no_other_file_is_fetched(name: str) -> None:
    assert NAME.fullmatch("/run/recyclerie-logs-a1_b2c3.tar.gz")
    assert not NAME.fullmatch(name)


def test_bundles_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    import os
    import time

    for name, days in (("maintenance-7.tar.gz", 40), ("maintenance-8.tar.gz", 1), ("run-7-R-000001.tar.gz", 400)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time.time() - days * 86400,) * 2)
    assert forget_old(tmp_path, 30) == [7]
    assert {path.name for path in tmp_path.iterdir()} == {"maintenance-8.tar.gz", "run-7-R-000001.tar.gz"}
